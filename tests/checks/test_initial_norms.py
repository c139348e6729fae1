from dataclasses import replace
from functools import cache
from math import erf, log, pi, sqrt

import numpy as np
import pytest
from scipy.stats import binom, binomtest, chi2

from checks.initial_norms import initial_norms
from rfa import Outcome, Rounded, judge
from rfa.simulation import simulate
from tests.checks.breaking import members, verdict
from tests.planting import breaks, in_trace, with_quantities
from tests.runs import loose, small, small_setting

RARE = 1e-8  # failure probability of each statistical test


@cache
def wide(**changes):
    """Every premise of L3 and L4 holds: d above 32 log(4m/δ), m above 16 C0² log(32/δ)."""
    base = {"d": 300, "m": 400, "n": 16, "C0": 2.0, "delta": 0.4, "noisy": None, "steps": 1}
    return simulate(small_setting(**{**base, **changes}))


def test_all_claims_and_links_hold_in_a_wide_network():
    judgement = judge(initial_norms, wide())

    assert judgement.outcome is Outcome.CONFIRMED
    assert all(v.holds for v in (*judgement.verdicts, *judgement.links))


def test_a_long_or_short_first_weight_is_seen():
    long = in_trace(wide(), "norm", (0, 7), lambda x: 2 * x)
    short = in_trace(wide(), "norm", (0, 9), lambda x: x / 3)

    breaks(initial_norms, wide(), long, "L3.norm.upper", "U-L3a X2→X3", j=7)
    breaks(initial_norms, wide(), short, "L3.norm.lower", "U-L3a X1→X2", j=9)


def test_a_low_dimension_breaks_the_premise_and_the_outer_links():
    breaks(initial_norms, wide(), replace(wide(), d=40), "RP.d32", "U-L3a X0→X1", "U-L3a X3→X4")


@pytest.mark.parametrize("k", [0, 1])
def test_too_few_neurons_that_see_a_direction_are_noticed(k):
    blind = in_trace(wide(), "projection", (0, slice(20, None), k), lambda x: 0 * x)

    breaks(initial_norms, wide(), blind, f"L3.count.mu{k + 1}")
    breaks(initial_norms, wide(), blind, "U-L3b X0→X1", k=k)
    assert verdict(initial_norms, blind, f"L3.count.mu{2 - k}").holds


def test_a_negative_C0_breaks_the_facts_about_the_normal_law():
    breaks(initial_norms, wide(), replace(wide(), C0=-2.0), "E3 X0→X1", "E3 X1→X2", "U-L3b X1→X2")


def test_a_failed_count_is_undecided_since_one_run_cannot_refute_a_probability():
    nobody_sees = replace(wide(), omega_init=1e3 * wide().omega_init)

    assert verdict(initial_norms, nobody_sees, "L3.count.mu1").outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("run", [small(), loose(), wide()], ids=["small", "loose", "wide"])
def test_the_members_are_those_of_the_specification(run):
    m, d, C0, delta, omega = run.m, run.d, run.C0, run.delta, run.omega_init
    W, v, scale = run.W(0), run.sample.mu, omega * sqrt(d)
    t0 = sqrt(8 * log(4 * m / delta) / d)
    found = members(initial_norms, run, "U-L3a")
    for j in range(m):
        square = sum(x * x for x in W[j]) / scale**2
        assert [x[j] / scale**2 for x in found] == pytest.approx([0.5, 1 - t0, square, 1 + t0, 1.5], rel=1e-9)
    for k in (0, 1):
        count = sum(1 for j in range(m) if abs(float(W[j] @ v[k])) >= omega / (2 * C0))
        found = verdict(initial_norms, run, f"L3.count.mu{k + 1}")
        assert found.lhs == count
        assert found.rhs == pytest.approx(m * (1 - 1 / (2 * C0) - sqrt(2 * log(4 / delta) / m)))
    p = 1 - erf(1 / (2 * sqrt(2) * C0))
    first = verdict(initial_norms, run, "E3 X0→X1")
    assert (first.lhs, first.rhs) == (pytest.approx(1 - p), pytest.approx(1 / (sqrt(2 * pi) * C0)))
    least = m * p - sqrt(2 * m * log(4 / delta))
    assert members(initial_norms, run, "U-L3b")[1] == pytest.approx([least, least])


def test_a_neuron_on_the_verge_leaves_the_count_undecided():
    verge = wide().omega_init / (2 * wide().C0)
    start = np.zeros(wide().trace.projection.shape)
    start[0, 0, 0] = verge
    run = with_quantities(wide(), plane=Rounded(start, 1e-16))
    claim = next(c for c in initial_norms.claims(run) if getattr(c, "id", "") == "L3.count.mu1")

    assert claim.lhs.value == 1
    assert claim.lhs.error == 1


def test_squared_norms_follow_the_chi_square_law():
    run = wide(seed=5)
    total = float((run.trace.norm[0] ** 2).sum()) / run.omega_init**2
    # two-sided test of χ²_{md}; fails with probability 1e-8
    low, high = chi2.ppf([RARE / 2, 1 - RARE / 2], run.m * run.d)

    assert low < total < high


def test_the_count_follows_the_binomial_law():
    p = 1 - erf(1 / (4 * sqrt(2)))
    seen = sum(verdict(initial_norms, wide(seed=seed), "L3.count.mu1").lhs for seed in range(20))

    # exact binomial test over 20 starts of 400 neurons; fails with probability 1e-8
    assert binomtest(int(seen), 20 * 400, p).pvalue > RARE


def test_the_promised_probabilities_hold_with_room():
    m, d, C0, delta = 400, 300, 2.0, 0.4
    norms = 1 - m * (chi2.cdf(d / 4, d) + chi2.sf(9 * d / 4, d))
    least = m * (1 - 1 / (2 * C0) - sqrt(2 * log(4 / delta) / m))
    p = 1 - erf(1 / (2 * sqrt(2) * C0))

    assert norms >= 1 - delta / 2
    assert binom.sf(np.ceil(least) - 1, m, p) >= 1 - delta / 2
