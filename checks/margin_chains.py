"""The margin of the subnetwork at the centres and at the samples: U-L11mu, E22, U-L11Lip, U-L11c, U-L11n2."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from checks.constants import E
from checks.layers import positive_part, second_layer
from checks.margin_growth import growing
from checks.margin_premises import Growth, Margin, equal_second_layer, kept
from rfa import Claim, Rounded, Run, chain, eq, ge, le, suppose
from rfa.chains import Chain
from rfa.data import CENTRE_LABEL
from rfa.run import OPPOSITE


@dataclass(frozen=True, eq=False)
class Centres:
    """The subnetwork f^J(.; W(T)) seen from the four centres; `toward` is <w_j(T), mu>, axes j mu."""

    run: Run

    @cached_property
    def toward(self) -> Rounded:
        """<w_j(T), mu>, axes j mu."""
        return self.run.toward[self.run.T - self.run.first]

    @cached_property
    def own(self) -> NDArray[np.bool_]:
        """Whether j is in J_mu, axes j mu."""
        return self.run.J

    @cached_property
    def opposing(self) -> NDArray[np.bool_]:
        """Whether j is in J_-mu, axes j mu."""
        return self.run.J[:, OPPOSITE]

    @cached_property
    def across(self) -> NDArray[np.bool_]:
        """Whether j is in J_nu for a nu of the other pair, axes j mu."""
        return self.run.in_J[:, None] & ~self.own & ~self.opposing

    @cached_property
    def positive(self) -> Rounded:
        """phi(<w_j(T), mu>), axes j mu."""
        return positive_part(self.toward)

    @cached_property
    def output(self) -> Rounded:
        """y_mu f^J(mu; W(T)) from the weights, axis mu."""
        run = self.run
        value = run.network(run.sample.centre, run.T, run.in_J)
        return Rounded(CENTRE_LABEL * value, run.output_error[run.T - run.first])

    @cached_property
    def pulled(self) -> Rounded:
        """Sum over J_mu of b <w_j(T), mu>, axis mu."""
        return self.summed(self.toward, self.own)

    @cached_property
    def against(self) -> Rounded:
        """Sum over J_nu, nu in the other pair, of b phi(<w_j(T), mu>), axis mu."""
        return self.summed(self.positive, self.across)

    def summed(self, values: Rounded, among: NDArray[np.bool_]) -> Rounded:
        """b times the sum over the neurons `among` (j, mu) of values (j, mu): axis mu."""
        total: Rounded = self.run.b * values.sum(axis=0, where=among)
        return total


def centre_margins(run: Run, given: Growth, margin: Margin) -> Iterator[Chain]:
    """U-L11mu, axis mu, and U-L11mu (i) for any weights."""
    at, alpha, m = Centres(run), run.alpha, run.m
    others = at.across.sum(axis=0) / m
    across = at.summed(abs(at.toward), at.across)
    inside, behind = at.summed(at.positive, at.own), at.summed(at.positive, at.opposing)
    start, pull = alpha * (run.T - 1) * (E / 64), at.pulled
    awake = by_centre(awake_at_centre(run), at.own | at.opposing)
    needs = [by_centre(claim, at.own) for claim in (*growing(run, given), margin.start)]
    yield chain(
        "U-L11mu", "the output at a centre, from the weights and neuron by neuron",
        at.output,
        eq(inside + behind - at.against, "three groups of neurons", name="Y0"),
        axes="mu", prefix="direct ",
    )  # fmt: skip
    yield chain(
        "U-L11mu", "the margin of f^J at a centre",
        inside + behind - at.against,
        eq(pull - at.against, "(i) NAC(T): φ(t) = t on J_μ, 0 on J_−μ", needs=[awake], gap="G1"),
        ge(pull - across, "(ii) φ(t) ≤ |t|", where=(at.across & (at.toward < 0)).any(axis=0)),
        ge(pull - 3 * alpha * others, "(iii) AO(T)", needs=[by_centre(margin.across, at.across)], gap="G1"),
        ge(start * (run.J_size / m) - 3 * alpha * others, "(iv) E21", needs=needs, where=run.J_size > 0),
        ge(start * kept(run) / 4 - 3 * alpha, "(v) |J_μ|/m ≥ ¼(1 − 1/C0)²", needs=[margin.many]),
        axes="mu", prefix="Y",
    )  # fmt: skip
    yield unconditional(run, at)


def by_centre(claim: Claim, members: NDArray[np.bool_]) -> Claim:
    """A claim about neurons (last axis j), at each centre mu for its `members` (j, mu) alone; others as they are."""
    if claim.axes[-1:] != ("j",):
        return claim
    lhs, rhs = (side.reshape(*side.shape, 1) if side.ndim else side for side in (claim.lhs, claim.rhs))
    scale = claim.scale[..., None] if claim.scale.ndim else claim.scale
    where = claim.domain[..., None] & members
    return replace(claim, lhs=lhs, rhs=rhs, axes=(*claim.axes, "mu"), where=where, scale=scale)


def awake_at_centre(run: Run) -> Claim:
    """NAC at time T, at the centre itself: J_mu awake on mu, so that it sleeps on -mu."""
    end, size = run.own[run.T - run.first], run.norm.value[run.T - run.first]
    return suppose("RP.NAC.T", "⟨w_j(T), μ⟩ ≥ 0", end, ">=", 0.0, axes="j", where=run.in_J, scale=size)


def unconditional(run: Run, at: Centres) -> Chain:
    """U-L11mu (i) as an inequality, neuron by neuron; nothing is asked of the weights, taken as exact."""
    toward = at.toward.value
    facing = CENTRE_LABEL * np.sign(run.a)[:, None]
    kept_part = np.where(at.own, toward, 0.0) + np.where(at.across, facing * np.maximum(toward, 0.0), 0.0)
    return chain(
        "U-L11mu", "(i) as ≥ asks for no NAC; y_μ a_j φ(⟨w_j(T), μ⟩) divided by b",
        Rounded(facing * np.maximum(toward, 0.0)),
        ge(Rounded(kept_part), "φ(t) ≥ t on J_μ, φ ≥ 0 on J_−μ", gap="G1"),
        axes="j mu", where=run.in_J[:, None], scale=at.toward.error, prefix="N",
    )  # fmt: skip


def end_value(run: Run, given: Growth, margin: Margin) -> Chain:
    """E22."""
    share = E * kept(run)
    return chain(
        "E22", "the margin at a centre at T − 1 = 1/(4α)",
        run.alpha * (run.T - 1) * (E / 64) * kept(run) / 4 - 3 * run.alpha,
        eq(share / 1024 - 3 * run.alpha, "α(T − 1) = ¼", needs=[given.grid]),
        ge(share / 2048, "α ≤ E(1 − 1/C0)²/6144", needs=[margin.step]),
    )  # fmt: skip


def lipschitz(run: Run) -> Chain:
    """U-L11Lip between each sample and its centre at W(T), axis i."""
    J, W, cluster = run.in_J, run.W(run.T), run.sample.cluster
    sample, centre = run.output(run.T, J), (Centres(run).output * CENTRE_LABEL)[cluster]
    error = (run.dot * run.deviation_norm.value + run.deviation_norm.error)[:, None]
    across = Rounded(run.deviation @ W[J].T, error * np.linalg.norm(W[J], axis=1))
    a = second_layer(run)[J]
    by_vector = np.sqrt((a * a).sum()) * np.sqrt((across * across).sum(axis=1))
    norm = run.frobenius[run.T - run.first]
    return chain(
        "U-L11Lip", "f^J is ‖W‖_F-Lipschitz: each sample against its centre",
        np.abs(sample - centre),
        le(by_vector, "Cauchy-Schwarz; φ is 1-Lipschitz"),
        le(norm * run.deviation_norm, "‖a‖ = 1, ‖W_J‖₂ ≤ ‖W‖_F", needs=[equal_second_layer(run)]),
        axes="i",
    )  # fmt: skip


def sample_margins(run: Run, given: Growth, margin: Margin) -> Iterator[Chain]:
    """U-L11c and U-L11n2, axis i."""
    noisy = run.sample.noisy
    own = run.sample.y * run.output(run.T, run.in_J)
    reach = run.deviation_norm.reshape(run.n, 1).max(axis=0, where=run.in_cluster)
    norm = run.frobenius[run.T - run.first]
    centre = (Centres(run).output - norm * reach)[run.sample.cluster]
    far, bound = E * kept(run) / 2048 - run.D, E * kept(run) / 4096
    everything = [*given, *(claim for claim in margin if claim is not margin.tight)]
    tight = suppose("RP.D4096.max", "D ≤ E(1 − 1/C0)²/4096", run.D, "<=", bound)
    yield chain(
        "U-L11c", "the margin of f^J at clean samples",
        own,
        ge(centre, "U-L11Lip"),
        ge(far, "U-L11mu, E22; ‖W(T)‖_F ≤ 1", needs=everything),
        ge(bound, "D ≤ E(1 − 1/C0)²/4096", needs=[tight]),
        axes="i", where=~noisy,
    )  # fmt: skip
    yield chain(
        "U-L11n2", "the margin of f^J at noisy samples",
        own,
        eq(-run.sample.y_clean * run.output(run.T, run.in_J), "y_i = −y_μ"),
        le(-centre, "U-L11Lip"),
        le(-bound, "as for clean samples", needs=[*everything, tight]),
        axes="i", where=noisy,
    )  # fmt: skip
