"""The named settings of the paper are what their names and comments say."""

import tomllib
from math import isclose, sqrt

import numpy as np
import pytest

from checks import PAPER
from checks.feasible import largest_C
from rfa import simulate
from rfa.audit import find_setting, named_settings
from rfa.setting import grid

NAMES = {"quick", "proof-scale", "feasible", "amplification", "asymmetric", "figure-1", "figure-2-low", "figure-2-high"}


def setting(name):
    return find_setting(name, PAPER)


def s(one):
    return one.sigma * sqrt(one.d)


def u(one):
    return one.omega_init * sqrt(one.m * one.d)


def test_all_are_there_and_the_default_and_the_example_among_them():
    assert set(named_settings(PAPER)) >= NAMES and {PAPER.default_setting, PAPER.example} <= NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_gives_its_keys_and_says_what_they_are(name):
    text = named_settings(PAPER)[name].read_text(encoding="utf-8")

    assert text.startswith("# ") and set(tomllib.loads(text)) >= {
        "d",
        "n",
        "m",
        "sigma",
        "omega_init",
        "C0",
        "delta",
        "seed",
    }
    assert setting(name).name == name


def test_proof_scale_has_the_sizes_at_which_every_premise_of_the_proof_holds():
    one = setting("proof-scale")

    assert (one.n, one.d, one.m, one.K, one.C0, one.noisy) == (4000, 20, 16, 11400, 1000.0, 2)
    assert isclose(s(one), 1.6e-5, rel_tol=1e-6) and isclose(u(one), 0.2 * one.step_size, rel_tol=1e-6)


def test_quick_differs_from_proof_scale_in_steps_and_start_alone():
    quick, proof = setting("quick").to_dict(), setting("proof-scale").to_dict()

    assert {key for key in proof if quick[key] != proof[key]} == {"K", "omega_init", "name"}
    assert isclose(u(setting("quick")), 3e-5, rel_tol=1e-6) and quick["K"] == 3


def test_feasible_satisfies_the_assumptions_at_36_and_nowhere_far_from_it():
    one = setting("feasible")
    found = largest_C(one)

    assert one.C == 36 and found.possible and found.interval[0] == 36
    assert 36 <= found.interval[1] < 36.001 and found.missing == ()
    assert all(isclose(x, 1 / 36, rel_tol=3e-4) and x <= 1 / 36 for x in (s(one), u(one), one.eta))


def test_figure_1_has_the_parameters_of_the_paper():
    one = setting("figure-1")

    assert (one.d, one.n, one.m, one.alpha, one.steps, one.eta) == (2, 5000, 500, 0.05, 3000, 0.15)
    assert isclose(one.sigma**2, 1 / 50) and isclose(one.omega_init**2, 1 / (32 * 500))
    assert (one.clusters, one.noise) == ("gaussian", "uniform")


@pytest.mark.parametrize("name", ["figure-2-low", "figure-2-high"])
def test_figure_2_has_the_parameters_of_the_paper(name):
    one = setting(name)

    assert (one.m, one.alpha, one.eta, one.fresh, grid(one.step_size)) == (400, 0.1, 0.15, 6000, (2, False))
    assert isclose(one.sigma, one.d**-0.6, rel_tol=1e-5) and isclose(u(one), 0.1, rel_tol=1e-5)
    assert (one.n > one.d) == name.endswith("low")


def test_one_step_aligns_what_hardly_any_neuron_was_at_the_start_of_amplification():
    run = simulate("amplification", paper=PAPER)
    neurons = np.flatnonzero(run.in_J)
    aligned = (run.own_min.value[:, neurons] > 0) & (run.opposing_max.value[:, neurons] < 0)

    assert isclose(s(run.setting), 1.0) and len(neurons) > run.m / 2
    assert aligned[0].mean() < 0.1 and aligned[1:].all()
