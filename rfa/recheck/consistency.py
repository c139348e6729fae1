"""What the numbers of a report must satisfy among themselves, claim by claim and link by link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]
GRAVEST_FIRST = ("ERROR", "REFUTED", "UNDECIDED", "CONFIRMED", "BEYOND", "SILENT", "NOT_APPLICABLE")
ROUNDING = 2.0**-50
"""Relative error of a slack or a ratio computed once more from the reported sides."""


def contradictions(statement: Row) -> Iterator[tuple[str, str]]:
    """What contradicts itself in the entry of one statement, by claim or link id (empty: the statement)."""
    names = [c["id"] for c in statement["claims"]]
    for id in sorted({name for name in names if names.count(name) > 1}):
        yield id, "two claims have this id"
    for row in statement["claims"]:
        yield from ((row["id"], told) for told in _row(row))
    for link in statement["links"]:
        name = f"{link['id']} {link['from']}→{link['to']}"
        yield from ((name, told) for told in (*_row(link), *_loss(link)))
    yield from (("", told) for told in _whole(statement))


def _row(row: Row) -> Iterator[str]:
    yield from _outcome(row)
    lhs, rhs, slack, relation = row["lhs"], row["rhs"], row["slack"], row["relation"]
    if lhs is None or rhs is None or slack is None or relation is None:
        return
    difference = rhs - lhs
    gap = -abs(difference) if relation == "==" else difference if relation in ("<=", "<") else -difference
    yield from _slack(gap, slack, max(abs(lhs), abs(rhs)), relation)
    yield from _holds(row, gap, relation)


def _slack(gap: float, slack: float, size: float, relation: str) -> Iterator[str]:
    """Slack is the gap in units of at least the larger side; an equality adds its error bound to the gap."""
    room = ROUNDING * size
    if relation == "==":
        return
    if abs(slack) * size > abs(gap) + room or (gap and slack * gap < 0):
        yield f"a slack of {slack!r} does not follow from the sides, which are {gap:.6g} apart"


def _holds(row: Row, gap: float, relation: str) -> Iterator[str]:
    holds, inside = row["holds"], gap > 0 if relation in ("<", ">") else gap >= 0
    if relation == "==":
        inside = row["slack"] >= 0
    if holds and not inside:
        yield f"it is reported to hold, and {row['lhs']!r} {relation} {row['rhs']!r} is not so"
    points_there = row["outcome"] in ("REFUTED", "SILENT")
    if points_there and (gap > 0 or (gap == 0 and relation in ("<=", ">="))) and relation != "==":
        yield f"it is reported to fail, and {row['lhs']!r} {relation} {row['rhs']!r} is so"


def _outcome(row: Row) -> Iterator[str]:
    counts = {outcome: count for outcome, count in row["counts"].items() if count}
    gravest = next((o for o in GRAVEST_FIRST if o in counts), row["outcome"])
    if row.get("role") == "premise":
        gravest = next((o for o in ("ERROR", "SILENT", "UNDECIDED", "CONFIRMED") if o in counts), row["outcome"])
    if row["outcome"] != gravest:
        yield f"the outcome is {row['outcome']}; the counts {counts} make it {gravest}"
    failed = bool(counts.keys() & {"REFUTED", "SILENT"})
    if failed and row["holds"]:
        yield f"it is reported to hold, and the counts are {counts}"
    if not failed and row["holds"] is False and "UNDECIDED" not in counts:
        yield f"it is reported to fail, and the counts are {counts}"
    if not row["failing"] and not row["open"] and row.get("role") == "conclusion" and _text(row):
        yield f"no premise is reported to fail, and the counts are {counts}"


def _text(row: Row) -> bool:
    """Whether indices are counted as beyond or silent in a claim that has premises (remarks have none)."""
    return bool(row["counts"].keys() & {"BEYOND", "SILENT"}) and not row["id"].startswith("X")


def _loss(link: Row) -> Iterator[str]:
    lhs, rhs, loss = link["lhs"], link["rhs"], link["loss"]
    if lhs is None or rhs is None or not (lhs > 0 and rhs > 0):
        return
    expected = lhs / rhs if link["relation"] in (">=", ">") else rhs / lhs
    if loss is None or abs(loss - expected) > ROUNDING * abs(expected):
        yield f"the loss is {expected!r}; {loss!r} is reported"


def _whole(statement: Row) -> Iterator[str]:
    claims = [c for c in statement["claims"] if c["role"] == "conclusion"] or statement["claims"]
    if not claims:
        return
    total: Counter[str] = Counter()
    for claim in claims:
        total.update({k: v for k, v in claim["counts"].items() if v})
    if dict(total) != {k: v for k, v in statement["counts"].items() if v}:
        yield f"the counts are {dict(total)} together; {dict(statement['counts'])} is reported"
    gravest = next(o for o in GRAVEST_FIRST if any(c["outcome"] == o for c in claims))
    if statement["outcome"] != gravest:
        yield f"the outcomes of its claims make it {gravest}; {statement['outcome']} is reported"
