"""Training loops that share no code with the engine: plain NumPy, one network at a time."""

from dataclasses import dataclass, field

import numpy as np

from rfa import Recorder
from rfa.simulation import simulate
from tests.runs import good_start, small_setting

SLOPES = {
    "logistic": lambda z: -1 / (1 + np.exp(z)),
    "hinge": lambda z: -1.0 * (z < 1),
    "squared": lambda z: 2 * (z - 1),
    "exponential": lambda z: -np.exp(-z),
}


@dataclass
class Loop:
    """Gradient descent on f(x) = out + sum_j a_j phi(<w_j, x> + bias_j), with everything that can be changed."""

    W: np.ndarray
    a: np.ndarray
    lr: float
    loss: str = "logistic"
    momentum: float = 0.0
    decay: float = 0.0
    batch: int = 0
    train_a: bool = False
    biases: bool = False
    leak: float = 0.0
    schedule: float = 1.0
    bias: np.ndarray = field(init=False)
    velocity: np.ndarray = field(init=False)

    def __post_init__(self):
        self.W, self.a = self.W.copy(), self.a.copy()
        self.bias, self.velocity = np.zeros(len(self.a)), np.zeros_like(self.W)
        self.rng = np.random.default_rng(5)

    def step(self, X, y):
        """One update."""
        of = self.rng.choice(len(y), self.batch, replace=False) if self.batch else slice(None)
        X, y = X[of], y[of]
        pre = X @ self.W.T + self.bias
        f = np.where(pre > 0, pre, self.leak * pre) @ self.a
        d_f = SLOPES[self.loss](y * f) * y / len(y)
        d_pre = d_f[:, None] * np.where(pre > 0, 1.0, self.leak) * self.a
        d_a = d_f @ np.where(pre > 0, pre, self.leak * pre)
        self.velocity = self.momentum * self.velocity + d_pre.T @ X + self.decay * self.W
        self.W = self.W - self.lr * self.velocity
        if self.train_a:
            self.a = self.a - self.lr * d_a
        if self.biases:
            self.bias = self.bias - self.lr * d_pre.sum(axis=0)
        self.lr *= self.schedule


def start(**changes):
    """A good run of the engine with all its weights, to begin from and to compare with."""
    return simulate(small_setting(fresh=10, **changes), accept=good_start, keep=range(100))


def recorded(own, *, steps=None, into=None, lr=1.0, **changes):
    """The same start trained by a `Loop`, recorded."""
    s = own.sample
    if into is None:
        known = {key: getattr(own, key) for key in ("sigma", "eta", "omega_init", "delta", "C0")}
        into = Recorder(s.X, s.y, y_clean=s.y_clean, cluster=s.cluster, mu=s.mu, step_size=own.step_size, **known)
    loop = Loop(own.W(0), own.a, lr * own.step_size, **changes)
    for _ in range((own.last if steps is None else steps) + 1):
        into.step(loop.W, loop.a, *((loop.bias,) if loop.biases else ()))
        loop.step(s.X, s.y)
    return into.run()
