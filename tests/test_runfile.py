import io
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import psutil
import pytest

from rfa import InputError, load_run, save_run, verify
from rfa.simulation import simulate
from rfa.trace import AXES
from tests.report.toys import paper, toy
from tests.runs import loose, small, small_setting


@cache
def every_step():
    """The arrays of a run made elsewhere: weights of every step, no log."""
    run = simulate(small_setting(fresh=10), keep=range(100))
    s = run.sample
    return {
        "X": s.X, "y": s.y, "y_clean": s.y_clean, "cluster": s.cluster, "mu": s.mu, "a": run.a,
        "W": np.stack([run.weights[t] for t in range(run.last + 1)]), "step_size": run.step_size,
        "C0": 50.0, "sigma": 1e-6, "omega_init": 1e-6,
    }  # fmt: skip


def written(path, **changes):
    """A run file with some arrays replaced (None: left out)."""
    arrays = {**every_step(), **changes}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def same_bits(one, other):
    return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=True)


# ---- what is read --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [small(), loose(), small(dtype="float32"), small(record="light", noise="one-cluster")])
def test_a_saved_run_comes_back_bit_for_bit(tmp_path, run):
    save_run(run, tmp_path / "r.npz")
    back = load_run(tmp_path / "r.npz")

    for name in AXES:
        if getattr(run.trace, name) is None:
            assert getattr(back.trace, name) is None
        else:
            assert same_bits(
                getattr(back.trace, name), np.asarray(getattr(run.trace, name), getattr(back.trace, name).dtype)
            )
    assert set(back.weights) == set(run.weights) and all(same_bits(back.weights[t], W) for t, W in run.weights.items())
    assert same_bits(back.sample.X, run.sample.X) and back.setting == run.setting and back.draws == run.draws
    for key in ("sigma", "eta", "omega_init", "delta", "C0", "a6_power", "relu_at_zero", "C", "d", "step_size"):
        assert getattr(back, key) == getattr(run, key)


def test_a_saved_run_has_the_same_report(tmp_path):
    save_run(small(), tmp_path / "r.npz")

    here, there = verify(small()), verify(load_run(tmp_path / "r.npz"))

    assert there.document["statements"] == here.document["statements"]
    assert there.document["command"] == f"rfa check {tmp_path / 'r.npz'}"


def test_a_run_made_elsewhere_is_followed_to_the_same_log(tmp_path):
    run = load_run(written(tmp_path / "r.npz"))
    own = simulate(small_setting(fresh=10), keep=range(100))

    for name in AXES:
        assert np.allclose(
            getattr(run.trace, name), getattr(own.trace, name), rtol=1e-12, atol=1e-25, equal_nan=True
        ), name
    assert run.setting is None and run.eta is None and run.delta is None


def test_what_is_not_given_stays_unknown_and_can_be_set(tmp_path):
    path = written(tmp_path / "r.npz", sigma=None, C0=None)

    bare, told = load_run(path), load_run(path, sigma=2e-6, delta=0.05, C0=4.0)

    assert (bare.sigma, bare.delta, bare.C0) == (None, None, 10.0)
    assert (told.sigma, told.delta, told.C0) == (2e-6, 0.05, 4.0)


def test_a_setting_in_the_file_follows_what_is_set(tmp_path):
    save_run(small(), tmp_path / "r.npz")
    run = load_run(tmp_path / "r.npz", delta=0.2)

    assert run.delta == 0.2 and run.setting.delta == 0.2


def test_another_C0_is_fine_where_the_weights_are_all_there_or_J_stays_the_same(tmp_path):
    save_run(small(), tmp_path / "own.npz")
    with pytest.raises(InputError, match="C0, relu_at_zero: logged at 50 and 0"):
        load_run(tmp_path / "own.npz", C0=1.01)

    assert load_run(tmp_path / "own.npz", C0=50.001).C0 == 50.001
    assert load_run(written(tmp_path / "r.npz"), C0=1.01).in_J.sum() < small().in_J.sum()


