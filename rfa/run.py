"""Run: one training run with the recurring symbols of the paper as quantities that carry their rounding errors.

Every quantity is computed from the sample, the kept weights and the trace alone, so a run made elsewhere has them too.
Letters of axes: t recorded state, s gradient step below T, e every gradient step, i sample, j neuron, mu centre
(0 = +mu1, 1 = -mu1, 2 = +mu2, 3 = -mu2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa.data import CENTRE_LABEL, CENTRE_SIGN, Sample
from rfa.departures import Departure
from rfa.engine.layout import lengths
from rfa.fresh import Fresh, draw as draw_fresh_samples
from rfa.network import Form, features
from rfa.papers import DoesNotApply
from rfa.parameters import Parameters, shared
from rfa.rounding import UNIT, Array, Rounded, rounded
from rfa.setting import Setting, grid
from rfa.stacked import as_array, taken
from rfa.trace import Trace
from rfa.training import unit_of

PAIR = np.array([0, 0, 1, 1])
"""Which of mu1, mu2 (coordinate of the plane) each centre lies on."""
OPPOSITE = np.array([1, 0, 3, 2])
"""Index of -mu for each centre mu."""


def pair_of(centre: NDArray[np.int64]) -> NDArray[np.int64]:
    """Which of mu1, mu2 each of some centres lies on."""
    return taken(PAIR, centre)


def opposite_of(centre: NDArray[np.int64]) -> NDArray[np.int64]:
    """-mu for each of some centres mu."""
    return taken(OPPOSITE, centre)


@dataclass(frozen=True, eq=False)
class Run:
    """Sample, second layer a (m,), kept weights by step, trace and parameters of one run.

    Parameters that the run may lack (sigma, eta, omega, delta, a cluster law) are None; quantities that need them raise
    `DoesNotApply`. `draws` counts the attempts until `setting.draw_until` held.

    Outside the theorem's setting: `forms` the network at the kept steps at which it is another than f(x; W), `gain` (t)
    the factor by which that widens the rounding errors of outputs, `departures` what is listed in reports, `estimates`
    by name (mu, cluster, y_clean, sigma, eta) how what was not known was found.
    """

    sample: Sample
    a: Array
    weights: Mapping[int, Array]
    trace: Trace
    step_size: float
    d: int
    C0: float
    sigma: float | None = None
    eta: float | None = None
    omega_init: float | None = None
    delta: float | None = None
    relu_at_zero: float = 0.0
    a6_power: float = 2.0
    C: float | None = None
    setting: Setting | None = None
    draws: int = 1
    provenance: Mapping[str, Any] = field(default_factory=dict)
    forms: Mapping[int, Form] = field(default_factory=dict)
    gain: Array | None = None
    departures: tuple[Departure, ...] = ()
    estimates: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        name = "" if self.setting is None else f" of {self.setting.name!r}"
        made = f", made of {self.provenance['candidate']}" if "candidate" in self.provenance else ""
        return f"<Run{name}: n = {self.n}, d = {self.d}, m = {self.m}, {self.last} steps{made}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """For IPython and Hypothesis, which would print every array."""
        printer.text(repr(self))

    # ---- sizes and parameters ------------------------------------------------------------------------------------

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.sample.y)

    @property
    def m(self) -> int:
        """Number of neurons."""
        return len(self.a)

    @cached_property
    def parameters(self) -> Parameters:
        """The sizes and parameters, which all runs of one setting share."""
        setting = self.setting
        laws = (None, None) if setting is None else (setting.clusters, setting.noise)
        return shared(
            self.n, self.m, self.d, self.step_size, self.C0, self.sigma, self.eta, self.omega_init,
            self.delta, self.a6_power, self.C, *laws,
        )  # fmt: skip

    def given(self, name: str) -> float:
        """A parameter that the statement at hand needs; `DoesNotApply` if the run lacks it."""
        return self.parameters.given(name)

    @property
    def last(self) -> int:
        """Number of the last recorded step."""
        return int(self.trace.steps[-1])

    @property
    def first(self) -> int:
        """Number of the first recorded step: 0 but for planted states."""
        return int(self.trace.steps[0])

    @cached_property
    def alpha(self) -> Rounded:
        """Step size alpha; exact if 1/(4K) is."""
        return self.parameters.alpha

    @cached_property
    def K(self) -> int:
        """K = 1/(4 alpha), rounded down when that is no integer."""
        return self.parameters.K

    @cached_property
    def on_grid(self) -> bool:
        """Whether 1/(4 alpha) is an integer and the run has at least K + 1 steps."""
        return grid(self.step_size)[1] and self.last >= self.K + 1

    @cached_property
    def T(self) -> int:
        """The paper's time horizon 1 + K; the last step if the run is shorter."""
        return min(self.K + 1, self.last)

    @cached_property
    def b(self) -> Rounded:
        """|a_j| = 1/sqrt(m)."""
        return self.parameters.b

    @cached_property
    def s(self) -> Rounded:
        """s = sigma sqrt(d), the scale of ‖xi_i‖."""
        return self.parameters.s

    @cached_property
    def omega_root_d(self) -> Rounded:
        """omega sqrt(d), the scale of ‖w_j(0)‖."""
        return self.parameters.omega_root_d

    @cached_property
    def u(self) -> Rounded:
        """u = omega sqrt(m d), the scale of ‖W(0)‖_F."""
        return self.parameters.u

    @cached_property
    def threshold_J(self) -> Rounded:
        """1/(3 C0 sqrt(d)), the correlation that puts a neuron into J_mu."""
        return self.parameters.threshold_J

    # ---- index sets ----------------------------------------------------------------------------------------------

    @cached_property
    def labels(self) -> dict[str, NDArray[np.int64]]:
        """What the letters t (states), s (steps below T) and e (every step) stand for: step numbers."""
        return {"t": self.trace.steps, "s": self.trace.steps[: self.n_s], "e": self.trace.steps[:-1]}

    @cached_property
    def t(self) -> NDArray[np.int64]:
        """Step numbers of the recorded states, axis t."""
        return self.trace.steps

    @cached_property
    def n_s(self) -> int:
        """Number of gradient steps below T."""
        return self.T - self.first

    @cached_property
    def s_steps(self) -> NDArray[np.int64]:
        """Step numbers of the gradient steps below T, axis s."""
        return self.trace.steps[: self.n_s]

    @cached_property
    def positive(self) -> NDArray[np.bool_]:
        """Whether a_j > 0, axis j."""
        return self.a > 0

    @cached_property
    def sign_matches(self) -> NDArray[np.bool_]:
        """Whether sgn(a_j) = y_mu, axes j mu."""
        return as_array(self.positive[:, None] == (CENTRE_LABEL > 0))

    @cached_property
    def cosine_start(self) -> Rounded:
        """<w_j(0)/‖w_j(0)‖, mu>, axes j mu."""
        return self.toward[0] / self.divisor[0][:, None]

    @cached_property
    def J(self) -> NDArray[np.bool_]:
        """J_mu as a mask, axes j mu: sign of the centre and start correlated with it."""
        return candidates(self.trace.projection[0], self.trace.norm[0], self.a, self.d, self.C0)

    @cached_property
    def in_J(self) -> NDArray[np.bool_]:
        """Whether j is in J, axis j."""
        return as_array(self.J.any(axis=1))

    @cached_property
    def home(self) -> NDArray[np.int64]:
        """The centre mu with j in J_mu, axis j; 0 for neurons outside J (mask with `in_J`)."""
        return self.J.argmax(axis=1)

    @cached_property
    def in_cluster(self) -> NDArray[np.bool_]:
        """Whether sample i belongs to centre mu, axes i mu."""
        return self.sample.cluster[:, None] == np.arange(4)

    @cached_property
    def cluster_size(self) -> NDArray[np.int64]:
        """|I_mu|, axis mu."""
        return self.in_cluster.sum(axis=0)

    @cached_property
    def clean_size(self) -> NDArray[np.int64]:
        """|I^C_mu|, axis mu."""
        return (self.in_cluster & ~self.sample.noisy[:, None]).sum(axis=0)

    @cached_property
    def noisy_size(self) -> NDArray[np.int64]:
        """|I^N_mu|, axis mu."""
        return (self.in_cluster & self.sample.noisy[:, None]).sum(axis=0)

    @cached_property
    def group_size(self) -> NDArray[np.int64]:
        """Number of clean and of noisy samples, axes mu q."""
        return np.stack([self.clean_size, self.noisy_size], axis=1)

    @cached_property
    def J_size(self) -> NDArray[np.int64]:
        """|J_mu|, axis mu."""
        return self.J.sum(axis=0)

    @cached_property
    def rho(self) -> Rounded:
        """|N|/n, the realised noise fraction."""
        return Rounded(self.sample.noisy.sum()) / self.n

    # ---- the sample ----------------------------------------------------------------------------------------------

    @cached_property
    def unit(self) -> float:
        """Unit roundoff of the arithmetic the run was made in."""
        return max(unit_of(x.dtype) for x in (self.sample.X, next(iter(self.weights.values()))))

    @cached_property
    def dot(self) -> float:
        """Relative error of an inner product, a norm or a projection: (number of coordinates + 2) units."""
        return (self.sample.X.shape[1] + 2) * self.unit

    @cached_property
    def deviation(self) -> Array:
        """xi_i = x_i - mu(i), shape (n, d)."""
        return self.sample.X - taken(self.sample.centre, self.sample.cluster)

    @cached_property
    def deviation_norm(self) -> Rounded:
        """‖xi_i‖, axis i."""
        norm = np.linalg.norm(self.deviation, axis=1)
        return Rounded(norm, self.dot * norm + 2 * UNIT)

    @cached_property
    def D(self) -> Rounded:
        """D = max_i ‖xi_i‖."""
        return self.deviation_norm.max()

    @cached_property
    def input_norm(self) -> Rounded:
        """‖x_i‖, axis i."""
        norm = lengths(self.sample.X)
        return Rounded(norm, self.dot * norm)

    @cached_property
    def R_x(self) -> Rounded:
        """max_i ‖x_i‖."""
        return self.input_norm.max()

    @cached_property
    def input_along(self) -> Rounded:
        """<x_i, mu> for the four centres, axes i mu."""
        plane = self.sample.X @ self.sample.mu.T
        value = plane[:, PAIR] * CENTRE_SIGN
        return Rounded(value, self.dot * self.input_norm.value[:, None])

    # ---- neurons, at every step ----------------------------------------------------------------------------------

    @cached_property
    def norm(self) -> Rounded:
        """‖w_j(t)‖, axes t j."""
        return Rounded(self.trace.norm, self.dot * self.trace.norm)

    @cached_property
    def divisor(self) -> Rounded:
        """‖w_j(t)‖, and 1 for a neuron of zero: what it is divided by for its direction, which is then 0; axes t j."""
        return self.norm.where(self.norm.value > 0, 1.0)

    @cached_property
    def moved(self) -> Rounded:
        """‖w_j(t) - w_j(0)‖, axes t j."""
        return Rounded(self.trace.moved, self.dot * self.trace.moved + self.unit * self.trace.norm)

    @cached_property
    def frobenius(self) -> Rounded:
        """‖W(t)‖_F, axis t."""
        return Rounded(self.trace.frobenius, (self.dot + self.m * self.unit) * self.trace.frobenius)

    @cached_property
    def plane(self) -> Rounded:
        """<w_j(t), mu1> and <w_j(t), mu2>, axes t j k."""
        return Rounded(self.trace.projection, self.dot * self.trace.norm[..., None])

    @cached_property
    def toward(self) -> Rounded:
        """<w_j(t), mu> for the four centres, axes t j mu."""
        return self.plane[..., PAIR] * CENTRE_SIGN

    @cached_property
    def own(self) -> Rounded:
        """<w_j(t), mu> with mu the home of j, axes t j (mask with `in_J`)."""
        return self.toward[:, np.arange(self.m), self.home]

    @cached_property
    def other(self) -> Rounded:
        """<w_j(t), nu> with nu = +mu2 for a home on mu1 and +mu1 for one on mu2, axes t j (mask with `in_J`)."""
        return self.plane[:, np.arange(self.m), 1 - pair_of(self.home)]

    @cached_property
    def pre_error(self) -> Array:
        """Bound on the error of <w_j(t), x_i>, axes t j."""
        return self.dot * self.trace.norm * self.R_x.value * self._gain[:, None]

    @property
    def _gain(self) -> Array:
        return np.ones(len(self.trace.steps)) if self.gain is None else self.gain

    @cached_property
    def pre_min(self) -> Rounded:
        """min over I_mu of <w_j(t), x_i>, axes t j mu; NaN for an empty cluster."""
        return Rounded(self.trace.pre_min, self.pre_error[..., None])

    @cached_property
    def pre_max(self) -> Rounded:
        """max over I_mu of <w_j(t), x_i>, axes t j mu; NaN for an empty cluster."""
        return Rounded(self.trace.pre_max, self.pre_error[..., None])

    @cached_property
    def own_min(self) -> Rounded:
        """min over I_mu of <w_j(t), x_i> with mu the home of j, axes t j (mask with `in_J`)."""
        return self.pre_min[:, np.arange(self.m), self.home]

    @cached_property
    def opposing_max(self) -> Rounded:
        """max over I_{-mu} of <w_j(t), x_i> with mu the home of j, axes t j (mask with `in_J`)."""
        return self.pre_max[:, np.arange(self.m), opposite_of(self.home)]

    # ---- outputs -------------------------------------------------------------------------------------------------

    @cached_property
    def output_error(self) -> Array:
        """Bound on the error of f(x_i; W(t)), axis t."""
        size = self.trace.frobenius * self.R_x.value * self._gain
        return (self.dot + (self.m + 1) * self.unit) * size

    def margins(self, which: str) -> Rounded:
        """A margin array of the trace (`margin_min`, `sub_margin_max`, ...), axes t mu q; NaN for an empty group."""
        return Rounded(getattr(self.trace, which), self.output_error[:, None, None])

    @cached_property
    def g_error(self) -> Array:
        """Bound on the error of g_{i,t}, axis t: g is 1/4-Lipschitz in f."""
        return self.output_error / 4 + 4 * self.unit

    @cached_property
    def g_min(self) -> Rounded:
        """Least g_{i,t} over the group, axes t mu q; NaN for an empty group."""
        return Rounded(sigmoid(self.trace.margin_max), self.g_error[:, None, None])

    @cached_property
    def g_max(self) -> Rounded:
        """Largest g_{i,t} over the group, axes t mu q; NaN for an empty group."""
        return Rounded(sigmoid(self.trace.margin_min), self.g_error[:, None, None])

    @cached_property
    def reach(self) -> Rounded:
        """max_i |f(x_i; W(t))| / ‖x_i‖ over inputs that are not zero, axis t."""
        norm = self.input_norm.value
        shortest = np.where(norm > 0, norm, np.inf).min(initial=np.inf)
        return Rounded(self.trace.reach, self.output_error / shortest)

    @cached_property
    def loss(self) -> Rounded:
        """The mean loss, axis t: 1-Lipschitz in f."""
        return Rounded(self.trace.loss, self.output_error + (self.n + 4) * self.unit * (1 + self.trace.loss))

    # ---- sums over active samples, at the gradient steps below T --------------------------------------------------

    def summed(self, name: str) -> Array:
        """A sum of the trace; `DoesNotApply` at record level light."""
        array: Array | None = getattr(self.trace, name)
        if array is None:
            raise DoesNotApply("the trace was recorded at level light, without the sums over active samples")
        return array[: self.n_s]

    @cached_property
    def active(self) -> Rounded:
        """Number of active clean and noisy samples, axes s j mu q; the error counts undecided activations."""
        return Rounded(self.summed("active"), self.trace.near_zero[: self.n_s, :, None, None])

    @property
    def _terms(self) -> NDArray[Any]:
        """Number of terms of a sum over active samples, axes s j mu q; the whole group where no slope need be zero."""
        return np.maximum(self.summed("active"), self.group_size if self.forms else 0)

    def _sum_error(self, weight: Array, counts: NDArray[Any], undecided: Array) -> Array:
        return (counts * (weight + (self.n + 2) * self.unit) + undecided) * np.maximum(1.0, self.R_x.value)

    @cached_property
    def pull(self) -> Rounded:
        """sum of g A over the group, axes s j mu q."""
        value, counts = self.summed("pull"), self._terms
        undecided = self.trace.near_zero[: self.n_s, :, None, None]
        return Rounded(value, self._sum_error(self.g_error[: self.n_s, None, None, None], counts, undecided))

    @cached_property
    def pull_along(self) -> Rounded:
        """sum of g A <x_i, mu1> and of g A <x_i, mu2> over the group, axes s j mu q k."""
        value, counts = self.summed("pull_plane"), self._terms
        undecided = self.trace.near_zero[: self.n_s, :, None, None]
        weight = self.g_error[: self.n_s, None, None, None] + self.dot
        return Rounded(value, self._sum_error(weight, counts, undecided)[..., None])

    @cached_property
    def whole_pull(self) -> Rounded:
        """sum of g over the group, active or not, axes s mu q."""
        weight = self.g_error[: self.n_s, None, None]
        return Rounded(self.summed("whole_pull"), self._sum_error(weight, self.group_size, np.zeros(())))

    @cached_property
    def whole_pull_along(self) -> Rounded:
        """sum of g <x_i, mu1> and of g <x_i, mu2> over the group, active or not, axes s mu q k."""
        weight = self.g_error[: self.n_s, None, None] + self.dot
        error = self._sum_error(weight, self.group_size, np.zeros(()))
        return Rounded(self.summed("whole_pull_plane"), error[..., None])

    # ---- gradient steps ------------------------------------------------------------------------------------------

    @cached_property
    def step_error(self) -> Rounded:
        """‖w_j(t+1) - w_j(t) + alpha grad_j‖, axes e j; the error is what rounding explains."""
        size = float(self.alpha * self.b) * self.R_x.value
        in_g = self.g_error[:-1, None] + (self.n + 3) * self.unit + self.dot
        flips = self.trace.near_zero[:-1] / self.n
        stored = 2 * self.unit * (self.trace.norm[:-1] + self.trace.norm[1:])
        return Rounded(self.trace.step_error, size * (in_g + flips) + stored)

    @cached_property
    def step_norm(self) -> Rounded:
        """‖alpha grad_j‖, axes e j."""
        return Rounded(self.trace.step_norm, self.step_error.error)

    @cached_property
    def path(self) -> Rounded:
        """Length of the path of each neuron since the first step, axes t j."""
        return accumulated(self.step_norm, self.unit)

    @cached_property
    def pull_size(self) -> Rounded:
        """sum_i g A ‖x_i‖, axes e j."""
        value, R = self.trace.pull_size, np.maximum(1.0, self.R_x.value)
        weight = self.g_error[:-1, None] + (self.n + 2) * self.unit + self.dot
        return Rounded(value, (self.n * weight + self.trace.near_zero[:-1]) * R)

    @cached_property
    def pull_path(self) -> Rounded:
        """sum over the steps so far of sum_i g A ‖x_i‖, axes t j."""
        return accumulated(self.pull_size, self.unit)

    # ---- kept weights --------------------------------------------------------------------------------------------

    def W(self, t: int) -> Array:
        """The weights (m, d) at step t; `DoesNotApply` if they were not kept."""
        if t not in self.weights:
            raise DoesNotApply(f"the weights at step {t} were not kept")
        return self.weights[t]

    def pre(self, t: int) -> Rounded:
        """<w_j(t), x_i> and the bias if there is one, shape (i, j)."""
        W, form = self.W(t), self.forms.get(t)
        value = self.sample.X @ W.T if form is None else form.preactivations(self.sample.X, W).T
        return Rounded(value, self.pre_error[t - self.first][None, :])

    def network(self, X: Array, t: int, only: NDArray[np.bool_] | None = None) -> Array:
        """f(x; W(t)) for the rows of X; of the subnetwork `only` if given."""
        W, form = self.W(t), self.forms.get(t)
        if form is not None:
            return form.outputs(form.preactivations(X, W), only)
        W, a = (W, self.a) if only is None else (W[only], self.a[only])
        return as_array(features(X, W) @ a)

    def output(self, t: int, only: NDArray[np.bool_] | None = None) -> Rounded:
        """f(x_i; W(t)), axis i; of the subnetwork `only` if given."""
        return Rounded(self.network(self.sample.X, t, only), self.output_error[t - self.first])

    def g(self, t: int) -> Rounded:
        """g_{i,t}, axis i."""
        return Rounded(sigmoid(self.sample.y * self.output(t).value), self.g_error[t - self.first])

    @cached_property
    def fresh(self) -> Fresh:
        """Fresh samples of the run's law with their outputs at T."""
        return draw_fresh_samples(self)

    def A(self, t: int) -> Array:
        """phi'(<w_j(t), x_i>), shape (i, j)."""
        pre, form = self.pre(t).value, self.forms.get(t)
        if form is not None:
            return form.slope(pre, self.relu_at_zero)
        return np.where(pre > 0, 1.0, np.where(pre == 0, self.relu_at_zero, 0.0))


