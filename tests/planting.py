"""Planted faults: one number of a run is changed, and every claim and link must notice somewhere.

`breaks` holds a claim to it: it held before, it fails after, and its witness is where the fault was planted. A
`Fault` names a number and its change as a row of a table can; the functions below plant changes of any kind.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from rfa import Claim, Rounded, Run, Statement, Verdict, judge
from rfa.claims import FAILS, UNDECIDED
from rfa.trace import AXES

STEP_LETTERS = frozenset("tse")


@dataclass(frozen=True)
class Fault:
    """One number of a run and how it is changed ("times -50", "plus 1", "minus 1", "flipped").

    `field` is an array of the trace, `X`, `y`, `y_clean`, `a` or `weights`, a parameter, or, after the word `derived`
    or `fresh`, a quantity of the run or an array of its fresh samples. `letters` are the axes of `index`.
    """

    field: str
    index: tuple[int, ...]
    letters: tuple[str, ...]
    change: str

    def into(self, run: Run) -> Run:
        """The run with this fault and nothing else changed."""
        change, (kind, _, name) = how(self.change), self.field.rpartition(" ")
        if kind == "derived":
            return with_quantity(run, name, self.index, change)
        if kind == "fresh":
            return with_fresh(run, name, self.index, change)
        if name in AXES:
            return in_trace(run, name, self.index, change)
        if name == "weights":
            return in_weights(run, *self.index, change)
        if name == "X":
            return in_sample(run, *self.index, change)
        if name in ("y", "y_clean"):
            return with_label(run, *self.index, name)
        if name == "a":
            return replace(run, a=with_entry(run.a, self.index, change))
        value = change(getattr(run, name))
        return replace(run, **{name: max(1, round(value)) if name == "d" else value})

    def at(self, witness: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
        """Where a fault at this index may show among the letters of a witness: at it, or one step before."""
        planted = {letter: (index,) for letter, index in zip(self.letters, self.index, strict=True)}
        for letter in STEP_LETTERS & planted.keys():
            (step,) = planted[letter]
            planted |= dict.fromkeys(STEP_LETTERS, (step - 1, step))
        return {letter: planted[letter] for letter in witness if letter in planted}


def how(words: str) -> Callable:
    """The change that some words name."""
    word, _, number = words.partition(" ")
    if word == "flipped":
        return lambda x: ~x if np.asarray(x).dtype == bool else -x
    amount = float(number)
    return {"times": lambda x: amount * x, "plus": lambda x: x + amount, "minus": lambda x: x - amount}[word]


def with_entry(values, index: tuple, change):
    """An array or a `Rounded` with one entry changed; the errors stay."""
    if isinstance(values, Rounded):
        return Rounded(with_entry(values.value, index, change), values.error)
    changed = np.array(values)
    changed[index] = change(changed[index])
    return changed


def in_trace(run: Run, name: str, index: tuple[int, ...], change) -> Run:
    """The run with one entry of one trace array changed."""
    array = with_entry(np.array(getattr(run.trace, name), dtype=float), index, change)
    return replace(run, trace=replace(run.trace, **{name: array}))


def in_weights(run: Run, t: int, j: int, change) -> Run:
    """The run with the kept weights of one neuron at one step changed (the trace stays)."""
    return replace(run, weights={**run.weights, t: with_entry(run.weights[t], (j,), change)})


def in_sample(run: Run, i: int, change) -> Run:
    """The run with one input changed (weights and trace stay)."""
    return replace(run, sample=replace(run.sample, X=with_entry(run.sample.X, (i,), change)))


def with_label(run: Run, i: int, which: str) -> Run:
    """The run with `y` or `y_clean` of one sample flipped (weights and trace stay)."""
    labels = with_entry(getattr(run.sample, which), (i,), how("flipped"))
    return replace(run, sample=replace(run.sample, **{which: labels}))


def with_quantity(run: Run, name: str, index: tuple[int, ...], change) -> Run:
    """The run with one entry of one derived quantity (a cached property of Run) overridden."""
    return with_quantities(run, **{name: with_entry(getattr(run, name), index, change)})


def with_quantities(run: Run, **quantities) -> Run:
    """The run, and its parameters, with some derived quantities (cached properties) replaced."""
    faulty, parameters = replace(run), replace(run.parameters)
    parameters.__dict__.update({name: x for name, x in quantities.items() if name in dir(parameters)})
    faulty.__dict__.update(parameters=parameters, **quantities)
    return faulty


def with_fresh(run: Run, name: str, index: tuple[int, ...], change) -> Run:
    """The run with one entry of one array of its fresh samples changed."""
    faulty = replace(run)
    faulty.__dict__["fresh"] = replace(run.fresh, **{name: with_entry(getattr(run.fresh, name), index, change)})
    return faulty


# ---- what a fault must do ----------------------------------------------------------------------------------


def holding(judgement) -> dict[str, Verdict]:
    """The verdicts of a judgement by id."""
    return {v.id: v for v in (*judgement.verdicts, *judgement.links)}


@cache
def verdicts_of(statement: Statement, run: Run) -> dict[str, Verdict]:
    """The verdicts on an unchanged run by id, judged once."""
    return holding(judge(statement, run))


def breaks(statement: Statement, run: Run, faulty: Run, *ids: str, **witness: int | tuple[int, ...]) -> None:
    """The claims hold on `run` and fail on `faulty`, with the witness at the planted index."""
    fails_where_planted(statement, run, faulty, dict.fromkeys(ids, witness))


def fails_where_planted(
    statement: Statement, run: Run, faulty: Run, expected: Mapping[str, Mapping[str, int | tuple[int, ...]]]
) -> None:
    """Every claim of `expected` holds on `run` and fails on `faulty` with the given witness.

    What draws can refute and not confirm may be open on `run`.

    A witness gives, for some letters of the claim, the index or the indices at which the fault was planted. Without
    any, the fault is one of all indices together, and the claim must fail at each: then any witness is right.
    """
    before, judged = verdicts_of(statement, run), judge(statement, faulty)
    assert judged.reason == "", judged.reason
    after = holding(judged)
    for id, witness in expected.items():
        if not before[id].holds:
            open_at_best = claims_of(statement, run)[id].at_best == UNDECIDED and not before[id].fails
            assert open_at_best, (id, before[id].lhs, before[id].rhs)
        assert after[id].fails, (id, after[id].outcome, after[id].lhs, after[id].rhs)
        found = after[id].witness
        for letter, at in witness.items():
            assert found[letter] in (at if isinstance(at, tuple) else (at,)), (id, found, witness)
        assert witness or fails_throughout(claims_of(statement, faulty)[id]), (id, found, after[id].counts)


def claims_of(statement: Statement, run: Run) -> dict[str, Claim]:
    """Premises, conclusions and links of a statement on a run, by id."""
    claims = [c for y in statement.claims(run) for c in ([y] if isinstance(y, Claim) else y.links())]
    return {c.id: c for c in claims}


def fails_throughout(claim: Claim) -> bool:
    """Whether a claim fails at every index."""
    return bool((claim.state[claim.domain] == FAILS).all())
