"""Lemma 12: faults by claim, and the members of its chains against loops written from the formulas."""

from dataclasses import replace
from math import exp, sqrt

import numpy as np
import pytest

import checks.first_alignment
from checks.first_gradient import FirstGradient
from checks.first_step import first_step
from rfa import Outcome, judge
from rfa.run import PAIR
from tests.checks.breaking import members
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
    "an output far from 0": (
        sample(I, times(1e9)), {f"E25 {'X0→X1' if RUN.sample.y[I] > 0 else 'Y0→Y1'}": {"i": I}}
    ),
    "a large start in the kept weights": (
        weights(0, J, times(1e6)), {"E28 X1→X2": {}, "E28 X1→X2 (printed)": {}}
    ),
    "a small b": (
        quantity("b", to=times(1e-4)),
        {"E26 X0→X1": {}, "E28 X0→X1": {}, "E31 X2→X3": {}},
    ),
    "nothing has any length": (constant(checks.first_alignment, "length", zeros), {"E31 X1→X2": {}}),
    "half of g lost": (
        constant(FirstGradient, "excess", property(lambda first: 0 * first.active)), {"E27 X1→X2": {}}
    ),
    "a clean label that does not fit the cluster": (
        label(I, "y_clean"), {"E29 X0→X1": {"mu": MU}, "E32 X0→X1": {}}
    ),
    "a count that was recorded wrong": (
        recorded("active", 0, J, MU, 0, to=plus(1)), {"E29 logged 0→logged 1": {"j": J, "mu": MU}}
    ),
    "a noisy sample that is counted as clean": (
        lambda run: replace(run, sample=replace(run.sample, y_clean=-run.sample.y_clean, y=-run.sample.y)),
        {"E33 X0→X1": {}, "E29 X0→X1": {}},
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
    from rfa.simulate import trained

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


# ---- members of the chains, from the formulas --------------------------------------------------------------------


class Loop:
    """One neuron at t = 0, sample by sample."""

    def __init__(self, run, j):
        self.run, self.j = run, j
        self.W, self.X, self.n = run.W(0), run.sample.X, run.n
        self.mu1, self.mu2 = run.sample.mu
        self.centres = [self.mu1, -self.mu1, self.mu2, -self.mu2]
        self.u = run.omega_init * sqrt(run.m * run.d)
        self.alpha, self.a, self.b = run.step_size, run.a[j], 1 / sqrt(run.m)
        self.D = max(np.linalg.norm(self.X[i] - self.centre(i)) for i in range(self.n))

    def centre(self, i):
        return self.centres[self.run.sample.cluster[i]]

    def g(self, i):
        f = sum(self.run.a[k] * max(0.0, self.W[k] @ self.X[i]) for k in range(self.run.m))
        return 1 / (1 + exp(self.run.sample.y[i] * f))

    def active(self, i):
        return 1.0 if self.W[self.j] @ self.X[i] > 0 else 0.0

    def vector(self, weight, of):
        terms = [weight(i) * self.run.sample.y[i] * self.active(i) * of(i) for i in range(self.n)]
        return self.alpha * self.a / self.n * sum(terms)

    def zeta1(self):
        return self.vector(self.g, lambda i: self.X[i] - self.centre(i))

    def zeta2(self):
        return self.vector(lambda i: self.g(i) - 0.5, self.centre)

    def S(self, mu):
        return sum(self.run.sample.y[i] * self.active(i) for i in range(self.n) if self.run.sample.cluster[i] == mu)

    def cnt(self, mu, noisy=False):
        here = (i for i in range(self.n) if self.run.sample.cluster[i] == mu)
        return sum(self.active(i) for i in here if (self.run.sample.y[i] != self.run.sample.y_clean[i]) == noisy)


@pytest.fixture(scope="module", params=[0, 5, 11])
def loop(request):
    return Loop(rough(), request.param)


def chained(id, prefix="X"):
    return members(first_step, rough(), id, prefix)


def test_the_error_vectors_are_those_of_a_loop(loop):
    first, j = FirstGradient(loop.run), loop.j
    step = loop.alpha * loop.b
    longest = max(abs(loop.g(i) - 0.5) for i in range(loop.n))
    pulled = sum(loop.g(i) * loop.active(i) * np.linalg.norm(loop.X[i] - loop.centre(i)) for i in range(loop.n))
    slope = 1 / (1 + exp(-3 * loop.u)) - 0.5

    np.testing.assert_allclose(first.zeta1.value[j], loop.zeta1(), rtol=1e-11, atol=1e-16)
    np.testing.assert_allclose(first.zeta2.value[j], loop.zeta2(), rtol=1e-11, atol=1e-16)
    sizes = [np.linalg.norm(loop.zeta1()), step * pulled / loop.n, step * loop.D]
    np.testing.assert_allclose([x[j] for x in chained("E26")], sizes, rtol=1e-11)
    printed = max(slope, 1 / (1 + exp(3 * loop.u)) - 0.5)
    bounds = [step * x for x in (longest, printed, slope, 0.75 * loop.u, loop.u)]
    np.testing.assert_allclose([x[j] for x in chained("E28")], [np.linalg.norm(loop.zeta2()), *bounds], rtol=1e-11)


def test_the_first_step_is_that_of_a_loop(loop):
    j, W0, W1 = loop.j, loop.run.W(0)[loop.j], loop.run.W(1)[loop.j]
    whole = W0 + loop.vector(loop.g, lambda i: loop.X[i])
    around = W0 + loop.vector(loop.g, loop.centre) + loop.zeta1()
    halves = W0 + loop.vector(lambda i: 0.5, loop.centre) + loop.zeta1() + loop.zeta2()
    S = [loop.S(mu) for mu in range(4)]
    planes = loop.mu1 * (S[0] - S[1]) + loop.mu2 * (S[2] - S[3])
    counted = loop.alpha * loop.a / (2 * loop.n) * planes + loop.zeta1() + loop.zeta2()

    for id, expected in {"M1": [W1, whole], "E27": [W1, around, halves], "E30": [W1 - W0, counted]}.items():
        np.testing.assert_allclose([x[j] for x in chained(id)], expected, rtol=1e-9, atol=1e-15, err_msg=id)
    assert chained("M3")[0][j] == pytest.approx(np.linalg.norm(W1 - W0 - counted), abs=1e-15)


def test_the_counts_are_those_of_a_loop(loop):
    run, j = loop.run, loop.j
    mu = int(run.home[j])
    sign = 1 if mu < 2 else -1
    delta = sign * (loop.S(mu) - loop.S(mu ^ 1))
    net = loop.cnt(mu) - loop.cnt(mu, True) - loop.cnt(mu ^ 1)
    pairs = [
        Loop(run, k).cnt(nu) - Loop(run, k).cnt(nu ^ 1)
        for k in range(run.m)
        for nu in range(4)
        if loop.centres[nu] @ run.W(0)[k] / np.linalg.norm(run.W(0)[k]) >= 1 / (3 * run.C0 * sqrt(run.d))
    ]
    least, noise = max(0, min(pairs)), int((run.sample.y != run.sample.y_clean).sum())

    assert chained("E29")[0][j].tolist() == [loop.S(nu) for nu in range(4)]
    assert [x[j] for x in chained("E32")] == [delta, net + loop.cnt(mu ^ 1, True)]
    assert [x[j] for x in chained("E33")] == [delta, net, least - noise, least / 2]
    assert chained("E33", "P")[0] == noise / run.n


def test_the_way_to_the_alignment_is_that_of_a_loop(loop):
    run, j = loop.run, loop.j
    mu, step = int(run.home[j]), loop.alpha * loop.b
    centre, W0, W1 = loop.centres[mu], run.W(0)[j], run.W(1)[j]
    share = chained("E33")[3][j] * 2 / run.n
    sign = 1 if mu < 2 else -1
    half = sign * (loop.S(mu) - loop.S(mu ^ 1)) / (2 * run.n)
    zeta = np.linalg.norm(loop.zeta1()) + np.linalg.norm(loop.zeta2())
    along, room = (loop.zeta1() + loop.zeta2()) @ centre, loop.D + loop.u
    cosine = W1 @ centre / np.linalg.norm(W1)
    gained = (W1 - W0) @ centre / step

    expected = {
        "E31": [gained, half + along / step, half - zeta / step, half - room],
        "E34": [W1 @ centre / step, gained, share / 4 - room, share / 8],
        "E35": [cosine, W1 @ centre / (2 * step), share / 16, 0],
    }
    for id, values in expected.items():
        np.testing.assert_allclose([x[j] for x in chained(id)], values, rtol=1e-9, atol=1e-12, err_msg=id)
    for id, cluster, side in (("E36", mu, 1), ("U-L12b", mu ^ 1, -1)):
        for i in np.flatnonzero(run.sample.cluster == cluster):
            x, xi = loop.X[i], loop.X[i] - loop.centre(i)
            first = [W1 @ x, side * W1 @ centre + W1 @ xi]
            np.testing.assert_allclose(
                [x[i, j] for x in chained(id)][:3],
                [*(v / np.linalg.norm(W1) for v in first), side * (share / 16 - np.linalg.norm(xi))],
                rtol=1e-9, atol=1e-12, err_msg=id,
            )  # fmt: skip
    np.testing.assert_allclose([x[0, j] for x in chained("E36")][3:], [share / 16 - loop.D, share / 32, 0], rtol=1e-9)


def test_the_outputs_at_the_start_are_those_of_a_loop(loop):
    i, u = 7, loop.u
    f = sum(loop.run.a[k] * max(0.0, loop.W[k] @ loop.X[i]) for k in range(loop.run.m))
    size = np.linalg.norm(loop.W) * np.linalg.norm(loop.X[i])

    np.testing.assert_allclose([x[i] for x in chained("U-L12f")], [abs(f), size, 1.5 * u * sqrt(2), 3 * u], rtol=1e-9)
    np.testing.assert_allclose([x[i] for x in chained("E25")], [loop.g(i), 1 / (1 + exp(3 * u))], rtol=1e-9)
    np.testing.assert_allclose([x[i] for x in chained("E25", "Y")], [loop.g(i), 1 / (1 + exp(-3 * u))], rtol=1e-9)
