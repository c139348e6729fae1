"""Lists and tables of other things than a judged run, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from rfa.constants import ConstantsTable, Variant
from rfa.guarantees import Guarantee
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
    shown = plain_table("assumption", "says", "left", "", "right", "holds", "slack", "least C", "largest C", "nearest")
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
    lines = [f"{name} at C = {figure(table.C)}: {sum(r.holds for r in table.rows)} of {len(table.rows)} hold."]
    if low <= high:
        lines.append(f"All hold together for C in [{figure(low)}, {figure(high)}]{binding}.")
    else:
        lines.append(f"No C satisfies all: at least {figure(low)} and at most {figure(high)} would be needed{binding}.")
    if table.nearest:
        nearest = ", ".join(f"{key} = {value:.6g}" for key, value in table.nearest.items())
        lines.append(f"Nearest sizes that satisfy all at this C: {nearest}.")
    return rendered(shown, "", *(Text(clean(line)) for line in lines))


def guarantee_table(found: Guarantee) -> str:
    """The conditions, the numbers behind them, and what they promise."""
    conditions = plain_table("condition", "says", "left", "", "right", "outcome", "slack", "witness")
    for c in found.conditions:
        where = ", ".join(f"{axis}={index}" for axis, index in c.witness.items())
        sides = (figure(c.lhs), c.relation, figure(c.rhs), c.outcome.name, figure(c.slack))
        conditions.add_row(clean(c.id), clean(c.says), *sides, where)
    numbers = plain_table("number", "says", "left", "right")
    for one in found.figures:
        numbers.add_row(clean(one.name), clean(one.says), f"{one.lower:.6g}", f"{one.upper:.6g}")
    parts: list[RenderableType] = [numbers, "", conditions, "", Text(clean(found.sentence))]
    if found.measured is not None:
        parts.append(Text(f"Measured on the trained run: {figure(found.measured)}."))
    return rendered(*parts)


def constants_table(table: ConstantsTable) -> str:
    """Every constant against the run, then the C that each version of the proof needs, and the sizes."""
    shown = plain_table("constant", "in the paper", "on the run", "works", "at", "for the law", "used in")
    for one in table.constants:
        where = ", ".join(f"{axis}={index}" for axis, index in one.witness.items())
        on_run = "none works" if one.none_works else figure(one.on_run)
        values = (figure(one.paper_value), on_run, one.works, where, figure(one.exact_for_law))
        shown.add_row(clean(one.name), *values, clean(one.where_used))
    parts: list[RenderableType] = [shown]
    for variant in table.variants:
        parts += ["", Text(clean(f"C needed, {variant.name}: {variant.says}")), _requirements(variant)]
        sizes = ", ".join(f"{key} {figure(value)}" for key, value in variant.sizes.items())
        parts.append(Text(clean(f"C = {figure(variant.C)}, decided by {variant.deciding.step}; then {sizes}")))
    return rendered(*parts)


def _requirements(variant: Variant) -> Table:
    shown = plain_table("step", "asks for", "least C", "repairs")
    for one in variant.requirements:
        shown.add_row(clean(one.step), clean(one.inequality), figure(one.needs_C), one.gap)
    return shown
