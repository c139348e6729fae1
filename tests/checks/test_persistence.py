"""Lemma 13 on natural runs: what it says of them, and a fault for every claim and link."""

from math import exp, sqrt

import numpy as np
import pytest

import checks.staying_aligned
import checks.staying_orthogonal
from checks.persistence import persistence
from rfa import Outcome, judge
from rfa.run import PAIR
from rfa.simulation import trained
from tests.checks.faulty import (
    broken,
    calm,
    constant,
    plus,
    quantity,
    recorded,
    rough,
    sample,
    times,
)
from tests.planting import holding
from tests.runs import loose, small

RUN = calm()
J = int(np.flatnonzero(RUN.in_J)[-1])
MU = int(RUN.home[J])
AWAY = MU ^ 1
K, ACROSS = int(PAIR[MU]), 1 - int(PAIR[MU])
NU = 2 * ACROSS
FRIENDS = tuple(np.flatnonzero(RUN.J[:, MU]))
STEP = RUN.step_size / sqrt(RUN.m)
E = exp(-2.0)
HERE, NEXT = {"s": 2, "j": J}, {"t": 3, "j": J}
COUNTED = checks.staying_orthogonal.Across.counted.func


def miscounted(at):
    return COUNTED(at) + (np.arange(at.run.m) == J)[:, None]


