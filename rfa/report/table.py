"""One tidy table of a report: a row per premise, conclusion and link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rfa.report.model import Report, Row

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "statement", "kind", "role", "claim", "from", "to", "printed", "gap", "outcome", "holds", "relation",
    "lhs", "rhs", "slack", "tightest_constant", "loss", "failing", "reason",
)  # fmt: skip
"""Columns of every table; the witness follows as one column `at_<axis>` per axis letter that occurs."""


def frame(report: Report) -> pd.DataFrame:
    """The rows of a report as a data frame with `COLUMNS` and the witness; missing values are NA."""
    import pandas as pd

    rows = [_row(statement, row) for statement, row in report.rows()]
    axes = list(dict.fromkeys(key for row in rows for key in row if key.startswith("at_")))
    table = pd.DataFrame(rows, columns=[*COLUMNS, *axes])
    numbers = ("lhs", "rhs", "slack", "tightest_constant", "loss")
    types = (
        dict.fromkeys(numbers, "float64") | dict.fromkeys(axes, "Int64") | {"holds": "boolean", "printed": "boolean"}
    )
    return table.astype(types)


def _row(statement: Row, row: Row) -> dict[str, Any]:
    flat = {column: row.get(column) for column in COLUMNS}
    flat |= {
        "statement": statement["id"],
        "kind": statement["kind"],
        "claim": row["id"],
        "role": row.get("role", "link"),
    }
    flat["printed"] = bool(row.get("printed"))
    flat["failing"] = " ".join(f["id"] for f in row["failing"])
    return flat | {f"at_{axis}": index for axis, index in row["witness"].items()}
