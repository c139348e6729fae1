from dataclasses import replace
from functools import cache
from math import sqrt

import numpy as np
import pytest

from checks import capture_terms
from checks.good_run import EVENTS, events, good_run
from checks.measured import C1_interval, C2_run, captured
from checks.projections import tails
from rfa import Outcome, Rounded, judge
from rfa.simulation import simulate
from tests.checks.breaking import verdict
from tests.checks.faulty import broken, constant
from tests.planting import breaks, in_sample, in_trace, with_entry, with_quantities
from tests.runs import loose, small, small_setting


def sizes(**changes):
    """Sizes at which a good run is likely."""
    base = {
        "d": 300, "n": 2000, "m": 400, "C0": 2.0, "delta": 0.4, "sigma": 1e-5, "eta": 0.01,
        "noisy": None, "K": 1, "steps": 1,
    }  # fmt: skip
    return small_setting(**{**base, **changes})


@cache
def good():
    return simulate(sizes())


def is_good(run):
    return judge(good_run, run).conclusions[0].holds


def test_a_good_run_is_confirmed():
    assert judge(good_run, good()).outcome is Outcome.CONFIRMED


def test_the_events_are_the_lemmas_on_sample_and_start():
    assert EVENTS == ("L3", "L4", "L5", "L6")
    assert [[c.id for c in claims] for claims in events(good())] == [
        ["L3.norm.lower", "L3.norm.upper", "L3.count.mu1", "L3.count.mu2"],
        ["L4.size"],
        ["RP.C1", "L5a.along", "L5a.across", "L5b", "L5c", "L5d.lower", "L5d.upper"],
        ["L6.edge"],
    ]


FAULTS = {
    0: lambda run: in_trace(run, "norm", (0, 3), lambda x: 2 * x),
    1: lambda run: in_trace(run, "projection", (0, slice(0, 200), 0), np.abs),
    2: lambda run: in_sample(run, 0, lambda x: x + 1e-3),
    3: lambda run: replace(run, weights={**run.weights, 0: -run.W(0)}),
}


PREMISES = {
    "RP.d32": lambda run: replace(run, d=40),
    "RP.m16": lambda run: replace(run, C0=20.0),
    "RP.C1": lambda run: replace(run, sigma=0.1),
    "RP.tail": lambda run: replace(run, sigma=1.0),
    "RP.law": lambda run: replace(run, setting=None),
    "RP.L5d": lambda run: with_quantities(run, cluster_size=np.array([900, 500, 300, 300])),
}


@pytest.mark.parametrize("id", PREMISES)
def test_a_premise_that_fails_is_named(id):
    breaks(good_run, good(), PREMISES[id](good()), id)


def test_a_neuron_that_is_never_active_is_named_with_its_centre(monkeypatch):
    j, mu = (int(k) for k in np.argwhere(captured(good()))[0])
    never = replace(tails(good()), active=with_entry(tails(good()).active, (j, mu), lambda p: 0 * p))
    wrong = constant(capture_terms, "tails", lambda run: never)

    broken(good_run, good(), wrong, {"RP.edge": {"j": j, "mu": mu}}, monkeypatch)


@pytest.mark.parametrize("event", FAULTS)
def test_one_event_that_fails_spoils_the_run_and_is_named(event):
    breaks(good_run, good(), FAULTS[event](good()), "D7", event=event)


@pytest.mark.parametrize("seed", range(8))
def test_a_run_is_good_iff_all_lemmas_hold(seed):
    run = simulate(small_setting(d=60, n=300, m=12, C0=3.0, sigma=1e-4, noisy=None, steps=1, seed=seed))
    low, high = C1_interval(run)
    norm = run.trace.norm[0] / (run.omega_init * sqrt(run.d))
    seen = [(np.abs(run.W(0) @ mu) >= run.omega_init / (2 * run.C0)).sum() for mu in run.sample.mu]
    needed = run.m * (1 - 1 / (2 * run.C0) - sqrt(2 * np.log(4 / run.delta) / run.m))
    literal = {
        "L3": ((norm >= 0.5) & (norm <= 1.5)).all() and min(seen) >= needed,
        "L4": (run.J_size >= run.m / 4 * (1 - 1 / run.C0) ** 2).all(),
        "L5": low <= high,
        "L6": np.isfinite(float(C2_run(run))),
    }

    assert is_good(run) == all(literal.values())
    assert [all(c.holds for c in claims) for claims in events(run)] == list(literal.values())


def test_both_kinds_of_run_occur():
    setting = small_setting(d=60, n=300, m=12, C0=3.0, sigma=1e-4, noisy=None, steps=1)

    assert {is_good(simulate(setting.override(seed=seed))) for seed in range(8)} == {True, False}


def test_a_run_of_no_steps_can_be_judged():
    seen = []

    def accept(run):
        seen.append(run.last)
        return is_good(run)

    run = simulate(sizes(n=400, m=100, seed=2), accept=accept)

    assert set(seen) == {0}
    assert is_good(run)
    assert run.draws == len(seen)


def test_an_undecided_event_leaves_the_run_undecided():
    run = good()
    verge = with_quantities(run, norm=Rounded(run.norm.value, 10 * run.norm.value))

    assert verdict(good_run, verge, "D7").outcome is Outcome.UNDECIDED


def test_loose_and_small_runs_are_not_good():
    assert not is_good(loose())
    assert not is_good(small())


def test_without_a_failure_probability_there_is_no_good_run():
    assert judge(good_run, replace(good(), delta=None)).outcome is Outcome.NOT_APPLICABLE
