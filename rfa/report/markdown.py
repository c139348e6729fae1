"""The report as Markdown: failures first, the table of outcomes, the proof as a Mermaid graph, slips."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rfa.report.graph import WORDS, Node, graph
from rfa.report.model import Report, Row, at, conclusion, label, marked, named, premises, word

COLOURS = {
    "confirmed": "fill:#1a7f37,color:#fff",
    "confirmed alone": "fill:#9fd8a9,color:#000",
    "true for another reason": "fill:#f0883e,color:#000",
    "beyond": "fill:#79b8ff,color:#000",
    "silent": "fill:#d0d7de,color:#000",
    "undecided": "fill:#f9e79f,color:#000",
    "refuted": "fill:#cf222e,color:#fff,stroke-width:4px",
    "error": "fill:#8250df,color:#fff,stroke-width:4px",
    "does not apply": "fill:#fff,color:#57606a,stroke-dasharray:4",
    "holds": "fill:#fff,color:#1a7f37,stroke:#1a7f37",
    "fails": "fill:#fff,color:#57606a,stroke:#57606a,stroke-dasharray:4",
}
"""Mermaid style of each status; the word stands in the node as well."""


FAILURE_COLUMNS = ("claim", "outcome", "says", "sides", "slack", "witness", "reason")


def markdown(report: Report) -> str:
    """The whole report as one Markdown document."""
    sections = (
        _head, _failures, _outcomes, _proof, _printed, _ledgers, _idle, _links, _provenance,
    )  # fmt: skip
    return "\n\n".join("\n".join(lines).rstrip() for section in sections if (lines := list(section(report)))) + "\n"


def escape(text: Any) -> str:
    """`text` so that Markdown, GitHub's included, shows it as it is, in a table cell too."""
    plain = "".join(c if c.isprintable() else " " for c in str(text))
    for mark in "\\`*_{}[]|~#$":
        plain = plain.replace(mark, "\\" + mark)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")


def code(text: str) -> str:
    """`text` as inline code, whatever backticks it has."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    fence = "`" * (1 + max((len(run) for run in _runs(plain)), default=0))
    return f"{fence} {plain} {fence}" if "`" in plain else f"{fence}{plain}{fence}"


def _runs(text: str) -> list[str]:
    return "".join(c if c == "`" else " " for c in text).split()


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A Markdown table; cells are escaped."""
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(escape(cell) for cell in row) + " |"


def figure(x: float | None) -> str:
    """A number with four digits, or a dash."""
    return "–" if x is None else f"{x + 0.0:.4g}"


def _head(report: Report) -> Iterator[str]:
    document, run = report.document, report.document["run"]
    seed = "" if report.seed is None else f", seed {report.seed}"
    yield f"# {escape(report.name)}{seed}"
    yield f"\n**{escape(report.sentence)}**\n"
    yield f"- Paper: {escape(document['paper']['title'])}"
    facts = {k: run[k] for k in ("n", "d", "m", "K", "T", "steps", "noisy")} | {"alpha": f"{run['step_size']:.6g}"}
    yield "- Run: " + ", ".join(f"{key} = {value}" for key, value in facts.items())
    yield "- Constants: " + ", ".join(f"{escape(k)} = {constant(v)}" for k, v in document["constants"].items())
    if document["setting"] and document["setting"]["draw_until"]:
        wanted = escape(document["setting"]["draw_until"])
        yield f"- Draws of sample and start until {wanted} held: {run['draws']}"
    yield from (f"- {escape(caveat)}" for caveat in report.caveats)
    yield from (f"- {escape(note)}" for note in document["notes"])
    if document["command"]:
        yield f"- Again: {code(document['command'])}"


def constant(value: Any) -> str:
    """A constant, or an interval as `[least, largest]`, none where its ends are in the wrong order."""
    if not isinstance(value, list):
        return figure(value)
    empty = None not in value and value[0] > value[1]
    return "none" if empty else f"[{figure(value[0])}, {figure(value[1])}]"


def _failures(report: Report) -> Iterator[str]:
    refuted = [row for _, row in report.failures()]
    undecided = [row for _, row in report.failures("undecided") if row not in refuted]
    yield "## Failures"
    yield ""
    if not refuted:
        yield "None: nothing is refuted, and every check could be evaluated."
    for title, rows in (("", refuted), ("## Undecided", undecided)):
        if rows:
            yield from ("", title, "") if title else ()
            yield from table(FAILURE_COLUMNS, (_failure(row) for row in rows))


def _failure(row: Row) -> tuple[str, ...]:
    sides = f"{figure(row['lhs'])} {row['relation']} {figure(row['rhs'])}" if row.get("relation") else "–"
    return (
        label(row),
        row["outcome"],
        row.get("says", ""),
        sides,
        figure(row.get("slack")),
        at(row),
        row["reason"],
    )


def _outcomes(report: Report) -> Iterator[str]:
    yield "## Outcomes"
    yield ""
    yield "Pass or fail is the conclusion column; the premise column says whether anything was promised."
    yield ""
    head = ("claim", "says", "premises", "conclusion", "outcome", "slack", "tightest constant", "witness")
    yield from table(head, (cells for statement in report.statements for cells in outcome_cells(statement)))


def outcome_cells(statement: Row, most: int | None = None) -> Iterator[tuple[str, ...]]:
    """Rows of the table of outcomes: one per conclusion, or per supposition if there is no conclusion.

    `most` is the number of failing premises that are named.
    """
    conclusions = [c for c in statement["claims"] if c["role"] == "conclusion"]
    if not statement["claims"]:
        yield (
            marked(statement, statement["id"]),
            statement["title"],
            "–",
            "–",
            statement["outcome"],
            "–",
            "–",
            statement["reason"],
        )
    for row in conclusions or statement["claims"]:
        yield (
            marked(statement, row["id"]),
            row["says"],
            promised(statement, row, most) if conclusions else "",
            conclusion(row),
            outcome_counts(row) if conclusions else "",
            figure(row["slack"]),
            figure(row["tightest_constant"]),
            at(row) or row["reason"],
        )


