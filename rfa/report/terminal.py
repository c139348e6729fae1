"""The report on a terminal: one line per conclusion, then what matters in a few sentences."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from rfa.report.markdown import constant, figure, outcome_cells, why_idle
from rfa.report.model import Report, Row, at, conclusion, label, premises, word

STYLES = {
    "CONFIRMED": "green", "REFUTED": "bold white on red", "UNDECIDED": "yellow", "BEYOND": "blue",
    "SILENT": "dim", "ERROR": "bold magenta", "NOT_APPLICABLE": "dim",
}  # fmt: skip
NUMBERS = (
    "slack",
    "tightest",
    "loss",
    "left",
    "right",
    "least C",
    "largest C",
    "in the paper",
    "on the run",
    "for the law",
)
NAMED = 2
"""Failing premises named per row; the lines below the table and the other formats name all."""
PIPE_WIDTH = 200
"""Width of tables that do not go to a terminal."""


def rendered(*parts: RenderableType) -> str:
    """Tables and texts as they go to standard output: coloured on a terminal, plain and wide in a pipe."""
    import shutil

    tty = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if tty else PIPE_WIDTH
    into = Console(
        file=io.StringIO(),
        force_terminal=tty,
        width=width,
        no_color=not tty,
        highlight=False,
        markup=False,
        emoji=False,
    )
    with into.capture() as captured:
        for part in parts:
            into.print(part, soft_wrap=not isinstance(part, Table))
    return "\n".join(line.rstrip() for line in captured.get().splitlines())


def clean(text: str) -> str:
    """`text` without control characters, which a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


def plain_table(*columns: str) -> Table:
    """A table without lines; numbers stand on the right."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold", justify="right" if column in NUMBERS else "left")
    return table


def outcomes(report: Report) -> Table:
    """One row per conclusion with premise and conclusion columns."""
    table = plain_table("claim", "premises", "conclusion", "outcome", "slack", "tightest", "witness")
    for statement in report.statements:
        for id, _, before, after, outcome, *rest in outcome_cells(statement, NAMED):
            shown = Text(word(outcome), style=STYLES.get(outcome.split(" ")[0], ""))
            table.add_row(clean(id), clean(before), clean(after), shown, *(clean(cell) for cell in rest))
    return table


def closing(report: Report, saved: Path | None = None) -> Iterator[str]:
    """The verdict in one sentence, counts, what failed first, what was not promised and why, the files."""
    run = report.document["run"]
    yield report.sentence
    yield from report.caveats
    if report.link_counts:
        told = ", ".join(f"{count} {word(outcome)}" for outcome, count in report.link_counts.items())
        wrong = len(report.document["as_printed"])
        yield f"Links of the proofs: {told}; {wrong} steps as printed fail."
    constants = ", ".join(f"{key} = {constant(value)}" for key, value in report.document["constants"].items())
    yield f"Constants: {constants}. Draws until a run was accepted: {run['draws']}."
    yield from report.document["notes"]
    if first := first_failure(report):
        yield first
    if idle := report.document["never_exercised"]:
        yield f"Never exercised: {', '.join(idle)}."
        yield from (f"  {id}{why_idle(report[id])}" for id in idle)
    if saved is not None:
        yield f"Reports: {saved}"
    if report.document["command"]:
        yield f"Again: {report.document['command']}"


def first_failure(report: Report) -> str:
    """The first conclusion that does not hold, in the order of the paper; empty if all hold."""
    for statement, row in report.conclusions():
        if row["holds"] is False:
            where = f" at {at(row)}" if row["witness"] else ""
            decided = row["outcome"] == "REFUTED" or (row["outcome"] == "UNDECIDED" and statement["kind"] != "TEXT")
            told = word(row["outcome"]) if decided else f"not promised there, {premises_told(statement, row)}"
            return f"First conclusion that does not hold: {label(row)}{where}, slack {figure(row['slack'])}; {told}."
    return ""


def premises_told(statement: Row, row: Row) -> str:
    """The premises of a conclusion in a sentence."""
    return "for the text promises nothing" if statement["kind"] == "TEXT" else f"premises {premises(row)}"


def shown(report: Report, saved: Path | None = None, *, links: bool = False) -> str:
    """The table of conclusions (and of links), then the closing lines."""
    tables: list[RenderableType] = [outcomes(report), "", *((link_table(report), "") if links else ())]
    return rendered(*tables, *(Text(clean(line)) for line in closing(report, saved)))


def link_table(report: Report) -> Table:
    """One row per link of the proofs."""
    table = plain_table("link", "relation", "premises", "conclusion", "outcome", "slack", "loss", "witness")
    for _, row in report.rows():
        if "from" in row:
            cells = (label(row), row["relation"] or "", premises(row), conclusion(row))
            shown = Text(word(row["outcome"]), style=STYLES.get(row["outcome"], ""))
            table.add_row(*map(clean, cells), shown, figure(row["slack"]), figure(row["loss"]), at(row))
    return table
