"""Lemma 14: weights grow at most linearly."""

from collections.abc import Iterator

import numpy as np

from checks.constants import SQRT2
from checks.largest_constant import largest_C
from checks.measured import largest_C1
from checks.premises import every_gradient_step, short_inputs
from checks.sample_geometry import light_tail
from rfa import PROOF, Claim, DoesNotApply, Run, chain, eq, le, result, suppose, then
from rfa.chains import Chain


@result(
    "L14", "Weights grow at most linearly", kind="DET|GR",
    uses=["L3", "L5b", "A2", "A6", "A7"], gaps=["G5"], readings=["R18"],
)  # fmt: skip
def weight_growth(run: Run) -> Iterator[Claim | Chain]:
    """Suppose ‖x_i‖ ≤ √2, ‖w_j(0)‖ ≤ (3/2) ω√d and (3/2) ω√(md) ≤ (2 − √2) α.

    Then at every step t ≥ 1: ‖w_j(t)‖ ≤ 2bαt for every neuron j, and ‖W(t)‖_F ≤ 2αt.
    """
    t, alpha, b = run.t, run.alpha, run.b
    later = t >= 1
    start = run.norm[0]
    linear = 2 * b * alpha * t[:, None]

    steps = every_gradient_step(run)
    short = short_inputs(run)
    first = suppose("RP.L3", "‖w_j(0)‖ ≤ (3/2)ω√d", start, "<=", 1.5 * run.omega_root_d, axes="j")
    small = suppose("RP.u", "(3/2)u ≤ (2 − √2)α", 1.5 * run.u, "<=", (2 - SQRT2) * alpha)
    yield from (steps, short, first, small)

    yield then("L14.neuron", "‖w_j(t)‖ ≤ 2bαt", run.norm, "<=", linear, axes="t j", where=later[:, None])
    yield then("L14.frob", "‖W(t)‖_F ≤ 2αt", run.frobenius, "<=", 2 * alpha * t, axes="t", where=later)

    yield PROOF
    yield from lengths_of_inputs(run)
    root = SQRT2 * b * alpha * t[:, None]
    yield chain(
        "E17", "no neuron moves further than its steps",
        run.moved,
        le(run.path, "triangle inequality; at t = 1 an equality", needs=[steps], where=(t >= 2)[:, None]),
        le(alpha * b / run.n * run.pull_path, "triangle inequality"),
        le(root, "g < 1, A ≤ 1, ‖x_i‖ ≤ √2", needs=[short]),
        axes="t j", where=later[:, None],
    )  # fmt: skip
    yield chain(
        "U-L14", "each norm against 2bαt",
        run.norm,
        le(start + root, "E17", needs=[steps, short]),
        le(1.5 * run.omega_root_d + root, "L3", needs=[first]),
        le(linear, "(3/2)u ≤ (2 − √2)αt", needs=[small]),
        axes="t j", where=later[:, None],
    )  # fmt: skip
    yield chain(
        "U-L14F", "the Frobenius norm against 2αt",
        run.frobenius,
        eq(np.sqrt((run.norm * run.norm).sum(axis=1)), "definition"),
        le(np.sqrt(run.m * (2 * b * alpha * t) ** 2), "L14 for each neuron", needs=[steps, short, first, small]),
        eq(2 * alpha * t, "b = 1/√m"),
        axes="t", where=later,
    )  # fmt: skip


def lengths_of_inputs(run: Run) -> Iterator[Chain]:
    """E16: deviations and inputs, axis i."""
    off = run.deviation_norm
    near = suppose("RP.D0.41", "‖ξ_i‖ ≤ √2 − 1", off, "<=", SQRT2 - 1, axes="i")
    yield chain(
        "E16", "inputs are short",
        run.input_norm,
        le(1 + off, "triangle inequality"),
        le(SQRT2, "‖ξ_i‖ ≤ √2 − 1", gap="G5", needs=[near]),
        axes="i",
    )  # fmt: skip
    yield chain(
        "E16", "the middle number as printed",
        1 + 1 / np.sqrt(3),
        le(SQRT2, "1 + 1/√3 = 1.577", printed=True, gap="G5"),
        prefix="P",
    )  # fmt: skip
    try:
        C, C1, s, tail = largest_C(run, "A2"), largest_C1(run), run.s, light_tail(run)
    except DoesNotApply:
        return
    large = suppose("RP.C", "C² ≥ 3 C1", C * C, ">=", 3 * C1)
    yield chain(
        "E16", "squared deviations, with the largest C of (A2)",
        off * off,
        le(C1 * s * s, "L5b", needs=[tail], probability=1 - run.given("delta") / 4),
        eq(C1 / (C * C), "A2"),
        le(1 / 3, "C large", needs=[large]),
        axes="i", prefix="Q",
    )  # fmt: skip
