"""Making a stored trial again and comparing it with what was stored, bit for bit."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rfa.studies.storage import Store
from rfa.studies.trials import Mark, Trial, code_version, run_trial


@dataclass(frozen=True)
class Replay:
    """A trial made again: the stored marks, the differences (none if it is the same), and a warning on
    versions."""

    row: int
    trial: Trial
    differences: tuple[str, ...]
    note: str = ""

    @property
    def failing(self) -> list[Mark]:
        """The conclusions and links that fail on it."""
        return [m for m in self.trial.marks if m.state < 0 and m.role in ("conclusion", "link")]


def replay(path: Path, row: int) -> Replay:
    """Make one row of a study again."""
    with Store.open(path) as store:
        meta = store.meta
        task, key = store.task(row)
        stored = store.marks(row)
        (error,) = store.db.execute("SELECT error FROM trials WHERE row = ?", (row,)).fetchone()
    trial = run_trial(meta["paper"], task)
    code = code_version(meta["paper"])
    note = "" if task.digest(code) == key else _another_key(meta["code"], code)
    return Replay(row, trial, tuple(differences(stored, error, trial)), note)


def _another_key(made_by: str, code: str) -> str:
    if made_by != code:
        return f"the row was made by version {made_by} of the code, this is {code}"
    return "the key of the row is that of another setting, seed or choice of statements"


def differences(stored: list[Mark], error: str, trial: Trial) -> Iterator[str]:
    """What differs between the stored marks and a trial made again."""
    if error != trial.error:
        yield f"error: stored {error!r}, made again {trial.error!r}"
    if len(stored) != len(trial.marks):
        yield f"{len(stored)} marks stored, {len(trial.marks)} made again"
    for before, after in zip(stored, trial.marks, strict=False):
        for field, old, new in zip(Mark._fields, before, after, strict=True):
            if old != new and not (old != old and new != new):
                yield f"{before.statement} {before.claim} {field}: stored {old!r}, made again {new!r}"


def replay_command(path: Path, row: int) -> str:
    """The command that makes a row again."""
    return shlex.join(["rfa", "replay", str(path), str(row)])


def mark_line(mark: Mark) -> str:
    """A mark in one line, its numbers to the last bit."""
    if mark.slack is None or mark.lhs is None or mark.rhs is None:
        return f"{mark.claim}: {mark.outcome} {mark.failing}"
    sides = f"{mark.lhs:.17g} against {mark.rhs:.17g}"
    return f"{mark.claim}: {mark.outcome}, slack {mark.slack:.6g}, {sides} at {mark.witness}"
