"""A network split into the neurons of a set J and the rest, on a list of inputs: what Lemma 8 compares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from checks.layers import positive_part, second_layer, spectral_norm
from rfa import Rounded, Run
from rfa.rounding import UNIT, Array


@dataclass(frozen=True, eq=False)
class Split:
    """Outputs f and f^J (i,); of the k neurons outside J: <w_j, x> (i, k), a_j (k,), ‖w_j‖ (k,) or (i, k).

    `spectral` is ‖W_{J^c}‖₂, `frobenius` ‖W‖_F and `input_norm` ‖x‖, each one number or (i,).
    """

    whole: Rounded
    inside: Rounded
    rest: Rounded
    a: Rounded
    sizes: Rounded
    spectral: Rounded
    frobenius: Rounded
    input_norm: Rounded
    m: int

    @cached_property
    def outside(self) -> Rounded:
        """f^{J^c}, axis i."""
        terms: Rounded = positive_part(self.rest) * self.a
        return terms.sum(axis=1)

    @cached_property
    def share(self) -> Rounded:
        """|J^c|/m."""
        share: Rounded = Rounded(self.rest.shape[1]) / self.m
        return share

    @property
    def by_vector(self) -> Rounded:
        """√(Σ_{J^c} a_j²) √(Σ_{J^c} ⟨w_j, x⟩²), axis i."""
        size, image = (self.a * self.a).sum(), (self.rest * self.rest).sum(axis=1)
        bound: Rounded = np.sqrt(size) * np.sqrt(image)
        return bound

    @property
    def by_spectrum(self) -> Rounded:
        """√(|J^c|/m) ‖W_{J^c}‖₂ ‖x‖, axis i."""
        bound: Rounded = self.input_norm * self.spectral * np.sqrt(self.share)
        return bound

    @property
    def by_frobenius(self) -> Rounded:
        """√(|J^c|/m) ‖W_{J^c}‖_F ‖x‖, axis i."""
        squares = (self.sizes * self.sizes).sum(axis=-1)
        bound: Rounded = self.input_norm * np.sqrt(self.share * squares)
        return bound


class OfRun(Split):
    """The network of a run at T on its sample, with J of the run; each part is worked out where it is asked for."""

    run: Run
    at: int

    def __init__(self, run: Run) -> None:
        self.__dict__.update(run=run, at=run.T - run.first)

    @cached_property
    def whole(self) -> Rounded:
        """f, axis i."""
        return self.run.output(self.run.T)

    @cached_property
    def inside(self) -> Rounded:
        """f^J, axis i."""
        return self.run.output(self.run.T, self.run.in_J)

    @cached_property
    def frobenius(self) -> Rounded:
        """‖W(T)‖_F."""
        return self.run.frobenius[self.at]

    @cached_property
    def input_norm(self) -> Rounded:
        """‖x_i‖, axis i."""
        return self.run.input_norm

    @cached_property
    def share(self) -> Rounded:
        """|J^c|/m."""
        share: Rounded = Rounded((~self.run.in_J).sum()) / self.run.m
        return share

    @cached_property
    def rest(self) -> Rounded:
        """<w_j(T), x_i> of the neurons outside J, axes i k."""
        return self.run.pre(self.run.T)[:, ~self.run.in_J]

    @cached_property
    def a(self) -> Rounded:
        """a_j of the neurons outside J, axis k."""
        return second_layer(self.run)[~self.run.in_J]

    @cached_property
    def sizes(self) -> Rounded:
        """‖w_j(T)‖ of the neurons outside J, axis k."""
        return self.run.norm[self.at][~self.run.in_J]

    @cached_property
    def spectral(self) -> Rounded:
        """‖W(T)‖₂ of the neurons outside J."""
        return spectral_norm(self.run.W(self.run.T)[~self.run.in_J], self.run.unit)


def of_weights(X: Array, W: Array, a: Array, outside: int) -> Split:
    """The networks W (r, m, d) each on one input X (r, d); J^c is the last `outside` neurons."""
    pre = np.einsum("rmd,rd->rm", W, X)
    sizes, length = np.linalg.norm(W, axis=2), np.linalg.norm(X, axis=1)
    dot = (X.shape[1] + 2) * UNIT
    products = Rounded(pre, dot * sizes * length[:, None])
    terms: Rounded = positive_part(products) * Rounded(a)
    norms = Rounded(sizes, dot * sizes)
    spectral = np.linalg.norm(W[:, -outside:], axis=(1, 2), ord=2)
    return Split(
        terms.sum(axis=1), terms[:, :-outside].sum(axis=1), products[:, -outside:], Rounded(a[-outside:]),
        norms[:, -outside:], Rounded(spectral, (outside + X.shape[1] + 4) * UNIT * spectral),
        np.sqrt((norms * norms).sum(axis=1)), Rounded(length, dot * length), len(a),
    )  # fmt: skip


def signs(m: int) -> Array:
    """a_j = ±1/√m in turn."""
    return np.asarray(np.where(np.arange(m) % 2 == 0, 1.0, -1.0) / np.sqrt(m))


@cache
def at_clusters() -> Split:
    """A network whose neurons sit at the four centres but for three outside J, on inputs near the centres.

    ‖W‖_F = 1, short of it by more than its rounding error. 1024 neurons and inputs of length 1 to 2 make
    |f^J| ≥ 4√(|J^c|/m), so that Lemma 8 applies with J^c not empty.
    """
    rng, m, r, outside = np.random.default_rng(8), 1024, 64, 3
    centres = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
    W = centres[np.arange(m) % 4]
    W[-outside:] = rng.standard_normal((outside, 2))
    W *= (1 - 2.0**-30) / np.linalg.norm(W)
    X = rng.uniform(1.0, 1.9, (r, 1)) * centres[np.arange(r) % 4] + 0.05 * rng.standard_normal((r, 2))
    return of_weights(X, np.broadcast_to(W, (r, m, 2)), signs(m), outside)


@cache
def at_random() -> Split:
    """Networks from a fixed stream, more or less aligned with one input each."""
    rng, m, r, d, outside = np.random.default_rng(88), 256, 256, 5, 2
    X, a = rng.standard_normal((r, d)), signs(m)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    noise = rng.uniform(0.0, 1.5, (r, 1, 1)) * rng.standard_normal((r, m, d))
    W = np.sign(a)[:, None] * X[:, None, :] + noise
    W *= rng.uniform(0.3, 1.1, (r, 1, 1)) / np.linalg.norm(W, axis=(1, 2), keepdims=True)
    X *= rng.uniform(0.5, 2.1, (r, 1))
    return of_weights(X, W, a, outside)
