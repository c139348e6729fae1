"""What a run file keeps of a run outside the theorem's setting: departures, estimates, the network at kept steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from rfa.departures import KINDS, Departure
from rfa.errors import InputError
from rfa.network import ACTIVATIONS, Form
from rfa.run import Run

NAMES = ("outside", "form.steps", "form.a", "form.bias", "form.out", "gain")
"""Arrays of a run file: a text in JSON, and the network at steps at which it is not the theorem's."""
ESTIMATED = ("mu", "cluster", "y_clean", "sigma", "eta")
"""What can be estimated."""


def to_arrays(run: Run) -> dict[str, Any]:
    """The arrays `NAMES` of a run, as far as it has them."""
    found: dict[str, Any] = {}
    if run.departures or run.estimates:
        departures = [{"kind": d.kind, "says": d.says, "since": d.since} for d in run.departures]
        activation = next((form.activation for form in run.forms.values()), "relu")
        told = {"departures": departures, "estimates": dict(run.estimates), "activation": activation}
        found["outside"] = json.dumps(told, ensure_ascii=False)
    if run.forms:
        steps = sorted(run.forms)
        for name in ("a", "bias", "out"):
            found[f"form.{name}"] = np.array([getattr(run.forms[t], name) for t in steps])
        found["form.steps"] = np.array(steps)
    if run.gain is not None:
        found["gain"] = run.gain
    return found


def from_arrays(given: Mapping[str, Any], steps: Any, shape: tuple[int, int]) -> dict[str, Any]:
    """The fields of `Run` in the arrays `NAMES`; `steps` are those with weights, `shape` states and neurons."""
    told = _told(given)
    found: dict[str, Any] = {
        "departures": tuple(_departure(one) for one in told["departures"]),
        "estimates": {str(name): str(how) for name, how in told["estimates"].items()},
    }
    if unknown := set(found["estimates"]) - set(ESTIMATED):
        raise InputError(f"outside: estimates of {sorted(unknown)[0]!r}; expected some of {', '.join(ESTIMATED)}")
    if "form.steps" in given:
        found["forms"] = _forms(given, told["activation"], set(map(int, steps)), shape[1])
    if "gain" in given:
        gain = _floats(given, "gain", (shape[0],))
        if (gain < 1).any():
            raise InputError(f"gain: {gain.min():g}; expected factors of at least 1")
        found["gain"] = gain
    return found


def _told(given: Mapping[str, Any]) -> dict[str, Any]:
    nothing: dict[str, Any] = {"departures": [], "estimates": {}, "activation": "relu"}
    if "outside" not in given:
        return nothing
    text = given["outside"]
    try:
        told = nothing | dict(json.loads(text.item() if text.dtype.kind == "U" and text.shape == () else ""))
    except (ValueError, TypeError, RecursionError):
        raise InputError("outside: expected one text, an object in JSON as `rfa.save_run` writes it") from None
    if not isinstance(told["departures"], list) or not isinstance(told["estimates"], dict):
        raise InputError("outside: expected a list `departures` and an object `estimates`")
    return told


def _departure(one: Any) -> Departure:
    if not isinstance(one, dict) or one.get("kind") not in KINDS:
        raise InputError(f"outside: a departure is of a kind among {', '.join(KINDS)}")
    since = one.get("since")
    return Departure(one["kind"], str(one.get("says", "")), since if isinstance(since, int) else None)


def _forms(given: Mapping[str, Any], activation: str, steps: set[int], m: int) -> dict[int, Form]:
    if activation not in ACTIVATIONS:
        raise InputError(f"outside: activation {activation!r}; expected one of {', '.join(ACTIVATIONS)}")
    listed = given["form.steps"]
    if listed.ndim != 1 or listed.dtype.kind not in "iu" or not set(listed.tolist()) <= steps:
        raise InputError("form.steps: expected steps at which W is given")
    a, bias = (_floats(given, f"form.{name}", (len(listed), m)) for name in ("a", "bias"))
    out = _floats(given, "form.out", (len(listed),))
    return {int(t): Form(a[k], bias[k], float(out[k]), activation) for k, t in enumerate(listed)}


def _floats(given: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> Any:
    array = given.get(name)
    if array is None or array.shape != shape or array.dtype.kind != "f" or not np.isfinite(array).all():
        what = "missing" if array is None else f"{array.dtype} of shape {array.shape}"
        raise InputError(f"{name}: {what}; expected finite floats of shape {shape}")
    return array
