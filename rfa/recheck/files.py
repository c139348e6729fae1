"""From the arrays of a run file and the document of a report to what is computed with."""

from __future__ import annotations

import hashlib
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa.recheck.run import ExactRun
from rfa.recheck.weights import Data, Weights

PARAMETERS = ("sigma", "eta", "omega_init", "delta", "C0", "C", "a6_power", "relu_at_zero")
DEFAULTS = {"C0": 10.0, "a6_power": 2.0, "relu_at_zero": 0.0}
Arrays = Mapping[str, NDArray[Any]]


def exact_run(arrays: Arrays, report: Mapping[str, Any]) -> ExactRun:
    """The run of a file as a report judges it: with its parameters, at the steps of its witnesses."""
    X, W = (_floats(arrays[name]) for name in ("X", "W"))
    steps = arrays.get("steps", np.arange(len(W)))
    stored = {int(t): W[k] for k, t in enumerate(steps)}
    given = parameters(arrays, report)
    data = Data(
        X, arrays["y"].astype(np.int64), _floats(arrays["a"]), stored, float(arrays["step_size"]),
        given["relu_at_zero"],
    )  # fmt: skip
    last = int(arrays["trace.steps"][-1]) if "trace.steps" in arrays else max(stored)
    return ExactRun(
        data, Weights(data, wanted_steps(report, last)), arrays["y_clean"].astype(np.int64),
        arrays["cluster"].astype(np.int64), _floats(arrays["mu"]).astype(np.float64), given, laws(arrays),
        int(arrays["d"]) if "d" in arrays else X.shape[1], last,
    )  # fmt: skip


REQUIRED = {"X": 2, "y": 1, "y_clean": 1, "cluster": 1, "mu": 2, "a": 1, "W": 3, "step_size": 0}
"""The arrays that a run file needs, and their number of axes."""


def check_arrays(arrays: Arrays) -> None:
    """`ValueError` with one line about an array that is missing or cannot be computed with."""
    for name, axes in REQUIRED.items():
        if name not in arrays:
            raise ValueError(f"{name}: missing; a run file needs {', '.join(REQUIRED)}")
        if arrays[name].ndim != axes:
            raise ValueError(f"{name}: shape {arrays[name].shape}; expected {axes} axes")
    for name in arrays:
        if name.startswith("form."):
            told = "the network is not f(x; W) with a fixed second layer, which is all that is computed again"
            raise ValueError(f"{name}: {told}")
        number = arrays[name].dtype.kind in "iuf" and arrays[name].dtype.itemsize <= 8
        if name not in ("setting", "outside") and not number:
            raise ValueError(f"{name}: holds {arrays[name].dtype}; expected numbers of at most 64 bits")
        if name in (*REQUIRED, *PARAMETERS) and not np.isfinite(arrays[name]).all():
            raise ValueError(f"{name}: expected finite numbers")
    _check_shapes(arrays)
    _check_values(arrays)


def _check_shapes(arrays: Arrays) -> None:
    (n, d), m = arrays["X"].shape, len(arrays["a"])
    steps = np.atleast_1d(arrays.get("steps", np.arange(len(arrays["W"]))))
    wanted = {"y": (n,), "y_clean": (n,), "cluster": (n,), "mu": (2, d), "W": (len(steps), m, d)}
    wanted |= {name: () for name in (*PARAMETERS, "d") if name in arrays}
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name}: shape {arrays[name].shape}; expected {shape}")
    if not (n and d >= 2 and m):
        raise ValueError(f"X, a: {n} samples in {d} dimensions, {m} neurons; expected at least 1, 2 and 1")
    whole = steps.ndim == 1 and steps.dtype.kind in "iu" and (np.diff(steps.astype(np.int64)) > 0).all()
    if not (whole and len(steps) and steps[0] == 0):
        raise ValueError("steps: expected step numbers that begin with 0 and increase")
    log = arrays.get("trace.steps", steps)
    if not np.array_equal(log, np.arange(log.size)) or log[-1] < steps[-1]:
        name = "trace.steps" if "trace.steps" in arrays else "steps"
        raise ValueError(f"{name}: expected 0, 1, 2, ... up to the last step of the run")


