"""Several papers on one run, side by side: what each proves, with what C, and where each loses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rfa.report.markdown import escape, figure, outcome_counts, table
from rfa.report.model import Report, conclusion, premises, word

Needed = Mapping[str, Mapping[str, float]]
"""By paper, the C that each version of its proof needs."""


@dataclass(frozen=True)
class Section:
    """One table of a comparison; its cells are plain text."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def sections(reports: Sequence[Report], needed: Needed, goals: Mapping[str, Sequence[str]]) -> list[Section]:
    """The tables of a comparison; `goals` are the conclusions to compare, by paper."""
    margins = ("proof", "claim", "measured", "proved", "loss")
    losses = ("proof", "claim", "step", "factor", "what it does")
    found = (
        Section("Verdicts", ("proof", "conclusions", "links", "verdict"), tuple(_verdicts(reports))),
        Section("What the proofs say of this run", ("proof", "note"), tuple(_notes(reports))),
        Section(
            "What all of them prove", ("proof", "claim", "says", "premises", "conclusion", "outcome"),
            tuple(_goals(reports, goals)),
        ),
        Section("How large C has to be", ("proof", "version", "C at least"), tuple(_needed(reports, needed))),
        Section("Measured and proved", margins, tuple(_margins(reports))),
        Section("Loss of each step", losses, tuple(_losses(reports))),
    )  # fmt: skip
    return [one for one in found if one.rows]


def title(reports: Sequence[Report]) -> str:
    """The head line of a comparison."""
    return f"{reports[0].name}: {len(reports)} proofs side by side"


def comparison(reports: Sequence[Report], needed: Needed, goals: Mapping[str, Sequence[str]]) -> str:
    """The Markdown of reports of several papers on one run."""
    parts = (f"## {s.title}\n\n" + "\n".join(table(s.head, s.rows)) for s in sections(reports, needed, goals))
    return "\n\n".join([f"# {escape(title(reports))}", *parts]) + "\n"


def _name(report: Report) -> str:
    return str(report.document["paper"]["name"])


def _verdicts(reports: Sequence[Report]) -> Iterator[tuple[str, ...]]:
    for r in reports:
        yield _name(r), _counted(r.counts), _counted(r.link_counts), r.sentence


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {word(outcome)}" for outcome, count in counts.items())


def _notes(reports: Sequence[Report]) -> Iterator[tuple[str, ...]]:
    return ((_name(report), note) for report in reports for note in report.document["notes"])


def _goals(reports: Sequence[Report], goals: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    for report in reports:
        for row in (report[id] for id in goals.get(_name(report), ())):
            yield _name(report), row["id"], row["says"], premises(row, 3), conclusion(row), outcome_counts(row).lower()


def _needed(reports: Sequence[Report], needed: Needed) -> Iterator[tuple[str, ...]]:
    for report in reports:
        for version, C in needed.get(_name(report), {}).items():
            yield _name(report), version, figure(C)


def _ledgers(reports: Sequence[Report]) -> Iterator[tuple[Report, Mapping[str, Any]]]:
    return ((report, ledger) for report in reports for ledger in report.document["ledgers"])


def _margins(reports: Sequence[Report]) -> Iterator[tuple[str, ...]]:
    for report, one in _ledgers(reports):
        yield _name(report), one["claim"], *(figure(one[key]) for key in ("measured", "proved", "total"))


def _losses(reports: Sequence[Report]) -> Iterator[tuple[str, ...]]:
    for report, one in _ledgers(reports):
        for entry in one["entries"]:
            yield _name(report), one["claim"], entry["name"], figure(entry["factor"]), entry["says"]