def test_integers_and_other_byte_orders_are_read(tmp_path):
    run = load_run(
        written(
            tmp_path / "r.npz",
            y=every_step()["y"].astype(float),
            W=every_step()["W"].astype(">f8"),
            cluster=every_step()["cluster"].astype(np.uint8),
            X=np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])[every_step()["cluster"]] @ np.eye(2, 6, dtype=int),
            mu=np.eye(2, 6, dtype=int),
        )
    )

    assert run.sample.y.dtype == np.int64 and run.trace.level == "full"
    assert run.sample.X.dtype == np.float64


def test_a_weight_of_zero_belongs_to_no_cluster(tmp_path):
    W = np.array(every_step()["W"])
    W[:, 3] = 0
    run = load_run(written(tmp_path / "r.npz", W=W), delta=0.1, eta=0.02)

    assert not run.in_J[3] and small().in_J[3]
    report = verify(run, links=False)
    assert report["L3.norm.lower"]["witness"] == {"j": 3}
    assert not {"REFUTED", "ERROR"} & {row["outcome"] for _, row in report.conclusions()}


@pytest.mark.parametrize("t", range(5))
def test_a_neuron_without_a_direction_at_one_step_is_judged_without_an_error(tmp_path, t):
    W = np.array(every_step()["W"])
    j = int(np.flatnonzero(small().in_J)[0])
    W[t, j] = 0
    report = verify(load_run(written(tmp_path / "r.npz", W=W), sigma=0.02, delta=0.1, eta=0.02, omega_init=0.02))

    assert not {"REFUTED", "ERROR"} & {row["outcome"] for _, row in report.rows() if not row.get("printed")}


@pytest.mark.parametrize("name", ["W", "X"])
def test_a_run_of_zeros_is_judged_without_an_error(tmp_path, name):
    zeros = np.zeros_like(every_step()[name])
    report = verify(load_run(written(tmp_path / "r.npz", **{name: zeros}), sigma=0.02, omega_init=0.02))

    assert not {"REFUTED", "ERROR"} & {row["outcome"] for _, row in report.rows() if not row.get("printed")}


def test_the_seed_of_a_foreign_run_is_kept_as_a_fact(tmp_path):
    assert load_run(written(tmp_path / "r.npz", seed=7)).provenance["seed"] == 7


