"""Lemma 3: norms of the first weights, and how many neurons see one direction."""

from collections.abc import Iterator

import numpy as np
import scipy

from checks.measured import counted
from rfa import PROOF, Claim, Rounded, Run, chain, ge, le, result, rounded, suppose, then
from rfa.chains import Chain
from rfa.parameters import Parameters, per_setting


@per_setting
def wide_start(of: Parameters) -> Claim:
    """The dimension that concentrates χ²_d: d >= 32 log(4m/δ)."""
    return suppose("RP.d32", "d ≥ 32 log(4m/δ)", of.d, ">=", 32 * log_over_delta(of, 4 * of.m))


@per_setting
def log_over_delta(of: Parameters, x: float) -> Rounded:
    """log(x/δ)."""
    return rounded(np.log(x / Rounded(of.given("delta"))))


@per_setting
def half_width(of: Parameters) -> Rounded:
    """ω/(2 C0), the correlation at which a neuron sees a direction."""
    return rounded(of.given("omega_init") / (2 * Rounded(of.C0)))


def seen(run: Run) -> Rounded:
    """Number of neurons with |<w_j(0), mu_k>| >= ω/(2 C0), axis k; the error counts those on the verge."""
    return counted(rounded(np.abs(run.plane[0])), half_width(run))


@per_setting
def fewest_seen(of: Parameters) -> Rounded:
    """The count of neurons that Lemma 3 promises for each direction."""
    return fewest(of.m, of.C0, of.given("delta"))


def fewest(m: int, C0: float, delta: float | Rounded) -> Rounded:
    """m (1 − 1/(2 C0) − √(2 log(4/δ)/m))."""
    spread = np.sqrt(2 * np.log(4 / Rounded(delta)) / m)
    return m * (1 - 1 / (2 * Rounded(C0)) - spread)


def miss_probability(C0: float) -> float:
    """P(|Z| < 1/(2 C0)): how rarely a neuron misses a direction, Z standard normal."""
    return float(scipy.special.erf(1 / (2 * np.sqrt(2.0) * C0)))


def promised(run: Run) -> Iterator[Claim]:
    """All parts of Lemma 3 on the run."""
    start, scale, sure = run.norm[0], run.omega_root_d, 1 - run.given("delta")
    wide = [wide_start(run)]
    least = 0.5 * scale
    yield then("L3.norm.lower", "‖w_j(0)‖ ≥ ½ω√d", start, ">=", least, axes="j", needs=wide, probability=sure)
    most = 1.5 * scale
    says = "‖w_j(0)‖ ≤ (3/2)ω√d"
    yield then("L3.norm.upper", says, start, "<=", most, axes="j", needs=wide, probability=sure)
    count, fewest = seen(run), fewest_seen(run)
    says = "#{j: |⟨w_j(0), v⟩| ≥ ω/(2C0)} ≥ m(1 − 1/(2C0) − √(2log(4/δ)/m)), v = "
    yield then("L3.count.mu1", says + "μ1", count[0], ">=", fewest, needs=(), probability=sure)
    yield then("L3.count.mu2", says + "μ2", count[1], ">=", fewest, needs=(), probability=sure)


@result("L3", "First weights see every fixed direction", kind="WHP-init", uses=["A1"], readings=["R1", "R12"])
def initial_norms(run: Run) -> Iterator[Claim | Chain]:
    """Suppose d ≥ 32 log(4m/δ) (A1); C0 > 1 is arbitrary.

    Then with probability at least 1 − δ: ½ω√d ≤ ‖w_j(0)‖ ≤ (3/2)ω√d for every neuron j; and, for each fixed
    unit vector v (here μ1 and μ2), at least m(1 − 1/(2C0) − √(2log(4/δ)/m)) neurons have |⟨w_j(0), v⟩| ≥
    ω/(2C0). The count needs no premise.
    """
    yield wide_start(run)
    yield from promised(run)
    yield PROOF
    yield from _norms(run)
    yield from _counts(run)


def _norms(run: Run) -> Iterator[Chain]:
    wide = wide_start(run)
    width = np.sqrt(8 * log_over_delta(run, 4 * run.m) / run.d)
    moderate = suppose("RP.t0", "√(8 log(4m/δ)/d) < 1", width, "<", 1)
    square, sure = run.omega_root_d * run.omega_root_d, 1 - run.given("delta") / 2
    yield chain(
        "U-L3a", "squared norms follow ω²χ²_d",
        0.5 * square,
        le((1 - width) * square, "d ≥ 32 log(4m/δ)", needs=[wide]),
        le(run.norm[0] * run.norm[0], "concentration of χ²_d, m times", needs=[moderate], probability=sure),
        le((1 + width) * square, "concentration of χ²_d, m times", needs=[moderate], probability=sure),
        le(1.5 * square, "d ≥ 32 log(4m/δ)", needs=[wide]),
        axes="j",
    )  # fmt: skip


def _counts(run: Run) -> Iterator[Chain]:
    m, C0, sure = run.m, Rounded(run.C0), 1 - run.given("delta") / 2
    missed = rounded(miss_probability(run.C0), 8)
    yield chain(
        "E3", "how rarely a neuron misses a direction",
        missed,
        le(1 / (np.sqrt(2 * np.pi) * C0), "the normal density is at most 1/√(2π)"),
        le(1 / (2 * C0), "1/√(2π) ≤ ½"),
    )  # fmt: skip
    yield chain(
        "U-L3b", "the count follows a binomial law",
        seen(run),
        ge(m * (1 - missed) - np.sqrt(2 * m * log_over_delta(run, 4)), "Hoeffding", probability=sure),
        ge(fewest_seen(run), "(i) E3"),
        axes="k",
    )  # fmt: skip
