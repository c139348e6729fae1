"""Lists and tables of other things than a judged run, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.text import Text

from rfa.papers import AssumptionTable
from rfa.report.markdown import figure
from rfa.report.terminal import clean, plain_table, rendered


def listed(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows with the same keys as a table."""
    if not rows:
        return "(none)"
    table = plain_table(*rows[0])
    for row in rows:
        table.add_row(*(clean(_cell(value)) for value in row.values()))
    return rendered(table)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return figure(value)
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def assumption_table(table: AssumptionTable, name: str) -> str:
    """The assumptions at one C, then the C that all allow together and the nearest sizes."""
    shown = plain_table(
        "assumption", "says", "left", "", "right", "holds", "slack", "least C", "largest C", "nearest"
    )
    for row in table.rows:
        ends = ("–" if end is None else figure(end) for end in (row.smallest_C, row.largest_C))
        sides = (
            figure(row.lhs),
            row.relation,
            figure(row.rhs),
            "yes" if row.holds else "NO",
            figure(row.slack),
        )
        shown.add_row(clean(row.id), clean(row.says), *sides, *ends, clean(row.nearest))
    low, high = table.feasible
    binding = f" (set by {', '.join(table.binding)})" if table.binding else ""
    lines = [
        f"{name} at C = {figure(table.C)}: {sum(r.holds for r in table.rows)} of {len(table.rows)} hold."
    ]
    if low <= high:
        lines.append(f"All hold together for C in [{figure(low)}, {figure(high)}]{binding}.")
    else:
        lines.append(
            f"No C satisfies all: at least {figure(low)} and at most {figure(high)} would be needed{binding}."
        )
    if table.nearest:
        nearest = ", ".join(f"{key} = {value:.6g}" for key, value in table.nearest.items())
        lines.append(f"Nearest sizes that satisfy all at this C: {nearest}.")
    return rendered(shown, "", *(Text(clean(line)) for line in lines))