def test_saving_leaves_no_half_file(tmp_path, monkeypatch):
    def fails(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", fails)
    with pytest.raises(KeyboardInterrupt):
        save_run(small(), tmp_path / "r.npz")
    assert list(tmp_path.iterdir()) == []


# ---- what is refused -----------------------------------------------------------------------------------------


def changed(name, index, value):
    array = np.array(every_step()[name])
    array[index] = value
    return {name: array}


BAD = {
    "missing": ({"y_clean": None}, "y_clean: missing; a run file needs X, y"),
    "unknown": ({"omega": 1.0}, "omega: unknown array; expected one of"),
    "X flat": ({"X": np.zeros(48)}, r"X: shape \(48,\); expected \(n, d\)"),
    "X words": ({"X": np.full((48, 6), "a")}, "X: holds <U1; expected float64 or float32"),
    "X half": ({"X": np.zeros((48, 6), np.float16)}, "X: holds float16"),
    "X complex": ({"X": np.zeros((48, 6), complex)}, "X: holds complex128"),
    "X huge": (changed("X", (7, 3), 1e60), r"X: the largest entry in row \(7,\) is 1e\+60; expected 0 or"),
    "W integers": ({"W": np.zeros((5, 12, 6), int)}, "W: holds int64; expected float64 or float32"),
    "W huge": ({"W": every_step()["W"] * 1e200}, r"W: the largest entry in row \(0, 0\) is .*e\+194"),
    "W tiny": ({"W": every_step()["W"] * 1e-200}, r"W: the largest entry in row \(0, 0\) is .*e-206"),
    "W huge in float32": ({"W": np.full((5, 12, 6), 1e30, np.float32)}, "between 1e-15 and 1e.15 in float32"),
    "a integers": ({"a": np.ones(12, int)}, "a: holds int64"),
    "sigma tiny": ({"sigma": 1e-320}, "sigma = 1e-320; expected a size between 1e-50 and 1e.50"),
    "X nan": (changed("X", (7, 3), np.nan), r"X: nan at index \(7, 3\); expected finite"),
    "X empty": ({"X": np.zeros((0, 6))}, "X: shape .*expected at least one sample"),
    "X one column": ({"X": np.zeros((48, 1))}, "at least two dimensions"),
    "y short": ({"y": np.ones(47)}, r"y: shape \(47,\) of float64; expected \(48,\)"),
    "y zero-one": ({"y": (every_step()["y"] + 1) // 2}, r"y\[\d+\] = 0; expected one of -1, 1"),
    "y nan": ({"y": np.full(48, np.nan)}, r"y\[0\] = nan"),
    "cluster 4": (changed("cluster", 5, 4), r"cluster\[5\] = 4; expected one of 0, 1, 2, 3"),
    "cluster half": ({"cluster": np.full(48, 0.5)}, r"cluster\[0\] = 0.5"),
    "clean label": (changed("y_clean", 5, -every_step()["y_clean"][5]), r"y_clean\[5\] = .*clean label"),
    "mu one": ({"mu": np.eye(6)[:1]}, r"mu: shape \(1, 6\); expected \(2, d\) = \(2, 6\)"),
    "mu long": ({"mu": 1.001 * np.eye(6)[:2]}, "centres are not orthonormal: ‖mu1‖² = 1.002"),
    "mu oblique": ({"mu": np.eye(6)[[0, 0]]}, "not orthonormal.*⟨mu1,mu2⟩ = 1"),
    "a trained": (changed("a", 4, 0.3), r"a\[4\] = 0.3; expected \+1/sqrt\(m\) or -1/sqrt\(m\) = 0.288675"),
    "a odd": ({"a": every_step()["a"][:11], "W": every_step()["W"][:, :11]}, "a: 11 neurons; expected an even number"),
    "a one-sided": ({"a": np.abs(every_step()["a"])}, "a: 12 of 12 entries are positive"),
    "a scalar": ({"a": 0.25}, r"a: shape \(\); expected \(m,\)"),
    "W other m": ({"W": every_step()["W"][:, :8]}, r"W: shape \(5, 8, 6\); expected \(steps, 12, 6\)"),
    "W other d": ({"W": every_step()["W"][..., :5]}, r"W: shape \(5, 12, 5\)"),
    "W inf": (changed("W", (3, 2, 0), np.inf), r"W: inf at index \(3, 2, 0\)"),
    "W one state": ({"W": every_step()["W"][:1]}, "W: holds one state"),
    "W none": ({"W": every_step()["W"][:0]}, "steps: expected step numbers"),
    "step size": ({"step_size": 0.0}, "step_size = 0.0; expected at least 1"),
    "step sizes": ({"step_size": np.ones(3)}, r"step_size: shape \(3,\) of float64; expected one number"),
    "step size nan": ({"step_size": np.nan}, "step_size = nan; expected a finite number"),
    "steps fall": ({"steps": np.array([0, 2, 1, 3, 4])}, "steps: expected step numbers from 0 on that increase"),
    "steps negative": ({"steps": np.arange(-1, 4)}, "steps: expected step numbers from 0"),
    "steps short": ({"steps": np.arange(4)}, r"steps: shape \(4,\) of int64; expected 5 integers"),
    "steps float": ({"steps": np.arange(5.0)}, "steps: shape .* of float64; expected 5 integers"),
    "steps chosen": ({"steps": np.array([0, 1, 2, 3, 9])}, r"steps: W is given at chosen steps only.*trace\.\*"),
    "delta": ({"delta": 0.7}, "delta = 0.7; expected between 0 and 1/2"),
    "draws": ({"draws": 0}, "draws = 0; expected at least 1"),
    "d": ({"d": 5}, "d = 5; expected at least the 6 columns of X"),
    "setting number": ({"setting": 3.0}, "setting: expected one text"),
    "setting text": ({"setting": "d = "}, "not a TOML document"),
    "setting other": ({"setting": small_setting(n=50).to_toml()}, "setting: n = 50, but the arrays have n = 48"),
    "log alone": ({"trace.norm": np.zeros((5, 12))}, "trace.projection: missing|trace.steps: missing"),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD.keys())
def test_a_bad_run_file_gives_one_line_that_names_it(tmp_path, changes, message):
    path = written(tmp_path / "r.npz", **changes)

    with pytest.raises(InputError, match=message) as caught:
        load_run(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_parameters_that_belong_to_the_run_cannot_be_set(tmp_path):
    with pytest.raises(InputError, match="n: belongs to the run; only sigma, eta"):
        load_run(written(tmp_path / "r.npz"), n=5)
    with pytest.raises(InputError, match=r"delta = 0\.9"):
        load_run(written(tmp_path / "r.npz"), delta=0.9)


@cache
def logged():
    """The arrays of a saved run, with its own log."""
    with tempfile.TemporaryDirectory() as place:
        save_run(small(), Path(place) / "r.npz")
        with np.load(Path(place) / "r.npz") as arrays:
            return dict(arrays)


def in_log(name, index, value):
    array = np.array(logged()[name], dtype=float)
    array[index] = value
    return {name: array}


BAD_LOGS = {
    "missing": ({"trace.reach": None}, "trace.reach: missing; the log needs steps, projection"),
    "sums in part": ({"trace.pull": None}, "trace.pull: missing"),
    "unknown": ({"trace.speed": np.ones(5)}, "trace.speed: unknown array"),
    "shape": ({"trace.loss": np.ones(4)}, r"trace.loss: shape \(4,\) of float64; expected numbers \(t\) = \(5,\)"),
    "words": ({"trace.loss": np.full(5, "x")}, "trace.loss: shape .* of <U1"),
    "nan": (in_log("trace.norm", (2, 3), np.nan), r"trace.norm: nan at index \(2, 3\)"),
    "inf": (in_log("trace.pre_max", (2, 3, 1), np.inf), r"trace.pre_max: inf at index \(2, 3, 1\)"),
    "gap": ({"trace.steps": np.array([0, 1, 2, 3, 5])}, r"trace.steps: expected the step numbers 0, 1, 2"),
    "beyond": ({"steps": np.array([0, 1, 9])}, "steps: 9 is beyond the last logged step 4"),
    "norm": (in_log("trace.norm", (1, 3), 1.0), r"trace.norm: at step 1, index \(3,\): 1 is logged, the weights give"),
    "margin": (in_log("trace.margin_min", (4, 2, 0), 5.0), r"trace.margin_min: at step 4, index \(2, 0\)"),
    "step length": (in_log("trace.step_norm", (1, 3), 1.0), r"trace.step_norm: at step 1, index \(3,\): 1 is logged"),
    "sum": (in_log("trace.pull", (0, 3, 1, 0), 99.0), r"trace.pull: at step 0, index \(3, 1, 0\): 99 is logged"),
    "loss": (in_log("trace.loss", 4, 0.5), r"trace.loss: at step 4, index \(\): 0.5 is logged"),
    "reach": (in_log("trace.reach", 4, 0.5), r"trace.reach: at step 4, index \(\): 0.5 is logged"),
    "path": (in_log("trace.moved", (4, 2), 0.5), r"trace.moved: at step 4, index \(2,\): 0.5 is logged"),
    "negative": (in_log("trace.norm", (2, 3), -0.01), r"trace.norm: -0.01 at index \(2, 3\); expected at least 0"),
    "no extreme": (in_log("trace.pre_min", (2, 3, 1), np.nan), r"trace.pre_min: nan at index .*; expected a number"),
    "order": (in_log("trace.margin_min", (2, 0, 0), 9.0), r"trace.margin_min: 9 at .* at most trace.margin_max"),
    "too many": (in_log("trace.active", (2, 0, 0, 0), 1e6), r"trace.active: 1000000 at .* at most the samples"),
    "whole": (in_log("trace.frobenius", 2, 0.5), r"trace.frobenius: 0.5 at index \(2,\); expected the root"),
    "empty group": (in_log("trace.pre_min", (0, 2, 1), np.nan), r"trace.pre_min: at step 0, index \(2, 1\)"),
}


@pytest.mark.parametrize(("changes", "message"), BAD_LOGS.values(), ids=BAD_LOGS.keys())
def test_a_bad_log_gives_one_line_that_names_it(tmp_path, changes, message):
    arrays = {**logged(), **changes}
    np.savez(tmp_path / "r.npz", **{name: array for name, array in arrays.items() if array is not None})

    with pytest.raises(InputError, match=message) as caught:
        load_run(tmp_path / "r.npz")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [{"engine": "reduced", "d": 500}, {"dtype": "float32"}, {"relu_at_zero": 0.5}, {"record": "light"}, {"steps": 9},
     {"m": 2}, {"n": 3, "noisy": None}, {"activation": "gelu"}, {"layers": "both", "batch": 7}, {"sigma": 1e6}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("keep", [(), (2,), range(10)])
def test_no_log_of_a_sound_run_is_refused(tmp_path, change, keep):
    run = simulate(small_setting(**change), keep=keep)
    save_run(run, tmp_path / "r.npz")

    assert load_run(tmp_path / "r.npz").weights.keys() == run.weights.keys()


# ---- files that are no run files -----------------------------------------------------------------------------


class Pickled:
    """Would run on unpickling."""

    def __reduce__(self):
        return (exec, ("raise SystemExit('unpickled')",))


def test_pickled_objects_are_refused_unread(tmp_path):
    path = written(tmp_path / "r.npz", X=np.array([Pickled()], dtype=object))

    with pytest.raises(InputError, match="X: holds pickled Python objects, which are not read"):
        load_run(path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path, share):
    path = written(tmp_path / "r.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])

    with pytest.raises(InputError, match="not a whole") as caught:
        load_run(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_flipped_bits_never_pass_unseen_or_raise_anything_else(tmp_path, place):
    path = written(tmp_path / "r.npz")
    data = bytearray(path.read_bytes())
    at = int(place * len(data))
    data[at] ^= 0xFF
    path.write_bytes(bytes(data))

    with pytest.raises(InputError):
        load_run(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x93NUMPY", b"X = 1\n", b"\x80\x04."])
def test_what_is_no_zip_is_refused(tmp_path, content):
    (tmp_path / "r.npz").write_bytes(content)

    with pytest.raises(InputError, match="not a whole"):
        load_run(tmp_path / "r.npz")


def test_a_plain_array_file_is_refused(tmp_path):
    np.save(tmp_path / "r.npy", np.ones(3))

    with pytest.raises(InputError, match="not a whole"):
        load_run(tmp_path / "r.npy")


def test_other_files_in_the_zip_are_refused(tmp_path):
    path = written(tmp_path / "r.npz")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("readme.txt", "hello")

    with pytest.raises(InputError, match=r"'readme.txt': not one array"):
        load_run(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_array_that_is_there_twice_is_refused(tmp_path):
    path = written(tmp_path / "r.npz")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("X.npy", b"")

    with pytest.raises(InputError, match=r"'X\.npy': not one array"):
        load_run(path)


def header_only(shape):
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": "<f8", "fortran_order": False, "shape": shape})
    return file.getvalue()


def test_sizes_beyond_the_memory_are_refused_unread(tmp_path):
    path = tmp_path / "r.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("W.npy", header_only((10**6, 10**4, 10**4)))

    with pytest.raises(InputError, match=r"memory: the arrays take 7.45e\+05 GiB \(W has shape"):
        load_run(path)


def test_a_header_that_promises_more_than_there_is_is_refused(tmp_path):
    path = tmp_path / "r.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("W.npy", header_only((5, 12, 6)) + b"\0" * 100)

    with pytest.raises(InputError, match="cannot be read as"):
        load_run(path)


@pytest.mark.parametrize("header", [b"junk", b"\x93NUMPY\x09\x00", b"\x93NUMPY\x01\x00\x10\x00{'descr': (   }\n"])
def test_a_broken_header_is_refused(tmp_path, header):
    path = tmp_path / "r.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("W.npy", header)

    with pytest.raises(InputError, match="W: not a NumPy array"):
        load_run(path)


def test_a_run_that_would_not_fit_is_refused_before_it_is_followed(tmp_path, monkeypatch):
    path = written(tmp_path / "r.npz")
    memory = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=60_000))

    with pytest.raises(InputError, match="memory: following the run takes"):
        load_run(path)


@pytest.mark.parametrize("name", ["none.npz", "."])
def test_a_path_without_a_file_is_told(tmp_path, name):
    with pytest.raises(InputError, match=r"No such file|Is a directory"):
        load_run(tmp_path / name)


def test_a_foreign_run_is_named_after_its_file(tmp_path):
    one = verify(load_run(written(tmp_path / "mine.npz")), paper=paper(toy("Z1")))

    assert one.name == "mine" and one.seed is None and one.document["run"]["source"] == str(tmp_path / "mine.npz")
