"""Planted states: where the links about |⟨w_j, ν⟩| > αb speak."""

from math import sqrt

import numpy as np
import pytest

from checks.persistence import persistence
from checks.persistence_premises import step_facts
from checks.planted import planted, planted_chains
from checks.staying_orthogonal import Across, far_cases, turning_back
from checks.step_sums import step_sums
from rfa import Outcome, judge, result
from rfa.run import PAIR
from tests.checks.faulty import broken, calm, parameter, plus, quantity, recorded, rough, times
from tests.planting import holding
from tests.runs import loose, small


def chains(mark):
    """The chains about large values alone, of planted states or (without a mark) of a run."""

    @result("L13", "The chains about large values alone", kind="DET")
    def turning(state):
        """Suppose a state; then its links."""
        now = step_facts(state)
        yield from turning_back(Across(state, step_sums(state)), now, mark=mark)
        yield from far_cases(state, now, mark=mark)

    return turning


turning, of_a_run = chains("planted "), chains("")


STATE = planted(calm())
STEP = STATE.step_size / sqrt(STATE.m)
J = 17
MU = int(STATE.home[J])
ACROSS = 1 - int(PAIR[MU])
FRONT = float(STATE.other.value[0, J])
NU = 2 * ACROSS + (0 if FRONT > 0 else 1)
SIDE = "a" if FRONT > 0 else "b"
AT, THERE = {"s": 0, "j": J, "nu": NU}, {"s": 0, "j": J}


def of(chain, start, end):
    return f"{chain} planted {start}→planted {end}"


def natural(id, at):
    """The same link of a run, where s is told as the number of the step."""
    return id.replace("planted ", ""), at | ({"s": STATE.first} if "s" in at else {})


