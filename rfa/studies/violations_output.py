"""The assumption-violation report in words, tables and maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rfa.command_line import write_text
from rfa.report import plotting
from rfa.setting import Setting
from rfa.studies.breakpoints import Break
from rfa.studies.output import interval, rates_markdown, table
from rfa.studies.replay import replay_command
from rfa.studies.summary import Rate, conditions
from rfa.studies.trials import CERTIFICATE
from rfa.studies.violations import Map, Violation, Violations
from rfa.studies.violations_pages import map_picture


def violations_markdown(report: Violations, path: Path, breaks_by: str = "") -> str:
    """The assumption-violation report in words and tables; `breaks_by` is the command that seeks break points."""
    title = f"# Assumptions and violations: {report.setting.name}\n"
    parts = [title, *_in_short(report, breaks_by), *_assumptions(report)]
    for v in report.violations:
        parts += _violation_lines(v, path)
    parts += _premises(report)
    if report.breaks:
        told = breaks_markdown(report.breaks, report.level / 2, report.setting)
        parts += ["## Break points, one assumption at a time\n", told]
    parts += _nearest(report)
    parts.append(rates_markdown("Rates", report.rates, path).replace("# Rates\n", "## Rates\n", 1))
    return "\n".join(parts)


def _in_short(report: Violations, breaks_by: str) -> Iterator[str]:
    """What fails, by what factor, and what holds all the same."""
    low, high = report.feasible
    chosen = "" if report.setting.C is not None else ", the least that its lower bounds allow"
    together = f"all hold together for C in {interval(low, high)}" if low <= high else "no single C satisfies all"
    yield f"Judged at C = {report.C:.6g}{chosen}; {together}.\n"
    broken = [f"{a.id} ({a.excess:.4g} ×)" for a in report.assumptions if not a.holds]
    kept = [a.id for a in report.assumptions if a.holds]
    lacking = [f"{f.name} ({f.says})" for f in report.features if not f.holds]
    rates, trials = report.rates.rates, report.rates.trials
    failing = [r for r in rates if r.counts.failed]
    holding = [r for r in rates if not r.counts.failed and not r.counts.unknown]
    open_ones = [r for r in rates if not r.counts.failed and r.counts.unknown]
    yield f"- Overstepped: {', '.join(broken) or 'none'}. Satisfied: {', '.join(kept) or 'none'}."
    yield f"- Not as assumed of the laws: {', '.join(lacking) or 'nothing'}."
    bound = f"; each fails with probability at most {holding[0].failures.upper:.3g}" if holding else ""
    yield f"- Conclusions that hold in all {trials} trials{bound}: {_grouped(holding)}."
    yield f"- Conclusions that fail: {_grouped(failing, count=True)}."
    if open_ones:
        yield f"- Left undecided in some trial: {_grouped(open_ones)}."
    if not report.breaks:
        by = f"`{breaks_by}`" if breaks_by else "`--break CLAIM`"
        yield f"- Break points were not sought: they take some thousand runs. {by} does (another --out, --set steps=T)."
    yield ""


def _grouped(rates: Sequence[Rate], *, count: bool = False) -> str:
    """Conclusions by statement, `L13 (ao, nac.on)`; with `count`, in how many trials each failed."""
    groups: dict[str, list[str]] = {}
    for r in rates:
        short = r.claim.removeprefix(r.statement).removeprefix(".")
        times = f"{r.counts.failed} of {r.counts.trials}" if count else ""
        groups.setdefault(r.statement, []).append(" ".join(w for w in (short, times) if w))
    told = [f"{id} ({', '.join(kept)})" if (kept := [w for w in words if w]) else id for id, words in groups.items()]
    return ", ".join(told) or "none"


def _assumptions(report: Violations) -> Iterator[str]:
    rows = [
        (
            a.id, a.says, "holds" if a.holds else f"overstepped {a.excess:.4g} ×", a.lhs, a.rhs,
            _constants(a.least_C, a.largest_C),
        )
        for a in report.assumptions
    ]  # fmt: skip
    yield table(("assumption", "says", "at this C", "left", "right", "holds for C"), rows)
    laws = [(f.name, "holds" if f.holds else "FAILS", f.says) for f in report.features]
    yield table(("of the laws", "", ""), laws)


def _violation_lines(v: Violation, path: Path) -> Iterator[str]:
    """What one violation touches and breaks."""
    yield f"## {v.assumption.id} is overstepped {v.assumption.excess:.4g} ×\n"
    yield f"Used by {', '.join(v.direct) or 'nothing'}; all that rests on it: {', '.join(v.all) or 'nothing'}.\n"
    goals, broken = ", ".join(v.goals) or "the goals", v.broken
    if broken is None:
        yield f"No link on the way to {goals} breaks on the trials whose links were judged.\n"
    else:
        needs = f"; premises of this link that fail there: {', '.join(broken.needs)}" if broken.needs else ""
        yield (
            f"First broken link on the way {' → '.join(broken.path)}: {broken.link} of {broken.statement}, in "
            f"{broken.times} of {broken.trials} trials{needs} (`{replay_command(path, broken.row)}`).\n"
        )
    yield f"Of what rests on it, fail in fact: {_grouped(v.failing, count=True)}.\n"
    yield f"Hold nevertheless in every trial: {_grouped(v.holding)}.\n"


def _premises(report: Violations) -> Iterator[str]:
    """Run-level premises: what the proofs extract from the assumptions, without any C."""
    if report.premises:
        trials = report.rates.trials
        rows = [(p.claim, f"{p.trials} of {trials}", p.slack, ", ".join(p.statements)) for p in report.premises]
        yield "## Run-level premises that fail\n"
        yield table(("premise", "fails in", "least slack", "supposed by"), rows)


def _nearest(report: Violations) -> Iterator[str]:
    yield "## The nearest setting that satisfies every assumption\n"
    if report.nearest is None:
        yield "None was found.\n"
        return
    changes = [(n, a, b, b / a if a else None) for n, a, b in report.nearest.changes]
    yield f"At C = {report.nearest.C:.4g} (a descent, not a proof that none is nearer):\n"
    yield table(("coordinate", "is", "would be", "factor"), changes)


def breaks_markdown(breaks: Sequence[Break], level: float, setting: Setting) -> str:
    """Break points in words, and side by side: a row for each coordinate, a column for each conclusion."""
    claims = dict.fromkeys(b.claim for b in breaks)
    along: dict[tuple[str, str, float, int], dict[str, Break]] = {}
    for b in breaks:
        along.setdefault((b.assumption, b.coordinate, b.asked, b.direction), {})[b.claim] = b
    rows = [
        (id, f"{name} {'≤' if direction > 0 else '≥'} {asked:.4g}", *(_edge_of(found.get(c)) for c in claims))
        for (id, name, asked, direction), found in along.items()
    ]
    told = (
        "A conclusion holds where its rate is at least 1 − δ. Rates are supposed to fall along each coordinate; "
        f"then all intervals are right together with probability at least {1 - level:g}. Values that the trials "
        "leave undecided lie inside the intervals.\n"
    )
    if conditioned := conditions(setting):
        told += f"The setting asks for {conditioned}; here every draw is taken as it comes.\n"
    if CERTIFICATE in claims:
        told += "`certificate`: the conclusion is guaranteed by sample and first weights alone, before training.\n"
    return "\n".join([*(f"- {b.says}" for b in breaks), "", table(("assumption", "asks", *claims), rows), told])


def _edge_of(found: Break | None) -> str:
    """Between which values a conclusion ceases to hold."""
    if found is None or found.holds_at is found.fails_at is None:
        return "not decided"
    if found.fails_at is None:
        return f"holds at {found.holds_at:.4g}, the end of the search"
    return f"fails at {found.fails_at:.4g}" if found.holds_at is None else interval(found.holds_at, found.fails_at)


def _constants(low: float, high: float) -> str:
    if low > high:
        return "none"
    if high >= 1e30:
        return "any" if low <= 1e-29 else f"C ≥ {low:.4g}"
    return f"C ≤ {high:.4g}" if low <= 1e-29 else interval(low, high)


def write_map(folder: Path, number: int, of: Map) -> None:
    """A map as table and, with matplotlib, as picture."""
    rows = [(y, *shares) for y, shares in zip(of.rows[1], of.shares, strict=True)]
    head = (f"{of.rows[0]} \\ {of.columns[0]}", *(f"{x:g}" for x in of.columns[1]))
    title = f"# Share of {of.trials} trials in which {of.statement} held"
    write_text(f"{title}\n\n{table(head, rows)}", folder / f"map-{number}.md")
    if plotting.available():
        write_text(map_picture(of).svg, folder / f"map-{number}.svg")
