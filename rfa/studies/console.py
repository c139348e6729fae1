"""What the commands for many runs share: options, settings, progress, an orderly stop."""

from __future__ import annotations

import functools
import shlex
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from rfa.errors import InputError
from rfa.setting import Setting, parse_value
from rfa.studies.coordinates import move
from rfa.studies.execution import Interrupted, stop_on_interrupt
from rfa.studies.storage import Store
from rfa.studies.trials import load_paper

FILE = "study.sqlite"
REFUTED, INTERRUPTED = 1, 130
Command = Callable[..., Any]


def told(command: Command) -> Command:
    """Errors of the input as one line on standard error."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except InputError as why:
            raise click.ClickException(str(why)) from None

    return wrapped


def common(command: Command) -> Command:
    """The options of every command that runs trials."""
    options = (
        click.option(
            "--out", type=click.Path(path_type=Path), help="Folder of the study (default: reports/KIND-NAME)."
        ),
        click.option("--resume", is_flag=True, help="Continue an interrupted study; nothing is run twice."),
        click.option(
            "--workers", type=click.IntRange(0), default=2, show_default=True, help="Processes; 0: this one."
        ),
        click.option(
            "--executor", default="processes", show_default=True, help="processes or dask://ADDRESS."
        ),
        click.option(
            "--paper", default="printed", show_default=True, help="Entry point, or module:attribute."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return told(command)


def chosen(command: Command) -> Command:
    """A setting by name or file, with changes."""
    command = click.option(
        "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a key or coordinate."
    )(command)
    return click.argument("name", required=False)(command)


def setting_of(name: str | None, changes: tuple[str, ...], paper: str) -> Setting:
    """A named setting or file with `--set` applied; coordinates such as sigma*sqrt(d) are keys too."""
    from rfa.audit import find_setting

    setting = find_setting(name, load_paper(paper))
    given: dict[str, Any] = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise InputError(f"--set {change}: expected KEY=VALUE")
        given[key] = parse_value(key, value)
    return move(setting, given)


def command_line() -> str:
    """The command that is running."""
    return shlex.join(["rfa", *sys.argv[1:]])


class Meter:
    """Progress on standard error: a line at most every two seconds, with an estimate of the time left.

    `total` trials are known beforehand, and `at_most` more may follow.
    """

    def __init__(self, total: int | None, already: int = 0, *, at_most: int = 0, workers: int = 1) -> None:
        self.total, self.done, self.new, self.at_most = total, already, 0, at_most
        self.workers = max(1, workers)
        self.began = self.shown = time.monotonic()

    def announce(self, file: Path) -> str:
        """What is about to be done and where its results are kept."""
        some = [f"{self.total} trials"] if self.total else []
        some += [f"at most {self.at_most} more" if some else f"at most {self.at_most} trials"] if self.at_most else []
        kept = f", {self.done} of them done" if self.done else ""
        told = " and ".join(some) or "trials"
        return f"{told}{kept}; each is saved in {file} when it is finished (Ctrl-C stops in order, --resume goes on)"

    def __call__(self, row: int) -> None:
        """One more trial is finished."""
        self.done, self.new, now = self.done + 1, self.new + 1, time.monotonic()
        if now - self.shown >= 2:
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


def carried_out(work: Callable[..., Any], file: Path, total: int | None, *, at_most: int = 0, **how: Any) -> Any:
    """`work` with progress, and Ctrl-C turned into an orderly stop that says what is saved and how to go
    on."""
    already = 0
    if file.exists() and how["resume"]:
        with Store.open(file) as store:
            already = store.count()
    elif file.exists():
        Store.refuse(file)
    meter = Meter(total, already, at_most=at_most, workers=how["workers"])
    click.echo(meter.announce(file), err=True)
    with stop_on_interrupt() as stop:
        try:
            return work(done=meter, stop=stop, **how)
        except Interrupted:
            again = " ".join(["rfa", *(a for a in sys.argv[1:] if a != "--resume"), "--resume"])
            click.echo(f"stopped: {meter.done} trials are saved in {file}; go on with\n  {again}", err=True)
            raise SystemExit(INTERRUPTED) from None
