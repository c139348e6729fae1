"""What cluster and noise laws declare is measured. Each test fails by chance with probability below 1e-9."""

import numpy as np
import pytest
from scipy import integrate, special, stats

from rfa import clusters, noise
from rfa.clusters import LAWS, tail_by_sampling

SEVEN = 7.0  # standard errors: two-sided normal tail 2.6e-12 per comparison
DRAWS = 200_000
laws = pytest.mark.parametrize("law", LAWS.values(), ids=lambda law: law.name)


def draw(law, d=3, seed=1):
    return law.sample(np.random.default_rng(seed), DRAWS, d)


@laws
def test_mean_zero_unit_variance_and_no_correlation(law):
    z = draw(law)
    fourth = max((z**4).mean(), 9.0)
    error = SEVEN * np.sqrt(fourth / DRAWS)
    covariance = np.cov(z.T)

    assert np.abs(z.mean(axis=0)).max() < SEVEN / np.sqrt(DRAWS)
    assert np.abs(np.diag(covariance) - 1).max() < (error if law.name != "student-t" else 5 * error)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < SEVEN / np.sqrt(DRAWS)  # E z_i² z_k² ≤ 1


@laws
def test_the_quantile_of_the_marginal_has_mean_zero_and_variance_one(law):
    def integral(power):
        parts = ((10.0**-k, 10.0 ** (1 - k)) for k in range(14, 1, -1))
        ends = [*parts, (0.1, 1 / 3), (1 / 3, 0.5)]
        below = sum(integrate.quad(lambda p: quantile(p) ** power, *end, limit=200)[0] for end in ends)
        return below + sum(integrate.quad(lambda p: quantile(1 - p) ** power, *end, limit=200)[0] for end in ends)

    def quantile(p):
        return float(law.marginal_quantile(np.asarray(p), 3))

    assert integral(1) == pytest.approx(0, abs=1e-6) and integral(2) == pytest.approx(1, abs=1e-5)


@laws
def test_draws_have_the_marginal_that_is_declared(law):
    z = np.sort(law.sample(np.random.default_rng(2), 500_000, 1)[:, 0])
    places = law.marginal_quantile(np.linspace(0.001, 0.999, 997), 1)
    t = np.concatenate([places - 1e-9, places + 1e-9])
    above = 1 - np.searchsorted(z, t, side="right") / len(z)

    assert np.abs(above - law.marginal_tail(t, 1)).max() < 0.0054  # 2 exp(−2 n D²) = 4e-13


@laws
def test_tail_and_quantile_of_the_marginal_are_exact(law):
    z = draw(law)[:, 0]
    for p in (0.03, 0.2, 0.5, 0.8):
        t = float(law.marginal_quantile(np.asarray(p), 3))
        tail = float(law.marginal_tail(np.asarray(t), 3))

        assert abs((z > t + 1e-12).mean() - tail) < SEVEN * 0.5 / np.sqrt(DRAWS)
        assert tail <= p + 1e-12 and float(law.marginal_tail(np.asarray(t - 1e-6), 3)) >= p - 1e-6


@laws
def test_symmetry_is_as_declared(law):
    z = draw(law)
    skew = abs((z > 0).mean() - (z < 0).mean()) + abs((z**3).mean()) / 10

    assert (skew < 0.02) == law.symmetric


@laws
def test_a_law_is_spherical_exactly_if_all_projections_agree(law):
    z = law.sample(np.random.default_rng(1), 10**6, 2)
    axis, diagonal = z[:, 0], (z[:, 0] + z[:, 1]) / np.sqrt(2)
    distance = stats.ks_2samp(axis, diagonal).statistic

    assert (distance < 0.005) == law.spherical  # 2 exp(-n D^2) = 3e-11 under equality


@laws
def test_the_logarithm_of_the_density_is_concave_exactly_where_declared(law):
    grid = np.linspace(-1.7, 6, 2001)
    tail = law.marginal_tail(grid, 1)
    mass = -np.diff(tail)
    inside = mass > 1e-12
    if not inside.all() and np.diff(np.flatnonzero(inside)).max(initial=1) > 1:
        concave = False
    else:
        concave = bool((np.diff(np.log(mass[inside]), 2) < 1e-6).all())

    assert concave == law.log_concave


@pytest.mark.parametrize("d", [2, 3, 50])
def test_the_ball_is_uniform_in_a_ball(d):
    z = LAWS["ball"].sample(np.random.default_rng(0), 20_000, d)
    depth = (np.linalg.norm(z, axis=1) / np.sqrt(d + 2)) ** d

    assert stats.kstest(depth, "uniform").pvalue > 1e-9


