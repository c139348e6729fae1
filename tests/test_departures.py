import re
from functools import cache

import numpy as np
import pytest

from rfa import Recorder, load_run, verify
from rfa.cli import main
from rfa.departures import KINDS, Departure
from tests.elsewhere import Loop, recorded, start

ABOUT_TRAINING = ("L13.nac.on.T", "L13.ao", "L14.frob", "P2.ratio")


@cache
def OWN():
    return start(eta=0.0, noisy=None)


KNOWN = {
    "a trained second layer": ({"train_a": True}, {"second layer"}, r"is trained: at step 1"),
    "biases": ({"biases": True}, {"bias"}, r"biases of size up to .* at step 1"),
    "mini-batches": ({"batch": 20}, {"mini-batch"}, r"the step from 0 .* unequal weights"),
    "momentum": ({"momentum": 0.75}, {"momentum"}, r"the step from 1 is the gradient step and 0\.75 times"),
    "weight decay": ({"decay": 0.125}, {"weight decay"}, r"the step from 0 .* less 0\.125 α times the weights"),
    "another step size": ({"lr": 0.5}, {"step size"}, r"the step from 0 is 0\.5 times"),
    "a falling step size": ({"schedule": 0.5}, {"step size"}, r"the step from 1 is 0\.5 times"),
    "the hinge loss": ({"loss": "hinge"}, {"loss"}, r"the step from 0 is 1 times .* the hinge loss"),
    "the squared loss": ({"loss": "squared"}, {"loss"}, r"2 times .* the squared loss"),
    "the exponential loss": ({"loss": "exponential"}, {"loss"}, r"1 times .* the exponential loss"),
    "momentum and weight decay": ({"momentum": 0.5, "decay": 0.25}, {"momentum", "weight decay"}, r"0\.25 α"),
    "a leaky ReLU": ({"leak": 0.1}, {"activation"}, r"the activation leaky; .* give activation='leaky'"),
    "more steps": ({"steps": 9}, {"time"}, r"the last step is 9, and the theorem stops at T = 1 \+ K = 4"),
}  # fmt: skip


@cache
def judged(name):
    run = recorded(OWN(), **KNOWN[name][0])
    return run, verify(run)


@pytest.mark.parametrize("name", KNOWN)
def test_every_departure_is_found_and_told(name):
    _, kinds, told = KNOWN[name]
    run, report = judged(name)

    assert {d.kind for d in run.departures} == kinds
    assert any(re.search(told, d.says) for d in run.departures)
    assert [d["kind"] for d in report.document["departures"]] == [d.kind for d in run.departures]


@pytest.mark.parametrize("name", [name for name in KNOWN if name != "more steps"])
def test_no_conclusion_about_training_is_confirmed_outside_the_setting_and_nothing_is_refuted(name):
    _, report = judged(name)

    assert not report.failures("refuted")
    for id in ABOUT_TRAINING:
        assert report[id]["counts"].get("CONFIRMED", 0) == 0 and report[id]["failing"], id


def test_the_theorems_run_confirms_what_a_departure_does_not():
    report = verify(OWN())

    assert all(set(report[id]["counts"]) == {"CONFIRMED"} for id in ABOUT_TRAINING)


@pytest.mark.parametrize("name", ["a trained second layer", "biases"])
def test_outputs_are_those_of_the_network_as_it_is(name):
    run, _ = judged(name)
    loop, s = Loop(OWN().W(0), OWN().a, OWN().step_size, **KNOWN[name][0]), run.sample
    for _ in range(run.last):
        loop.step(s.X, s.y)
    f = [sum(a * max(0.0, float(w @ x) + b) for a, w, b in zip(loop.a, loop.W, loop.bias, strict=True)) for x in s.X]

    assert np.abs(run.output(run.last).value - f).max() < 1e-15
    least = min(y * v for y, v, noisy in zip(s.y, f, s.noisy, strict=True) if not noisy)
    assert np.nanmin(run.trace.margin_min[-1, :, 0]) == pytest.approx(least, abs=1e-15)


def test_statements_that_lose_their_meaning_do_not_apply_with_the_reason():
    _, report = judged("a trained second layer")

    for id in ("L8", "P15"):
        assert report[id]["outcome"] == "NOT_APPLICABLE"
        assert re.search(r"second layer stays at ±1/√m, and here the second layer is trained", report[id]["reason"])
    assert report["L14.neuron"]["holds"] is True and report["L3"]["counts"].get("CONFIRMED")
    away = next(f for f in report["L14.neuron"]["failing"] if f["id"] == "RP.setting")
    assert away["factor"] is None


def test_mini_batches_of_scattered_samples_are_counted():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((12, 8)), np.repeat([1, -1], 6)
    cluster = np.repeat([0, 1, 2, 3], 3)
    rec = Recorder(X, y, cluster=cluster, mu=np.eye(2, 8), step_size=0.1)
    loop = Loop(rng.standard_normal((6, 8)), np.repeat([1, -1], 3) / np.sqrt(6), 0.1, batch=5)
    for _ in range(3):
        rec.step(loop.W, loop.a)
        loop.step(X, y)
    found = rec.run().departures

    assert any(d.kind == "mini-batch" and "5 of the 12 samples take part" in d.says for d in found)


