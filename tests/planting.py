"""Planted faults: one number of a run is changed, and every claim and link must notice somewhere.

`flips(statement, run)` tries a catalogue of faults on a run and records for each claim and link id a fault that turns
it from holding to failing with the witness at the planted index.
"""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from rfa import Rounded, Run, Statement, judge
from rfa.trace import AXES
from rfa.verdicts import Judgement

STEP_LETTERS = {"t", "s", "e"}


@dataclass(frozen=True)
class Fault:
    """What was changed: a field of the trace (or a parameter), the index, and how."""

    field: str
    index: tuple[int, ...]
    letters: tuple[str, ...]
    change: str

    def matches(self, witness) -> bool:
        """Whether a witness lies at the planted index, for the letters that both have (or one step before)."""
        planted = dict(zip(self.letters, self.index, strict=True))
        steps = [i for letter, i in planted.items() if letter in STEP_LETTERS]
        for letter, value in witness.items():
            if letter in STEP_LETTERS:
                if steps and value not in (steps[0], steps[0] - 1):
                    return False
            elif letter in planted and planted[letter] != value:
                return False
        return True


CHANGES = {
    "times -50": lambda x: -50 * x,
    "times 1e4": lambda x: 1e4 * x,
    "times 1e-4": lambda x: 1e-4 * x,
    "plus 1": lambda x: x + 1,
    "minus 1": lambda x: x - 1,
    "plus 1e4": lambda x: x + 1e4,
    "minus 1e4": lambda x: x - 1e4,
}
QUANTITIES = {
    name: tuple(found.group(1).split())
    if (found := re.search(r"ax[ei]s ([a-z ]+?)[;(.]", member.__doc__ or ""))
    else ()
    for name, member in vars(Run).items()
    if isinstance(member, cached_property)
    and name not in ("labels", "t", "s_steps", "n_s", "K", "T", "on_grid", "fresh")
}
"""Derived quantities of a run with their axes, read off their docstrings."""
PARAMETERS = ("step_size", "sigma", "omega_init", "delta", "C0", "eta", "d", "C", "a6_power")


def indices(run: Run, name: str) -> Iterator[tuple[int, ...]]:
    """A few indices of a trace array at which to plant: each step, at a neuron of J and one centre."""
    length = getattr(run.trace, name).shape
    letters = AXES[name]
    neuron = int(np.flatnonzero(run.in_J)[-1])
    centre = int(run.home[neuron])
    fixed = {"j": [neuron], "mu": [centre, centre ^ 1, (centre + 2) % 4], "q": [0, 1], "k": [0, 1]}
    choices = [fixed[a] if a in fixed else range(size) for a, size in zip(letters, length, strict=True)]
    for index in np.ndindex(*[len(c) for c in choices]):
        yield tuple(choice[i] for choice, i in zip(choices, index, strict=True))


def in_trace(run: Run, name: str, index: tuple[int, ...], change) -> Run:
    """The run with one entry of one trace array changed."""
    array = np.array(getattr(run.trace, name), dtype=float)
    array[index] = change(array[index])
    return replace(run, trace=replace(run.trace, **{name: array}))


def in_weights(run: Run, t: int, j: int, change) -> Run:
    """The run with the kept weights of one neuron at one step changed (the trace stays)."""
    W = np.array(run.weights[t])
    W[j] = change(W[j])
    return replace(run, weights={**run.weights, t: W})


def in_sample(run: Run, i: int, change) -> Run:
    """The run with one input changed (weights and trace stay)."""
    X = np.array(run.sample.X)
    X[i] = change(X[i])
    return replace(run, sample=replace(run.sample, X=X))


def with_label(run: Run, i: int, which: str) -> Run:
    """The run with `y` or `y_clean` of one sample flipped (weights and trace stay)."""
    labels = np.array(getattr(run.sample, which))
    labels[i] *= -1
    return replace(run, sample=replace(run.sample, **{which: labels}))