FAULTS = {
    "a long neuron": (
        quantity("norm", 0, J, to=times(1e6)),
        {of("E42", "X0", "X1"): AT, of("U-L13sgn", "X1", "X2"): AT, of("U-L13sgn", "Y1", "Y2"): AT},
    ),
    "a step after 1/(4α)": (quantity("s_steps", 0, to=plus(1)), {of("E42", "X1", "X2"): {}}),
    "a larger step size": (quantity("alpha", to=times(2)), {of("E42", "X2", "X3"): {}}),
    "a sample on the wrong side": (recorded("pre_min", 0, J, NU, to=plus(-1)), {of("U-L13sgn", "X0", "X1"): AT}),
    "a captured sample": (recorded("pre_max", 0, J, NU ^ 1, to=plus(1)), {of("U-L13sgn", "Y0", "Y1"): AT}),
    "wide clusters": (
        quantity("D", to=lambda x: 1.0),
        {of("U-L13sgn", "X2", "X3"): {}, of("U-L13sgn", "Y2", "Y3"): {}},
    ),
    "a missing active sample": (
        recorded("active", 0, J, NU, 0, to=plus(-1)),
        {of("E43", "X0", "X1"): AT, of("E44", "X1", "X2"): AT},
    ),
    "an active opposing sample": (recorded("active", 0, J, NU ^ 1, 0, to=plus(1)), {of("E43", "Y0", "Y1"): AT}),
    "a neuron that goes on outward": (
        recorded("projection", 1, J, ACROSS, to=lambda x: FRONT * 1.01),
        {of("E44", "X0", "X1"): AT, of("U-L13ao", f"{SIDE}1", f"{SIDE}2"): THERE},
    ),
    "a neuron that overshoots": (
        recorded("projection", 1, J, ACROSS, to=lambda x: -1.01 * STEP * np.sign(FRONT)),
        {of("U-L13ao", f"{SIDE}0", f"{SIDE}1"): THERE},
    ),
    "a neuron outside AO": (
        recorded("projection", 0, J, ACROSS, to=lambda x: 3.01 * STEP * np.sign(FRONT)),
        {of("U-L13ao", f"{SIDE}2", f"{SIDE}3"): THERE},
    ),
    "no clean samples": (quantity("clean_size", NU, to=times(0)), {of("E44", "X2", "X3"): {"nu": NU}}),
    "a small cluster": (quantity("cluster_size", NU, to=times(0)), {of("E44", "X3", "X4"): {"nu": NU}}),
    "much noise": (quantity("rho", to=lambda x: 0.4), {of("E44", "X4", "X5"): {}}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_what_it_should(name, monkeypatch):
    fault, expected = FAULTS[name]

    broken(turning, STATE, fault, expected, monkeypatch)
    broken(of_a_run, STATE, fault, dict(map(natural, expected, expected.values())), monkeypatch)


def test_every_link_is_broken_by_some_fault_on_one_side():
    ids = {id for _, expected in FAULTS.values() for id in expected}
    judged = {v.id for v in judge(turning, STATE).links if not v.link.printed}
    mirrored = {id for id in judged if id.startswith("U-L13ao") and f"planted {SIDE}" not in id}

    assert ids == judged - mirrored and len(mirrored) == 3


@pytest.mark.parametrize(
    ("place", "value", "link"),
    [(1, 1.01, "1→planted {0}2"), (1, -0.35, "0→planted {0}1"), (0, 1.04, "2→planted {0}3")],
)
@pytest.mark.parametrize("side", ["a", "b"])
def test_the_two_cases_mirror_each_other(side, place, value, link, monkeypatch):
    front = STATE.other.value[0]
    j = int(np.flatnonzero((front > 2.5 * STEP) if side == "a" else (front < -2.5 * STEP))[0])
    k = 1 - int(PAIR[STATE.home[j]])
    fault = recorded("projection", place, j, k, to=lambda x: value * front[j])

    id, at = f"U-L13ao planted {side}{link.format(side)}", {"s": 0, "j": j}

    broken(turning, STATE, fault, {id: at}, monkeypatch)
    broken(of_a_run, STATE, fault, dict([natural(id, at)]), monkeypatch)


def test_the_planted_neurons_are_at_home_aligned_and_far_across():
    assert STATE.in_J.all() and (np.sign(STATE.a) == np.where(STATE.home < 2, 1, -1)).all()
    assert STATE.first == STATE.K and STATE.n_s == 1
    assert (STATE.own_min.value[0] > 0).all() and (STATE.opposing_max.value[0] < 0).all()
    front = STATE.toward.value[0] / STEP
    own, other = front[np.arange(24), STATE.home], np.abs(STATE.other.value[0]) / STEP
    assert own == pytest.approx(0.12 * STATE.K)
    assert sorted(set(other.round(9))) == [1.1, 1.9, 2.9]
    cases = zip(STATE.home, STATE.other.value[0] > 0, other.round(9), strict=True)
    assert len(set(cases)) == STATE.m == 24


def test_on_the_planted_states_of_a_calm_run_all_links_are_confirmed_but_the_printed_interval():
    links = judge(turning, STATE).links

    assert {v.outcome for v in links if not v.link.printed} == {Outcome.CONFIRMED}
    assert {(v.outcome, v.link.gap) for v in links if v.link.printed} == {(Outcome.REFUTED, "G6")}
    assert {v.link.state for v in links} == {"planted"}


def test_the_lemma_judges_the_links_of_a_run_where_the_run_itself_is_far_across():
    of_lemma, alone = holding(judge(persistence, rough())), holding(judge(of_a_run, rough()))

    assert len(alone) == 24 and all(v.size for v in alone.values())
    assert all((of_lemma[id].lhs, of_lemma[id].witness) == (v.lhs, v.witness) for id, v in alone.items())


def test_the_lemma_judges_the_planted_states_of_its_own_run():
    of_lemma = {id: v for id, v in holding(judge(persistence, calm())).items() if "planted" in id}
    alone = {v.id: v for v in judge(turning, STATE).links}

    assert of_lemma.keys() == alone.keys()
    assert all((of_lemma[id].lhs, of_lemma[id].witness) == (v.lhs, v.witness) for id, v in alone.items())


RUNS = {
    "no noise": small(eta=0.0, noisy=0), "loose": loose(), "K = 1": small(K=1), "K = 40": small(K=40),
    "phi'(0) = 1": small(relu_at_zero=1.0), "K = 0": parameter(step_size=1.7)(small()),
}  # fmt: skip


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS.keys())
def test_no_run_refutes_them(run):
    @result("L13", "Planted chains", kind="DET")
    def chains(run):
        """Suppose a run; then the planted chains."""
        yield from planted_chains(run)

    judgement = judge(chains, run)
    assert judgement.reason == ""
    assert not [v.id for v in judgement.links if v.outcome in (Outcome.REFUTED, Outcome.ERROR) and not v.link.printed]


def test_the_last_time_of_E42_is_no_rounding_question():
    verdict = holding(judge(turning, STATE))[of("E42", "X1", "X2")]

    assert verdict.lhs == verdict.rhs and verdict.outcome is Outcome.CONFIRMED


def test_a_planted_step_is_a_gradient_step_on_the_sample_of_the_run():
    W, X, y, n = STATE.W(STATE.K), STATE.sample.X, STATE.sample.y, STATE.n
    f = np.maximum(W @ X.T, 0).T @ STATE.a
    g = 1 / (1 + np.exp(y * f))
    j, step = 5, np.zeros(STATE.d)
    for i in range(n):
        if W[j] @ X[i] > 0:
            step += STATE.step_size * STATE.a[j] / n * g[i] * y[i] * X[i]

    np.testing.assert_allclose(STATE.W(STATE.K + 1)[j] - W[j], step, rtol=1e-9, atol=1e-15)
