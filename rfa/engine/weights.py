"""The weights during training: one by one, or as a base with one displacement for all neurons of equal history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rfa.engine.layout import TILE, Block, Layout, lengths, multiply, product_error
from rfa.engine.patterns import Patterns
from rfa.engine.threads import Each
from rfa.rounding import Array

Continue = Callable[[int, Array, Array], Array]


@dataclass(frozen=True, eq=False)
class Measures:
    """norm, moved (m,): ‖w_j‖ and ‖w_j - w_j(0)‖; projection (m, 2) on mu1 and mu2."""

    norm: Array
    moved: Array
    projection: Array


def _joined(parts: list[Measures]) -> Measures:
    columns = zip(*((part.norm, part.moved, part.projection) for part in parts), strict=True)
    return Measures(*(np.concatenate(column) for column in columns))


class Single:
    """Every neuron has its own weights W (m, w); `start` are those it began with."""

    def __init__(self, layout: Layout, start: Array, W: Array) -> None:
        self.layout, self.start, self.W = layout, start, W
        step = max(1, TILE // W.shape[1])
        self.slices = [slice(k, min(k + step, len(W))) for k in range(0, len(W), step)]
        self.kept: Array | None = None
        self.mu = layout.problem.sample.mu[:, : W.shape[1]].astype(W.dtype, copy=False)
        self.measured: Measures | None = None

    def keep(self) -> None:
        """Keep the preactivations (m, n) of the next forward pass."""
        self.kept = np.empty((len(self.W), len(self.layout.problem.sample.y)), self.W.dtype)

    def fill(self, block: Block, chunk: slice, out: Array) -> Array:
        """Preactivations of the neurons `chunk` on a block."""
        W, X = self.W[chunk, : block.width], self.layout.problem.sample.X[block.rows, : block.width]
        if self.kept is not None:
            return multiply(W, X, self.kept[chunk, block.rows])
        return np.matmul(W, X.T, out=out)

    def measure(self, each: Each) -> Measures:
        """Norms, distances from the start and projections."""
        if self.measured is None:
            self.measured = _joined(each(self._measure, self.slices))
        return self.measured

    def _measure(self, rows: slice) -> Measures:
        W = self.W[rows]
        return Measures(lengths(W), lengths(W - self.start[rows]), W @ self.mu.T)

    def step(self, direction: Array, patterns: Patterns, each: Each) -> tuple[Array, Array]:
        """Add a_j direction[pattern of j]; the length of that update and how far rounding moved it, (m,)."""
        a, error = self.layout.problem.a, np.empty(len(self.W))

        def add(rows: slice) -> Measures:
            W, update = self.W[rows], direction[patterns.of[rows]]
            update *= a[rows, None]
            after = W + update
            W -= after  # in place, as memory is what this pass costs: W + update - after is what rounding took
            W += update
            error[rows] = lengths(W)
            W[...] = after
            return self._measure(rows)

        self.measured = _joined(each(add, self.slices))
        return np.abs(a) * lengths(direction)[patterns.of], error

    def follow(
        self, direction: Array, patterns: Patterns, t: int, following: Continue
    ) -> tuple[Array, Array]:
        """Go on with the weights of a run made elsewhere; the update of gradient descent and how far they are off."""
        update = self.layout.problem.a[:, None] * direction[patterns.of]
        after = following(t, self.W, update)
        error = lengths((after - self.W) - update)
        self.W, self.measured = np.array(after), None
        return lengths(update), error

    def full(self) -> Array:
        """W (m, w), a copy."""
        return self.W.copy()

    def share(self, each: Each) -> Shared:
        """The same weights as a base, from the preactivations that were kept."""
        assert self.kept is not None
        return Shared(self.layout, self.start, self.W, self.kept, each)


class Shared:
    """w_j = base_j + delta[of j], with one displacement for all neurons that had equal patterns since the base.

    A preactivation is that of the base plus that of the displacement, so its error does not grow with the steps: it is
    below `product_error` units of (‖base_j‖ + ‖delta‖) ‖x‖, which `doubtful` compares with the decision guard.
    """

    def __init__(self, layout: Layout, start: Array, base: Array, pre: Array, each: Each) -> None:
        self.layout, self.start, self.base, self.pre = layout, start, base, pre
        m, width = base.shape
        self.of = np.zeros(m, dtype=np.int64)
        self.delta = np.zeros((1, width), base.dtype)
        self.delta_pre = np.zeros((1, pre.shape[1]), base.dtype)
        self.slices = Single(layout, start, base).slices
        self.base_norm = np.concatenate(each(lambda rows: lengths(base[rows]), self.slices))
        self.offset = None if (base is start or (base == start).all()) else base - start
        mu = layout.problem.sample.mu[:, :width].astype(base.dtype, copy=False)
        self.mu, self.base_projection = mu, base @ mu.T
        self.excess = 0

    def fill(self, block: Block, chunk: slice, out: Array) -> Array:
        """Preactivations of the neurons `chunk` on a block."""
        np.take(self.delta_pre[:, block.rows], self.of[chunk], axis=0, out=out, mode="clip")
        out += self.pre[chunk, block.rows]
        return out

    def measure(self, each: Each) -> Measures:
        """Norms, distances from the start and projections."""
        size = lengths(self.delta)
        norm = self._length(self.base, self.base_norm, size)
        moved = (
            size[self.of] if self.offset is None else self._length(self.offset, lengths(self.offset), size)
        )
        return Measures(norm, moved, self.base_projection + (self.delta @ self.mu.T)[self.of])

    def _length(self, base: Array, base_norm: Array, size: Array) -> Array:
        """‖base_j + delta[of j]‖, from the three inner products; directly where those would cancel."""
        across = np.empty(len(base))
        for k, delta in enumerate(self.delta):
            rows = np.flatnonzero(self.of == k)
            across[rows] = base[rows] @ delta
        square = base_norm**2 + 2 * across + size[self.of] ** 2
        whole = (base_norm + size[self.of]) ** 2
        cancelled = np.flatnonzero(16 * square < whole)
        length = np.sqrt(np.maximum(square, 0))
        length[cancelled] = lengths(base[cancelled] + self.delta[self.of[cancelled]])
        return length

    def doubtful(self, norm: Array) -> bool:
        """Whether the error of some preactivation could exceed the decision guard, (w + 1) units of ‖w‖ ‖x‖."""
        width = self.base.shape[1]
        error = product_error(width) * (self.base_norm + lengths(self.delta)[self.of]) + 2 * norm
        return bool((error > (width + 1) * norm).any())

    def step(self, direction: Array, patterns: Patterns, each: Each) -> tuple[Array, Array]:
        """Add a_j direction[pattern of j]; the length of that update and how far rounding moved it, (m,)."""
        a = self.layout.problem.a
        _, sign = np.unique(a, return_inverse=True)
        key = (self.of * len(patterns) + patterns.of) * len(a) + sign
        _, first, of = np.unique(key, return_index=True, return_inverse=True)
        update = a[first, None] * direction[patterns.of[first]]
        before = self.delta[self.of[first]]
        self.delta = before + update
        error = lengths((self.delta - before) - update)[of]
        self.of, self.excess = of, self.excess + len(first) - len(patterns)
        self._displace(each)
        return np.abs(a) * lengths(direction)[patterns.of], error

    def _displace(self, each: Each) -> None:
        X = self.layout.problem.sample.X
        self.delta_pre = np.empty((len(self.delta), len(X)), X.dtype)

        def product(block: Block) -> None:
            out = np.empty((len(self.delta), block.rows.stop - block.rows.start), X.dtype)
            self.delta_pre[:, block.rows] = multiply(
                self.delta[:, : block.width], X[block.rows, : block.width], out
            )

        each(product, self.layout.blocks)

    @property
    def scattered(self) -> bool:
        """Whether a new base costs less than so many displacements have cost beyond one for each pattern."""
        m = len(self.of)
        return 2 * len(self.delta) > m or self.excess > m

    def full(self) -> Array:
        """W (m, w)."""
        return np.asarray(self.base + self.delta[self.of])

    def single(self) -> Single:
        """The same weights, one by one."""
        return Single(self.layout, self.start, self.full())
