"""The reduced engine: equal in distribution to the direct one, equal to it to rounding for a given sample."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from rfa import InputError
from rfa.data import draw_fresh, draw_sample, draw_start, stream
from rfa.engine.reduction import engine_of, reduce_given
from rfa.noise import LAWS as NOISE
from rfa.simulation import check_memory, simulate, trained
from tests.benchmarks.measures import peak
from tests.runs import small_setting

RUNS = 400
FAMILY = 1e-4
"""Family-wise level of the two-sample tests of one law: each of its statistics is tested at FAMILY / their number."""

SMALL = {
    "d": 40, "n": 16, "m": 6, "sigma": 0.15, "eta": 0.2, "noisy": None, "omega_init": 0.05, "K": 2, "C0": 3.0,
    "fresh": 20,
}  # fmt: skip


def statistics(setting):
    """Quantities of one run that do not depend on the order of its samples."""
    run = simulate(setting)
    trace, X = run.trace, run.sample.X
    gram = X @ X.T
    return {
        "loss": trace.loss[-1], "largest margin": np.nanmax(trace.margin_max[-1]), "norm": trace.norm[-1, 0],
        "moved": trace.moved[-1].max(), "projection": trace.projection[-1, 1, 0],
        "least preactivation": np.nanmin(trace.pre_min[1]), "first norms": trace.norm[0].max(),
        "active": trace.active[0].sum(), "pull": trace.pull[1].sum(), "largest input": np.sqrt(np.diag(gram).max()),
        "inner products": np.abs(gram - np.diag(np.diag(gram))).max(), "noisy": run.sample.noisy.sum(),
        "fresh outputs": np.abs(run.fresh.f).mean(), "fresh errors": (run.fresh.f * run.fresh.y <= 0).mean(),
        "angle of weights": run.W(0)[0] @ run.W(0)[1],
    }  # fmt: skip


def sampled(engine, **changes):
    found = [statistics(small_setting(**{**SMALL, **changes}, engine=engine, seed=seed)) for seed in range(RUNS)]
    return {name: np.array([one[name] for one in found], float) for name in found[0]}


def least_p_value(one, two):
    """Bonferroni: the least two-sample Kolmogorov-Smirnov p-value times the number of statistics."""
    return len(one) * min(stats.ks_2samp(one[name], two[name], method="asymp").pvalue for name in one)


@pytest.mark.parametrize(("law", "noise"), [("gaussian", "uniform"), ("ball", "outliers")])
def test_reduced_and_direct_runs_are_equal_in_distribution(law, noise):
    given = {"clusters": law, "noise": noise}
    direct, reduced = sampled("direct", **given), sampled("reduced", **given, d=SMALL["d"])
    assert len(direct) == 15
    assert least_p_value(direct, reduced) > FAMILY
    assert least_p_value(direct, sampled("reduced", **given, d=50)) < FAMILY


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("law", ["gaussian", "ball"])
def test_every_noise_law_flips_its_share_in_reduced_coordinates(law, noise):
    setting = small_setting(
        clusters=law, noise=noise, eta=0.1, noisy=None, d=3000, n=2000, m=4, sigma=0.01, engine="reduced", K=1
    )
    sample = draw_sample(setting)
    fresh = draw_fresh(setting, sample.mu, 2000, stream(0, "fresh"))
    for flipped in (sample.noisy, fresh.noisy):
        assert stats.binomtest(int(flipped.sum()), 2000, 0.1).pvalue > 1e-6
    assert abs(np.linalg.norm(sample.X - sample.centre[sample.cluster], axis=1).mean() - 0.01 * 3000**0.5) < 0.01


def test_noise_that_looks_at_x_marks_the_same_points_as_in_full_space():
    setting = small_setting(noise="outliers", eta=0.1, noisy=None, d=50, n=400, sigma=0.1, engine="reduced")
    sample = draw_sample(setting)
    size = np.linalg.norm(sample.X - sample.centre[sample.cluster], axis=1)
    assert size[sample.noisy].min() > size[~sample.noisy].max()
    along = draw_sample(setting.override(noise="half-space"))
    first = (along.X - along.centre[along.cluster])[:, 0]
    assert first[along.noisy].min() > first[~along.noisy].max()


@pytest.mark.parametrize("d", [2, 3, 10, 17, 18, 19, 40])
def test_reduced_coordinates_never_outnumber_those_of_the_space(d):
    setting = small_setting(d=d, n=16, m=4, engine="reduced")
    run = simulate(setting)
    assert run.sample.X.shape[1] == min(d, 16 + 2 + 4) and run.d == d
    assert np.allclose(run.norm.value[-1], np.linalg.norm(run.W(run.T), axis=1), rtol=1e-13)


def test_gram_matrices_of_samples_and_weights_have_the_moments_of_the_law():
    setting = small_setting(d=10**9, n=300, m=100, sigma=1e-3, omega_init=0.1, engine="reduced")
    sample, (W, _) = draw_sample(setting), draw_start(setting)
    z = (sample.X - sample.centre[sample.cluster]) / 1e-3
    for factor, size in ((z, 300), (W / 0.1, 100)):
        gram = factor @ factor.T
        squares, products = np.diag(gram), gram[np.triu_indices(size, 1)]
        assert stats.kstest((squares - 1e9) / np.sqrt(2e9), "norm").pvalue > 1e-6
        assert stats.kstest(products / np.sqrt(1e9), "norm").pvalue > 1e-6


@pytest.mark.parametrize(("d", "n"), [(40, 3), (5, 3), (4, 9)])
def test_in_the_basis_of_the_sample_first_weights_are_independent_normal_numbers(d, n):
    setting, count = small_setting(d=d, n=n, m=4, omega_init=0.1, engine="reduced"), 2000
    drawn = np.array([draw_start(setting.override(seed=seed))[0] / 0.1 for seed in range(count)])
    inside = drawn[:, :, : 2 + min(n, d - 2)].reshape(count, -1)
    for numbers in inside.T:
        assert stats.kstest(numbers, "norm").pvalue > 1e-8
    for factor in (inside, inside**2 - 1):
        together = (factor.T @ factor / count)[np.triu_indices(inside.shape[1], 1)]
        assert np.abs(together).max() < 6 * factor.std() ** 2 / np.sqrt(count)


@pytest.mark.parametrize("law", ["laplace", "gaussian"])
def test_a_given_sample_is_the_same_run_after_one_factorisation(law):
    setting = small_setting(clusters=law, d=700, n=60, m=20, sigma=0.03, omega_init=1e-3, K=20, engine="direct")
    sample, (W, a) = draw_sample(setting), draw_start(setting)
    runs = [trained(sample, a, W, step_size=1 / 80, steps=21, C0=5.0, engine=e) for e in ("direct", "reduced")]
    assert runs[1].sample.X.shape == (60, 82) and runs[1].d == 700
    assert runs[0].trace.near_zero.sum() == 0
    for name in runs[0].trace.__dataclass_fields__:
        one, two = (getattr(run.trace, name) for run in runs)
        if name != "step_error":
            assert np.allclose(one, two, rtol=1e-9, atol=1e-9 * np.nanmax(np.abs(one)), equal_nan=True), name


def test_the_factorisation_reads_coordinates_in_blocks_and_keeps_every_inner_product():
    setting = small_setting(clusters="cube", d=500, n=30, m=8, sigma=0.1, omega_init=0.3)
    sample, (W, _) = draw_sample(setting), draw_start(setting)
    small, V = reduce_given(sample, W, block=64)
    one, two = np.concatenate([sample.mu, sample.X, W]), np.concatenate([small.mu, small.X, V])
    assert two.shape == (40, 40) and np.abs(one @ one.T - two @ two.T).max() < 1e-12 * np.abs(one @ one.T).max()


def test_a_random_orientation_makes_no_difference_and_half_space_noise_needs_the_axes():
    setting = small_setting(d=100, engine="reduced", orientation="random")
    assert (draw_sample(setting).X == draw_sample(setting.override(orientation="axes")).X).all()
    with pytest.raises(InputError, match="half-space"):
        simulate(setting.override(noise="half-space"))


@pytest.mark.parametrize("law", ["cube", "laplace", "exponential", "student-t", "two-point"])
def test_the_reduced_engine_refuses_a_law_that_is_not_spherical(law):
    with pytest.raises(InputError, match=f"engine = 'reduced': clusters = '{law}' is not spherical; give a sample X"):
        simulate(small_setting(clusters=law, engine="reduced"))
    assert engine_of(small_setting(clusters=law, d=10**6)) == "direct"


def test_auto_takes_what_costs_less_and_depends_on_the_setting_alone():
    assert engine_of(small_setting()) == engine_of(small_setting(n=4000, d=20)) == "direct"
    assert engine_of(small_setting(d=10**6)) == engine_of(small_setting(d=3600, n=2000, m=400)) == "reduced"
    assert engine_of(small_setting(d=342, n=51, m=12, K=2, fresh=1)) == "direct"
    assert engine_of(small_setting(d=342, n=51, m=12, K=2, fresh=100)) == "reduced"
    with pytest.raises(InputError, match="engine = 'fast'; expected one of auto, direct, reduced"):
        small_setting(engine="fast")


def test_neither_time_nor_memory_sees_the_dimension():
    one, two = (small_setting(d=d, n=300, m=20, engine="reduced") for d in (10**5, 10**12))
    assert check_memory(one) == check_memory(two)
    assert simulate(two).sample.X.shape == (300, 322)


def test_a_reduced_run_that_does_not_fit_says_so():
    with pytest.raises(InputError, match="lower n or d"):
        check_memory(small_setting(d=10**12, n=10**6, engine="reduced"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak of a process is counted on Linux")
def test_a_start_of_many_neurons_takes_the_memory_that_is_predicted():
    start = peak(small_setting(engine="reduced", d=10**6, n=200, m=1500, K=1, dtype="float32", noisy=None))

    assert start["measured MiB"] < 1.2 * start["predicted MiB"] < 1.5 * start["measured MiB"]


def test_a_start_that_does_not_fit_says_what_to_lower(monkeypatch):
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=2**30))
    with pytest.raises(InputError, match=r"first weights .*; lower m or n$"):
        check_memory(small_setting(engine="reduced", d=10**6, n=200, m=5000, K=1))


def test_a_reduced_run_is_the_same_to_the_bit_when_made_again():
    one, two = (simulate(small_setting(d=10**4, engine="reduced")) for _ in range(2))
    assert (one.trace.norm == two.trace.norm).all() and (one.fresh.f == two.fresh.f).all()


def test_weights_made_elsewhere_cannot_be_reduced():
    setting = small_setting(d=500)
    sample, (W, a) = draw_sample(setting), draw_start(setting)
    with pytest.raises(InputError, match="use engine = 'direct'"):
        trained(sample, a, W, step_size=0.1, steps=1, C0=5.0, engine="reduced", following=lambda t, w, u: w)
