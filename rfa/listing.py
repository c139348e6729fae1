"""What a paper holds: its statements, claims and links, without judging anything."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from types import FunctionType
from typing import Any

from rfa.audit import find_paper, find_setting
from rfa.chains import Chain
from rfa.claims import Claim
from rfa.errors import InputError
from rfa.papers import DoesNotApply, Paper, Statement
from rfa.run import Run
from rfa.setting import Setting
from rfa.simulation import simulate


def example_run(paper: Paper) -> Run:
    """A run on which the claims and links of a paper can be listed; nobody judges it."""
    setting = find_setting(paper.example or paper.default_setting or find_paper().example, paper)
    return simulate(setting.override(draw_until=""))


def parts(statement: Statement, run: Run) -> list[Claim | Chain]:
    """The premises, conclusions and chains of a statement; none if it does not apply to the run."""
    try:
        return list(statement.claims(run))
    except DoesNotApply:
        return []


def links(paper: Paper, run: Run) -> Iterator[dict[str, Any]]:
    """Every link of every chain: where it stands and what it says."""
    for statement in paper.results:
        for part in parts(statement, run):
            for claim in part.links() if isinstance(part, Chain) else ():
                if (link := claim.link) is not None:
                    yield {
                        "statement": statement.id, "id": link.chain, "from": link.start, "to": link.end,
                        "relation": claim.relation, "says": claim.says, "gap": link.gap,
                        "printed": link.printed, "state": link.state,
                    }  # fmt: skip


def statements(paper: Paper) -> list[dict[str, Any]]:
    """Every statement of a paper, in its order."""
    return [
        {
            "id": s.id,
            "kind": s.kind,
            "title": s.title,
            "uses": list(s.uses),
            "gaps": list(s.gaps),
            "readings": list(s.readings),
        }
        for s in paper.results
    ]


def symbols() -> list[dict[str, str]]:
    """The recurring symbols of the paper and the names they have in the code: of a run, and of a setting."""
    parts = {
        name: inspect.getdoc(part) or ""
        for name, part in vars(Run).items()
        if not name.startswith("_") and isinstance(part, property | cached_property | FunctionType)
    }
    rows = [
        {"name": f"run.{name}", "says": " ".join(says.split("\n\n")[0].split())} for name, says in parts.items()
    ]
    keys = re.findall(r"^([\w, ]+?)  +(.+)$", inspect.getdoc(Setting) or "", re.MULTILINE)
    return rows + [{"name": f"setting.{name}", "says": says} for name, says in keys]


def explained(paper: Paper, id: str) -> str:
    """A statement in words with its premises, conclusions, chains, known gaps and readings.

    `id` is that of a statement, a claim, a chain, a gap or a reading, or what several of them begin with (L5 for L5a to
    L5d, T1.train for its claims); case does not matter, nor μ for mu.
    """
    wanted = id.lower().replace("μ", "mu")
    for notes in (paper.gaps, paper.readings) if wanted not in {s.id.lower() for s in paper.results} else ():
        for key, text in notes.items():
            if key.lower() == wanted:
                return f"{key}  {text}"
    run = example_run(paper)
    for statement in sorted(paper.results, key=lambda s: s.id.lower() != wanted):
        found = parts(statement, run)
        chains = [part for part in found if isinstance(part, Chain) and part.id.lower() == wanted]
        if chains and statement.id.lower() != wanted:
            return "\n\n".join("\n".join(_chain(paper, statement, one)) for one in chains)
        if wanted in {statement.id.lower(), *(part.id.lower() for part in found)}:
            return "\n".join(_lines(paper, statement, found))
    if family := list(_family(paper, run, wanted)):
        return "\n\n".join(family)
    known = ", ".join(s.id for s in paper.results)
    raise InputError(f"{id!r}: no such statement, claim, chain, gap or reading; statements: {known}")


def _family(paper: Paper, run: Run, wanted: str) -> Iterator[str]:
    """Statements that are parts of one, or have claims that are, and chains whose ids begin with a numbered one."""
    member = re.compile(re.escape(wanted) + "[.a-z]")
    for statement in paper.results if any(c.isdigit() for c in wanted) else ():
        found = parts(statement, run)
        if any(member.match(id.lower()) for id in (statement.id, *(c.id for c in found if isinstance(c, Claim)))):
            yield "\n".join(_lines(paper, statement, found))
            continue
        for one in found:
            if isinstance(one, Chain) and member.match(one.id.lower()):
                yield "\n".join(_chain(paper, statement, one))


def _links(chain: Chain) -> Iterator[str]:
    for claim in chain.links():
        if claim.link is not None:
            gap = f"  [{claim.link.gap}]" if claim.link.gap else ""
            needs = f"  (needs {', '.join(need.id for need in claim.needs)})" if claim.needs else ""
            yield f"{claim.link.start} {claim.relation} {claim.link.end}  {claim.says}{needs}{gap}"


def _chain(paper: Paper, statement: Statement, chain: Chain) -> Iterator[str]:
    """One chain: where it stands, its links with what they need, the premises and gaps that they name."""
    where = f", judged on {chain.state} states" if chain.state != "run" else ""
    index = f" for every {', '.join(chain.axes.split())}" if chain.axes else ""
    yield f"{chain.id}  {chain.says}"
    yield f"A chain in the proof of {statement.id}, {statement.title}{index}{where}."
    yield from ("", *(f"  {row}" for row in _links(chain)))
    needs = {need.id: need.says for claim in chain.links() for need in claim.needs or ()}
    gaps = {member.gap: paper.gaps.get(member.gap, "") for member in chain.members if member.gap}
    for title, notes in (("Needs", needs), ("Gaps", gaps)):
        if notes:
            yield from ("", title, *(f"  {key}  {says}" for key, says in notes.items()))


def _lines(paper: Paper, statement: Statement, found: list[Claim | Chain]) -> Iterator[str]:
    yield f"{statement.id}  {statement.title}  ({statement.kind})"
    yield ""
    yield statement.words
    claims = [part for part in found if isinstance(part, Claim)]
    for role, title in (("premise", "Premises on the run"), ("conclusion", "Conclusions")):
        if rows := [f"  {c.id}  {c.says}" for c in claims if c.role == role]:
            yield from ("", title, *rows)
    if chains := [part for part in found if isinstance(part, Chain)]:
        yield from ("", "Chains of the proof")
        for one in chains:
            yield f"  {one.id}  {one.says}"
            yield from (f"    {row}" for row in _links(one))
    if statement.uses:
        yield from ("", f"Uses  {', '.join(statement.uses)}")
    gaps = dict.fromkeys((*statement.gaps, *(m.gap for c in chains for m in c.members if m.gap)))
    for title, ids, texts in (
        ("Known gaps", gaps, paper.gaps),
        ("Readings", statement.readings, paper.readings),
    ):
        if rows := [f"  {key}  {texts.get(key, '')}" for key in ids]:
            yield from ("", title, *rows)
