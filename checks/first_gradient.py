"""The first gradient step around the four centres: g near ½, the errors ζ1 and ζ2 (E25-E30, M1, M3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from checks.layers import second_layer
from checks.measured import start_counts
from checks.output_size import loss_derivative
from rfa import Claim, Rounded, Run, chain, eq, ge, le
from rfa.chains import Chain
from rfa.data import CENTRE_LABEL
from rfa.network import activation
from rfa.rounding import UNIT, Array


@dataclass(frozen=True, eq=False)
class FirstGradient:
    """The sums of the step from W(0) to W(1). Letters: i sample, j neuron, mu centre, c coordinate of R^d."""

    run: Run

    @cached_property
    def active(self) -> Rounded:
        """y_i A_ij(0), axes i j; the error marks undecided activations."""
        run, pre = self.run, self.run.pre(0)
        active = activation(pre.value, run.relu_at_zero)
        return Rounded(run.sample.y[:, None] * active, np.abs(pre.value) <= pre.error)

    @cached_property
    def g(self) -> Rounded:
        """g_{i,0}, axis i."""
        return self.run.g(0)

    @cached_property
    def pull(self) -> Rounded:
        """g_{i,0} y_i A_ij(0), axes i j."""
        return self.active * self.g.reshape(self.run.n, 1)

    @cached_property
    def excess(self) -> Rounded:
        """(g_{i,0} − ½) y_i A_ij(0), axes i j."""
        return self.active * (self.g - 0.5).reshape(self.run.n, 1)

    @cached_property
    def factor(self) -> Rounded:
        """α a_j / n, axes j c (c of length 1)."""
        return (self.run.alpha * second_layer(self.run) / self.run.n).reshape(self.run.m, 1)

    def drawn(self, weights: Rounded, vectors: Array, size: Rounded) -> Rounded:
        """(α a_j/n) sum_i weights_ij vectors_i, axes j c, for vectors (n, d) of lengths `size`."""
        length = size.value + size.error
        exact = np.abs(weights.value).T @ (size.error + (self.run.n + 2) * self.run.unit * length)
        error = weights.error.T @ length + exact
        return self.factor * Rounded(weights.value.T @ vectors, error[:, None])

    def at_centres(self, weights: Rounded) -> Rounded:
        """(α a_j/n) sum_i weights_ij mu(i), axes j c."""
        return self.factor * spread(self.run, self.by_cluster(weights))

    def by_cluster(self, weights: Rounded) -> Rounded:
        """sum over I_mu of weights_ij, axes j mu."""
        inside = self.run.in_cluster.astype(float)
        error = weights.error + (self.run.n + 2) * self.run.unit * np.abs(weights.value)
        return Rounded(weights.value.T @ inside, error.T @ inside)

    @cached_property
    def zeta1(self) -> Rounded:
        """ζ1(j) = (α a_j/n) sum_i g y A (x_i − mu(i)), axes j c."""
        return self.drawn(self.pull, self.run.deviation, self.run.deviation_norm)

    @cached_property
    def zeta2(self) -> Rounded:
        """ζ2(j) = (α a_j/n) sum_i (g − ½) y A mu(i), axes j c."""
        return self.at_centres(self.excess)

    @cached_property
    def signed(self) -> Rounded:
        """S_mu(j) = sum over I_mu of y_i A_ij(0), axes j mu: counts, exact but for undecided activations."""
        inside = self.run.in_cluster.astype(float)
        return Rounded(self.active.value.T @ inside, self.active.error.T @ inside)

    @cached_property
    def moved(self) -> Rounded:
        """w_j(1) − w_j(0), axes j c, granted the rounding error of a gradient step."""
        granted = self.run.step_error.error[0][:, None]
        return Rounded(self.run.W(1), granted) - Rounded(self.run.W(0))

    @cached_property
    def assembled(self) -> Rounded:
        """(α a_j/2n) {mu1 [S_+mu1 − S_−mu1] + mu2 [S_+mu2 − S_−mu2]} + ζ1 + ζ2, axes j c."""
        return self.factor / 2 * spread(self.run, self.signed) + self.zeta1 + self.zeta2


def spread(run: Run, sums: Rounded) -> Rounded:
    """sum over mu of sums_mu(j) mu, axes j c."""
    centre = run.sample.centre
    size = np.abs(sums.value) @ np.abs(centre)
    return Rounded(sums.value @ centre, sums.error @ np.abs(centre) + 6 * UNIT * size)


def length(run: Run, vectors: Rounded) -> Rounded:
    """Norm of each row, axis j."""
    norm = np.linalg.norm(vectors.value, axis=1)
    error = np.linalg.norm(np.broadcast_to(vectors.error, vectors.shape), axis=1)
    return Rounded(norm, error + run.dot * norm)


def half_derivative(z: Rounded) -> Rounded:
    """½ + ℓ'(z) = ½ tanh(z/2) for z >= 0, to relative precision."""
    value = np.tanh(z.value / 2) / 2
    return Rounded(value, z.error / 4 + 4 * UNIT * np.abs(value))


