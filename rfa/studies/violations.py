"""The assumption-violation report: what a setting oversteps, what that touches in the proof, and what breaks
in fact."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event

from rfa.errors import InputError
from rfa.papers import Paper, Statement
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
    limit,
    nearest,
    principal,
)
from rfa.studies.breakpoints import TESTS, Break, Prober, find_break
from rfa.studies.coordinates import coordinate, move
from rfa.studies.execution import Crew, Done, executor_of
from rfa.studies.rates import LEVEL
from rfa.studies.storage import Store
from rfa.studies.summary import Rate, Rates, rates_of
from rfa.studies.sweeps import share_held
from rfa.studies.trials import CERTIFICATE, Task, code_version, load_paper, with_seed

LINKED = 3
"""Trials on which the chains of the proofs are judged too."""
MAP_FROM, LINKS_FROM, BREAKS_FROM, BREAKS_EACH = 1, 100_000, 200_000, 10_000
"""Points of the store: 0 the rates, then the map, the linked trials, and the tests of break points."""
STRIDE = 10**6


@dataclass(frozen=True)
class Violation:
    """One overstepped assumption: the statements whose proofs rest on it, and the first link that breaks on
    the way.

    `direct` use it themselves, `all` rest on it through others; `broken` is (statement, link, row) of the
    first broken link in proof order on the way to the goals, None if every link held.
    """

    assumption: Assumption
    direct: tuple[str, ...]
    all: tuple[str, ...]
    goals: tuple[str, ...]
    broken: tuple[str, str, int] | None
    failing: tuple[Rate, ...]
    holding: tuple[Rate, ...]


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
    rates: Rates
    breaks: tuple[Break, ...]
    nearest: Nearest | None
    maps: tuple[Map, ...]
    level: float


@dataclass(frozen=True)
class Wish:
    """What to look at: trials for the rates, conclusions whose break points are sought (along the assumptions
    `along`, all if none is named), and the axes of the map."""

    setting: Setting
    paper: str
    trials: int = 30
    claims: tuple[str, ...] = ()
    along: tuple[str, ...] = ()
    tries: int = 128
    map_axes: tuple[tuple[str, tuple[float, ...]], ...] = ()
    map_of: str = ""
    map_trials: int = 5
    level: float = LEVEL

    def meta(self) -> dict[str, object]:
        """What identifies the report's runs in their file."""
        return {
            "kind": "violations", "setting": self.setting.to_dict(), "paper": self.paper,
            "trials": self.trials,
            "claims": list(self.claims), "along": list(self.along), "tries": self.tries,
            "map_axes": [[n, list(v)] for n, v in self.map_axes],
            "map_of": self.map_of, "map_trials": self.map_trials, "level": self.level,
            "code": code_version(self.paper),
        }  # fmt: skip


def report_violations(
    wish: Wish,
    path: Path,
    *,
    resume: bool = False,
    executor: str = "processes",
    workers: int = 0,
    done: Done | None = None,
    stop: Event | None = None,
) -> Violations:
    """Run what the report needs and put it together."""
    paper, setting = load_paper(wish.paper), wish.setting
    if CERTIFICATE in wish.claims and paper.certify is None:
        raise InputError(f"{CERTIFICATE}: paper {paper.name!r} has none; expected one of its conclusions")
    C = judged_at(paper, setting)
    found = assumptions(paper, setting, C)
    with (Store.resume if resume else Store.create)(path, wish.meta()) as store:
        with Crew(executor_of(executor, workers), workers, wish.paper) as crew:
            crew.run(store, _tasks(wish), done, stop)
            maps = _map(wish, crew, store, stop)
            breaks = tuple(_breaks(wish, paper, C, crew, store, stop))
        rates = rates_of(store, paper, level=wish.level / 2, method="exact")
        violations = tuple(_violation(a, paper, store, rates) for a in found if not a.holds)
        return Violations(
            setting, C, feasible(found), tuple(found), tuple(features(setting)), violations, rates, breaks,
            nearest(paper, setting), maps, wish.level,
        )  # fmt: skip


def _tasks(wish: Wish) -> Iterator[Task]:
    for k in range(wish.trials):
        yield Task(k, with_seed(wish.setting, k))
    for k in range(min(LINKED, wish.trials)):
        yield Task(LINKS_FROM * STRIDE + k, with_seed(wish.setting, k), links=True, point=LINKS_FROM)


def users_of(paper: Paper, id: str) -> tuple[list[Statement], list[Statement]]:
    """The statements whose proofs use an assumption themselves, and all that rest on it, in the paper's
    order.

    `A7.lower` and the like are found under the id of their statement as well.
    """
    names = {id, id.split(".")[0]}
    direct = [s for s in paper.results if names & set(s.uses)]
    reached = {s.id for s in direct}
    while True:
        more = {s.id for s in paper.results if s.id not in reached and any(_same(u, reached) for u in s.uses)}
        if not more:
            return direct, [s for s in paper.results if s.id in reached]
        reached |= more


def _same(used: str, reached: set[str]) -> bool:
    return used in reached or any(r.startswith(used + ".") for r in reached)


def goals_of(paper: Paper) -> list[str]:
    """The statements that no other one uses: where the paper is going."""
    used = {u for s in paper.results for u in s.uses}
    return [
        s.id
        for s in paper.results
        if s.id not in used and s.uses and s.kind not in ("ASSUMPTION", "CONDITION", "TEXT")
    ]


