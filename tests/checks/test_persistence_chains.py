"""The members of the chains of Lemma 13 against loops written from the formulas."""

from math import exp, sqrt

import numpy as np
import pytest

from checks.persistence import persistence
from tests.checks.breaking import members
from tests.checks.faulty import rough

E = exp(-2.0)


class Loop:
    """One neuron of J at one step of a rough run, sample by sample."""

    def __init__(self, s, j):
        self.run, self.s, self.j = rough(), s, j
        run = self.run
        self.w, self.after, self.n = run.W(s)[j], run.W(s + 1)[j], run.n
        mu1, mu2 = run.sample.mu
        self.centres = [mu1, -mu1, mu2, -mu2]
        toward = [w @ run.W(0)[j] for w in self.centres]
        self.mu = max(range(2) if run.a[j] > 0 else range(2, 4), key=lambda mu: toward[mu])
        self.step = run.step_size / sqrt(run.m)
        self.noisy = [run.sample.y[i] != run.sample.y_clean[i] for i in range(run.n)]
        self.D = max(np.linalg.norm(x - self.centres[c]) for x, c in zip(run.sample.X, run.sample.cluster, strict=True))
        self.rho = sum(self.noisy) / run.n

    def g(self, i):
        x, run = self.run.sample.X[i], self.run
        f = sum(run.a[k] * max(0.0, run.W(self.s)[k] @ x) for k in range(run.m))
        return 1 / (1 + exp(run.sample.y[i] * f))

    def active(self, i):
        return 1.0 if self.w @ self.run.sample.X[i] > 0 else 0.0

    def total(self, clusters, noisy, term):
        members = [i for i in range(self.n) if self.run.sample.cluster[i] in clusters and self.noisy[i] == noisy]
        return sum(term(i) for i in members)

    def pulls(self, v, awake=False):
        return lambda i: self.g(i) * (1.0 if awake else self.active(i)) * (self.run.sample.X[i] @ v)

    def others(self):
        return [c for c in range(4) if c // 2 != self.mu // 2]


PLACES = [(1, 0), (2, 4), (3, 7), (1, 11)]


@pytest.fixture(scope="module", params=PLACES, ids=str)
def loop(request):
    return Loop(*request.param)


def chained(id, prefix="X"):
    return members(persistence, rough(), id, prefix)


def expected_at(id, index, values, prefix="X", rtol=1e-8):
    found = [x[index] for x in chained(id, prefix)]
    np.testing.assert_allclose(found, values, rtol=rtol, atol=1e-12, err_msg=id)


def test_M2_and_E45_are_those_of_a_loop(loop):
    own = [c for c in range(4) if c not in loop.others()]
    for k, v in enumerate(loop.run.sample.mu):
        signed = [
            loop.total(own, False, loop.pulls(v)),
            -loop.total(own, True, loop.pulls(v)),
            -loop.total(loop.others(), False, loop.pulls(v)),
            loop.total(loop.others(), True, loop.pulls(v)),
        ]
        gained, net = (loop.after - loop.w) @ v, sum(signed) / loop.n
        R = max(np.linalg.norm(x) for x in loop.run.sample.X)

        expected_at("M2", (loop.s, loop.j, k), [gained / loop.step, net])
        bounds = [abs(gained), loop.step * abs(net), loop.step * R, 2 * loop.step]
        expected_at("E45", (loop.s, loop.j, k), bounds)


def test_E38_and_E39_are_those_of_a_loop(loop):
    mu, n, v = loop.mu, loop.n, loop.centres[loop.mu]
    far = -loop.total(loop.others(), False, loop.pulls(v)) + loop.total(loop.others(), True, loop.pulls(v))
    opposing = loop.total([mu ^ 1], False, loop.pulls(v)) - loop.total([mu ^ 1], True, loop.pulls(v))
    own = loop.total([mu], False, loop.pulls(v)) - loop.total([mu], True, loop.pulls(v))
    whole = loop.total([mu], False, loop.pulls(v, True)) - loop.total([mu], True, loop.pulls(v, True))
    beside = loop.total(loop.others(), False, loop.g) + loop.total(loop.others(), True, loop.g)
    clean, noise, D = loop.total([mu], False, lambda i: 1), 2 * sum(loop.noisy), loop.D
    distance = loop.total(loop.others(), False, lambda i: 1) + loop.total(loop.others(), True, lambda i: 1)
    X = [(loop.after - loop.w) @ v / loop.step, (own + opposing + far) / n, (whole + far) / n]
    Z1 = (loop.total([mu], False, loop.g) * (1 - D) - noise - D * beside) / n
    Z2 = (clean * E / 4 - noise - 2 * D * distance) / n

    expected_at("E38", (loop.s, loop.j), X)
    expected_at("E39", (loop.s, loop.j), [X[2], Z1, Z2, E / 32 - 2 * loop.rho - 2 * D, E / 64], "Z")


def test_E41_and_E44_are_those_of_a_loop(loop):
    n, D, rho, mu = loop.n, loop.D, loop.rho, loop.mu
    for nu in loop.others():
        v = loop.centres[nu]
        whole = loop.total([mu], False, loop.pulls(v, True)) - loop.total([mu], True, loop.pulls(v, True))
        noisy = loop.total(loop.others(), True, loop.pulls(v))
        clean = loop.total(loop.others(), False, loop.pulls(v))
        V0, V1 = (loop.after - loop.w) @ v / loop.step, (whole - clean + noisy) / n
        V2, V3 = 2 * D + (noisy - clean) / n, 2 * D + 2 * rho - clean / n
        there, opposing = loop.total([nu], False, loop.active), loop.total([nu ^ 1], False, loop.active)
        V4 = 2 * D + 2 * rho - E / (4 * n) * there + 3 / (2 * n) * opposing
        V5 = 2 * D + 2 * rho - E / (4 * n) * (there - 6 * exp(2) * opposing)
        awake, all_of = loop.total([nu], False, lambda i: 1), loop.run.cluster_size[nu]
        room, index = 2 * D + 3 * rho, (loop.s, loop.j, nu)
        decrease = [V0, V4, 2 * D + 2 * rho - E * awake / (4 * n), room - E * all_of / (4 * n), room - E / 32, 0]

        expected_at("E41", index, [V0, V1, V2, V3, V4, V5], "V")
        expected_at("E44", index, decrease)
        expected_at("E43", index, [there, awake])
        expected_at("E43", index, [opposing, 0], "Y")


def test_E42_and_the_signs_are_those_of_a_loop(loop):
    w, X, cluster, D = loop.w, loop.run.sample.X, loop.run.sample.cluster, loop.D
    size, alpha = np.linalg.norm(w), loop.run.step_size
    for nu in loop.others():
        toward, index = w @ loop.centres[nu], (loop.s, loop.j, nu)
        side = [min(w @ x for x in X[cluster == nu]) / size, toward / size - D, 4 * alpha / 3 - D, 0]
        opposing = [max(w @ x for x in X[cluster == nu ^ 1]) / size, D - toward / size, D - 4 * alpha / 3, 0]

        expected_at("E42", index, [size / toward, 3 * loop.s, 3 * loop.run.K, 1 / alpha])
        expected_at("U-L13sgn", index, side)
        expected_at("U-L13sgn", index, opposing, "Y")


def test_the_growth_and_the_cosines_are_those_of_a_loop(loop):
    v, s, step, run = loop.centres[loop.mu], loop.s, loop.step, loop.run
    after, first = loop.after @ v, run.W(1)[loop.j] @ v
    size, cluster, D = np.linalg.norm(loop.after), run.sample.cluster, loop.D
    index = (s, loop.j)
    own = min(loop.after @ x for x in run.sample.X[cluster == loop.mu]) / size
    opposing = max(loop.after @ x for x in run.sample.X[cluster == loop.mu ^ 1]) / size
    cosine = after / size

    expected_at("U-L13tel", index, [after, first + step * s * E / 64, step * s * E / 64])
    expected_at("E40", index, [cosine, after / (2 * step * (s + 1)), E / 128 * s / (s + 1), E / 256])
    expected_at("U-L13nac", index, [own, cosine - D, E / 256 - D, E / 512, 0])
    expected_at("U-L13nac", index, [opposing, D - cosine, D - E / 256, 0], "Y")


def test_the_ends_of_the_intervals_are_those_of_a_loop(loop):
    nu = loop.centres[loop.others()[0]]
    before, after, step = loop.w @ nu, loop.after @ nu, loop.step
    first = loop.run.W(1)[loop.j]

    expected_at("U-L13ao", (loop.s, loop.j), [-step, after, step, before, 3 * step], "a")
    expected_at("U-L13ao", (loop.s, loop.j), [step, after, -step, before, -3 * step], "b")
    expected_at("U-L13ao", (loop.s, loop.j), [abs(after), 3 * step], "c")
    expected_at("U-L13b", (0, loop.j), [abs(first @ nu), np.linalg.norm(first), 2 * step, 3 * step])


def test_E37_and_M4_are_those_of_a_loop():
    run, T = rough(), rough().T
    for mu, q in ((0, 0), (1, 1), (3, 0)):
        group = [i for i in range(run.n) if run.sample.cluster[i] == mu and (run.sample.noisy[i] == bool(q))]
        if not group:
            continue
        at_2 = Loop(2, 0)
        pre = {i: run.W(T) @ run.sample.X[i] for i in group}
        margins = [run.sample.y[i] * sum(run.a[k] * max(0.0, pre[i][k]) for k in range(run.m)) for i in group]

        expected_at("E37", (2, mu, q), [min(at_2.g(i) for i in group), 1 / (1 + exp(2)), E / 2])
        expected_at("M4", (mu, q), [min(margins)] * 2)
    for i in (0, 20):
        x = run.sample.X[i]
        expected_at("M4", i, [abs(run.sample.mu[0] @ x) - abs(run.sample.mu[1] @ x)] * 2, "F")