def test_samples_of_unequal_weight_that_all_take_part_may_be_class_weights():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((12, 8)), np.repeat([1, -1], 6)
    W, a = rng.standard_normal((6, 8)), np.repeat([1, -1], 3) / np.sqrt(6)
    rec = Recorder(X, y, cluster=np.repeat([0, 1, 2, 3], 3), mu=np.eye(2, 8), step_size=0.1)
    rec.step(W, a)
    g = np.where(y > 0, 3, 1) / (1 + np.exp(y * (np.maximum(X @ W.T, 0) @ a)))
    rec.step(W + 0.1 / 12 * a[:, None] * ((X @ W.T > 0).T @ ((g * y)[:, None] * X)), a)

    assert any("(batches, class weights, other labels" in d.says for d in rec.run().departures)


def test_biases_that_were_not_given_are_noticed_in_the_steps_and_suggested():
    s, own = OWN().sample, OWN()
    rec = Recorder(s.X, s.y, cluster=s.cluster, mu=s.mu, step_size=own.step_size)
    loop = Loop(own.W(0), own.a, own.step_size, biases=True)
    for _ in range(own.last + 1):
        rec.step(loop.W, loop.a)
        loop.step(s.X, s.y)

    found = {d.kind: d.says for d in rec.run().departures}
    assert found.keys() == {"mini-batch", "step"}
    assert all("biases that were not given" in says for says in found.values())


def test_a_step_that_nothing_explains_is_told():
    s, own = OWN().sample, OWN()
    rec = Recorder(s.X, s.y, cluster=s.cluster, mu=np.eye(2, 6), step_size=0.1)
    for t in range(3):
        rec.step(own.W(0) + 1e-3 * t * np.random.default_rng(t).standard_normal((12, 6)), own.a)

    assert any(d.kind == "step" and "step from 0" in d.says for d in rec.run().departures)


def test_a_second_layer_of_other_signs_and_sizes_is_a_departure():
    s, a = OWN().sample, np.abs(OWN().a) * np.r_[np.ones(8), -np.ones(4)]
    rec = Recorder(s.X, s.y, cluster=s.cluster, mu=s.mu, step_size=OWN().step_size)
    loop = Loop(OWN().W(0), a, OWN().step_size)
    for _ in range(OWN().last + 1):
        rec.step(loop.W, loop.a)
        loop.step(s.X, s.y)
    run = rec.run()

    assert [d.says for d in run.departures if d.kind == "signs"] == [
        "8 of 12 entries of the second layer are positive, not half of them"
    ]
    assert verify(run)["L4"]["counts"].get("CONFIRMED", 0) == 0 and not verify(run).failures()


def test_two_outputs_are_judged_by_their_difference():
    s, own = OWN().sample, OWN()
    both = np.stack([-own.a / 2, own.a / 2])
    rec = Recorder(s.X, s.y, y_clean=s.y_clean, cluster=s.cluster, mu=s.mu, step_size=own.step_size, C0=50.0)
    for t in range(own.last + 1):
        rec.step(own.W(t), both)
    run = rec.run()

    assert [d.kind for d in run.departures] == ["outputs"] and rec.found[0].since == 0
    assert np.nanmax(np.abs(run.trace.margin_min - own.trace.margin_min)) < 1e-14


def test_a_run_file_of_mini_batches_says_so(tmp_path, capsys):
    s, loop = OWN().sample, Loop(OWN().W(0), OWN().a, OWN().step_size, batch=20)
    states = []
    for _ in range(OWN().last + 1):
        states.append(loop.W)
        loop.step(s.X, s.y)
    arrays = {"X": s.X, "y": s.y, "y_clean": s.y_clean, "cluster": s.cluster, "mu": s.mu, "a": OWN().a}
    np.savez(tmp_path / "b.npz", W=np.stack(states), step_size=OWN().step_size, **arrays)

    assert [d.kind for d in load_run(tmp_path / "b.npz").departures] == ["mini-batch"]
    main(["check", str(tmp_path / "b.npz"), "--out", str(tmp_path / "out"), "--no-pictures"], standalone_mode=False)
    assert "Outside the theorem's setting (mini-batch): the step from 0" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["report.md", "report.html", "report.json", "junit.xml"])
def test_every_format_says_that_a_run_is_outside_the_setting(tmp_path, name):
    judged("momentum")[1].save(tmp_path / "r")

    assert "and 0.75 times the step before it" in (tmp_path / "r" / name).read_text(encoding="utf-8")


def test_a_departure_is_of_a_known_kind():
    assert len(KINDS) == 14
    with pytest.raises(ValueError, match="kind='mood'; expected one of second layer"):
        Departure("mood", "bad")
