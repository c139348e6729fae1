"""Suprema of random sign sums over the unit ball, for the Rademacher complexity of one ReLU neuron (P15).

For signs ε let h(v) = Σ_i ε_i φ(⟨v, x_i⟩) and s_± = sup over ‖v‖ ≤ 1 of ±h(v) ≥ 0. Neither is a convex
problem: on the inputs of a run a search gives lower estimates; in the plane the arcs between the lines
⟨v, x_i⟩ = 0 give exact values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa.rounding import UNIT, Array, Rounded, Sampled, rounded

SEARCHED = 64
"""Sign vectors for which s_± are searched; each stands for the pair ±ε."""
DRAWN = 256
"""Sign vectors drawn in all, for the sums that need no search."""
ANGLES = 64
"""Directions tried in the plane of the centres."""
ROUNDS = 2
"""Steps v ← ±Σ ε_i A_i(v) x_i / ‖·‖ from the best start."""


@dataclass(frozen=True, eq=False)
class Suprema:
    """What is known of some sign vectors: h at unit directions up and down (k, d), and signed sums.

    signs (r, n) with r ≥ k; s_up, s_down (k,); linear ‖Σ_i ε_i x_i‖ (r,), and along Σ_i ε_i ⟨v, x_i⟩ (k,)
    at the unit vector v along Σ_i ε_i x_i.
    """

    signs: Array
    up: Array
    down: Array
    s_up: Rounded
    s_down: Rounded
    linear: Rounded
    along: Rounded

    @property
    def searched(self) -> int:
        """Number k of sign vectors with suprema."""
        return len(self.up)

    @property
    def largest(self) -> Rounded:
        """max(s_+, s_-), axis pair."""
        largest: Any = np.maximum(self.s_up, self.s_down)
        return Rounded(largest.value, largest.error)


def draw_signs(rng: np.random.Generator, n: int, count: int) -> Array:
    """`count` independent rows of n signs."""
    return np.asarray(2.0 * rng.integers(2, size=(count, n)) - 1)


def search(X: Array, mu: Array, signs: Array, searched: int = SEARCHED) -> Suprema:
    """Lower estimates of s_± for the first `searched` rows of signs (r, n); X (n, d), centres mu (2, d)."""
    some, sizes = signs[:searched], float(np.linalg.norm(X, axis=1).sum())
    error = (X.shape[1] + len(X) + 8) * UNIT * sizes
    squares = np.einsum("ri,ri->r", signs, _products(X)(signs))
    linear = rounded(np.sqrt(Rounded(np.maximum(squares, 0), 2 * error * sizes)))
    summed = some @ X
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    straight = summed / np.where(length > 0, length, 1.0)
    pre = straight @ X.T
    along = np.einsum("ki,ki->k", some, pre)
    around = plane_directions(mu)
    flat = some @ np.maximum(X @ around.T, 0)
    up, s_up = climb(X, some, *_better(around, flat, straight, pre, some))
    down, s_down = climb(X, -some, *_better(around, -flat, -straight, -pre, -some))
    return Suprema(signs, up, down, Rounded(s_up, error), Rounded(s_down, error), linear, Rounded(along, error))


def plane_directions(mu: Array, count: int = ANGLES) -> Array:
    """Unit vectors (count, d) around the plane of mu (2, d)."""
    angle = 2 * np.pi * np.arange(count) / count
    return np.asarray(_unit(angle) @ mu.astype(float))


def _better(around: Array, flat: Array, straight: Array, pre: Array, signs: Array) -> tuple[Array, Array]:
    """The better start of each sign vector, in the plane of the centres or the linear one, and its value."""
    planar, at = flat.max(axis=1), flat.argmax(axis=1)
    linear = np.einsum("ki,ki->k", signs, np.maximum(pre, 0))
    chosen = (planar >= linear)[:, None]
    return np.where(chosen, around[at], straight), np.maximum(planar, linear)


def climb(X: Array, signs: Array, v: Array, value: Array, rounds: int = ROUNDS) -> tuple[Array, Array]:
    """The best of v (k, d) and the directions that fixed-point steps from it reach, with the values of h.

    A step is a combination of inputs: it is followed in its coefficients, and only the best is made a vector of R^d.
    """
    onto, pre, best = _products(X), v @ X.T, np.zeros(signs.shape)
    value = np.maximum(value, 0)
    for _ in range(rounds):
        step = signs * (pre > 0)
        pre = onto(step)
        length = np.sqrt(np.maximum(np.einsum("ki,ki->k", step, pre), 0))[:, None]
        pre = pre / np.where(length > 0, length, 1.0)
        reached = np.einsum("ki,ki->k", signs, np.maximum(pre, 0))
        best = np.where((reached > value)[:, None], step, best)
        value = np.maximum(value, reached)
    moved = best.any(axis=1)
    found = np.array(v)
    found[moved] = best[moved] @ X
    found[moved] /= np.linalg.norm(found[moved], axis=1, keepdims=True)
    return found, np.maximum(np.einsum("ki,ki->k", signs, np.maximum(found @ X.T, 0)), 0)


def _products(X: Array) -> Callable[[Array], Array]:
    """The inner products of combinations of the rows of X (n, d), given by coefficients (k, n), with these rows."""
    if len(X) < X.shape[1]:
        gram = X @ X.T
        return lambda combined: combined @ gram
    return lambda combined: combined @ X @ X.T


def all_signs(n: int) -> Array:
    """All 2^n rows of n signs."""
    return np.array(list(product([-1.0, 1.0], repeat=n)))


def all_samples(points: Array, size: int) -> Array:
    """Every ordered sample with repetition of `size` of the points (k, 2): shape (k ** size, size, 2)."""
    return np.array(points[np.array(list(product(range(len(points)), repeat=size)))])


def exact_suprema(points: Array, signs: Array) -> tuple[Array, Array, Array, Array]:
    """s_+ and s_- with directions that attain them, for points (q, n, 2) and signs (r, n), exact to
    rounding.

    Between two neighbouring lines ⟨v, x_i⟩ = 0 the function h is linear, so its largest value on the unit
    circle is attained on such a line or at the normalised gradient of an arc. Shapes (q, r), (q, r), (q,
    r, 2), (q, r, 2).
    """
    angle = np.arctan2(points[..., 1], points[..., 0])
    lines = np.sort(np.concatenate([angle - np.pi / 2, angle + np.pi / 2], axis=1) % (2 * np.pi), axis=1)
    following = np.roll(lines, -1, axis=1)
    following[:, -1] += 2 * np.pi
    on = np.einsum("qkd,qnd->qkn", _unit((lines + following) / 2), points) > 0
    gradient = np.einsum("qkn,rn,qnd->qrkd", on, signs, points)
    size = np.linalg.norm(gradient, axis=-1, keepdims=True)
    peaks = gradient / np.where(size > 0, size, 1.0)
    ends = np.broadcast_to(_unit(lines)[:, None], peaks.shape)
    up, s_up = _largest(points, signs, np.concatenate([peaks, ends], axis=2))
    down, s_down = _largest(points, -signs, np.concatenate([-peaks, ends], axis=2))
    return s_up, s_down, up, down


def _unit(angle: Array) -> Array:
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def _largest(points: Array, signs: Array, tried: Array) -> tuple[Array, Array]:
    """Where h is largest among the directions tried (q, r, k, 2), with its value; at least 0, as at v = 0."""
    pre = np.einsum("qrkd,qnd->qrkn", tried, points)
    value = np.einsum("qrkn,rn->qrk", np.maximum(pre, 0), signs)
    best: NDArray[np.int64] = value.argmax(axis=2)[..., None]
    direction = np.take_along_axis(tried, best[..., None], axis=2)[:, :, 0]
    return direction, np.maximum(np.take_along_axis(value, best, axis=2)[..., 0], 0)


def mean_with_control(values: Rounded, squares: Array, mean_square: float) -> Sampled:
    """Mean over sign vectors of `values` (k,), with ‖Σ ε_i x_i‖² (k,), of known mean Σ ‖x_i‖², as control
    variate.

    The error is five standard errors of what the control variate leaves unexplained, and rounding. The
    length of a signed sum is nearly linear in its square, so a few hundred sign vectors do what thousands
    would.
    """
    off, few = squares - mean_square, len(squares) < 3
    spread = 0.0 if few else float(off.var(ddof=1))
    slope = float(np.cov(values.value, squares)[0, 1] / spread) if spread > 0 else 0.0
    rest = values.value - slope * off
    deviation = 0.0 if few else float(rest.std(ddof=2))
    rounding = values.error.max() + UNIT * np.abs(rest).max()
    return Sampled(rest.mean(), 5 * deviation / np.sqrt(len(rest)) + rounding)
