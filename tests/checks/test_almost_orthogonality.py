import numpy as np
import pytest

from checks.almost_orthogonality import almost_orthogonality
from rfa import Outcome, judge
from rfa.run import PAIR
from rfa.simulation import simulate
from tests.checks.faulty import broken, calm, recorded
from tests.runs import small, small_setting

RUN = calm()
J = int(np.flatnonzero(RUN.in_J)[-1])
OTHER = 1 - int(PAIR[RUN.home[J]])
STEP = RUN.step_size / np.sqrt(RUN.m)


def outcome(run):
    return judge(almost_orthogonality, run).premises[0]


def test_it_holds_on_a_calm_run():
    verdict = outcome(RUN)

    assert verdict.outcome is Outcome.CONFIRMED
    assert verdict.tightest_constant < 0.1  # about 1/8 of αb, against 3


def test_it_fails_on_a_run_from_a_large_start():
    assert outcome(small(omega_init=3.0)).outcome is Outcome.SILENT


@pytest.mark.parametrize("t", [0, 1, 4])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_neuron_beyond_the_bound_on_either_side_is_the_witness(t, sign, monkeypatch):
    fault = recorded("projection", t, J, OTHER, to=lambda x: sign * 3.01 * STEP)

    broken(almost_orthogonality, RUN, fault, {"C10": {"t": t, "j": J}}, monkeypatch)


def test_a_neuron_just_inside_the_bound_is_fine():
    assert outcome(recorded("projection", 2, J, OTHER, to=lambda x: 2.99 * STEP)(RUN)).outcome is Outcome.CONFIRMED


def test_the_own_direction_and_neurons_outside_J_and_times_after_T_do_not_count():
    run = simulate(small_setting(steps=6, C0=1.2, m=40))
    outside, inside = int(np.flatnonzero(~run.in_J)[0]), int(np.flatnonzero(run.in_J)[0])
    own, other = int(PAIR[run.home[inside]]), 1 - int(PAIR[run.home[inside]])
    for t, j, k in ((2, outside, 0), (2, outside, 1), (2, inside, own), (5, inside, other), (6, inside, other)):
        run = recorded("projection", t, j, k, to=lambda x: 50.0)(run)

    assert outcome(run).outcome is Outcome.CONFIRMED
