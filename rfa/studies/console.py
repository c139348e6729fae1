"""What the commands for many runs share: options, settings, progress, an orderly stop."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from rfa.audit import acceptance, chosen_papers, find_setting
from rfa.command_line import (
    FAILED,
    INTERRUPTED,
    OK,
    PLACE,
    file_name,
    json_option,
    option_group,
    parsed,
    quiet_option,
    seed_option,
    set_option,
    setting_argument,
    write_json,
    write_text,
)
from rfa.report.files import check_places
from rfa.setting import Setting
from rfa.studies import output
from rfa.studies.coordinates import move
from rfa.studies.execution import Interrupted, stop_on_interrupt
from rfa.studies.trials import load_paper

FILE = "study.sqlite"
EXIT_CODES = """
\b
Exit codes:
  0    nothing is refuted
  1    something is
  2    bad input: one line on standard error, nothing written
  130  interrupted: what is finished is saved
"""


@dataclass(frozen=True)
class Work:
    """How a command runs its trials and where its report goes."""

    out: Path | None
    resume: bool
    workers: int
    executor: str
    json_path: str | None
    quiet: bool

    def folder(self, kind: str, name: str) -> Path:
        """Where the report goes: as asked for, or reports/KIND-NAME. `InputError` if it cannot be written."""
        folder = self.out or Path("reports") / f"{kind}-{file_name(name)}"
        check_places(folder, self.json_path)
        return folder


paper_option = click.option(
    "--paper", metavar="NAME", help="An installed paper, or module:attribute (default: that of the setting)."
)
work_options = option_group(
    click.option("--out", type=PLACE, metavar="DIR", help="Where the study and its report go."),
    click.option("--resume", is_flag=True, help="Continue an interrupted study; nothing is run twice."),
    click.option("--workers", type=click.IntRange(0), default=2, show_default=True, help="Processes; 0: this one."),
    click.option("--executor", default="processes", show_default=True, help="processes or dask://ADDRESS."),
    json_option, quiet_option, paper_option,
)  # fmt: skip
chosen = option_group(setting_argument, seed_option, set_option)


def paper_named(paper: str | None, what: str | None = None) -> str:
    """The name of the paper that a command line asks for: that of the setting unless another is given."""
    return paper or chosen_papers(None, what)[0].name


def setting_of(what: str | None, changes: tuple[str, ...], seed: int | None, paper: str) -> Setting:
    """A named setting or file with `--set` and `--seed` applied; coordinates such as sigma*sqrt(d) are keys too.

    `InputError` for a setting whose `draw_until` is no statement.
    """
    of = load_paper(paper)
    setting = move(find_setting(what, of), parsed(changes))
    acceptance(setting, of)
    return setting if seed is None else setting.override(seed=seed)


def delivered(folder: Path, report: Shown, work: Work) -> int:
    """Write a report as JSON, Markdown and HTML, show it as asked for, and return the exit code."""
    document = output.document(report.schema, report.data)
    write_json(document, str(folder / "report.json"))
    write_text(report.text, folder / "report.md")
    write_text(report.page, folder / "report.html")
    show(document, report.sentence if work.quiet else report.text, work.json_path)
    return FAILED if report.bad else OK


def show(document: dict[str, Any], text: str, json_path: str | None) -> None:
    """Text on standard output, JSON in a file if asked for; with - JSON alone on standard output."""
    if not write_json(document, json_path):
        click.echo(text)


@dataclass(frozen=True)
class Shown:
    """A report in the forms in which it is given out; `bad` if something is refuted or could not be evaluated."""

    schema: str
    data: Any
    text: str
    page: str
    sentence: str
    bad: bool = False


def command_line() -> str:
    """The command that is running."""
    return shlex.join(["rfa", *sys.argv[1:]])


class Meter:
    """Progress on standard error: a line at most every two seconds, with an estimate of the time left.

    `total` trials are known beforehand, and `at_most` more may follow.
    """

    def __init__(
        self, file: Path, total: int | None, *, at_most: int = 0, workers: int = 1, quiet: bool = False
    ) -> None:
        self.file, self.quiet = file, quiet
        self.total, self.done, self.new, self.at_most = total, 0, 0, at_most
        self.workers = max(1, workers)
        self.began = self.shown = time.monotonic()

    def begin(self, already: int) -> None:
        """The file of the study is open and holds this many trials."""
        self.done = already
        if not self.quiet:
            click.echo(self.announcement(), err=True)

    def announcement(self) -> str:
        """What is about to be done and where its results are kept."""
        some = [f"{self.total} trials"] if self.total else []
        if self.at_most:
            some.append(f"at most {self.at_most} {'more' if some else 'trials'}")
        kept = f", {self.done} of them done" if self.done else ""
        told = " and ".join(some) or "trials"
        saved = f"each is saved in {self.file} when it is finished"
        return f"{told}{kept}; {saved} (Ctrl-C stops in order, --resume goes on)"

    def __call__(self, row: int) -> None:
        """One more trial is finished."""
        self.done, self.new, now = self.done + 1, self.new + 1, time.monotonic()
        if now - self.shown >= 2 and not self.quiet:
            self.shown = now
            click.echo(self.line(now), err=True)

    def line(self, now: float) -> str:
        """Trials done, their pace, and the time left."""
        pace = max(self.new, self.workers) / max(now - self.began, 1e-9)
        if self.total is None or self.done > self.total:
            return f"{self.done} trials, {pace:.2g} per second"
        left = (self.total - self.done) / pace
        more = " for these" if self.at_most else ""
        return f"{self.done} of {self.total} trials, {pace:.2g} per second, about {_span(left)} left{more}"


def _span(seconds: float) -> str:
    """A time in words, coarse."""
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def carried_out(work: Callable[..., Any], file: Path, total: int | None, how: Work, *, at_most: int = 0) -> Any:
    """`work` with progress, and Ctrl-C turned into an orderly stop that says what is saved and how to go
    on."""
    meter = Meter(file, total, at_most=at_most, workers=how.workers, quiet=how.quiet)
    with stop_on_interrupt() as stop:
        try:
            return work(
                begun=meter.begin, done=meter, stop=stop, resume=how.resume, executor=how.executor, workers=how.workers
            )
        except Interrupted:
            again = shlex.join(["rfa", *(a for a in sys.argv[1:] if a != "--resume"), "--resume"])
            click.echo(f"stopped: {meter.done} trials are saved in {file}; go on with\n  {again}", err=True)
            raise SystemExit(INTERRUPTED) from None
