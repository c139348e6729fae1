"""Small runs made to break the sharpened proof: few neurons and samples, heavy noise, planted starts, ties.

`adversarial(seed)` is one such run. Every part is drawn from a few families, so that bounds are met with
equality or nearly so, clusters are empty or all noisy, activations are tied, and the step size is tiny, usual
or huge.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import NamedTuple

import numpy as np

from checks.explicit import PAPER
from rfa import Outcome, Run, Statement, Verdict, judge
from rfa.chains import Chain
from rfa.claims import FAILS, Claim
from rfa.data import CENTRE_LABEL, Sample, four_centres
from rfa.simulation import trained

LINES = [s for s in PAPER.results if s.kind == "DET"]
"""S1 to S10 and the conclusion."""
BROKEN = (Outcome.REFUTED, Outcome.ERROR)


def adversarial(seed: int) -> Run:
    """The run of one seed; one in three is balanced, so that R4 can hold."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 7))
    balanced = rng.random() < 1 / 3
    sample = draw_sample(rng, d, balanced)
    a = draw_second_layer(rng, balanced)
    alpha = 1 / (4 * rng.integers(2, 5)) if balanced and rng.random() < 0.6 else draw_step_size(rng)
    K = max(1, round(1 / (4 * alpha)))
    steps = int(rng.integers(1, 7)) if K > 4 or rng.random() < 0.2 else K + 1
    W = balanced_start(rng, sample, a, alpha) if balanced else draw_start(rng, sample, a, alpha)
    late = np.random.default_rng([seed, 1])
    if balanced and d > 2 and late.random() < 0.2:
        sample, W = laggards(late, sample, a, alpha)
    at_zero = float(rng.choice([0.0, 0.5, 1.0]))
    return trained(sample, a, W, step_size=alpha, steps=steps, C0=10.0, relu_at_zero=at_zero)


def draw_step_size(rng) -> float:
    """1/(4K) with K = 1..4; or tiny, so that g stays at one half; or huge."""
    return float(
        rng.choice([1 / (4 * rng.integers(1, 5)), 10 ** rng.uniform(-9, -2), rng.uniform(0.5, 10)], p=[0.6, 0.3, 0.1])
    )


