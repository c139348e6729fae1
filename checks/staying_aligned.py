"""NAC(s) makes ⟨w_j, μ⟩ grow, and the growth keeps NAC: E37-E40, U-L13tel, U-L13nac."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from checks.constants import E
from checks.increments import Increment, increment
from checks.neuron_alignment import has_home, has_opposing
from checks.output_size import loss_derivative
from checks.persistence_premises import Alignment, Step, cosine_after, later
from rfa import Claim, Rounded, Run, chain, eq, ge, gt, le, lt, suppose
from rfa.chains import Chain
from rfa.rounding import UNIT
from rfa.run import PAIR, pair_of


def staying_aligned(run: Run, given: Alignment, now: Step) -> Iterator[Chain]:
    """The chains in the order of the paper."""
    one = increment(run)
    yield derivatives(run, now)
    yield from increments(run, one, given, now)
    yield telescoped(run, one, given)
    yield cosines(run, given)
    yield from samples(run, given)


def derivatives(run: Run, now: Step) -> Chain:
    """E37 at the sample with the largest margin of each group, axes s mu q."""
    return chain(
        "E37", "no loss derivative below E/2",
        run.g_min[: run.n_s],
        ge(loss_derivative(Rounded(2.0)), "|f| ≤ ‖W‖_F ‖x‖ ≤ 2", needs=[now.light, now.short]),
        ge(E / 2, "−ℓ'(2) ≥ ½exp(−2)"),
        axes="s mu q", where=later(run)[..., None] & (run.group_size > 0),
    )  # fmt: skip


def increments(run: Run, one: Increment, given: Alignment, now: Step) -> Iterator[Chain]:
    """E38 and E39, axes s j; divided by αb."""
    n = run.n
    there: dict[str, Any] = {"axes": "s j", "where": later(run) & run.in_J}
    yield chain(
        "E38", "the increment of ⟨w_j, μ⟩ under NAC(t)",
        one.gained,
        eq(one.active, "the gradient step, label by label", needs=[now.steps]),
        eq(one.awake, "NAC(t)", needs=[now.awake, now.asleep]),
        **there,
    )  # fmt: skip
    weight = run.whole_pull[:, run.home, 0]
    far = pair_of(run.home)[:, None] != PAIR
    beside = (run.whole_pull.sum(axis=2).reshape(run.n_s, 1, 4)).sum(axis=2, where=far)
    distance, noise = (far * run.cluster_size).sum(axis=1), 2 * run.sample.noisy.sum()
    first = weight * (1 - run.D) - noise - beside * run.D
    second = (E / 4) * run.clean_size[run.home] - noise - 2 * run.D * distance
    yield chain(
        "E39", "the increment is at least E/64",
        one.awake,
        ge(first / n, "(i) L5a; |⟨x_i, μ⟩| ≤ 2 on I^N_μ", needs=[now.close]),
        ge(second.reshape(1, run.m) / n, "(ii) E37; D ≤ ½", needs=[now.pulled, now.close]),
        ge(E / 32 - 2 * run.rho - 2 * run.D, "(iii) |I^C_μ| ≥ n/8", needs=[given.full]),
        ge(E / 64, "(iv) 2ρ, 2D ≤ E/128", needs=[given.noise, given.near]),
        prefix="Z", **there,
    )  # fmt: skip


def grown(run: Run, size: Rounded) -> Claim:
    """E39 at every step from 1 to s, axes s j: the least increment so far."""
    value, error = np.where(later(run), size.value, np.inf), np.where(later(run), size.error, 0.0)
    least = Rounded(np.minimum.accumulate(value), np.maximum.accumulate(error))
    there = later(run) & run.in_J
    return suppose("RP.E39", "increments 1..s at least E/64", least, ">=", E / 64, axes="s j", where=there)


def telescoped(run: Run, one: Increment, given: Alignment) -> Chain:
    """U-L13tel, axes s j."""
    after, linear = run.own[1 : run.n_s + 1], run.alpha * run.b * (E / 64) * run.s_steps[:, None]
    return chain(
        "U-L13tel", "⟨w_j(t + 1), μ⟩ grows linearly",
        after,
        ge(run.own[1] + linear, "sum of E39", needs=[grown(run, one.gained)]),
        ge(linear, "(i) ⟨w_j(1), μ⟩ ≥ 0", needs=[given.toward]),
        axes="s j", where=later(run) & run.in_J,
    )  # fmt: skip


def cosines(run: Run, given: Alignment) -> Chain:
    """E40, axes s j."""
    step, s = run.alpha * run.b, run.s_steps[:, None]
    there: dict[str, Any] = {"axes": "s j", "where": later(run) & run.in_J}
    own, linear = run.own[1 : run.n_s + 1], step * (E / 64) * s
    far = suppose("RP.tel", "⟨w_j(s + 1), μ⟩ ≥ αbsE/64", own, ">=", linear, **there)
    value = (E / 128) * (s / (s + 1))
    share = Rounded(value, np.where(s > 1, 4 * UNIT * value, 0.0))  # exact at s = 1: powers of two
    return chain(
        "E40", "⟨ŵ_j(t + 1), μ⟩ is at least a constant",
        cosine_after(run),
        ge(own / (2 * step * (s + 1)), "L14", needs=[far, given.linear]),
        ge(share, "U-L13tel: (αbtE/64)/(2αb(t + 1))", needs=[far]),
        ge(E / 256, "t/(t + 1) ≥ ½"),
        **there,
    )  # fmt: skip


def samples(run: Run, given: Alignment) -> Iterator[Chain]:
    """U-L13nac at the extreme sample of each cluster, axes s j."""
    norm, cosine, D = run.divisor[1 : run.n_s + 1], cosine_after(run), run.D
    there = later(run) & run.in_J
    own, opposing = run.own_min[1 : run.n_s + 1], run.opposing_max[1 : run.n_s + 1]
    turned = suppose("RP.cosine", "⟨ŵ_j(s + 1), μ⟩ ≥ E/256", cosine, ">=", E / 256, axes="s j", where=there)
    tight = suppose("RP.E40.half", "D ≤ E/512", D, "<=", E / 512)
    yield chain(
        "U-L13nac", "w_j(t + 1) is awake on the samples of its own cluster",
        own / norm,
        ge(cosine - D, "x_k = μ + ξ_k; ‖ξ_k‖ ≤ D"),
        ge(E / 256 - D, "E40", needs=[turned]),
        ge(E / 512, "D ≤ E/512", needs=[tight]),
        gt(0.0, "E > 0"),
        axes="s j", where=later(run) & has_home(run), scale=1.0,
    )  # fmt: skip
    yield chain(
        "U-L13nac", "w_j(t + 1) is asleep on the samples of the opposing cluster",
        opposing / norm,
        le(-cosine + D, "x_k = −μ + ξ_k; ‖ξ_k‖ ≤ D"),
        le(D - E / 256, "E40", needs=[turned]),
        lt(0.0, "D < E/256", needs=[given.tight]),
        axes="s j", where=later(run) & has_opposing(run), scale=1.0, prefix="Y",
    )  # fmt: skip
