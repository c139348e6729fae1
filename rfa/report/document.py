"""From judgements to the document of a report: plain numbers, words and lists, schema rfa.report/1."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from rfa.constants import ConstantsTable
from rfa.papers import DoesNotApply, Paper
from rfa.report.graph import SUPPOSITIONS, graph
from rfa.report.model import Report
from rfa.run import Run
from rfa.verdicts import Judgement, Outcome, Verdict

SCHEMA = "rfa.report/1"


def build(paper: Paper, run: Run, judgements: Sequence[Judgement], *, command: str = "") -> Report:
    """The report of one run; keeps numbers and words alone, neither the run nor its arrays.

    `command` is the line that makes it again.
    """
    statements = [_statement(j) for j in judgements]
    for node in graph(statements):
        for entry in statements:
            if entry["id"] == node.id:
                entry["status"] = {"word": node.status, "because": list(node.because)}
    setting, table = run.setting, _constants(paper, run)
    document = {
        "schema": SCHEMA,
        "paper": {"name": paper.name, "title": paper.title},
        "setting": None if setting is None else setting.to_dict(),
        "seed": None if setting is None else setting.seed,
        "command": command,
        "run": _run(run),
        "provenance": {**run.provenance, "digest": digest(run)},
        "constants": headline(table) | {"C0": number(run.C0)},
        "constants_table": None if table is None else table.to_dict(),
        "notes": [] if paper.notes is None else list(paper.notes(run)),
        "ledgers": list(_ledgers(paper, run)),
        "gaps": {gap: text for gap, text in paper.gaps.items() if _concerned(gap, judgements)},
        "readings": {
            id: text for id, text in paper.readings.items() if any(id in j.statement.readings for j in judgements)
        },
        "statements": statements,
        "as_printed": as_printed(statements),
        "never_exercised": never_exercised(statements),
    }
    if run.departures:
        document["departures"] = [{"kind": d.kind, "says": d.says, "since": d.since} for d in run.departures]
    if run.estimates:
        document["estimates"] = dict(run.estimates)
    return Report(document)


def _constants(paper: Paper, run: Run) -> ConstantsTable | None:
    try:
        return None if paper.constants is None else paper.constants(run)
    except DoesNotApply:
        return None


def headline(table: ConstantsTable | None) -> dict[str, Any]:
    """Constants by symbol as this run has them: a value, or [least, largest] where both are known.

    Bare numbers and symbols that stand for several constants are left to the table.
    """
    found: dict[str, Any] = {}
    rows = [c for c in (table.constants if table else ()) if c.symbol.isidentifier()]
    for symbol in dict.fromkeys(c.symbol for c in rows):
        values = {c.works: number(c.on_run) for c in rows if c.symbol == symbol}
        single = sum(c.symbol == symbol for c in rows) == len(values)
        if single and len(values) == 2:
            found[symbol] = [values["least"], values["largest"]]
        elif single:
            found[symbol] = next(iter(values.values()))
    return found


def number(x: Any) -> float | None:
    """A number as JSON has it: None for what is missing or not finite."""
    return None if x is None or not math.isfinite(x) else float(x)


def digest(run: Run) -> str:
    """SHA-256 of the sample, the second layer and the kept weights: the same for the same bits."""
    sum_ = hashlib.sha256()
    kept = [run.weights[t] for t in sorted(run.weights)]
    for array in (
        run.sample.X,
        run.sample.y,
        run.sample.y_clean,
        run.sample.cluster,
        run.sample.mu,
        run.a,
        *kept,
    ):
        sum_.update(f"{array.dtype.str}{array.shape}".encode())
        sum_.update(np.ascontiguousarray(array).tobytes())
    return sum_.hexdigest()


def as_printed(statements: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Every step of the printed proof that fails on this run, and the links that repair it."""
    rows = []
    for entry in statements:
        for link in entry["links"]:
            if link["printed"] and link["holds"] is False:
                repaired = [
                    f"{k['id']} {k['from']}→{k['to']}"
                    for k in entry["links"]
                    if k["gap"] == link["gap"] and not k["printed"]
                ]
                rows.append({"statement": entry["id"], "link": link, "repaired_by": repaired})
    return rows


