"""A page of tables and pictures: what a study, a sweep and a report of violations look like in a browser.

Offline, readable without JavaScript, and made of the same parts as the page of a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from rfa.report.page import Picture, environment, outcome_of, plain, text

Cell = str | float | None | Mapping[str, str]
"""Words, a number, nothing, `chip(outcome)`, `code(text)` or `formula(text)`."""


@dataclass(frozen=True)
class Section:
    """A part of a sheet: words, pictures, and a table whose rows have a cell for every head."""

    title: str
    words: Sequence[str] = ()
    head: Sequence[str] = ()
    rows: Sequence[Sequence[Cell]] = ()
    pictures: Sequence[Picture] = ()


@dataclass(frozen=True)
class Sheet:
    """A page: its name and kind, the verdict in one sentence (`bad`: something is refuted; None: nothing is judged),
    facts, sections."""

    name: str
    kind: str
    paper: str
    sentence: str
    bad: bool | None
    facts: Mapping[str, str | float]
    sections: Sequence[Section]
    notes: Sequence[str] = ()
    command: str = ""


def chip(outcome: str) -> Mapping[str, str]:
    """An outcome or status with its sign and colour."""
    return {"chip": outcome}


def code(command: str) -> Mapping[str, str]:
    """A command to copy."""
    return {"code": command}


def formula(text: str) -> Mapping[str, str]:
    """Words with formulas, set as mathematics."""
    return {"formula": text}


def page(sheet: Sheet) -> str:
    """The whole page as HTML."""
    pictures = [section.pictures for section in sheet.sections]
    clean = plain(asdict(sheet))
    for section, drawn in zip(clean["sections"], pictures, strict=True):
        section["pictures"] = drawn
    outcomes = sorted({found for s in clean["sections"] for row in s["rows"] if (found := outcome_of(row))})
    script = text("theme.js") + text("sheet.js")
    template = environment().get_template("sheet.html")
    return template.render(sheet=clean, outcomes=outcomes, style=text("style.css"), script=script)
