"""The loops that the engine is measured against: bare products, the plain NumPy step, and PyTorch with autograd."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from rfa.engine.layout import Block, lay_out, sorted_by_group
from rfa.engine.threads import workers
from rfa.training import Problem, evaluate


def bare_products(problem: Problem, W: np.ndarray, steps: int) -> None:
    """The matrix products of a plain step and nothing else: preactivations W X' and the gradient's (m, n) X."""
    X = problem.sample.X
    out = np.empty((len(W), len(X)), X.dtype)
    gradient = np.empty_like(W)
    for _ in range(steps):
        np.matmul(W, X.T, out=out)
        np.matmul(out, X, out=gradient)


def plain_step(problem: Problem, W: np.ndarray, steps: int) -> np.ndarray:
    """Gradient descent with the plain step on whole arrays, without a log."""
    for _ in range(steps):
        W = W + evaluate(problem, W).update
    return W


def bare_log(problem: Problem, W: np.ndarray, steps: int) -> None:
    """What the log of a plain step cannot do without, on numbers that are in the cache already, and no more.

    The least and largest preactivation of every neuron by cluster, and the product of the mask with five terms.
    """
    layout = lay_out(replace(problem, sample=sorted_by_group(problem.sample)))
    most = layout.chunks[0].stop
    X = layout.problem.sample.X
    tiles = {block.rows.start: np.outer(W[:most, 0], X[block.rows, 0]) for block in layout.blocks}
    masks = {start: (tile > 0).astype(tile.dtype) for start, tile in tiles.items()}
    terms = np.ones((len(problem.sample.y), 5), W.dtype)

    def log(block: Block) -> None:
        for chunk in layout.chunks:
            rows = slice(0, chunk.stop - chunk.start)
            pre, active = tiles[block.rows.start][rows], masks[block.rows.start][rows]
            np.minimum.reduceat(pre, block.starts, axis=1)
            np.maximum.reduceat(pre, block.starts, axis=1)
            np.matmul(active, terms[block.rows])

    with workers(layout.heavy) as each:
        for _ in range(steps):
            each(log, layout.blocks)


def torch_loop(problem: Problem, W: np.ndarray, steps: int, *, log: bool = True) -> np.ndarray:
    """Eager PyTorch with autograd, logging at every step what the trace keeps."""
    import torch

    sample = problem.sample
    X, y = torch.from_numpy(sample.X), torch.from_numpy(sample.y.astype(sample.X.dtype))
    a, inner = torch.from_numpy(problem.a), torch.from_numpy(problem.a * problem.in_J)
    mu, start = torch.from_numpy(sample.mu.astype(sample.X.dtype)), torch.from_numpy(W.copy())
    weights = torch.from_numpy(W.copy()).requires_grad_(True)
    groups = [
        torch.from_numpy(np.flatnonzero((sample.cluster == mu_) & (sample.noisy == q)))
        for mu_ in range(4)
        for q in (False, True)
    ]
    groups = [g for g in groups if len(g)]
    plane, size = X @ mu.T, X.norm(dim=1)
    guard = (X.shape[1] + 1) * float(np.finfo(sample.X.dtype).eps) / 2 * float(size.max())
    noisy = torch.from_numpy(sample.noisy)
    for _ in range(steps):
        pre = X @ weights.T
        positive = torch.relu(pre)
        f = positive @ a
        loss = torch.nn.functional.softplus(-y * f).mean()
        (gradient,) = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            update = -problem.alpha * gradient
            if log:
                _torch_log(pre, positive, f, y, inner, weights, start, mu, groups, plane, size, guard, noisy)
                after = weights + update
                _ = (update.norm(dim=1), (after - weights - update).norm(dim=1), loss.item())
            weights += update
    return weights.detach().numpy()


def _torch_log(pre, positive, f, y, inner, weights, start, mu, groups, plane, size, guard, noisy):  # type: ignore[no-untyped-def]
    import torch

    norm = weights.norm(dim=1)
    active = (pre > 0).to(pre.dtype)
    g = torch.sigmoid(-y * f)
    margins, inner_margins = y * f, y * (positive @ inner)
    found = [norm, (weights - start).norm(dim=1), weights @ mu.T, norm.norm(), (f.abs() / size).max()]
    found += [
        (pre.abs() <= guard * norm).sum(dim=0),
        len(torch.unique(pre.T > 0, dim=0)),
        (g * size) @ active,
    ]
    found += [(margins[these] > 0).to(pre.dtype).mean() for these in (~noisy, noisy) if these.any()]
    terms = torch.column_stack([torch.ones_like(g), g, g[:, None] * plane])
    for group in groups:
        here = pre[group]
        found += [here.amin(dim=0), here.amax(dim=0), active[group].T @ terms[group], terms[group].sum(dim=0)]
        found += [pick(values[group]) for values in (margins, inner_margins) for pick in (torch.min, torch.max)]
    return found