FAULTS = {
    "an update that is no gradient step": (quantity("step_error", 2, J, to=plus(1)), {"RP.M1": HERE}),
    "a missed sample at the start": (recorded("pre_min", 1, J, MU, to=plus(-1)), {"RP.L12.on": {"j": J}}),
    "a captured one at the start": (recorded("pre_max", 1, J, AWAY, to=plus(1)), {"RP.L12.off": {"j": J}}),
    "a first step away from the centre": (
        quantity("own", 1, J, to=times(-1)), {"RP.L12.corr": {"j": J}, "U-L13tel X1→X2": {"j": J}}
    ),
    "a long neuron": (
        quantity("norm", 3, J, to=times(1e4)),
        {"RP.L14": HERE, "E40 X0→X1": HERE, "U-L13nac X1→X2": HERE, "U-L13nac Y1→Y2": HERE},
    ),
    "a long neuron after the first step": (quantity("norm", 1, J, to=times(1e4)), {"U-L13b X1→X2": {"s": 0, "j": J}}),
    "heavy weights": (quantity("frobenius", 2, to=times(1e4)), {"RP.L14F": {"s": 2}}),
    "a large step": (quantity("alpha", to=times(1e4)), {"RP.alpha": {}}),
    "a step backwards": (quantity("alpha", to=times(-1)), {"U-L13b X2→X3": {}, "L13.ao.T": {"t": 4}}),
    "a long input": (sample(5, times(2)), {"RP.R": {"i": 5}, "RP.D½": {"i": 5}}),
    "a bound on the inputs above 2": (quantity("R_x", to=lambda x: 3.0), {"E45 X2→X3": {}}),
    "a cluster without clean samples": (
        quantity("clean_size", MU, to=times(0)), {"RP.n8": {"mu": MU}, "E39 Z2→Z3": {"j": FRIENDS}}
    ),
    "much noise": (
        quantity("rho", to=lambda x: 0.4), {"RP.E39.rho": {}, "RP.E44": {}, "E39 Z3→Z4": {}}
    ),
    "wide clusters": (
        quantity("D", to=lambda x: 1.0),
        {"RP.E39.D": {}, "RP.E40": {}, "U-L13nac X2→X3": {}, "U-L13nac Y2→Y3": {}, "E39 Z3→Z4": {}},
    ),
    "wide clusters and a neuron far across": (
        lambda run: quantity("D", to=lambda x: 0.3)(recorded("projection", 2, J, ACROSS, to=plus(1))(run)),
        {"RP.E42": HERE},
    ),
    "a missed sample": (recorded("pre_min", 3, J, MU, to=plus(-1)), {"L13.nac.on": NEXT, "U-L13nac X0→X1": HERE}),
    "a captured one": (recorded("pre_max", 3, J, AWAY, to=plus(1)), {"L13.nac.off": NEXT, "U-L13nac Y0→Y1": HERE}),
    "a missed sample at T": (recorded("pre_min", 4, J, MU, to=plus(-1)), {"L13.nac.on.T": {"t": 4, "j": J}}),
    "a captured one at T": (recorded("pre_max", 4, J, AWAY, to=plus(1)), {"L13.nac.off.T": {"t": 4, "j": J}}),
    "a neuron far across": (
        recorded("projection", 3, J, ACROSS, to=plus(1)),
        {"L13.ao": NEXT, "M2 X0→X1": {"s": (2, 3), "j": J, "k": ACROSS}, "E41 V0→V1": {"s": (2, 3), "j": J},
         "E45 X0→X1": {"s": (2, 3), "j": J, "k": ACROSS}, "U-L13ao c0→c1": HERE},
    ),
    "a neuron far across at T": (recorded("projection", 4, J, ACROSS, to=plus(-1)), {"L13.ao.T": {"t": 4, "j": J}}),
    "a neuron far across after the first step": (
        recorded("projection", 1, J, ACROSS, to=plus(1)), {"U-L13b X0→X1": {"s": 0, "j": J}}
    ),
    "a neuron that falls back": (
        recorded("projection", 3, J, K, to=lambda x: 0.0),
        {"E38 X0→X1": {"s": (2, 3), "j": J}, "U-L13tel X0→X1": HERE, "E40 X1→X2": HERE},
    ),
    "a neuron that hardly grows": (quantity("own", 3, J, to=times(1e-4)), {"E40 X1→X2": HERE}),
    "an output above 2": (recorded("margin_max", 2, MU, 0, to=plus(50)), {"E37 X0→X1": {"s": 2, "mu": MU, "q": 0}}),
    "an active sample of the opposing cluster": (
        recorded("pull_plane", 2, J, AWAY, 0, K, to=plus(100)), {"E38 X1→X2": HERE, "M2 X0→X1": HERE}
    ),
    "a large sum of the own pair across": (
        recorded("whole_pull_plane", 2, MU, 0, ACROSS, to=plus(1e3)), {"E41 V1→V2": {"s": 2}, "E41 V0→V1": {"s": 2}}
    ),
    "a small sum over the own cluster": (
        recorded("whole_pull_plane", 2, MU, 0, K, to=times(-1)), {"E39 Z0→Z1": {"s": 2}, "E38 X1→X2": {"s": 2}}
    ),
    "small derivatives on the own cluster": (recorded("whole_pull", 2, MU, 0, to=times(1e-4)), {"E39 Z1→Z2": {"s": 2}}),
    "a noisy sample with a strong pull": (
        recorded("pull_plane", 2, J, NU, 1, ACROSS, to=plus(1e4)), {"E41 V2→V3": HERE | {"nu": NU}}
    ),
    "clean samples with the wrong pull": (
        recorded("pull_plane", 2, J, NU, 0, ACROSS, to=plus(-1e4)), {"E41 V3→V4": HERE | {"nu": NU}}
    ),
    "a sum larger than the inputs allow": (
        recorded("pull_plane", 2, J, NU, 0, ACROSS, to=plus(1e5)), {"E45 X1→X2": HERE | {"k": ACROSS}}
    ),
    "a margin that was recorded wrong": (
        recorded("margin_min", 4, MU, 0, to=plus(1)), {"M4 X0→X1": {"mu": MU, "q": 0}}
    ),
    "an input seen differently from −μ1": (quantity("input_along", 9, 1, to=plus(5)), {"M4 F0→F1": {"i": 9}}),
    "a larger E than exp(−2), outputs": (
        constant(checks.staying_aligned, "E", 0.5), {"E37 X1→X2": {}}
    ),
    "a negative E": (constant(checks.staying_aligned, "E", -E), {"E40 X2→X3": {"s": 3}, "U-L13nac X3→X4": {}}),
    "a bound by counts that is off at one neuron": (
        constant(checks.staying_orthogonal.Across, "counted", property(miscounted)), {"E41 V4→V5": {"j": J}}
    ),
}  # fmt: skip
ON_LARGE_VALUES = ("E42", "U-L13sgn", "E43", "E44", "U-L13ao a", "U-L13ao b")
"""Links about |⟨w_j, ν⟩| > αb: see test_planted.py."""


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_what_it_should(name, monkeypatch):
    fault, expected = FAULTS[name]

    broken(persistence, RUN, fault, expected, monkeypatch)


def test_every_claim_and_link_is_broken_by_some_fault():
    ids = {id for _, expected in FAULTS.values() for id in expected}
    judged = {i for i in holding(judge(persistence, RUN)) if "planted" not in i and not i.startswith(ON_LARGE_VALUES)}

    assert ids == judged


def test_on_a_calm_run_all_is_confirmed_but_what_a_natural_run_never_reaches_and_the_printed_interval():
    judgement = judge(persistence, RUN)
    verdicts = (*judgement.verdicts, *judgement.links)

    others = {v.id for v in verdicts if v.outcome is not Outcome.CONFIRMED}
    printed = {v.id for v in verdicts if v.outcome is Outcome.REFUTED}
    assert {i for i in others - printed if not i.startswith(ON_LARGE_VALUES)} == {"RP.E42"}
    assert printed == {
        "U-L13ao planted a1→planted a2 (printed)", "U-L13ao planted b1→planted b2 (printed)"
    }  # fmt: skip
    assert all(v.outcome in (Outcome.NOT_APPLICABLE, Outcome.REFUTED) for v in verdicts if v.id in others)


