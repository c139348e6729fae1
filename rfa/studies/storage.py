"""One SQLite file per study: a transaction per finished run, written by the parent process alone."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rfa.errors import InputError
from rfa.setting import Setting
from rfa.studies import soundness
from rfa.studies.trials import Mark, Task, Trial, setting_digest

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE settings (digest TEXT PRIMARY KEY, keys TEXT NOT NULL);
CREATE TABLE names (
    id INTEGER PRIMARY KEY, statement TEXT, claim TEXT, role TEXT, probability REAL, sure INTEGER,
    UNIQUE (statement, claim, role, probability, sure));
CREATE TABLE trials (
    row INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, point INTEGER NOT NULL, setting TEXT NOT NULL,
    seed TEXT NOT NULL, draws INTEGER NOT NULL, judged TEXT NOT NULL, error TEXT NOT NULL,
    seconds REAL NOT NULL);
CREATE INDEX trials_by_point ON trials (point);
CREATE TABLE marks (
    row INTEGER, place INTEGER, name INTEGER, outcome TEXT, supposed INTEGER, state INTEGER, slack REAL,
    constant REAL, lhs REAL, rhs REAL, witness TEXT, failing TEXT, PRIMARY KEY (row, place)) WITHOUT ROWID;
"""
FORMAT = "rfa.study/2"
COLUMNS = (
    "row", "point", "setting", "seed", "error", "statement", "claim", "role", "outcome", "supposed", "state",
    "slack", "constant", "lhs", "rhs", "witness", "failing",
)  # fmt: skip
"""Columns of the tidy table, in order; wall-clock times are not part of it."""
UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
"""A file that is no database; SQLite's message may quote bytes of it that are no text."""


