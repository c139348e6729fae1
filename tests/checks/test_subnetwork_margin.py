import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from checks import network_split
from checks.network_split import OfRun, at_clusters, at_random, of_weights, signs
from checks.subnetwork_margin import subnetwork_margin
from rfa import Outcome, Rounded, judge
from tests.checks.faulty import broken, constant
from tests.checks.plants import (
    NEURON as J,
    clean_sample,
    entry,
    in_sample,
    noisy_sample,
    overridden,
    traced,
    with_output,
    with_pre,
)
from tests.planting import breaks, holding, verdicts_of
from tests.runs import loose, small

module = sys.modules["checks.subnetwork_margin"]
T = 4


@cache
def two_outside():
    """`small` with two neurons taken out of J."""
    run = small()
    inside = np.array(run.J)
    inside[[0, J]] = False
    return overridden(run, J=inside)


def none_inside(run, count=9):
    """All but three neurons taken out of J."""
    inside = np.array(run.J)
    inside[:count] = False
    return overridden(run, J=inside)


PLANTED = {
    "RP.W1": (lambda r: traced(r, "frobenius", (T,), 9.0), {}),
    "RP.x2": (lambda r: in_sample(r, 5, lambda x: 3 * x), {"i": 5}),
    "RP.Cf": (lambda r: with_output(r, 5, 2.0, only_J=True), {"i": 5}),
    "RP.Jc": (lambda r: none_inside(r), {}),
    "RP.a": (lambda r: replace(r, a=entry(r.a, J, 2 * r.a[J])), {"j": J}),
    "RP.Cf.clean": (
        lambda r: with_output(r, clean_sample(), -r.sample.y[clean_sample()], only_J=True),
        {"i": clean_sample()},
    ),
    "RP.Cf.noisy": (
        lambda r: with_output(r, noisy_sample(), r.sample.y[noisy_sample()], only_J=True),
        {"i": noisy_sample()},
    ),
    "L8.clean": (lambda r: with_output(r, clean_sample(), 0.0, only_J=False), {"i": clean_sample()}),
    "L8.noisy": (lambda r: with_output(r, noisy_sample(), 0.0, only_J=False), {"i": noisy_sample()}),
    "U-L8 X3→X4": (lambda r: none_inside(r), {}),
    "U-L8 Z0→Z1": (lambda r: with_output(r, clean_sample(), 9.0, only_J=False), {"i": clean_sample()}),
    "U-L8 M0→M1": (lambda r: with_output(r, noisy_sample(), 9.0, only_J=False), {"i": noisy_sample()}),
    "U-L8 Z1→Z2": (
        lambda r: with_output(r, clean_sample(), -r.sample.y[clean_sample()], only_J=True),
        {"i": clean_sample()},
    ),
    "U-L8 M1→M2": (
        lambda r: with_output(r, noisy_sample(), r.sample.y[noisy_sample()], only_J=True),
        {"i": noisy_sample()},
    ),
}


@pytest.mark.parametrize("id", PLANTED)
def test_a_planted_fault_is_found_where_it_was_planted(id):
    plant, at = PLANTED[id]
    breaks(subnetwork_margin, small(), plant(small()), id, **at)


def test_a_wrong_preactivation_outside_J_breaks_the_spectral_bound():
    breaks(subnetwork_margin, two_outside(), with_pre(two_outside(), T, (7, J), 9.0), "U-L8 X1→X2", i=7)


def test_wrong_norms_outside_J_break_the_frobenius_bound():
    run = two_outside()
    faulty = overridden(run, norm=run.norm * 1e-3)

    breaks(subnetwork_margin, run, faulty, "U-L8 X2→X3")


@pytest.mark.parametrize("id", ["U-L8 X0→X1", "U-L8 PX0→PX1"])
def test_a_wrong_activation_breaks_cauchy_schwarz(monkeypatch, id):
    verdicts_of(subnetwork_margin, two_outside())
    monkeypatch.setattr(network_split, "positive_part", lambda x: 1e4 * x)
    split = replace(at_clusters())
    monkeypatch.setattr(module, "at_clusters", lambda: split)

    breaks(subnetwork_margin, two_outside(), overridden(two_outside()), id)


def scaled(values, r, factor):
    """One entry along the first axis multiplied."""
    return Rounded(entry(values.value, r, factor * values.value[r]), values.error)


FAULTY_NETWORKS = {
    "U-L8 PX1→PX2": lambda s: {"rest": scaled(s.rest, 5, 1e3)},
    "U-L8 PX2→PX3": lambda s: {"sizes": scaled(s.sizes, 5, 1e-3)},
    "U-L8 PX3→PX4": lambda s: {"inside": scaled(s.inside, 5, 1e-3)},
    "U-L8 PZ0→PZ1": lambda s: {"whole": scaled(s.whole, 5, -1.0)},
    "U-L8 PM0→PM1": lambda s: {"whole": scaled(s.whole, 5, -1.0)},
    "U-L8 PZ1→PZ2": lambda s: {"outside": Rounded(entry(s.outside.value, 5, -9 * s.inside.value[5]))},
    "U-L8 PM1→PM2": lambda s: {"outside": Rounded(entry(s.outside.value, 5, -9 * s.inside.value[5]))},
}


