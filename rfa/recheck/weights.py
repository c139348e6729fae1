"""The weights of a run by step: as stored, or by gradient descent from the last stored step before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
LARGEST_REPLAY = 4e10
"""Multiplications beyond which missing steps are not made again (about half a minute)."""
LARGEST_KEPT = 3e7
"""Weights of steps made again that are kept; of more, those alone at which a witness lies."""


class NotRechecked(Exception):
    """Why a quantity cannot be computed again from this run file."""


@dataclass(frozen=True, eq=False)
class Data:
    """The arrays of a run file: X (n, d), y (n,), a (m,), stored weights (m, d) by step; step size and phi'(0)."""

    X: Array
    y: Array
    a: Array
    stored: Mapping[int, Array]
    step_size: float
    relu_at_zero: float

    @property
    def unit(self) -> float:
        """Unit roundoff of the arithmetic that the run was made in."""
        dtypes = (self.X.dtype, next(iter(self.stored.values())).dtype)
        return max(float(np.finfo(dtype).eps) / 2 for dtype in dtypes)


@dataclass(frozen=True, eq=False)
class Weights:
    """W(t) and how far the weights of the run may lie from it, neuron by neuron (zero for stored weights)."""

    data: Data
    wanted: frozenset[int]
    replayed: dict[int, tuple[Array, Array]] = field(default_factory=dict)

    def __call__(self, t: int) -> tuple[Array, Array]:
        """Weights (m, d) and their error (m,) at step t; `NotRechecked` where there is no way to them."""
        data = self.data
        if t in data.stored:
            return np.asarray(data.stored[t], dtype=np.float64), np.zeros(len(data.a))
        if t not in self.replayed:
            self._replay(t)
        if t not in self.replayed:
            raise NotRechecked(f"the weights of step {t} are not in the run file")
        return self.replayed[t]

    def _replay(self, t: int) -> None:
        data, before = self.data, [s for s in self.data.stored if s < t]
        after = [s for s in data.stored if s > t]
        missing = f"the weights of step {t} are not in the run file"
        if not before:
            raise NotRechecked(missing)
        start, end = max(before), min(after, default=max({t, *self.wanted}))
        if any(start < s < end for s in self.replayed):
            return
        work = 2.0 * len(data.y) * data.X.shape[1] * len(data.a) * (end - start)
        if work > LARGEST_REPLAY:
            raise NotRechecked(f"{missing}, and making {end - start} steps again takes {work:.1g} multiplications")
        made = self._steps(start, end)
        if after:
            there, error = made[end]
            away = np.linalg.norm(there - np.asarray(data.stored[end], dtype=np.float64), axis=1)
            if (away > 2 * error).any():
                j = int((away - 2 * error).argmax())
                told = f"gradient descent from step {start} does not lead to the stored step {end} at neuron {j}"
                raise NotRechecked(f"{missing}, and {told}")
        self.replayed.update(made)

    def _steps(self, start: int, end: int) -> dict[int, tuple[Array, Array]]:
        data, kept = self.data, self.wanted | {end}
        whole = float(end - start) * data.X.shape[1] * len(data.a) <= LARGEST_KEPT
        X, y = np.asarray(data.X, dtype=np.float64), np.asarray(data.y, dtype=np.float64)
        reach = np.linalg.norm(X, axis=1)
        W, error = self(start)
        made = {}
        for s in range(start, end):
            W, error = _step(data, X, y, reach, W, error)
            if whole or s + 1 in kept:
                made[s + 1] = (W, error)
        return made


def _step(data: Data, X: Array, y: Array, reach: Array, W: Array, error: Array) -> tuple[Array, Array]:
    """One step of gradient descent, and how far the step of the run may lead from it.

    g is ¼-Lipschitz in f, and an activation may differ where rounding could move <w_j, x_i> across zero.
    """
    (n, d), a, unit = X.shape, np.asarray(data.a, dtype=np.float64), data.unit
    alpha, size, b, R = data.step_size, np.linalg.norm(W, axis=1), np.abs(data.a).max(), float(reach.max())
    pre = X @ W.T
    active = np.where(pre > 0, 1.0, np.where(pre == 0, data.relu_at_zero, 0.0))
    with np.errstate(over="ignore"):
        g = 1 / (1 + np.exp(y * (np.maximum(pre, 0) @ a)))
    pull = (active * (g * y)[:, None]).T @ X
    moved = W + (alpha / n) * a[:, None] * pull
    loose = error + (d + 2) * unit * size
    near = (np.abs(pre) <= loose * reach[:, None]).sum(axis=0)
    g_error = (b * loose.sum() + (len(a) + 2) * unit * b * size.sum()) * R / 4 + 4 * unit
    lost = alpha * b * R * (g_error + (n + d + 6) * unit + near / n)
    return moved, error + lost + 2 * unit * (size + np.linalg.norm(moved, axis=1))
