"""Whether a database is a study: its tables, the types of its cells, what its rows refer to."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import deque

from rfa.verdicts import Outcome

OUTCOMES = ", ".join(f"'{outcome.name}'" for outcome in Outcome)
CELLS = {
    "meta": "typeof(key) = 'text' AND typeof(value) = 'text' AND json_valid(value)",
    "settings": "typeof(digest) = 'text' AND typeof(keys) = 'text' AND json_valid(keys) AND json_type(keys) = 'object'",
    "names": "typeof(statement) = 'text' AND typeof(claim) = 'text' AND typeof(role) = 'text'"
    " AND typeof(probability) = 'real' AND sure IN (0, 1)",
    "trials": "typeof(key) = 'text' AND typeof(point) = 'integer' AND typeof(error) = 'text' AND typeof(seed) = 'text'"
    " AND length(seed) BETWEEN 1 AND 20 AND NOT seed GLOB '*[^0-9]*' AND typeof(draws) = 'integer'"
    " AND typeof(seconds) = 'real' AND typeof(judged) = 'text' AND json_valid(judged) AND json_array_length(judged) = 3"
    " AND json_type(judged, '$[0]') = 'array' AND json_type(judged, '$[2]') = 'array'"
    " AND setting IN (SELECT digest FROM settings)",
    "marks": "row IN (SELECT row FROM trials) AND typeof(place) = 'integer' AND name IN (SELECT id FROM names)"
    f" AND outcome IN ({OUTCOMES}) AND typeof(supposed) = 'integer' AND state IN (-1, 0, 1)"
    " AND typeof(slack) IN ('real', 'integer', 'null') AND typeof(constant) IN ('real', 'integer', 'null')"
    " AND typeof(lhs) IN ('real', 'integer', 'null') AND typeof(rhs) IN ('real', 'integer', 'null')"
    " AND typeof(witness) IN ('text', 'null') AND typeof(failing) IN ('text', 'null')",
}
"""What is true of every row of each table."""
META = {"kind": str, "paper": str, "code": str}
"""What every study says of itself."""


def check(db: sqlite3.Connection, schema: str, format: str) -> None:
    """`ValueError` or `sqlite3.DatabaseError` about the first thing that is not as a study has it."""
    told = db.execute("PRAGMA quick_check(1)").fetchone()
    if told != ("ok",):
        raise ValueError(f"the database is damaged: {told[0] if told else ''}")
    _check_columns(db, schema)
    for table, sound in CELLS.items():
        if found := db.execute(f"SELECT count(*) FROM {table} WHERE ({sound}) IS NOT TRUE").fetchone()[0]:
            raise ValueError(f"{found} rows of its table {table} are not as they are written")
        _check_texts(db, table)
    meta = {key: json.loads(value) for key, value in db.execute("SELECT key, value FROM meta")}
    if meta.get("format") != format:
        raise ValueError(f"format = {meta.get('format')!r}")
    if missing := [key for key, kind in META.items() if not isinstance(meta.get(key), kind)]:
        raise ValueError(f"meta has no {missing[0]}")


def _check_texts(db: sqlite3.Connection, table: str) -> None:
    """Bytes that are no UTF-8 are texts to SQLite, but not to who reads them."""
    texts = [name for _, name, kind, *_ in db.execute(f"PRAGMA table_info({table})") if kind == "TEXT"]
    try:
        deque(db.execute(f"SELECT {', '.join(texts)} FROM {table}"), maxlen=0)
    except sqlite3.OperationalError:
        raise ValueError(f"a text of its table {table} is not UTF-8") from None


def _check_columns(db: sqlite3.Connection, schema: str) -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as model:
        model.executescript(schema)
        for table in CELLS:
            query = f"PRAGMA table_info({table})"
            if db.execute(query).fetchall() != model.execute(query).fetchall():
                raise ValueError(f"its table {table} is missing or has other columns")