def _check_values(arrays: Arrays) -> None:
    allowed = {"y": (-1, 1), "y_clean": (-1, 1), "cluster": (0, 1, 2, 3)}
    for name, values in allowed.items():
        if not np.isin(arrays[name], values).all():
            raise ValueError(f"{name}: expected {' or '.join(map(str, values))}")
    if not (arrays["y_clean"] == np.where(arrays["cluster"] < 2, 1, -1)).all():
        raise ValueError("y_clean: expected +1 on the clusters 0, 1 and -1 on 2, 3")
    positive = ("step_size", "sigma", "omega_init", "delta", "C0", "C", "a6_power", "d")
    if bad := [name for name in positive if name in arrays and not arrays[name] > 0]:
        raise ValueError(f"{bad[0]} = {arrays[bad[0]]}; expected a positive number")
    if "setting" in arrays and (arrays["setting"].shape != () or arrays["setting"].dtype.kind != "U"):
        raise ValueError("setting: expected one text")


def _floats(array: NDArray[Any]) -> NDArray[Any]:
    return array.astype(np.float64) if array.dtype.kind in "iu" else array.astype(array.dtype.newbyteorder("="))


def parameters(arrays: Arrays, report: Mapping[str, Any]) -> dict[str, float]:
    """The parameters of the file, replaced by those that `--set` gave to `rfa check`."""
    known = {name: float(arrays[name]) for name in PARAMETERS if name in arrays}
    return {**DEFAULTS, **known, **dict(_replaced(report["command"]))}


def _replaced(command: str) -> Iterator[tuple[str, float]]:
    try:
        words = shlex.split(command)
    except ValueError:
        return
    if words[:2] != ["rfa", "check"]:
        return
    for option, value in pairwise(words):
        key, _, number = value.partition("=")
        if option == "--set" and key.strip() in PARAMETERS:
            with suppress(ValueError):
                yield key.strip(), float(number)


def laws(arrays: Arrays) -> dict[str, str]:
    """The laws of clusters and noise, where the file holds its setting."""
    if "setting" not in arrays:
        return {}
    try:
        setting = tomllib.loads(str(arrays["setting"]))
    except tomllib.TOMLDecodeError as why:
        raise ValueError(f"setting: not a TOML document: {why}") from None
    return {"clusters": setting.get("clusters", "gaussian"), "noise": setting.get("noise", "uniform")}


def wanted_steps(report: Mapping[str, Any], last: int) -> frozenset[int]:
    """The steps of all witnesses, and those after gradient steps."""
    found = set()
    for statement in report["statements"]:
        for claim in statement["claims"]:
            for axis, step in claim["witness"].items():
                found |= {step, step + 1} if axis in ("s", "e") else {step} if axis == "t" else set()
    return frozenset(t for t in found if 0 <= t <= last)


def digests(arrays: Arrays, run: ExactRun) -> set[str]:
    """SHA-256 of sample, second layer and weights, as reports have it: of all stored steps, and of 0, 1, T, last."""
    stored, few = run.data.stored, {0, 1, run.T, run.last}
    return {_digest(arrays, run, sorted(stored)), _digest(arrays, run, sorted(t for t in stored if t in few))}


def _digest(arrays: Arrays, run: ExactRun, steps: list[int]) -> str:
    total, data = hashlib.sha256(), run.data
    kept = [data.stored[t] for t in steps]
    for array in (data.X, data.y, run.y_clean, run.cluster, run.mu, data.a, *kept):
        total.update(f"{array.dtype.str}{array.shape}".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def wrong_facts(arrays: Arrays, report: Mapping[str, Any], run: ExactRun) -> Iterator[tuple[str, str]]:
    """What the report says about the run as a whole and the file contradicts."""
    facts = {
        "n": run.n, "d": run.d, "m": run.m, "steps": run.last, "T": run.T, "K": run.K,
        "step_size": run.data.step_size, "noisy": int(run.noisy.sum()),
        "on_grid": run.inverse_step[1] and run.last >= run.K + 1,
    }  # fmt: skip
    for name, value in facts.items():
        if report["run"][name] != value:
            yield f"run.{name}", f"the run file has {value}; {report['run'][name]!r} is reported"
    if report["constants"]["C0"] != run.given["C0"]:
        yield "constants.C0", f"the run file has {run.given['C0']!r}; {report['constants']['C0']!r} is reported"
    if report["provenance"]["digest"] not in digests(arrays, run):
        yield "provenance.digest", "the report is about other arrays than those of the run file"
