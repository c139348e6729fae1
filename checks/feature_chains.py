"""Proof of Proposition 2: how far the features phi(<w_j, x_i>) move from step 0 to T."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from checks.constants import SQRT2, E
from checks.largest_constant import largest_C
from checks.layers import positive_part
from checks.margin_growth import growing
from checks.margin_premises import Growth, half_kept, kept, many_candidates
from rfa import Claim, DoesNotApply, Rounded, Run, chain, eq, ge, le, suppose
from rfa.chains import Chain
from rfa.parameters import Parameters, per_setting
from rfa.rounding import UNIT
from rfa.stacked import as_array


class Movement(NamedTuple):
    """What Proposition 2 needs besides the growth of <w_j, mu> from step 1 to T."""

    first_norms: Claim
    first_step: Claim
    short_step: Claim
    tight: Claim
    small_start: Claim
    many: Claim
    half: Claim


def movement_premises(run: Run) -> Movement:
    """The upper half of L3.norm, a first step in the right direction, and four inequalities about sizes."""
    start, size = run.own[1] - run.own[0], run.norm.value[1]
    root_d = 1.5 * run.omega_root_d
    return Movement(
        suppose("RP.L3", "‖w_j(0)‖ ≤ (3/2)ω√d", run.norm[0], "<=", root_d, axes="j"),
        suppose("RP.E34", "⟨w_j(1) − w_j(0), μ⟩ ≥ 0", start, ">=", 0.0, axes="j", where=run.in_J, scale=size),
        short_step(run),
        suppose("RP.D8", "8‖ξ_i‖ ≤ E/512", 8 * run.deviation_norm, "<=", E / 512, axes="i"),
        small_start(run),
        many_candidates(run),
        half_kept(run),
    )


@per_setting
def short_step(of: Parameters) -> Claim:
    """The bound on the step size of Proposition 2."""
    return suppose("RP.alpha10", "α < 1/10", of.alpha, "<", 0.1)


@per_setting
def small_start(of: Parameters) -> Claim:
    """A start small against what the first steps add (E53)."""
    return suppose("RP.u", "u ≤ E/4096", of.u, "<=", E / 4096)


@dataclass(frozen=True, eq=False)
class Features:
    """Features at steps 0 and T; axes i (sample) and j (neuron)."""

    run: Run

    @cached_property
    def before(self) -> Rounded:
        """<w_j(0), x_i>, axes i j."""
        return self.run.pre(self.run.first)

    @cached_property
    def after(self) -> Rounded:
        """<w_j(T), x_i>, axes i j."""
        return self.run.pre(self.run.T)

    @cached_property
    def pushed(self) -> Rounded:
        """<w_j(T) - w_j(0), x_i>, axes i j."""
        change: Rounded = self.after - self.before
        return change

    @cached_property
    def moved(self) -> Rounded:
        """phi(<w_j(T), x_i>) - phi(<w_j(0), x_i>), axes i j."""
        change: Rounded = positive_part(self.after) - positive_part(self.before)
        return change

    @cached_property
    def at_home(self) -> NDArray[np.bool_]:
        """Whether j is in J_mu(i), axes i j."""
        return self.run.J.T[self.run.sample.cluster]

    @cached_property
    def squared(self) -> Rounded:
        """‖phi(W(T) x_i) - phi(W(0) x_i)‖², axis i."""
        squares: Rounded = self.moved * self.moved
        return squares.sum(axis=1)

    @cached_property
    def first_size(self) -> Rounded:
        """‖phi(W(0) x_i)‖, axis i."""
        first = positive_part(self.before)
        size: Rounded = np.sqrt((first * first).sum(axis=1))
        return size

    @cached_property
    def ratio(self) -> Rounded:
        """‖phi(W(T) x_i) - phi(W(0) x_i)‖ / ‖phi(W(0) x_i)‖, axis i; infinite where `some` is false."""
        value: Rounded = np.sqrt(self.squared / (self.first_size * self.first_size))
        return value

    @cached_property
    def some(self) -> NDArray[np.bool_]:
        """Whether any feature of x_i is awake at step 0, axis i."""
        return as_array(self.first_size.value > 0)


def feature_chains(run: Run, of: Features, given: Growth, more: Movement) -> Iterator[Chain]:
    """The chains in the order of the paper."""
    gained = [*growing(run, given), given.grid, more.first_step]
    inputs = suppose("RP.R", "max_i ‖x_i‖ ≤ √2", run.R_x, "<=", SQRT2)
    short = [given.steps, inputs, given.grid, more.short_step]
    pushed = [*gained, *short, more.tight]
    yield from parts(run, of)
    yield from weights(run, given, more)
    yield from towards_samples(run, of, gained, short)
    yield awake(run, of, pushed)
    yield from asleep(run, of, given, more, pushed)
    yield squares(run, of, more, [*pushed, given.short, more.first_norms, more.small_start])
    yield first_features(run, of, given, more)
    yield from ratios(run, of, [*pushed, given.short, *more])


def parts(run: Run, of: Features) -> Iterator[Chain]:
    """U-P2a, axis i; the features of the direct side are taken from the weights."""
    change = np.maximum(of.after.value, 0) - np.maximum(of.before.value, 0)
    direct = np.linalg.norm(change, axis=1) ** 2
    others = (of.moved.value**2).sum(axis=1, where=~of.at_home)
    yield chain(
        "U-P2a", "the change of all features against that of the candidates",
        Rounded(direct, (run.m + 4) * UNIT * direct + of.squared.error),
        eq(of.squared, "neuron by neuron"),
        ge(
            (of.moved * of.moved).sum(axis=1, where=of.at_home),
            "only J_μ(i); where another feature moves", where=others > 0,
        ),
        axes="i",
    )  # fmt: skip


def weights(run: Run, given: Growth, more: Movement) -> Iterator[Chain]:
    """U-P2b, E50 and E51, axis j."""
    end = run.T - run.first
    grown, b = growing(run, given), run.b
    yield chain(
        "U-P2b", "what the steps from 1 to T add to ⟨w_j, μ⟩",
        run.own[end] - run.own[1],
        ge(run.alpha * b * (run.T - 1) * (E / 64), "sum of E20", needs=grown),
        eq(b * (E / 256), "α(T − 1) = ¼", needs=[given.grid]),
        axes="j", where=run.in_J,
    )  # fmt: skip
    yield chain(
        "E50", "what all steps add to ⟨w_j, μ⟩",
        run.own[end] - run.own[0],
        ge(run.own[end] - run.own[1], "⟨w_j(1) − w_j(0), μ⟩ ≥ 0", needs=[more.first_step]),
        ge(b * (E / 256), "U-P2b", needs=[*grown, given.grid]),
        eq(E / (256 * np.sqrt(Rounded(run.m))), "b = 1/√m"),
        axes="j", where=run.in_J,
    )  # fmt: skip
    linear = SQRT2 * b * (run.alpha + 0.25)
    yield chain(
        "E51", "no weight moves far",
        run.moved[end],
        le(SQRT2 * b * run.alpha * run.T, "E17", needs=[given.steps, given.short]),
        eq(SQRT2 * b * (run.alpha + 4), "αT = α + 4", needs=[given.grid], gap="G7", printed=True),
        eq(linear, "αT = α + ¼", needs=[given.grid], gap="G7"),
        le(8 * b, "α < 1/10", needs=[more.short_step]),
        axes="j",
    )  # fmt: skip
    yield chain(
        "E51", "1/√m in place of 8/√m",
        linear,
        le(b, "α < 1/10", needs=[more.short_step], gap="G7"),
        prefix="R",
    )  # fmt: skip


def towards_samples(run: Run, of: Features, gained: list[Claim], short: list[Claim]) -> Iterator[Chain]:
    """E52, axes i j."""
    end, b = run.T - run.first, run.b
    centre = (run.toward[end] - run.toward[0])[:, run.sample.cluster]
    change = run.W(run.T) - run.W(run.first)
    size = run.deviation_norm[:, None]
    tight = suppose("RP.D8", "8D ≤ E/512", 8 * run.D, "<=", E / 512)
    kept_apart = (run.dot * size.value + size.error) * run.moved[end].value
    beside = Rounded(run.deviation @ change.T, kept_apart + run.unit * run.norm[end].value * size.value)
    yield chain(
        "E52", "what all steps add to ⟨w_j, x_i⟩",
        of.pushed,
        eq(Rounded(centre.value.T, centre.error.T) + beside, "x_i = μ(i) + ξ_i"),
        ge(b * (E / 256) - run.D * run.moved[end], "(i) E50", needs=gained),
        ge(b * (E / 256) - 8 * run.D * b, "(ii) E51", needs=short),
        ge(b * (E / 512), "(iii) 8D ≤ E/512", needs=[tight]),
        axes="i j", where=of.at_home,
    )  # fmt: skip


def awake(run: Run, of: Features, pushed: list[Claim]) -> Chain:
    """E53, axes i j."""
    return chain(
        "E53", "features that are awake at the start",
        of.moved,
        eq(of.pushed, "both sides of φ are awake", needs=pushed),
        ge(run.b * (E / 512), "E52", needs=pushed),
        axes="i j", where=of.at_home & (of.before.value >= 0),
    )  # fmt: skip


def asleep(run: Run, of: Features, given: Growth, more: Movement, pushed: list[Claim]) -> Iterator[Chain]:
    """E54, axes i j."""
    here = of.at_home & (of.before.value < 0)
    enough, root_d = run.b * (E / 512), run.omega_root_d
    yield chain(
        "E54", "features that are asleep at the start; the preactivations are taken as exact",
        Rounded(of.moved.value),
        ge(Rounded(of.after.value), "φ(t) ≥ t; φ(⟨w_j(0), x_i⟩) = 0"),
        axes="i j", where=here, prefix="N",
    )  # fmt: skip
    yield chain(
        "E54", "features that are asleep at the start",
        of.after,
        ge(enough - np.abs(of.before), "E52", needs=pushed),
        ge(enough - run.norm[0] * run.input_norm[:, None], "Cauchy-Schwarz"),
        ge(enough - 4 * root_d, "‖w_j(0)‖ ≤ 2ω√d, ‖x_i‖ ≤ 2", needs=[more.first_norms, given.short]),
        ge(run.b * (E / 1024), "(i) u ≤ E/4096", needs=[more.small_start]),
        axes="i j", where=here,
    )  # fmt: skip


def squares(run: Run, of: Features, more: Movement, needs: list[Claim]) -> Chain:
    """E55, axis i."""
    one = run.b * (E / 1024)
    whole = Rounded((E / 1024) ** 2)
    return chain(
        "E55", "the change of all features",
        of.squared,
        ge(run.J_size[run.sample.cluster] * (one * one), "E53, E54", needs=needs),
        ge(whole * kept(run) / 4, "(i) |J_μ|/m ≥ ¼(1 − 1/C0)²", needs=[more.many]),
        ge(whole / 8, "(1 − 1/C0)² ≥ ½", needs=[more.half]),
        axes="i",
    )  # fmt: skip


def first_features(run: Run, of: Features, given: Growth, more: Movement) -> Chain:
    """U-P2c, axis i."""
    return chain(
        "U-P2c", "the features at the start are short",
        of.first_size,
        le(run.frobenius[0] * run.input_norm, "(i) φ is 1-Lipschitz, ‖W‖₂ ≤ ‖W‖_F"),
        le(3 * run.u, "(ii) (3/2)u by L3; ‖x_i‖ ≤ 2", needs=[more.first_norms, given.short], gap="G11"),
        axes="i",
    )  # fmt: skip


def ratios(run: Run, of: Features, needs: list[Claim]) -> Iterator[Chain]:
    """U-P2d, axis i, and its end with the largest constant C that the run allows."""
    proved = E / (16 * 1024 * run.u)
    yield chain(
        "U-P2d", "the change of all features against the features at the start",
        of.ratio,
        ge(E / (np.sqrt(Rounded(8)) * 1024) / (3 * run.u), "E55, U-P2c", needs=needs),
        ge(proved, "3√8 = 6√2 = 8.485 ≤ 16"),
        axes="i", where=of.some,
    )  # fmt: skip
    try:
        C = largest_C(run)
    except DoesNotApply:
        return
    large = suppose("RP.C", "C ≥ 16·1024 e²", C, ">=", 16 * 1024 / E)
    yield chain(
        "U-P2d", "the end with C: E/(16·1024 u) against 1/(C u)",
        proved,
        ge(1 / (C * run.u), "C large", needs=[large], name="1/(Cu)"),
        prefix="P",
    )  # fmt: skip
