import numpy as np
import pytest
from scipy import stats

from rfa.data import CENTRE_LABEL, draw_centres, draw_fresh, draw_sample, draw_start, stream
from rfa.simulation import simulate
from tests.runs import small_setting


def test_samples_lie_around_the_centre_of_their_cluster_with_its_label():
    setting = small_setting(n=400, sigma=0.1, eta=0.2, noisy=None)
    sample = draw_sample(setting)

    assert np.abs(sample.X - sample.centre[sample.cluster]).max() < 0.1 * 6
    assert (sample.y_clean == CENTRE_LABEL[sample.cluster]).all()
    assert set(np.unique(sample.y)) == {-1, 1} and 0 < sample.noisy.sum() < 200


def test_the_same_seed_gives_the_same_bits_and_another_seed_other_ones():
    one, two, other = (draw_sample(small_setting(seed=seed)) for seed in (7, 7, 8))

    assert (one.X == two.X).all() and (one.y == two.y).all() and (one.X != other.X).any()


@pytest.mark.parametrize("change", [{"n": 96}, {"sigma": 0.5}, {"noise": "half-space"}, {"clusters": "cube"}])
def test_the_start_does_not_depend_on_the_data(change):
    assert (draw_start(small_setting())[0] == draw_start(small_setting(**change))[0]).all()


@pytest.mark.parametrize("change", [{"n": 96}, {"eta": 0.4, "noisy": None}, {"K": 7}, {"fresh": 900}, {"C0": 3.0}])
def test_a_run_starts_at_the_same_weights_whatever_else_is_changed(change):
    one, other = simulate(small_setting(engine="direct")), simulate(small_setting(engine="direct", **change))

    assert (one.W(0) == other.W(0)).all()


@pytest.mark.parametrize("m", [8, 60])
def test_lengths_angles_and_projections_of_the_start_do_not_depend_on_the_sample_in_reduced_coordinates(m):
    settings = [small_setting(engine="reduced", d=50, m=m, n=n) for n in (20, 40, 48, 96)]
    one, *others = [draw_start(setting)[0] for setting in settings]

    assert len({W.shape for W in (one, *others)}) > 1 or m == 60
    for W in others:
        assert (W[:, :2] == one[:, :2]).all()
        assert np.abs(W @ W.T - one @ one.T).max() < 1e-12 * np.abs(one @ one.T).max()


def test_a_run_in_reduced_coordinates_starts_at_the_same_weights_for_every_sample():
    one, other = (simulate(small_setting(engine="reduced", d=300, n=n)) for n in (48, 96))

    assert (one.trace.projection[0] == other.trace.projection[0]).all()
    assert np.allclose(one.trace.norm[0], other.trace.norm[0], rtol=1e-14)


def test_no_number_of_the_sample_is_one_of_the_start():
    setting = small_setting(sigma=1.0, omega_init=1.0, orientation="axes")
    sample = draw_sample(setting)
    z = (sample.X - sample.centre[sample.cluster])[:, 2:]

    assert not np.isin(z.round(12), draw_start(setting)[0].round(12)).any()


def test_streams_and_draws_are_independent():
    firsts = {stream(1, name, draw).random() for name in ("data", "labels", "fresh") for draw in (0, 1)}

    assert len(firsts) == 6


@pytest.mark.parametrize("noisy", [0, 1, 5])
def test_the_number_of_noisy_samples_can_be_asked_for(noisy):
    assert draw_sample(small_setting(noisy=noisy)).noisy.sum() == noisy


def test_random_centres_are_orthonormal_and_change_with_the_seed():
    mu = draw_centres(small_setting(orientation="random"))
    other = draw_centres(small_setting(orientation="random", seed=1))

    assert np.abs(mu @ mu.T - np.eye(2)).max() < 1e-14 and np.abs(mu - other).max() > 0.01


def test_initial_weights_are_gaussian_and_signs_half_and_half():
    W, a = draw_start(small_setting(m=1000, d=50, omega_init=0.3))

    assert stats.kstest(W.ravel() / 0.3, "norm").pvalue > 1e-9
    assert (a > 0).sum() == 500 and np.abs(a).max() == np.abs(a).min() == 1 / np.sqrt(1000)


def test_fresh_samples_have_the_rate_and_the_law_of_the_setting():
    setting = small_setting(eta=0.2, sigma=0.3)
    fresh = draw_fresh(setting, draw_centres(setting), 20_000, stream(0, "fresh"))
    noise = (fresh.y != fresh.y_clean).sum()

    assert stats.binomtest(int(noise), 20_000, 0.2).pvalue > 1e-9
    assert abs((fresh.X - fresh.centre[fresh.cluster]).std() - 0.3) < 0.01
