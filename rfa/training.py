"""Full-batch gradient descent on the first layer, and what is logged at every step. The only loop over steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

import numpy as np

from rfa.engine.descent import Descent, Seen, sizes
from rfa.engine.layout import WIDE, Layout, Problem, lay_out, sorted_by_group
from rfa.engine.threads import workers
from rfa.engine.weights import Continue, lengths
from rfa.network import activation, sigmoid_loss_derivative
from rfa.rounding import Array
from rfa.trace import SUMS, Trace, shapes

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class State:
    """One forward and backward pass at W. pre, active (m, n); f, g (n,); update (m, d) = -alpha grad."""

    pre: Array
    active: Array
    f: Array
    f_J: Array
    g: Array
    update: Array


def evaluate(problem: Problem, W: Array) -> State:
    """Preactivations, outputs, loss derivatives and the gradient step at weights W (m, d)."""
    X, y, a = problem.sample.X, problem.sample.y, problem.a
    pre = W @ X.T
    positive = np.maximum(pre, 0)
    f = a @ positive
    f_J = f if problem.in_J.all() else a[problem.in_J] @ positive[problem.in_J]
    active = activation(pre, problem.relu_at_zero)
    g = sigmoid_loss_derivative(y * f).astype(pre.dtype, copy=False)
    weight = (problem.alpha / len(y) * g * y).astype(pre.dtype, copy=False)
    gradient = (active * weight) @ X if len(a) <= X.shape[1] else active @ (weight[:, None] * X)
    return State(pre, active, f, f_J, g, a[:, None] * gradient)


def observe(
    problem: Problem,
    W: Array,
    steps: int,
    *,
    sums_until: int,
    keep: frozenset[int],
    level: str = "full",
    following: Continue | None = None,
    first: int = 0,
    progress: Progress | None = None,
) -> tuple[Trace, dict[int, Array]]:
    """Log `steps` + 1 states from W (m, d) on, and keep the weights at the steps in `keep`.

    `following(t, W, update)` gives the weights after step t; by default W + update, which is gradient descent. The
    sums over active samples are kept for steps below `sums_until`. Returns the trace and the kept weights by step.
    Coordinates that no sample reaches stay what they are.
    """
    layout = lay_out(replace(problem, sample=sorted_by_group(problem.sample)))
    inside = np.ascontiguousarray(W[:, : layout.width])
    outside = np.asarray(W[:, layout.width :])
    logger = Logger(layout, lengths(outside), steps, sums_until - first, level)
    kept: dict[int, Array] = {}
    with workers(layout.heavy) as each:
        descent = Descent(layout, inside, each, fixed=following is not None)
        for t in range(first, first + steps + 1):
            more = t < first + steps
            seen = descent.look(with_sums=t - first < logger.n_sums, step=more)
            logger.state(t - first, seen)
            if t in keep:
                kept[t] = np.concatenate([descent.weights.full(), outside], axis=1)
            if more:
                logger.step(t - first, seen, *descent.move(seen, t, following))
            if progress is not None:
                progress(t - first, steps)
    return logger.trace(first), kept


class Logger:
    """Fills the arrays of a Trace from the states of a `Descent`; `outside` (m,) are norms that no step changes."""

    def __init__(self, layout: Layout, outside: Array, steps: int, n_sums: int, level: str) -> None:
        self.problem, self.outside = layout.problem, outside
        self.n_sums = max(0, min(n_sums, steps)) if level == "full" else 0
        shape = shapes(steps + 1, self.n_sums, len(self.problem.a), level)
        self.log: dict[str, Array] = {name: np.zeros(s) for name, s in shape.items()}
        noisy = self.problem.sample.noisy
        self.members = np.array([(~noisy).sum(), noisy.sum()])
        self.y = self.problem.sample.y.astype(self.problem.sample.X.dtype)
        self.size = sizes(layout)
        self.present = np.flatnonzero(np.diff(layout.groups))
        self.starts = layout.groups[self.present]

    def state(self, t: int, seen: Seen) -> None:
        """Log everything that belongs to the weights at one time."""
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
        right = self._by_group(np.add, (margins > 0).view(np.int8), 0, dtype=np.int64).reshape(4, 2).sum(axis=0)
        log["accuracy"][t] = np.divide(right, self.members, out=np.full(2, np.nan), where=self.members > 0)

    def _by_group(self, ufunc: np.ufunc, values: Array, empty: float, dtype: Any = None) -> Array:
        """`ufunc` over each of the eight groups, (..., 8); `empty` for a group without samples."""
        found = ufunc.reduceat(values, self.starts, axis=-1, dtype=dtype)
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

    def trace(self, first: int) -> Trace:
        """The finished trace; `first` is the number of its first step."""
        steps = np.arange(first, first + len(self.log["norm"]))
        arrays: dict[str, Array | None] = {name: self.log.get(name) for name in (*self.log, *SUMS)}
        return Trace(**{**arrays, "steps": steps})  # type: ignore[arg-type]


def mean_loss(margins: Array, g: Array) -> float:
    """Mean logistic loss: −log(1 − g), or from the margins where some g rounds to 1."""
    losses = -np.log1p(-g) if g.max() < 1 else np.logaddexp(0, -margins)
    return float(losses.mean())


def unit_of(dtype: np.dtype[np.floating]) -> float:
    """Unit roundoff of a floating dtype."""
    return float(np.finfo(dtype).eps) / 2


def given_weights(W: Array) -> Continue:
    """The weights of a run made elsewhere, W (T+1, m, d), as the continuation of each step."""
    return lambda t, here, update: W[t + 1]


def memory_needed(
    n: int,
    d: int,
    m: int,
    n_states: int,
    n_sums: int,
    level: str,
    itemsize: int,
    *,
    outside: int = 0,
    copies: float = 2,
) -> Mapping[str, int]:
    """Bytes that a run adds at its peak, by what takes them.

    `d` counts the coordinates that the sample reaches, `outside` those that only weights have; `copies` are those of
    the sample that exist at one time. Neurons with equal patterns share their displacement; how many do is not known
    before the run, and half of the most that they can take is assumed.
    """
    arrays = shapes(n_states, n_sums, m, level)
    wide, kept = d >= WIDE, 3
    own = m * itemsize * ((kept + 4) * d + (kept + 1) * outside)
    return {
        "sample": int(copies * n * (d + outside) * itemsize) + (0 if wide else n * (d + 5) * itemsize),
        "preactivations": n * m * (1 + (itemsize if wide else 0)),
        "weights": own + (3 * m * d * itemsize // 2 if wide else 0),
        "trace": sum(8 * prod(s) for s in arrays.values()),
        "libraries": 4 * 2**20,
    }


__all__ = [
    "Continue", "Problem", "Progress", "State", "evaluate", "given_weights", "memory_needed", "observe", "unit_of",
]  # fmt: skip
