"""Every conclusion and link of the sharpened proof: it holds, and a planted fault makes it fail at its place."""

from dataclasses import replace

import numpy as np
import pytest

from checks.explicit import PAPER, certificate, quantities
from checks.explicit.certificate import certify
from checks.explicit.intervals import exactly
from rfa import Outcome, Rounded, Run, judge
from tests.explicit import oracle
from tests.explicit.constructed import laggard
from tests.planting import in_sample, in_trace, in_weights, with_label
from tests.runs import loose, small

LINES = [s for s in PAPER.results if s.kind in ("DET", "CONDITION")]


def judged(run):
    return {v.id: v for s in LINES for j in (judge(s, run),) for v in (*j.conclusions, *j.links, *j.premises)}


@pytest.fixture(scope="module")
def on_small():
    return judged(small())


def test_every_line_is_confirmed_on_a_run_in_the_regime(on_small):
    found = {v.id: v.outcome for v in on_small.values() if v.outcome is not Outcome.CONFIRMED}

    assert found == dict.fromkeys(("RP.behind", "S8b.misses"), Outcome.NOT_APPLICABLE)


def test_no_line_is_refuted_beyond_the_regime():
    found = judged(loose())

    assert not [v.id for v in found.values() if v.outcome in (Outcome.REFUTED, Outcome.ERROR)]
    assert found["R1"].outcome is found["R4"].outcome is Outcome.SILENT


def test_a_neuron_that_stays_behind_is_seen_to_miss_much():
    assert judged(laggard())["S8b.misses"].outcome is Outcome.CONFIRMED


# ---- planted faults ----------------------------------------------------------------------------------------
# Neuron 0 has a_0 > 0 and starts towards +mu1; it is above the deviations on +mu2 at step 1 and below before.


def trace(name, *index, plus):
    return lambda run: in_trace(run, name, index, lambda x: x + plus)


def last_weights(j, times):
    return lambda run: in_weights(run, run.T, j, lambda w: times * w)


def planted_certificate(**changes):
    """The run with other numbers in its certificate: of the recursion, or `misses`."""

    def plant(run):
        faulty, known = replace(run), certify(run)
        recursion = replace(known.recursion)
        vars(recursion).update({name: change(known) for name, change in changes.items() if name != "misses"})
        misses = changes["misses"](known) if "misses" in changes else known.misses
        certificate._KNOWN[faulty] = replace(known, recursion=recursion, misses=misses)
        return faulty

    return plant


def one_lower(name, mu):
    return lambda known: tuple(x - 10 if k == mu else x for k, x in enumerate(getattr(known.recursion, name)))