def derivatives_at_start(first: FirstGradient, small: Claim, short: Claim) -> Iterator[Chain]:
    """U-L12f and E25, axis i."""
    run, three = first.run, 3 * first.run.u
    yield chain(
        "U-L12f", "small outputs at the start",
        np.abs(run.output(0)),
        le(run.frobenius[0] * run.input_norm, "E18"),
        le(1.5 * run.u * np.sqrt(Rounded(2.0)), "L3; ‖x_i‖ ≤ √2", needs=[small, short]),
        le(three, "3/√2 ≤ 3"),
        axes="i",
    )  # fmt: skip
    yield chain(
        "E25", "no loss derivative far below ½ at the start",
        first.g,
        ge(loss_derivative(three), "−ℓ' decreases and y f ≤ 3u", needs=[small, short]),
        axes="i",
    )  # fmt: skip
    yield chain(
        "E25", "no loss derivative far above ½ at the start",
        first.g,
        le(loss_derivative(-three), "−ℓ' decreases and y f ≥ −3u", needs=[small, short]),
        axes="i", prefix="Y",
    )  # fmt: skip


def error_vectors(first: FirstGradient, small: Claim, short: Claim) -> Iterator[Chain]:
    """E26 and E28, axis j."""
    run = first.run
    step, g = run.alpha * run.b, first.g
    size = run.deviation_norm.reshape(run.n, 1)
    off, near = np.abs(g - 0.5).max(), [small, short]
    above, below = half_derivative(3 * run.u), -half_derivative(3 * run.u)
    yield chain(
        "E26", "ζ1 is short",
        length(run, first.zeta1),
        le(step / run.n * (np.abs(first.pull) * size).sum(axis=0), "triangle inequality"),
        le(step * run.D, "g < 1, A ≤ 1, ‖ξ_i‖ ≤ D"),
        axes="j",
    )  # fmt: skip
    yield chain(
        "E28", "ζ2 is short",
        length(run, first.zeta2),
        le(step * off, "triangle inequality, A ≤ 1"),
        le(step * np.maximum(above, below), "E25 as printed", needs=near, printed=True, gap="G9"),
        le(step * np.maximum(above, np.abs(below)), "E25", needs=near, gap="G9"),
        le(step * 0.75 * run.u, "ℓ' is ¼-Lipschitz"),
        le(step * run.u, "¾ ≤ 1"),
        axes="j",
    )  # fmt: skip


def decomposition(first: FirstGradient, step: Claim) -> Iterator[Chain]:
    """M1 for the first step, E27, E30, M3: exact identities of vectors, axes j c (M3: axis j)."""
    run = first.run
    size = run.trace.norm[0][:, None] + run.trace.norm[1][:, None]
    start, end = Rounded(run.W(0)), Rounded(run.W(1), run.step_error.error[0][:, None])
    whole = first.drawn(first.pull, run.sample.X, run.input_norm)
    there: dict[str, Any] = {"axes": "j c", "scale": size}
    yield chain(
        "M1", "the first step, from the kept weights",
        end,
        eq(start + whole, "full-batch gradient", needs=[step]),
        **there,
    )  # fmt: skip
    yield chain(
        "E27", "the first step around the centres",
        end,
        eq(start + first.at_centres(first.pull) + first.zeta1, "x_i = μ(i) + ξ_i", needs=[step]),
        eq(start + first.at_centres(first.active / 2) + first.zeta1 + first.zeta2, "g = ½ + (g − ½)"),
        **there,
    )  # fmt: skip
    yield chain(
        "E30", "the first step by signed counts",
        first.moved,
        eq(first.assembled, "E27, E29", needs=[step]),
        **there,
    )  # fmt: skip
    yield chain(
        "M3", "the distance between the two sides of E30",
        length(run, first.moved - first.assembled),
        eq(0.0, "E30", needs=[step]),
        axes="j", scale=size[:, 0],
    )  # fmt: skip


def counts(first: FirstGradient) -> Iterator[Chain]:
    """E29, axes j mu: the signed counts sample by sample, by groups, and as the trace recorded them."""
    groups = start_counts(first.run)
    yield chain(
        "E29", "the signed counts of active samples",
        first.signed,
        eq(CENTRE_LABEL * (groups.clean - groups.noisy), "y_i = y_μ on I^C_μ, −y_μ on I^N_μ"),
        axes="j mu",
    )  # fmt: skip
    if first.run.trace.level == "full":
        logged = first.run.active[0]
        yield chain(
            "E29", "the signed counts as recorded",
            first.signed,
            eq(CENTRE_LABEL * (logged[..., 0] - logged[..., 1]), "the same counts in the trace"),
            axes="j mu", prefix="logged ",
        )  # fmt: skip
