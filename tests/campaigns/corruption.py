"""Corrupted inputs: random damage to bytes, and damage that knows what a setting, run, report or study looks like.

Every corruption is a function of a generator alone, so a case is made again from its kind and number.
"""

from __future__ import annotations

import copy
import io
import json
import sqlite3
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

Rng = np.random.Generator
NUMBERS = (
    0, -1, 1, 2, 3, 7, 0.0, -0.0, 0.5, 1e-320, 5e-324, 1e-12, 1e308, -1e308, 10**12, 2**31, 2**63, 2**64, 10**30,
    -(2**63), float("nan"), float("inf"), float("-inf"),
)  # fmt: skip
TEXTS = (
    "",
    " ",
    "x",
    "\x00",
    "ω√d",
    "é" * 300,
    "[" * 200,
    "../../etc/passwd",
    "<script>",
    "1e999",
    "nan",
    "None",
    "\ud7ff",
    "%s",
)
ODD = (*NUMBERS, *TEXTS, None, True, False, [], {}, [1, 2], {"a": 1}, [[[]]])


def pick(rng: Rng, choices: Any) -> Any:
    """One of several things."""
    return list(choices)[int(rng.integers(len(choices)))]


# ---- bytes ------------------------------------------------------------------------------------------------------


def bytes_damaged(rng: Rng, data: bytes) -> bytes:
    """Bits flipped, pieces cut, doubled, zeroed or moved."""
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        if not out:
            return b""
        at = int(rng.integers(len(out)))
        end = min(len(out), at + int(rng.integers(1, max(2, len(out) // 4))))
        how = int(rng.integers(6))
        if how == 0:
            out[at] ^= 1 << int(rng.integers(8))
        elif how == 1:
            del out[at:end]
        elif how == 2:
            out[at:at] = out[at:end]
        elif how == 3:
            out[at:end] = bytes(end - at)
        elif how == 4:
            out[at:end] = rng.bytes(end - at)
        else:
            del out[at:]
    return bytes(out)


# ---- settings ---------------------------------------------------------------------------------------------------


def as_toml(value: Any) -> str:
    """A value as TOML might have it, right or wrong."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value)
    if isinstance(value, float):
        return {"nan": "nan", "inf": "inf", "-inf": "-inf"}.get(repr(value), repr(value))
    return "{}" if isinstance(value, dict) else "''" if value is None else json.dumps(value)


def setting_damaged(rng: Rng, data: bytes) -> bytes:
    """A key with an odd value, dropped, doubled, misspelt or swapped with another."""
    lines = data.decode().splitlines()
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(lines)))
        key = lines[at].partition("=")[0].strip()
        how = int(rng.integers(6))
        if how <= 2:
            lines[at] = f"{key} = {as_toml(pick(rng, ODD))}"
        elif how == 3 and len(lines) > 1:
            del lines[at]
        elif how == 4:
            lines.append(lines[at] if rng.random() < 0.5 else f"{key}x = 1")
        else:
            other = lines[int(rng.integers(len(lines)))]
            lines[at] = f"{key} = {other.partition('=')[2]}"
    return "\n".join(lines).encode("utf-8", "surrogatepass")


# ---- run files --------------------------------------------------------------------------------------------------


def arrays_of(data: bytes) -> dict[str, Any]:
    """The arrays of a run file."""
    with np.load(io.BytesIO(data), allow_pickle=False) as found:
        return {name: found[name] for name in found.files}


def zipped(arrays: dict[str, Any]) -> bytes:
    """A run file from arrays; those of objects are pickled, which readers must refuse."""
    into = io.BytesIO()
    np.savez(into, allow_pickle=True, **arrays)
    return into.getvalue()


def run_damaged(rng: Rng, data: bytes) -> bytes:
    """One array with an odd entry, type, shape or name; a zip with an odd member."""
    arrays = arrays_of(data)
    name = pick(rng, sorted(arrays))
    how = int(rng.integers(7))
    if how <= 1:
        arrays[name] = entry_replaced(rng, arrays[name])
    elif how == 2:
        arrays[name] = type_replaced(rng, arrays[name])
    elif how == 3:
        arrays[name] = shape_replaced(rng, arrays[name])
    elif how == 4:
        del arrays[name]
    elif how == 5:
        arrays[pick(rng, ("x", "trace.x", name + "x", "setting", "steps", "d"))] = np.array(pick(rng, (0, 1.5, "text")))
    else:
        return member_added(rng, zipped(arrays), name)
    return zipped(arrays)


def entry_replaced(rng: Rng, array: Any) -> Any:
    """One entry replaced by an odd number of its kind."""
    out = np.array(array)
    if out.dtype.kind == "U":
        return np.array(setting_damaged(rng, str(out).encode()).decode("utf-8", "replace"))
    if out.size:
        at = np.unravel_index(int(rng.integers(out.size)), out.shape)
        value = float(pick(rng, NUMBERS))
        with np.errstate(all="ignore"):
            whole = 0 if not np.isfinite(value) else int(np.clip(value, -(2.0**60), 2.0**60))
            out[at] = whole if out.dtype.kind in "iu" else value
    return out


def type_replaced(rng: Rng, array: Any) -> Any:
    """The same numbers in another type."""
    kinds = ("f4", "f2", "i1", "u8", "c16", "U3", "O", ">f8", "?", "S2", "M8[s]")
    with np.errstate(all="ignore"):
        try:
            return np.asarray(array).astype(pick(rng, kinds))
        except (ValueError, TypeError):
            return np.array(None, dtype=object)


def shape_replaced(rng: Rng, array: Any) -> Any:
    """Another shape: an axis more or fewer, a row more or fewer, empty."""
    a = np.asarray(array)
    ways = (
        a[None],
        a.reshape(-1),
        a[:0] if a.ndim else a[None][:0],
        np.repeat(a[None] if not a.ndim else a, 2, axis=0),
        a.T,
    )
    return pick(rng, [*ways, a[:-1] if a.ndim else a])


def member_added(rng: Rng, data: bytes, name: str) -> bytes:
    """A zip with one more member: a twin, a text, a huge header, nothing."""
    into = io.BytesIO(data)
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({10 ** int(rng.integers(1, 30))},), }}\n"
    huge = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode()
    content = pick(rng, (b"", b"\x93NUMPY", huge, rng.bytes(40), b"\x93NUMPY\x07\x07"))
    import warnings

    with warnings.catch_warnings(), zipfile.ZipFile(into, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr(pick(rng, (f"{name}.npy", "more.npy", "note.txt", "../up.npy")), content)
    return into.getvalue()


# ---- reports ----------------------------------------------------------------------------------------------------


def places(document: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value of a JSON document."""
    inside = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [p for key, value in inside for p in ((*here, key), *places(value, (*here, key)))]


def document_damaged(rng: Rng, document: Any) -> Any:
    """One value replaced, dropped, doubled or swapped with another."""
    out = copy.deepcopy(document)
    for _ in range(int(rng.integers(1, 3))):
        paths = places(out)
        path = paths[int(rng.integers(len(paths)))]
        parent = out
        for key in path[:-1]:
            parent = parent[key]
        how = int(rng.integers(5))
        if how <= 1:
            parent[path[-1]] = pick(rng, ODD)
        elif how == 2:
            del parent[path[-1]]
        elif how == 3 and isinstance(parent, list):
            parent.append(copy.deepcopy(parent[path[-1]]))
        else:
            parent[path[-1]] = like(rng, parent[path[-1]])
    return out


def like(rng: Rng, value: Any) -> Any:
    """Another value of the same kind: it passes the schema more often."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return pick(rng, (-value, value + 1, value * 2, 0, 10**18, 1e-300, value * 1e200 if abs(value) < 1 else value))
    words = (
        "CONFIRMED",
        "REFUTED",
        "SILENT",
        "t",
        "j",
        "<=",
        "==",
        ">",
        "premise",
        "conclusion",
        "L14",
        "L14.neuron",
        "run",
    )
    return pick(rng, words) if isinstance(value, str) else pick(rng, ODD)


def report_damaged(rng: Rng, data: bytes) -> bytes:
    """A report with odd values; numbers that JSON has not are written as other programs write them."""
    return json.dumps(document_damaged(rng, json.loads(data))).encode("utf-8", "surrogatepass")


# ---- studies ----------------------------------------------------------------------------------------------------


def study_damaged(rng: Rng, data: bytes, path: Path) -> None:
    """A study with an odd value in some row, a table or column less, a value of another type."""
    path.write_bytes(data)
    db = sqlite3.connect(path)
    try:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        table = pick(rng, tables)
        columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
        column, how = pick(rng, columns), int(rng.integers(6))
        with db:
            if how <= 2:
                odd = pick(rng, ODD)
                value = json.dumps(odd) if isinstance(odd, list | dict) else _storable(odd)
                where = f"WHERE rowid = {int(rng.integers(1, 5))}" if table != "marks" and rng.random() < 0.7 else ""
                db.execute(f"UPDATE OR IGNORE {table} SET {column} = ? {where}", (value,))
            elif how == 3:
                _json_cell(rng, db, table, column)
            elif how == 4:
                db.execute(f"DELETE FROM {table}" if rng.random() < 0.7 else f"DROP TABLE {table}")
            else:
                db.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO {column}_")
    except (sqlite3.DatabaseError, OverflowError):
        pass
    finally:
        db.close()


def _storable(value: Any) -> Any:
    """An odd value as a cell of a table can have it."""
    big = isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return str(value) if big else value


def _json_cell(rng: Rng, db: sqlite3.Connection, table: str, column: str) -> None:
    """The JSON of one cell damaged as a document."""
    found = db.execute(
        f"SELECT rowid, {column} FROM {table}" if table != "marks" else f"SELECT row, {column} FROM {table}"
    )
    rowid, text = pick(rng, found.fetchall() or [(0, "")])
    key = "row" if table == "marks" else "rowid"
    try:
        document = json.loads(text)
        changed = document_damaged(rng, document) if places(document) else pick(rng, ODD)
    except (TypeError, ValueError):
        return
    db.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (json.dumps(changed), rowid))
