"""Lemma 12: what it says of runs, and a fault for every claim and link."""

from dataclasses import replace

import numpy as np
import pytest

import checks.first_alignment
from checks.first_gradient import FirstGradient
from checks.first_step import first_step
from rfa import Outcome, judge
from rfa.run import PAIR
from rfa.simulation import start, trained
from tests.checks.faulty import (
    broken,
    calm,
    constant,
    label,
    parameter,
    plus,
    quantity,
    recorded,
    rough,
    sample,
    times,
    weights,
    zeros,
)
from tests.planting import holding
from tests.runs import loose, small

RUN = calm()
J = int(np.flatnonzero(RUN.in_J)[-1])
MU = int(RUN.home[J])
AWAY = MU ^ 1
K = int(PAIR[MU])
I = int(np.flatnonzero((RUN.sample.cluster == MU) & ~RUN.sample.noisy)[0])  # noqa: E741
I_AWAY = int(np.flatnonzero(RUN.sample.cluster == AWAY)[0])
MARGIN = RUN.sample.y * RUN.output(0).value
I_RIGHT, I_WRONG = int(MARGIN.argmax()), int(MARGIN.argmin())
AWAKE = tuple(np.flatnonzero(RUN.pre(0).value[I] > 0))
FIRST = FirstGradient(RUN)
BACKWARDS = tuple(np.flatnonzero(((FIRST.zeta1 + FIRST.zeta2).value * RUN.sample.centre[RUN.home]).sum(axis=1) < 0))
"""Neurons whose error vectors point away from their centre."""
LOST = weights(0, J, times(-1))
"""A neuron of J that starts on the wrong side: its edge is negative, so 1/C2 = 0."""