FAULTS = {
    "S1.f": (trace("margin_max", 2, 1, 0, plus=1), {"t": 2, "mu": 1, "q": 0}),
    "S1.p": (trace("projection", 2, 0, 0, plus=1), {"t": 2, "j": 0}),
    "U-S1f X1→X2": (last_weights(0, 50), {"mu(i)": 0}),
    "U-S1p X0→X1": (trace("projection", 2, 0, 0, plus=1e-3), {"j": 0}),
    "U-S1p X1→X2": (trace("pull_plane", 1, 0, 2, 0, 1, plus=50), {"s": 1, "j": 0, "mu": 2}),
    "U-S1p X2→X3": (trace("pull", 1, 0, 0, 0, plus=50), {"s": 1, "j": 0, "mu": 0}),
    "S2.lower": (trace("margin_max", 1, 0, 0, plus=50), {"s": 1, "mu": 0, "q": 0}),
    "S2.upper": (trace("margin_min", 1, 0, 0, plus=-50), {"s": 1, "mu": 0, "q": 0}),
    "S3.xi": (trace("pre_max", 2, 0, 1, plus=1), {"t": 2, "j": 0, "mu": 1}),
    "S3.p": (trace("projection", 3, 0, 1, plus=1), {"t": 3, "j": 0, "mu": 2}),
    "U-S3 X0→X1": (trace("pre_max", 2, 0, 1, plus=1), {"t": 2, "j": 0, "mu": 1}),
    "U-S3 X1→X2": (trace("pull", 3, 0, 0, 0, plus=50), {"t": 4, "j": 0}),
    "S4.h": (trace("whole_pull", 1, 2, 0, plus=-5), {"s": 1, "mu": 2}),
    "S5a.on": (trace("pre_min", 1, 0, 2, plus=-1), {"s": 1, "j": 0, "mu": 2}),
    "S5a.off": (trace("pre_max", 1, 0, 3, plus=1), {"s": 1, "j": 0, "mu": 2}),
    "S5a.falls": (trace("projection", 2, 0, 1, plus=1), {"s": 1, "j": 0, "mu": 2}),
    "S5a.strict": (trace("projection", 2, 0, 1, plus=1), {"s": 1, "j": 0, "mu": 2}),
    "U-S5a X0→X1": (trace("projection", 2, 0, 1, plus=-1e-3), {"j": 0}),
    "U-S5a X1→X2": (trace("pull_plane", 1, 0, 2, 0, 1, plus=-5), {"s": 1, "j": 0, "mu": 2}),
    "U-S5a X2→X3": (trace("whole_pull", 1, 2, 0, plus=-5), {"s": 1, "mu": 2}),
    "S5b.jump": (trace("projection", 1, 0, 1, plus=1), {"s": 0, "j": 0, "mu": 2}),
    "U-S5b X0→X1": (trace("projection", 1, 0, 1, plus=1e-3), {"j": 0}),
    "U-S5b X1→X2": (trace("pull_plane", 0, 0, 3, 0, 1, plus=-50), {"s": 0, "j": 0, "mu": 2}),
    "U-S5b X2→X3": (trace("pull", 0, 0, 3, 0, plus=50), {"s": 0, "j": 0, "mu": 2}),
    "S5c.end": (trace("projection", 4, 0, 1, plus=1), {"j": 0, "mu": 2}),
    "S6.rise": (trace("projection", 1, 0, 0, plus=-1), {"j": 0, "mu": 0}),
    "U-S6 X0→X1": (trace("projection", 1, 0, 0, plus=-1e-3), {"j": 0, "mu": 0}),
    "U-S6 X1→X2": (trace("pull_plane", 0, 0, 0, 0, 0, plus=-5), {"j": 0, "mu": 0}),
    "U-S6 X2→X3": (trace("pull", 0, 0, 0, 0, plus=-5), {"j": 0, "mu": 0}),
    "S7.above": (trace("projection", 2, 0, 0, plus=-1), {"t": 2, "j": 0, "mu": 0}),
    "S7.on": (trace("pre_min", 2, 0, 0, plus=-1), {"t": 2, "j": 0, "mu": 0}),
    "S7.off": (trace("pre_max", 2, 0, 1, plus=1), {"t": 2, "j": 0, "mu": 0}),
    "S7.rises": (trace("projection", 3, 0, 0, plus=-1), {"s": 2, "j": 0, "mu": 0}),
    "U-S7 X0→X1": (trace("projection", 3, 0, 0, plus=-1e-3), {"j": 0, "mu": 0}),
    "U-S7 X1→X2": (trace("pull_plane", 1, 0, 0, 0, 0, plus=-5), {"s": 1, "j": 0, "mu": 0}),
    "U-S7 X2→X3": (trace("whole_pull", 1, 0, 0, plus=-5), {"s": 1, "mu": 0}),
    "S8a.kept": (planted_certificate(last_gain=one_lower("last_gain", 3)), {"mu": 3}),
    "S8a.positive": (planted_certificate(first_gain=one_lower("first_gain", 3)), {"mu": 3}),
    "S8.half": (last_weights(0, -1), {"mu(i)": 0}),
    "U-S8 X0→X1": (trace("pre_min", 4, 0, 0, plus=-1), {"j": 0, "mu": 0}),
    "U-S8 X1→X2": (trace("projection", 4, 0, 0, plus=-0.1), {"j": 0, "mu": 0}),
    "S9.half": (last_weights(0, -50), {"mu(i)": 2}),
    "U-S9 X0→X1": (last_weights(0, -50), {"mu(i)": 2}),
    "U-S9 X1→X2": (trace("projection", 4, 0, 1, plus=1), {"mu(i)": 2}),
    "S10.margin": (last_weights(0, -50), {"mu(i)": 2}),
    "U-S10 X1→X2": (last_weights(0, -1), {"mu(i)": 0}),
    "U-S10 X2→X3": (last_weights(0, -50), {"mu(i)": 2}),
    "conclusion.clean": (last_weights(0, -50), {"mu(i)": 2}),
    "conclusion.noisy": (last_weights(1, 50), {"mu(i)": 3}),
}


