"""What must be true of every statement, whatever it says.

Each law counts the comparisons that it made, so that one which compared nothing is told apart, and tells each breach.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from functools import wraps
from typing import NamedTuple, ParamSpec

import numpy as np

from rfa.chains import Chain
from rfa.claims import FAILS, HOLDS, Claim, Relation
from rfa.papers import DoesNotApply, Statement
from rfa.rounding import Rounded
from rfa.run import Run
from rfa.testing.symmetries import View
from rfa.verdicts import Outcome, Verdict, judge_claim, judge_premise

MIRROR: dict[Relation, Relation] = {"<=": ">=", "<": ">", ">=": "<=", ">": "<", "==": "=="}
SIDES = ("lhs", "rhs")
LOOSER = (1e-12, 1e-3, 1.0, 1e6)
"""By how much of the larger side a bound is loosened."""


P = ParamSpec("P")


class Compared(NamedTuple):
    """How many comparisons a law made of a statement, and one line for each that it does not stand."""

    comparisons: int
    breaches: list[str]


def counted(law: Callable[P, Iterator[str]]) -> Callable[P, Compared]:
    """A law as what it found, from a generator of one line for each comparison, empty where there is no breach."""

    @wraps(law)
    def of(*args: P.args, **kwargs: P.kwargs) -> Compared:
        lines = list(law(*args, **kwargs))
        return Compared(len(lines), [line for line in lines if line])

    return of


def claims_of(statement: Statement, run: Run) -> list[Claim]:
    """Premises, conclusions and links of a statement on a run; none if it does not apply."""
    try:
        yielded = list(statement.claims(run))
    except DoesNotApply:
        return []
    return [c for part in yielded for c in (part.links() if isinstance(part, Chain) else [part])]


def turned(claim: Claim) -> Claim:
    """The same inequality read from right to left."""
    return replace(claim, lhs=claim.rhs, rhs=claim.lhs, relation=MIRROR[claim.relation])


@counted
def reads_both_ways(statement: Statement, run: Run) -> Iterator[str]:
    """Swapping the sides of every claim, and its relation, changes no outcome, count, slack or witness."""
    for one, other in zip(verdicts(statement, run), verdicts(statement, run, turned), strict=True):
        for name in ("outcome", "counts", "slack", "witness", "failing", "open"):
            mine, seen = getattr(one, name), getattr(other, name)
            yield "" if mine == seen else f"{one.id} {name}: {mine} and, turned, {seen}"


def verdicts(
    statement: Statement, run: Run, change: Callable[[Claim], Claim] = lambda claim: claim
) -> Iterator[Verdict]:
    """The verdicts on all claims and links of a statement, each changed together with what it needs."""
    claims = claims_of(statement, run)
    premises = [change(claim) for claim in claims if claim.role == "premise"]
    for claim in claims:
        needs = premises if claim.needs is None else [change(need) for need in claim.needs]
        if claim.role == "premise":
            yield judge_premise(change(claim), run.labels)
        else:
            yield judge_claim(replace(change(claim), needs=tuple(needs)), (), run.labels, statement)


def loosened(claim: Claim, by: float) -> Claim:
    """The same claim with a looser bound."""
    room = Rounded(by * np.maximum(np.abs(claim.lhs.value), np.abs(claim.rhs.value)))
    return replace(claim, rhs=claim.rhs + room if claim.relation in ("<=", "<") else claim.rhs - room)


@counted
def loosens_safely(statement: Statement, run: Run) -> Iterator[str]:
    """A looser bound turns no claim that holds at an index into one that fails there."""
    for claim in claims_of(statement, run):
        if claim.relation == "==" or claim.ill:
            continue
        for by in LOOSER:
            held, fails = claim.state == HOLDS, loosened(claim, by).state == FAILS
            if held.any():
                told = f"{claim.id}: fails where it held, once the bound is looser by {by:g} of its size"
                yield told if (held & fails).any() else ""


@counted
def sees_alike(statement: Statement, run: Run, views: Iterable[View], *, by_name: Container[str] = ()) -> Iterator[str]:
    """Every view gives every claim the outcome, the counts and the slacks that it has on the run.

    Outcomes may differ where one is UNDECIDED, slacks by what rounding explains. Of claims on random numbers of their
    own (sign vectors, another sample) and on planted states the outcome is compared alone: a view draws others. Chains
    `by_name` speak of +mu1 or of positive centres by name: they are left out where centres are renamed.
    """
    here, drawn = claims_of(statement, run), draws(statement, run)
    mine = list(verdicts(statement, run))
    for view in views:
        there = claims_of(statement, view.run)
        if [c.id for c in here] != [c.id for c in there]:
            yield f"{view.name}: the claims are others"
            continue
        for one, other, verdict, seen in zip(here, there, mine, verdicts(statement, view.run), strict=True):
            if "mu" in view.orders and one.link is not None and one.link.chain in by_name:
                continue
            told = list(outcomes_differ(verdict, seen))
            if not told and one.id not in drawn and (one.link is None or one.link.state == "run"):
                told = list(slacks_differ(one, other, view, run))
            yield from [f"{view.name}: {one.id} {words}" for words in told] or [""]


def draws(statement: Statement, run: Run) -> set[str]:
    """Ids of the claims that change with the seed of a run whose sample, start and steps stay the same."""
    if run.setting is None:
        return set()
    reseeded = replace(run, setting=run.setting.override(seed=(run.setting.seed + 1) % 2**64))
    pairs = zip(claims_of(statement, run), claims_of(statement, reseeded), strict=True)
    return {
        one.id for one, other in pairs
        if not all(np.array_equal(getattr(one, s).value, getattr(other, s).value, equal_nan=True) for s in SIDES)
    }  # fmt: skip


def outcomes_differ(one: Verdict, other: Verdict) -> Iterator[str]:
    """Where outcome or counts differ although nothing is undecided."""
    undecided = Outcome.UNDECIDED
    if undecided in (one.outcome, other.outcome) or one.counts.get(undecided) or other.counts.get(undecided):
        return
    if one.outcome is not other.outcome:
        yield f"is {one.outcome.name} and then {other.outcome.name}"
    elif one.counts != other.counts:
        yield f"has counts {dict(one.counts)} and then {dict(other.counts)}"


def slacks_differ(one: Claim, other: Claim, view: View, run: Run) -> Iterator[str]:
    """Where the slacks in increasing order differ by more than rounding, or the witness is not the same index."""
    mine, seen = (np.sort(c.slack[c.domain], axis=None) for c in (one, other))
    if len(mine) != len(seen):
        yield f"speaks of {len(mine)} indices and then of {len(seen)}"
        return
    if not len(mine) or not np.isfinite([mine[0], mine[-1], seen[0], seen[-1]]).all():
        return
    allowed = allowance(one, run) + allowance(other, run)
    if (away := np.abs(mine - seen).max()) > allowed:
        yield f"has slacks that differ by {away:.3g}, beyond {allowed:.3g}"
    at = other.worst()
    if at is None or not set(one.axes) <= set("tseijq") | {"mu"}:
        return
    home = tuple(int(view.orders[a][k]) if a in view.orders else k for a, k in zip(one.axes, at, strict=True))
    if abs(float(one.slack[home]) - float(mine[0])) > allowed:
        yield f"has its witness elsewhere: {dict(zip(one.axes, home, strict=True))}"


def allowance(claim: Claim, run: Run) -> float:
    """By how much rounding can move a slack of a claim.

    Its sides have their declared errors; besides, bounds that are rounded to the safe side move with the run's numbers,
    each of them a sum of at most d, n or m products of numbers up to 1 or the sides themselves.
    """
    terms = run.sample.X.shape[1] + run.n + run.m + 4
    shape, where = claim.shape, claim.domain
    lhs, rhs = (np.broadcast_to(np.abs(getattr(claim, s).value), shape)[where] for s in SIDES)
    size = np.maximum(np.maximum(lhs, rhs), np.broadcast_to(claim.scale, shape)[where])
    error = np.broadcast_to(claim.error, shape)[where] + terms * run.unit * np.maximum(1.0, size)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(size > 0, 2 * error / size, 0.0)
    return float(np.nanmax(relative, initial=0.0))


@counted
def agrees_where_decided(statement: Statement, run: Run, other: Run) -> Iterator[str]:
    """Two runs of the same sizes differ in a claim only where it is undecided on one of them; one line an index."""
    for one, two in zip(claims_of(statement, run), claims_of(statement, other), strict=True):
        if one.shape != two.shape:
            yield f"{one.id}: speaks of indices of sizes {one.shape} and {two.shape}"
            continue
        product = np.where(one.domain & two.domain, one.state * two.state, 0)
        for index in np.argwhere(product != 0):
            at = tuple(int(k) for k in index)
            yield "" if product[at] > 0 else f"{one.id} at {at}: {one.sides(at)} and {two.sides(at)}"


__all__ = [
    "Compared", "agrees_where_decided", "claims_of", "loosened", "loosens_safely", "reads_both_ways",
    "sees_alike", "turned", "verdicts",
]  # fmt: skip
