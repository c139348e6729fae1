"""Departures of a run from the theorem's setting, and what a step that is no gradient step may be instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy

from rfa.engine.layout import Problem
from rfa.engine.weights import Continue
from rfa.network import ACTIVATIONS, Form
from rfa.rounding import Array

if TYPE_CHECKING:
    from rfa.run import Run

KINDS = {
    "second layer": "the second layer is not ±1/√m, or is trained",
    "signs": "the second layer is not positive on half of the neurons and negative on the others",
    "bias": "the network has biases",
    "outputs": "the network has two outputs, of which the difference is judged",
    "activation": "the activation is not the ReLU",
    "loss": "the loss is not the logistic loss",
    "mini-batch": "a step weighs the samples unequally",
    "momentum": "a step goes on with a part of the step before",
    "weight decay": "a step shrinks the weights",
    "step size": "the step size is not the one that was given, or changes",
    "step": "a step is no gradient step for a reason that is not known",
    "centres": "the centres of the clusters are not ±mu1, ±mu2 with mu1, mu2 orthonormal",
    "clusters": "there are more than four clusters",
    "time": "the run does not end at the theorem's time T",
}
"""What each kind of departure is."""

_PROMISES = ("DET", "DET|GR", "WHP-both")
TOUCHES = (
    dict.fromkeys(("second layer", "bias", "activation"), _PROMISES)
    | {"signs": ("WHP-init", *_PROMISES)}
    | {"centres": ("WHP-sample", "WHP-both", "POP"), "clusters": (*_PROMISES, "WHP-sample", "POP")}
)
"""By kind of departure, the kinds of statements that promise nothing under it whatever their own premises say.

What departs in the steps alone fails the premise that each step is a gradient step, where there is one.
"""
MOVES = ("second layer", "bias", "activation", "loss", "mini-batch", "momentum", "weight decay", "step size", "step")
"""Kinds that explain a step which is not the theorem's."""

MOST_EXPLAINED = 4
"""Steps of a run for which an explanation is sought."""
MOST_SAMPLES, MOST_ENTRIES = 2000, 20_000_000
"""Size up to which the weights of the samples in a step are sought."""

LOSSES: dict[str, Callable[[Array], Array]] = {
    "logistic": lambda z: np.asarray(scipy.special.expit(-z)),
    "hinge": lambda z: (z < 1).astype(float),
    "squared": lambda z: 1 - z,
    "exponential": lambda z: np.exp(-np.clip(z, -50, 50)),
}
"""−l'(z) at the margin z = y f, by the name of the loss."""


Explanations = dict[Any, list["Departure"]]
"""What a step can be: by what was tried, the departures that it comes to."""


@dataclass(frozen=True)
class Departure:
    """One way in which a run is not the theorem's: a kind of `KINDS`, in words, and the step since which."""

    kind: str
    says: str
    since: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind={self.kind!r}; expected one of {', '.join(KINDS)}")


def form_departures(form: Form, a: Array, t: int) -> Iterator[Departure]:
    """What of a network at step t is not the theorem's, whose second layer is a (m,)."""
    if not np.array_equal(form.a, a):
        off = np.abs(form.a - a)
        j = int(off.argmax())
        said = "is trained" if t else "does not start at ±1/√m"
        told = f"at step {t} a[{j}] is {off[j]:.3g} away from ±1/√m = {a[j]:.6g}"
        yield Departure("second layer", f"the second layer {said}: {told}", t)
    if form.bias.any() or form.out:
        size = float(np.abs(form.bias).max(initial=abs(form.out)))
        yield Departure("bias", f"biases of size up to {size:.4g} at step {t}", t)
    if form.activation != "relu":
        yield Departure("activation", f"the activation is {form.activation}", t)


def touched(kind: str, departures: Iterable[Departure]) -> list[Departure]:
    """The departures that a statement of this kind has to suppose away: it speaks of what they change."""
    return [one for one in departures if kind in TOUCHES.get(one.kind, ())]


def departures_of(run: Run, found: Iterable[Departure]) -> tuple[Departure, ...]:
    """All departures of a run: those found on the way, and those that the finished run shows."""
    listed = [*found, *_of_shape(run)]
    t = _first_other_step(run)
    if t is not None and not any(one.kind in MOVES for one in listed):
        listed.append(Departure("step", _unknown(t), t))
    return first_of_each(listed)


