"""Trace: what a run leaves behind at every step, as read-only arrays with named axes.

Axes: t recorded state; s gradient step (from s to s + 1, up to T); j neuron; mu centre (0..3, see `rfa.data`);
q quality of the label (0 clean, 1 noisy); k coordinate in the plane of the centres (0 along mu1, 1 along mu2).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rfa.rounding import Array

if TYPE_CHECKING:
    import pandas as pd

AXES: dict[str, tuple[str, ...]] = {
    "steps": ("t",),
    "projection": ("t", "j", "k"),
    "norm": ("t", "j"),
    "moved": ("t", "j"),
    "step_norm": ("e", "j"),
    "step_error": ("e", "j"),
    "pull_size": ("e", "j"),
    "near_zero": ("t", "j"),
    "pre_min": ("t", "j", "mu"),
    "pre_max": ("t", "j", "mu"),
    "margin_min": ("t", "mu", "q"),
    "margin_max": ("t", "mu", "q"),
    "sub_margin_min": ("t", "mu", "q"),
    "sub_margin_max": ("t", "mu", "q"),
    "reach": ("t",),
    "loss": ("t",),
    "accuracy": ("t", "q"),
    "frobenius": ("t",),
    "patterns": ("t",),
    "active": ("s", "j", "mu", "q"),
    "pull": ("s", "j", "mu", "q"),
    "pull_plane": ("s", "j", "mu", "q", "k"),
    "whole_pull": ("s", "mu", "q"),
    "whole_pull_plane": ("s", "mu", "q", "k"),
}
"""Axes of every array; e is a gradient step of the whole run (one fewer than states)."""

MAY_BE_NAN = (
    "pre_min", "pre_max", "margin_min", "margin_max", "sub_margin_min", "sub_margin_max", "accuracy",
)  # fmt: skip
"""Extremes and shares over groups that may be empty."""

SUMS = ("active", "pull", "pull_plane", "whole_pull", "whole_pull_plane")
"""The sums over active samples, kept for the steps before T only and not at record level `light`."""


@dataclass(frozen=True, eq=False)
class Trace:
    """Logged quantities of one run; g = 1 / (1 + exp(y f)), A = phi'(<w, x>).

    steps             the step number t of each recorded state
    projection        <w_j, mu1>, <w_j, mu2>
    norm, moved       ‖w_j‖ and ‖w_j - w_j(0)‖
    step_norm         ‖alpha grad_j‖, the length of the update of neuron j
    step_error        ‖w_j(t+1) - w_j(t) + alpha grad_j‖, which exact gradient descent makes zero
    pull_size         sum_i g A ‖x_i‖
    near_zero         number of samples whose activation rounding could flip
    pre_min, pre_max  least and largest <w_j, x_i> over the samples of a cluster
    margin_*          least and largest y f over clean / noisy samples of a cluster; sub_margin_*: of f^J
    reach             largest |f(x_i)| / ‖x_i‖ over inputs that are not zero
    loss, accuracy    mean logistic loss; share of clean / noisy samples whose given label is predicted
    frobenius         ‖W‖_F
    patterns          number of distinct activation patterns of the neurons
    active            number of active samples by centre and clean / noisy
    pull, pull_plane  sums over them of g, and of g <x, mu1>, g <x, mu2>
    whole_pull*       the same sums over all samples, active or not

    Extremes over an empty set are NaN.
    """

    steps: NDArray[np.int64]
    projection: Array
    norm: Array
    moved: Array
    step_norm: Array
    step_error: Array
    pull_size: Array
    near_zero: Array
    pre_min: Array
    pre_max: Array
    margin_min: Array
    margin_max: Array
    sub_margin_min: Array
    sub_margin_max: Array
    reach: Array
    loss: Array
    accuracy: Array
    frobenius: Array
    patterns: Array
    active: Array | None
    pull: Array | None
    pull_plane: Array | None
    whole_pull: Array | None
    whole_pull_plane: Array | None

    def __post_init__(self) -> None:
        for field in fields(self):
            array = getattr(self, field.name)
            if array is not None:
                array.flags.writeable = False

    @property
    def level(self) -> str:
        """Record level: `full` or `light`."""
        return "light" if self.active is None else "full"

    def to_frame(self, *names: str) -> pd.DataFrame:
        """All logged numbers, or those of some quantities, as a tidy table with named axes: one row a number."""
        from rfa.report.table import trace_frame

        return trace_frame(self, names)


def not_finite(name: str, array: Array) -> tuple[int, ...] | None:
    """The first index at which a logged quantity is no number that it can be; None if there is none."""
    bad = np.isinf(array) if name in MAY_BE_NAN else ~np.isfinite(array)
    return tuple(int(k) for k in np.argwhere(bad)[0]) if bad.any() else None


def lengths(n_states: int, n_sums: int, m: int) -> dict[str, int]:
    """Length of each axis letter."""
    return {"t": n_states, "e": n_states - 1, "s": n_sums, "j": m, "mu": 4, "q": 2, "k": 2}


@lru_cache(maxsize=64)
def shapes(n_states: int, n_sums: int, m: int, level: str) -> dict[str, tuple[int, ...]]:
    """Shape of every array that a trace of this size keeps."""
    length = lengths(n_states, n_sums, m)
    kept = {name: axes for name, axes in AXES.items() if level == "full" or name not in SUMS}
    return {name: tuple(length[a] for a in axes) for name, axes in kept.items()}
