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
    """Progress on standard error: a line at most every two seconds, with an estimate of the time left."""

    def __init__(self, total: int | None, already: int = 0) -> None:
        self.total, self.done, self.new = total, already, 0
        self.began = self.shown = time.monotonic()

    def __call__(self, row: int) -> None:
        """One more trial is finished."""
        self.done, self.new, now = self.done + 1, self.new + 1, time.monotonic()
        if now - self.shown >= 2:
            self.shown = now
            click.echo(self.line(now), err=True)

    def line(self, now: float) -> str:
        """Trials done, their pace, and the time left."""
        pace = self.new / max(now - self.began, 1e-9)
        if self.total is None:
            return f"{self.done} trials, {pace:.1f} per second"
        left = (self.total - self.done) / pace
        return f"{self.done} of {self.total} trials, {pace:.1f} per second, {left:.0f} s left"


def carried_out(work: Callable[..., Any], file: Path, total: int | None, **how: Any) -> Any:
    """`work` with progress, and Ctrl-C turned into an orderly stop that says what is saved and how to go
    on."""
    already = 0
    if file.exists() and how["resume"]:
        with Store.open(file) as store:
            already = store.count()
    meter = Meter(total, already)
    with stop_on_interrupt() as stop:
        try:
            return work(done=meter, stop=stop, **how)
        except Interrupted:
            again = " ".join(["rfa", *(a for a in sys.argv[1:] if a != "--resume"), "--resume"])
            click.echo(f"stopped: {meter.done} trials are saved in {file}; go on with\n  {again}", err=True)
            raise SystemExit(INTERRUPTED) from None
