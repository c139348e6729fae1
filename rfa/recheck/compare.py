"""A report against the exact sides: every number of a claim, its witness, its counts and its outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rfa.recheck.consistency import contradictions
from rfa.recheck.exact import Ball, ball, power_of_two, real
from rfa.recheck.formula import Formula, Index
from rfa.recheck.outcomes import Premise, case_bounds
from rfa.recheck.run import ExactRun
from rfa.recheck.state import FAILS, HOLDS, OPEN, Place, place, scan
from rfa.recheck.tables import ONE_SIDED, WITHOUT_FORMULA, formula
from rfa.recheck.weights import NotRechecked

Row = Mapping[str, Any]
UNDERFLOW = power_of_two(-1000)
"""Numbers below the range of floats are reported as zero."""
ROOM = 1 + power_of_two(-20)
"""For the rounding of a radius itself."""
CRUDER_ERROR = 64
"""By what factor an equality of a report may be granted a larger error than is explained here."""
EMPTY = ("NOT_APPLICABLE", "ERROR")


@dataclass
class Recheck:
    """What became of every claim: `done` with both sides, `partly` and `skipped` by reason, `wrong` what differs."""

    done: list[str] = field(default_factory=list)
    scanned: list[str] = field(default_factory=list)
    partly: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    links: int = 0


def recheck(
    statements: Sequence[Row], run: ExactRun, progress: Callable[[str, int, int], None] | None = None
) -> Recheck:
    """Every claim of a report of the paper as printed against the run; links are compared with themselves alone."""
    found = Recheck()
    for k, statement in enumerate(statements):
        if progress is not None:
            progress(f"rechecking {statement['id']}", k, len(statements))
        found.wrong += [(f"{statement['id']} {id}".strip(), told) for id, told in contradictions(statement)]
        found.links += len(statement["links"])
        premises = {c["id"]: c for c in statement["claims"] if c["role"] == "premise"}
        for claim in statement["claims"]:
            recheck_claim(found, statement["id"], claim, premises, run)
    return found


def recheck_claim(found: Recheck, statement: str, claim: Row, premises: Mapping[str, Row], run: ExactRun) -> None:
    """One claim of a statement; what becomes of it goes into `found`."""
    name = f"{statement} {claim['id']}"
    of = formula(statement, claim["id"])
    if of is None:
        found.skipped[name] = WITHOUT_FORMULA.get(claim["id"], "no formula for this claim is known here")
        return
    try:
        told = list(_sides(claim, of, run))
        found.wrong += [(name, text) for text in told]
        found.done.append(name)
    except NotRechecked as why:
        found.skipped[name] = str(why)
        if claim["id"] in ONE_SIDED and not _one_side(found, name, claim, of, run):
            found.partly[name] = ONE_SIDED[claim["id"]]
            del found.skipped[name]
        return
    except (ZeroDivisionError, ValueError) as why:
        found.wrong.append((name, f"the sides cannot be computed: {why}"))
        return
    try:
        found.wrong += [(name, text) for text in _worst(claim, of, statement, premises, run)]
        found.scanned.append(name)
    except NotRechecked:
        return
    except (ZeroDivisionError, ValueError) as why:
        found.wrong.append((name, f"the sides cannot be computed at every index: {why}"))


def _one_side(found: Recheck, name: str, claim: Row, of: Formula, run: ExactRun) -> bool:
    """Compare the right side alone; whether even that is impossible."""
    if claim["rhs"] is None:
        return True
    try:
        _, rhs, *_ = of.sides(run, *_index(claim, of))
    except NotRechecked:
        return True
    found.wrong += [(name, text) for text in _number("the right side", claim["rhs"], ball(rhs))]
    return False


def _index(claim: Row, of: Formula) -> Index:
    return tuple(int(claim["witness"][axis]) for axis in of.axes)


def _sides(claim: Row, of: Formula, run: ExactRun) -> Iterator[str]:
    """The witness and the numbers there."""
    if claim["outcome"] in EMPTY or claim["lhs"] is None:
        yield from _emptiness(claim, of, run)
        return
    if claim["relation"] != of.relation:
        yield f"the relation is {claim['relation']!r}; the claim says {of.relation!r}"
    if set(claim["witness"]) != set(of.axes):
        yield f"the witness names {sorted(claim['witness'])}; the axes are {list(of.axes)}"
        return
    if _index(claim, of) not in set(of.where(run)):
        yield f"the witness {_shown(claim['witness'])} is none of the indices of the claim"
        return
    here = place(run, of, _index(claim, of))
    yield from _number("the left side", claim["lhs"], here.lhs)
    yield from _number("the right side", claim["rhs"], here.rhs)
    if of.relation != "==":
        yield from _number("the slack", claim["slack"], here.slack)
    else:
        yield from _slack_of_equality(claim, here)
    if here.state == FAILS and claim["holds"]:
        yield f"it is reported to hold and fails at the witness: {_at(here)}"
    if here.state == HOLDS and claim["holds"] is False and claim["outcome"] != "BEYOND":
        yield f"it is reported to fail and holds at the witness: {_at(here)}"


def _emptiness(claim: Row, of: Formula, run: ExactRun) -> Iterator[str]:
    if claim["outcome"] == "ERROR":
        raise NotRechecked("it could not be evaluated")
    indices = of.where(run)
    if indices:
        yield f"it is reported to have no index; there are {len(indices)}"


def _slack_of_equality(claim: Row, here: Place) -> Iterator[str]:
    """The slack of an equality is (error − distance)/size, with an error bound of the report's own."""
    if claim["slack"] is None or here.size == 0:
        return
    granted = real(claim["slack"]) * here.size + abs(here.gap)
    if granted < -here.radius or granted > CRUDER_ERROR * here.radius + UNDERFLOW:
        told = f"grants an error of {_short(granted)}; {_short(here.radius)} is explained"
        yield f"the slack {claim['slack']!r} {told}"


