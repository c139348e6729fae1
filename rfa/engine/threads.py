"""Threads over fixed tasks: the partition of the work and the order of every sum do not depend on their number."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

Each = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]
"""`map` over tasks, as a list in their order."""


def in_order(work: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
    """The tasks one after another."""
    return [work(task) for task in tasks]


def thread_count() -> int:
    """Threads that a run may use: RFA_THREADS if set, otherwise the cores this process may use."""
    given = os.environ.get("RFA_THREADS", "")
    if given.isdecimal():
        return max(1, int(given))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _libraries() -> ThreadpoolController:
    """The BLAS libraries loaded when first asked for: NumPy's, which makes every product of a run, is among them."""
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager[Any]:
    """BLAS on one thread. Its other threads go on spinning for a while after a product, in the way of `workers`."""
    return _libraries().limit(limits=1, user_api="blas")


@contextmanager
def workers(wanted: bool) -> Iterator[Each]:
    """A `map` over tasks, with one BLAS thread in each; serial unless `wanted`. The results stand in task order."""
    with one_blas_thread():
        threads = thread_count()
        if not wanted or threads == 1:
            yield in_order
            return
        with ThreadPoolExecutor(threads) as pool:
            yield (
                lambda work, tasks: list(pool.map(work, tasks)) if len(tasks) > 1 else in_order(work, tasks)
            )
