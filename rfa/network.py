"""The two-layer ReLU network f(x; W) = sum_j a_j phi(<w_j, x>), as pure functions of arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from rfa.rounding import Array
from rfa.stacked import as_array


def outputs(X: Array, W: Array, a: Array, only: NDArray[np.bool_] | None = None) -> Array:
    """f(x_i; W) for rows of X (n, d), W (m, d), a (m,): shape (n,); of the subnetwork `only` (m,) if given."""
    if only is not None:
        W, a = W[only], a[only]
    return as_array(a @ np.maximum(W @ X.T, 0))


def features(X: Array, W: Array) -> Array:
    """phi(W x_i): shape (n, m)."""
    return np.maximum(X @ W.T, 0)


def sigmoid_loss_derivative(margins: Array) -> Array:
    """g = -l'(y f) = 1 / (1 + exp(y f)) for the logistic loss l."""
    return as_array(scipy.special.expit(-margins))


def activation(pre: Array, relu_at_zero: float) -> Array:
    """phi'(pre) as 0/1 (and `relu_at_zero` where pre is exactly 0), in the dtype of `pre`."""
    active = (pre > 0).astype(pre.dtype)
    if relu_at_zero:
        active[pre == 0] = relu_at_zero
    return active


LEAK = 0.1
"""Slope of the leaky ReLU for negative arguments."""


@dataclass(frozen=True)
class Activation:
    """phi and its slope phi'; |phi(t)| <= |t|."""

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


ACTIVATIONS = {
    "relu": Activation(lambda t: np.maximum(t, 0), lambda t: (t > 0).astype(t.dtype)),
    "leaky": Activation(lambda t: np.where(t > 0, t, LEAK * t), lambda t: np.where(t > 0, 1.0, LEAK)),
    "gelu": Activation(
        lambda t: t * scipy.special.ndtr(t),
        lambda t: scipy.special.ndtr(t) + t * np.exp(-t * t / 2) / np.sqrt(2 * np.pi),
    ),
    "silu": Activation(
        lambda t: t * scipy.special.expit(t),
        lambda t: scipy.special.expit(t) * (1 + t * scipy.special.expit(-t)),
    ),
}
"""Activations by name: that of the theorem and those of networks outside its setting."""


@dataclass(frozen=True, eq=False)
class Form:
    """A network that is not the theorem's: f(x) = out + sum_j a_j phi(<w_j, x> + bias_j); a, bias (m,)."""

    a: Array
    bias: Array
    out: float = 0.0
    activation: str = "relu"

    def preactivations(self, X: Array, W: Array) -> Array:
        """<w_j, x_i> + bias_j, shape (m, n)."""
        return W @ X.T + self.bias[:, None]

    def outputs(self, pre: Array, only: NDArray[np.bool_] | None = None) -> Array:
        """f(x_i) from preactivations (m, n); of the subnetwork `only` (m,), which has its share of `out`."""
        a = self.a if only is None else np.where(only, self.a, 0)
        share = 1.0 if only is None else float(only.mean())
        return as_array(a @ ACTIVATIONS[self.activation].value(pre) + share * self.out)

    def slope(self, pre: Array, relu_at_zero: float) -> Array:
        """phi'(pre), with `relu_at_zero` at zero for the ReLU."""
        if self.activation == "relu":
            return activation(pre, relu_at_zero)
        return ACTIVATIONS[self.activation].slope(pre)

    def gain(self, W: Array, longest: float) -> float:
        """A factor on the error bounds of f and of preactivations, 1 for the theorem's network; |x_i| <= longest."""
        size = float(np.linalg.norm(W)) or 1.0
        bias = float(np.hypot(np.linalg.norm(self.bias), self.out)) / (size * min(1.0, longest))
        return max(1.0, float(np.linalg.norm(self.a))) * (1.0 + bias)

    def is_theorems(self, a: Array) -> bool:
        """Whether this is the theorem's network with the second layer a (m,)."""
        plain = self.activation == "relu" and not self.bias.any() and self.out == 0
        return plain and np.array_equal(self.a, a)
