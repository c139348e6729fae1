"""Studies, sweeps and reports of violations as HTML pages, on the same parts as the page of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfa.papers import Paper
from rfa.report import plotting
from rfa.report.page import Picture
from rfa.report.sheet import Cell, Section, Sheet, chip, code, formula, page
from rfa.studies.breakpoints import Break
from rfa.studies.replay import replay_command
from rfa.studies.summary import Rate, Rates
from rfa.studies.violations import Map, Violation, Violations
from rfa.verdicts import Outcome

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rfa.studies.sweeps import Sweep

BAD = (Outcome.REFUTED, Outcome.ERROR)
MOST_PICTURES = 12
"""Maps or curves of a sweep that are drawn, those with the most failures first."""

Facts = dict[str, str | float]
Point = tuple[Mapping[str, Any], Rates]


def study_page(rates: Rates, paper: Paper, file: Path, command: str) -> str:
    """The page of a study: what is refuted first, then claimed probabilities, other rates, and what failed where."""
    method = "exact binomial (Clopper–Pearson)" if rates.method == "exact" else "anytime-valid confidence sequence"
    notes = [
        f"All {len(rates.rates)} intervals hold together with probability at least {1 - rates.level:g} ({method}, "
        f"union bound), so the probability of any wrong verdict is at most {rates.level:g}."
    ]
    if rates.conditioned:
        notes.append(f"The runs are conditioned on {rates.conditioned}; claimed probabilities do not speak of them.")
    s = rates.setting
    facts: Facts = {"trials": rates.trials, "ended in an error": rates.errors, "first seed": str(s.seed)}
    facts |= {"n": s.n, "d": s.d, "m": s.m, "α": s.step_size, "σ√d": s.sigma * s.d**0.5, "η": s.eta, "δ": s.delta}
    sections = list(rate_sections(rates, paper, file))
    bad = any(r.outcome in BAD for r in rates.rates)
    return page(Sheet(s.name, "study", paper.title, sentence(rates), bad, facts, sections, notes, command))


def sentence(rates: Rates) -> str:
    """The verdict of a study in one sentence."""
    bad = [r.claim for r in rates.rates if r.outcome in BAD]
    if bad:
        more = f" and {len(bad) - 5} more" if len(bad) > 5 else ""
        return f"REFUTED in {rates.trials} trials: {', '.join(bad[:5])}{more}."
    counts: dict[str, int] = {}
    for r in rates.rates:
        counts[r.outcome.name] = counts.get(r.outcome.name, 0) + 1
    told = ", ".join(f"{count} {name.lower().replace('_', ' ')}" for name, count in counts.items())
    return f"Nothing is refuted in {rates.trials} trials: of {len(rates.rates)} conclusions {told or 'none'}."


def rate_sections(rates: Rates, paper: Paper, file: Path) -> Iterator[Section]:
    """Failing rows, claimed probabilities, other rates, and what was not judged."""
    titles = {s.id: s.title for s in paper.results}
    failing = [r for r in rates.rates if r.counts.failed and r.worst is not None]
    if failing:
        failing.sort(key=lambda r: r.outcome not in BAD)
        head = ("claim", "outcome", "failed", "least slack", "made again by")
        yield Section("What failed", head=head, rows=[_failing(r, file) for r in failing])
    promised = [r for r in rates.rates if r.claimed is not None]
    other = [r for r in rates.rates if r.claimed is None]
    columns = ("claim", "statement", "verdict", "failed", "failure rate within", "claimed at most", "exact", "notes")
    for title, rows in (("Claimed probabilities", promised), ("Other conclusions", other)):
        if rows:
            cells = [_rate(r, titles) for r in rows]
            yield Section(title, head=columns, rows=cells, pictures=rate_pictures(title, rows))
    if rates.idle:
        yield Section("Not judged", head=("statement", "reason"), rows=list(rates.idle.items()))


def _failing(r: Rate, file: Path) -> tuple[Cell, ...]:
    failed = f"{r.counts.failed} / {r.counts.trials}"
    return r.claim, chip(r.outcome.name), failed, r.least_slack, code(replay_command(file, r.worst or 0))


def _rate(r: Rate, titles: Mapping[str, str]) -> tuple[Cell, ...]:
    return (
        r.claim, titles.get(r.statement, ""), chip(r.outcome.name), *_counted(r), r.claimed,
        None if r.exact is None else 1 - r.exact, "; ".join(r.notes),
    )  # fmt: skip


def _counted(r: Rate) -> tuple[str, str]:
    """Failures among the trials, and the interval of their rate."""
    return f"{r.counts.failed} / {r.counts.trials}", f"[{r.failures.lower:.3g}, {r.failures.upper:.3g}]"


def rate_pictures(title: str, rows: Sequence[Rate]) -> list[Picture]:
    """The failure rates with their intervals, if matplotlib is there."""
    if not plotting.available():
        return []
    from rfa.report.study_pictures import Bar, rates

    bars = [
        Bar(r.claim, r.counts.failed / r.counts.trials, r.failures.lower, r.failures.upper, r.claimed,
            None if r.exact is None else 1 - r.exact)
        for r in rows
    ]  # fmt: skip
    return [_picture("rates", title, rates, bars)]


def _picture(name: str, title: str, draw: Any, *drawn: Any) -> Picture:
    figure: Figure = draw(*drawn)
    return Picture(name, title, " ".join(draw.__doc__.split()), plotting.svg(figure))


# ---- sweeps ------------------------------------------------------------------------------------------------------


def sweep_page(name: str, grid: Sweep, points: Sequence[Point], paper: Paper, command: str) -> str:
    """The page of a sweep: pictures of the conclusions that fail somewhere, then every point."""
    rows = [(changes, r) for changes, rates in points for r in rates.rates]
    bad = [f"{r.claim} at {_place(changes)}" for changes, r in rows if r.outcome in BAD]
    failing = [r for _, r in rows if r.counts.failed]
    told = f"Nothing is refuted at {len(points)} points; at {len(failing)} of {len(rows)} places a conclusion fails."
    if bad:
        more = f" and at {len(bad) - 3} more places" if len(bad) > 3 else ""
        told = f"REFUTED: {', '.join(bad[:3])}{more}."
    head = (*grid.axes, "claim", "outcome", "failed", "failure rate within", "least slack")
    cells = [
        (*(_plain(x) for x in changes.values()), r.claim, chip(r.outcome.name), *_counted(r), r.least_slack)
        for changes, r in rows
    ]
    sections = [Section("Every point", head=head, rows=cells)]
    if drawn := sweep_pictures(grid, points):
        sections.insert(0, Section("Where conclusions fail", pictures=drawn))
    facts: Facts = {"base": grid.base.name, "points": len(points), "trials each": grid.trials}
    facts |= {axis: f"{_plain(v[0])} … {_plain(v[-1])} ({len(v)})" for axis, v in grid.axes.items()}
    return page(Sheet(name, "sweep", paper.title, told, bool(bad), facts, sections, (), command))


def sweep_pictures(grid: Sweep, points: Sequence[Point]) -> list[Picture]:
    """A curve (one axis) or map (two axes) of every conclusion that fails somewhere, if matplotlib is there."""
    if len(grid.axes) > 2 or not plotting.available():
        return []
    by_claim: dict[str, list[Rate]] = {}
    for _, rates in points:
        for r in rates.rates:
            by_claim.setdefault(r.claim, []).append(r)
    whole = {claim: found for claim, found in by_claim.items() if len(found) == len(points)}
    failures = {claim: sum(r.counts.failed for r in found) for claim, found in whole.items()}
    chosen = sorted((c for c in whole if failures[c]), key=lambda c: -failures[c])[:MOST_PICTURES]
    draw = _curve if len(grid.axes) == 1 else _heat_map
    return [found for claim in chosen if (found := draw(claim, grid, whole[claim])) is not None]


def _curve(claim: str, grid: Sweep, found: Sequence[Rate]) -> Picture | None:
    from rfa.report.study_pictures import Dot, curve

    ((axis, values),) = grid.axes.items()
    if not all(isinstance(x, int | float) for x in values):
        return _heat_map(claim, grid, found)
    dots = [
        Dot(float(x), share(r), 1 - r.failures.upper, 1 - r.failures.lower)
        for x, r in zip(values, found, strict=True)
    ]
    return _picture(claim, claim, curve, axis, dots)


def _heat_map(claim: str, grid: Sweep, found: Sequence[Rate]) -> Picture:
    from rfa.report.study_pictures import heat_map

    *first, columns = grid.axes.items()
    rows = first[0] if first else ("", ("",))
    shares = [share(r) for r in found]
    width = len(columns[1])
    lines = [shares[k : k + width] for k in range(0, len(shares), width)]
    return _picture(claim, claim, heat_map, rows, columns, lines)


def share(r: Rate) -> float:
    """The share of trials in which a conclusion held."""
    return (r.counts.trials - r.counts.failed - r.counts.unknown) / r.counts.trials


def _plain(x: Any) -> str:
    return f"{x:.4g}" if isinstance(x, float) else str(x)


def _place(changes: Mapping[str, Any]) -> str:
    return ", ".join(f"{axis} = {_plain(x)}" for axis, x in changes.items())


# ---- violations --------------------------------------------------------------------------------------------------


def violations_page(report: Violations, paper: Paper, file: Path, command: str) -> str:
    """The page of a report of violations: assumptions, what rests on them, break points, maps, rates."""
    overstepped = [v.assumption for v in report.violations]
    told = ", ".join(f"{a.id} ({a.excess:.3g} ×)" for a in overstepped) or "none"
    verdict = f"At C = {report.C:.4g} overstepped: {told}. {sentence(report.rates)}"
    low, high = report.feasible
    together = f"[{low:.4g}, {high:.4g}]" if low <= high else "none"
    facts: Facts = {"C": report.C, "all hold together for C in": together, "trials": report.rates.trials}
    sections = [*_assumptions(report), *(_violation(v, file) for v in report.violations)]
    if report.breaks:
        drawn = break_pictures(report.breaks, report.setting.delta)
        sections.append(Section("Break points", words=[b.says for b in report.breaks], pictures=drawn))
    if report.maps and plotting.available():
        sections.append(Section("Maps", pictures=[map_picture(one) for one in report.maps]))
    if report.nearest is not None:
        rows = [(name, was, would, would / was if was else None) for name, was, would in report.nearest.changes]
        words = (f"At C = {report.nearest.C:.4g}; a descent, not a proof that none is nearer.",)
        sections.append(Section("Nearest setting", words, ("coordinate", "is", "would be", "factor"), rows))
    sections += rate_sections(report.rates, paper, file)
    bad = any(r.outcome in BAD for r in report.rates.rates)
    return page(Sheet(report.setting.name, "violations", paper.title, verdict, bad, facts, sections, (), command))


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
    rows: list[tuple[Cell, ...]] = [_failing(r, file) for r in v.failing if r.worst is not None]
    head = ("fails in fact", "outcome", "failed", "least slack", "made again by")
    return Section(f"{v.assumption.id} is overstepped {v.assumption.excess:.4g} ×", words, head, rows)


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
            pictures.append(_picture(b.claim, f"{b.claim} along {b.assumption}", break_curve, *drawn))
    return pictures


def map_picture(of: Map) -> Picture:
    """A map of a report of violations."""
    from rfa.report.study_pictures import heat_map

    title = f"{of.statement}: share of {of.trials} trials in which it held"
    return _picture(of.statement, title, heat_map, of.rows, of.columns, of.shares)