@pytest.mark.parametrize("id", FAULTY_NETWORKS)
def test_a_fault_in_the_planted_network_is_found(monkeypatch, id):
    faulty = replace(at_clusters())
    faulty.__dict__.update(FAULTY_NETWORKS[id](faulty))

    broken(subnetwork_margin, small(), constant(module, "at_clusters", lambda: faulty), {id: {"i": 5}}, monkeypatch)


def test_a_fault_in_a_drawn_network_is_found(monkeypatch):
    drawn = at_random()
    r = int(np.argmax(np.abs(drawn.inside.value)))
    wrong = constant(module, "at_random", lambda: replace(drawn, whole=scaled(drawn.whole, r, -1.0)))

    broken(subnetwork_margin, small(), wrong, {"L8.random": {"r": r}}, monkeypatch)


def test_a_drawn_network_that_meets_the_premises_is_a_counterexample_if_it_fails(monkeypatch):
    drawn = at_random()
    size = np.abs(drawn.inside.value)
    met = (drawn.share.value <= size**2 / 16) & (drawn.frobenius.value <= 1) & (drawn.input_norm.value <= 2)
    r = int(np.flatnonzero(met & (size < 1))[0])
    monkeypatch.setattr(module, "at_random", lambda: replace(drawn, whole=scaled(drawn.whole, r, -1.0)))

    assert holding(judge(subnetwork_margin, small()))["L8.random"].outcome is Outcome.REFUTED


def test_the_drawn_networks_meet_and_miss_the_premises_often():
    counts = verdicts_of(subnetwork_margin, small())["L8.random"].counts

    assert counts[Outcome.CONFIRMED] > 20 and counts[Outcome.BEYOND] > 20


def test_the_planted_network_meets_all_premises_with_neurons_outside_J():
    split = at_clusters()

    assert split.rest.shape[1] == 3 and (np.abs(split.inside.value) >= 4 * np.sqrt(split.share.value)).all()
    assert 1 - 1e-8 < split.frobenius.value.max() < 1 and split.input_norm.value.max() <= 2


def test_one_neuron_outside_J_is_not_held_against_its_own_norm():
    run = small()
    inside = np.array(run.J)
    inside[J] = False
    verdicts = holding(judge(subnetwork_margin, overridden(run, J=inside)))

    assert verdicts["U-L8 X2→X3"].outcome is Outcome.NOT_APPLICABLE
    assert not [id for id, v in verdicts.items() if v.outcome is Outcome.UNDECIDED]


@pytest.mark.parametrize("make", [two_outside, loose])
def test_the_bounds_are_those_of_a_loop_over_neurons(make):
    run = make()
    split, W = OfRun(run), run.weights[run.T]
    outside = [j for j in range(run.m) if not run.in_J[j]]
    spectral = np.sqrt(max(np.linalg.eigvalsh(W[outside] @ W[outside].T), default=0.0))
    for i in (0, run.n // 2, run.n - 1):
        x = run.sample.X[i]
        length = np.sqrt(sum(float(c) ** 2 for c in x))
        pre = [sum(float(u) * float(v) for u, v in zip(W[j], x, strict=True)) for j in range(run.m)]
        f = sum(run.a[j] * max(0.0, pre[j]) for j in range(run.m))
        apart = sum(run.a[j] * max(0.0, pre[j]) for j in outside)
        square = sum(pre[j] ** 2 for j in outside)
        share = len(outside) / run.m
        assert split.whole.value[i] == pytest.approx(f, rel=1e-9, abs=1e-15)
        assert split.inside.value[i] == pytest.approx(f - apart, rel=1e-9, abs=1e-15)
        assert split.outside.value[i] == pytest.approx(apart, rel=1e-9, abs=1e-15)
        assert split.by_vector.value[i] == pytest.approx(np.sqrt(share) * np.sqrt(square), rel=1e-9)
        assert split.by_spectrum.value[i] == pytest.approx(np.sqrt(share) * spectral * length, rel=1e-9)
        size = np.sqrt(sum(float(w) ** 2 for j in outside for w in W[j]))
        assert split.by_frobenius.value[i] == pytest.approx(np.sqrt(share) * size * length, rel=1e-9)


def test_networks_from_weights_agree_with_their_definition():
    rng = np.random.default_rng(1)
    X, W, a = rng.standard_normal((3, 4)), rng.standard_normal((3, 6, 4)), signs(6)
    split = of_weights(X, W, a, outside=2)
    for r in range(3):
        features = [max(0.0, float(W[r, j] @ X[r])) for j in range(6)]
        assert split.whole.value[r] == pytest.approx(sum(a[j] * features[j] for j in range(6)))
        assert split.inside.value[r] == pytest.approx(sum(a[j] * features[j] for j in range(4)))
        assert split.outside.value[r] == pytest.approx(sum(a[j] * features[j] for j in (4, 5)))
        assert split.frobenius.value[r] == pytest.approx(np.sqrt((W[r] ** 2).sum()))
