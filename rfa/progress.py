"""How far long work is, on standard error: a bar on a terminal, a line now and then in a pipe or a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0
"""Seconds before a bar appears on a terminal."""
SELDOM = 10.0
"""Seconds before the first line, and between two lines, where standard error is no terminal."""


class Bar:
    """`bar(what, done, total)` shows how far the work is, once it has taken longer than `PATIENCE`, or `SELDOM`."""

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown
        self.began = time.monotonic()
        self.drawn = self.began
        self.live = sys.stderr.isatty()
        self.display: Progress | None = None
        self.task: TaskID | None = None

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` parts of `what` are done."""
        moment = time.monotonic()
        if not self.shown:
            return
        if self.live:
            self._draw(moment, what, done, total)
        elif moment - self.drawn >= SELDOM:
            self.drawn = moment
            line = f"{what}: {100 * done // max(total, 1)} %, {moment - self.began:.0f} s so far"
            print(line, file=sys.stderr, flush=True)

    def _draw(self, moment: float, what: str, done: int, total: int) -> None:
        if moment - self.began < PATIENCE or (moment - self.drawn < 0.1 and done < total):
            return
        self.drawn = moment
        if self.display is None or self.task is None:
            self._start()
        if self.display is not None and self.task is not None:
            self.display.update(self.task, description=what, completed=done, total=max(total, 1))

    def _start(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
        )
        self.display = Progress(*columns, console=Console(stderr=True), transient=True)
        self.task = self.display.add_task("")
        self.display.start()


@contextmanager
def bar(*, quiet: bool = False) -> Iterator[Bar]:
    """A `Bar` that is taken down at the end; silent if `quiet`."""
    one = Bar(shown=not quiet)
    try:
        yield one
    finally:
        if one.display is not None:
            one.display.stop()