def placed(run, witness):
    at = dict(witness)
    if "i" in at:
        at["mu(i)"] = int(run.sample.cluster[at["i"]])
    return at


@pytest.mark.parametrize("id", FAULTS)
def test_a_planted_fault_refutes_the_line_at_its_place(id, on_small):
    plant, where = FAULTS[id]
    found = judged(plant(small()))[id]

    assert on_small[id].holds
    assert found.holds is False and found.outcome is Outcome.REFUTED
    assert where.items() <= placed(small(), found.witness).items()


def test_a_neuron_that_stays_behind_without_missing_anything_refutes_S8b(on_small):
    p = small().trace.projection[1, 0, 0]
    found = judged(in_trace(small(), "projection", (1, 0, 0), lambda x: x - p))["S8b.misses"]

    assert found.outcome is Outcome.REFUTED and found.witness == {"j": 0, "mu": 0}


@pytest.mark.parametrize("id", ["U-S1f X0→X1", "U-S10 X0→X1"])
def test_an_output_that_is_not_that_of_the_weights_refutes_the_link(id, monkeypatch):
    right, spike = Run.output, np.where(np.arange(small().n) == 5, 1.0, 0.0)
    monkeypatch.setattr(Run, "output", lambda *args: right(*args) + spike)
    found = judged(replace(small()))[id]

    assert found.outcome is Outcome.REFUTED and found.witness == {"i": 5}


def test_a_share_of_laggards_that_is_too_large_refutes_the_link(on_small):
    def missing(known):
        misses = np.zeros((small().m, 4))
        misses[0, 0] = 0.1
        return Rounded(misses)

    wide = planted_certificate(misses=missing, lag_share=lambda known: (exactly(100),) * 4)
    found = judged(wide(small()))["U-S8 X2→X3"]

    assert on_small["U-S8 X2→X3"].holds
    assert found.outcome is Outcome.REFUTED and found.witness == {"j": 0, "mu": 0}


def test_a_reach_that_forgets_the_start_refutes_the_link(on_small):
    def shorter(known):
        states = known.recursion.states
        return (*states[:2], replace(states[2], beta=exactly(0)), *states[3:])

    found = judged(planted_certificate(states=shorter)(small()))["U-S3 X2→X3"]

    assert on_small["U-S3 X2→X3"].holds
    assert found.outcome is Outcome.REFUTED and found.witness["t"] == 2


def test_every_line_has_a_planted_fault(on_small):
    apart = {"S8b.misses", "U-S1f X0→X1", "U-S10 X0→X1", "U-S8 X2→X3", "U-S3 X2→X3"}
    lines = {v.id for v in on_small.values() if v.role != "premise"}

    assert lines == set(FAULTS) | apart


# ---- premises and conditions -------------------------------------------------------------------------------


def mostly_noisy(mu):
    def plant(run):
        for i in np.flatnonzero((run.sample.cluster == mu) & ~run.sample.noisy)[:8]:
            run = with_label(run, i, "y")
        return run

    return plant


CONDITIONS = {
    "R1": (mostly_noisy(2), {"mu": 2}),
    "R2": (mostly_noisy(1), {"mu": 1}),
    "R3": (lambda run: in_sample(run, 7, lambda x: 3 * x), {}),
    "R4": (mostly_noisy(1), {"mu": 1}),
    "RP.M1": (trace("step_error", 1, 3, plus=1), {"e": 1, "k": 3}),
    "RP.a": (lambda run: replace(run, a=run.a * np.where(np.arange(run.m) == 4, 1.0, 2.0)), {"k": 4}),
}


@pytest.mark.parametrize("id", CONDITIONS)
def test_a_premise_fails_where_it_is_broken(id, on_small):
    plant, where = CONDITIONS[id]
    found = judged(plant(small()))[id]

    assert on_small[id].outcome is Outcome.CONFIRMED and found.outcome is Outcome.SILENT
    assert where.items() <= found.witness.items()