def accumulated(terms: Rounded, unit: float) -> Rounded:
    """Sums of the terms before each state: zero first, then one entry longer than `terms` along axis 0."""
    start = np.zeros((1, *terms.shape[1:]))
    value = np.concatenate([start, np.cumsum(terms.value, axis=0)])
    count = np.arange(len(value)).reshape(-1, *[1] * (terms.ndim - 1))
    error = np.concatenate([start, np.cumsum(np.broadcast_to(terms.error, terms.shape), axis=0)])
    return Rounded(value, error + count * unit * np.abs(value))


def sigmoid(margins: Array) -> Array:
    """1 / (1 + exp(margins)), quiet about NaN."""
    from scipy.special import expit

    return as_array(expit(-as_array(margins)))


def candidates(projection: Array, norm: Array, a: Array, d: int, C0: float) -> NDArray[np.bool_]:
    """J_mu as a mask (m, 4) from the first projections (m, 2) and norms (m,)."""
    toward = projection[:, PAIR] * CENTRE_SIGN
    fits = (a[:, None] > 0) == (CENTRE_LABEL > 0)
    return as_array(fits & (toward >= norm[:, None] / (3 * C0 * np.sqrt(d))) & (norm > 0)[:, None])


__all__ = ["OPPOSITE", "PAIR", "Run", "candidates", "rounded", "sigmoid"]
