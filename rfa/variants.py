"""Training outside the theorem's setting, for studies of what it needs: a plain step beside the exact engine.

What such a run is, `departures` says, and everything that is made of the run carries it. It is logged as the engine
logs its own runs; that each step is full-batch gradient descent on the first layer is measured on it as on any run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from rfa.data import Sample, actual_centres, stream
from rfa.departures import LOSSES, Departure
from rfa.network import ACTIVATIONS, Form
from rfa.rounding import Array
from rfa.setting import Setting


class Variant:
    """The steps of a setting that is not the theorem's. `forms` are the networks so far, by step."""

    def __init__(self, setting: Setting, sample: Sample, a: Array, draw: int) -> None:
        self.setting, self.sample, self.theirs = setting, sample, a
        self.rng = stream(setting.seed, "batches", draw)
        self.forms = [Form(a, np.zeros_like(a), 0.0, setting.activation)]

    def form(self, t: int) -> Form | None:
        """The network at step t where it is not the theorem's."""
        return None if self.forms[t].is_theorems(self.theirs) else self.forms[t]

    def following(self, t: int, W: Array, update: Array) -> Array:
        """The weights (m, d) after step t; `update` is what the theorem's step would be."""
        setting, form = self.setting, self.forms[t]
        rows = self._rows()
        X, y = self.sample.X[rows], self.sample.y[rows]
        pre = form.preactivations(X, W)
        pull = setting.step_size / len(y) * LOSSES[setting.loss](y * form.outputs(pre)) * y
        after = W + form.a[:, None] * ((form.slope(pre, setting.relu_at_zero) * pull) @ X)
        a = form.a
        if setting.layers == "both":
            a = a + ACTIVATIONS[setting.activation].value(pre) @ pull
        self.forms.append(Form(a.astype(W.dtype), form.bias, 0.0, setting.activation))
        return np.asarray(after, dtype=W.dtype)

    def _rows(self) -> Any:
        size = self.setting.batch
        return slice(None) if size is None else self.rng.choice(self.setting.n, size, replace=False)

    def gain(self) -> Array | None:
        """The factors on the rounding errors of outputs, axis t; None for the theorem's network."""
        if all(form.is_theorems(self.theirs) for form in self.forms):
            return None
        return np.array([max(1.0, float(np.linalg.norm(form.a))) for form in self.forms])


def departures(setting: Setting, mu: Array) -> Iterator[Departure]:
    """What of a setting is not the theorem's; mu (2, d) is the orthonormal pair that stands for its centres."""
    if setting.layers == "both":
        yield Departure("second layer", "both layers are trained (layers = 'both')", 1)
    if setting.activation != "relu":
        yield Departure("activation", f"the activation is {setting.activation} (activation = {setting.activation!r})")
    if setting.loss != "logistic":
        yield Departure("loss", f"the {setting.loss} loss is trained (loss = {setting.loss!r})", 0)
    if setting.batch is not None:
        told = f"each step sees {setting.batch} of the {setting.n} samples (batch = {setting.batch})"
        yield Departure("mini-batch", told, 0)
    if setting.pairs > 2:
        told = f"there are {2 * setting.pairs} clusters (pairs = {setting.pairs}); the index sets of ±mu1 take in all"
        yield Departure("clusters", f"{told} with label +1, those of ±mu2 all with label -1")
    centres = actual_centres(setting, mu)
    if centres is not mu:
        sizes = np.linalg.norm(centres, axis=1)
        cosine = float(centres[0] @ centres[1] / sizes.prod())
        told = f"‖mu1‖ = {sizes[0]:.4g}, ‖mu2‖ = {sizes[1]:.4g}, their cosine is {cosine:.3g}"
        yield Departure("centres", told + "; the nearest orthonormal pair stands for mu")
