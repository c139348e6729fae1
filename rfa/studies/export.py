"""The tidy table of a study as CSV or Parquet, written in pieces: it never has to be in memory whole."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from rfa.errors import InputError
from rfa.report.files import replacing
from rfa.studies.storage import COLUMNS, Store

CHUNK = 50_000
"""Rows in memory at a time."""


def export(store: Store, path: Path) -> int:
    """The tidy table as CSV or Parquet, by the ending of the name; returns the number of rows."""
    if path.suffix not in (".csv", ".parquet"):
        raise InputError(f"{path}: expected a name that ends in .csv or .parquet")
    write: Callable[[Store, Path], int] = _csv if path.suffix == ".csv" else _parquet
    with replacing(path) as fresh:
        return write(store, fresh)


def _csv(store: Store, path: Path) -> int:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        count = 0
        for row in store.table():
            writer.writerow(row)
            count += 1
    return count


def _parquet(store: Store, path: Path) -> int:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise InputError(
            "Parquet needs the package pyarrow (pip install pyarrow); .csv needs nothing"
        ) from None
    whole, real = {"row", "point", "supposed", "state"}, {"slack", "constant", "lhs", "rhs"}
    kinds = [(c, pa.int64() if c in whole else pa.float64() if c in real else pa.string()) for c in COLUMNS]
    schema, count, rows = pa.schema(kinds), 0, store.table()
    with parquet.ParquetWriter(path, schema) as writer:
        while chunk := [row for _, row in zip(range(CHUNK), rows, strict=False)]:
            columns = zip(*chunk, strict=True)
            writer.write_table(
                pa.table({c: list(v) for c, v in zip(COLUMNS, columns, strict=True)}, schema=schema)
            )
            count += len(chunk)
    return count
