"""Counterexamples kept in a folder: one JSON file each, tried first by every later search for its statement."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rfa.errors import InputError
from rfa.report.files import replacing
from rfa.studies.candidates import Candidate

SCHEMA = "rfa.counterexample/1"


@dataclass(frozen=True)
class Saved:
    """A candidate that refuted a claim of a statement; `test` is the test that found it."""

    statement: str
    claim: str
    candidate: Candidate
    test: str = ""

    def to_json(self) -> str:
        """The text of the file; every key of the setting is given, so that no default can change it."""
        told = {"schema": SCHEMA, "statement": self.statement, "claim": self.claim, "test": self.test}
        return json.dumps({**told, **self.candidate.to_dict()}, indent=1, ensure_ascii=False) + "\n"


def save(folder: Path, found: Saved) -> Path:
    """Write a counterexample into a folder, which is made if it is not there; its name follows from its content."""
    digest = hashlib.sha256(json.dumps(found.candidate.to_dict(), sort_keys=True).encode()).hexdigest()[:12]
    name = "".join(c if c.isascii() and c.isalnum() else "-" for c in found.statement)
    path = folder / f"{name}-{digest}.json"
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(path) as fresh:
        fresh.write_text(found.to_json(), encoding="utf-8", newline="\n")
    return path


def saved(folder: Path, statement: str | None = None) -> Iterator[Saved]:
    """The counterexamples of a folder (of one statement), by name; none if there is no folder.

    `InputError` names a file that is not one.
    """
    for path in sorted(folder.glob("*.json")):
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(given, dict) or given.get("schema") != SCHEMA:
                raise InputError(f"expected a counterexample with schema {SCHEMA}")
            words = [given.get(key, "") for key in ("statement", "claim", "test")]
            if not all(isinstance(word, str) for word in words):
                raise InputError("statement, claim, test: expected text")
            found = Saved(words[0], words[1], Candidate.from_dict(given), words[2])
        except (InputError, OSError, ValueError) as why:
            told = f"not JSON: {why}" if isinstance(why, ValueError) and not isinstance(why, InputError) else str(why)
            raise InputError(f"{path}: {' '.join(told.split())}; mend the file or delete it") from None
        if statement is None or found.statement == statement:
            yield found
