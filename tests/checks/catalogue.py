"""A catalogue of faults: every logged array, every quantity and parameter of a run, entry by entry."""

import re
from collections.abc import Collection, Iterator
from functools import cached_property

import numpy as np

from rfa import DoesNotApply, Rounded, Run, Statement, Verdict, judge
from rfa.trace import AXES
from tests.planting import Fault, claims_of, fails_throughout, holding, verdicts_of

CHANGES = ("times -50", "times 1e4", "times 1e-4", "plus 1", "minus 1", "plus 1e4", "minus 1e4")
FACTORS = ("times 1e-4", "times 1e-2", "times 0.3", "times 3", "times 1e2", "times 1e4")
PARAMETERS = ("step_size", "sigma", "omega_init", "delta", "C0", "eta", "d", "C", "a6_power")
QUANTITIES = {
    name: tuple(found.group(1).split())
    if (found := re.search(r"ax[ei]s ([a-z ]+?)[;(.,]", member.__doc__ or ""))
    else ()
    for name, member in vars(Run).items()
    if isinstance(member, cached_property)
    and name not in ("labels", "t", "s_steps", "n_s", "K", "T", "on_grid", "fresh")
}
"""Derived quantities of a run with their axes, read off their docstrings."""


def faults(run: Run) -> Iterator[Fault]:
    """The whole catalogue on one run: sample, second layer, weights, trace, quantities, parameters."""
    yield from in_data(run)
    yield from in_arrays(run)
    yield from in_quantities(run)
    yield from in_fresh(run)
    yield from in_parameters(run)


def places(run: Run, letters: tuple[str, ...], shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """A few indices at which to plant: each step, a clean and a noisy sample, a neuron of J, the centres around it."""
    neuron = int(np.flatnonzero(run.in_J)[-1])
    home = int(run.home[neuron])
    samples = [int(np.flatnonzero(which)[-1]) for which in (~run.sample.noisy, run.sample.noisy) if which.any()]
    fixed = {"j": [neuron], "mu": [home, home ^ 1, (home + 2) % 4], "i": samples}
    choices = [fixed[a] if a in fixed else range(size) for a, size in zip(letters, shape, strict=True)]
    for index in np.ndindex(*[len(c) for c in choices]):
        yield tuple(int(choice[i]) for choice, i in zip(choices, index, strict=True))


def in_data(run: Run) -> Iterator[Fault]:
    """Inputs, labels, second layer and kept weights."""
    for index in places(run, ("i",), (run.n,)):
        for which in ("y", "y_clean"):
            yield Fault(which, index, ("i",), "flipped")
        for change in CHANGES:
            yield Fault("X", index, ("i",), change)
    for change in CHANGES:
        for (j,) in places(run, ("j",), (run.m,)):
            yield Fault("a", (j,), ("j",), change)
            for t in run.weights:
                yield Fault("weights", (t, j), ("t", "j"), change)


def in_arrays(run: Run) -> Iterator[Fault]:
    """Entries of every array of the trace."""
    for name, letters in AXES.items():
        array = getattr(run.trace, name)
        if name == "steps" or array is None:
            continue
        for index in places(run, letters, array.shape):
            for change in CHANGES:
                yield Fault(name, index, letters, change)


def in_quantities(run: Run) -> Iterator[Fault]:
    """One entry of each derived quantity, everything else as it was; of plain arrays the whole numbers and masks."""
    for name, letters in QUANTITIES.items():
        try:
            quantity = getattr(run, name)
        except DoesNotApply:
            continue
        exact = isinstance(quantity, np.ndarray) and quantity.dtype.kind in "bi"
        if quantity.ndim != len(letters) if isinstance(quantity, Rounded) or exact else True:
            continue
        for index in places(run, letters, quantity.shape):
            for change in ("flipped",) if exact and quantity.dtype == bool else CHANGES:
                yield Fault(f"derived {name}", index, letters, change)


def in_fresh(run: Run) -> Iterator[Fault]:
    """Outputs and labels of the first fresh sample."""
    if run.setting is None:
        return
    for name in ("f", "f_J", "ideal", "y", "y_clean"):
        for change in CHANGES:
            yield Fault(f"fresh {name}", (0,), ("f",), change)


def in_parameters(run: Run) -> Iterator[Fault]:
    """Parameters of the run scaled."""
    for name in PARAMETERS:
        for change in FACTORS if getattr(run, name) is not None else ():
            yield Fault(name, (), (), change)


def breaking(statement: Statement, run: Run, wanted: Collection[str]) -> Iterator[tuple[Fault, dict[str, dict]]]:
    """Faults of the catalogue that break claims of `wanted`, each once, with the witnesses to compare.

    A claim that has indices in common with the fault must have its witness there, any other must fail throughout.
    """
    held = {id for id, v in verdicts_of(statement, run).items() if v.holds and id in wanted}
    for fault in faults(run):
        if not held:
            return
        faulty = fault.into(run)
        failing = [v for id, v in holding(judge(statement, faulty)).items() if id in held and v.fails]
        found = {v.id: at for v in failing if (at := shown(statement, faulty, v, fault)) is not None}
        held -= found.keys()
        if found:
            yield fault, found


def shown(statement: Statement, faulty: Run, verdict: Verdict, fault: Fault) -> dict | None:
    """The witness to ask for, where a claim that fails shows the fault; None where it fails elsewhere."""
    at = fault.at(verdict.witness)
    if at:
        return at if all(verdict.witness[letter] in values for letter, values in at.items()) else None
    return {} if fails_throughout(claims_of(statement, faulty)[verdict.id]) else None
