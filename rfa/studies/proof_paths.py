"""From an assumption to the theorem: which statements rest on it, and the first link that breaks on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from rfa.papers import Paper, Statement
from rfa.studies.storage import Store


@dataclass(frozen=True)
class Broken:
    """The first link, in the order of the proof, that fails on a run: in `times` of `trials` trials.

    `row` is the first of these trials, `needs` the premises of the link that fail on it. `path` leads from the
    assumption through the statement of the link to a goal.
    """

    statement: str
    link: str
    row: int
    times: int
    trials: int
    needs: tuple[str, ...]
    path: tuple[str, ...]


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


def _same(used: str, reached: Iterable[str]) -> bool:
    return any(r == used or r.startswith(used + ".") for r in reached)


def goals_of(paper: Paper) -> list[str]:
    """The statements that no other one uses: where the paper is going."""
    used = {u for s in paper.results for u in s.uses}
    return [
        s.id
        for s in paper.results
        if s.id not in used and s.uses and s.kind not in ("ASSUMPTION", "CONDITION", "TEXT")
    ]


def first_broken(store: Store, paper: Paper, id: str, point: int = 0) -> Broken | None:
    """The first broken link on the way from an assumption to the goals, over the trials whose links were judged."""
    query = """
        SELECT statement, claim, count(*), min(marks.row), place, failing
        FROM marks JOIN names ON names.id = marks.name JOIN trials ON trials.row = marks.row
        WHERE point = ? AND role = 'link' AND state = -1 GROUP BY name"""
    direct, everything = users_of(paper, id)
    order = {statement: place for place, statement in enumerate(_by_depth(everything))}
    found = [r for r in store.db.execute(query, (point,)) if r[0] in order]
    if not found:
        return None
    statement, link, times, row, _, failing = min(found, key=lambda r: (order[r[0]], r[4], r[1]))
    way = _way(everything, [s.id for s in direct], lambda s: s == statement)
    on = _way(everything, [statement], lambda s: s in goals_of(paper))
    path = (id, *way, *on[1:])
    return Broken(statement, link, row, times, linked(store, point), tuple(failing.split()), path)


def linked(store: Store, point: int = 0) -> int:
    """The number of trials whose links were judged."""
    query = """
        SELECT count(DISTINCT marks.row) FROM marks JOIN names ON names.id = marks.name
        JOIN trials ON trials.row = marks.row WHERE point = ? AND role = 'link'"""
    return int(store.db.execute(query, (point,)).fetchone()[0])


def _by_depth(everything: Sequence[Statement]) -> list[str]:
    """Statements in proof order: each after those it uses."""
    waiting, order = list(everything), list[str]()
    while waiting:
        pending = {s.id for s in waiting}
        ready = next((s for s in waiting if not any(u in pending and u != s.id for u in s.uses)), waiting[0])
        waiting.remove(ready)
        order.append(ready.id)
    return order


def _way(everything: Sequence[Statement], starts: Sequence[str], goal: Callable[[str], bool]) -> list[str]:
    """A shortest way along the uses from one of the starts to a goal; empty if there is none."""
    known, frontier = dict.fromkeys(starts, ""), list(starts)
    while frontier:
        at = frontier.pop(0)
        if goal(at):
            way = [at]
            while known[way[0]]:
                way.insert(0, known[way[0]])
            return way
        for s in everything:
            if s.id not in known and any(_same(u, [at]) for u in s.uses):
                known[s.id] = at
                frontier.append(s.id)
    return []
