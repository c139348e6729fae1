"""Figures of a paper: the runs they show, what is drawn, and what the paper says of them, computed on the runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfa.errors import InputError
from rfa.report.markdown import escape, figure as number, table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rfa.papers import AssumptionRow, AssumptionTable, Paper
    from rfa.run import Run
    from rfa.setting import Setting

FORMATS = ("svg", "png", "pdf")
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Said:
    """One thing that the paper says of a figure: whether it is so on these runs, and the numbers."""

    says: str
    holds: bool
    measured: str


@dataclass(frozen=True)
class Plot:
    """A figure of a paper.

    `settings` names its runs, one panel each; `keep(setting)` the steps at which their weights are kept;
    `measure(run)` what of a run is drawn, as plain arrays; `draw(axes, measured)` draws one panel on matplotlib
    axes; `claims(measured)` compares all panels with what the paper says. `given` and `ours` are the parameters
    that the paper states and those that are chosen here.
    """

    title: str
    settings: tuple[str, ...]
    given: str
    ours: str
    keep: Callable[[Setting], Iterable[int]]
    measure: Callable[[Run], Any]
    draw: Callable[[Any, Any], None]
    claims: Callable[[Sequence[Any]], Iterable[Said]]


@dataclass(frozen=True)
class Made:
    """A figure with its measured data by setting, claims, and the assumptions of each setting."""

    plot: Plot
    drawn: Figure
    measured: Mapping[str, Any]
    claims: tuple[Said, ...]
    assumptions: Mapping[str, AssumptionTable]

    @property
    def caption(self) -> str:
        """Title, parameters, claims and assumptions as Markdown."""
        lines = [
            f"**{escape(self.plot.title)}** From the paper: {escape(self.plot.given)}.",
            f"Ours: {escape(self.plot.ours)}.",
            "",
            *table(("said of it", "on these runs", "measured"), [told(c) for c in self.claims]),
        ]
        for name, of in self.assumptions.items():
            broken = [row for row in of.rows if not row.holds]
            lines += [
                "",
                f"Assumptions at `{name}` (C = {number(of.C)}): {len(of.rows) - len(broken)} of {len(of.rows)} hold.",
                "",
                *table(("assumption", "says", "sides", "holds"), map(_assumption, of.rows)),
            ]
        return "\n".join(lines) + "\n"


def _assumption(row: AssumptionRow) -> tuple[str, ...]:
    sides = f"{number(row.lhs)} {row.relation} {number(row.rhs)}"
    return row.id, row.says, sides, "yes" if row.holds else "no"


def told(claim: Said) -> tuple[str, str, str]:
    """A claim as a row of a table."""
    return claim.says, "holds" if claim.holds else "does not hold", claim.measured


def find(paper: Paper, name: str) -> Plot:
    """A figure of a paper by its number."""
    if name not in paper.figures:
        known = ", ".join(paper.figures) or "(none)"
        raise InputError(f"figure {name!r}: paper {paper.name!r} has no such figure; expected one of {known}")
    return paper.figures[name]


def make(
    paper: Paper, name: str, *, changes: Mapping[str, Any] | None = None, progress: Progress | None = None
) -> Made:
    """Simulate the runs of a figure and draw it; `changes` replace keys of all its settings."""
    from rfa.audit import find_setting, simulate
    from rfa.report.plotting import blank

    plot = find(paper, name)
    measured: dict[str, Any] = {}
    tables = {}
    for each in plot.settings:
        setting = find_setting(each, paper).override(**(changes or {}))
        run = simulate(setting, paper=paper, keep=plot.keep(setting), progress=progress)
        measured[each] = plot.measure(run)
        if paper.assumptions is not None:
            tables[each] = paper.assumptions(setting, None)
    drawn, axes = blank(5.6 * len(measured), 4.2, len(measured))
    for panel, each in zip([axes] if len(measured) == 1 else axes, measured, strict=True):
        plot.draw(panel, measured[each])
    return Made(plot, drawn, measured, tuple(plot.claims(list(measured.values()))), tables)


def write(made: Made, stem: Path, formats: Sequence[str] = ("svg",)) -> list[Path]:
    """Write a figure as `stem`.svg, .png or .pdf, and its caption as `stem`.md."""
    from rfa.report.files import replacing
    from rfa.report.plotting import svg

    written = []
    for suffix in formats:
        with replacing(stem.with_suffix(f".{suffix}")) as fresh:
            if suffix == "svg":
                fresh.write_text(svg(made.drawn), encoding="utf-8")
            else:
                dates = {"CreationDate": None} if suffix == "pdf" else {}
                made.drawn.savefig(fresh, format=suffix, dpi=150, metadata=dates)
        written.append(stem.with_suffix(f".{suffix}"))
    with replacing(stem.with_suffix(".md")) as fresh:
        fresh.write_text(made.caption, encoding="utf-8")
    return [*written, stem.with_suffix(".md")]
