from dataclasses import replace
from fractions import Fraction
from math import comb, log, pi, sqrt

import numpy as np
import pytest
from scipy.stats import beta, binomtest, kstest

from checks.candidate_neurons import (
    candidate_neurons,
    candidate_probability,
    kept_share,
    left_out_share,
    size_probability,
    smallest_C0,
)
from checks.constants import PAPER_C0
from rfa import Outcome, Rounded, judge
from rfa.simulation import simulate
from tests.checks.breaking import members, verdict
from tests.checks.test_initial_norms import RARE, wide
from tests.planting import breaks, in_trace, with_quantities
from tests.runs import loose, small, small_setting

CENTRE = [(0, 1), (0, -1), (1, 1), (1, -1)]  # which of mu1, mu2, and its sign


def cosine(run, j, mu):
    k, sign = CENTRE[mu]
    w = run.W(0)[j]
    return sign * float(w @ run.sample.mu[k]) / sqrt(sum(x * x for x in w))


def fits(run, j, mu):
    return (run.a[j] > 0) == (mu < 2)


def test_all_claims_and_links_hold_in_a_wide_network():
    judgement = judge(candidate_neurons, wide())

    assert judgement.outcome is Outcome.CONFIRMED
    assert all(v.holds for v in (*judgement.verdicts, *judgement.links))


@pytest.mark.parametrize("run", [small(), loose(), wide()], ids=["small", "loose", "wide"])
def test_the_sizes_are_those_of_a_literal_count(run):
    threshold = 1 / (3 * run.C0 * sqrt(run.d))
    joins = [[fits(run, j, mu) and cosine(run, j, mu) >= threshold for mu in range(4)] for j in range(run.m)]
    literal = [sum(joins[j][mu] for j in range(run.m)) for mu in range(4)]
    size = next(c for c in candidate_neurons.claims(run) if c.id == "L4.size")

    assert size.lhs.value.tolist() == literal == run.J_size.tolist()
    assert float(size.rhs) == pytest.approx(run.m / 4 * (1 - 1 / run.C0) ** 2)
    assert verdict(candidate_neurons, run, "L4.union").lhs == sum(literal)


@pytest.mark.parametrize("run", [small(), wide()], ids=["small", "wide"])
def test_the_members_are_those_of_the_specification(run):
    m, C0, omega = run.m, run.C0, run.omega_init
    spread, verge = sqrt(4 * log(32 / run.delta) / m), omega / (2 * C0)
    towards = [[sign * float(w @ run.sample.mu[k]) for k, sign in CENTRE] for w in run.W(0)]
    pairs = [sum(fits(run, j, 2 * k) and abs(towards[j][2 * k]) >= verge for j in range(m)) for k in (0, 1)]
    halves = [sum(fits(run, j, mu) and towards[j][mu] >= verge for j in range(m)) for mu in range(4)]

    first = members(candidate_neurons, run, "U-L4a")
    assert [x.tolist() for x in first] == [
        pairs,
        pytest.approx([m / 2 * (1 - 1 / (2 * C0) - spread)] * 2),
        pytest.approx([m / 2 * (1 - 1 / C0)] * 2),
    ]
    second = members(candidate_neurons, run, "U-L4b")
    assert [x.tolist() for x in second] == [
        halves,
        pytest.approx([m / 2 * (1 - 1 / C0) * (0.5 - spread)] * 4),
        pytest.approx([m / 4 * (1 - 1 / C0) ** 2] * 4),
    ]
    third = members(candidate_neurons, run, "U-L4c")
    for j, mu in ((1, 0), (2, 3), (m - 1, 2)):
        norm = sqrt(sum(x * x for x in run.W(0)[j]))
        root = sqrt(run.d)
        literal = [cosine(run, j, mu), verge / norm, verge / (1.5 * omega * root), 1 / (3 * C0 * root)]
        assert [x[j, mu] for x in third] == pytest.approx(literal)
    outside = members(candidate_neurons, run, "U-L4c", "J")
    assert [float(x) for x in outside] == pytest.approx([1 - run.J_size.sum() / m, 1 - (1 - 1 / C0) ** 2])


def test_an_empty_candidate_set_is_noticed_at_its_centre():
    away = in_trace(wide(), "projection", (0, slice(200, None), 1), np.abs)

    breaks(candidate_neurons, wide(), away, "L4.size", "U-L4b X0→X1", mu=3)


def test_neurons_that_see_nothing_break_the_counts():
    run = wide()
    blind = in_trace(run, "projection", (0, slice(0, 200), 0), lambda x: 1e-6 * x)

    breaks(candidate_neurons, run, blind, "U-L4a X0→X1", k=0)

    astray = in_trace(run, "projection", (0,), lambda x: 1e-6 * x)
    breaks(candidate_neurons, run, astray, "L4.union", "U-L4c J0→J1")