def _number(what: str, reported: float | None, exact: Ball) -> Iterator[str]:
    if reported is None:
        yield f"{what} is missing; it is {_short(exact.value)}"
    elif abs(real(reported) - exact.value) > exact.radius * ROOM + UNDERFLOW:
        away = _short(abs(real(reported) - exact.value))
        yield f"{what} is {_long(exact.value)} ± {_short(exact.radius)}; {reported!r} is reported, off by {away}"


def _worst(claim: Row, of: Formula, statement: str, premises: Mapping[str, Row], run: ExactRun) -> Iterator[str]:
    """Every index: is one worse than the witness, and do counts, outcome and tightest constant follow?"""
    if claim["outcome"] in EMPTY or set(claim["witness"]) != set(of.axes):
        return
    places = scan(run, of)
    if not places:
        return
    if claim["role"] == "premise":
        states = Counter(p.state for p in places.values())
        bounds = {"CONFIRMED": _between(states, HOLDS), "SILENT": _between(states, FAILS)}
        cases = {index: {HOLDS: "CONFIRMED", FAILS: "SILENT"}.get(p.state, "") for index, p in places.items()}
    else:
        needed = [Premise(premises.get(id), formula(statement, id), id, run) for id in of.needs]
        cases, bounds = case_bounds(of, places, needed)
        yield from _needs(claim, needed)
    yield from _counts(claim["counts"], bounds, len(places))
    yield from _witness(claim, of, places, cases)
    yield from _tightest(claim, of, places)


def _between(states: Mapping[int, int], state: int) -> tuple[int, int]:
    return states.get(state, 0), states.get(state, 0) + states.get(OPEN, 0)


def _needs(claim: Row, needed: Sequence[Premise]) -> Iterator[str]:
    """Which premises the claim says fail, against those that do."""
    listed = {f["id"] for f in claim["failing"]}
    for premise in needed:
        if premise.fails_everywhere and premise.id not in listed:
            yield f"the premise {premise.id} fails and is not listed"
        if premise.holds_everywhere and premise.id in listed:
            yield f"the premise {premise.id} holds and is listed as failing"
    for id in sorted(listed - {p.id for p in needed}):
        yield f"{id} is listed as failing and is no premise of the claim"


def _counts(counts: Mapping[str, int], bounds: Mapping[str, tuple[int, int]], size: int) -> Iterator[str]:
    if sum(counts.values()) != size:
        yield f"{sum(counts.values())} indices are counted; there are {size}"
    for outcome, (fewest, most) in bounds.items():
        if not fewest <= counts.get(outcome, 0) <= most:
            between = str(fewest) if fewest == most else f"{fewest} to {most}"
            yield f"{counts.get(outcome, 0)} indices are counted as {outcome}; there are {between}"


def _witness(claim: Row, of: Formula, places: Mapping[Index, Place], cases: Mapping[Index, str]) -> Iterator[str]:
    pointed = claim["outcome"] in ("REFUTED", "UNDECIDED", "SILENT")
    pool = [i for i in places if not pointed or cases[i] == claim["outcome"]] or list(places)
    if of.relation == "==" or _index(claim, of) not in places:
        return
    worst = min(pool, key=lambda index: places[index].slack.value)
    here, there = places[_index(claim, of)].slack, places[worst].slack
    if pointed and not cases[_index(claim, of)]:
        return
    if there.value + there.radius < here.value - here.radius:
        at = _shown(dict(zip(of.axes, worst, strict=True)))
        yield f"a worse index exists: slack {_short(there.value)} at {at}, {_short(here.value)} at the witness"


def _tightest(claim: Row, of: Formula, places: Mapping[Index, Place]) -> Iterator[str]:
    reported = claim["tightest_constant"]
    signs = {(p.rhs.value > 0) - (p.rhs.value < 0) for p in places.values()}
    if of.relation == "==" or signs not in ({1}, {-1}):
        if reported is not None and of.relation == "==":
            yield f"the tightest constant is {reported!r}; an equality has none"
        return
    ratios = [p.lhs / p.rhs for p in places.values()]
    upper = (of.relation in ("<=", "<")) == (signs == {1})
    extreme = (max if upper else min)(ratios, key=lambda r: r.value)
    if power_of_two(1000) > abs(extreme.value):
        yield from _number("the tightest constant", reported, Ball(extreme.value, max(r.radius for r in ratios)))


def _short(x: Any) -> str:
    return f"{real(x):.4g}"


def _long(x: Any) -> str:
    return f"{real(x):.20g}"


def _at(here: Place) -> str:
    return f"{_long(here.lhs.value)} {here.formula.relation} {_long(here.rhs.value)}"


def _shown(witness: Mapping[str, int]) -> str:
    return ", ".join(f"{axis}={value}" for axis, value in witness.items()) or "(none)"
