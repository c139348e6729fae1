"""How far real clusters are from the theorem's: centres, isotropy, log-concave projections, spread."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, bdtrc

from rfa.data import four_centres
from rfa.realdata.task import Task
from rfa.rounding import Array

LEVEL = 0.01
"""Chance that any projection of log-concave clusters is called not log-concave."""
TAILS = (3, 4, 5, 6, 8)
"""Standard deviations at which tails are compared with e^(1 − t)."""
RANDOM = 64
"""Random directions along which projections are looked at."""
PRINCIPAL = 8
"""Principal directions of the clusters along which projections are looked at."""


@dataclass(frozen=True)
class Measure:
    """One thing that the theorem supposes of the clusters, as these data have it.

    `asked` and `measured` in words; `holds` None where the theorem names no size.
    """

    name: str
    asked: str
    measured: str
    value: float
    holds: bool | None


def measures(task: Task) -> Iterator[Measure]:
    """All measures of the training clusters."""
    sample = task.train
    off = sample.X - task.means[sample.cluster]
    yield from _centres(task)
    yield _isotropy(task, off)
    yield from _projections(task, off)
    yield from _spread(task, off)


def _centres(task: Task) -> Iterator[Measure]:
    halves = np.stack([task.means[0] - task.means[1], task.means[2] - task.means[3]]) / 2
    sizes = np.linalg.norm(halves, axis=1)
    cosine = float(halves[0] @ halves[1] / sizes.prod())
    told = f"lengths {sizes[0]:.3g} and {sizes[1]:.3g}"
    ratio = float(sizes.max() / sizes.min())
    yield Measure("directions of equal length", "‖μ1‖ = ‖μ2‖ = 1", told, ratio, ratio <= 1.05)
    yield Measure(
        "directions at a right angle", "the angle between μ1 and μ2 is 90°",
        f"{math.degrees(math.acos(max(-1.0, min(1.0, cosine)))):.1f}°", cosine, abs(cosine) <= 0.05,
    )  # fmt: skip
    middles = [float(np.linalg.norm(task.means[k] + task.means[k + 1])) / 2 for k in (0, 2)]
    told = f"the middle of a pair is {max(middles):.3g} away from 0"
    yield Measure("opposite centres", "the centres of a pair are μ and −μ", told, max(middles), max(middles) <= 0.05)
    away = float(np.linalg.norm(task.means - four_centres(task.train.mu), axis=1).max())
    told = f"a class mean is up to {away:.3g} away from its place on the nearest such cross"
    yield Measure("centres on a cross", "±μ1, ±μ2 are the class means", told, away, away <= 0.05)


def _isotropy(task: Task, off: Array) -> Measure:
    n, d = off.shape
    spectrum = np.linalg.svd(off, compute_uv=False) ** 2 / n
    whole = float(spectrum.sum())
    ratio = float(spectrum[0]) / (whole / d)
    allowed = 1.1 * (1 + math.sqrt(d / n)) ** 2
    effective = whole**2 / float((spectrum**2).sum())
    told = (
        f"the widest direction has {ratio:.3g} times the mean variance ({allowed:.3g} would be chance); the spread "
        f"fills about {effective:.3g} of {d} dimensions"
    )
    asked = "the covariance is σ² times the identity"
    return Measure("equal spread in all directions", asked, told, ratio, ratio <= allowed)


def _projections(task: Task, off: Array) -> Iterator[Measure]:
    """Necessary conditions for log-concave projections along pixels, principal and random directions."""
    d = off.shape[1]
    principal = np.linalg.svd(off, full_matrices=False)[2][:PRINCIPAL]
    drawn = np.random.default_rng(0).standard_normal((RANDOM, d))
    kinds = {"coordinates": np.eye(d), "principal directions": principal, "random directions": drawn}
    for kind, directions in kinds.items():
        broken, tested = _broken(task, off @ directions.T, sum(map(len, kinds.values())))
        told = f"{broken} of {tested} projections of a cluster break a property that every log-concave law has"
        share = broken / max(tested, 1)
        asked = "every projection has a log-concave density"
        yield Measure(f"log-concave along {kind}", asked, told, share, broken == 0)


def _broken(task: Task, along: Array, directions: int) -> tuple[int, int]:
    """How many (cluster, direction) projections break Grünbaum's bound or the exponential tail, and how many vary."""
    broken = tested = 0
    level = LEVEL / (4 * directions * (2 + len(TAILS)))
    for k in range(4):
        z = along[task.train.cluster == k]
        z = z - z.mean(axis=0)
        spread = z.std(axis=0)
        varies = spread > 1e-12 * max(1.0, float(np.abs(along).max()))
        tested += int(varies.sum())
        broken += sum(_breaks(z[:, j] / spread[j], level) for j in np.flatnonzero(varies))
    return broken, tested


def _breaks(z: Array, level: float) -> bool:
    """Whether a projection of mean 0 and variance 1 is significantly not log-concave.

    A log-concave law has P(z > 0) in [1/e, 1 − 1/e] and P(|z| > t) ≤ e^(1 − t).
    """
    n, above = len(z), int((z > 0).sum())
    if bdtr(above, n, 1 / math.e) < level or bdtrc(above - 1, n, 1 - 1 / math.e) < level:
        return True
    return any(bdtrc(int((np.abs(z) > t).sum()) - 1, n, math.exp(1 - t)) < level for t in TAILS)


def _spread(task: Task, off: Array) -> Iterator[Measure]:
    sample = task.train
    s = float(np.sqrt((off**2).sum(axis=1).mean()))
    told = f"a sample is typically {s:.3g} away from its class mean, where the centres are 1 long"
    yield Measure("tight clusters", "σ√d is small against 1", told, s, s <= 0.1)
    furthest = float(np.linalg.norm(sample.X - sample.centre[sample.cluster], axis=1).max())
    told = f"the furthest sample is {furthest:.3g} away from its centre on the cross"
    yield Measure("no far samples", "max ‖x_i − μ(i)‖ is far below 1/√2", told, furthest, furthest < math.sqrt(0.5))
    nearest = (sample.X @ sample.centre.T).argmax(axis=1)
    wrong = float((nearest != sample.cluster).mean())
    told = f"{wrong:.1%} of the samples are nearer to a centre that is not theirs"
    yield Measure("separate clusters", "every sample is nearest to its own centre", told, wrong, wrong == 0)
