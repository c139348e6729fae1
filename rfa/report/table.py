"""Tidy tables: of a report a row per premise, conclusion and link; of a trace a row per logged number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from rfa.errors import InputError
from rfa.report.model import Report, Row
from rfa.trace import AXES, Trace

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "statement", "kind", "role", "claim", "from", "to", "printed", "gap", "outcome", "holds", "relation",
    "lhs", "rhs", "slack", "tightest_constant", "loss", "failing", "reason", "counts",
)  # fmt: skip
"""Columns of every table; the witness follows as one column `at_<axis>` per axis letter that occurs, and
`estimated` on runs of which something was estimated."""


def frame(report: Report) -> pd.DataFrame:
    """The rows of a report as a data frame with `COLUMNS` and the witness; missing values are NA."""
    import pandas as pd

    rows = [_row(statement, row) for statement, row in report.rows()]
    axes = list(dict.fromkeys(key for row in rows for key in row if key.startswith("at_")))
    estimated = ["estimated"] if report.document.get("estimates") else []
    table = pd.DataFrame(rows, columns=[*COLUMNS, *axes, *estimated])
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
    flat["counts"] = " ".join(f"{outcome}:{count}" for outcome, count in row["counts"].items())
    flat["failing"] = " ".join(f["id"] for f in row["failing"])
    flat["estimated"] = " ".join(statement.get("estimated", ()))
    return flat | {f"at_{axis}": index for axis, index in row["witness"].items()}


def trace_frame(trace: Trace, names: Sequence[str] = ()) -> pd.DataFrame:
    """The logged numbers of a trace: `quantity`, a column per axis letter (NA where it has no such axis), `value`.

    Columns t, e and s hold step numbers, j neurons, mu centres 0..3, q 0 clean and 1 noisy, k the coordinate of the
    plane. `InputError` for a name that this trace does not have.
    """
    import pandas as pd

    kept = [name for name in AXES if name != "steps" and getattr(trace, name) is not None]
    if unknown := [name for name in names if name not in kept]:
        raise InputError(f"trace: no quantity {unknown[0]!r}; expected some of {', '.join(kept)}")
    chosen = list(dict.fromkeys(names)) or kept
    arrays = [np.asarray(getattr(trace, name)) for name in chosen]
    sizes = [array.size for array in arrays]
    places = [dict(zip(AXES[name], np.indices(a.shape), strict=True)) for name, a in zip(chosen, arrays, strict=True)]
    columns: dict[str, Any] = {"quantity": pd.Categorical(np.repeat(chosen, sizes), categories=chosen)}
    for letter in dict.fromkeys(letter for name in chosen for letter in AXES[name]):
        at = [place.get(letter, np.zeros(size)).ravel() for place, size in zip(places, sizes, strict=True)]
        whole = np.concatenate(at).astype(np.int64)
        lacking = np.repeat([letter not in place for place in places], sizes)
        columns[letter] = pd.arrays.IntegerArray(trace.steps[whole] if letter in "tes" else whole, lacking)
    columns["value"] = np.concatenate([array.ravel() for array in arrays]).astype(np.float64)
    return pd.DataFrame(columns)
