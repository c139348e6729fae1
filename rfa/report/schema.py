"""The published form of a report, checked whenever one is written or read."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfa.errors import InputError
from rfa.report.model import Report

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

SHOWN = 80
"""Longest piece of a wrong value that an error message repeats."""


@cache
def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of rfa.report/1."""
    found: dict[str, Any] = json.loads(files("rfa.report").joinpath("schema.json").read_text(encoding="utf-8"))
    return found


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(schema())


def validate(document: Any, name: str) -> None:
    """`InputError` with the path of the first place at which a document departs from the schema."""
    from jsonschema.exceptions import relevance

    errors = sorted(_validator().iter_errors(document), key=relevance, reverse=True)
    if errors:
        first = errors[0]
        what = (
            first.message
            if len(first.message) <= 2 * SHOWN
            else f"{first.message[:SHOWN]} ... {first.message[-SHOWN:]}"
        )
        raise InputError(f"{name}: {first.json_path}: {' '.join(what.split())}")


def read(path: Path | str) -> Report:
    """A report from its report.json; an `InputError` names the file and the place in it that is wrong."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as why:
        raise InputError(f"{path}: {why.strerror or why}") from None
    except UnicodeDecodeError as why:
        raise InputError(f"{path}: not UTF-8 text: {why.reason} at byte {why.start}") from None
    try:
        document = json.loads(text, parse_constant=str)
    except json.JSONDecodeError as why:
        raise InputError(f"{path}: not a JSON document: {why.msg} at line {why.lineno} column {why.colno}") from None
    except RecursionError:
        raise InputError(f"{path}: not a report: nested too deeply") from None
    validate(document, str(path))
    _check_names(document, str(path))
    return Report(document)


def _check_names(document: Any, name: str) -> None:
    """`InputError` where an id that the document refers to is none of its statements and claims."""
    known = {row["id"] for entry in document["statements"] for row in (entry, *entry["claims"])}
    if strange := [id for id in document["never_exercised"] if id not in known]:
        raise InputError(f"{name}: $.never_exercised: {strange[0][:SHOWN]!r} is no statement or claim of this report")


def to_json(report: Report, name: str = "report") -> str:
    """The document as JSON text, checked against the schema."""
    validate(report.document, name)
    return json.dumps(report.document, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
