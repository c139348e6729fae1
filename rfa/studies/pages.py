"""Studies, sweeps and scalings as HTML pages, on the same parts as the page of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rfa.papers import Paper
from rfa.report import plotting
from rfa.report.page import RELATIONS, Picture
from rfa.report.sheet import Cell, Section, Sheet, chip, code, formula, page
from rfa.studies.replay import replay_command
from rfa.studies.scaling import TOLERANCE, ScalingVerdict
from rfa.studies.summary import Rate, Rates
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
    bad = not sound(rates)
    return page(Sheet(s.name, "study", paper.title, sentence(rates), bad, facts, sections, notes, command))


def sound(rates: Rates) -> bool:
    """Whether nothing is refuted and every trial could be evaluated."""
    return not rates.errors and not any(r.outcome in BAD for r in rates.rates)


def sentence(rates: Rates) -> str:
    """The verdict of a study in one sentence."""
    ended = f"{rates.errors} of {rates.trials} trials ended in an error. " if rates.errors else ""
    return ended + _verdict(rates)


def _verdict(rates: Rates) -> str:
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
        yield Section("What failed", head=head, rows=[failing_cells(r, file) for r in failing])
    promised = [r for r in rates.rates if r.claimed is not None]
    other = [r for r in rates.rates if r.claimed is None]
    columns = ("claim", "statement", "verdict", "failed", "failure rate within", "claimed at most", "exact", "notes")
    for title, rows in (("Claimed probabilities", promised), ("Other conclusions", other)):
        if rows:
            cells = [_rate(r, titles) for r in rows]
            yield Section(title, head=columns, rows=cells, pictures=rate_pictures(title, rows))
    if rates.idle:
        yield Section("Not judged", head=("statement", "reason"), rows=list(rates.idle.items()))


def failing_cells(r: Rate, file: Path) -> tuple[Cell, ...]:
    """A failing conclusion, with the command that makes its worst row again."""
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
    return [picture("rates", title, rates, bars)]


def picture(name: str, title: str, draw: Any, *drawn: Any) -> Picture:
    """What `draw` makes of its arguments; its docstring is the caption."""
    figure: Figure = draw(*drawn)
    return Picture(name, title, " ".join(draw.__doc__.split()), plotting.svg(figure))


# ---- sweeps ------------------------------------------------------------------------------------------------------


def sweep_page(name: str, grid: Sweep, points: Sequence[Point], paper: Paper, command: str) -> str:
    """The page of a sweep: pictures of the conclusions that fail somewhere, then every point."""
    rows = [(changes, r) for changes, rates in points for r in rates.rates]
    bad = not all(sound(rates) for _, rates in points)
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
    return page(Sheet(name, "sweep", paper.title, sweep_sentence(points), bad, facts, sections, (), command))


def sweep_sentence(points: Sequence[Point]) -> str:
    """The verdict of a sweep in one sentence."""
    rows = [(changes, r) for changes, rates in points for r in rates.rates]
    bad = [f"{r.claim} at {_place(changes)}" for changes, r in rows if r.outcome in BAD]
    if bad:
        more = f" and at {len(bad) - 3} more places" if len(bad) > 3 else ""
        return f"REFUTED: {', '.join(bad[:3])}{more}."
    failing = sum(r.counts.failed > 0 for _, r in rows)
    if errors := sum(rates.errors for _, rates in points):
        return f"{errors} trials ended in an error; at {failing} of {len(rows)} places a conclusion fails."
    return f"Nothing is refuted at {len(points)} points; at {failing} of {len(rows)} places a conclusion fails."


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
    return picture(claim, claim, curve, axis, dots)


def _heat_map(claim: str, grid: Sweep, found: Sequence[Rate]) -> Picture:
    from rfa.report.study_pictures import heat_map

    *first, columns = grid.axes.items()
    rows = first[0] if first else ("", ("",))
    shares = [share(r) for r in found]
    width = len(columns[1])
    lines = [shares[k : k + width] for k in range(0, len(shares), width)]
    return picture(claim, claim, heat_map, rows, columns, lines)


def share(r: Rate) -> float:
    """The share of trials in which a conclusion held."""
    return (r.counts.trials - r.counts.failed - r.counts.unknown) / r.counts.trials


def _plain(x: Any) -> str:
    return f"{x:.4g}" if isinstance(x, float) else str(x)


def _place(changes: Mapping[str, Any]) -> str:
    return ", ".join(f"{axis} = {_plain(x)}" for axis, x in changes.items())


# ---- scalings ----------------------------------------------------------------------------------------------------


def scaling_page(verdicts: Sequence[ScalingVerdict], paper: Paper, command: str) -> str:
    """The page of fitted exponents against the claimed ones, with the points of every fit."""
    verdict, bad = scaling_sentence(verdicts), any(v.outcome in BAD for v in verdicts)
    head = ("scaling", "says", "along", "claimed exponent", "fitted", "within", "bend within", "outcome", "points")
    notes = (
        "Least squares on logarithms with Student's interval; a bend away from 0 says that no single power describes "
        f"the points. An exponent that is claimed exactly is confirmed within {TOLERANCE:g} of the claim.",
    )
    facts: Facts = {"scalings": len(verdicts)}
    rows = [_exponent(v) for v in verdicts]
    sections = [Section("Exponents", head=head, rows=rows, pictures=power_pictures(verdicts))]
    sheet = Sheet(paper.name, "scalings", paper.title, verdict, bad, facts, sections, notes, command)
    return page(sheet)


def scaling_sentence(verdicts: Sequence[ScalingVerdict]) -> str:
    """The verdict on claimed exponents in one sentence."""
    bad = [f"{v.scaling.id} ({v.outcome.name})" for v in verdicts if v.outcome in BAD]
    confirmed = sum(v.outcome is Outcome.CONFIRMED for v in verdicts)
    told = f"{confirmed} of {len(verdicts)} claimed exponents are confirmed"
    return f"Not as claimed: {', '.join(bad)}. {told}." if bad else f"Nothing is refuted; {told}."


def _exponent(v: ScalingVerdict) -> tuple[Cell, ...]:
    s, fit = v.scaling, v.fit
    claimed = f"{RELATIONS[s.relation]} {s.exponent:g}"
    if fit is None:
        return s.id, formula(s.says), s.along, claimed, v.reason, None, None, chip(v.outcome.name), len(v.data)
    within, bend = (f"[{low:.4g}, {high:.4g}]" for low, high in ((fit.lower, fit.upper), fit.bend[1:]))
    return (
        s.id, formula(s.says), s.along, claimed, fit.exponent, within, bend, chip(v.outcome.name), len(v.data),
    )  # fmt: skip


def power_pictures(verdicts: Sequence[ScalingVerdict]) -> list[Picture]:
    """The points of every scaling with the fitted power, if matplotlib is there."""
    if not plotting.available():
        return []
    from rfa.report.study_pictures import power_law

    made = []
    for v in verdicts:
        if v.fit is not None:
            drawn = (v.scaling.says, v.scaling.along, v.data, v.fit.exponent, v.fit.level)
            made.append(picture(v.scaling.id, v.scaling.id, power_law, *drawn))
    return made