FAULTS = {
    "an update that is no gradient step": (quantity("step_error", 0, J, to=plus(1)), {"RP.M1": {"j": J}}),
    "a neuron that starts on the wrong side": (
        LOST,
        {
            "RP.L6": {"j": J}, "RP.rho": {}, "E33 X1→X2": {"j": J}, "E33 X2→X3": {},
            "E35 X2→X3": {}, "E36 X4→X5": {}, "M1 X0→X1": {"j": J},
        },
    ),
    "wide clusters": (
        quantity("D", to=lambda x: 1.0),
        {"RP.E34.D": {}, "RP.E36": {}, "E34 X2→X3": {}, "E36 X3→X4": {}},
    ),
    "D below the longest deviation": (
        quantity("D", to=times(1e-4)),
        {"E26 X1→X2": {}, "E36 X2→X3": {}},
    ),
    "one far sample of the opposing cluster": (
        quantity("deviation_norm", I_AWAY, to=plus(1)), {"U-L12b X2→X3": {"i": I_AWAY}, "RP.E36": {}}
    ),
    "a large omega": (parameter(omega_init=1.0), {"RP.E34.u": {}, "RP.u": {}}),
    "a negative omega": (
        parameter(omega_init=-1e-6), {"U-L12f X2→X3": {}, "E28 X2→X3": {}, "E28 X3→X4": {}}
    ),
    "a long input": (sample(I, times(2)), {"RP.R": {"i": I}}),
    "a long neuron at the start": (quantity("norm", 0, J, to=times(1e4)), {"RP.L3": {"j": J}}),
    "heavy weights at the start": (
        quantity("frobenius", 0, to=times(1e4)), {"RP.L3F": {}, "U-L12f X1→X2": {}}
    ),
    "light weights at the start": (quantity("frobenius", 0, to=times(1e-4)), {"U-L12f X0→X1": {}}),
    "a sample that the neuron misses": (recorded("pre_min", 1, J, MU, to=plus(-1)), {"L12.nac.on": {"j": J}}),
    "a sample that it should miss": (recorded("pre_max", 1, J, AWAY, to=plus(1)), {"L12.nac.off": {"j": J}}),
    "a neuron that turned away": (
        recorded("projection", 1, J, K, to=times(-1)),
        {"L12.corr": {"j": J}, "E31 X0→X1": {"j": J}, "E34 X1→X2": {"j": J}, "E36 X0→X1": {"j": J},
         "E36 X1→X2": {"j": J}, "U-L12b X0→X1": {"j": J}, "U-L12b X1→X2": {"j": J}},
    ),
    "kept weights that turned away": (
        weights(1, J, times(-1)),
        {"E24 X0→X1": {"j": J}, "M1 X0→X1": {"j": J}, "E27 X0→X1": {"j": J}, "E30 X0→X1": {"j": J},
         "M3 X0→X1": {"j": J}},
    ),
    "an output far on the right side of 0": (sample(I_RIGHT, times(1e9)), {"E25 X0→X1": {"i": I_RIGHT}}),
    "an output far on the wrong side of 0": (sample(I_WRONG, times(1e9)), {"E25 Y0→Y1": {"i": I_WRONG}}),
    "a large start in the kept weights": (
        weights(0, J, times(1e6)), {"E28 X1→X2": {}, "E28 X1→X2 (printed)": {}}
    ),
    "a small b": (
        quantity("b", to=times(1e-4)),
        {"E26 X0→X1": {}, "E28 X0→X1": {}, "E31 X2→X3": {}},
    ),
    "nothing has any length": (constant(checks.first_alignment, "length", zeros), {"E31 X1→X2": {"j": BACKWARDS}}),
    "half of g lost": (
        constant(FirstGradient, "excess", property(lambda first: 0 * first.active)), {"E27 X1→X2": {"c": (0, 1)}}
    ),
    "a clean label that does not fit the cluster": (
        label(I, "y_clean"), {"E29 X0→X1": {"j": AWAKE, "mu": MU}, "E32 X0→X1": {"j": AWAKE}}
    ),
    "a count that was recorded wrong": (
        recorded("active", 0, J, MU, 0, to=plus(1)), {"E29 logged 0→logged 1": {"j": J, "mu": MU}}
    ),
    "a noisy sample that is counted as clean": (
        lambda run: replace(run, sample=replace(run.sample, y_clean=-run.sample.y_clean, y=-run.sample.y)),
        {"E33 X0→X1": {}},
    ),
    "no expected noise": (parameter(eta=1e-9), {"E33 P0→P1 (printed)": {}}),
    "a start away from the centre": (quantity("own", 0, J, to=times(-1)), {"E34 X0→X1": {"j": J}}),
    "a neuron longer than L14 allows": (
        quantity("norm", 1, J, to=times(1e4)), {"E35 X0→X1": {"j": J}, "L12.corr": {"j": J}}
    ),
    "a neuron that hardly moved": (
        quantity("own", 1, J, to=times(1e-4)), {"E35 X1→X2": {"j": J}, "E36 X1→X2": {"j": J}}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_what_it_should(name, monkeypatch):
    fault, expected = FAULTS[name]

    broken(first_step, RUN, fault, expected, monkeypatch)


def test_every_claim_and_link_is_broken_by_some_fault():
    ids = {id for _, expected in FAULTS.values() for id in expected}

    assert ids == set(holding(judge(first_step, RUN)))


def test_on_a_calm_run_all_is_confirmed():
    judgement = judge(first_step, RUN)

    assert {v.outcome for v in (*judgement.verdicts, *judgement.links)} == {Outcome.CONFIRMED}


@pytest.mark.parametrize("run", [small(), loose(), rough()], ids=["small", "loose", "rough"])
def test_no_run_refutes_it(run):
    judgement = judge(first_step, run)

    assert judgement.reason == ""
    refuted = [v for v in (*judgement.verdicts, *judgement.links) if v.outcome is Outcome.REFUTED]
    assert all(v.link and v.link.printed for v in refuted)


def test_the_alignment_asks_for_D_strictly_below_its_bound():
    bound = holding(judge(first_step, RUN))["RP.E36"].rhs
    at_bound = holding(judge(first_step, quantity("D", to=lambda x: 2 * bound)(RUN)))

    assert at_bound["L12.nac.on"].outcome is Outcome.BEYOND
    assert at_bound["L12.corr"].failing == ("RP.E34.D",)
    assert at_bound["L12.nac.on"].failing == ("RP.E34.D", "RP.E36")


def test_an_edge_that_equals_n_over_C2_is_no_rounding_question():
    verdicts = holding(judge(first_step, RUN))

    assert verdicts["RP.L6"].lhs == verdicts["RP.L6"].rhs
    assert verdicts["RP.L6"].outcome is verdicts["E33 X1→X2"].outcome is Outcome.CONFIRMED


def test_without_noise_nothing_is_left_to_rounding():
    judgement = judge(first_step, small(eta=0.0, noisy=0))

    assert Outcome.UNDECIDED not in {v.outcome for v in (*judgement.verdicts, *judgement.links)}


def test_a_run_without_a_step_does_not_apply():
    start = trained(RUN.sample, RUN.a, RUN.W(0), step_size=RUN.step_size, steps=0, C0=RUN.C0)

    assert judge(first_step, start).outcome is Outcome.NOT_APPLICABLE


def test_a_run_of_unknown_noise_rate_has_no_printed_step():
    ids = set(holding(judge(first_step, replace(RUN, eta=None))))

    assert ids == set(holding(judge(first_step, RUN))) - {"E33 P0→P1 (printed)"}


def test_a_light_trace_loses_only_the_counts_it_did_not_record():
    light, full = small(record="light"), small()
    ids = set(holding(judge(first_step, light)))

    assert ids == set(holding(judge(first_step, full))) - {"E29 logged 0→logged 1"}
    assert judge(first_step, light).outcome is judge(first_step, full).outcome


def test_a_start_without_a_step_is_none_that_it_speaks_of():
    verdict = judge(first_step, start(RUN.setting))

    assert verdict.outcome is Outcome.NOT_APPLICABLE and "does not contain the first gradient step" in verdict.reason
