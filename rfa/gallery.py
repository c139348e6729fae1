"""The gallery: pictures and figures of named settings with fixed seeds, and the numbers behind them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfa.errors import InputError
from rfa.figures import Made, make
from rfa.report.files import replacing
from rfa.report.markdown import escape

if TYPE_CHECKING:
    from rfa.papers import Paper, Survey
    from rfa.report.model import Report
    from rfa.report.page import Picture

Progress = Callable[[str, int, int], None]
NUMBERS, BENCHMARKS = "numbers.json", "benchmarks"
DIGITS = 6
"""Significant digits of the numbers that a gallery is compared by: below what another processor may round apart."""


def generate(paper: Paper, directory: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Make the whole gallery of a paper in `directory`; returns its numbers."""
    numbers: dict[str, Any] = {}
    pages = [f"# Gallery\n\nMade by `rfa gallery`; the numbers behind it are in [{NUMBERS}]({NUMBERS}).\n"]
    for name, entry in entries(paper).items():
        made = entry(progress, True)
        numbers[name] = made.numbers
        pages.append(made.page)
        for file, picture in made.pictures.items():
            _write(directory / file, picture)
    pages += benchmarks(directory / BENCHMARKS)
    _write(directory / "README.md", "\n".join(pages))
    _write(directory / NUMBERS, json.dumps(numbers, indent=1, ensure_ascii=False) + "\n")
    return numbers


@dataclass(frozen=True)
class Entry:
    """A part of the gallery: its numbers, its part of the page, and its pictures by file name."""

    numbers: Any
    page: str
    pictures: Mapping[str, str]


def entries(paper: Paper) -> dict[str, Callable[[Progress | None, bool], Entry]]:
    """The parts of the gallery of a paper by name; each is made by a call with or without pictures."""
    made: dict[str, Callable[[Progress | None, bool], Entry]] = {}
    for name, wanted in paper.gallery.items():
        made[name] = partial(_judged, paper, name, wanted)
    for name in paper.figures:
        made[f"figure {name}"] = partial(_figure, paper, name)
    for name, survey in paper.surveys.items():
        made[name] = partial(_survey, paper, name, survey)
    return made


def _judged(paper: Paper, name: str, wanted: tuple[str, ...], progress: Progress | None, drawing: bool) -> Entry:
    """A judged run of a named setting, with the wanted pictures in their order."""
    from rfa.audit import simulate, verify
    from rfa.report.pictures import losses, pictures

    run = simulate(name, paper=paper, progress=progress)
    report = verify(run, paper=paper, progress=progress)
    found = [*pictures(paper, run), *losses(report)] if drawing else []
    drawn = {picture.name: picture for picture in found}
    shown = [drawn[one] for one in wanted if one in drawn]
    return Entry(summary(report), "\n".join(_setting(report, name, shown)), _files(name, shown))


def _figure(paper: Paper, name: str, progress: Progress | None, drawing: bool) -> Entry:
    """A figure of the paper with its claims."""
    from rfa.report.plotting import svg

    made = make(paper, name, progress=progress)
    page = f"## Figure {name}\n\n![{escape(made.plot.title)}](figure-{name}.svg)\n\n{made.caption}"
    return Entry(said(made), page, {f"figure-{name}.svg": svg(made.drawn)} if drawing else {})


def _survey(paper: Paper, name: str, survey: Survey, progress: Progress | None, drawing: bool) -> Entry:
    """A study, or a report of violations, of many runs."""
    from rfa.studies.surveys import carried_out

    made = carried_out(paper, survey, progress)
    page = [f"## {escape(name)}", "", f"`{made.command}`: {escape(made.sentence)}", ""]
    for picture in made.pictures if drawing else ():
        page += [f"![{escape(picture.title)}]({name}-{picture.name}.svg)", "", escape(picture.caption), ""]
    return Entry(made.numbers, "\n".join([*page, made.table]), _files(name, made.pictures if drawing else ()))


def _files(name: str, pictures: Iterable[Picture]) -> dict[str, str]:
    return {f"{name}-{picture.name}.svg": picture.svg for picture in pictures}


def benchmarks(directory: Path) -> Iterator[str]:
    """The tables and pictures that `python -m tests.benchmarks` has left in a directory."""
    tables = sorted(directory.glob("*.md"))
    if not tables:
        return
    yield "## Benchmarks\n\nMeasured by `python -m tests.benchmarks`.\n"
    for picture in sorted(directory.glob("*.svg")):
        yield f"![{escape(picture.stem)}]({BENCHMARKS}/{picture.name})\n"
    for table in tables:
        yield f"### {escape(table.stem)}\n\n{table.read_text(encoding='utf-8')}"


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


def check(
    paper: Paper, directory: Path, progress: Progress | None = None, *, only: Sequence[str] = ()
) -> list[str]:
    """Every number of a stored gallery that the code does not produce, as `place: stored, made`.

    `only` names the parts that are made again (empty: all); that the gallery has no other parts is always checked.
    """
    path, parts = directory / NUMBERS, entries(paper)
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as why:
        raise InputError(f"{path}: cannot be read: {why}") from None
    if unknown := [name for name in only if name not in parts]:
        raise InputError(f"no part {unknown[0]!r} of the gallery; expected one of {', '.join(parts)}")
    wrong = [f"/{name}: stored, but no part of the gallery" for name in stored if name not in parts]
    wrong += [f"/{name}: not stored" for name in parts if name not in stored]
    for name in only or parts:
        if name in stored:
            current = json.loads(json.dumps(parts[name](progress, False).numbers))
            wrong += differences(stored[name], current, f"/{name}")
    return wrong


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
