"""Where trials are computed: this process, a pool of processes, or a Dask cluster. Results return to the
parent."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from rfa.errors import InputError
from rfa.studies.lots import MOST, Kind, kind_of, lots_of, run_lot
from rfa.studies.storage import Store
from rfa.studies.trials import Task, Trial, code_version

AHEAD = 4
"""Lots of tasks handed out per worker beyond the one it works on; bounds the memory of the parent."""
LOT_SECONDS = 1.0
"""Time that a lot takes at most, by the trials before it: so much is lost when a study is killed."""
LIVES = 3
"""How often a task whose worker died is handed out again before it becomes a failed row."""
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
Done = Callable[[int], None]
Lot = list[Task]
Waiting = dict[Future[list[Trial]], tuple[Lot, int]]
"""Lots that are handed out, with how often each may still be."""


class Interrupted(Exception):
    """The study was stopped; what is finished is saved."""


class Here(Executor):
    """Runs each task at once in this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The result of the call, already there."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as why:
            future.set_exception(why)
        return future


@dataclass(frozen=True)
class Hands:
    """An executor, and how to let go of it: `close(wait)`."""

    executor: Executor
    close: Callable[[bool], object]


def executor_of(name: str, workers: int) -> Callable[[], Hands]:
    """How to make an executor: `processes` (none with 0 workers: this process) or `dask://ADDRESS`."""
    if name.startswith("dask://"):
        return lambda: dask_executor(name.removeprefix("dask://"))
    if name != "processes":
        raise InputError(f"executor = {name!r}; expected processes or dask://ADDRESS")
    return this_process if workers == 0 else lambda: process_pool(workers)


def this_process() -> Hands:
    """No other process."""
    return Hands(Here(), lambda wait: None)


def process_pool(workers: int) -> Hands:
    """Spawned processes with one BLAS thread each, which end when the parent does."""
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_settle_in)
    with _environment(dict.fromkeys(THREADS, "1")):
        for future in [pool.submit(os.getpid) for _ in range(workers)]:
            future.result()
    return Hands(pool, lambda wait: pool.shutdown(wait=wait, cancel_futures=True))


def dask_executor(address: str) -> Hands:
    """The executor of a running Dask cluster; its workers need rfa and the paper installed."""
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            "executor = dask://...: needs the package distributed (pip install 'rfa[cluster]')"
        ) from None
    client = Client(address if "://" in address else f"tcp://{address}", timeout=30)
    return Hands(client.get_executor(pure=False, retries=LIVES), lambda wait: client.close())


def _settle_in() -> None:
    """In a worker: Ctrl-C is the parent's affair, and without a parent there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def stop_on_interrupt() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets, so that a transaction in progress is finished first."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


class Crew:
    """An executor with what it takes to go on when its workers die."""

    def __init__(self, make: Callable[[], Hands], workers: int, paper: str) -> None:
        self.make, self.paper = make, paper
        self.at_once = 1 if make is this_process else max(1, workers) * (AHEAD + 1)
        self.hands, self.alone = make(), list[Hands]()
        self.again = deque[tuple[Lot, int]]()
        self.paces: dict[Kind, float] = {}
        self.code = code_version(paper)

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *why: object) -> None:
        for hands in (self.hands, *self.alone):
            hands.close(why[0] is None)

    def renew(self) -> None:
        """A new executor in place of one whose workers died."""
        self.hands.close(False)
        self.hands = self.make()

    def run(
        self,
        store: Store,
        tasks: Iterable[Task],
        done: Done | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        """Compute the tasks that the store lacks, in lots, and add each lot as soon as it is finished."""
        lacking = (task for task in tasks if not store.has(task, self.code))
        queue = lots_of(lacking, lambda kind: int(LOT_SECONDS / self.paces.get(kind, LOT_SECONDS)))
        waiting: Waiting = {}
        while True:
            while len(waiting) < self.at_once and (following := self._following(queue, waiting)) is not None:
                self._hand_out(waiting, *following)
                if stop is not None and stop.is_set():
                    break
            if not waiting:
                return
            finished, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            for future in finished:
                trials = self._take_in(waiting, future)
                store.add(*trials)
                for trial in trials:
                    if done is not None:
                        done(trial.task.row)
            if stop is not None and stop.is_set():
                for future in waiting:
                    future.cancel()
                raise Interrupted

    def _following(self, queue: Iterator[Lot], waiting: Waiting) -> tuple[Lot, int] | None:
        """What is handed out next, and how often it may still be; of suspects one at a time."""
        if self.again and (self.again[0][1] > 1 or all(lives > 1 for _, lives in waiting.values())):
            return self.again.popleft()
        return None if (lot := next(queue, None)) is None else (lot, LIVES)

    def _hand_out(self, waiting: Waiting, lot: Lot, lives: int) -> None:
        if lives == 1:  # a suspect works alone, so that it can take no other task with it
            self.alone = self.alone or [self.make()]
            waiting[self.alone[0].executor.submit(run_lot, self.paper, lot)] = (lot, lives)
            return
        try:
            future = self.hands.executor.submit(run_lot, self.paper, lot)
        except (BrokenExecutor, RuntimeError):
            self.renew()
            future = self.hands.executor.submit(run_lot, self.paper, lot)
        waiting[future] = (lot, lives)

    def _take_in(self, waiting: Waiting, future: Future[list[Trial]]) -> list[Trial]:
        """The trials of a lot; none if its worker died: then its tasks are handed out again, one by one."""
        lot, lives = waiting.pop(future)
        try:
            trials = future.result()
        except (Exception, CancelledError) as why:
            if lives > 1:
                self.again.extend(([task], lives - 1) for task in lot)
                return []
            self.alone.pop().close(False)
            error = f"{type(why).__name__}: {why} (the worker died {LIVES} times)"
            return [Trial(task, (), error, self.code, 0, 0.0) for task in lot]
        if other := next((trial.code for trial in trials if trial.code != self.code), None):
            raise InputError(f"a worker runs version {other} of the code, this is {self.code}; update the workers")
        self.paces[kind_of(lot[0])] = max(trials[-1].seconds, LOT_SECONDS / MOST)
        return trials


class How(TypedDict, total=False):
    """How trials are run: `resume` a file, on which executor with how many workers, whom to tell how many trials the
    file holds once it is known to be that of this study (`begun`), and of each finished row (`done`), and an event
    that stops in order (`stop`)."""

    resume: bool
    executor: str
    workers: int
    begun: Callable[[int], None]
    done: Done
    stop: threading.Event


@dataclass(frozen=True)
class Bench:
    """An open file of a study with a crew that fills it."""

    store: Store
    crew: Crew
    how: How

    def run(self, tasks: Iterable[Task]) -> None:
        """Run the tasks that the file lacks."""
        self.crew.run(self.store, tasks, self.how.get("done"), self.how.get("stop"))


@contextlib.contextmanager
def bench(path: Path, meta: Mapping[str, Any], paper: str, how: How) -> Iterator[Bench]:
    """The file of a study, made or resumed, with a crew; both are closed at the end."""
    workers = how.get("workers", 0)
    make = executor_of(how.get("executor", "processes"), workers)
    with (Store.resume if how.get("resume") else Store.create)(path, meta) as store:
        if begun := how.get("begun"):
            begun(store.count())
        with Crew(make, workers, paper) as crew:
            yield Bench(store, crew, how)
