"""Lemma 4: the candidate sets J_mu are large. With what is exact about their sizes."""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil

import numpy as np
import scipy
from numpy.typing import NDArray

from checks.initial_norms import half_width, log_over_delta, wide_start
from checks.measured import counted, per_run
from rfa import PROOF, Claim, Rounded, Run, chain, eq, ge, le, result, rounded, suppose, then
from rfa.chains import Chain
from rfa.parameters import Parameters, per_setting
from rfa.rounding import Array
from rfa.run import PAIR


@per_setting
def wide_network(of: Parameters) -> Claim:
    """The width that makes each Hoeffding term at most 1/(2 C0): m >= 16 C0² log(32/δ)."""
    least = 16 * Rounded(of.C0) * Rounded(of.C0) * log_over_delta(of, 32)
    return suppose("RP.m16", "m ≥ 16 C0² log(32/δ)", of.m, ">=", least)


def kept_share(C0: float) -> Fraction:
    """(1 − 1/C0)² without rounding."""
    return (1 - 1 / Fraction(C0)) ** 2


def left_out_share(C0: float) -> Rounded:
    """1 − (1 − 1/C0)² in the form 2/C0 − 1/C0², which loses no digits to cancellation."""
    inverse = 1 / Rounded(C0)
    return rounded(2 * inverse - inverse * inverse)


def nearest_float(x: Fraction) -> Rounded:
    """A rational as a float with its actual rounding error."""
    value = float(x)
    return Rounded(value, float(abs(x - Fraction(value))))


def candidate_sizes(run: Run) -> Rounded:
    """|J_mu|, axis mu; the error counts neurons on the verge."""
    return counted(run.toward[0], run.norm[0][:, None] * run.threshold_J, where=run.sign_matches)


@per_setting
def fewest_candidates(of: Parameters) -> Rounded:
    """(m/4)(1 − 1/C0)²."""
    return nearest_float(Fraction(of.m, 4) * kept_share(of.C0))


@per_setting
def fewest_in_all(of: Parameters) -> Rounded:
    """m(1 − 1/C0)²."""
    return nearest_float(of.m * kept_share(of.C0))


@per_run
def large_sets(run: Run) -> Claim:
    """L4.size: each of the four sets J_mu is large."""
    least, sure = fewest_candidates(run), 1 - run.given("delta")
    says = "|J_μ| ≥ (m/4)(1 − 1/C0)²"
    return then("L4.size", says, candidate_sizes(run), ">=", least, axes="mu", probability=sure)


@result(
    "L4", "The candidate sets are large",
    kind="WHP-init", uses=["L3", "A1", "A5"], gaps=["G12"], readings=["R13", "R29"],
)  # fmt: skip
def candidate_neurons(run: Run) -> Iterator[Claim | Chain]:
    """Suppose m ≥ 16 C0² log(32/δ) (A5) and d ≥ 32 log(4m/δ) (A1), with any C0 > 1.

    Then with probability at least 1 − δ: |J_μ| ≥ (m/4)(1 − 1/C0)² for each of the four centres μ, where J_μ
    holds the neurons with sgn a_j = y_μ and ⟨ŵ_j(0), μ⟩ ≥ 1/(3C0√d); hence |J| ≥ m(1 − 1/C0)².

    At the paper's C0 the first premise asks for m above 5e22 log(32/δ); at any m below 1e11 the conclusion
    demands |J_μ| ≥ m/4 of all four sets: probability about 4/(πm) if 4 divides m, otherwise 0.
    """
    yield from (wide_start(run), wide_network(run))
    yield large_sets(run)
    all_four, sure = candidate_sizes(run).sum(), 1 - run.given("delta")
    least = fewest_in_all(run)
    yield then("L4.union", "|J| ≥ m(1 − 1/C0)²", all_four, ">=", least, probability=sure)
    yield PROOF
    yield from _proof(run)


