"""The network that makes most of given signs: Σ_i ε_i f(x_i; W) at its largest over ‖W‖_F ≤ 1 (P15).

Every neuron takes the best direction for its sign, v_+ or v_-, with a norm in proportion to its value s_+
or s_-.
"""

from typing import NamedTuple

import numpy as np

from checks.suprema import Suprema, all_signs, exact_suprema
from rfa import Rounded, Run
from rfa.rounding import UNIT, Array
from rfa.stacked import as_array


class Members(NamedTuple):
    """The members of E49 and U-P15 at R = 1 for some samples, means over all sign vectors; axis sample."""

    network: Rounded
    closed: Rounded
    best: Rounded
    twice: Rounded
    length: Rounded
    size: Rounded


def closed_form(run: Run, s_up: Rounded, s_down: Rounded) -> Rounded:
    """sup of Σ_i ε_i f(x_i; W) over ‖W‖_F ≤ 1 from s_+ and s_-."""
    square = (run.a > 0).mean() * (s_up * s_up) + (run.a < 0).mean() * (s_down * s_down)
    return Rounded(np.sqrt(square.value), np.sqrt(square).error)


def network_value(run: Run, found: Suprema) -> Rounded:
    """The same from the outputs of that network on the run's inputs, axis pair."""
    X = run.sample.X.astype(float)
    up, down = _norms(run, found.s_up.value, found.s_down.value)
    v_up, v_down = (reached.vectors(X, run.sample.mu) for reached in (found.up, found.down))
    pre_up, pre_down = X @ (up[:, None] * v_up).T, X @ (down[:, None] * v_down).T
    value = np.einsum("ki,ik->k", found.signs, _outputs(run, pre_up, pre_down))
    return Rounded(value, 2 * found.s_up.error + 2 * run.m * run.unit * np.abs(value))


def exact_members(run: Run, points: Array) -> Members:
    """All members for samples (q, n, 2) in the plane, exact to rounding."""
    n = points.shape[1]
    signs = all_signs(n)
    s_up, s_down, v_up, v_down = exact_suprema(points, signs)
    up, down = _norms(run, s_up, s_down)
    pre_up = np.einsum("qrd,qnd->qrn", up[..., None] * v_up, points)
    pre_down = np.einsum("qrd,qnd->qrn", down[..., None] * v_down, points)
    network = np.einsum("rn,qrn->qr", signs, _outputs(run, pre_up, pre_down))
    length = np.linalg.norm(np.einsum("rn,qnd->qrd", signs, points), axis=2)
    error = (8 + n) * UNIT * np.linalg.norm(points, axis=2).sum(axis=1)[:, None]
    plus, minus = Rounded(s_up, error), Rounded(s_down, error)
    square = (points**2).sum(axis=(1, 2))
    return Members(
        Rounded(network, error + 2 * run.m * run.unit * np.abs(network)).mean(axis=1) / n,
        closed_form(run, plus, minus).mean(axis=1) / n,
        Rounded(np.maximum(s_up, s_down), error).mean(axis=1) / n,
        2 * plus.mean(axis=1) / n,
        2 * Rounded(length, error).mean(axis=1) / n,
        2 * np.sqrt(Rounded(square, 2 * n * UNIT * square)) / n,
    )


def _norms(run: Run, s_up: Array, s_down: Array) -> tuple[Array, Array]:
    """‖w_j‖ of the neurons with a_j > 0 and of those with a_j < 0."""
    total = np.sqrt((run.a > 0).sum() * s_up**2 + (run.a < 0).sum() * s_down**2)
    total = np.where(total > 0, total, 1.0)
    return s_up / total, s_down / total


def _outputs(run: Run, pre_up: Array, pre_down: Array) -> Array:
    """f(x; W) from the preactivations of the two kinds of neurons."""
    positive, negative = run.a[run.a > 0].sum(), run.a[run.a < 0].sum()
    return as_array(positive * np.maximum(pre_up, 0) + negative * np.maximum(pre_down, 0))