def test_a_narrow_network_breaks_the_premise_and_the_links_it_feeds():
    breaks(candidate_neurons, wide(), replace(wide(), C0=20.0), "RP.m16", "U-L4a X1→X2", "U-L4b X1→X2")
    breaks(candidate_neurons, wide(), replace(wide(), d=40), "RP.d32")


def test_a_long_first_weight_breaks_the_normalisation():
    j = int(np.argmax(wide().toward.value[0, :, 1]))
    long = in_trace(wide(), "norm", (0, j), lambda x: 3 * x)
    breaks(candidate_neurons, wide(), long, "U-L4c X1→X2", j=j)

    leaning = Rounded(np.array(wide().cosine_start.value), 1e-15)
    leaning.value[j, 1] *= 1e-3
    breaks(candidate_neurons, wide(), with_quantities(wide(), cosine_start=leaning), "U-L4c X0→X1", j=j, mu=1)

    other = with_quantities(wide(), threshold_J=Rounded(1e-3))
    breaks(candidate_neurons, wide(), other, "U-L4c X2→X3")


def test_the_correlations_follow_the_beta_law():
    run = wide(seed=8)
    squares = np.array([cosine(run, j, 0) ** 2 for j in range(run.m)])

    # Kolmogorov-Smirnov, exact for a continuous law; fails with probability 1e-8
    assert kstest(squares, beta(0.5, (run.d - 1) / 2).cdf).pvalue > RARE


def test_the_sizes_follow_the_binomial_law():
    setting = small_setting(m=200, d=12, n=8, C0=1.2, noisy=None, steps=1)
    runs = [simulate(setting.override(seed=seed)) for seed in range(10)]
    members_of = int(sum(run.J_size[[0, 2]].sum() for run in runs))

    # one centre of each pair: independent neurons, 10 x 2 x 100 of them; fails with probability 1e-8
    assert binomtest(members_of, 10 * 200, candidate_probability(12, 1.2)).pvalue > RARE
    assert candidate_probability(12, 1.2) == pytest.approx(beta.sf(1 / (9 * 1.44 * 12), 0.5, 5.5) / 2)


def test_the_chance_of_large_sets_is_a_sum_over_all_sizes():
    m, d, C0 = 16, 10, 3.0
    n, q = m // 2, candidate_probability(d, C0)
    least = next(k for k in range(m) if k >= m / 4 * (1 - 1 / C0) ** 2)
    one_pair = sum(
        comb(n, i) * comb(n - i, k) * q ** (i + k) * (1 - 2 * q) ** (n - i - k)
        for i in range(least, n + 1)
        for k in range(least, n + 1 - i)
    )

    assert size_probability(m, d, C0) == pytest.approx(one_pair**2, rel=1e-12)


def test_at_the_constant_of_the_paper_all_four_sets_must_have_a_quarter():
    assert size_probability(400, 50, PAPER_C0) == pytest.approx(4 / (pi * 400), rel=0.01)
    assert size_probability(402, 50, PAPER_C0) == 0.0


def test_large_sets_are_as_likely_as_the_lemma_says():
    m, d, C0, delta = 400, 300, 2.0, 0.4

    assert m >= 16 * C0**2 * log(32 / delta)
    assert size_probability(m, d, C0) >= 1 - delta


def test_the_bound_keeps_its_digits():
    exact = 1 - (1 - 1 / Fraction(PAPER_C0)) ** 2

    assert float(left_out_share(PAPER_C0)) == pytest.approx(float(exact), rel=1e-15, abs=0)
    assert float(left_out_share(PAPER_C0)) < 2 / PAPER_C0 < 1 - (1 - 1 / PAPER_C0) ** 2
    assert kept_share(10.0) == Fraction(81, 100)


def test_a_size_that_meets_the_bound_exactly_holds():
    run = replace(wide(), C0=10.0)  # (m/4)(1 − 1/C0)² = 81
    picked = np.zeros_like(run.sign_matches)
    for mu in range(4):
        picked[np.flatnonzero(run.J[:, mu])[:81], mu] = True
    claim = verdict(candidate_neurons, with_quantities(run, sign_matches=picked), "L4.size")

    assert claim.holds
    assert (claim.lhs, claim.rhs) == (81.0, 81.0)


@pytest.mark.parametrize("seed", range(6))
def test_the_smallest_C0_is_where_the_sizes_first_suffice(seed):
    run = simulate(small_setting(m=4, n=8, d=30, seed=seed, noisy=None, steps=1))
    smallest = smallest_C0(run)

    def holds(C0):
        return verdict(candidate_neurons, replace(run, C0=float(C0)), "L4.size").holds

    assert not any(holds(C0) for C0 in np.geomspace(1.001, 1000, 25) if smallest > C0)
    assert np.isinf(smallest) or holds(smallest * (1 + 1e-9))