@laws
def test_the_tail_of_a_projection_is_exact_or_absent(law):
    for direction in (np.array([0.0, 1.0, 0.0]), np.array([0.0, -1.0, 0.0]), np.array([0.6, 0.0, 0.8])):
        for threshold in (-0.7, 0.0, 0.4):
            exact = law.tail(direction, threshold)
            drawn = tail_by_sampling(law, direction[None], np.array([[threshold]]), np.random.default_rng(2))

            assert (exact is None) == (np.count_nonzero(direction) > 1 and not law.spherical)
            if exact is not None:
                assert abs(drawn.value[0, 0] - exact) <= 1.5 * drawn.error[0, 0]


def test_the_exponential_law_has_mass_1_over_e_above_its_mean():
    assert LAWS["exponential"].tail(np.array([1.0, 0.0]), 0.0) == pytest.approx(np.exp(-1))
    assert LAWS["gaussian"].tail(np.array([0.6, 0.8]), 0.0) == 0.5


def rates(name, law="gaussian", eta=0.15, sigma=0.4, d=3, count=DRAWS):
    rng = np.random.default_rng(5)
    z = LAWS[law].sample(rng, count, d)
    cluster = rng.integers(4, size=count)
    of = noise.Clusters(LAWS[law], sigma, np.eye(2, d))
    return z, cluster, noise.LAWS[name].rate(z, cluster, eta, of, np.random.default_rng(6))


@laws
@pytest.mark.parametrize("name", noise.LAWS)
def test_every_noise_law_has_the_rate_it_is_given(law, name):
    _, _, rate = rates(name, law.name)
    by_reference = name == "boundary" or (name == "outliers" and law.name not in ("gaussian", "ball"))
    reference = 0.15 * 0.85 / noise.REFERENCE_DRAWS if by_reference else 0.0

    assert (rate >= 0).all() and (rate <= 1).all()
    assert abs(rate.mean() - 0.15) < SEVEN * np.sqrt(rate.var() / DRAWS + reference) + 1e-12


@pytest.mark.parametrize("name", noise.LAWS)
def test_a_noise_law_looks_at_x_within_a_cluster_exactly_where_declared(name):
    _, cluster, rate = rates(name, count=2000)

    assert any(np.ptp(rate[cluster == k]) > 0 for k in range(4)) == noise.LAWS[name].depends_on_x


@pytest.mark.parametrize("name", noise.LAWS)
def test_the_largest_rate_makes_some_label_sure_to_be_flipped(name):
    largest = noise.LAWS[name].largest_eta
    rate = rates(name, eta=largest, count=20_000)[2]

    assert rate.max() == pytest.approx(1) and (rate <= 1 + 1e-12).all()
    assert abs(rate.mean() - largest) < SEVEN * rate.std() / np.sqrt(len(rate)) + 1e-4


@pytest.mark.parametrize("name", noise.LAWS)
def test_no_noise_is_no_noise(name):
    assert not rates(name, eta=0.0, count=1000)[2].any()


def test_noise_in_one_cluster_only():
    _, cluster, rate = rates("one-cluster")

    assert set(rate[cluster == 0]) == {0.6} and not rate[cluster != 0].any()


def test_each_cluster_has_its_own_rate():
    _, cluster, rate = rates("per-cluster")

    assert [set(rate[cluster == k].round(12)) for k in range(4)] == [{0.06}, {0.12}, {0.18}, {0.24}]


def test_half_space_noise_is_decided_by_the_first_coordinate():
    z, _, rate = rates("half-space")

    assert ((rate == 1) == (z[:, 0] > special.ndtri(0.85))).all()


def test_boundary_noise_flips_the_points_nearest_to_the_ideal_boundary():
    z, cluster, rate = rates("boundary")
    centre = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]])[cluster]
    x = centre + 0.4 * z
    distance = np.abs(np.abs(x[:, 0]) - np.abs(x[:, 1]))

    assert distance[rate == 1].max() < distance[rate == 0].min()


@laws
def test_outlier_noise_flips_the_largest_deviations(law):
    z, _, rate = rates("outliers", law.name)
    size = np.linalg.norm(z, axis=1)

    assert size[rate == 1].min(initial=np.inf) >= size[rate == 0].max(initial=0)
    assert (
        np.ptp([*size[(rate > 0) & (rate < 1)], *size[:0]] or [0.0]) < 1e-20
    )  # an atom: one size, a fixed share of it


def test_a_law_says_what_clusters_exist():
    assert set(clusters.LAWS) == {
        "gaussian", "cube", "ball", "laplace", "logistic", "exponential", "student-t", "rademacher", "two-point",
    }  # fmt: skip
