"""A network in JAX trained by its gradient, recorded and judged: `python examples/jax_loop.py`."""

import jax
import jax.numpy as jnp

import rfa

jax.config.update("jax_enable_x64", True)


def loss(W, a, X, y):
    """Mean logistic loss of f(x) = sum_j a_j relu(<w_j, x>)."""
    return jax.nn.softplus(-y * (jax.nn.relu(X @ W.T) @ a)).mean()


def train(X, y, W, a, step_size, steps, **known):
    """Full-batch gradient descent, recorded."""
    slope = jax.jit(jax.grad(loss))
    rec = rfa.Recorder(X, y, step_size=step_size, **known)
    for _ in range(steps + 1):
        rec.step(W, a)
        W = W - step_size * slope(W, a, X, y)
    return rec.run()


if __name__ == "__main__":
    of_cluster, of_X, of_W = jax.random.split(jax.random.key(0), 3)
    cluster, mu = jax.random.randint(of_cluster, 200, 0, 4), jnp.eye(2, 30)
    X = jnp.stack([mu[0], -mu[0], mu[1], -mu[1]])[cluster] + 1e-3 * jax.random.normal(of_X, (200, 30))
    y, a = jnp.where(cluster < 2, 1.0, -1.0), jnp.repeat(jnp.array([1.0, -1.0]), 32) / 8
    run = train(X, y, 1e-4 * jax.random.normal(of_W, (64, 30)), a, 1 / 40, 11, cluster=cluster, mu=mu)
    print(rfa.verify(run).sentence)
