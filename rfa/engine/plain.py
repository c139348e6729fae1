"""One state of a network outside the theorem's setting, in plain products: what a step leaves in the trace."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from rfa.engine.descent import Descent, Seen
from rfa.engine.passes import Backward, Forward
from rfa.engine.patterns import Patterns
from rfa.engine.weights import Single
from rfa.network import Form
from rfa.rounding import Array


def look_plainly(descent: Descent, form: Form, *, with_sums: bool, step: bool) -> Seen:
    """The state at the current weights of `descent`.

    Outputs, slopes and preactivations are those of `form`, the loss derivative g that of the logistic loss at its
    outputs, and the direction of the step is the theorem's with these.
    """
    layout, problem, weights = descent.layout, descent.layout.problem, descent.weights
    if not isinstance(weights, Single):
        raise TypeError("weights that neurons share belong to the theorem's network alone")
    measures = weights.measure(descent.each)
    pre = form.preactivations(problem.sample.X[:, : layout.width], weights.W)
    f, f_J = form.outputs(pre), form.outputs(pre, problem.in_J)
    guard = descent.guard * np.hypot(measures.norm, form.bias)
    low, high = (_by_cluster(ufunc, pre, problem.sample.cluster) for ufunc in (np.minimum, np.maximum))
    seen = Forward(f, f_J, low, high, (np.abs(pre) <= guard[:, None]).sum(axis=1))
    margins = descent.y * f
    g = scipy.special.expit(-margins)
    count = len(descent.book.update(pre > 0, np.ones(len(pre), dtype=bool)))
    rows = np.arange(len(pre))
    neurons = Patterns(rows, rows)
    if not step:
        return Seen(measures, seen, margins, g, neurons, count, None, None)
    terms = descent.terms(g, with_sums)
    back = _backward(descent, form, pre, g, terms)
    return Seen(measures, seen, margins, g, neurons, count, back, terms)


def _by_cluster(ufunc: np.ufunc, pre: Array, cluster: NDArray[np.int64]) -> Array:
    found = np.full((len(pre), 4), np.nan)
    present, starts = np.unique(cluster, return_index=True)
    found[:, present] = ufunc.reduceat(pre, starts, axis=1)
    return found


def _backward(descent: Descent, form: Form, pre: Array, g: Array, terms: Array) -> Backward:
    """The direction of the step and the sums of the terms; where only their number counts, over pre > 0."""
    layout, problem = descent.layout, descent.layout.problem
    slope = form.slope(pre, problem.relu_at_zero)
    direction = (slope * ((problem.alpha / len(g)) * g * descent.y)) @ problem.sample.X[:, : layout.width]
    sums = np.zeros((len(pre), 8, len(terms)))
    for group, part in layout.parts:
        found = slope[:, part] @ terms[:, part].T
        if len(terms) > 1:
            found[:, 1] = (pre[:, part] > 0).sum(axis=1)
        sums[:, group] += found
    return Backward(direction.astype(problem.sample.X.dtype, copy=False), sums)
