from functools import cache

import numpy as np
import pytest

from rfa import InputError, Recorder, load_run, save_run, verify
from rfa.report.model import label
from rfa.trace import AXES
from tests.elsewhere import Loop, recorded, start

OWN = cache(start)


def recorder(**changes):
    s = OWN().sample
    known = {"y_clean": s.y_clean, "cluster": s.cluster, "mu": s.mu, "step_size": OWN().step_size, "C0": 50.0}
    return Recorder(**{"X": s.X, "y": s.y, **known, **changes})


def rows(report):
    return {
        (s["id"], label(r)): (r["outcome"], r["holds"], r["counts"], [f["id"] for f in r["failing"]])
        for s, r in report.rows()
    }


# ---- the same log and the same report ------------------------------------------------------------------------


def test_a_loop_in_numpy_leaves_the_log_of_the_engine():
    run = recorded(OWN())

    for name in AXES:
        off = np.abs(getattr(run.trace, name) - getattr(OWN().trace, name))
        assert np.nanmax(off) < 1e-10 and off.shape == getattr(OWN().trace, name).shape, name
    assert run.departures == () and run.estimates == {} and set(run.weights) == {0, 1, run.last}


def test_a_recorded_run_has_the_report_of_the_engine_claim_by_claim():
    into = recorder(C0=None, setting=OWN().setting)
    there, here = verify(recorded(OWN(), into=into)), verify(OWN())

    assert rows(there) == rows(here) and len(rows(here)) > 400
    assert there.document["command"] == "" and "departures" not in there.document


def test_what_needs_the_law_of_the_data_does_not_apply_without_it_and_the_rest_is_the_same():
    needs_law = {"AD", "X1", "L5a", "L5b", "L6", "D7", "T1"}
    report = verify(recorded(OWN()))
    there, here = ({k: v for k, v in rows(of).items() if k[0] not in needs_law} for of in (report, verify(OWN())))

    assert there == here and len(here) > 300
    assert report["T1.test"]["outcome"] == report["AD"]["outcome"] == "NOT_APPLICABLE"