def never_exercised(statements: Iterable[Mapping[str, Any]]) -> list[str]:
    """Ids of results, or of single conclusions, that were never confirmed at any index of this run."""
    found = []
    for entry in statements:
        if entry["kind"] in (*SUPPOSITIONS, "TEXT"):
            continue
        conclusions = [c for c in entry["claims"] if c["role"] == "conclusion"]
        idle = [c["id"] for c in conclusions if not c["counts"].get("CONFIRMED")]
        found += [entry["id"]] if len(idle) == len(conclusions) else idle
    return found


def _concerned(gap: str, judgements: Iterable[Judgement]) -> bool:
    return any(gap in j.statement.gaps or any(v.link and v.link.gap == gap for v in j.links) for j in judgements)


def _ledgers(paper: Paper, run: Run) -> Iterable[dict[str, Any]]:
    for take in paper.ledgers:
        try:
            taken = take(run)
        except DoesNotApply:
            continue
        yield {
            "claim": taken.claim,
            "says": taken.says,
            "witness": dict(taken.witness),
            "measured": taken.measured,
            "proved": taken.proved,
            "total": taken.total,
            "entries": [
                {"name": e.name, "says": e.says, "before": e.before, "after": e.after, "factor": e.factor}
                for e in taken.entries
            ],
        }


def _run(run: Run) -> dict[str, Any]:
    return {
        "n": run.n,
        "d": run.d,
        "m": run.m,
        "steps": run.last - run.first,
        "T": run.T,
        "K": run.K,
        "step_size": run.step_size,
        "on_grid": run.on_grid,
        "noisy": int(run.sample.noisy.sum()),
        "record": run.trace.level,
        "draws": run.draws,
        "source": str(run.provenance.get("file", "")),
    }


def _statement(judgement: Judgement) -> dict[str, Any]:
    statement = judgement.statement
    estimated = {"estimated": list(judgement.estimated)} if judgement.estimated else {}
    return {
        "id": statement.id,
        "title": statement.title,
        "kind": statement.kind,
        "words": statement.words,
        "outcome": judgement.outcome.name,
        "status": {"word": "", "because": []},
        "counts": _counts(judgement.conclusions or judgement.premises),
        "uses": list(statement.uses),
        "gaps": list(statement.gaps),
        "readings": list(statement.readings),
        "reason": judgement.reason,
        "claims": [_claim(v) for v in judgement.verdicts],
        "links": [_link(v) for v in judgement.links],
        **estimated,
    }


def _counts(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """Numbers of indices by outcome; a verdict without indices (an error) counts once."""
    total: Counter[Outcome] = Counter()
    for verdict in verdicts:
        total.update(verdict.counts or {verdict.outcome: 1})
    return {outcome.name: total[outcome] for outcome in Outcome if total[outcome]}


def _verdict(v: Verdict) -> dict[str, Any]:
    return {
        "says": v.says,
        "outcome": v.outcome.name,
        "counts": _counts([v]),
        "relation": v.relation or None,
        "holds": v.holds or (False if v.fails else None),
        "lhs": number(v.lhs),
        "rhs": number(v.rhs),
        "slack": number(v.slack),
        "witness": dict(v.witness),
        "failing": [{"id": id, "factor": number(v.excess.get(id))} for id in v.failing],
        "open": list(v.open),
        "reason": v.reason,
    }


def _claim(v: Verdict) -> dict[str, Any]:
    return {"id": v.id, "role": v.role, "tightest_constant": number(v.tightest_constant), **_verdict(v)}


def _link(v: Verdict) -> dict[str, Any]:
    if v.link is None:
        raise ValueError(f"`{v.id}` is not a link of a chain")
    return {
        "id": v.link.chain,
        "from": v.link.start,
        "to": v.link.end,
        "gap": v.link.gap,
        "printed": v.link.printed,
        "state": v.link.state,
        "loss": loss(v),
        **_verdict(v),
    }


def loss(v: Verdict) -> float | None:
    """The factor that a link gives away at its witness, at least 1 if it holds; None unless both are positive."""
    if v.lhs is None or v.rhs is None or not (v.lhs > 0 and v.rhs > 0):
        return None
    return number(v.lhs / v.rhs if v.relation in (">=", ">") else v.rhs / v.lhs)
