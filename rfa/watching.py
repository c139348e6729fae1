"""What is logged of a run at every step, one state at a time: for runs made here and for runs made elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from rfa.engine.descent import Descent, Seen
from rfa.engine.layout import Layout, Problem, lay_out, lengths, sorted_by_group
from rfa.engine.plain import look_plainly
from rfa.engine.threads import one_blas_thread, workers
from rfa.engine.weights import Continue
from rfa.network import Form
from rfa.rounding import Array
from rfa.trace import SUMS, Trace, shapes

FIRST_ROOM = 63
"""Steps that a log has room for at first where their number is not known; the room doubles when it is full."""


class Watcher:
    """Logs a run one state at a time: `look` at the weights, `move` on to the next ones.

    `steps` is the number of steps that will come, None if that is not known; with `given` weights they come from
    outside, at every `move`. Work goes on inside `working()`, which sets the threads up.
    """

    def __init__(
        self,
        problem: Problem,
        W: Array,
        *,
        steps: int | None,
        sums_until: int,
        level: str = "full",
        first: int = 0,
        given: bool = False,
    ) -> None:
        layout = lay_out(replace(problem, sample=sorted_by_group(problem.sample)))
        self.layout, self.first, self.count = layout, first, 0
        self.outside = np.asarray(W[:, layout.width :])
        self.logger = Logger(layout, lengths(self.outside), steps, sums_until - first, level)
        with one_blas_thread():
            self.descent = Descent(layout, np.ascontiguousarray(W[:, : layout.width]), fixed=given)
        self.seen: Seen | None = None

    @contextmanager
    def working(self) -> Iterator[None]:
        """Threads for the passes; no other BLAS threads while it lasts."""
        with workers(self.layout.heavy) as self.descent.each:
            yield

    def look(self, form: Form | None = None, *, step: bool = True) -> None:
        """Log the state at the current weights; `form` is the network around them if it is not the theorem's.

        Unless `step`, this is the last state.
        """
        with_sums = step and self.count < self.logger.n_sums
        if form is None:
            self.seen = self.descent.look(with_sums=with_sums, step=step)
        else:
            self.seen = look_plainly(self.descent, form, with_sums=with_sums, step=step)
        self.logger.state(self.count, self.seen)
        self.count += 1

    def move(self, following: Continue | None = None) -> None:
        """Go on to the next weights: those of `following(t, W, update)`, or one step of gradient descent."""
        assert self.seen is not None
        t = self.count - 1
        self.logger.step(t, self.seen, *self.descent.move(self.seen, self.first + t, following))

    def weights(self) -> Array:
        """The current weights (m, d), a copy."""
        return np.concatenate([self.descent.weights.full(), self.outside], axis=1)

    def trace(self) -> Trace:
        """What was logged so far."""
        return self.logger.trace(self.first, self.count)


class Logger:
    """Fills the arrays of a Trace from the states of a `Descent`; `outside` (m,) are norms that no step changes."""

    def __init__(
        self, layout: Layout, outside: Array, steps: int | None, n_sums: int, level: str
    ) -> None:
        self.problem, self.outside, self.level, self.grows = layout.problem, outside, level, steps is None
        self.most_sums = max(0, n_sums) if level == "full" else 0
        self.log: dict[str, Array] = {}
        self._make_room((FIRST_ROOM if steps is None else steps) + 1)
        noisy = self.problem.sample.noisy
        self.quality = np.stack([~noisy, noisy]).astype(np.float64)
        members = self.quality.sum(axis=1)
        self.members = np.where(members > 0, members, np.nan)
        self.y = self.problem.sample.y.astype(self.problem.sample.X.dtype)
        self.size = np.where(layout.size > 0, layout.size, np.inf)
        self.present = np.flatnonzero(np.diff(layout.groups))
        self.starts = layout.groups[self.present]

    @property
    def n_sums(self) -> int:
        """Number of steps whose sums over active samples are kept."""
        return self.most_sums if self.grows else min(self.most_sums, self.room - 1)

    def _make_room(self, states: int) -> None:
        self.room = states
        sums = min(self.most_sums, states - 1)
        for name, shape in shapes(states, sums, len(self.problem.a), self.level).items():
            fresh = np.zeros(shape)
            if name in self.log:
                fresh[: len(self.log[name])] = self.log[name]
            self.log[name] = fresh

    def state(self, t: int, seen: Seen) -> None:
        """Log everything that belongs to the weights at one time."""
        if self.grows and t + 1 >= self.room:
            self._make_room(2 * self.room)
        log, measures, forward = self.log, seen.measures, seen.forward
        norm = np.hypot(measures.norm, self.outside) if self.outside.any() else measures.norm
        log["norm"][t], log["moved"][t], log["projection"][t] = norm, measures.moved, measures.projection
        log["frobenius"][t] = np.linalg.norm(norm)
        log["patterns"][t] = seen.count
        log["near_zero"][t], log["pre_min"][t], log["pre_max"][t] = forward.near_zero, forward.low, forward.high
        self._outputs(t, seen)

    def _outputs(self, t: int, seen: Seen) -> None:
        log, margins = self.log, seen.margins
        both = margins[None]
        if seen.forward.f_J is not seen.forward.f:
            both = np.stack([margins, self.y * seen.forward.f_J])
        for end, pick in (("min", np.minimum), ("max", np.maximum)):
            found = self._by_group(pick, both, np.nan)
            log[f"margin_{end}"][t] = found[0].reshape(4, 2)
            log[f"sub_margin_{end}"][t] = found[-1].reshape(4, 2)
        log["reach"][t] = (np.abs(margins) / self.size).max()
        log["loss"][t] = mean_loss(margins, seen.g)
        log["accuracy"][t] = self.quality @ (margins > 0) / self.members

    def _by_group(self, ufunc: np.ufunc, values: Array, empty: float) -> Array:
        """`ufunc` over each of the eight groups, (..., 8); `empty` for a group without samples."""
        found = ufunc.reduceat(values, self.starts, axis=-1)
        if len(self.starts) == 8:
            return np.asarray(found)
        whole = np.full((*values.shape[:-1], 8), float(empty))
        whole[..., self.present] = found
        return whole

    def step(self, t: int, seen: Seen, length: Array, error: Array) -> None:
        """Log what belongs to the step from t to t + 1."""
        assert seen.backward is not None
        assert seen.terms is not None
        log, of = self.log, seen.patterns.of
        log["step_norm"][t], log["step_error"][t] = length, error
        sums = seen.backward.sums
        log["pull_size"][t] = sums[..., 0].sum(axis=1)[of]
        if t < self.n_sums:
            neuron = sums[of].reshape(len(of), 4, 2, -1)
            log["active"][t], log["pull"][t], log["pull_plane"][t] = (
                neuron[..., 1], neuron[..., 2], neuron[..., 3:],
            )  # fmt: skip
            whole = self._by_group(np.add, seen.terms, 0).T.reshape(4, 2, -1)
            log["whole_pull"][t], log["whole_pull_plane"][t] = whole[..., 2], whole[..., 3:]

    def trace(self, first: int, count: int) -> Trace:
        """The finished trace of `count` states; `first` is the number of its first step."""
        sizes = shapes(count, min(self.most_sums, count - 1), len(self.problem.a), self.level)
        arrays: dict[str, Array | None] = dict.fromkeys(SUMS)
        arrays |= {name: self.log[name][: shape[0]] for name, shape in sizes.items()}
        return Trace(**{**arrays, "steps": np.arange(first, first + count)})  # type: ignore[arg-type]


def mean_loss(margins: Array, g: Array) -> float:
    """Mean logistic loss: −log(1 − g), or from the margins where some g rounds to 1."""
    total = -np.log1p(-g).sum() if g.max() < 1 else np.logaddexp(0, -margins).sum()
    return float(total) / len(g)