class Capsule:
    """An array that speaks DLPack alone."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **how):
        return self.array.__dlpack__(**how)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_arrays_that_speak_dlpack_alone_are_understood():
    capsules, arrays = recorder(), recorder()
    for t in range(OWN().last + 1):
        capsules.step(Capsule(OWN().W(t)), Capsule(OWN().a))
        arrays.step(OWN().W(t), OWN().a)

    assert np.array_equal(capsules.run().trace.norm, arrays.run().trace.norm)


def test_lists_of_numbers_are_arrays():
    rec = recorder()
    for t in (0, 1):
        rec.step(OWN().W(t).tolist(), OWN().a.tolist())

    assert rec.run().last == 1


def test_the_run_outlives_what_its_arrays_are_made_into():
    own, s = OWN(), OWN().sample
    rec, loop = recorder(), Loop(own.W(0), own.a, own.step_size)
    held = loop.W.copy()
    for _ in range(own.last + 1):
        rec.step(held, loop.a)
        loop.step(s.X, s.y)
        held[...] = loop.W
    held[...] = np.nan

    assert np.nanmax(np.abs(rec.run().trace.norm - own.trace.norm)) < 1e-12


def test_a_long_run_is_logged_without_keeping_its_weights():
    run = recorded(OWN(), steps=300)

    assert run.last == 300 and run.trace.norm.shape == (301, run.m) and run.trace.active.shape[0] == run.K + 1
    assert set(run.weights) == {0, 1, run.K + 1, 300}
    assert [d.kind for d in run.departures] == ["time"]
    assert run.step_error.value.max() < 1e-12


@pytest.mark.parametrize("changes", [{}, {"train_a": True, "biases": True}])
def test_a_recorded_run_is_saved_and_judged_again_to_the_same_report(tmp_path, changes):
    run = recorded(OWN(), **changes)
    save_run(run, tmp_path / "run.npz")
    again = load_run(tmp_path / "run.npz")

    assert again.departures == run.departures and set(again.forms) == set(run.forms)
    assert verify(again).document["statements"] == verify(run).document["statements"]


def test_a_changed_network_in_a_file_is_noticed(tmp_path):
    run = recorded(OWN(), train_a=True)
    save_run(run, tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz") as file:
        arrays = dict(file)
    arrays["form.a"] = 2 * arrays["form.a"]
    np.savez(tmp_path / "run.npz", **arrays)

    with pytest.raises(InputError, match=r"trace.reach: at step 1"):
        load_run(tmp_path / "run.npz")


def test_arrays_that_change_after_they_were_given_change_nothing():
    s, own = OWN().sample, OWN()
    given = {"X": s.X, "y": s.y, "y_clean": s.y_clean, "cluster": s.cluster, "mu": s.mu}
    theirs = {name: np.array(value) for name, value in given.items()}
    rec = recorder(**theirs)
    for value in theirs.values():
        value[:] = -7
    W, a = np.empty_like(own.W(0)), np.empty_like(own.a)
    for t in range(own.last + 1):
        W[:], a[:] = own.W(t), own.a
        rec.step(W, a)
        W[:], a[:] = np.nan, 3
    run = rec.run()

    assert all(np.array_equal(getattr(run.sample, name), value) for name, value in given.items())
    assert rows(verify(run)) == rows(verify(recorded(own, into=recorder()))) and run.departures == ()


# ---- wrong use -----------------------------------------------------------------------------------------------

BAD_DATA = {
    "labels 0 and 1": ({"y": np.r_[np.zeros(24), np.ones(24)]}, r"y: labels in \{0, 1\}; expected .* 2\*y - 1"),
    "another label": ({"y": np.full(48, 2)}, r"y\[0\] = 2; expected one of -1, 1"),
    "NaN in X": ({"X": np.full((48, 6), np.nan)}, r"X: nan at index \(0, 0\)"),
    "words": ({"X": [["a"] * 6] * 48}, r"X: holds <U1"),
    "rows": ({"cluster": np.zeros(3)}, r"cluster: shape \(3,\)"),
    "unknown name": ({"sigmma": 1.0}, r"sigmma: unknown parameter"),
    "step size": ({"step_size": -1.0}, r"alpha = -1.0; expected at least"),
    "activation": ({"activation": "tanh"}, r"activation = 'tanh'; expected one of relu"),
    "setting of other data": ({"sigma": "x"}, r"sigma = 'x'; expected a finite number"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_DATA)
def test_wrong_data_are_told(name):
    changes, told = BAD_DATA[name]
    with pytest.raises(InputError, match=told):
        recorder(**changes)


W, A = OWN().W(0), OWN().a
BAD_STATES = {
    "neurons change": ((W[:4], A[:4]), r"step 2: W: float64 of shape \(4, 6\); step 0 had float64 of shape \(12, 6\)"),
    "precision changes": ((W.astype(np.float32), A), r"step 2: W: float32 of shape"),
    "NaN": ((np.where(np.arange(72).reshape(12, 6) == 7, np.nan, W), A), r"step 2: W: nan at index \(1, 1\)"),
    "NaN in a": ((W, A * np.nan), r"step 2: a: nan at index \(0,\)"),
    "a column": ((W, A[:, None]), r"step 2: a: shape \(12, 1\); expected \(m,\)"),
    "the other order": ((A, W), r"step 2: W: shape \(12,\); expected \(m, d\)"),
    "a of other length": ((W, A[:6]), r"step 2: W: shape \(12, 6\); expected \(6, 6\)"),
    "three outputs": ((W, np.ones((3, 12))), r"step 2: a: shape \(3, 12\), 3 outputs"),
    "no array": (("weights", A), r"step 2: W: holds <U7"),
    "ragged": (([[1.0], [1.0, 2.0]], A), r"step 2: W: list is no array"),
    "bias": ((W, A, np.ones(3)), r"step 2: bias: shape \(3,\)"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_STATES)
def test_a_wrong_state_is_told_with_its_step_and_not_recorded(name):
    state, told = BAD_STATES[name]
    rec = recorder()
    rec.step(W, A)
    rec.step(W, A)

    with pytest.raises(InputError, match=told):
        rec.step(*state)
    assert rec.count == 2


def test_a_transposed_first_layer_is_told():
    with pytest.raises(InputError, match=r"step 0: W: shape \(6, 12\); expected \(12, 6\).* give its transpose"):
        recorder().step(W.T, A)


def test_a_missing_step_is_told():
    with pytest.raises(InputError, match=r"step 1: expected step 0: the weights before the first update come first"):
        recorder().step(W, A, t=1)
    rec = recorder()
    rec.step(W, A, t=0)
    with pytest.raises(InputError, match=r"step 2: expected step 1: none may be left out"):
        rec.step(W, A, t=2)
    with pytest.raises(InputError, match=r"step 1: missing; 1 of at least two states"):
        rec.run()
    with pytest.raises(InputError, match=r"step 0: missing"):
        recorder().run()


def test_a_run_recorded_from_the_second_state_on_is_told_by_its_size():
    s, loop = OWN().sample, Loop(OWN().W(0), OWN().a, OWN().step_size)
    rec = recorder(omega_init=OWN().omega_init)
    for _ in range(3):
        loop.step(s.X, s.y)
        rec.step(loop.W, loop.a)

    with pytest.raises(InputError, match=r"step 0: ‖W‖_F = .* is a first step missing"):
        rec.run()
