"""A training loop in plain NumPy, recorded and judged: `python examples/numpy_loop.py`."""

import numpy as np

import rfa


def train(X, y, W, a, step_size, steps, **known):
    """Gradient descent on the logistic loss of f(x) = sum_j a_j relu(<w_j, x>), recorded."""
    rec = rfa.Recorder(X, y, step_size=step_size, **known)
    for _ in range(steps + 1):
        rec.step(W, a)
        awake = X @ W.T > 0
        g = 1 / (1 + np.exp(y * ((X @ W.T * awake) @ a)))
        W = W + step_size / len(y) * a[:, None] * (awake.T @ ((g * y)[:, None] * X))
    return rec.run()


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    cluster, mu = rng.integers(4, size=200), np.eye(2, 30)
    X = np.array([mu[0], -mu[0], mu[1], -mu[1]])[cluster] + 1e-3 * rng.standard_normal((200, 30))
    y = np.where(cluster < 2, 1, -1)
    a = np.repeat([1, -1], 32) / 8
    run = train(X, y, 1e-4 * rng.standard_normal((64, 30)), a, 1 / 40, 11, cluster=cluster, mu=mu)
    print(rfa.verify(run).sentence)