def draw_second_layer(rng, balanced: bool) -> np.ndarray:
    """±1/sqrt(m), m = 1..8, in any proportion; or m = 4 or 8, half and half."""
    if balanced:
        m = int(rng.choice([4, 8]))
        return np.repeat([1.0, -1.0], m // 2) / np.sqrt(m)
    m = int(rng.integers(1, 9))
    positive = m // 2 if rng.random() < 0.6 else int(rng.integers(0, m + 1))
    return np.repeat([1.0, -1.0], [positive, m - positive]) / np.sqrt(m)


def draw_sample(rng, d: int, balanced: bool) -> Sample:
    """Balanced or arbitrary clusters, no to heavy noise, deviations of many shapes."""
    n = 4 * int(rng.integers(1, 13 if balanced else 7)) if balanced or rng.random() < 0.4 else int(rng.integers(1, 20))
    cluster = np.arange(n) % 4 if balanced or rng.random() < 0.5 else rng.integers(rng.integers(1, 5), size=n)
    rate = rng.choice([0.0, 0.05, rng.random()], p=[0.4, 0.5, 0.1] if balanced else [0.5, 0.3, 0.2])
    clean = CENTRE_LABEL[cluster]
    y = np.where(rng.random(n) < rate, -clean, clean)
    mu = np.eye(2, d) if rng.random() < 0.7 else np.linalg.qr(rng.standard_normal((d, 2)))[0].T
    X = four_centres(mu)[cluster] + draw_deviations(rng, n, d, mu)
    return Sample(X, y, clean, cluster, mu)


def draw_deviations(rng, n: int, d: int, mu: np.ndarray) -> np.ndarray:
    """xi (n, d) of size s up to 1: none, Gaussian, along centres, all alike, two-valued, off the plane."""
    s = float(rng.choice([10 ** rng.uniform(-6, -1), rng.uniform(0, 0.3), rng.uniform(0, 1)], p=[0.4, 0.4, 0.2]))
    z = rng.standard_normal((n, d)) / np.sqrt(d)
    shape = rng.integers(7)
    if shape == 0:
        return np.zeros((n, d))
    if shape == 1:
        z = rng.standard_normal((n, 2)) @ mu
    if shape == 2:
        z = np.repeat(z[:1], n, axis=0)
    if shape == 3:
        z = rng.choice([-1.0, 1.0], (n, d)) / np.sqrt(d)
    if shape == 4:
        z -= z @ mu.T @ mu
    if shape == 5:
        z = rng.choice([-1.0, 0.0, 1.0], (n, 1)) * rng.choice([mu[0], mu[1], mu[0] - mu[1], z[0]])
    return s * z


def draw_start(rng, sample: Sample, a: np.ndarray, alpha: float) -> np.ndarray:
    """First weights (m, d): Gaussian with u up to 1, or planted in units of alpha b near the bounds."""
    m, d = len(a), sample.X.shape[1]
    if rng.random() < 0.2:
        return rng.uniform(0, 1) * rng.standard_normal((m, d)) / np.sqrt(m * d)
    size = float(10 ** rng.uniform(-4, 0.5))
    v = size * rng.standard_normal((m, d)) / np.sqrt(d)
    shape = rng.integers(6)
    if shape == 0:
        v = size * rng.choice([-1.0, 0.0, 1.0], (m, 2)) @ sample.mu
    if shape == 1:
        v = size * rng.uniform(-1, 1, (m, 2)) @ sample.mu
    if shape == 2:
        v = np.repeat(v[:1], m, axis=0)
    if shape == 3:
        v = size * near_misses(rng, sample, m)
    if shape == 4:
        v[rng.random(m) < 0.5] = 0.0
    return alpha * np.abs(a).max() * v


def balanced_start(rng, sample: Sample, a: np.ndarray, alpha: float) -> np.ndarray:
    """Neurons that lean towards the centres of their sign in turn, with a part off them."""
    m, d = len(a), sample.X.shape[1]
    home = np.where(a > 0, 0, 2) + np.arange(m) % 2
    lean = rng.uniform(0, 1, (m, 1)) * sample.centre[home]
    v = lean + 10 ** rng.uniform(-4, 0) * rng.standard_normal((m, d)) / np.sqrt(d)
    return alpha * np.abs(a).max() * 10 ** rng.uniform(-4, 0) * v


def laggards(rng, sample: Sample, a: np.ndarray, alpha: float) -> tuple[Sample, np.ndarray]:
    """Deviations that are alike within a cluster, off the plane, and neurons that look away from them.

    A neuron that leans towards a centre and misses most of its cluster at first stays behind the others.
    """
    d, s = sample.X.shape[1], 10 ** rng.uniform(-3, -0.5)
    off = rng.standard_normal(d)
    off -= off @ sample.mu.T @ sample.mu
    off /= np.linalg.norm(off)
    side = rng.choice([-1.0, 1.0], 4)[sample.cluster] * rng.choice([1.0, -1.0], len(sample.y), p=[0.95, 0.05])
    home = np.where(a > 0, 0, 2) + np.arange(len(a)) % 2
    away = rng.uniform(-1, 1, (len(a), 1)) * 10 ** rng.uniform(-3, -0.8)
    lean = rng.uniform(0, 1.2, (len(a), 1)) * np.abs(away)
    v = lean * sample.centre[home] + away / s * off
    return replace(sample, X=sample.centre[sample.cluster] + s * side[:, None] * off), alpha * np.abs(a).max() * v


def near_misses(rng, sample: Sample, m: int) -> np.ndarray:
    """Directions a little towards a centre and against the deviations of its samples; some exactly tied."""
    rows = []
    for _ in range(m):
        i, j = rng.integers(len(sample.y), size=2)
        x, other = sample.X[i], sample.X[j]
        xi = x - sample.centre[sample.cluster[i]]
        tied = other - (other @ x) / (x @ x) * x if x @ x else other
        rows.append(
            rng.choice([tied, rng.uniform(0, 2) * sample.centre[sample.cluster[i]] - xi * rng.uniform(0, 20), -xi])
        )
    return np.array(rows)


class Said(NamedTuple):
    """A conclusion or link of a statement on a run, with what it needs."""

    statement: Statement
    claim: Claim
    needs: tuple[Claim, ...]


def broken(run: Run, said: Sequence[Said] | None = None) -> list[Verdict]:
    """The conclusions and links of the sharpened proof that are refuted, or cannot be evaluated, on a run.

    `said` is `all_said(run)`, if it is known already.
    """
    suspects = {s.statement.id: s.statement for s in (all_said(run) if said is None else said) if suspicious(s)}
    judged = [judge(s, run) for s in suspects.values()]
    return [v for j in judged for v in (*j.verdicts, *j.links) if v.outcome in BROKEN]


def all_said(run: Run, *, links: bool = True) -> list[Said]:
    """Every conclusion of every line, and every link unless `links` is false."""
    return [said for line in LINES for said in said_by(line, run, links)]


def said_by(statement: Statement, run: Run, links: bool = True) -> Iterator[Said]:
    """Every conclusion and link of one line, which says its conclusions first."""
    every = statement.claims(run)
    yielded = list(every if links else takewhile(lambda c: isinstance(c, Claim), every))
    premises = tuple(c for c in yielded if isinstance(c, Claim) and c.role == "premise")
    claims = [c for c in yielded if isinstance(c, Claim) and c.role == "conclusion"]
    for claim in claims + [link for c in yielded if isinstance(c, Chain) for link in c.links()]:
        yield Said(statement, claim, premises if claim.needs is None else claim.needs)


def suspicious(said: Said) -> bool:
    """Whether a claim may be broken; cheaper than a judgement.

    It fails, or is not a number, at some index, and no need that is meant for all of its indices fails.
    """
    claim = said.claim
    if not ((claim.state == FAILS) | ~np.isfinite(claim.gap) & claim.domain).any():
        return False
    return not any((need.state == FAILS).any() for need in said.needs if not set(need.axes) & set(claim.axes))


def conditions(run: Run) -> dict[str, bool]:
    """Whether each of R1 to R4 certainly holds."""
    return {id: all(c.holds for c in PAPER[id].claims(run)) for id in ("R1", "R2", "R3", "R4")}


def labels_are_right(run: Run) -> bool:
    """Whether at T every clean sample is classified as labelled and every noisy one is not."""
    right = run.sample.y * run.output(run.T).value > 0
    wrong = run.sample.y * run.output(run.T).value < 0
    return bool(np.where(run.sample.noisy, wrong, right).all())
