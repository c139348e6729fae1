"""Full-batch gradient descent on the first layer. The only loop over steps; `rfa.watching` logs each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from rfa.engine.layout import WIDE, Problem
from rfa.engine.weights import Continue
from rfa.network import Form, activation, sigmoid_loss_derivative
from rfa.rounding import Array
from rfa.trace import Trace, shapes
from rfa.watching import Watcher

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
    return State(pre, active, f, f_J, g, a[:, None] * ((active * weight) @ X))


def observe(
    problem: Problem,
    W: Array,
    steps: int,
    *,
    sums_until: int,
    keep: frozenset[int],
    level: str = "full",
    following: Continue | None = None,
    form: Callable[[int], Form | None] | None = None,
    first: int = 0,
    progress: Progress | None = None,
) -> tuple[Trace, dict[int, Array]]:
    """Log `steps` + 1 states from W (m, d) on, and keep the weights at the steps in `keep`.

    `following(t, W, update)` gives the weights after step t; by default W + update, which is gradient descent;
    `form(t)` gives the network around the weights of step t where it is not the theorem's. The sums over active
    samples are kept for steps below `sums_until`. Returns the trace and the kept weights by step.
    Coordinates that no sample reaches stay what they are.
    """
    watcher = Watcher(
        problem, W, steps=steps, sums_until=sums_until, level=level, first=first, given=following is not None
    )
    kept: dict[int, Array] = {}
    with watcher.working():
        for t in range(first, first + steps + 1):
            more = t < first + steps
            watcher.look(None if form is None else form(t), step=more)
            if t in keep:
                kept[t] = watcher.weights()
            if more:
                watcher.move(following)
            if progress is not None:
                progress(t - first, steps)
    return watcher.trace(), kept


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
    "Continue", "Form", "Problem", "Progress", "State", "Watcher", "evaluate", "given_weights", "memory_needed",
    "observe", "unit_of",
]  # fmt: skip
