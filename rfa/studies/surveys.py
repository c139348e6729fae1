"""Surveys of the gallery: a study, a report of violations or break points, with the numbers and pictures of it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rfa.audit import find_setting
from rfa.papers import Paper, Survey
from rfa.report import plotting
from rfa.report.page import Picture
from rfa.setting import Setting
from rfa.studies.breakpoints import TESTS
from rfa.studies.output import interval, table
from rfa.studies.pages import rate_pictures, sentence
from rfa.studies.study import Plan, run_study
from rfa.studies.summary import Rates
from rfa.studies.sweeps import values_of
from rfa.studies.trials import chosen_statements
from rfa.studies.violations import report_breaks, report_violations
from rfa.studies.violations_pages import TESTED, break_pictures, map_picture
from rfa.studies.wishes import Wish

Progress = Callable[[str, int, int], None]
MAP_TRIALS = 5
"""Runs at a place of a map: what `rfa violations` takes if it is not told."""


@dataclass(frozen=True)
class Made:
    """A survey carried out: the command that makes it, the verdict, a Markdown table, numbers and pictures."""

    command: str
    sentence: str
    table: str
    numbers: Mapping[str, Any]
    pictures: Sequence[Picture]


def carried_out(paper: Paper, survey: Survey, progress: Progress | None = None) -> Made:
    """Run a survey in a temporary study of this process."""
    setting = find_setting(survey.setting, paper).override(**survey.changes)
    done, total = 0, expected(survey)

    def told(row: int) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(f"{survey.kind} of {survey.setting}", min(done, total), total)

    with TemporaryDirectory() as folder:
        file = Path(folder) / "study.sqlite"
        work = {"study": _study, "violations": _violations, "breakpoint": _breaks}[survey.kind]
        return work(paper, survey, setting, file, told)


def expected(survey: Survey) -> int:
    """The trials of a survey; of break points, which stop where they are decided, about the most."""
    if survey.kind == "breakpoint":
        return survey.trials * TESTS * len(survey.statements) * max(1, len(survey.along))
    return survey.trials + (MAP_TRIALS * prod(points for _, (_, _, points) in survey.axes) if survey.axes else 0)


def _study(paper: Paper, survey: Survey, setting: Setting, file: Path, done: Callable[[int], None]) -> Made:
    chosen = chosen_statements(paper, survey.statements)
    rates = run_study(Plan(setting, paper.name, survey.trials, chosen), file, done=done)
    only = [word for id in survey.statements for word in ("--only", id)]
    shown = rate_pictures("Rates", rates.rates)
    return Made(_command("study", survey, *only), sentence(rates), _table(rates), {"rates": _counts(rates)}, shown)


def _violations(paper: Paper, survey: Survey, setting: Setting, file: Path, done: Callable[[int], None]) -> Made:
    spans = {name: {"from": low, "to": high, "points": points} for name, (low, high, points) in survey.axes}
    axes = tuple((name, values_of(name, span)) for name, span in spans.items())
    wish = Wish(
        setting, paper.name, survey.trials, map_axes=axes, map_of=survey.map_of, map_trials=MAP_TRIALS,
    )  # fmt: skip
    report = report_violations(wish, file, done=done)
    excess = {v.assumption.id: float(f"{v.assumption.excess:.6g}") for v in report.violations}
    over = ", ".join(f"{id} ({times:.4g} ×)" for id, times in excess.items()) or "nothing"
    says = f"at C = {report.C:.4g} oversteps {over}. {sentence(report.rates)}"
    rows = [
        (v.assumption.id, ", ".join(v.all), ", ".join(r.claim for r in v.failing) or "none",
         "none" if v.broken is None else f"{v.broken.link} of {v.broken.statement}")
        for v in report.violations
    ]  # fmt: skip
    head = ("overstepped", "what rests on it", "fails in fact", "first broken link")
    numbers = {"excess": excess, "rates": _counts(report.rates)}
    if not survey.axes:
        shown = rate_pictures("Rates", report.rates.rates)
        return Made(_command("violations", survey), says, table(head, rows), numbers, shown)
    numbers["map"] = [list(row) for of in report.maps for row in of.shares]
    words = [w for name, (a, b, k) in survey.axes for w in ("--map", f"{name}={a:g}:{b:g}:{k}")]
    drawn = [map_picture(of) for of in report.maps] if plotting.available() else []
    command = _command("violations", survey, *words, "--map-of", survey.map_of)
    return Made(command, says, table(head, rows), numbers, drawn)


def _breaks(paper: Paper, survey: Survey, setting: Setting, file: Path, done: Callable[[int], None]) -> Made:
    wish = Wish(setting, paper.name, 1, survey.statements, survey.along, survey.trials)
    breaks = report_breaks(wish, file, done=done)
    rows = [
        (b.claim, b.assumption, x, f"{t.failed} / {t.trials}", interval(t.failures.lower, t.failures.upper),
         TESTED[b.tested[x]].lower())
        for b in breaks
        for x, t in sorted(b.seen.items())
    ]  # fmt: skip
    head = ("claim", "along", "at", "failed", "failure rate within", "rate at least 1 − δ")
    numbers = {
        f"{b.claim} along {b.assumption}": [b.says, [[x, t.failed, t.trials] for x, t in sorted(b.seen.items())]]
        for b in breaks
    }
    words = [w for id in survey.statements for w in ("--claim", id)]
    words += [w for id in survey.along for w in ("--along", id)]
    command, says = _command("breakpoint", survey, *words), f"{'. '.join(b.says for b in breaks)}."
    return Made(command, says, table(head, rows), numbers, break_pictures(breaks, setting.delta))


def _command(kind: str, survey: Survey, *more: str) -> str:
    changes = [word for key, value in survey.changes.items() for word in ("--set", f"{key}={value}")]
    most = "--tries" if kind == "breakpoint" else "--trials"
    return shlex.join(["rfa", kind, survey.setting, most, str(survey.trials), *changes, *more])


def _counts(rates: Rates) -> dict[str, list[Any]]:
    """By conclusion its outcome, failures and trials."""
    return {r.claim: [r.outcome.name, r.counts.failed, r.counts.trials] for r in rates.rates}


def _table(rates: Rates) -> str:
    rows = [
        (r.claim, r.outcome.name, f"{r.counts.failed} / {r.counts.trials}",
         f"[{r.failures.lower:.3g}, {r.failures.upper:.3g}]", r.claimed, None if r.exact is None else 1 - r.exact)
        for r in rates.rates
    ]  # fmt: skip
    return table(("claim", "verdict", "failed", "failure rate within", "claimed at most", "exact"), rows)
