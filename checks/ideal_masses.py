"""Probabilities behind Appendix D: how often a point lies on the wrong side of f* and how far projections
reach.

f*(x) = |<mu1, x>| − |<mu2, x>|. For Gaussian clusters all are exact, and taken as logarithms because they
are far below the smallest float on tight clusters; for other laws they come from draws of z, with five
standard errors.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from checks.measured import per_run
from checks.projections import cluster_law, drawn_deviations, draws_for, frequency_error
from rfa import Rounded, Run, Sampled, rounded
from rfa.data import CENTRE_SIGN
from rfa.parameters import SETTINGS
from rfa.run import PAIR

LOG_ERROR = 1e-14
"""Error granted to logarithms of normal tails, in units of 1 + their size."""


class Masses(NamedTuple):
    """`wrong` P(y_mu f*(mu + z) <= 0), axis mu; `far` P(|<mu1,z>| + |<mu2,z>| >= 1); `third` P(|<mu_k,z>| >=
    1/3), axis k.

    Logarithms of the probabilities if `logs`.
    """

    wrong: Rounded
    far: Rounded
    third: Rounded
    logs: bool


@per_run
def masses(run: Run) -> Masses:
    """The probabilities for the law of the run; `DoesNotApply` where it is not known."""
    if cluster_law(run).name == "gaussian":
        return gaussian_masses(run.given("sigma"))
    z, _ = drawn_deviations(run, draws_for(run.d))
    across = run.given("sigma") * z @ run.sample.mu.T
    own, other = across[:, PAIR], across[:, 1 - PAIR]
    wrong = np.abs(CENTRE_SIGN + own) <= np.abs(other)
    size = np.abs(across)
    return Masses(rate(wrong), rate(size.sum(axis=1) >= 1), rate(size >= 1 / 3), logs=False)


@lru_cache(maxsize=SETTINGS)
def gaussian_masses(sigma: float) -> Masses:
    """The logarithms for z with independent N(0, sigma²) coordinates: 2q(1 − q), 4q(1 − q), 2Φ(−1/(3σ)).

    q = Φ(−1/(√2 σ)) is the chance that ⟨mu1 + mu2, x⟩ or ⟨mu1 − mu2, x⟩, independent N(1, 2σ²), is negative.
    """
    log_q = scipy.special.log_ndtr(-1 / (np.sqrt(2) * sigma))
    both = log_q + np.log1p(-np.exp(log_q))
    third = np.log(2) + scipy.special.log_ndtr(-1 / (3 * sigma))
    values = (np.full(4, np.log(2) + both), np.log(4) + both, np.full(2, third))
    wrong, far, thirds = (Rounded(v, LOG_ERROR * (1 + np.abs(v))) for v in values)
    return Masses(wrong, far, thirds, logs=True)


def rate(hits: NDArray[np.bool_]) -> Sampled:
    """Share of draws along the first axis, with five standard errors (and at least ten draws)."""
    share = hits.mean(axis=0)
    return Sampled(share, frequency_error(share, len(hits)))


def plain(run: Run, name: str) -> Rounded:
    """One of the masses as a probability."""
    found = masses(run)
    value: Rounded = getattr(found, name)
    return rounded(np.exp(value)) if found.logs else value


def in_scale(run: Run, factor: float, exponent: Rounded) -> Rounded:
    """`factor` exp(`exponent`) in the scale of the masses."""
    return rounded(np.log(Rounded(factor)) + exponent if masses(run).logs else factor * np.exp(exponent))


def summed(run: Run, mass: Rounded) -> Rounded:
    """The sum over the last axis of masses, in their scale; equal entries where they are logarithms."""
    count = mass.shape[-1]
    return rounded(mass.max(axis=-1) + np.log(Rounded(count)) if masses(run).logs else mass.sum(axis=-1))
