"""Surveys of the gallery: a study or a report of violations, with the numbers and pictures that are shown of it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rfa.audit import find_setting
from rfa.papers import Paper, Survey
from rfa.report.page import Picture
from rfa.setting import Setting
from rfa.studies.output import table
from rfa.studies.pages import rate_pictures, sentence
from rfa.studies.study import Plan, run_study
from rfa.studies.summary import Rates
from rfa.studies.trials import chosen_statements
from rfa.studies.violations import Wish, report_violations

Progress = Callable[[str, int, int], None]


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
    done = 0

    def told(row: int) -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(f"{survey.kind} of {survey.setting}", min(done, survey.trials), survey.trials)

    with TemporaryDirectory() as folder:
        file = Path(folder) / "study.sqlite"
        work = _study if survey.kind == "study" else _violations
        return work(paper, survey, setting, file, told)


def _study(paper: Paper, survey: Survey, setting: Setting, file: Path, done: Callable[[int], None]) -> Made:
    chosen = chosen_statements(paper, survey.statements)
    rates = run_study(Plan(setting, paper.name, survey.trials, chosen), file, done=done)
    only = [word for id in survey.statements for word in ("--only", id)]
    shown = rate_pictures("Rates", rates.rates)
    return Made(_command("study", survey, *only), sentence(rates), _table(rates), {"rates": _counts(rates)}, shown)


def _violations(paper: Paper, survey: Survey, setting: Setting, file: Path, done: Callable[[int], None]) -> Made:
    report = report_violations(Wish(setting, paper.name, survey.trials), file, done=done)
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
    shown = rate_pictures("Rates", report.rates.rates)
    return Made(_command("violations", survey), says, table(head, rows), numbers, shown)


def _command(kind: str, survey: Survey, *more: str) -> str:
    changes = [word for key, value in survey.changes.items() for word in ("--set", f"{key}={value}")]
    return shlex.join(["rfa", kind, survey.setting, "--trials", str(survey.trials), *changes, *more])


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
