"""Several papers on one run, side by side: what each proves, with what C, and where each loses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rfa.report.markdown import escape, figure, table
from rfa.report.model import Report, word

Needed = Mapping[str, Mapping[str, float]]
"""By paper, the C that each version of its proof needs."""


def comparison(reports: Sequence[Report], needed: Needed) -> str:
    """The Markdown of reports of several papers on one run."""
    parts = (_verdicts(reports), _needed(reports, needed), _margins(reports), _losses(reports))
    head = f"# {escape(reports[0].name)}: {len(reports)} proofs side by side"
    return "\n\n".join([head, *("\n".join(lines) for part in parts if (lines := list(part)))]) + "\n"


def _name(report: Report) -> str:
    return str(report.document["paper"]["name"])


def _verdicts(reports: Sequence[Report]) -> Iterator[str]:
    yield from table(
        ("proof", "conclusions", "links", "verdict"),
        ((_name(r), _counted(r.counts), _counted(r.link_counts), r.sentence) for r in reports),
    )


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {word(outcome)}" for outcome, count in counts.items())


def _needed(reports: Sequence[Report], needed: Needed) -> Iterator[str]:
    rows = [(_name(r), version, figure(C)) for r in reports for version, C in needed.get(_name(r), {}).items()]
    if rows:
        yield "## How large C has to be\n"
        yield from table(("proof", "version", "C at least"), rows)


def _ledgers(reports: Sequence[Report]) -> Iterator[tuple[Report, Mapping[str, Any]]]:
    return ((report, ledger) for report in reports for ledger in report.document["ledgers"])


def _margins(reports: Sequence[Report]) -> Iterator[str]:
    rows = [
        (_name(report), one["claim"], figure(one["measured"]), figure(one["proved"]), figure(one["total"]))
        for report, one in _ledgers(reports)
    ]
    if rows:
        yield "## Measured and proved\n"
        yield from table(("proof", "claim", "measured", "proved", "loss"), rows)


def _losses(reports: Sequence[Report]) -> Iterator[str]:
    rows = [
        (_name(report), one["claim"], entry["name"], figure(entry["factor"]), entry["says"])
        for report, one in _ledgers(reports)
        for entry in one["entries"]
    ]
    if rows:
        yield "## Loss of each step\n"
        yield from table(("proof", "claim", "step", "factor", "what it does"), rows)