@pytest.mark.parametrize(
    "run",
    [small(), small(eta=0.0, noisy=0), loose(), rough(), small(omega_init=0.3), small(steps=2), small(K=1)],
    ids=["small", "no noise", "loose", "rough", "large start", "short", "K = 1"],
)
def test_no_run_refutes_it(run):
    judgement = judge(persistence, run)

    assert judgement.reason == ""
    verdicts = (*judgement.verdicts, *judgement.links)
    refuted = [v for v in verdicts if v.outcome in (Outcome.REFUTED, Outcome.ERROR)]
    assert all(v.link and v.link.printed for v in refuted)


def test_without_noise_nothing_is_left_to_rounding():
    judgement = judge(persistence, small(eta=0.0, noisy=0))

    assert Outcome.UNDECIDED not in {v.outcome for v in (*judgement.verdicts, *judgement.links)}


def test_the_time_T_is_judged_apart():
    judgement = holding(judge(persistence, small(steps=6)))
    short = holding(judge(persistence, small(steps=2)))

    assert judgement["L13.ao"].size == 3 * 12 and judgement["L13.ao.T"].size == 12
    assert short["L13.ao"].size == 2 * 12 and short["L13.ao.T"].outcome is Outcome.NOT_APPLICABLE


def test_a_failure_at_T_leaves_the_printed_times_alone():
    run = recorded("projection", 4, J, ACROSS, to=plus(1))(RUN)
    verdicts = holding(judge(persistence, run))

    assert verdicts["L13.ao.T"].outcome is Outcome.REFUTED
    assert verdicts["L13.ao"].outcome is Outcome.CONFIRMED


def test_the_alignment_does_not_rest_on_the_premises_of_the_turning():
    noise = quantity("rho", to=lambda x: E / 256)  # 2ρ = E/128 as allowed, and 2D + 3ρ < E/32 with it
    verdicts = holding(judge(persistence, quantity("D", to=lambda x: 0.9 * E / 256)(noise(RUN))))
    far = holding(judge(persistence, recorded("projection", 2, J, ACROSS, to=lambda x: 2 * STEP)(RUN)))

    assert verdicts["RP.E44"].holds and verdicts["L13.nac.on"].outcome is Outcome.CONFIRMED
    assert far["RP.E42"].size == 1 and far["RP.E42"].holds and far["L13.ao"].outcome is Outcome.CONFIRMED


def test_E42_is_asked_only_where_a_neuron_is_far_across():
    wide = quantity("D", to=lambda x: 0.3)
    near, far = wide(RUN), wide(recorded("projection", 2, J, ACROSS, to=lambda x: 1.1 * STEP)(RUN))
    asked = [holding(judge(persistence, run))["RP.E42"] for run in (near, far)]

    assert [(v.size, v.holds) for v in asked] == [(0, True), (1, False)]


def test_a_need_about_one_neuron_is_taken_for_that_neuron_alone():
    other = int(np.flatnonzero(RUN.in_J)[0])
    run = recorded("pre_min", 2, other, int(RUN.home[other]), to=plus(-1))(RUN)
    counts = holding(judge(persistence, run))["E38 X1→X2"].counts

    assert (counts[Outcome.BEYOND], counts[Outcome.CONFIRMED]) == (1, 3 * 8 - 1)


def test_growth_needs_the_increments_so_far_only():
    run = recorded("projection", 3, J, K, to=plus(-1))(RUN)
    verdict = holding(judge(persistence, run))["U-L13tel X0→X1"]

    assert verdict.counts[Outcome.SILENT] == 1 and verdict.counts[Outcome.CONFIRMED] == 3 * 8 - 2
    assert verdict.counts[Outcome.BEYOND] == 1  # the step after, where the sum is whole again


def test_a_light_trace_keeps_the_conclusions():
    light = judge(persistence, small(record="light"))

    full = holding(judge(persistence, small()))
    assert light.reason == "" and [v.outcome for v in light.conclusions] == [
        full[v.id].outcome for v in light.conclusions
    ]
    assert {v.link.chain for v in light.links} == {"M4", "U-L13b", "U-L13ao"}


def test_a_run_without_a_step_does_not_apply():
    start = trained(RUN.sample, RUN.a, RUN.W(0), step_size=RUN.step_size, steps=0, C0=RUN.C0)

    assert judge(persistence, start).outcome is Outcome.NOT_APPLICABLE