def test_nothing_is_said_of_the_end_where_its_conditions_fail():
    found = judged(mostly_noisy(1)(small()))

    assert found["RP.ok"].outcome is Outcome.SILENT
    for id in ("S5c.end", "S8a.kept", "S8a.positive", "S8b.misses", "S8.half", "S9.half", "S10.margin"):
        assert found[id].outcome is Outcome.NOT_APPLICABLE
        assert found[id].reason.startswith("not said where ")
    assert found["conclusion.clean"].outcome in (Outcome.BEYOND, Outcome.SILENT)


def test_a_run_that_is_no_gradient_descent_refutes_nothing():
    planted = trace("step_error", 1, 3, plus=1)(trace("margin_max", 2, 1, 0, plus=1)(small()))

    assert judged(planted)["S1.f"].outcome in (Outcome.SILENT, Outcome.BEYOND)


# ---- members against loops ---------------------------------------------------------------------------------


@pytest.mark.parametrize("t", [0, 1])
def test_pulls_and_increments_are_the_sums_over_samples(t):
    run = loose()
    gA, n, sample = oracle.pulls(run, t), run.n, run.sample
    for j in range(run.m):
        eps = 1 if run.a[j] > 0 else -1
        for mu in range(4):
            direction = oracle.centre(run, mu)
            step = sum(eps * gA[j, i] * sample.y[i] * (sample.X[i] @ direction) for i in range(n)) / n
            assert np.isclose(quantities.increments(run).value[t, j, mu], step, rtol=1e-9, atol=1e-12)
            for quantity, clean_of in ((quantities.pull_with, mu), (quantities.pull_against, oracle.OTHER[mu])):
                other = oracle.OTHER[clean_of]
                chosen = [i for i in range(n) if sample.cluster[i] == (other if sample.noisy[i] else clean_of)]
                expected = sum(gA[j, i] for i in chosen) / n
                assert np.isclose(quantity(run).value[t, j, mu], expected, rtol=1e-9, atol=1e-12)


def test_the_pull_of_the_means_adds_up_to_the_movement_when_there_are_no_deviations():
    run = small(sigma=1e-12)
    moved = (run.toward.value[: run.n_s + 1] - run.toward.value[0]) / float(quantities.unit(run))

    assert np.allclose(quantities.pulled_by_means(run).value, moved, atol=1e-9)


def test_deviations_are_the_largest_inner_products_of_each_cluster():
    run = loose()
    for t in run.weights:
        v = run.weights[t] / float(quantities.unit(run))
        for j in range(run.m):
            for mu in range(4):
                members = np.flatnonzero(run.sample.cluster == mu)
                expected = max(abs(v[j] @ (run.sample.X[k] - oracle.centre(run, mu))) for k in members)
                assert np.isclose(quantities.deviations(run).value[t, j, mu], expected, rtol=1e-9)


def test_mean_overlap_is_the_same_in_blocks(monkeypatch):
    whole = quantities.mean_overlap(loose()).value
    monkeypatch.setattr(quantities, "BLOCK_ENTRIES", 3 * loose().n)

    assert np.isclose(quantities.mean_overlap(loose()).value, whole, rtol=1e-12)


def test_without_sums_over_samples_everything_but_S4_is_still_judged():
    found = judged(small(record="light"))
    ids = {v.id for v in found.values() if v.link is None and v.role == "conclusion"}

    assert "S4.h" not in ids and "U-S3 X0→X1" not in found
    assert {v.outcome for v in found.values() if v.id in ids - {"S8b.misses"}} == {Outcome.CONFIRMED}
    assert judge(PAPER["S4"], small(record="light")).outcome is Outcome.NOT_APPLICABLE


def test_single_precision_widens_the_certificate_and_refutes_nothing():
    run = small(dtype="float32", sigma=1e-3, omega_init=1e-3)
    margin = certify(run).recursion.margin[0]

    assert margin.upper - margin.lower > 1e-6 * abs(margin.upper)
    assert not [v.id for v in judged(run).values() if v.outcome in (Outcome.REFUTED, Outcome.ERROR)]
