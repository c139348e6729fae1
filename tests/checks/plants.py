"""Faults that take more than one number: outputs, preactivations, inputs that belong to another sample."""


import numpy as np

from rfa import Rounded
from tests.planting import in_sample, in_trace, in_weights, with_quantities, with_quantity
from tests.runs import small

NEURON = 11
"""A candidate neuron of `small()`."""


def traced(run, name, index, change):
    """One entry of the trace changed; a number is added to it."""
    return in_trace(run, name, index, change if callable(change) else lambda x: x + change)


def quantity(run, name, index, change):
    """One entry of a derived quantity changed; a number is added to it."""
    return with_quantity(run, name, index, change if callable(change) else lambda x: x + change)


def overridden(run, **properties):
    """Some cached properties or methods of the run replaced, besides those that were before."""
    all_ = {**run.__dict__.get("overridden", {}), **properties}
    faulty = with_quantities(run, **all_)
    faulty.__dict__["overridden"] = all_
    return faulty


def entry(values, index, value):
    """The array with one entry replaced."""
    changed = np.array(values)
    changed[index] = value
    return changed


def with_output(run, i, value, *, only_J=None):
    """Outputs f(x_i; W(T)) replaced at one sample; `only_J` True: of the subnetwork alone, False: of f alone."""

    def output(t, only=None):
        outputs = type(run).output(run, t, only)
        if t != run.T or (only_J is not None and only_J == (only is None)):
            return outputs
        return Rounded(entry(outputs.value, i, value), outputs.error)

    return overridden(run, output=output)


def with_pre(run, t, index, value):
    """One preactivation <w_j(t), x_i> replaced, index (i, j)."""

    def pre(step):
        products = type(run).pre(run, step)
        return Rounded(entry(products.value, index, value), products.error) if step == t else products

    return overridden(run, pre=pre)


def input_of(run, i, other):
    """The input of sample i replaced by that of sample `other`."""
    return in_sample(run, i, lambda x: run.sample.X[other])


def clean_sample(run=None):
    """The last clean sample."""
    return int(np.flatnonzero(~(run or small()).sample.noisy)[-1])


def noisy_sample(run=None):
    """The first noisy sample."""
    return int(np.flatnonzero((run or small()).sample.noisy)[0])


def across(run, i):
    """A sample from a cluster of the other pair than that of sample i."""
    return int(np.flatnonzero(run.sample.y_clean != run.sample.y_clean[i])[0])


__all__ = [
    "NEURON", "across", "clean_sample", "entry", "in_sample", "in_trace", "in_weights", "input_of",
    "noisy_sample", "overridden", "quantity", "traced", "with_output", "with_pre",
]  # fmt: skip
