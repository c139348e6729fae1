"""Appendix D: the error of the classifier sgn f*, f*(x) = |⟨μ1,x⟩| − |⟨μ2,x⟩|, without label noise."""

from collections.abc import Iterator

import numpy as np

from checks.ideal_masses import in_scale, masses, plain, rate, summed
from checks.largest_constant import largest_C
from checks.projections import cluster_law
from rfa import PROOF, Claim, Rounded, Run, chain, eq, ge, le, result, rounded, suppose, then
from rfa.chains import Chain
from rfa.parameters import Parameters, per_setting
from rfa.stacked import as_array


@result(
    "AD", "Error of the ideal classifier", kind="POP",
    uses=["A1", "A2"], gaps=["G10"], readings=["R1", "R11", "R28"],
)  # fmt: skip
def ideal_classifier(run: Run) -> Iterator[Claim | Chain]:
    """Suppose clusters of a log-concave law and C√d ≥ (3/2) log(n/log(1/δ)) at the largest C of (A2), C =
    1/(σ√d).

    Then without label noise P(y f*(x) ≤ 0) ≤ 6√(log(1/δ)/n).

    The paper writes O(√(log(1/δ)/n)); 6 is what its proof gives. For Gaussian clusters the error is 2q(1
    − q) with q = Φ(−1/(√2σ)). With label noise sgn f* errs with probability at most η + that.
    """
    concave, tight = log_concave(run), tight_clusters(run)
    yield from (concave, tight)
    wrong = plain(run, "wrong").mean()
    says = "P(y f*(x) ≤ 0) ≤ 6√(log(1/δ)/n)"
    yield then("AD.error", says, wrong, "<=", 6 * target(run), needs=[concave, tight])
    yield PROOF
    yield from split(run, wrong)
    yield one_cluster(run)
    yield one_projection(run, concave)
    yield from small_enough(run, tight)
    yield from by_dimension(run)


@per_setting
def log_concave(of: Parameters) -> Claim:
    """The law of the clusters, where it is known."""
    return suppose("RP.concave", "P_clust is log-concave", int(cluster_law(of).log_concave), "==", 1)


@per_setting
def tight_clusters(of: Parameters) -> Claim:
    """What makes the tail of a projection as small as the target (U-AD2)."""
    return suppose("RP.AD2", "C√d ≥ (3/2) log(n/log(1/δ))", reach(of), ">=", 1.5 * log_ratio(of))


@per_setting
def reach(of: Parameters) -> Rounded:
    """C√d = 1/σ at the largest C that (A2) allows."""
    return rounded(1 / Rounded(of.given("sigma")))


@per_setting
def log_inverse_delta(of: Parameters) -> Rounded:
    """log(1/δ)."""
    return rounded(-np.log(Rounded(of.given("delta"))))


@per_setting
def log_ratio(of: Parameters) -> Rounded:
    """log(n/log(1/δ))."""
    return rounded(np.log(of.n / log_inverse_delta(of)))


@per_setting
def target(of: Parameters) -> Rounded:
    """√(log(1/δ)/n)."""
    return rounded(np.sqrt(log_inverse_delta(of) / of.n))


def split(run: Run, wrong: Rounded) -> Iterator[Chain]:
    """U-AD0: what fresh points say, point by point and in the mean, and the mean over the four clusters."""
    fresh = run.fresh
    differs = as_array(np.sign(fresh.ideal) != fresh.y_clean)
    below = as_array(fresh.y_clean * fresh.ideal <= 0)
    yield chain(
        "U-AD0", "fresh points",
        Rounded(differs), eq(Rounded(below), "sgn f* ≠ y where y f* ≤ 0"), axes="f", prefix="F",
    )  # fmt: skip
    yield chain("U-AD0", "one quarter for each cluster", rate(below), eq(wrong, "each centre has probability ¼"))


def one_cluster(run: Run) -> Chain:
    """E56 around each centre; as logarithms for Gaussian clusters."""
    found = masses(run)
    return chain(
        "E56", "one projection is large",
        found.wrong,
        le(found.far, "|1 + a| ≥ 1 − |a|"),
        le(summed(run, found.third), "one of them is at least ⅓"),
        axes="mu",
    )  # fmt: skip


def one_projection(run: Run, concave: Claim) -> Chain:
    """U-AD1 with c = 1; as logarithms for Gaussian clusters."""
    from_A2 = rounded(largest_C(run, "A2")) * np.sqrt(Rounded(run.d))
    return chain(
        "U-AD1", "tails of a log-concave projection",
        masses(run).third,
        le(in_scale(run, 3.0, -reach(run) / 3), "P(|X| > t) < exp(1 − t), e < 3", needs=[concave]),
        eq(in_scale(run, 3.0, rounded(-from_A2 / 3)), "A2 at its largest C"),
        axes="k",
    )  # fmt: skip


def small_enough(run: Run, tight: Claim) -> Iterator[Chain]:
    """U-AD2, and the threshold on C√d that it is equivalent to."""
    bound, ratio = target(run), log_ratio(run)
    yield chain(
        "U-AD2", "the tail is below the target",
        np.exp(-reach(run) / 3),
        le(bound, "C√d ≥ (3/2) log(n/log(1/δ))", needs=[tight]),
    )  # fmt: skip
    yield chain(
        "U-AD2", "the least C√d with exp(−C√d/3) at the target",
        -3 * np.log(bound),
        eq(3 * ratio, "3 log(n/log(1/δ))", printed=True, gap="G10"),
        eq(1.5 * ratio, "(3/2) log(n/log(1/δ))", gap="G10"),
        prefix="P",
    )  # fmt: skip


def by_dimension(run: Run) -> Iterator[Chain]:
    """U-AD3, and what it gives for C√d at the largest C of the first entry of (A1)."""
    n, inverse, ratio = np.log(Rounded(run.n)), log_inverse_delta(run), log_ratio(run)
    longest = rounded(np.log(run.n / Rounded(run.given("delta"))))
    root_d = np.sqrt(Rounded(run.d))
    C = Rounded(run.d) / (longest * longest)
    many = suppose("RP.n", "n ≥ log(1/δ)", run.n, ">=", inverse)
    large = suppose("RP.C3", "C^(3/2) ≥ 3", C * np.sqrt(C), ">=", 3)
    above_2 = suppose("RP.C2", "C > 2", C, ">", 2)
    yield chain(
        "U-AD3", "log²(n/log(1/δ)) against log²(n/δ)",
        ratio * ratio,
        eq((n - np.log(inverse)) * (n - np.log(inverse)), "the logarithm of a quotient"),
        le((n + inverse) * (n + inverse), "−log t ≤ t for t ≥ log 2"),
        eq(longest * longest, "the logarithm of a product"),
    )  # fmt: skip
    yield chain(
        "U-AD3", "A1 makes C√d large",
        C * root_d,
        ge(C * np.sqrt(C) * ratio, "√d = √C log(n/δ)"),
        ge(3 * ratio, "C^(3/2) ≥ 3", needs=[large, many]),
        prefix="D",
    )  # fmt: skip
    yield chain(
        "U-AD3", "the text compares √d",
        np.sqrt(C) * ratio,
        ge(3 * ratio, "C > 2", needs=[above_2, many], printed=True, gap="G10"),
        prefix="P",
    )  # fmt: skip
