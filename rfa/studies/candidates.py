"""What a run of a search is made of: a setting, and what of its sample and first weights is planted."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa.data import CENTRE_LABEL, Sample, draw_sample, draw_start, four_centres
from rfa.errors import InputError
from rfa.rounding import Array
from rfa.run import Run
from rfa.setting import Setting
from rfa.simulation import simulate, trained

DEFAULTS = {f.name: f.default for f in fields(Setting) if f.default is not MISSING}
"""What keys of a setting are when they are not given."""


def _ties(sample: Sample, W: Array) -> tuple[Sample, Array]:
    """Every second neuron starts at 0, so that all its preactivations are tied there."""
    return sample, np.where(np.arange(len(W))[:, None] % 2 == 0, 0.0, W)


def _empty_cluster(sample: Sample, W: Array) -> tuple[Sample, Array]:
    """The samples of the last cluster move to the first, with their deviations and their noise."""
    cluster = np.where(sample.cluster == 3, 0, sample.cluster)
    return _moved(sample, sample.X - sample.centre[sample.cluster], cluster), W


def _one_cluster_noise(sample: Sample, W: Array) -> tuple[Sample, Array]:
    """All labels of the first cluster are noisy, and no others."""
    return replace(sample, y=np.where(sample.cluster == 0, -sample.y_clean, sample.y_clean)), W


def _no_deviations(sample: Sample, W: Array) -> tuple[Sample, Array]:
    """Every sample lies on its centre."""
    return _moved(sample, np.zeros_like(sample.X), sample.cluster), W


def _equal_deviations(sample: Sample, W: Array) -> tuple[Sample, Array]:
    """Every sample has the deviation of the first."""
    first = sample.X[0] - sample.centre[sample.cluster[0]]
    return _moved(sample, np.broadcast_to(first, sample.X.shape), sample.cluster), W


def _moved(sample: Sample, deviation: Array, cluster: NDArray[np.int64]) -> Sample:
    """The sample with other deviations (n, d) and clusters (n), noisy where it was."""
    clean = CENTRE_LABEL[cluster]
    X = (sample.centre[cluster] + deviation).astype(sample.X.dtype)
    return replace(sample, X=X, y=np.where(sample.noisy, -clean, clean), y_clean=clean, cluster=cluster, extent=None)


STATES: Mapping[str, Callable[[Sample, Array], tuple[Sample, Array]]] = {
    "ties": _ties, "empty cluster": _empty_cluster, "one cluster noisy": _one_cluster_noise,
    "no deviations": _no_deviations, "equal deviations": _equal_deviations,
}  # fmt: skip
"""Samples and starts that random ones hardly are."""


@dataclass(frozen=True)
class Candidate:
    """One evaluation: a setting (its seed included) and what of its sample and first weights is planted.

    `planted` = (pull, size): each neuron is moved towards the centre of its sign by `pull` in [0, 1] and its
    norm multiplied by `size`; (0, 1) is the random start itself. `state` names entries of `STATES`, applied in order.
    """

    setting: Setting
    planted: tuple[float, float] = (0.0, 1.0)
    state: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """What `--replay` makes the candidate of again: the keys that differ from their defaults, as JSON."""
        return json.dumps({**self.to_dict(), "setting": self.changed}, ensure_ascii=False)

    @property
    def changed(self) -> dict[str, Any]:
        """The keys of the setting that differ from their defaults."""
        return {k: v for k, v in self.setting.to_dict().items() if k not in DEFAULTS or DEFAULTS[k] != v}

    def to_dict(self) -> dict[str, Any]:
        """All keys of the setting, and how the start is planted if it is; `from_dict` is the inverse."""
        planted = {} if self.planted == (0.0, 1.0) else {"planted": list(self.planted)}
        state = {"state": list(self.state)} if self.state else {}
        return {"setting": self.setting.to_dict(), **planted, **state}

    @staticmethod
    def from_dict(given: Any) -> Candidate:
        """The candidate of plain values; `InputError` says what is wrong with them."""
        if not isinstance(given, dict) or not isinstance(given.get("setting"), dict):
            raise InputError('a candidate: expected {"setting": {...}} with the keys of a setting')
        planted = given.get("planted", [0.0, 1.0])
        if not isinstance(planted, list) or len(planted) != 2:
            raise InputError(f"planted = {planted!r}; expected [pull, size]")
        pull, size = (planted_number(x) for x in planted)
        state = given.get("state", [])
        if not isinstance(state, list) or any(name not in list(STATES) for name in state):
            raise InputError(f"state = {state!r}; expected a list of {', '.join(STATES)}")
        return Candidate(Setting.from_dict(given["setting"]), (pull, size), tuple(state))

    @staticmethod
    def of(text: str) -> Candidate:
        """The candidate of a `command`."""
        try:
            given = json.loads(text)
        except ValueError as why:
            raise InputError(f"a candidate: not JSON: {why}") from None
        return Candidate.from_dict(given)


def planted_number(x: Any) -> float:
    """One of the two numbers of a planted start, checked."""
    if isinstance(x, bool) or not isinstance(x, int | float) or not 0 <= x < math.inf:
        raise InputError(f"planted: {x!r}; expected two finite numbers, at least 0")
    return float(x)


def make_run(candidate: Candidate) -> Run:
    """The run of a candidate; planted samples and starts are trained as they are."""
    setting, (pull, size) = candidate.setting, candidate.planted
    if (pull, size) == (0.0, 1.0) and not candidate.state:
        return simulate(setting)
    sample = draw_sample(setting)
    W, a = draw_start(setting)
    W = plant(W, a, sample.mu, pull, size)
    for name in candidate.state:
        sample, W = STATES[name](sample, W)
    known = {
        k: getattr(setting, k)
        for k in ("sigma", "eta", "omega_init", "delta", "relu_at_zero", "a6_power", "C", "C0", "d")
    }
    return trained(
        sample, a, W, step_size=setting.step_size, steps=setting.total_steps,
        level=setting.record, **known, setting=setting,
    )  # fmt: skip


def plant(W: Array, a: Array, mu: Array, pull: float, size: float) -> Array:
    """First weights (m, d) with neurons pulled towards a centre of their sign, in turn, keeping norms up to
    `size`."""
    own = {sign: four_centres(mu)[sign == CENTRE_LABEL] for sign in (1, -1)}
    goals = np.stack([own[1 if s > 0 else -1][j % 2] for j, s in enumerate(a)])
    norm = np.linalg.norm(W, axis=1, keepdims=True)
    moved = (1 - pull) * W / norm + pull * goals
    return np.asarray(size * norm * moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-300))
