"""Pieces of the network with their rounding errors, shared by checks that take it apart."""

import numpy as np

from rfa import Rounded, Run
from rfa.rounding import Array


def second_layer(run: Run) -> Rounded:
    """a_j in the arithmetic of the run, axis j."""
    return Rounded(run.a, run.unit * np.abs(run.a))


def positive_part(x: Rounded) -> Rounded:
    """phi(x) = max(0, x); exactly zero where x is below zero by more than its error."""
    return Rounded(np.maximum(x.value, 0.0), np.where(x.value + x.error > 0, x.error, 0.0))


def spectral_norm(W: Array, unit: float) -> Rounded:
    """‖W‖₂ of W (m, d); 0 if there are no rows."""
    largest = float(np.linalg.svd(W, compute_uv=False).max(initial=0.0))
    return Rounded(largest, (sum(W.shape) + 4) * unit * largest)