def _first_other_step(run: Run) -> int | None:
    """The first step that is further from gradient descent than rounding explains, of which storing is a part."""
    if (run.trace.step_error <= run.unit * run.trace.norm[1:]).all():
        return None
    off = run.step_error.value > run.step_error.error
    return int(np.argwhere(off)[0, 0]) + run.first if off.any() else None


def _of_shape(run: Run) -> Iterator[Departure]:
    positive = int(run.positive.sum())
    if 2 * positive != run.m:
        yield Departure("signs", f"{positive} of {run.m} entries of the second layer are positive, not half of them")
    if run.last != run.K + 1:
        yield Departure("time", f"the last step is {run.last}, and the theorem stops at T = 1 + K = {run.K + 1}")


def first_of_each(found: Iterable[Departure]) -> tuple[Departure, ...]:
    """The first departure of each kind, in the order of `KINDS`."""
    by_kind: dict[str, Departure] = {}
    for one in found:
        by_kind.setdefault(one.kind, one)
    return tuple(by_kind[kind] for kind in KINDS if kind in by_kind)


class StepWatch:
    """Looks at the steps of a run made elsewhere and keeps what explains those that are no gradient steps.

    `form` is the network around the weights of the step at hand.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem, self.form = problem, Form(problem.a, np.zeros(len(problem.a)))
        self.previous: Array | None = None
        self.explained: list[Explanations] = []

    def around(self, following: Continue) -> Continue:
        """The same continuation, watched."""

        def watched(t: int, here: Array, update: Array) -> Array:
            after = following(t, here, update)
            self._look(t, here, after, update)
            return after

        return watched

    def _look(self, t: int, here: Array, after: Array, update: Array) -> None:
        step = after - here
        rounding = _rounding(self.problem, here, after)
        if len(self.explained) < MOST_EXPLAINED and np.linalg.norm(step - update) > rounding:
            self.explained.append(explanations(self.problem, self.form, t, here, step, self.previous, rounding))
        self.previous = step

    @property
    def found(self) -> list[Departure]:
        """What explains all steps that were looked at, or else each of them by itself."""
        common = [key for key in (self.explained or [{}])[0] if all(key in of for of in self.explained)]
        chosen = [of[common[0]] if common else next(iter(of.values())) for of in self.explained]
        return [departure for of in chosen for departure in of]


def _rounding(problem: Problem, here: Array, after: Array) -> float:
    """A bound on what rounding explains of a step, in the Frobenius norm."""
    unit = float(np.finfo(here.dtype).eps) / 2
    n, d = problem.sample.X.shape
    size = float(np.linalg.norm(here) + np.linalg.norm(after))
    return 8 * unit * size + 4 * (n + d) * unit * float(np.linalg.norm(after - here))


def explanations(
    problem: Problem, form: Form, t: int, W: Array, step: Array, previous: Array | None, rounding: float
) -> Explanations:
    """Everything that the step (m, d) from weights W can be, the simplest first.

    With the rest of the network as it is (`form`): another step size, momentum, weight decay and these together, for
    four losses and four activations; if none fits, unequal weights of the samples; at last the departure `step`.
    """
    found: Explanations = {}
    gradients = {
        (loss, name): gradient_step(problem, Form(form.a, form.bias, form.out, name), W, LOSSES[loss])
        for loss, name in _networks(form.activation)
    }
    for extra in ((), ("momentum",), ("weight decay",), ("momentum", "weight decay")):
        for (loss, name), gradient in gradients.items():
            columns = {"step size": gradient}
            if "momentum" in extra and previous is not None and previous.any():
                columns["momentum"] = previous
            if "weight decay" in extra:
                columns["weight decay"] = -problem.alpha * W
            factors, left = _fitted(step, columns)
            if left <= max(rounding, 1e-6 * float(np.linalg.norm(step - gradient))):
                found[extra, loss, name] = list(_told(t, loss, name, form.activation, factors))
    if not found:
        weighted = _weighted(problem, form, t, W, step, rounding)
        found["weights"] = [weighted or Departure("step", _unknown(t), t)]
    return found


def _networks(activation: str) -> Iterator[tuple[str, str]]:
    """Losses and activations to try: as they are said to be, then one of the two changed, then both."""
    losses = sorted(LOSSES, key=lambda name: name != "logistic")
    activations = sorted(ACTIVATIONS, key=lambda name: name != activation)
    pairs = product(losses, activations)
    yield from sorted(pairs, key=lambda pair: (pair[0] != "logistic") + (pair[1] != activation))


def gradient_step(problem: Problem, form: Form, W: Array, slope_of_loss: Callable[[Array], Array]) -> Array:
    """−alpha times the gradient in W (m, d) of the mean loss of the network `form`."""
    X, y = problem.sample.X, problem.sample.y
    pre = form.preactivations(X, W)
    g = slope_of_loss(y * form.outputs(pre))
    slope = form.slope(pre, problem.relu_at_zero)
    return np.asarray(form.a[:, None] * ((slope * (problem.alpha / len(y) * g * y)) @ X))


def _fitted(step: Array, columns: dict[str, Array]) -> tuple[dict[str, float], float]:
    """Least-squares factors of the columns, and the norm of what they leave of the step."""
    sizes = np.array([np.linalg.norm(c) or 1.0 for c in columns.values()])
    A = np.stack([c.ravel() / size for c, size in zip(columns.values(), sizes, strict=True)], axis=1)
    factors, *_ = np.linalg.lstsq(A, step.ravel(), rcond=None)
    left = float(np.linalg.norm(step.ravel() - A @ factors))
    return dict(zip(columns, map(float, factors / sizes), strict=True)), left


def _told(t: int, loss: str, name: str, activation: str, factors: dict[str, float]) -> Iterator[Departure]:
    step, times = f"the step from {t} is", factors["step size"]
    if name != activation:
        said = f"{step} that of a network with the activation {name}; outputs are computed with {activation}"
        yield Departure("activation", f"{said}: give activation={name!r}", t)
    if loss != "logistic":
        yield Departure("loss", f"{step} {times:.6g} times a gradient step of the {loss} loss", t)
    elif abs(times - 1) > 1e-6:
        yield Departure("step size", f"{step} {times:.6g} times the gradient step of the step size given", t)
    if "momentum" in factors:
        said = f"{step} the gradient step and {factors['momentum']:.6g} times the step before it"
        yield Departure("momentum", said, t)
    if "weight decay" in factors:
        said = f"{step} the gradient step less {factors['weight decay']:.6g} α times the weights"
        yield Departure("weight decay", said, t)


def _weighted(
    problem: Problem, form: Form, t: int, W: Array, step: Array, rounding: float
) -> Departure | None:
    """The step as the gradient of an unequally weighted sum over the samples; None if it is none, or too large."""
    X, y = problem.sample.X, problem.sample.y
    n = len(y)
    if n > MOST_SAMPLES or n * W.size > MOST_ENTRIES:
        return None
    pre = form.preactivations(X, W)
    weight = problem.alpha / n * scipy.special.expit(-y * form.outputs(pre)) * y
    parts = form.a[:, None] * form.slope(pre, problem.relu_at_zero) * weight
    A = (parts[:, None, :] * X.T[None]).reshape(-1, n)
    more, _, rank, _ = np.linalg.lstsq(A, step.ravel() - A.sum(axis=1), rcond=None)
    if np.linalg.norm(step.ravel() - A @ (1 + more)) > max(rounding, 1e-6 * float(np.linalg.norm(step))):
        return None
    used = int((np.abs(1 + more) > 1e-3).sum())
    said = f"the step from {t} is a gradient step in which the samples have unequal weights"
    if rank == n and used < n:
        said += f": {used} of the {n} samples take part"
    else:
        said += " (batches, class weights, other labels in the loss, or biases that were not given to rec.step?)"
    return Departure("mini-batch", said, t)


def _unknown(t: int) -> str:
    return (
        f"the step from {t} is no full-batch gradient step on the first layer; other step sizes, momentum, weight "
        "decay, losses and activations do not explain it (mini-batches, another optimiser, dropout, or biases that "
        "were not given to rec.step?)"
    )
