"""Which formula stands for which claim of a report, and which claims have none, and why."""

from __future__ import annotations

from rfa.recheck.exact import ball
from rfa.recheck.formula import Formula, Index, Sides, Table, row
from rfa.recheck.network import L8, L11, P2, POPULATION, REMARKS, T1
from rfa.recheck.run import ExactRun
from rfa.recheck.start import ASSUMPTIONS, EDGE, SAMPLE, START
from rfa.recheck.state import states_of
from rfa.recheck.steps import CONDITIONS, L12, L13, L14, SHARED

EVENTS = (
    ("L3.norm.lower", "L3.norm.upper", "L3.count.mu1", "L3.count.mu2"),
    ("L4.size",),
    ("RP.C1", "L5a.along", "L5a.across", "L5b", "L5c", "L5d.lower", "L5d.upper"),
    ("L6.edge",),
)
"""What each event of a good run (D7) consists of: L3, L4, L5, L6."""


def event(run: ExactRun, k: int) -> Sides:
    """1 if every claim of an event holds at every index, 0 if one fails, else ½ ± ½."""
    worst = min(min(states_of(run, EVERYWHERE[id]), default=1) for id in EVENTS[k])
    return (ball(1) if worst > 0 else ball(0) if worst < 0 else ball(0.5)), 1


def events(run: ExactRun) -> list[Index]:
    """The four events."""
    return [(k,) for k in range(4)]


GOOD_RUN: Table = {
    "D7": row(
        "event", ">=", event, events, "RP.d32 RP.m16 RP.C1 RP.tail RP.law RP.L5d RP.edge", may_fail=True
    ),
}  # fmt: skip
EVERYWHERE: dict[str, Formula] = {
    **ASSUMPTIONS, **START, **SAMPLE, **EDGE, **GOOD_RUN, **CONDITIONS, **L11, **POPULATION, **REMARKS, **SHARED,
}  # fmt: skip
"""Formulas of claims that mean the same in every statement."""
BY_STATEMENT: dict[str, Table] = {"L8": L8, "L12": L12, "L13": L13, "L14": L14, "T1": T1, "P2": P2, "P15": L8}
"""Formulas of claims that belong to one statement."""
WITHOUT_FORMULA = {
    "L8.random": "networks drawn from a fixed stream, which the run file does not hold",
    "X1.linear": "judged on fresh points, which the run file does not hold",
    "X1.affine": "judged on fresh points, which the run file does not hold",
}
"""Claims that cannot be computed again from a run file, and why."""
ONE_SIDED = {
    "P15.empirical": "the left side is a search",
    "T1.test": "the left side counts errors on fresh samples, which the run file does not hold",
    "AD.error": "the left side is drawn for clusters that are not Gaussian",
    "RP.tail": "the left side is a bound from a search for clusters that are not Gaussian",
}
"""Claims of which the right side alone can be computed again (where the formula gives no left side), and why."""


def formula(statement: str, claim: str) -> Formula | None:
    """The formula of a claim; None if there is none."""
    if statement == "T1" and claim == "RP.a":
        return L8[claim]
    return BY_STATEMENT.get(statement, {}).get(claim) or EVERYWHERE.get(claim)
