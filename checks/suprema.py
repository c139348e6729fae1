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
from rfa.together import by_itself

SEARCHED = 64
"""Sign vectors for which s_± are searched; each stands for the pair ±ε."""
DRAWN = 256
"""Sign vectors drawn for the sums that need no search; those that are searched come first."""
ANGLES = 64
"""Directions tried in the plane of the centres."""
ROUNDS = 2
"""Steps v ← ±Σ ε_i A_i(v) x_i / ‖·‖ from the best start."""


@dataclass(frozen=True, eq=False)
class Reached:
    """Where a search has come to, for each of k sign vectors: unit vectors with the values of h there.

    A vector is the direction number `at` in the plane of the centres where `planar`, else that of Σ_i c_i x_i, of
    length `length`, with c a row of `combined` (k, n). Values (k,), as all others; 0, at v = 0, where h is negative.
    """

    at: NDArray[np.int64]
    planar: NDArray[np.bool_]
    combined: Array
    length: Array
    value: Array

    def vectors(self, X: Array, mu: Array) -> Array:
        """The unit vectors (k, d) for inputs X (n, d) and centres mu (2, d)."""
        along = self.combined @ X
        size = np.linalg.norm(along, axis=1, keepdims=True)
        return np.where(self.planar[:, None], plane_directions(mu)[self.at], along / np.where(size > 0, size, 1.0))


@dataclass(frozen=True, eq=False)
class Suprema:
    """What is known of k sign vectors: where h is large and where −h is, and signed sums.

    signs (k, n); s_up, s_down (k,), the values at `up` and `down`; linear ‖Σ_i ε_i x_i‖ (k,).
    """

    signs: Array
    up: Reached
    down: Reached
    s_up: Rounded
    s_down: Rounded
    linear: Rounded

    @property
    def largest(self) -> Rounded:
        """max(s_+, s_-), axis pair."""
        largest: Any = np.maximum(self.s_up, self.s_down)
        return Rounded(largest.value, largest.error)


def draw_signs(rng: np.random.Generator, n: int, count: int) -> Array:
    """`count` independent rows of n signs."""
    return np.asarray(2.0 * rng.integers(2, size=(count, n)) - 1)


def search(X: Array, mu: Array, signs: Array) -> Suprema:
    """Lower estimates of s_± for the rows of signs (k, n); X (n, d), centres mu (2, d).

    All but the plane of the centres is followed in inner products of the inputs. A vector of length L made of terms
    of lengths S in all then is off by S²/L² times what one input is.
    """
    onto, sizes, unit = products(X), _sizes(X), _unit_error(X)
    linear, sums = _signed_sums(X, onto, signs)
    length = linear.value
    straight = sums / np.where(length > 0, length, 1.0)[:, None]
    flat = X @ mu.T @ _unit(_angles()).T
    above = signs @ np.maximum(flat, 0)
    up = climb(onto, signs, start(flat, above, signs, straight, length))
    down = climb(onto, -signs, start(flat, -above, -signs, -straight, length))
    s_up, s_down = (Rounded(one.value, unit * sizes * _stretch(one, sizes)) for one in (up, down))
    return Suprema(signs, up, down, s_up, s_down, linear)


def signed_lengths(X: Array, signs: Array) -> Rounded:
    """‖Σ_i ε_i x_i‖ for the rows ε of signs (k, n); X (n, d)."""
    return _signed_sums(X, products(X), signs)[0]


def _signed_sums(X: Array, onto: Callable[[Array], Array], signs: Array) -> tuple[Rounded, Array]:
    """The lengths (k,) of signed sums, and their inner products with the inputs (k, n)."""
    sums = onto(signs)
    squares = np.maximum(np.einsum("ki,ki->k", signs, sums), 0)
    error = 2 * _unit_error(X) * _sizes(X) ** 2
    return rounded(np.sqrt(Rounded(squares, error))), sums


def _sizes(X: Array) -> float:
    return float(np.linalg.norm(X, axis=1).sum())


def _unit_error(X: Array) -> float:
    return (X.shape[1] + 2 * len(X) + 8) * UNIT


def _stretch(found: Reached, sizes: float) -> Array:
    with np.errstate(divide="ignore"):
        return np.where(found.planar, 1.0, 2 * (sizes / found.length) ** 2)


def _angles(count: int = ANGLES) -> Array:
    return 2 * np.pi * np.arange(count) / count


def plane_directions(mu: Array, count: int = ANGLES) -> Array:
    """Unit vectors (count, d) around the plane of mu (2, d)."""
    return np.asarray(_unit(_angles(count)) @ mu.astype(float))


def start(flat: Array, above: Array, signs: Array, pre: Array, length: Array) -> tuple[Reached, Array]:
    """The better start of each sign vector: in the plane, or the direction of its signed sum, of that length.

    flat (n, angles) are the preactivations in the plane, above (k, angles) the values of h there, pre (k, n) the
    preactivations of the other start. With the preactivations of the better one (k, n).
    """
    at, linear = above.argmax(axis=1), np.einsum("ki,ki->k", signs, np.maximum(pre, 0))
    highest = above.max(axis=1)
    planar = highest >= linear
    value = np.maximum(np.maximum(highest, linear), 0)
    return Reached(at, planar, signs, length, value), np.where(planar[:, None], flat.T[at], pre)


def climb(
    onto: Callable[[Array], Array], signs: Array, begin: tuple[Reached, Array], rounds: int = ROUNDS
) -> Reached:
    """The best of a start, which comes with its preactivations (k, n), and what fixed-point steps from it reach.

    `onto` gives the inner products of combinations of the inputs with the inputs (see `products`).
    """
    best, pre = begin
    for _ in range(rounds):
        step = signs * (pre > 0)
        pre = onto(step)
        length = np.sqrt(np.maximum(np.einsum("ki,ki->k", step, pre), 0))
        pre = pre / np.where(length > 0, length, 1.0)[:, None]
        value = np.einsum("ki,ki->k", signs, np.maximum(pre, 0))
        better = value > best.value
        best = Reached(
            best.at, best.planar & ~better, np.where(better[:, None], step, best.combined),
            np.where(better, length, best.length), np.where(better, value, best.value),
        )  # fmt: skip
    return best


def products(X: Array) -> Callable[[Array], Array]:
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


@by_itself
def mean_with_control(values: Rounded, squares: Array, mean_square: float) -> Sampled:
    """Mean over sign vectors of `values` (k,), with ‖Σ ε_i x_i‖² (k,), of known mean Σ ‖x_i‖², as control
    variate.

    The error is five standard errors of what the control variate leaves unexplained, and rounding. The
    length of a signed sum is nearly linear in its square, so a few hundred sign vectors do what thousands
    would.
    """
    off, few = squares - mean_square, len(squares) < 3
    centred = squares - squares.mean()
    spread = 0.0 if few else float(centred @ centred)
    slope = float(centred @ (values.value - values.value.mean()) / spread) if spread > 0 else 0.0
    rest = values.value - slope * off
    deviation = 0.0 if few else float(rest.std(ddof=2))
    rounding = values.error.max() + UNIT * np.abs(rest).max()
    return Sampled(rest.mean(), 5 * deviation / np.sqrt(len(rest)) + rounding)
