from dataclasses import replace

import numpy as np
import pytest

from checks.neuron_alignment import neuron_alignment
from rfa import Outcome, judge
from rfa.simulation import trained
from tests.checks.faulty import broken, calm, plus, recorded, rough
from tests.runs import loose, small

RUN = calm()
J = int(np.flatnonzero(RUN.in_J)[-1])
MU = int(RUN.home[J])


def outcomes(run):
    return {v.id: v for v in judge(neuron_alignment, run).premises}


def test_it_holds_on_a_calm_run_and_fails_on_a_loose_one():
    assert {v.outcome for v in outcomes(small()).values()} == {Outcome.CONFIRMED}
    assert {v.outcome for v in outcomes(loose()).values()} == {Outcome.SILENT}


@pytest.mark.parametrize("t", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("id", "name", "centre", "push"), [("C9.on", "pre_min", MU, plus(-1)), ("C9.off", "pre_max", MU ^ 1, plus(1))]
)
def test_one_sample_on_the_wrong_side_is_the_witness(id, name, centre, push, t, monkeypatch):
    broken(neuron_alignment, RUN, recorded(name, t, J, centre, to=push), {id: {"t": t, "j": J}}, monkeypatch)


@pytest.mark.parametrize(("id", "name", "centre"), [("C9.on", "pre_min", MU), ("C9.off", "pre_max", MU ^ 1)])
def test_a_sample_exactly_on_the_border_is_not_aligned(id, name, centre):
    run = recorded(name, 2, J, centre, to=lambda x: 0.0)(RUN)

    assert outcomes(run)[id].outcome is Outcome.UNDECIDED  # zero lies within rounding of both signs


def test_clusters_of_the_other_pair_do_not_count():
    run = RUN
    for name in ("pre_min", "pre_max"):
        for centre in ((MU + 2) % 4, (MU + 3) % 4):
            run = recorded(name, 2, J, centre, to=lambda x: -7 * x)(run)

    assert {v.outcome for v in outcomes(run).values()} == {Outcome.CONFIRMED}


def test_the_start_and_the_states_after_T_do_not_count():
    run = small(steps=6)
    for t in (0, 5, 6):
        run = recorded("pre_min", t, int(np.flatnonzero(run.in_J)[-1]), slice(None), to=lambda x: -1 + 0 * x)(run)

    assert outcomes(run)["C9.on"].outcome is Outcome.CONFIRMED
    assert run.T == 4 and run.last == 6


def test_a_noisy_sample_counts_like_any_other():
    i = int(np.flatnonzero(RUN.sample.noisy)[0])
    mu, X = int(RUN.sample.cluster[i]), np.array(RUN.sample.X)
    X[i] = -X[i]
    moved = trained(
        replace(RUN.sample, X=X), RUN.a, RUN.W(0), step_size=RUN.step_size, steps=RUN.last, C0=RUN.C0, d=RUN.d
    )

    verdict = outcomes(moved)["C9.on"]
    assert verdict.fails and moved.home[verdict.witness["j"]] == mu


@pytest.mark.parametrize("run", [rough(), rough(seed=5)], ids=["one", "other"])
def test_the_sides_are_those_of_a_loop_over_steps_neurons_and_samples(run):
    on, off = [], []
    for t in range(1, run.T + 1):
        for j in range(run.m):
            for i in range(run.n):
                value = float(np.dot(run.W(t)[j], run.sample.X[i]))
                if run.J[j, run.sample.cluster[i]]:
                    on.append((value / np.linalg.norm(run.W(t)[j]), value))
                elif run.J[j, run.sample.cluster[i] ^ 1]:
                    off.append((-value / np.linalg.norm(run.W(t)[j]), value))
    verdicts = outcomes(run)

    assert verdicts["C9.on"].lhs == pytest.approx(min(on)[1]) and verdicts["C9.on"].holds == (min(on)[1] > 0)
    assert verdicts["C9.off"].lhs == pytest.approx(min(off)[1]) and verdicts["C9.off"].holds == (min(off)[1] < 0)
