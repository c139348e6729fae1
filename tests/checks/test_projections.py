from math import exp, sqrt

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from checks.projections import activation_probability, clean_probability, draws_for, frequency_error, tails
from rfa import Run, Setting
from rfa.clusters import LAWS
from rfa.data import Sample, draw_fresh, draw_sample, four_centres
from rfa.noise import LAWS as NOISE_LAWS
from rfa.simulation import start, trained

RARE = 1e-8  # failure probability of each statistical test


def planted(directions, mu=None, **changes) -> Run:
    """A run of one step whose first weights point along the given directions (m, d)."""
    W = np.asarray(directions, dtype=float)
    m, d = W.shape
    base = {"n": 400, "sigma": 1.0, "K": 1, "steps": 1, "omega_init": 1e-3, "C0": 2.0, "delta": 0.1}
    setting = Setting(d=d, m=m, **{**base, **changes})
    sample = draw_sample(setting)
    if mu is not None:
        centres = np.asarray(mu, dtype=float)
        moved = sample.X - sample.centre[sample.cluster] + four_centres(centres)[sample.cluster]
        sample = Sample(moved, sample.y, sample.y_clean, sample.cluster, centres)
    a = np.repeat([1.0, -1.0], m // 2) / sqrt(m)
    known = {key: getattr(setting, key) for key in ("sigma", "eta", "omega_init", "delta", "C0")}
    return trained(sample, a, 1e-3 * W, step_size=0.25, steps=1, **known, setting=setting)


def tilted(m, d, seed=0):
    """Random directions."""
    return np.random.default_rng(seed).standard_normal((m, d))


def compatible(count, n, p) -> bool:
    """Exact binomial test at the nearest p within 6.5 standard errors of a sampled one.

    Fails with probability below 1e-8 (a sampled p misses those 6.5 with probability 1e-10).
    """
    room = 1.3 * float(p.error)
    nearest = np.clip(count / n, float(p) - room, float(p) + room)
    return binomtest(count, n, float(np.clip(nearest, 0, 1))).pvalue > RARE


AXES = np.array([[1.0, 0, 0], [-1.0, 0, 0], [0, 2.0, 0], [0, -1.0, 0], [0, 0, 3.0], [0, 0, -1.0]])


def test_gaussian_probabilities_are_those_of_the_normal_law():
    run = planted(tilted(6, 5), sigma=0.7)
    found = tails(run)
    for j, w in enumerate(run.W(0)):
        cosines = [sign * w[k] / sqrt(w @ w) for k, sign in ((0, 1), (0, -1), (1, 1), (1, -1))]
        tau = np.array(cosines) / 0.7
        assert found.active.value[j] == pytest.approx(norm.cdf(tau))
        assert found.idle.value[j] == pytest.approx(norm.sf(tau))
        assert found.band.value[j] == pytest.approx(norm.cdf(tau) - 0.5)
        assert found.lead.value[j] == pytest.approx(norm.cdf(tau) - norm.cdf(-tau))
        assert found.idle_wide.value[j] == pytest.approx(norm.cdf(-1 / (3 * 2.0 * 0.7 * sqrt(5))))
    assert found.near.value == pytest.approx(norm.cdf(1 / 9) - 0.5)
    assert found.idle_ninth.value == pytest.approx(norm.cdf(-1 / 9))
    assert found.half.value == pytest.approx(0.5)


def test_a_tiny_chance_keeps_its_digits():
    run = planted(AXES, sigma=0.05)

    assert tails(run).idle.value[0, 0] == pytest.approx(norm.cdf(-20), rel=1e-9, abs=0)
    assert tails(run).idle.error[0, 0] < 1e-9 * norm.cdf(-20)


def test_exponential_probabilities_along_axes_are_exact():
    run = planted(AXES, sigma=9.0, clusters="exponential")
    found = tails(run)

    assert found.active.value[0, 0] == pytest.approx(exp(-8 / 9))  # <v, mu>/sigma = 1/9
    assert found.active.value[0, 1] == pytest.approx(exp(-10 / 9))
    assert found.active.value[1, 1] == pytest.approx(1 - exp(-10 / 9))
    assert found.half.value[:2] == pytest.approx([exp(-1), 1 - exp(-1)])
    assert found.near.value[:2] == pytest.approx([exp(-8 / 9) - exp(-1), exp(-1) - exp(-10 / 9)])
    assert found.active.error.max() < 1e-11


@pytest.mark.parametrize("law", sorted(LAWS))
@pytest.mark.parametrize("directions", [AXES, tilted(6, 3)], ids=["axes", "tilted"])
def test_activations_follow_the_binomial_law(law, directions):
    run = planted(directions, sigma=0.9, clusters=law, n=20_000)
    p = activation_probability(run)
    counts = np.array([(run.A(0)[run.sample.cluster == mu] > 0).sum(axis=0) for mu in range(4)]).T
    for (j, mu), count in np.ndenumerate(counts):
        assert compatible(int(count), int(run.cluster_size[mu]), p[j, mu])


def test_monte_carlo_covers_what_is_exact():
    exact = planted(AXES, sigma=0.8, clusters="laplace")
    nearly = planted(AXES + 1e-12, sigma=0.8, clusters="laplace")  # off the axes: sampled
    one, other = tails(exact), tails(nearly)

    assert other.active.error.max() > 1e-3 > one.active.error.max()
    for name in ("active", "idle", "band", "lead", "half", "near", "idle_wide", "idle_ninth"):
        a, b = getattr(one, name), getattr(other, name)
        off = np.abs(a.value - b.value)
        wanted = tails(exact).active.value > 0.5 if name in ("band", "lead") else True
        assert np.all((off <= a.error + b.error) | ~np.asarray(wanted)), name


def test_a_frequency_of_a_narrow_band_errs_less_than_a_difference():
    found = tails(planted(tilted(6, 3), sigma=0.8, clusters="laplace"))

    assert (found.near.error < found.half.error).all()


def test_noise_that_does_not_look_at_x_leaves_clean_samples_the_law_of_their_cluster():
    run = planted(AXES, eta=0.3)

    assert clean_probability(run) is activation_probability(run)


@pytest.mark.parametrize("noise", [name for name, law in NOISE_LAWS.items() if law.depends_on_x])
def test_clean_samples_are_active_as_often_as_computed(noise):
    run = planted(tilted(4, 3), eta=0.25, noise=noise, n=40_000)
    p, active = clean_probability(run), run.A(0) > 0
    for mu in range(4):
        clean = (run.sample.cluster == mu) & ~run.sample.noisy
        for j in range(run.m):
            assert compatible(int(active[clean, j].sum()), int(clean.sum()), p[j, mu])


@pytest.mark.parametrize("noise", [name for name, law in NOISE_LAWS.items() if law.depends_on_x])
@pytest.mark.parametrize("law", ["gaussian", "ball"])
def test_clean_samples_in_reduced_coordinates_are_active_as_often_as_computed(law, noise):
    sizes = {"d": 40, "n": 30, "m": 4, "sigma": 0.5, "K": 1, "omega_init": 1e-3, "C0": 2.0}
    setting = Setting(**sizes, eta=0.25, noise=noise, clusters=law, engine="reduced")
    run = start(setting)
    assert run.sample.mu.shape[1] < run.d
    p, points = clean_probability(run), draw_fresh(setting, run.sample.mu, 40_000, np.random.default_rng(3))
    active = points.X @ run.W(0).T > 0
    for mu in range(4):
        clean = (points.cluster == mu) & ~points.noisy
        for j in range(run.m):
            assert compatible(int(active[clean, j].sum()), int(clean.sum()), p[j, mu])


def test_half_space_noise_takes_away_the_active_samples():
    run = planted(AXES, eta=0.25, noise="half-space")

    # across mu2, w = e1 is active iff z_1 > 0, and the noise flips z_1 > 0.674
    assert clean_probability(run).value[0, 2] == pytest.approx(1 / 3, abs=0.02)
    assert activation_probability(run).value[0, 2] == pytest.approx(0.5)


def test_a_frequency_that_rounding_leaves_above_one_has_an_error():
    assert frequency_error(np.array([1 + 1e-15, 1.0, -1e-16]), 1000) == pytest.approx(0.01)


def test_the_number_of_draws_falls_with_the_dimension():
    assert [draws_for(d) for d in (2, 1000, 10**6)] == [20_000, 16_777, 2_000]


@pytest.mark.parametrize("law", sorted(LAWS))
def test_very_tight_clusters_are_no_trouble(law):
    found = tails(planted(AXES, sigma=1e-9, clusters=law))

    assert found.active.value[0, :2] == pytest.approx([1.0, 0.0], abs=1e-30)
    assert found.idle.value[0, :2] == pytest.approx([0.0, 1.0], abs=1e-30)
