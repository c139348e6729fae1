"""Recorder: a training loop written elsewhere, logged one state at a time as the engine logs its own."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy

from rfa.data import Sample
from rfa.departures import Departure, StepWatch, departures_of, form_departures
from rfa.engine.layout import Problem
from rfa.errors import InputError
from rfa.fitting import complete
from rfa.network import ACTIVATIONS, Form
from rfa.rounding import Array
from rfa.run import Run, candidates
from rfa.runfile import DEFAULT_C0, PARAMETERS, fitting, matrix
from rfa.setting import Setting, checked, grid
from rfa.simulation import check_finite, provenance
from rfa.training import unit_of
from rfa.watching import Watcher

SURE = 1e-12
"""Chance that first weights of the law that was given are taken for others."""


class Recorder:
    """Logs a run that is trained elsewhere, so that every check and report works on it.

        rec = rfa.Recorder(X, y, cluster=cluster, mu=mu, step_size=0.1)
        for t in range(T + 1):
            rec.step(W, a)      # before the update of step t
            ...                 # the update
        run = rec.run()

    X (n, d); y (n,) of ±1. What is known of the data: y_clean (n,) the labels before noise, cluster (n,) of 0..3 for
    +mu1, −mu1, +mu2, −mu2, and mu (2, d) orthonormal. What of this is not given is estimated by `rfa.fit_clusters`
    and marked as estimated in every report. sigma, eta, omega_init, delta, C0, C, a6_power and relu_at_zero are as in
    `rfa.Setting`; statements that need one that is not known do not apply. If the data were drawn from a `setting`, it
    gives them all, and statements about fresh samples apply as well. `activation` is one of relu, leaky (slope 0.1),
    gelu, silu.

    Arrays are whatever `numpy.asarray` or DLPack understands (PyTorch and JAX arrays among them) and are copied. Only
    the weights at 0, 1, T and the last step are kept. What departs from the theorem's setting is found where it can
    be and listed in `Run.departures`. Wrong input is an `InputError` that names the step.
    """

    def __init__(
        self,
        X: Any,
        y: Any,
        *,
        step_size: float,
        y_clean: Any = None,
        cluster: Any = None,
        mu: Any = None,
        activation: str = "relu",
        setting: Setting | None = None,
        **known: Any,
    ) -> None:
        self.began = time.perf_counter()
        if unknown := sorted(set(known) - set(PARAMETERS)):
            told = f"expected some of {', '.join(PARAMETERS)}"
            raise InputError(f"{unknown[0]}: unknown parameter of a run; {told}")
        if activation not in ACTIVATIONS:
            raise InputError(f"activation = {activation!r}; expected one of {', '.join(ACTIVATIONS)}")
        self.alpha, self.activation = checked("alpha", step_size), activation
        given = {"X": X, "y": y, "y_clean": y_clean, "cluster": cluster, "mu": mu}
        arrays = {name: np.array(to_numpy(v, name)) for name, v in given.items() if v is not None}
        fitted = complete(arrays)
        self.sample: Sample = fitted.sample
        self.estimates = {k: v for k, v in fitted.estimates.items() if known.get(k) is None}
        self.known: dict[str, Any] = {"C0": DEFAULT_C0, **fitted.parameters}
        self.setting = setting
        if setting is not None:
            self.known |= {k: getattr(setting, k) for k in PARAMETERS}
            self.estimates = {k: v for k, v in self.estimates.items() if k not in PARAMETERS}
        self.known |= {k: checked(k, v) for k, v in known.items() if v is not None}
        self.found: list[Departure] = list(fitted.departures)
        self.horizon = grid(self.alpha)[0] + 1
        self.recording: _Recording | None = None
        self.longest = float(np.linalg.norm(self.sample.X, axis=1).max())
        self.weights: dict[int, Array] = {}
        self.forms: dict[int, Form] = {}
        self.gain: list[float] = []

    @property
    def count(self) -> int:
        """Number of states recorded so far; the next one is the state of this step."""
        return len(self.gain)

    def step(self, W: Any, a: Any, bias: Any = None, out_bias: Any = None, *, t: int | None = None) -> None:
        """Record the state of the next step: first layer W (m, d), second layer a (m,), before the step's update.

        `bias` (m,) and `out_bias` () are those of a network that has biases. `t`, if given, is checked to be the
        number of the state: 0 for the weights before the first update. Without it, and without `omega_init`, a run that
        is recorded from a later state on cannot be told from one that starts there.
        """
        now = self.count
        try:
            if t is not None and t != now:
                told = "the weights before the first update come first" if now == 0 else "none may be left out"
                raise InputError(f"expected step {now}: {told}")
            W, form = self._read(W, a, bias, out_bias)
        except InputError as why:
            raise InputError(f"step {now if t is None else t}: {why}") from None
        if self.recording is None:
            self.recording = self._begin(W, form)
        self._record(self.recording, now, W, form)

    def _read(self, W: Any, a: Any, bias: Any, out_bias: Any) -> tuple[Array, Form]:
        """The state as arrays of floats, checked against the sample and against step 0."""
        W = np.array(matrix({"W": to_numpy(W, "W")}, "W", ("m", "d")))
        given = to_numpy(a, "a")
        a = matrix({"a": one_output(given)}, "a", ("m",))
        m, d = len(a), self.sample.X.shape[1]
        if self.count and (W.shape != self.weights[0].shape or W.dtype != self.weights[0].dtype):
            first = self.weights[0]
            raise InputError(f"W: {W.dtype} of shape {W.shape}; step 0 had {first.dtype} of shape {first.shape}")
        if W.shape != (m, d):
            hint = "; give its transpose" if W.shape == (d, m) else ""
            raise InputError(f"W: shape {W.shape}; expected ({m}, {d}), a row for each entry of a{hint}")
        if m < 2:
            raise InputError(f"a: {m} neuron; expected at least 2")
        b = np.zeros(m) if bias is None else to_numpy(bias, "bias")
        o = np.zeros(1) if out_bias is None else np.atleast_1d(to_numpy(out_bias, "out_bias"))
        b, o = matrix({"bias": b}, "bias", ("m",), (m,)), matrix({"out_bias": o}, "out_bias", ("1",), (1,))
        if given.shape == (2, m) and not self.count:
            self.found.append(Departure("outputs", "there are two outputs, and their difference is judged", 0))
        return W, Form(a.astype(W.dtype), b.astype(W.dtype), float(o[0]), self.activation)

    def _begin(self, W: Array, form: Form) -> _Recording:
        """Everything that step 0 settles: the theorem's second layer, J, and the log."""
        a = second_layer(form.a)
        projection, norm = W @ self.sample.mu.T, np.linalg.norm(W, axis=1)
        in_J = candidates(projection, norm, a, W.shape[1], float(self.known["C0"])).any(axis=1)
        at_zero = float(self.known.get("relu_at_zero", 0.0))
        problem = Problem(self.sample, a, self.alpha, at_zero, np.asarray(in_J))
        return _Recording(a, Watcher(problem, W, steps=None, sums_until=self.horizon, given=True), StepWatch(problem))

    def _record(self, into: _Recording, now: int, W: Array, form: Form) -> None:
        with into.watcher.working(), np.errstate(over="ignore", invalid="ignore"):
            if now:
                into.watcher.move(into.steps.around(lambda t, here, update: W))
            into.watcher.look(None if form.is_theorems(into.a) else form)
        into.steps.form = form
        for old in set(self.weights) - {0, 1, self.horizon}:
            del self.weights[old]
            self.forms.pop(old, None)
        self.weights[now] = W
        self.gain.append(1.0)
        if not form.is_theorems(into.a):
            self.forms[now], self.gain[-1] = form, form.gain(W, self.longest)
            self.found += form_departures(form, into.a, now)

    def run(self) -> Run:
        """The recorded run. `InputError` if fewer than two states were recorded, or the first is not the start."""
        if self.recording is None or self.count < 2:
            raise InputError(
                f"step {self.count}: missing; {self.count} of at least two states were recorded, "
                "one before the first update and one after it (rec.step comes first in each pass of the loop)"
            )
        self._check_start(self.weights[0])
        trace = self.recording.watcher.trace()
        check_finite(trace, self.weights[0].dtype)
        made = provenance(str(self.weights[0].dtype), time.perf_counter() - self.began)
        run = Run(
            self.sample, self.recording.a, dict(self.weights), trace, self.alpha, self.sample.X.shape[1],
            forms=dict(self.forms), gain=np.array(self.gain) if self.forms else None, estimates=self.estimates,
            setting=None if self.setting is None else fitting(self.setting, len(self.sample.y), len(self.recording.a)),
            provenance={**made, "recorded": "by rfa.Recorder"}, **self.known,
        )  # fmt: skip
        return replace(run, departures=departures_of(run, [*self.found, *self.recording.steps.found]))

    def _check_start(self, W: Array) -> None:
        """`InputError` where the first weights are not the start that `omega_init` tells of."""
        omega = self.known.get("omega_init")
        if omega is None:
            return
        square, count = float((W.astype(np.float64) ** 2).sum()) / float(omega) ** 2, W.size
        if min(scipy.special.chdtr(count, square), scipy.special.chdtrc(count, square)) < SURE:
            size = float(omega) * np.sqrt(count)
            raise InputError(
                f"step 0: ‖W‖_F = {np.linalg.norm(W):.4g}, and omega_init = {omega:g} gives about {size:.4g}; "
                "is a first step missing? rec.step comes before the update, at step 0 with the first weights"
            )


