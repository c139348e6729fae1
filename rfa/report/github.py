"""GitHub Actions: annotations on standard output and a job summary."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from rfa.report.markdown import figure, markdown
from rfa.report.model import Level, Report, Row, at, label, word

SUMMARY = "GITHUB_STEP_SUMMARY"
"""The variable that names the file of the job summary."""
LARGEST_SUMMARY = 1_000_000
"""Bytes of a report that fit into a job summary (GitHub takes 1 MiB)."""


def commands(report: Report, fail_on: Level = "refuted") -> Iterator[str]:
    """Workflow commands: an error for everything that fails at this level, a warning for what is undecided."""
    failing = [row for _, row in report.failures(fail_on)]
    for row in failing:
        yield command("error", f"{label(row)}: {word(row['outcome'])}", _message(row))
    for _, row in report.failures("undecided"):
        if row not in failing:
            yield command("warning", f"{label(row)}: {word(row['outcome'])}", _message(row))
    yield from (command("warning", report.name, caveat) for caveat in report.caveats)
    yield command("notice", report.name, report.sentence)


def command(level: str, title: str, message: str) -> str:
    """One workflow command with its text escaped, so that it stays one line and one command."""
    text = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    name = title.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{level} title={name.replace(':', '%3A').replace(',', '%2C')}::{text}"


def _message(row: Row) -> str:
    sides = f"{figure(row['lhs'])} {row['relation']} {figure(row['rhs'])}" if row.get("relation") else ""
    where = f"at {at(row)}" if row.get("witness") else ""
    return " ".join(part for part in (row.get("says", ""), sides, where, row["reason"]) if part)


def summarize(*reports: Report) -> None:
    """Add reports to the summary of the job, if this runs in one; if they are too long, their verdicts."""
    path = os.environ.get(SUMMARY)
    if not path:
        return
    text = "\n".join(markdown(report) for report in reports)
    if len(text.encode()) > LARGEST_SUMMARY:
        text = "\n".join(f"# {report.name}\n\n{report.sentence}\n" for report in reports)
    with Path(path).open("a", encoding="utf-8") as file:
        file.write(text)