class Store:
    """The file of a study, open for reading and (in the parent process) for adding trials."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self.db = connection
        self._names: dict[tuple[Any, ...], int] = {}
        for id, *name in connection.execute("SELECT id, statement, claim, role, probability, sure FROM names"):
            self._names[tuple(name)] = id

    @staticmethod
    def create(path: Path, meta: Mapping[str, Any]) -> Store:
        """A new file; an error if there is one."""
        Store.refuse(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        db = _connect(path)
        with db:
            db.execute("BEGIN IMMEDIATE")
            for statement in SCHEMA.split(";"):
                db.execute(statement)
            known = {"format": FORMAT, **meta}
            db.executemany("INSERT INTO meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in known.items()])
        return Store(path, db)

    @staticmethod
    def refuse(path: Path) -> None:
        """`InputError` if a study is there already."""
        if path.exists() and not _blank(path):
            raise InputError(f"{path} exists; continue it with --resume, or choose another folder with --out")

    @staticmethod
    def resume(path: Path, meta: Mapping[str, Any]) -> Store:
        """The file of an interrupted study, made afresh if it was interrupted before its first
        transaction."""
        if not path.exists() or _blank(path):
            return Store.create(path, meta)
        store = Store.open(path)
        was = store.meta
        for key, value in meta.items():
            if was.get(key) != json.loads(json.dumps(value)):
                store.close()
                raise InputError(
                    f"{path}: made with {key} = {was.get(key)!r}, this is {value!r}; start a new study"
                )
        return store

    @staticmethod
    def open(path: Path) -> Store:
        """An existing study."""
        if not path.exists():
            raise InputError(f"{path}: no such study")
        try:
            db = _connect(path)
        except UNREADABLE as why:
            raise InputError(f"{path}: not a study of format {FORMAT}: {why}") from None
        try:
            soundness.check(db, SCHEMA, FORMAT)
            return Store(path, db)
        except (sqlite3.DatabaseError, ValueError) as why:
            db.close()
            raise InputError(f"{path}: not a sound study of format {FORMAT}: {' '.join(str(why).split())}") from None

    def close(self) -> None:
        """Release the file."""
        self.db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *why: object) -> None:
        self.close()

    @property
    def meta(self) -> dict[str, Any]:
        """What the study was asked to do, by whom made: paper, code version, plan."""
        return {k: json.loads(v) for k, v in self.db.execute("SELECT key, value FROM meta")}

    def note(self, **more: Any) -> None:
        """Write or replace entries of `meta`."""
        with self.db:
            self.db.execute("BEGIN IMMEDIATE")
            self.db.executemany(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in more.items()]
            )

    def has(self, task: Task, code: str) -> bool:
        """Whether the trial is there; an error if another trial stands in its row."""
        found = self.db.execute("SELECT key FROM trials WHERE row = ?", (task.row,)).fetchone()
        if found is not None and found[0] != task.digest(code):
            raise InputError(
                f"{self.path}: row {task.row} was made with another setting, seed or version of the code; "
                "start a new study"
            )
        return found is not None

    def add(self, *trials: Trial) -> None:
        """Finished trials, in one transaction."""
        with self.db:
            self.db.execute("BEGIN IMMEDIATE")
            for trial in trials:
                self._add(trial)

    def _add(self, trial: Trial) -> None:
        task = trial.task
        keys = {k: v for k, v in task.setting.to_dict().items() if k != "seed"}
        digest = setting_digest(task.setting)
        judged = json.dumps([task.statements, task.links, task.measures])
        head = (
            task.row, task.digest(trial.code), task.point, digest, str(task.setting.seed), trial.draws,
            judged, trial.error, trial.seconds,
        )  # fmt: skip
        self.db.execute("INSERT OR IGNORE INTO settings VALUES (?, ?)", (digest, json.dumps(keys)))
        self.db.execute("INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", head)
        rows = [(task.row, place, self._name(mark), *mark[3:12]) for place, mark in enumerate(trial.marks)]
        self.db.executemany("INSERT INTO marks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _name(self, mark: Mark) -> int:
        name = (mark.statement, mark.claim, mark.role, mark.probability, mark.sure)
        if name not in self._names:
            cursor = self.db.execute("INSERT INTO names VALUES (NULL, ?, ?, ?, ?, ?)", name)
            self._names[name] = int(cursor.lastrowid or 0)
        return self._names[name]

    def count(self) -> int:
        """Number of finished trials."""
        return int(self.db.execute("SELECT count(*) FROM trials").fetchone()[0])

    def task(self, row: int) -> tuple[Task, str]:
        """The task of a stored trial, and its key."""
        query = "SELECT key, point, setting, seed, judged FROM trials WHERE row = ?"
        found = self.db.execute(query, (row,)).fetchone()
        if found is None:
            raise InputError(f"{self.path}: no row {row}")
        key, point, digest, seed, judged = found
        statements, links, measures = json.loads(judged)
        return Task(
            row, self.setting(digest, int(seed)), tuple(statements), links, tuple(measures), point
        ), key

    def setting(self, digest: str, seed: int = 0) -> Setting:
        """A stored setting, with a seed."""
        (keys,) = self.db.execute("SELECT keys FROM settings WHERE digest = ?", (digest,)).fetchone() or ("{}",)
        try:
            setting = Setting.from_dict({**json.loads(keys), "seed": seed})
        except InputError as why:
            raise InputError(f"{self.path}: setting {digest}: {why}") from None
        if setting_digest(setting) != digest:
            raise InputError(f"{self.path}: setting {digest}: its keys are not those that it was stored with")
        return setting

    def marks(self, row: int) -> list[Mark]:
        """The stored marks of one trial, in their order."""
        query = f"SELECT {_MARK} FROM marks JOIN names ON names.id = marks.name WHERE row = ? ORDER BY place"
        return [Mark(*found) for found in self.db.execute(query, (row,))]

    def table(self) -> Iterator[tuple[Any, ...]]:
        """The tidy table, one row per claim of each trial in the order of `COLUMNS`; a failed trial is one
        row."""
        query = """
            SELECT trials.row, point, setting, seed, error, statement, claim, role, outcome, supposed, state,
                   slack, constant, lhs, rhs, witness, failing
            FROM trials LEFT JOIN marks ON marks.row = trials.row LEFT JOIN names ON names.id = marks.name
            ORDER BY trials.row, place"""
        return iter(self.db.execute(query))


_MARK = """statement, claim, role, outcome, supposed, state, slack, constant, lhs, rhs, witness, failing,
           probability, sure"""


def _blank(path: Path) -> bool:
    """Whether the file was created and nothing was committed to it."""
    with contextlib.closing(sqlite3.connect(path, timeout=30)) as db:
        try:
            return bool(db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0)
        except UNREADABLE:
            return False


def _connect(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        for setting in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -16000"):
            db.execute(f"PRAGMA {setting}")
    except UNREADABLE:
        db.close()
        raise
    return db
