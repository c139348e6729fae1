"""Lemma 14: confirmed on a tight run, fails where planted, and its members are what literal loops give."""

from dataclasses import replace
from math import exp, sqrt

import numpy as np
import pytest

from checks.weight_growth import weight_growth
from rfa import Outcome, judge
from tests.planting import breaks, holding, with_quantity
from tests.runs import loose, small

PRINTED, FAR = "E16 P0→P1 (printed)", "E16 Q0→Q1"


def test_every_claim_and_repaired_link_is_confirmed_on_a_tight_run():
    verdicts = holding(judge(weight_growth, small()))

    assert {id for id, v in verdicts.items() if v.outcome is not Outcome.CONFIRMED} == {PRINTED, FAR}
    assert verdicts[FAR].outcome is Outcome.BEYOND and verdicts[FAR].failing == ("RP.tail",)
    assert verdicts[PRINTED].outcome is Outcome.REFUTED
    assert verdicts[PRINTED].lhs == pytest.approx(1 + 1 / sqrt(3))


PLANTED = {
    "RP.M1": ("step_error", (2, 5), lambda x: x + 1, {"e": 2, "j": 5}),
    "RP.R": ("input_norm", (3,), lambda x: 9 * x, {"i": 3}),
    "RP.L3": ("norm", (0, 5), lambda x: 9 * x, {"j": 5}),
    "RP.u": ("u", (), lambda x: 1e6 * x, {}),
    "L14.frob": ("frobenius", (2,), lambda x: 99 * x, {"t": 2}),
    "E16 X0→X1": ("input_norm", (3,), lambda x: 9 * x, {"i": 3}),
    "E16 X1→X2": ("deviation_norm", (3,), lambda x: x + 1, {"i": 3}),
    "E17 X1→X2": ("pull_path", (2, 5), lambda x: 0 * x, {"t": 2, "j": 5}),
    "E17 X2→X3": ("pull_path", (2, 5), lambda x: 99 * x, {"t": 2, "j": 5}),
    "U-L14 X0→X1": ("norm", (2, 5), lambda x: 99 * x, {"t": 2, "j": 5}),
    "U-L14 X1→X2": ("norm", (0, 5), lambda x: 9 * x, {"t": 1, "j": 5}),
    "U-L14 X2→X3": ("omega_root_d", (), lambda x: 1e6 * x, {"t": 1}),
    "U-L14F X0→X1": ("frobenius", (2,), lambda x: 0.5 * x, {"t": 2}),
    "U-L14F X1→X2": ("norm", (2, 5), lambda x: 99 * x, {"t": 2}),
    "U-L14F X2→X3": ("b", (), lambda x: 2 * x, {}),
}


@pytest.mark.parametrize("id", PLANTED)
def test_a_planted_fault_is_found_where_it_was_planted(id):
    name, index, change, at = PLANTED[id]

    breaks(weight_growth, small(), with_quantity(small(), name, index, change), id, **at)


def test_the_squared_deviations_follow_the_law_and_the_size_of_C():
    run, wide = small(clusters="ball"), loose(sigma=0.9)
    far = with_quantity(run, "deviation_norm", (7,), lambda x: 1e4 * x)
    verdicts = holding(judge(weight_growth, wide))

    breaks(weight_growth, run, far, FAR, i=7)
    breaks(weight_growth, run, with_quantity(run, "s", (), lambda x: 2 * x), "E16 Q1→Q2")
    breaks(weight_growth, run, replace(run, sigma=0.9), "E16 Q2→Q3")
    assert verdicts["E16 Q2→Q3"].outcome is Outcome.SILENT and verdicts["E16 Q2→Q3"].failing == ("RP.C",)
    assert verdicts["E16 Q1→Q2"].outcome is Outcome.CONFIRMED
    assert "E16 Q0→Q1" not in holding(judge(weight_growth, replace(run, delta=None)))


def test_one_step_alone_is_not_compared_with_its_path():
    run = small()
    torn = with_quantity(run, "path", (2, 0), lambda x: 0.5 * x)

    assert holding(judge(weight_growth, run))["E17 X0→X1"].size == run.m * (run.last - 1)
    breaks(weight_growth, run, torn, "E17 X0→X1", t=2, j=0)


def test_a_start_that_is_not_small_takes_the_promise_away():
    verdict = holding(judge(weight_growth, replace(small(), omega_init=1.0)))["L14.neuron"]

    assert verdict.outcome is Outcome.BEYOND and verdict.failing == ("RP.u",)


def test_a_weight_above_the_line_refutes_the_lemma_at_its_step_and_neuron():
    off = with_quantity(small(), "norm", (2, 5), lambda x: 1e4 * x)

    breaks(weight_growth, small(), off, "L14.neuron", t=2, j=5)
    assert holding(judge(weight_growth, off))["L14.neuron"].outcome is Outcome.REFUTED


def gradient(run, W, j):
    """Update of neuron j and the sum of g A ‖x‖, sample by sample."""
    step, pulled = np.zeros(run.d), 0.0
    for x, y in zip(run.sample.X, run.sample.y, strict=True):
        output = sum(a * max(0.0, float(w @ x)) for a, w in zip(run.a, W, strict=True))
        g = 1 / (1 + exp(y * output))
        if W[j] @ x > 0:
            step += run.step_size * run.a[j] / run.n * g * y * x
            pulled += g * sqrt(x @ x)
    return step, pulled


@pytest.mark.parametrize("make", [small, loose])
def test_path_and_pull_are_those_of_literal_gradient_steps(make):
    run = make()
    for j in (0, run.m - 1):
        first, second = (gradient(run, run.W(t), j) for t in (0, 1))
        lengths = [sqrt(step @ step) for step, _ in (first, second)]
        assert run.path.value[:3, j] == pytest.approx([0.0, lengths[0], sum(lengths)], rel=1e-9)
        assert run.pull_path.value[:3, j] == pytest.approx([0.0, first[1], first[1] + second[1]], rel=1e-9)
