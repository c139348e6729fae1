"""The members of the chains of Lemma 12 against loops written from the formulas."""

from math import exp, sqrt

import numpy as np
import pytest

from checks.first_gradient import FirstGradient
from checks.first_step import first_step
from tests.checks.breaking import members
from tests.checks.faulty import rough


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
