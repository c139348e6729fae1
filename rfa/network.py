"""The two-layer ReLU network f(x; W) = sum_j a_j phi(<w_j, x>), as pure functions of arrays."""

from __future__ import annotations

import numpy as np
import scipy
from numpy.typing import NDArray

from rfa.rounding import Array


def outputs(X: Array, W: Array, a: Array, only: NDArray[np.bool_] | None = None) -> Array:
    """f(x_i; W) for rows of X (n, d), W (m, d), a (m,): shape (n,); of the subnetwork `only` (m,) if given."""
    if only is not None:
        W, a = W[only], a[only]
    return np.asarray(a @ np.maximum(W @ X.T, 0))


def features(X: Array, W: Array) -> Array:
    """phi(W x_i): shape (n, m)."""
    return np.maximum(X @ W.T, 0)


def sigmoid_loss_derivative(margins: Array) -> Array:
    """g = -l'(y f) = 1 / (1 + exp(y f)) for the logistic loss l."""
    return np.asarray(scipy.special.expit(-margins))



def activation(pre: Array, relu_at_zero: float) -> Array:
    """phi'(pre) as 0/1 (and `relu_at_zero` where pre is exactly 0), in the dtype of `pre`."""
    active = (pre > 0).astype(pre.dtype)
    if relu_at_zero:
        active[pre == 0] = relu_at_zero
    return active
