from dataclasses import replace
from functools import cache
from math import log, sqrt

import numpy as np
import pytest
from scipy.stats import binomtest, chi2, chisquare

from checks.measured import ABOVE_2, C1_interval, C1_parts, C1_run, largest_C1
from checks.projections import far_probability
from checks.sample_geometry import directions_of_samples, equal_clusters, few_noisy_samples, near_centres
from rfa import Outcome, Rounded, judge
from rfa.clusters import LAWS
from rfa.simulation import simulate
from tests.checks.breaking import members, verdict
from tests.planting import breaks, in_sample, with_quantities
from tests.runs import loose, small, small_setting

RARE = 1e-8  # failure probability of each statistical test
ALL = (directions_of_samples, near_centres, few_noisy_samples, equal_clusters)


@cache
def tight(**changes):
    """A sample on which all of Lemma 5 holds, premises too: d = 200, s = 1e-3."""
    base = {"d": 200, "n": 400, "sigma": 1e-3 / sqrt(200), "noisy": None, "eta": 0.05, "steps": 1}
    return simulate(small_setting(**{**base, **changes}))


def literal_C1(run):
    """C1 by the letter: least for the left inequalities, largest for the right ones."""
    s, r = run.sigma * sqrt(run.d), sqrt(log(1 / run.delta) / run.n)
    centres = [run.sample.mu[0], -run.sample.mu[0], run.sample.mu[1], -run.sample.mu[1]]
    need = [0.0]
    for x, mu in zip(run.sample.X, run.sample.cluster, strict=True):
        off = x - centres[mu]
        across = x - (x @ centres[mu]) * centres[mu]
        need += [(1 - x @ centres[mu]) / s, sqrt(across @ across) / s]
        need += [(off @ off) / s**2, sqrt(off @ off) / s]
    need.append((run.sample.noisy.mean() - run.eta) / r)
    need += [abs((run.sample.cluster == mu).mean() - 0.25) / r for mu in range(4)]
    return max(need), min(s**-0.5, 1 / s, 1 / sqrt(r))


@pytest.mark.parametrize("statement", ALL, ids=lambda s: s.id)
def test_all_claims_and_links_hold_on_a_tight_sample(statement):
    judgement = judge(statement, tight())

    assert judgement.outcome is Outcome.CONFIRMED
    assert all(v.holds for v in (*judgement.verdicts, *judgement.links))


@pytest.mark.parametrize("run", [small(), loose(), tight(orientation="random")], ids=["small", "loose", "tight"])
def test_the_interval_of_C1_is_that_of_the_specification(run):
    least, largest = literal_C1(run)

    assert float(C1_run(run)) == pytest.approx(least, rel=1e-6)
    assert float(largest_C1(run)) == pytest.approx(largest)
    assert C1_interval(run) == (pytest.approx(max(least, ABOVE_2), rel=1e-6), pytest.approx(largest))


@pytest.mark.parametrize("seed", range(4))
def test_the_lemma_holds_iff_the_interval_is_not_empty(seed):
    setting = small_setting(d=40 + 40 * seed, sigma=1e-4, n=100, noisy=None, eta=0.1, steps=1)
    run = simulate(setting.override(seed=seed))
    low, high = C1_interval(run)
    conclusions = [v for s in ALL for v in judge(s, run).conclusions]
    room = verdict(near_centres, run, "RP.C1")

    assert (low <= high) == (all(v.holds for v in conclusions) and room.holds)


def needed(run, id):
    return max(float(part.values.max()) for part in C1_parts(run) if part.statement == id)


def test_each_part_fails_exactly_where_its_own_C1_is_too_large():
    run = loose()
    largest = float(largest_C1(run))

    for statement in ALL:
        holds = all(v.holds for v in judge(statement, run).conclusions)
        assert holds == (needed(run, statement.id) <= largest)


@pytest.mark.parametrize("run", [small(), tight(orientation="random")], ids=["small", "tight"])
def test_the_members_are_those_of_the_specification(run):
    s, n, delta = run.sigma * sqrt(run.d), run.n, run.delta
    C1 = literal_C1(run)[1]
    centres = [run.sample.mu[0], -run.sample.mu[0], run.sample.mu[1], -run.sample.mu[1]]
    along, across = members(directions_of_samples, run, "E4"), members(directions_of_samples, run, "U-L5a2")
    near = members(near_centres, run, "U-L5b", "Y")
    for i in range(0, n, 7):
        x, mu = run.sample.X[i], run.sample.cluster[i]
        xi, nu = x - centres[mu], run.sample.mu[1 if mu < 2 else 0]
        off = sqrt(sum(v * v for v in xi))
        literal = [x @ centres[mu], 1 + xi @ centres[mu], 1 - off, 1 - C1 * s]
        assert [v[i] for v in along] == pytest.approx(literal, abs=1e-14)
        assert [v[i] for v in across] == pytest.approx([abs(x @ nu), abs(xi @ nu), off, C1 * s], abs=1e-14)
        assert [v[i] for v in near] == pytest.approx([off, sqrt(C1) * s, C1 * s], rel=1e-6)
    noisy = members(few_noisy_samples, run, "U-L5c")
    rho = sum(run.sample.y != run.sample.y_clean) / n
    bound = run.eta + sqrt(log(2 / delta) / (2 * n))
    assert [float(v) for v in noisy] == pytest.approx([rho, bound, run.eta + 1 / C1])
    sizes = members(equal_clusters, run, "E5")
    for mu in range(4):
        share = sum(run.sample.cluster == mu) / n
        bounds = [sqrt(log(32 / delta) / (2 * n)), C1 * sqrt(log(1 / delta) / n)]
        assert [v[mu] for v in sizes] == pytest.approx([abs(share - 0.25), *bounds])


