"""Fresh test samples of a run's law, evaluated in blocks so that they never have to be in memory together."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rfa.data import draw_fresh, stream
from rfa.network import outputs
from rfa.papers import DoesNotApply
from rfa.rounding import Array

if TYPE_CHECKING:
    from rfa.run import Run

BLOCK_ENTRIES = 2**24
"""Entries of the inputs, and of the preactivations, that are in memory at a time."""
WATCH: ContextVar[Callable[[int, int], None] | None] = ContextVar("WATCH", default=None)
"""Told `(done, total)` while fresh samples are drawn: claims ask for them in the middle of being judged."""


def memory_for(count: int, d: int, m: int) -> int:
    """Bytes that `count` fresh samples in d coordinates and what claims make of them take with m neurons."""
    block = min(count, max(1, BLOCK_ENTRIES // max(d, m)))
    return 8 * (12 * count + 3 * block * (d + m))


@dataclass(frozen=True, eq=False)
class Fresh:
    """Fresh samples, arrays of shape (count,): labels y and y_clean; outputs f = f(x; W(T)) and f_J of the subnetwork;

    ideal = |<mu1,x>| - |<mu2,x>|.
    """

    y: NDArray[np.int64]
    y_clean: NDArray[np.int64]
    f: Array
    f_J: Array
    ideal: Array


def draw(run: Run) -> Fresh:
    """`setting.fresh` fresh samples from the stream `fresh`; `DoesNotApply` where the law of the run is not known."""
    if run.setting is None:
        raise DoesNotApply("the law of the data is not known for this run, so no fresh samples can be drawn")
    setting, W = run.setting, run.W(run.T)
    rng = stream(setting.seed, "fresh", run.draws - 1)
    block = max(1, min(setting.fresh, BLOCK_ENTRIES // max(W.shape)))
    parts: list[tuple[NDArray[Any], ...]] = []
    tell = WATCH.get()
    for start in range(0, setting.fresh, block):
        if tell is not None:
            tell(start, setting.fresh)
        points = draw_fresh(setting, run.sample.mu, min(block, setting.fresh - start), rng, run.draws - 1)
        across = np.abs(points.X @ run.sample.mu.T)
        if run.T in run.forms:
            f, f_J = run.network(points.X, run.T), run.network(points.X, run.T, run.in_J)
        else:
            f, f_J = outputs(points.X, W, run.a), outputs(points.X, W, run.a, run.in_J)
        parts.append((points.y, points.y_clean, f, f_J, across[:, 0] - across[:, 1]))
    return Fresh(*(np.concatenate(column) for column in zip(*parts, strict=True)))
