"""A progress bar on standard error for anything longer than a second; silent where nobody watches."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE = 1.0
"""Seconds before a bar appears."""


class Bar:
    """`bar(what, done, total)` shows how far the work is, once it has taken longer than `PATIENCE`."""

    def __init__(self, *, shown: bool) -> None:
        self.shown = shown
        self.began = time.monotonic()
        self.drawn = 0.0
        self.display: Progress | None = None
        self.task: TaskID | None = None

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` parts of `what` are done."""
        if not self.shown:
            return
        moment = time.monotonic()
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
    """A `Bar` that is taken down at the end; it shows only on a terminal and unless `quiet`."""
    import sys

    one = Bar(shown=not quiet and sys.stderr.isatty())
    try:
        yield one
    finally:
        if one.display is not None:
            one.display.stop()
