"""What the strategies promise: regions of settings, small examples, runs that can be made again."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, find, given, settings as hypothesis_settings, strategies as st

from rfa import InputError, Setting, judge
from rfa.chains import Chain
from rfa.clusters import LAWS
from rfa.studies.candidates import STATES, Candidate
from rfa.testing import PROFILES, candidates, claims, cluster_laws, made, noise_laws, planted_states, runs, settings
from rfa.testing.regions import two_digits
from tests.studies.toy import PAPER as TOY
from tests.testing.toys import statement_of

many = hypothesis_settings(PROFILES["ci"], max_examples=300, suppress_health_check=list(HealthCheck))
few = hypothesis_settings(PROFILES["ci"], max_examples=25, suppress_health_check=list(HealthCheck))
IDS = ("A1", "A2", "A3", "A4", "A5", "A6", "A7")


def held(s: Setting, C: float) -> set[str]:
    """(A1) to (A7) in plain numbers; within 1e-9 of a bound either answer will do, and none is given."""
    log = math.log
    ratio = {
        "A1": s.d / (C * max(log(s.n / s.delta) ** 2, log(s.m / s.delta))),
        "A2": 1 / (C * s.sigma * math.sqrt(s.d)),
        "A3": s.n / (C * log(s.m / s.delta)),
        "A4": 1 / (C * s.eta) if s.eta else math.inf,
        "A5": s.m / (C * log(1 / s.delta)),
        "A6": C**-1 / (s.omega_init * math.sqrt(s.m * s.d)),
        "A7": min(s.step_size * 2 * math.sqrt(C), 1 / (s.step_size * math.sqrt(C))),
    }
    return {id for id, x in ratio.items() if x >= 1 - 1e-9}


@few
@given(settings(inside="all", C=4))
def test_inside_means_that_every_assumption_holds(setting):
    assert held(setting, 4) == set(IDS) and setting.C == 4


@few
@given(settings(inside="all"))
def test_without_a_constant_one_is_drawn_and_noted(setting):
    assert setting.C in (2, 4, 9, 16) and held(setting, setting.C) == set(IDS)


@pytest.mark.parametrize("id", IDS)
def test_outside_means_that_exactly_the_named_one_fails(id):
    seen = Counter()

    @hypothesis_settings(few, max_examples=10)
    @given(settings(outside=id, C=4))
    def search(setting):
        assert set(IDS) - held(setting, 4) == {id}
        seen[id] += 1

    search()
    assert seen[id] >= 10


@hypothesis_settings(few, max_examples=10)
@given(settings(outside=["A2", "A6"], C=9))
def test_several_can_fail_together(setting):
    assert set(IDS) - held(setting, 9) == {"A2", "A6"}


@few
@given(settings(inside=["A6"], C=9))
def test_inside_some_says_nothing_of_the_others(setting):
    assert "A6" in held(setting, 9)


def test_settings_anywhere_are_inside_and_outside_of_everything():
    seen = Counter()

    @hypothesis_settings(few, max_examples=100)
    @given(settings())
    def search(setting):
        seen.update(held(setting, 4))

    search()
    assert all(0 < seen[id] < 100 for id in IDS)


@few
@given(settings(paper=TOY, inside="all", C=8.0))
def test_a_paper_without_a_table_of_assumptions_is_asked_through_its_statements(setting):
    assert setting.sigma * math.sqrt(setting.d) <= 1 / 8


@few
@given(settings(keys={"n": 7, "noise": noise_laws(depends_on_x=False), "C0": st.sampled_from([3.0, 4.0])}))
def test_keys_are_fixed_or_drawn(setting):
    assert setting.n == 7 and setting.C0 in (3.0, 4.0)
    assert setting.noise in ("uniform", "one-cluster", "per-cluster")


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"inside": "A9"}, "inside = 'A9': no such assumption; expected all, or of A1"),
        ({"outside": ["A1", "B"]}, "outside = 'B': no such assumption"),
        ({"keys": {"width": 3}}, "width: no key of a setting"),
        ({"keys": {"m": 3}}, "m = 3; expected an even number"),
        ({"paper": "mine"}, "'mine': unknown paper"),
    ],
)
def test_what_cannot_be_generated_is_said_at_once(asked, told):
    with pytest.raises(InputError, match=told):
        settings(**asked)


def is_wide(setting):
    return setting.sigma * math.sqrt(setting.d) > 1 and setting.n >= 10


def test_settings_shrink_to_small_sizes_few_steps_and_round_numbers():
    smallest = find(settings(), lambda setting: True, settings=few)
    wide = find(settings(), is_wide, settings=hypothesis_settings(few, max_examples=500))

    assert (smallest.d, smallest.n, smallest.m, smallest.K, smallest.seed) == (2, 1, 2, 1, 0)
    assert wide.n == 10 and wide.m == 2 and wide.sigma in (0.3, 1.0, 3.0) and wide.eta == 0


@pytest.mark.parametrize(("x", "rounded"), [(0.0385758, 0.038), (0.04, 0.04), (1.0, 1.0), (0, 0), (9.99e-7, 9.9e-7)])
def test_two_digits_are_kept_on_the_safe_side(x, rounded):
    assert two_digits(x) == rounded


@few
@given(candidates(planted=True))
def test_a_run_is_made_again_from_its_text(candidate):
    run = made(candidate)
    again = made(Candidate.of(run.provenance["candidate"]))

    assert np.array_equal(run.sample.X, again.sample.X) and np.array_equal(run.trace.norm, again.trace.norm)
    assert run.sample.X.size <= 10**5


def test_planted_starts_lean_on_centres_of_their_sign():
    run = find(planted_states(), lambda run: Candidate.of(run.provenance["candidate"]).planted[0] == 1, settings=few)
    cosine = np.where(run.sign_matches, run.cosine_start.value, -1).max(axis=1)

    assert (cosine > 0.999).all()


SHOWS = {
    "ties": lambda run: (run.pre(0).value[:, ::2] == 0).all() and (run.norm.value[0, 1::2] > 0).all(),
    "empty cluster": lambda run: run.cluster_size[3] == 0 and run.cluster_size.sum() == run.n,
    "one cluster noisy": lambda run: (run.sample.noisy == (run.sample.cluster == 0)).all(),
    "no deviations": lambda run: (run.sample.centre[run.sample.cluster] == run.sample.X).all(),
    "equal deviations": lambda run: np.ptp(run.sample.X - run.sample.centre[run.sample.cluster], axis=0).max() < 1e-15,
}


@pytest.mark.parametrize("state", STATES)
def test_planted_states_are_drawn_and_are_what_they_say(state):
    setting = Setting(d=4, n=16, m=4, sigma=0.1, omega_init=0.1, eta=0.25, K=1)
    plain, planted = made(Candidate(setting)), made(Candidate(setting, state=(state,)))
    assert SHOWS[state](planted) and not SHOWS[state](plain)

    found = find(candidates(planted=True), lambda candidate: state in candidate.state, settings=many)
    assert Candidate.of(found.command) == found and state in found.state


def test_laws_are_chosen_by_what_is_true_of_them():
    asked = {"log_concave": True, "symmetric": False}
    drawn = {find(cluster_laws(**asked), lambda law, name=name: law == name) for name in ("exponential",)}

    assert drawn == {"exponential"} and find(cluster_laws(), lambda law: True) == "gaussian"
    assert {find(cluster_laws(spherical=True), lambda law, n=n: law == n) for n in ("gaussian", "ball")} <= set(LAWS)
    assert find(noise_laws(depends_on_x=True), lambda law: True) == "half-space"


@few
@given(claims())
def test_claims_can_be_judged(claim):
    judgement = judge(statement_of(claim), made(Candidate(TINY)))

    assert not judgement.reason and [v.id for v in judgement.conclusions] == ["Z1"]


TINY = Setting(d=2, n=1, m=2, sigma=0.1, omega_init=0.1, K=1)


@hypothesis_settings(few, max_examples=10)
@given(runs(settings(inside="all", C=4)))
def test_runs_are_runs_of_the_settings_asked_for(run):
    assert run.C == 4 and not isinstance(run, Chain) and run.T == run.K + 1
