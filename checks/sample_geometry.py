"""Lemma 5: samples lie near their centres, few are noisy, the clusters are of equal size.

One C1 > 2 serves all parts. It is judged at the largest that the right inequalities allow, C1 = min{s^(−1/2),
1/s, (n/log(1/δ))^(1/4)}: the lemma holds on a run iff this exceeds 2 and the left inequalities hold there.
"""

from collections.abc import Iterator

import numpy as np

from checks.initial_norms import log_over_delta
from checks.measured import across_centre, along_centre, beside_centre, fluctuation, largest_C1, per_run
from checks.projections import far_probability
from rfa import PROOF, Claim, Rounded, Run, chain, eq, ge, le, result, suppose, then
from rfa.chains import Chain
from rfa.parameters import Parameters, per_setting
from rfa.stacked import taken


@per_setting
def some_C1(of: Parameters) -> Claim:
    """The right inequalities of Lemma 5 leave room for a C1 above 2."""
    return suppose("RP.C1", "C1 = min{s^(−1/2), 1/s, (n/log(1/δ))^(1/4)} > 2", largest_C1(of), ">", 2)


@per_setting
def light_tail(of: Parameters) -> Claim:
    """The law of the clusters keeps all samples within √C1 s with probability 1 − δ/4 (U-L5b)."""
    return suppose("RP.tail", "n P(‖z‖² > C1 d) ≤ δ/4", _any_far(of), "<=", of.given("delta") / 4)


@per_setting
def _any_far(of: Parameters) -> Rounded:
    return Rounded(of.n * far_probability(of, float(largest_C1(of))), 1e-12)


def along_and_across(run: Run) -> Iterator[Claim]:
    """Lemma 5 (a) on the run."""
    C1_s, sure = largest_C1(run) * run.s, 1 - run.given("delta")
    along, across = along_centre(run), across_centre(run)
    yield then("L5a.along", "⟨x_i, μ(i)⟩ ≥ 1 − C1 s", along, ">=", 1 - C1_s, axes="i", probability=sure)
    says = "|⟨x_i, v⟩| ≤ C1 s for all unit v ⊥ μ(i)"
    yield then("L5a.across", says, across, "<=", C1_s, axes="i", probability=sure)


@per_run
def near(run: Run) -> Claim:
    """Lemma 5 (b) on the run."""
    off, most = run.deviation_norm, largest_C1(run) * run.s * run.s
    sure = 1 - run.given("delta")
    return then("L5b", "‖x_i − μ(i)‖² ≤ C1 s²", off * off, "<=", most, axes="i", probability=sure)


@per_run
def few_noisy(run: Run) -> Claim:
    """Lemma 5 (c) on the run."""
    most, sure = run.given("eta") + largest_C1(run) * fluctuation(run), 1 - run.given("delta")
    return then("L5c", "|N|/n ≤ η + C1√(log(1/δ)/n)", run.rho, "<=", most, probability=sure)


def equal_sizes(run: Run) -> Iterator[Claim]:
    """Lemma 5 (d) on the run."""
    room, sure = largest_C1(run) * fluctuation(run), 1 - run.given("delta")
    share = Rounded(run.cluster_size) / run.n
    least, most = 0.25 - room, 0.25 + room
    says = "|I_μ|/n ≥ ¼ − C1√(log(1/δ)/n)"
    yield then("L5d.lower", says, share, ">=", least, axes="mu", probability=sure)
    says = "|I_μ|/n ≤ ¼ + C1√(log(1/δ)/n)"
    yield then("L5d.upper", says, share, "<=", most, axes="mu", probability=sure)


