"""The assumption-violation report: what a setting oversteps, what that touches in the proof, and what breaks
in fact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Unpack

from rfa.errors import InputError
from rfa.papers import Paper
from rfa.setting import Setting
from rfa.studies.assumptions import (
    Assumption,
    Feature,
    Nearest,
    assumptions,
    claims_of,
    feasible,
    features,
    judged_at,
    nearest,
)
from rfa.studies.breakpoints import TESTS, Break, Prober, find_break
from rfa.studies.coordinates import coordinate, move
from rfa.studies.execution import Bench, How, bench
from rfa.studies.proof_paths import Broken, first_broken, goals_of, linked, users_of
from rfa.studies.storage import Store
from rfa.studies.summary import Rate, Rates, rates_of, unconditioned
from rfa.studies.sweeps import share_held
from rfa.studies.trials import CERTIFICATE, Task, check_certificate, load_paper, with_seed
from rfa.studies.wishes import Wish, break_claims, sought, start_of

LINKED = 3
"""Trials on which the chains of the proofs are judged too."""
MAP_FROM, LARGEST_MAP, BREAKS_FROM, BREAKS_EACH = 1, 10_000, 200_000, 10_000
"""Points of the store: 0 the rates, then the map, and the tests of break points."""
STRIDE = 10**6


@dataclass(frozen=True)
class Violation:
    """One overstepped assumption: the statements whose proofs rest on it, and the first link that breaks on
    the way.

    `direct` use it themselves, `all` rest on it through others; `broken` is the first broken link in proof order
    on the way to the goals, None if every link held.
    """

    assumption: Assumption
    direct: tuple[str, ...]
    all: tuple[str, ...]
    goals: tuple[str, ...]
    broken: Broken | None
    failing: tuple[Rate, ...]
    holding: tuple[Rate, ...]


@dataclass(frozen=True)
class Failed:
    """A run-level premise that fails in `trials` of the trials, and the statements that suppose it."""

    claim: str
    statements: tuple[str, ...]
    trials: int
    slack: float | None


@dataclass(frozen=True)
class Map:
    """A statement (or claim) over two coordinates: the share of trials in which it held."""

    statement: str
    rows: tuple[str, tuple[float, ...]]
    columns: tuple[str, tuple[float, ...]]
    shares: tuple[tuple[float | None, ...], ...]
    trials: int


@dataclass(frozen=True)
class Violations:
    """The whole report."""

    setting: Setting
    C: float
    feasible: tuple[float, float]
    assumptions: tuple[Assumption, ...]
    features: tuple[Feature, ...]
    violations: tuple[Violation, ...]
    premises: tuple[Failed, ...]
    rates: Rates
    linked: int
    breaks: tuple[Break, ...]
    nearest: Nearest | None
    maps: tuple[Map, ...]
    level: float


def report_violations(
    wish: Wish,
    path: Path,
    **how: Unpack[How],
) -> Violations:
    """Run what the report needs and put it together."""
    paper, setting = load_paper(wish.paper), wish.setting
    check_certificate(wish.claims, paper)
    C = judged_at(paper, setting)
    found = assumptions(paper, setting, C)
    with bench(path, wish.meta(), wish.paper, how) as at:
        at.run(_tasks(wish))
        store, run_on = at.store, Hand(wish, paper, C, at)
        maps, breaks = _map(run_on), tuple(_breaks(run_on))
        rates = rates_of(store, paper, level=wish.level / 2 if breaks else wish.level, method="exact")
        violations = tuple(_violation(a, paper, store, rates) for a in found if not a.holds)
        return Violations(
            setting, C, feasible(found), tuple(found), tuple(features(setting)), violations,
            tuple(failed_premises(store)), rates, linked(store), breaks, nearest(paper, setting), maps, wish.level,
        )  # fmt: skip


def report_breaks(
    wish: Wish,
    path: Path,
    **how: Unpack[How],
) -> tuple[Break, ...]:
    """The break points alone."""
    paper = load_paper(wish.paper)
    check_certificate(wish.claims, paper)
    with bench(path, wish.meta(), wish.paper, how) as at:
        return tuple(_breaks(Hand(wish, paper, judged_at(paper, wish.setting), at)))


@dataclass(frozen=True)
class Hand:
    """What it takes to run trials for one report."""

    wish: Wish
    paper: Paper
    C: float
    at: Bench


def _tasks(wish: Wish) -> Iterator[Task]:
    """The trials for the rates; on the first of them the links of the proofs are judged too."""
    for k in range(wish.trials):
        yield Task(k, with_seed(wish.setting, k), links=k < LINKED)


def failed_premises(store: Store, point: int = 0) -> Iterator[Failed]:
    """The run-level premises that fail in some trial, most often first."""
    query = """
        SELECT claim, group_concat(DISTINCT statement), count(DISTINCT marks.row), min(slack)
        FROM marks JOIN names ON names.id = marks.name JOIN trials ON trials.row = marks.row
        WHERE point = ? AND role = 'premise' AND state = -1 AND claim LIKE 'RP.%'
        GROUP BY claim ORDER BY 3 DESC, 1"""
    for claim, statements, trials, slack in store.db.execute(query, (point,)):
        yield Failed(claim, tuple(sorted(statements.split(","))), trials, slack)


def _violation(assumption: Assumption, paper: Paper, store: Store, rates: Rates) -> Violation:
    direct, everything = users_of(paper, assumption.id)
    ids = [s.id for s in everything]
    touched = [r for r in rates.rates if r.statement in ids]
    failing = tuple(r for r in touched if r.counts.failed)
    holding = tuple(r for r in touched if not r.counts.failed and not r.counts.unknown)
    goals = tuple(g for g in goals_of(paper) if g in ids)
    broken = first_broken(store, paper, assumption.id)
    return Violation(assumption, tuple(s.id for s in direct), tuple(ids), goals, broken, failing, holding)


def _breaks(of: Hand) -> Iterator[Break]:
    """Break points of the chosen conclusions along the principal coordinate of every assumption, one at a
    time; and of the certificate, if the paper has one."""
    claims = break_claims(of.wish, of.paper)
    places = sought(of.wish, of.paper, of.C)
    level = of.wish.level / 2 / (TESTS * max(1, len(claims) * len(places)))
    for place in places if claims else ():
        yield from _breaks_along(of, place, claims, level)


def _breaks_along(of: Hand, place: int, claims: Sequence[str], level: float) -> Iterator[Break]:
    """Break points along the coordinate of one assumption; trials are shared between the conclusions."""
    paper, setting, start = of.paper, of.wish.setting, start_of(of.wish, of.paper, of.C, place)
    if start is None:
        return
    axis, direction, asked = start
    id = claims_of(paper, setting, of.C)[place].id
    statements = tuple(dict.fromkeys(_statement_of(paper, c) for c in claims if c != CERTIFICATE))
    first = BREAKS_FROM + place * BREAKS_EACH
    run_on = partial(Prober, of.at.run, of.at.store, unconditioned(setting), axis, level=level, most=of.wish.tries)
    on_start = run_on(statements=(CERTIFICATE,), first_point=first + BREAKS_EACH // 2)
    on_run = run_on(statements=statements, first_point=first)
    for claim in claims:
        yield find_break(on_start if claim == CERTIFICATE else on_run, id, claim, asked, direction)


def _statement_of(paper: Paper, claim: str) -> str:
    ids = [s.id for s in paper.results if claim == s.id or claim.startswith(s.id)]
    return max(ids, key=len, default=claim)


def _map(of: Hand) -> tuple[Map, ...]:
    wish = of.wish
    if len(wish.map_axes) != 2:
        return ()
    (row_name, rows), (column_name, columns) = wish.map_axes
    if len(rows) * len(columns) > LARGEST_MAP:
        raise InputError(f"a map of {len(rows)} x {len(columns)} places; expected at most {LARGEST_MAP}")
    statements = (_statement_of(of.paper, wish.map_of),) if wish.map_of else ()

    def tasks() -> Iterator[Task]:
        for p, (y, x) in enumerate((y, x) for y in rows for x in columns):
            setting, point = move(wish.setting, {row_name: y, column_name: x}), MAP_FROM + p
            for k in range(wish.map_trials):
                yield Task(point * STRIDE + k, with_seed(setting, k), statements, point=point)

    of.at.run(tasks())
    points = iter(range(MAP_FROM, MAP_FROM + len(rows) * len(columns)))
    shares = tuple(tuple(share_held(of.at.store, next(points), wish.map_of) for _ in columns) for _ in rows)
    return (Map(wish.map_of, (row_name, rows), (column_name, columns), shares, wish.map_trials),)


def check_axes(names: Sequence[str]) -> None:
    """`InputError` for an axis of the map that is no coordinate."""
    for name in names:
        coordinate(name)
