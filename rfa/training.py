"""Full-batch gradient descent on the first layer, and what is logged at every step. The only loop over steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rfa.data import Sample
from rfa.network import activation, sigmoid_loss_derivative
from rfa.rounding import Array
from rfa.trace import SUMS, Trace, shapes

Progress = Callable[[int, int], None]
Continue = Callable[[int, Array, Array], Array]


@dataclass(frozen=True, eq=False)
class Problem:
    """What stays fixed during training: sample, second layer, step size, and which neurons are in J."""

    sample: Sample
    a: Array
    alpha: float
    relu_at_zero: float
    in_J: NDArray[np.bool_]


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
    """
    problem = replace(problem, sample=sorted_by_group(problem.sample))
    logger = Logger(problem, W, steps, sums_until - first, level)
    kept: dict[int, Array] = {}
    for t in range(first, first + steps + 1):
        state = evaluate(problem, W)
        logger.state(t - first, W, state)
        if t in keep:
            kept[t] = W.copy()
        if t < first + steps:
            after = W + state.update if following is None else following(t, W, state.update)
            logger.step(t - first, W, after, state)
            W = after
        if progress is not None:
            progress(t - first, steps)
    return logger.trace(first), kept


def sorted_by_group(sample: Sample) -> Sample:
    """The sample in the order of 2 cluster + noisy, so that each group is a slice."""
    order = np.argsort(2 * sample.cluster + sample.noisy, kind="stable")
    return Sample(sample.X[order], sample.y[order], sample.y_clean[order], sample.cluster[order], sample.mu)


class Logger:
    """Fills the arrays of a Trace; the samples of the problem stand in the order of `sorted_by_group`."""

    def __init__(self, problem: Problem, start: Array, steps: int, n_sums: int, level: str) -> None:
        self.problem, self.start = problem, start
        sample = problem.sample
        self.n_sums = max(0, min(n_sums, steps)) if level == "full" else 0
        self.level = level
        shape = shapes(steps + 1, self.n_sums, len(problem.a), level)
        self.log: dict[str, Array] = {name: np.zeros(s) for name, s in shape.items()}
        bounds = np.searchsorted(2 * sample.cluster + sample.noisy, range(9))
        self.members = [slice(bounds[k], bounds[k + 1]) for k in range(8)]
        self.clusters = [slice(bounds[2 * mu], bounds[2 * mu + 2]) for mu in range(4)]
        self.plane = sample.X @ sample.mu.T.astype(sample.X.dtype)
        self.size = np.linalg.norm(sample.X, axis=1)
        self.guard = (sample.X.shape[1] + 1) * unit_of(sample.X.dtype) * float(self.size.max())
        self.unnoisy = ~sample.noisy

    def state(self, t: int, W: Array, state: State) -> None:
        """Log everything that belongs to the weights at one time."""
        log, problem = self.log, self.problem
        norm = np.linalg.norm(W, axis=1)
        log["norm"][t] = norm
        log["moved"][t] = np.linalg.norm(W - self.start, axis=1)
        log["projection"][t] = W @ problem.sample.mu.T.astype(W.dtype)
        log["frobenius"][t] = np.linalg.norm(norm)
        log["patterns"][t] = count_patterns(state.active)
        if np.abs(state.pre).min() <= self.guard * norm.max():
            log["near_zero"][t] = (np.abs(state.pre) <= self.guard * norm[:, None]).sum(axis=1)
        for mu, members in enumerate(self.clusters):
            log["pre_min"][t, :, mu], log["pre_max"][t, :, mu] = extremes(state.pre[:, members])
        self._outputs(t, state)
        if t < self.n_sums:
            self._sums(t, state)

    def _outputs(self, t: int, state: State) -> None:
        log, y = self.log, self.problem.sample.y
        margins, sub_margins = y * state.f, y * state.f_J
        for k, members in enumerate(self.members):
            mu, q = divmod(k, 2)
            log["margin_min"][t, mu, q], log["margin_max"][t, mu, q] = extremes(margins[members])
            log["sub_margin_min"][t, mu, q], log["sub_margin_max"][t, mu, q] = extremes(sub_margins[members])
        log["reach"][t] = (np.abs(state.f) / self.size).max()
        log["loss"][t] = -np.log1p(-state.g).mean()
        right = margins > 0
        for q, these in enumerate((self.unnoisy, ~self.unnoisy)):
            log["accuracy"][t, q] = right[these].mean() if these.any() else np.nan

    def _sums(self, t: int, state: State) -> None:
        log = self.log
        terms = np.column_stack([np.ones_like(state.g), state.g, state.g[:, None] * self.plane])
        for k, members in enumerate(self.members):
            mu, q = divmod(k, 2)
            sums = state.active[:, members] @ terms[members]
            log["active"][t, :, mu, q], log["pull"][t, :, mu, q] = sums[:, 0], sums[:, 1]
            log["pull_plane"][t, :, mu, q] = sums[:, 2:]
            whole = terms[members].sum(axis=0)
            log["whole_pull"][t, mu, q], log["whole_pull_plane"][t, mu, q] = whole[1], whole[2:]

    def step(self, t: int, W: Array, after: Array, state: State) -> None:
        """Log what belongs to the step from t to t + 1."""
        self.log["step_norm"][t] = np.linalg.norm(state.update, axis=1)
        self.log["step_error"][t] = np.linalg.norm((after - W) - state.update, axis=1)
        self.log["pull_size"][t] = state.active @ (state.g * self.size)

    def trace(self, first: int) -> Trace:
        """The finished trace; `first` is the number of its first step."""
        steps = np.arange(first, first + len(self.log["norm"]))
        arrays: dict[str, Array | None] = {name: self.log.get(name) for name in (*self.log, *SUMS)}
        return Trace(**{**arrays, "steps": steps})  # type: ignore[arg-type]


def extremes(values: Array) -> tuple[Array | float, Array | float]:
    """Least and largest along the last axis; NaN for an empty one."""
    if values.shape[-1] == 0:
        return np.nan, np.nan
    return values.min(axis=-1), values.max(axis=-1)


def count_patterns(active: Array) -> int:
    """Number of distinct rows of `active` (m, n)."""
    rows = np.packbits(active > 0, axis=1)
    return len(np.unique(rows.view(np.dtype((np.void, rows.shape[1]))).ravel()))


def unit_of(dtype: np.dtype[np.floating]) -> float:
    """Unit roundoff of a floating dtype."""
    return float(np.finfo(dtype).eps) / 2


def given_weights(W: Array) -> Continue:
    """The weights of a run made elsewhere, W (T+1, m, d), as the continuation of each step."""
    return lambda t, here, update: W[t + 1]


def memory_needed(n: int, d: int, m: int, n_states: int, n_sums: int, level: str, itemsize: int) -> Mapping[str, int]:
    """Bytes that a run takes, by what takes them."""
    arrays = shapes(n_states, n_sums, m, level)
    return {
        "sample": 2 * n * d * itemsize,
        "preactivations": 5 * n * m * itemsize,
        "weights": 8 * m * d * itemsize,
        "trace": sum(8 * int(np.prod(s)) for s in arrays.values()),
    }
