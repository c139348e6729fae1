"""Exact probabilities with which conclusions hold, where the law is known.

Norms follow chi-square laws, counts binomial and multinomial ones.
"""

from collections.abc import Iterator, Mapping
from math import ceil, log, sqrt

import numpy as np
import scipy

from checks.candidate_neurons import candidate_probability, kept_share, size_probability
from checks.initial_norms import fewest, miss_probability
from rfa import Setting


def exact_rates(setting: Setting) -> Mapping[str, float]:
    """By claim id, the probability over sample and start that the conclusion holds on a run of this setting."""
    return {**dict(_norms(setting)), **dict(_candidates(setting)), **dict(_samples(setting))}


def _norms(of: Setting) -> Iterator[tuple[str, float]]:
    """Lemma 3: ‖w_j(0)‖²/ω² follows χ²_d; the neurons that see a fixed direction are Bin(m, P(|Z| ≥ 1/(2 C0)))."""
    yield "L3.norm.lower", float(np.exp(of.m * np.log1p(-scipy.special.chdtr(of.d, of.d / 4))))
    yield "L3.norm.upper", float(np.exp(of.m * np.log1p(-scipy.special.chdtrc(of.d, 9 * of.d / 4))))
    least = ceil(float(fewest(of.m, of.C0, of.delta)))
    for k in (1, 2):
        yield f"L3.count.mu{k}", at_least(least, of.m, 1 - miss_probability(of.C0))


def _candidates(of: Setting) -> Iterator[tuple[str, float]]:
    """Lemma 4: |J_mu| ~ Bin(m/2, q) for each centre, opposing ones exclude each other; |J| ~ Bin(m, 2q)."""
    yield "L4.size", size_probability(of.m, of.d, of.C0)
    yield "L4.union", at_least(ceil(of.m * kept_share(of.C0)), of.m, 2 * candidate_probability(of.d, of.C0))


def _samples(of: Setting) -> Iterator[tuple[str, float]]:
    """Lemma 5 at the largest C1 it allows: |N| ~ Bin(n, eta), cluster sizes multinomial; Gaussian deviations χ²."""
    s, rate = of.sigma * sqrt(of.d), log(1 / of.delta) / of.n
    C1 = min(s**-0.5, 1 / s, rate**-0.25)
    room = C1 * sqrt(rate)
    yield "L5c", 1.0 - at_least(int(np.floor(of.n * (of.eta + room) + 1e-9)) + 1, of.n, of.eta)
    least, most = ceil(of.n * (0.25 - room) - 1e-9), int(np.floor(of.n * (0.25 + room) + 1e-9))
    yield "L5d.lower", multinomial_within(of.n, least, of.n)
    yield "L5d.upper", multinomial_within(of.n, 0, most)
    if of.clusters == "gaussian":
        near = -scipy.special.chdtrc(of.d, C1 * of.d)
        yield "L5b", float(np.exp(of.n * np.log1p(near)))
        yield "L5a.along", float(np.exp(of.n * scipy.special.log_ndtr(C1 * sqrt(of.d))))
        yield "L5a.across", float(np.exp(of.n * np.log1p(-scipy.special.chdtrc(of.d - 1, C1**2 * of.d))))


def at_least(least: int, n: int, p: float) -> float:
    """P(Bin(n, p) ≥ least)."""
    if least <= 0:
        return 1.0
    return 0.0 if least > n else float(scipy.special.bdtrc(least - 1, n, p))


def multinomial_within(n: int, least: int, most: int, cells: int = 4) -> float:
    """Probability that every one of equally likely cells holds between `least` and `most` of n balls.

    The counts are Poisson(n/cells) given their sum: convolve the truncated laws and divide by P(sum = n).
    """
    k = np.arange(n + 1)
    mean = n / cells
    poisson = np.exp(k * np.log(mean) - mean - scipy.special.gammaln(k + 1))
    inside = np.where((k >= least) & (k <= most), poisson, 0.0)
    total = np.ones(1)
    for _ in range(cells):
        total = np.convolve(total, inside)[: n + 1]
    whole = np.exp(n * np.log(n) - n - scipy.special.gammaln(n + 1))
    return float(min(1.0, total[n] / whole))