def faults(run: Run) -> Iterator[tuple[Fault, Run]]:
    """The whole catalogue on one run: trace entries, kept weights, inputs, labels, derived quantities, parameters."""
    neuron = int(np.flatnonzero(run.in_J)[-1])
    yield from in_arrays(run)
    yield from in_data(run, neuron)
    yield from in_quantities(run, neuron)
    yield from in_parameters(run)


def in_arrays(run: Run) -> Iterator[tuple[Fault, Run]]:
    """Entries of every array of the trace."""
    for name, letters in AXES.items():
        if name == "steps" or getattr(run.trace, name) is None:
            continue
        for index in indices(run, name):
            for how, change in CHANGES.items():
                yield Fault(name, index, letters, how), in_trace(run, name, index, change)


def in_data(run: Run, neuron: int) -> Iterator[tuple[Fault, Run]]:
    """Kept weights of one neuron, one clean and one noisy input, their labels."""
    samples = [int(np.flatnonzero(which)[-1]) for which in (~run.sample.noisy, run.sample.noisy) if which.any()]
    for how, change in CHANGES.items():
        for t in run.weights:
            yield Fault("weights", (t, neuron), ("t", "j"), how), in_weights(run, t, neuron, change)
        for i in samples:
            yield Fault("X", (i,), ("i",), how), in_sample(run, i, change)
    for i in samples:
        for which in ("y", "y_clean"):
            yield Fault(which, (i,), ("i",), "flipped"), with_label(run, i, which)


def in_parameters(run: Run) -> Iterator[tuple[Fault, Run]]:
    """Parameters of the run scaled."""
    for name in PARAMETERS:
        value = getattr(run, name)
        for factor in (1e-4, 1e-2, 0.3, 3.0, 1e2, 1e4) if value is not None else ():
            changed = max(1, round(value * factor)) if name == "d" else value * factor
            yield Fault(name, (), (), f"times {factor:g}"), replace(run, **{name: changed})


def in_quantities(run: Run, neuron: int) -> Iterator[tuple[Fault, Run]]:
    """One entry of each derived quantity changed, everything else as it was."""
    for name, letters in QUANTITIES.items():
        quantity = getattr(run, name)
        if not isinstance(quantity, Rounded) or quantity.ndim != len(letters):
            continue
        home = int(run.home[neuron])
        fixed = {"j": [neuron], "mu": [home, home ^ 1, (home + 2) % 4], "q": [0, 1], "k": [0, 1], "i": [0, run.n - 1]}
        choices = [fixed[a] if a in fixed else range(n) for a, n in zip(letters, quantity.shape, strict=True)]
        for place in np.ndindex(*[len(c) for c in choices]):
            index = tuple(choice[i] for choice, i in zip(choices, place, strict=True))
            for how, change in CHANGES.items():
                yield Fault(f"quantity {name}", index, letters, how), with_quantity(run, name, index, change)


def with_quantity(run: Run, name: str, index: tuple[int, ...], change) -> Run:
    """The run with one entry of one derived quantity (a cached property of Run) overridden."""
    faulty = replace(run)
    quantity = getattr(run, name)
    value = np.array(quantity.value)
    value[index] = change(value[index])
    faulty.__dict__[name] = Rounded(value, quantity.error)
    return faulty


def holding(judgement: Judgement) -> dict[str, object]:
    """The verdicts of a judgement by id."""
    return {v.id: v for v in (*judgement.verdicts, *judgement.links)}


def flips(statement: Statement, run: Run, wanted: Container[str] | None = None) -> dict[str, Fault]:
    """For each claim and link that holds on `run`, a fault that makes it fail with the witness where it was planted.

    `wanted` restricts the search to some ids (those that no fault of the catalogue reaches make it long).
    """
    held = {id for id, v in holding(judge(statement, run)).items() if v.holds and (wanted is None or id in wanted)}
    found: dict[str, Fault] = {}
    for fault, faulty in faults(run):
        if len(found) == len(held):
            break
        for id, verdict in holding(judge(statement, faulty)).items():
            if id in held and id not in found and verdict.holds is False and fault.matches(verdict.witness):
                found[id] = fault
    return found