def test_a_sample_far_from_its_centre_is_seen():
    far = in_sample(tight(), 11, lambda x: x + 1e3 * (x - np.eye(len(x))[0]))

    breaks(directions_of_samples, tight(), far, "L5a.across", "E4 X2→X3", "U-L5a2 X2→X3", i=11)
    breaks(near_centres, tight(), far, "L5b", "U-L5b Y0→Y1", i=11)


def test_a_sample_on_the_wrong_side_is_seen():
    breaks(directions_of_samples, tight(), in_sample(tight(), 23, lambda x: -x), "L5a.along", i=23)


def test_wrong_quantities_break_the_identities():
    run, i = tight(), 5
    mixed = Rounded(np.array(run.input_along.value), run.input_along.error)
    mixed.value[i] += 0.1
    breaks(directions_of_samples, run, with_quantities(run, input_along=mixed), "E4 X0→X1", "U-L5a2 X0→X1", i=i)

    short = Rounded(np.array(run.deviation_norm.value), run.deviation_norm.error)
    short.value[i] = -0.5
    breaks(directions_of_samples, run, with_quantities(run, deviation_norm=short), "E4 X1→X2", "U-L5a2 X1→X2", i=i)


@pytest.mark.parametrize("statement", ALL, ids=lambda s: s.id)
def test_wide_clusters_leave_no_room_for_C1(statement):
    breaks(statement, tight(), replace(tight(), sigma=0.1), "RP.C1")


def test_without_room_for_C1_the_links_that_rest_on_it_fail():
    wide, certain = replace(tight(), sigma=1.0), replace(tight(), delta=1 - 1e-12, sigma=1e-12)

    breaks(near_centres, tight(), wide, "RP.tail", "U-L5b X0→X1", "U-L5b Y1→Y2")
    breaks(directions_of_samples, tight(), wide, "RP.tail")
    breaks(equal_clusters, tight(), wide, "E5 X1→X2")
    breaks(few_noisy_samples, tight(), certain, "U-L5c X1→X2")


def test_too_many_noisy_samples_are_seen():
    noisy = replace(tight(), sample=replace(tight().sample, y=-tight().sample.y_clean))

    breaks(few_noisy_samples, tight(), noisy, "L5c", "U-L5c X0→X1")


@pytest.mark.parametrize("full", [3, 1])
def test_clusters_of_unequal_size_are_seen(full):
    cluster = np.full(tight().n, full)
    unequal = replace(tight(), sample=replace(tight().sample, cluster=cluster))

    breaks(equal_clusters, tight(), unequal, "L5d.upper", "E5 X0→X1", mu=full)


def test_an_empty_cluster_is_seen():
    run = tight(n=1000)
    cluster = np.where(run.sample.cluster == 2, 0, run.sample.cluster)
    empty = replace(run, sample=replace(run.sample, cluster=cluster))

    breaks(equal_clusters, run, empty, "L5d.lower", mu=2)


@pytest.mark.parametrize("law", sorted(LAWS))
@pytest.mark.parametrize(("d", "r"), [(8, 0.8), (8, 1.2), (8, 2.5), (600, 1.5), (600, 3.0)])
def test_the_chance_of_a_far_sample_is_never_understated(law, d, r):
    run = simulate(small_setting(d=d, n=500, clusters=law, sigma=1.0, noisy=None, seed=1, steps=1))
    far = int(((run.deviation**2).sum(axis=1) > r * d).sum())

    # one-sided exact binomial test; fails with probability 1e-8 if the chance were exactly the bound
    assert binomtest(far, run.n, far_probability(run, r), alternative="greater").pvalue > RARE


@pytest.mark.parametrize("law", ["exponential", "laplace", "logistic", "cube"])
def test_near_samples_are_confirmed_in_high_dimension_for_laws_with_light_tails(law):
    run = simulate(small_setting(d=8000, n=100, clusters=law, sigma=1e-7, noisy=None, eta=0.05, steps=1))

    assert far_probability(run, 2.5) < run.delta / (4 * run.n)
    assert judge(near_centres, run).outcome is Outcome.CONFIRMED


def test_without_a_known_law_only_the_bound_of_markov_is_left():
    assert far_probability(replace(small(), setting=None), 4.0) == 0.25


def test_norms_of_gaussian_deviations_follow_the_chi_square_law():
    run = tight(seed=4)
    total = float((run.deviation**2).sum()) / run.sigma**2
    low, high = chi2.ppf([RARE / 2, 1 - RARE / 2], run.n * run.d)

    assert low < total < high
    assert far_probability(run, 1.3) == pytest.approx(chi2.sf(1.3 * run.d, run.d))


def test_clusters_and_noise_follow_their_laws():
    run = simulate(small_setting(n=20_000, eta=0.1, noisy=None, steps=1))

    # chi-square over four equal cells and an exact binomial test; each fails with probability 1e-8
    assert chisquare(run.cluster_size).pvalue > RARE
    assert binomtest(int(run.sample.noisy.sum()), run.n, 0.1).pvalue > RARE


def test_a_run_without_noise_rate_has_no_part_c_only():
    unknown = replace(tight(), eta=None)

    assert judge(few_noisy_samples, unknown).outcome is Outcome.NOT_APPLICABLE
    assert judge(near_centres, unknown).outcome is Outcome.CONFIRMED
