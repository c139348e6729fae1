"""Reports of violations and of break points as HTML pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rfa.papers import Paper
from rfa.report import plotting
from rfa.report.page import Picture
from rfa.report.sheet import Cell, Section, Sheet, chip, formula, page
from rfa.setting import Setting
from rfa.studies.breakpoints import Break
from rfa.studies.pages import Facts, failing_cells, picture, rate_sections, sentence, sound
from rfa.studies.violations import Map, Violation, Violations

TESTED = {1: "HOLDS", 0: "UNDECIDED", -1: "FAILS"}
"""By what a test of a value gave: whether the rate there is at least 1 − δ."""


def violations_page(report: Violations, paper: Paper, file: Path, command: str) -> str:
    """The page of a report of violations: assumptions, what rests on them, break points, maps, rates."""
    verdict = violations_sentence(report)
    low, high = report.feasible
    together = f"[{low:.4g}, {high:.4g}]" if low <= high else "none"
    facts: Facts = {"C": report.C, "all hold together for C in": together, "trials": report.rates.trials}
    sections = [*_assumptions(report), *(_violation(v, file) for v in report.violations)]
    sections += break_sections(report.breaks, report.setting.delta)
    if report.maps and plotting.available():
        sections.append(Section("Maps", pictures=[map_picture(one) for one in report.maps]))
    if report.nearest is not None:
        rows = [(name, was, would, would / was if was else None) for name, was, would in report.nearest.changes]
        words = (f"At C = {report.nearest.C:.4g}; a descent, not a proof that none is nearer.",)
        sections.append(Section("Nearest setting", words, ("coordinate", "is", "would be", "factor"), rows))
    sections += rate_sections(report.rates, paper, file)
    bad = not sound(report.rates)
    return page(Sheet(report.setting.name, "violations", paper.title, verdict, bad, facts, sections, (), command))


def violations_sentence(report: Violations) -> str:
    """What is overstepped, and the verdict of the trials."""
    told = ", ".join(f"{v.assumption.id} ({v.assumption.excess:.3g} ×)" for v in report.violations) or "none"
    return f"At C = {report.C:.4g} overstepped: {told}. {sentence(report.rates)}"


def _assumptions(report: Violations) -> Iterator[Section]:
    rows: list[tuple[Cell, ...]] = [
        (
            a.id, formula(a.says), chip("holds" if a.holds else "fails"), a.lhs, a.rhs,
            None if a.holds else f"{a.excess:.4g} ×",
        )
        for a in report.assumptions
    ]  # fmt: skip
    yield Section("Assumptions", head=("assumption", "says", "at this C", "left", "right", "overstepped"), rows=rows)
    laws: list[tuple[Cell, ...]] = [(f.name, chip("holds" if f.holds else "fails"), f.says) for f in report.features]
    yield Section("Laws", head=("of the laws", "holds", "says"), rows=laws)


def _violation(v: Violation, file: Path) -> Section:
    goals = ", ".join(v.goals) or "the goals"
    words = [
        f"Used by {', '.join(v.direct) or 'nothing'}; all that rests on it: {', '.join(v.all) or 'nothing'}.",
        f"No link on the way to {goals} breaks on the runs looked at."
        if v.broken is None
        else f"First broken link on the way {' → '.join(v.broken.path)}: {v.broken.link} of {v.broken.statement}.",
        f"Hold nevertheless in every trial: {', '.join(r.claim for r in v.holding) or 'none'}.",
    ]
    rows: list[tuple[Cell, ...]] = [failing_cells(r, file) for r in v.failing if r.worst is not None]
    head = ("fails in fact", "outcome", "failed", "least slack", "made again by")
    return Section(f"{v.assumption.id} is overstepped {v.assumption.excess:.4g} ×", words, head, rows)


def map_picture(of: Map) -> Picture:
    """A map of a report of violations."""
    from rfa.report.study_pictures import heat_map

    title = f"{of.statement}: share of {of.trials} trials in which it held"
    return picture(of.statement, title, heat_map, of.rows, of.columns, of.shares)


# ---- break points ------------------------------------------------------------------------------------------------


def breaks_page(breaks: Sequence[Break], setting: Setting, paper: Paper, level: float, command: str) -> str:
    """The page of break points: where each conclusion breaks, curves with intervals, every value that was tried."""
    verdict = breaks_sentence(breaks)
    facts: Facts = {"a conclusion holds where its rate is at least": 1 - setting.delta, "δ": setting.delta}
    facts |= {"n": setting.n, "d": setting.d, "m": setting.m}
    notes = (
        "Rates are supposed to fall along each coordinate; then all intervals are right together with probability at "
        f"least {1 - level:g}. Values that the trials leave undecided lie inside the intervals.",
    )
    sections = list(break_sections(breaks, setting.delta))
    sheet = Sheet(setting.name, "break points", paper.title, verdict, None, facts, sections, notes, command)
    return page(sheet)


def breaks_sentence(breaks: Sequence[Break]) -> str:
    """The break points in one sentence; if they are many, how many of them are found."""
    if len(breaks) <= 2:
        return f"{'. '.join(b.says for b in breaks)}." if breaks else "No break point was sought."
    found = sum(b.value is not None for b in breaks)
    return f"{found} of {len(breaks)} break points are found between two values."


def break_sections(breaks: Sequence[Break], delta: float) -> Iterator[Section]:
    """Break points in words, curves and a table, and every value that was tried."""
    if not breaks:
        return
    rows: list[tuple[Cell, ...]] = [
        (b.claim, b.assumption, f"{b.coordinate} {'≤' if b.direction > 0 else '≥'} {b.asked:.4g}", b.holds_at,
         b.fails_at, None if b.value is None else (b.value / b.asked) ** b.direction)
        for b in breaks
    ]  # fmt: skip
    head = ("claim", "along", "asks", "holds at", "fails at", "beyond what is asked ×")
    words = [f"{b.says}." for b in breaks]
    yield Section("Break points", words, head, rows, break_pictures(breaks, delta))
    tried: list[tuple[Cell, ...]] = [
        (b.claim, b.assumption, f"{b.coordinate} = {x:.4g}", chip(TESTED[b.tested[x]]), f"{t.failed} / {t.trials}",
         f"[{t.failures.lower:.3g}, {t.failures.upper:.3g}]")
        for b in breaks
        for x, t in sorted(b.seen.items())
    ]  # fmt: skip
    head = ("claim", "along", "at", "rate at least 1 − δ", "failed", "failure rate within")
    yield Section("Every value that was tried", head=head, rows=tried)


def break_pictures(breaks: Sequence[Break], delta: float) -> list[Picture]:
    """The share of trials in which a conclusion held at every value that was tried, if matplotlib is there."""
    if not plotting.available():
        return []
    from rfa.report.study_pictures import Dot, break_curve

    pictures = []
    for b in breaks:
        dots = [
            Dot(x, 1 - t.failed / t.trials, 1 - t.failures.upper, 1 - t.failures.lower) for x, t in b.seen.items()
        ]
        if dots:
            drawn = (b.coordinate, dots, b.asked, 1 - delta, (b.holds_at, b.fails_at))
            pictures.append(picture(b.claim, f"{b.claim} along {b.assumption}", break_curve, *drawn))
    return pictures
