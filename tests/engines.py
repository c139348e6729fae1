"""What the tests of the engine share: the plain step as an oracle, and a comparison of two traces."""

from dataclasses import replace

import numpy as np

from rfa.data import draw_sample, draw_start
from rfa.engine.descent import Descent
from rfa.engine.layout import lay_out, sorted_by_group
from rfa.engine.threads import workers
from rfa.run import candidates
from rfa.training import Problem, evaluate, observe, unit_of
from tests.runs import small_setting


def problem(**changes):
    """Problem and first weights of a small setting."""
    setting = small_setting(**changes)
    sample, (W, a) = draw_sample(setting), draw_start(setting)
    in_J = candidates(W @ sample.mu.T, np.linalg.norm(W, axis=1), a, setting.d, setting.C0).any(axis=1)
    return Problem(sample, a, setting.step_size, setting.relu_at_zero, in_J), W


def made(problem, W, steps, **more):
    """Trace and kept weights of the engine, with the sums at every step."""
    given = {"sums_until": steps, "keep": frozenset(range(steps + 1)), **more}
    return observe(problem, W, steps, **given)


def unlogged(problem, W, steps):
    """The weights after some steps of the engine that logs nothing."""
    laid = lay_out(replace(problem, sample=sorted_by_group(problem.sample)))
    with workers(laid.heavy) as each:
        engine = Descent(laid, np.ascontiguousarray(W[:, : laid.width]), each, log=False)
        for t in range(steps):
            engine.move(engine.look(with_sums=False, step=True), t, None)
        return engine.weights.full()


def plain(problem, W, steps):
    """What the plain step finds: for each state the quantities that `compare` looks at, from whole arrays."""
    sample = problem.sample
    groups = [(sample.cluster == mu) & (sample.noisy == bool(q)) for mu in range(4) for q in (0, 1)]
    size, plane, states, start = np.linalg.norm(sample.X, axis=1), sample.X @ sample.mu.T, [], W
    guard = (sample.X.shape[1] + 1) * unit_of(sample.X.dtype) * size.max()
    for _ in range(steps + 1):
        s = evaluate(problem, W)
        states.append({
            "norm": np.linalg.norm(W, axis=1),
            "moved": np.linalg.norm(W - start, axis=1), "projection": W @ sample.mu.T,
            "pre_min": np.stack([ends(s.pre[:, sample.cluster == mu], np.min) for mu in range(4)], axis=1),
            "pre_max": np.stack([ends(s.pre[:, sample.cluster == mu], np.max) for mu in range(4)], axis=1),
            "margin_min": np.array([ends(sample.y[g] * s.f[g], np.min) for g in groups]).reshape(4, 2),
            "sub_margin_max": np.array([ends(sample.y[g] * s.f_J[g], np.max) for g in groups]).reshape(4, 2),
            "near_zero": (np.abs(s.pre) <= guard * np.linalg.norm(W, axis=1)[:, None]).sum(axis=1),
            "patterns": len({tuple(row) for row in s.active > 0}),
            "active": np.stack([s.active[:, g].sum(axis=1) for g in groups], axis=1).reshape(-1, 4, 2),
            "pull": np.stack([s.active[:, g] @ s.g[g] for g in groups], axis=1).reshape(-1, 4, 2),
            "pull_plane": np.stack([s.active[:, g] @ (s.g[g, None] * plane[g]) for g in groups], axis=1)
            .reshape(-1, 4, 2, 2),
            "pull_size": s.active @ (s.g * size), "step_norm": np.linalg.norm(s.update, axis=1),
            "frobenius": np.linalg.norm(W), "W": W,
        })  # fmt: skip
        W = W + s.update
    return states


def ends(values, pick):
    """`pick` along the last axis; NaN where that is empty."""
    return pick(values, axis=-1) if values.shape[-1] else np.full(values.shape[:-1], np.nan)


def worst_difference(trace, weights, states):
    """Largest difference from the plain step, relative to the largest entry of the quantity at that step."""
    worst = {}
    for t, state in enumerate(states):
        for name, expected in state.items():
            kept = weights.get(t) if name == "W" else getattr(trace, name)
            if kept is None or (name != "W" and t >= len(kept)):
                continue
            found, expected = np.asarray(kept if name == "W" else kept[t], float), np.asarray(expected, float)
            assert (np.isnan(found) == np.isnan(expected)).all(), name
            if not np.isfinite(expected).any():
                continue
            scale = max(np.nanmax(np.abs(expected)), 1e-300)
            worst[name] = max(worst.get(name, 0.0), float(np.nanmax(np.abs(found - expected)) / scale))
    return worst
