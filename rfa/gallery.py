"""The gallery: pictures and figures of named settings with fixed seeds, and the numbers behind them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfa.errors import InputError
from rfa.figures import Made, make
from rfa.report.files import replacing
from rfa.report.markdown import escape

if TYPE_CHECKING:
    from rfa.papers import Paper
    from rfa.report.model import Report
    from rfa.report.page import Picture

Progress = Callable[[str, int, int], None]
NUMBERS = "numbers.json"
DIGITS = 6
"""Significant digits of the numbers that a gallery is compared by: below what another processor may round apart."""


def generate(paper: Paper, directory: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Make the whole gallery of a paper in `directory`; returns its numbers."""
    from rfa.report.plotting import svg

    numbers: dict[str, Any] = {}
    pages = [f"# Gallery\n\nMade by `rfa gallery`; the numbers behind it are in [{NUMBERS}]({NUMBERS}).\n"]
    for name, wanted in paper.gallery.items():
        report, drawn = judged(paper, name, wanted, progress)
        numbers[name] = summary(report)
        pages.append("\n".join(_setting(report, name, drawn)))
        for picture in drawn:
            _write(directory / f"{name}-{picture.name}.svg", picture.svg)
    for name in paper.figures:
        made = make(paper, name, progress=progress)
        numbers[f"figure {name}"] = said(made)
        _write(directory / f"figure-{name}.svg", svg(made.drawn))
        pages.append(f"## Figure {name}\n\n![{escape(made.plot.title)}](figure-{name}.svg)\n\n{made.caption}")
    _write(directory / "README.md", "\n".join(pages))
    _write(directory / NUMBERS, json.dumps(numbers, indent=1, ensure_ascii=False) + "\n")
    return numbers


def judged(paper: Paper, name: str, wanted: tuple[str, ...], progress: Progress | None) -> tuple[Report, list[Picture]]:
    """The report of a named setting and those of its pictures that the gallery shows, in the order of `wanted`."""
    from rfa.audit import simulate, verify
    from rfa.report.pictures import pictures

    run = simulate(name, paper=paper, progress=progress)
    drawn = {picture.name: picture for picture in (pictures(paper, run) if wanted else ())}
    report = verify(run, paper=paper, progress=progress)
    return report, [drawn[one] for one in wanted if one in drawn]


def summary(report: Report) -> dict[str, Any]:
    """The counts of a report and the slack of every conclusion."""
    slacks = {row["id"]: [row["outcome"], rounded(row["slack"])] for _, row in report.conclusions()}
    return {"conclusions": report.counts, "links": report.link_counts, "slack": slacks}


def said(made: Made) -> dict[str, list[Any]]:
    """The claims of a figure with what was measured."""
    return {claim.says: [claim.holds, claim.measured] for claim in made.claims}


def rounded(x: float | None) -> float | None:
    """A number with `DIGITS` significant digits."""
    return None if x is None else float(f"{x:.{DIGITS}g}")


def check(paper: Paper, directory: Path, progress: Progress | None = None) -> list[str]:
    """Every number of a stored gallery that the code does not produce, as `place: stored, made`."""
    path = directory / NUMBERS
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as why:
        raise InputError(f"{path}: cannot be read: {why}") from None
    current: dict[str, Any] = {}
    for name in paper.gallery:
        current[name] = summary(judged(paper, name, (), progress)[0])
    for name in paper.figures:
        current[f"figure {name}"] = said(make(paper, name, progress=progress))
    return list(differences(stored, current))


def differences(stored: Any, current: Any, place: str = "") -> Iterator[str]:
    """Every place at which two documents differ."""
    if isinstance(stored, Mapping) and isinstance(current, Mapping):
        for key in dict.fromkeys((*stored, *current)):
            yield from differences(stored.get(key), current.get(key), f"{place}/{key}")
    elif stored != current:
        yield f"{place}: stored {stored}, made {current}"


def _setting(report: Report, name: str, drawn: list[Picture]) -> Iterator[str]:
    yield f"## {escape(name)}"
    yield ""
    yield f"`{report.document['command']}`: {escape(report.sentence)}"
    for picture in drawn:
        yield f"\n![{escape(picture.title)}]({name}-{picture.name}.svg)\n"
        yield escape(picture.caption)
    yield ""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as fresh:
        fresh.write_text(text, encoding="utf-8", newline="\n")