@dataclass(frozen=True, eq=False)
class _Recording:
    a: Array
    watcher: Watcher
    steps: StepWatch


def to_numpy(value: Any, name: str) -> Any:
    """An array of whatever library as NumPy's; `InputError` if it is none."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    try:
        if hasattr(value, "__dlpack__") and not hasattr(value, "__array__"):
            return np.from_dlpack(value)
        return np.asarray(value)
    except (TypeError, ValueError, RuntimeError, AttributeError, BufferError) as why:
        told = f"{type(value).__name__} is no array: {' '.join(str(why).split())}"
        raise InputError(f"{name}: {told}; expected numbers of float64 or float32") from None


def one_output(a: Array) -> Array:
    """The second layer (m,) of one output; of two, (2, m), their difference, on which cross-entropy is logistic."""
    if a.ndim == 2 and a.shape[0] == 1:
        return a[0]
    if a.ndim == 2 and a.shape[0] == 2:
        return np.asarray(a[1] - a[0])
    if a.ndim == 2 and a.shape[1] > 1:
        raise InputError(f"a: shape {a.shape}, {a.shape[0]} outputs; with labels ±1 expected one, or two")
    return a


def second_layer(a: Array) -> Array:
    """The theorem's second layer (m,): a itself if it is ±1/sqrt(m) up to rounding, else its signs over sqrt(m)."""
    theirs = (np.where(a < 0, -1.0, 1.0) / np.sqrt(len(a))).astype(a.dtype)
    return a if (np.abs(a - theirs) <= 8 * unit_of(a.dtype) * np.abs(theirs)).all() else theirs