def _proof(run: Run) -> Iterator[Chain]:
    m, inverse, wide = run.m, 1 / Rounded(run.C0), wide_network(run)
    spread = np.sqrt(4 * log_over_delta(run, 32) / m)
    most = m / 2 * (1 - inverse)
    pairs = counted(rounded(np.abs(run.plane[0])), half_width(run), where=run.sign_matches[:, ::2])
    enough = suppose("RP.U-L4a", "|J'_±μ| ≥ (m/2)(1 − 1/C0)", pairs[PAIR], ">=", most, axes="mu")
    many_signs = suppose("RP.C0", "C0 ≥ 4/3", 3 * run.C0, ">=", 4)
    sure = 1 - run.given("delta") / 8
    yield chain(
        "U-L4a", "neurons of the right sign that see μ1, μ2",
        pairs,
        ge(m / 2 * (1 - inverse / 2 - spread), "L3 on m/2 neurons, failure δ/16", probability=sure),
        ge(most, "m ≥ 16 C0² log(32/δ)", needs=[wide]),
        axes="k",
    )  # fmt: skip
    yield chain(
        "U-L4b", "half of them on each side",
        counted(run.toward[0], half_width(run), where=run.sign_matches),
        ge(most * (0.5 - spread), "Hoeffding on the signs", needs=[enough, many_signs], probability=sure),
        ge(fewest_candidates(run), "√(4 log(32/δ)/m) ≤ 1/(2C0)", needs=[wide]),
        axes="mu",
    )  # fmt: skip
    yield from _normalised(run)


def _normalised(run: Run) -> Iterator[Chain]:
    start, bound = run.norm[0][:, None], half_width(run)
    short = suppose("RP.L3", "‖w_j(0)‖ ≤ (3/2)ω√d", run.norm[0], "<=", 1.5 * run.omega_root_d, axes="j")
    sizes = candidate_sizes(run)
    large = suppose("RP.L4", "|J_μ| ≥ (m/4)(1 − 1/C0)²", sizes, ">=", fewest_candidates(run), axes="mu")
    yield chain(
        "U-L4c", "what sees μ belongs to J_μ",
        run.cosine_start,
        ge(bound / start, "⟨w_j(0), μ⟩ ≥ ω/(2C0)"),
        ge(bound / (1.5 * run.omega_root_d), "‖w_j(0)‖ ≤ (3/2)ω√d", needs=[short]),
        eq(run.threshold_J, "3/2 of a half"),
        axes="j mu", where=run.toward[0].value >= bound.value,
    )  # fmt: skip
    yield chain(
        "U-L4c", "what J leaves out",
        (run.m - sizes.sum()) / run.m,
        le(left_out_share(run.C0), "|J_μ| ≥ (m/4)(1 − 1/C0)²", needs=[large]),
        prefix="J",
    )  # fmt: skip


# ---- exact laws --------------------------------------------------------------------------------------------


def candidate_probability(d: int, C0: float) -> float:
    """q = ½ P(Beta(½, (d−1)/2) >= 1/(9 C0² d)), the chance of a neuron of the right sign to lie in J_mu."""
    return float(scipy.special.betaincc(0.5, (d - 1) / 2, 1 / (9 * C0**2 * d))) / 2


def size_probability(m: int, d: int, C0: float) -> float:
    """Exact probability of L4.size at all four centres: |J_mu| ~ Bin(m/2, q), and ±mu exclude each other."""
    n, q = m // 2, candidate_probability(d, C0)
    least = ceil(Fraction(m, 4) * kept_share(C0))
    one = np.arange(least, n - least + 1)
    other = scipy.special.bdtrc(least - 1, n - one, q / (1 - q))
    return float((_binomial(one, n, q) * other).sum() ** 2)


def _binomial(k: NDArray[np.int64], n: int, q: float) -> Array:
    log_ways = -scipy.special.betaln(1 + n - k, 1 + k) - np.log(n + 1)
    return np.asarray(np.exp(log_ways + k * np.log(q) + (n - k) * np.log1p(-q)))


def smallest_C0(run: Run) -> float:
    """The smallest C0 at which L4.size holds on this run: 1 if it holds just above 1, infinite if nowhere.

    J_mu gains a neuron only where 1/(3 C0 √d) falls to its correlation: the smallest C0 is 1 or such a place.
    """
    cosine = np.where(run.sign_matches, run.cosine_start.value, 0.0)
    with np.errstate(divide="ignore"):
        joins = np.where(cosine > 0, 1 / (3 * np.sqrt(run.d) * cosine), np.inf)
    for C0 in [np.nextafter(1.0, 2.0), *np.unique(joins[(joins > 1) & np.isfinite(joins)])]:
        if ((joins <= C0).sum(axis=0) >= run.m / 4 * (1 - 1 / C0) ** 2).all():
            return 1.0 if C0 < 1 + 1e-12 else float(C0)
    return float(np.inf)