@result("L5a", "Samples follow their centre, hardly any other way", kind="WHP-sample", uses=["L5b", "A2"])
def directions_of_samples(run: Run) -> Iterator[Claim | Chain]:
    """Suppose C1 = min{s^(−1/2), 1/s, (n/log(1/δ))^(1/4)} > 2 and n P(‖z‖² > C1 d) ≤ δ/4 (A1, A2).

    Then with probability at least 1 − δ, for every sample: ⟨x_i, μ(i)⟩ ≥ 1 − C1 s ≥ 1 − 1/C1, and
    |⟨x_i, v⟩| ≤ C1 s ≤ 1/C1 for every unit vector v orthogonal to μ(i).
    """
    yield from (some_C1(run), light_tail(run))
    yield from along_and_across(run)
    yield PROOF
    off, C1_s = run.deviation_norm, largest_C1(run) * run.s
    square = suppose("RP.L5b", "‖ξ_i‖² ≤ C1 s²", off * off, "<=", C1_s * run.s, axes="i")
    own, centres = run.sample.cluster, run.sample.centre
    inward = np.einsum("ij,ij->i", run.deviation, taken(centres, own))
    beside = np.einsum("ij,ij->i", run.deviation, taken(centres, 2 * (1 - own // 2)))
    yield chain(
        "E4", "along the centre",
        along_centre(run),
        eq(1 + Rounded(inward, off.error), "x_i = μ(i) + ξ_i"),
        ge(1 - off, "Cauchy-Schwarz"),
        ge(1 - C1_s, "‖ξ_i‖ ≤ C1 s by L5b", needs=[some_C1(run), square]),
        axes="i",
    )  # fmt: skip
    yield chain(
        "U-L5a2", "across it, towards the other pair",
        np.abs(beside_centre(run)),
        eq(np.abs(Rounded(beside, off.error)), "μ(i) ⊥ ν"),
        le(off, "Cauchy-Schwarz"),
        le(C1_s, "‖ξ_i‖ ≤ C1 s by L5b", needs=[some_C1(run), square]),
        axes="i",
    )  # fmt: skip


@result("L5b", "Samples lie near their centres", kind="WHP-sample", uses=["A1", "A2"], readings=["R1", "R3"])
def near_centres(run: Run) -> Iterator[Claim | Chain]:
    """Suppose C1 = min{s^(−1/2), 1/s, (n/log(1/δ))^(1/4)} > 2 and n P(‖z‖² > C1 d) ≤ δ/4 (A1, A2).

    Then with probability at least 1 − δ: ‖x_i − μ(i)‖² ≤ C1 s² ≤ 1/C1 for every sample. The proofs use
    ‖x_i − μ(i)‖ ≤ C1 s.
    """
    yield from (some_C1(run), light_tail(run), near(run))
    yield PROOF
    gaussian = run.setting is not None and run.setting.clusters == "gaussian"
    normal = suppose("RP.gaussian", "the clusters are Gaussian", int(gaussian), "==", 1)
    wide = suppose("RP.d7.5", "d ≥ 7.5 log(4n/δ)", run.d, ">=", 7.5 * log_over_delta(run, 4 * run.n))
    C1, quarter = largest_C1(run), run.given("delta") / 4
    yield chain(
        "U-L5b", "the chance of a far sample",
        _any_far(run), le(quarter, "tail of χ²_d", needs=[some_C1(run), normal, wide]),
    )  # fmt: skip
    yield chain(
        "U-L5b", "the form in which it is used",
        run.deviation_norm,
        le(np.sqrt(C1) * run.s, "L5b", needs=[light_tail(run)], probability=1 - quarter),
        le(C1 * run.s, "C1 ≥ 1", needs=[some_C1(run)]),
        axes="i", prefix="Y",
    )  # fmt: skip


@result("L5c", "Few samples are noisy", kind="WHP-sample", uses=["A3", "A4"], readings=["R4"])
def few_noisy_samples(run: Run) -> Iterator[Claim | Chain]:
    """Suppose C1 = min{s^(−1/2), 1/s, (n/log(1/δ))^(1/4)} > 2 (A3).

    Then with probability at least 1 − δ: |N|/n ≤ η + C1√(log(1/δ)/n) ≤ η + 1/C1, for noise of any kind.
    """
    yield from (some_C1(run), few_noisy(run))
    yield PROOF
    eta, sure = run.given("eta"), 1 - run.given("delta") / 2
    within = "√(log(2/δ)/(2n)) ≤ C1√(log(1/δ)/n) ≤ 1/C1"
    yield chain(
        "U-L5c", "noise fraction",
        run.rho,
        le(eta + np.sqrt(log_over_delta(run, 2) / (2 * run.n)), "Hoeffding, c = ¼", probability=sure),
        le(eta + 1 / largest_C1(run), within, needs=[some_C1(run)]),
    )  # fmt: skip


@result("L5d", "The clusters are of equal size", kind="WHP-sample", uses=["A3"])
def equal_clusters(run: Run) -> Iterator[Claim | Chain]:
    """Suppose C1 = min{s^(−1/2), 1/s, (n/log(1/δ))^(1/4)} > 2 (A3).

    Then with probability at least 1 − δ: | |I_μ|/n − ¼ | ≤ C1√(log(1/δ)/n) for every centre μ.
    """
    yield some_C1(run)
    yield from equal_sizes(run)
    yield PROOF
    share, sure = Rounded(run.cluster_size) / run.n, 1 - run.given("delta") / 4
    yield chain(
        "E5", "cluster sizes",
        np.abs(share - 0.25),
        le(np.sqrt(log_over_delta(run, 32) / (2 * run.n)), "Hoeffding, c = 1/√2", probability=sure),
        le(largest_C1(run) * fluctuation(run), "δ < ½ and C1 ≥ 2", needs=[some_C1(run)]),
        axes="mu",
    )  # fmt: skip
