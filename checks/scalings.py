"""The orders of growth that the paper claims, as powers to be fitted."""

from collections.abc import Mapping
from math import log, sqrt
from typing import Any

import numpy as np

from rfa import Run
from rfa.network import features
from rfa.scaling import Scaling

BASE: Mapping[str, Any] = {
    "d": 200, "n": 400, "m": 64, "K": 4, "sigma": 0.001, "omega_init": 1e-5, "C0": 10.0, "fresh": 1000,
}  # fmt: skip
"""Tight clusters, no noise, a start that is small against one step."""
DIMENSIONS = (50, 100, 200, 400, 800)


def correlation(run: Run, t: int) -> float:
    """Mean of ⟨w_j(t)/‖w_j(t)‖, μ⟩ over μ and j ∈ J_μ."""
    inside = run.in_J
    return float((run.own.value[t][inside] / run.trace.norm[t][inside]).mean())


def movement(run: Run) -> float:
    """Least ‖φ(W(T)x) − φ(W(0)x)‖ / ‖φ(W(0)x)‖ over the samples with a nonzero start."""
    before, after = (features(run.sample.X, run.W(t)) for t in (0, run.T))
    start = np.linalg.norm(before, axis=1)
    return float((np.linalg.norm(after - before, axis=1)[start > 0] / start[start > 0]).min())


def largest_crossing(run: Run) -> float:
    """AO: max of |⟨w_j(t), ν⟩| / (α b) over j ∈ J and 1 ≤ t ≤ T."""
    across = np.abs(run.other.value[1 : run.T + 1][:, run.in_J])
    return float(across.max() / (run.step_size / sqrt(run.m)))


def excess_error(run: Run) -> float:
    """Test error minus η in units of √(log(1/δ)/n)."""
    wrong = float((np.sign(run.fresh.f) != run.fresh.y).mean())
    return (wrong - run.given("eta")) / sqrt(log(1 / run.given("delta")) / run.n)


def horizon(run: Run) -> float:
    """T − 1, which the paper sets to 1/(4α)."""
    return float(run.T - 1)


SCALINGS = (
    Scaling(
        "correlation-start", "⟨ŵ_j(0), μ⟩ ~ 1/√d", lambda run: correlation(run, 0), "d", DIMENSIONS, -0.5,
        {**BASE, "m": 1024},
    ),
    Scaling(
        "correlation-step", "⟨ŵ_j(1), μ⟩ ~ 1", lambda run: correlation(run, 1), "d", DIMENSIONS, 0.0, BASE,
    ),
    Scaling(
        "movement", "feature movement ~ 1/u", movement, "omega*sqrt(md)", (1e-5, 1e-4, 1e-3, 1e-2), -1.0,
        BASE,
    ),
    Scaling(
        "crossing", "AO/(αb) stays bounded as α → 0", largest_crossing, "alpha",
        (1 / 16, 1 / 32, 1 / 64, 1 / 128), 0.0, BASE, ">=",
    ),
    Scaling(
        "excess-error", "test error − η = O(√(log(1/δ)/n))", excess_error, "n", (100, 200, 400, 800, 1600),
        0.0, {**BASE, "d": 400, "sigma": 0.2, "fresh": 20000}, "<=",
    ),
    Scaling("horizon", "T − 1 = 1/(4α)", horizon, "alpha", (1 / 8, 1 / 16, 1 / 32, 1 / 64), -1.0, BASE),
)  # fmt: skip