def outcome_counts(row: Row) -> str:
    """The outcome of a claim; where its indices have different ones, each with their number, gravest first."""
    if len(row["counts"]) <= 1:
        return str(row["outcome"])
    return ", ".join(f"{outcome} {count}" for outcome, count in row["counts"].items())


def promised(statement: Row, row: Row, most: int | None) -> str:
    """What became of the premises of a conclusion, or that its statement promises nothing."""
    return premises(row, most) if statement["kind"] != "TEXT" else "nothing promised"


def _proof(report: Report) -> Iterator[str]:
    nodes = graph(report.statements)
    names = {node.id: f"n{k}" for k, node in enumerate(nodes)}
    yield "## The proof"
    yield ""
    yield "An arrow leads from what is used to what uses it. The word in a node covers all that it rests on."
    yield ""
    yield "```mermaid"
    yield "flowchart TD"
    for node in nodes:
        yield f'  {names[node.id]}["{_label(node)}"]:::{_style(node.status)}'
    for node in nodes:
        yield from (f"  {names[used]} --> {names[node.id]}" for used in node.uses)
    for status in dict.fromkeys(node.status for node in nodes):
        yield f"  classDef {_style(status)} {COLOURS[status]}"
    yield "```"
    yield ""
    yield from (f"- **{status}**: {WORDS[status]}" for status in dict.fromkeys(node.status for node in nodes))
    yield ""
    yield from table(
        ("result", "title", "status", "because of"),
        ((n.id, n.title, n.status, ", ".join(n.because)) for n in nodes if n.title),
    )


def _label(node: Node) -> str:
    text = f"{node.id} · {node.status}"
    plain = "".join(c if c.isprintable() else " " for c in text)
    return "".join(f"#{ord(c)};" if c in '#"<>&;`\\|[]{}()' else c for c in plain)


def _style(status: str) -> str:
    return status.replace(" ", "_")


def _printed(report: Report) -> Iterator[str]:
    rows, gaps = report.document["as_printed"], report.document["gaps"]
    yield "## As printed"
    yield ""
    if not rows:
        yield "No step that is known to be wrong in print fails on this run."
        return
    yield "Steps of the printed proof that fail on this run; they count nowhere else."
    yield ""
    head = ("step", "says", "sides", "witness", "gap", "what is true", "repaired by")
    cells = (
        (*_failure(row["link"])[:1], *_failure(row["link"])[2:4], at(row["link"]), row["link"]["gap"],
         gaps.get(row["link"]["gap"], ""), ", ".join(row["repaired_by"]))
        for row in rows
    )  # fmt: skip
    yield from table(head, cells)


def _ledgers(report: Report) -> Iterator[str]:
    for ledger in report.document["ledgers"]:
        where = f" (at {escape(at(ledger))})" if ledger["witness"] else ""
        total = {**ledger, "before": ledger["measured"], "after": ledger["proved"], "factor": ledger["total"]}
        rows = [*ledger["entries"], {**total, "name": "total", "says": "measured over proved"}]
        cells = ((r["name"], r["says"], *(figure(r[key]) for key in ("before", "after", "factor"))) for r in rows)
        yield from (f"## Loss ledger of {escape(ledger['claim'])}", "", f"{escape(ledger['says'])}{where}", "")
        yield from table(("step", "what it does", "before", "after", "factor"), cells)
        yield ""


def _idle(report: Report) -> Iterator[str]:
    yield "## Never exercised"
    yield ""
    idle = report.document["never_exercised"]
    if not idle:
        yield "Every result was confirmed somewhere on this run."
        return
    yield "Never confirmed at any index of this run, so this report is no evidence for them:"
    yield ""
    for id in idle:
        row = report[id]
        yield f"- {escape(id)}: {word(row['outcome'])}{escape(why_idle(row))}"


def why_idle(row: Row) -> str:
    """Why a statement or conclusion was not confirmed: its reason or the premises that failed."""
    if row["reason"]:
        return f", {row['reason']}"
    conclusions = [row] if "role" in row else [c for c in row["claims"] if c["role"] == "conclusion"]
    failing = {f["id"]: f for c in conclusions for f in c["failing"]}
    return f", premises fail: {named(list(failing.values()))}" if failing else ""


def _links(report: Report) -> Iterator[str]:
    rows = [row for _, row in report.rows() if "from" in row]
    if not rows:
        return
    told = ", ".join(f"{count} {word(outcome)}" for outcome, count in report.link_counts.items())
    yield "## Links of the proof"
    yield ""
    yield f"{escape(told)}, as repaired. `loss` is the factor that a step gives away at its worst index."
    yield ""
    yield "<details><summary>All links</summary>"
    yield ""
    head = ("link", "says", "premises", "conclusion", "outcome", "slack", "loss", "witness", "gap")
    cells = (
        (
            label(r),
            r["says"],
            premises(r),
            conclusion(r),
            r["outcome"],
            figure(r["slack"]),
            figure(r["loss"]),
            at(r),
            r["gap"],
        )
        for r in rows
    )
    yield from table(head, cells)
    yield ""
    yield "</details>"


def _provenance(report: Report) -> Iterator[str]:
    yield "## Provenance"
    yield ""
    yield from table(("what", "value"), ((key, value) for key, value in report.document["provenance"].items()))