def _violation(assumption: Assumption, paper: Paper, store: Store, rates: Rates) -> Violation:
    direct, everything = users_of(paper, assumption.id)
    ids = [s.id for s in everything]
    touched = [r for r in rates.rates if r.statement in ids]
    failing = tuple(r for r in touched if r.counts.failed)
    holding = tuple(r for r in touched if not r.counts.failed and not r.counts.unknown)
    goals = tuple(g for g in goals_of(paper) if g in ids)
    broken = _first_broken(store, _by_depth(everything, direct))
    return Violation(assumption, tuple(s.id for s in direct), tuple(ids), goals, broken, failing, holding)


def _by_depth(everything: Sequence[Statement], direct: Sequence[Statement]) -> list[str]:
    """Statements in proof order: each after those it uses, starting from the direct users."""
    waiting, order = list(everything), list[str]()
    while waiting:
        pending = {s.id for s in waiting}
        ready = next((s for s in waiting if not any(u in pending and u != s.id for u in s.uses)), waiting[0])
        waiting.remove(ready)
        order.append(ready.id)
    return order


def _first_broken(store: Store, order: Sequence[str]) -> tuple[str, str, int] | None:
    query = """
        SELECT statement, claim, marks.row FROM marks JOIN names ON names.id = marks.name
        JOIN trials ON trials.row = marks.row
        WHERE point = ? AND role = 'link' AND state = -1 ORDER BY marks.row, place"""
    broken = store.db.execute(query, (LINKS_FROM,)).fetchall()
    ranked = sorted((order.index(s), place) for place, (s, _, _) in enumerate(broken) if s in order)
    if not ranked:
        return None
    statement, claim, row = broken[ranked[0][1]]
    return statement, claim, row


def _breaks(
    wish: Wish, paper: Paper, C: float, crew: Crew, store: Store, stop: Event | None
) -> Iterator[Break]:
    """Break points of the chosen conclusions along the principal coordinate of every assumption, one at a
    time; and of the certificate, if the paper has one."""
    claims = tuple(dict.fromkeys((*wish.claims, *((CERTIFICATE,) if wish.claims and paper.certify else ()))))
    sought = [p for p, a in enumerate(assumptions(paper, wish.setting, C)) if not wish.along or a.id in wish.along]
    level = wish.level / 2 / (TESTS * max(1, len(claims) * len(sought)))
    for place in sought if claims else ():
        yield from _breaks_along(wish, paper, C, place, claims, level, crew, store, stop)


def _breaks_along(
    wish: Wish, paper: Paper, C: float, place: int, claims: Sequence[str], level: float, crew: Crew, store: Store,
    stop: Event | None,
) -> Iterator[Break]:  # fmt: skip
    """Break points along the coordinate of one assumption; trials are shared between the conclusions."""
    along = principal(paper, wish.setting, C, place)
    asked = None if along is None else limit(paper, wish.setting, C, place, *along)
    if along is None or asked is None:
        return
    id = claims_of(paper, wish.setting, C)[place].id
    statements = tuple(dict.fromkeys(_statement_of(paper, c) for c in claims if c != CERTIFICATE))
    first = BREAKS_FROM + place * BREAKS_EACH
    run_on = partial(Prober, crew, store, wish.setting, along[0], level=level, most=wish.tries, stop=stop)
    on_start = run_on(statements=(CERTIFICATE,), first_point=first + BREAKS_EACH // 2)
    on_run = run_on(statements=statements, first_point=first)
    for claim in claims:
        yield find_break(on_start if claim == CERTIFICATE else on_run, id, claim, asked, along[1])


def _statement_of(paper: Paper, claim: str) -> str:
    ids = [s.id for s in paper.results if claim == s.id or claim.startswith(s.id)]
    return max(ids, key=len, default=claim)


def _map(wish: Wish, crew: Crew, store: Store, stop: Event | None) -> tuple[Map, ...]:
    if len(wish.map_axes) != 2:
        return ()
    (row_name, rows), (column_name, columns) = wish.map_axes
    if len(rows) * len(columns) > LINKS_FROM - MAP_FROM:
        raise InputError(
            f"a map of {len(rows)} x {len(columns)} places; expected at most {LINKS_FROM - MAP_FROM}"
        )
    of = (_statement_of(load_paper(wish.paper), wish.map_of),) if wish.map_of else ()

    def tasks() -> Iterator[Task]:
        for p, (y, x) in enumerate((y, x) for y in rows for x in columns):
            setting, point = move(wish.setting, {row_name: y, column_name: x}), MAP_FROM + p
            for k in range(wish.map_trials):
                yield Task(point * STRIDE + k, with_seed(setting, k), of, point=point)

    crew.run(store, tasks(), None, stop)
    points = iter(range(MAP_FROM, MAP_FROM + len(rows) * len(columns)))
    shares = tuple(tuple(share_held(store, next(points), wish.map_of) for _ in columns) for _ in rows)
    return (Map(wish.map_of, (row_name, rows), (column_name, columns), shares, wish.map_trials),)


def check_axes(names: Sequence[str]) -> None:
    """`InputError` for an axis of the map that is no coordinate."""
    for name in names:
        coordinate(name)
