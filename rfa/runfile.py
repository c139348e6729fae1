"""Run files (`.npz`, no pickles): a run made here or elsewhere, checked before anything is judged.

    X (n,d)  y (n,) of ±1  y_clean (n,) of ±1  cluster (n,) of 0..3  mu (2,d)  a (m,)  step_size ()
    W (T+1,m,d) for every step,  or  W (k,m,d) at `steps` (k,) with the log `trace.NAME` of `rfa.trace`
    optional: sigma eta omega_init delta C0 C a6_power relu_at_zero seed draws d setting, and what a recorded run
    outside the theorem's setting has besides (`rfa.runsetting`)

A run with all weights is followed step by step and logged anew; one with chosen steps brings its own log. A
parameter that is missing stays unknown, and statements that speak of it do not apply.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from rfa.data import CENTRE_LABEL, Sample
from rfa.departures import StepWatch, departures_of
from rfa.errors import InputError
from rfa.npz import read_arrays
from rfa.report.files import replacing
from rfa.run import Run, candidates
from rfa.runsetting import NAMES as OUTSIDE, from_arrays, to_arrays
from rfa.runtrace import check_log, read_trace
from rfa.setting import SPAN, Setting, checked, grid
from rfa.simulation import provenance, trained
from rfa.training import Problem, Progress, given_weights, memory_needed, unit_of

REQUIRED = ("X", "y", "y_clean", "cluster", "mu", "a", "W", "step_size")
PARAMETERS = ("sigma", "eta", "omega_init", "delta", "C0", "C", "a6_power", "relu_at_zero")
"""Parameters that a run file may give and that may be set when it is read."""
OTHER = ("steps", "seed", "draws", "d", "setting")
DEFAULT_C0 = 10.0

Arrays = Mapping[str, Any]


def save_run(run: Run, path: Path | str) -> None:
    """Write a run with its kept weights and its whole trace; `load_run` gives the same run back."""
    steps = sorted(run.weights)
    sample = run.sample
    arrays: dict[str, Any] = {
        "X": sample.X, "y": sample.y, "y_clean": sample.y_clean, "cluster": sample.cluster, "mu": sample.mu,
        "a": run.a, "W": np.stack([run.weights[t] for t in steps]), "steps": np.array(steps),
        "step_size": run.step_size, "draws": run.draws, "d": run.d,
    }  # fmt: skip
    arrays |= {key: value for key in PARAMETERS if (value := getattr(run, key)) is not None}
    logged = {f.name: getattr(run.trace, f.name) for f in fields(run.trace)}
    arrays |= {f"trace.{name}": array for name, array in logged.items() if array is not None}
    if run.setting is not None:
        arrays["setting"] = run.setting.to_toml()
    arrays |= to_arrays(run)
    with replacing(Path(path)) as fresh, fresh.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def load_run(
    path: Path | str, *, progress: Progress | None = None, only_start: bool = False, **changes: Any
) -> Run:
    """The run of a `.npz` file; `changes` set or replace its parameters (`PARAMETERS`).

    `only_start` follows no step of a run that brings no log, and asks for its first weights only.
    `InputError` with one line that names the array, where it is wrong and what is expected.
    """
    began = time.perf_counter()
    given = read_arrays(Path(path))
    try:
        run = _run(given, changes, progress, only_start)
        seed = {"seed": _scalar(given, "seed", "seed")} if "seed" in given else {}
    except InputError as why:
        raise InputError(f"{path}: {why}") from None
    facts = provenance(str(given["W"].dtype), time.perf_counter() - began)
    return replace(run, provenance={**facts, "file": str(path), **seed})


def _run(given: Arrays, changes: Mapping[str, Any], progress: Progress | None, only_start: bool) -> Run:
    _check_names(given)
    sample, W = read_sample(given), matrix(given, "W", ("steps", "m", "d"))
    a = _second_layer(given, W.dtype, halves="outside" not in given)
    steps = _steps(given, W, (len(a), sample.X.shape[1]))
    known: dict[str, Any] = {**_parameters(given, changes), "step_size": _scalar(given, "step_size", "alpha")}
    known |= {"d": _dimension(given, sample.X.shape[1]), "setting": _setting(given, changes)}
    known |= {"draws": _scalar(given, "draws", "steps") if "draws" in given else 1}
    if not any(name.startswith("trace.") for name in given):
        if only_start:
            return trained(sample, a, W[0], steps=0, **known)
        return _followed(sample, a, W, steps, known, progress)
    trace = read_trace(given, grid(known["step_size"])[0] + 1, len(a))
    outside = from_arrays(given, steps, (len(trace.steps), len(a)))
    run = Run(sample, a, {int(t): W[k] for k, t in enumerate(steps)}, trace, **known, **outside)
    _check_log(run, given)
    return run


def _followed(
    sample: Sample, a: Any, W: Any, steps: Any, known: Mapping[str, Any], progress: Progress | None
) -> Run:
    last = len(W) - 1
    if not np.array_equal(steps, np.arange(len(steps))):
        told = "W is given at chosen steps only, so the logged quantities trace.* are needed as well"
        raise InputError(f"steps: {told}")
    if last == 0:
        raise InputError("W: holds one state; expected at least two, before and after the first step")
    sums = min(last, grid(known["step_size"])[0] + 1)
    n, d = sample.X.shape
    parts = memory_needed(n, d, len(a), last + 1, sums, "full", W.itemsize)
    needed, free = sum(parts.values()) / 2**30, psutil.virtual_memory().available / 2**30
    if needed > free:
        raise InputError(
            f"memory: following the run takes {needed:.3g} GiB, {free:.3g} are free; give fewer steps"
        )
    watch = StepWatch(Problem(sample, a, known["step_size"], known.get("relu_at_zero", 0.0), a > 0))
    following = watch.around(given_weights(W))
    run = trained(sample, a, W[0], steps=last, following=following, progress=progress, **known)
    return replace(run, departures=departures_of(run, watch.found))


def _check_names(given: Arrays) -> None:
    if missing := [name for name in REQUIRED if name not in given]:
        raise InputError(f"{missing[0]}: missing; a run file needs {', '.join(REQUIRED)}")
    known = (*REQUIRED, *PARAMETERS, *OTHER, *OUTSIDE)
    if unknown := sorted(name for name in given if name not in known and not name.startswith("trace.")):
        raise InputError(f"{unknown[0]}: unknown array; expected one of {', '.join(known)} or trace.NAME")


def read_sample(given: Arrays) -> Sample:
    """The training data of a run file, checked."""
    X = matrix(given, "X", ("n", "d"))
    n, d = X.shape
    if d < 2 or n < 1:
        raise InputError(f"X: shape {X.shape}; expected at least one sample in at least two dimensions")
    y, y_clean = (integers(given, name, n, (-1, 1)) for name in ("y", "y_clean"))
    cluster = integers(given, "cluster", n, (0, 1, 2, 3))
    mu = matrix(given, "mu", ("2", "d"), (2, d)).astype(np.float64)
    gram = mu @ mu.T - np.eye(2)
    allowed = (d + 2) * max(
        unit_of(X.dtype), unit_of(given["mu"].dtype) if given["mu"].dtype.kind == "f" else 0.0
    )
    if np.abs(gram).max() > allowed:
        told = f"‖mu1‖² = {gram[0, 0] + 1:.6g}, ‖mu2‖² = {gram[1, 1] + 1:.6g}, ⟨mu1,mu2⟩ = {gram[0, 1]:.3g}"
        raise InputError(f"mu: the centres are not orthonormal: {told}")
    wrong = np.flatnonzero(y_clean != CENTRE_LABEL[cluster])
    if wrong.size:
        i = wrong[0]
        raise InputError(
            f"y_clean[{i}] = {y_clean[i]}, but cluster {cluster[i]} has the clean label "
            f"{CENTRE_LABEL[cluster[i]]} (clusters 0, 1 are ±mu1 with +1; 2, 3 are ±mu2 with -1)"
        )
    return Sample(X, y, y_clean, cluster, mu)


def matrix(given: Arrays, name: str, letters: tuple[str, ...], shape: tuple[int, ...] | None = None) -> Any:
    """A finite array of floats with one axis per letter, of a certain shape if one is given.

    Rows (entries along the last axis) are zero or of a size in `SPAN`. Integers are exact for data and centres only:
    weights and a second layer of integers have been cut.
    """
    array = given[name]
    if array.dtype.kind in "iu" and name in ("X", "mu"):
        array = array.astype(np.float64)
    if array.dtype.kind != "f" or array.dtype.itemsize not in (4, 8):
        raise InputError(f"{name}: holds {array.dtype}; expected float64 or float32")
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    if array.ndim != len(letters) or (shape is not None and array.shape != shape):
        wanted = f" = {shape}" if shape is not None else ""
        form = f"({letters[0]},)" if len(letters) == 1 else f"({', '.join(letters)})"
        raise InputError(f"{name}: shape {array.shape}; expected {form}{wanted}")
    bad = np.argwhere(~np.isfinite(array))
    if bad.size:
        raise InputError(
            f"{name}: {array[tuple(bad[0])]} at index {tuple(map(int, bad[0]))}; expected finite numbers"
        )
    _check_sizes(name, array)
    return array


def _check_sizes(name: str, array: Any) -> None:
    least, most = SPAN[str(array.dtype)]
    size = np.maximum(array.max(axis=-1, initial=0), -array.min(axis=-1, initial=0))
    wrong = np.argwhere(((size < least) & (size > 0)) | (size > most))
    if wrong.size:
        at = tuple(map(int, wrong[0]))
        place = f" in row {at}" if at else ""
        told = f"the largest entry{place} is {size[at]:.3g}; expected 0 or a size between {least:g} and {most:g}"
        raise InputError(f"{name}: {told} in {array.dtype}")


def integers(given: Arrays, name: str, n: int, allowed: tuple[int, ...]) -> Any:
    """An array (n,) of integers among those allowed."""
    array = given[name]
    if array.shape != (n,) or array.dtype.kind not in "iuf":
        raise InputError(
            f"{name}: shape {array.shape} of {array.dtype}; expected ({n},) numbers, one per row of X"
        )
    wrong = np.flatnonzero(~np.isin(array, allowed))
    if wrong.size:
        raise InputError(
            f"{name}[{wrong[0]}] = {array[wrong[0]]}; expected one of {', '.join(map(str, allowed))}"
        )
    return array.astype(np.int64)


def _steps(given: Arrays, W: Any, shape: tuple[int, int]) -> Any:
    if W.shape[1:] != shape:
        raise InputError(f"W: shape {W.shape}; expected (steps, {shape[0]}, {shape[1]}) as a and X have it")
    steps = given.get("steps", np.arange(len(W)))
    if steps.shape != (len(W),) or steps.dtype.kind not in "iu":
        told = f"shape {steps.shape} of {steps.dtype}; expected {len(W)} integers, one per entry of W"
        raise InputError(f"steps: {told}")
    if len(steps) == 0 or steps[0] < 0 or (np.diff(steps.astype(np.int64)) <= 0).any():
        raise InputError("steps: expected step numbers from 0 on that increase")
    return steps.astype(np.int64)


def _dimension(given: Arrays, columns: int) -> int:
    d = int(_scalar(given, "d", "d")) if "d" in given else columns
    if d < columns:
        raise InputError(f"d = {d}; expected at least the {columns} columns of X")
    return d


def _second_layer(given: Arrays, dtype: Any, *, halves: bool) -> Any:
    """a (m,) of ±1/sqrt(m), with `halves` as many of either sign."""
    a = matrix(given, "a", ("m",))
    m = len(a)
    if m < 2 or (halves and m % 2):
        raise InputError(
            f"a: {m} neurons; expected an even number, half with +1/sqrt(m) and half with -1/sqrt(m)"
        )
    allowed = 8 * max(unit_of(a.dtype), unit_of(dtype))
    with np.errstate(over="ignore"):
        off = np.abs(np.abs(a) * np.sqrt(m) - 1)
    if (off > allowed).any():
        j = int(off.argmax())
        raise InputError(
            f"a[{j}] = {a[j]:.9g}; expected +1/sqrt(m) or -1/sqrt(m) = {1 / np.sqrt(m):.9g} in size"
        )
    if halves and (a > 0).sum() != m // 2:
        raise InputError(f"a: {(a > 0).sum()} of {m} entries are positive; expected half of them")
    return a


def _scalar(given: Arrays, name: str, rule: str) -> Any:
    """One number that obeys the rule of a key of a setting."""
    array = given[name]
    if array.shape != () or array.dtype.kind not in "iuf":
        raise InputError(f"{name}: shape {array.shape} of {array.dtype}; expected one number")
    try:
        return checked(rule, array.item())
    except InputError as why:
        raise InputError(str(why).replace(rule, name, 1)) from None


def _parameters(given: Arrays, changes: Mapping[str, Any]) -> dict[str, Any]:
    if unknown := sorted(set(changes) - set(PARAMETERS)):
        raise InputError(f"{unknown[0]}: belongs to the run; only {', '.join(PARAMETERS)} can be set")
    known = {name: _scalar(given, name, name) for name in PARAMETERS if name in given}
    return {"C0": DEFAULT_C0} | known | {key: checked(key, value) for key, value in changes.items()}


def _setting(given: Arrays, changes: Mapping[str, Any]) -> Setting | None:
    if "setting" not in given:
        return None
    if given["setting"].shape != () or given["setting"].dtype.kind != "U":
        raise InputError("setting: expected one text, a setting as TOML")
    return fitting(Setting.from_toml(given["setting"].item()), len(given["X"]), len(given["a"])).override(**changes)


def fitting(setting: Setting, n: int, m: int) -> Setting:
    """The setting, if it is one of n samples and m neurons."""
    found = {"n": n, "m": m}
    if wrong := [key for key, value in found.items() if getattr(setting, key) != value]:
        key = wrong[0]
        raise InputError(
            f"setting: {key} = {getattr(setting, key)}, but the arrays have {key} = {found[key]}"
        )
    return setting


def _check_log(run: Run, given: Arrays) -> None:
    if max(run.weights) > run.last:
        raise InputError(f"steps: {max(run.weights)} is beyond the last logged step {run.last}")
    logged = {"relu_at_zero": 0.0, **_parameters(given, {})}
    J = candidates(run.trace.projection[0], run.trace.norm[0], run.a, run.d, logged["C0"])
    if not np.array_equal(J, run.J) or run.relu_at_zero != logged["relu_at_zero"]:
        raise InputError(
            f"C0, relu_at_zero: logged at {logged['C0']:g} and {logged['relu_at_zero']:g}, and other values "
            "change the log; a file with W for every step can be judged at any"
        )
    check_log(run)
