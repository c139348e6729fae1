"""The numbers and run-level premises of Lemma 6's proof (E6-E15)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from checks.initial_norms import log_over_delta
from checks.measured import StartCounts, captured, fluctuation, per_run, start_counts
from checks.projections import Tails, cluster_law, tails
from rfa import Claim, Rounded, Run, rounded, suppose
from rfa.noise import LAWS as NOISE_LAWS
from rfa.parameters import Parameters, per_setting
from rfa.run import OPPOSITE

C1 = 2.0
"""The constant of L5c, L5d at which E6-E14 are judged."""
NEAR_ZERO = {"gaussian": 0.0442358}
"""c1 of E12 for laws whose own value is known (Φ(1/9) − ½ for Gaussian clusters)."""
NEAR_ZERO_LOG_CONCAVE = 0.0319
"""c1 of E12 for every isotropic log-concave law."""


@dataclass(frozen=True, eq=False)
class Scales:
    """The numbers of E6-E15 that sizes and laws give."""

    of: Parameters

    @cached_property
    def quarter(self) -> float:
        """n/4."""
        return self.of.n / 4

    @cached_property
    def spread(self) -> Rounded:
        """4 C1 √(log(1/δ)/n)."""
        return rounded(4 * C1 * fluctuation(self.of))

    @cached_property
    def L(self) -> Rounded:
        """log(64m/δ)."""
        return log_over_delta(self.of, 64 * self.of.m)

    @cached_property
    def width(self) -> Rounded:
        """√(log(64m/δ)/n)."""
        return rounded(np.sqrt(self.L / self.of.n))

    @cached_property
    def c_hoeffding(self) -> Rounded:
        """c = 1/√2, at which E8 is Hoeffding's inequality."""
        return rounded(np.sqrt(Rounded(0.5)))

    @cached_property
    def c(self) -> Rounded:
        """c of E9-E14, enlarged to absorb 4 C1 √(log(1/δ)/n) in E9 (iii)."""
        return rounded(np.maximum(self.c_hoeffding, self.spread / self.width))

    @cached_property
    def c1(self) -> float:
        """c1 of E12 for the law of the clusters."""
        name = self.of.clusters or ""
        return NEAR_ZERO.get(name, NEAR_ZERO_LOG_CONCAVE)

    @cached_property
    def least_likely(self) -> Rounded:
        """3c √(log(64m/δ)/n), what p must exceed in E9 (ii)."""
        return rounded(3 * self.c * self.width)


scales = per_setting(Scales)


@dataclass(frozen=True, eq=False)
class Terms:
    """The numbers of E6-E15 on one run."""

    run: Run

    @cached_property
    def scales(self) -> Scales:
        """What sizes and laws give."""
        return scales(self.run)

    @cached_property
    def tails(self) -> Tails:
        """Exact or sampled probabilities of the law of the clusters."""
        return tails(self.run)

    @cached_property
    def p(self) -> Rounded:
        """p_j,mu, axes j mu."""
        return self.tails.active

    @cached_property
    def q(self) -> Rounded:
        """p_j,−mu, axes j mu; 1 − p_j,mu for symmetric laws."""
        return self.p[:, OPPOSITE]

    @cached_property
    def counts(self) -> StartCounts:
        """Active samples at the start."""
        return start_counts(self.run)

    def deviation(self, size: NDArray[np.int64], c: Rounded) -> Rounded:
        """c √(log(64m/δ) size), how far a count among `size` samples may be from its mean."""
        return rounded(c * np.sqrt(self.scales.L * size))

    def edge_at(self, p: Rounded | float) -> Rounded:
        """(n/4)[(1 − 4ρ)p − (1 + 4 C1 √(log(1/δ)/n))(1 − p) − 8c √(log(64m/δ)/n)]."""
        of = self.scales
        inside = (1 - 4 * self.run.rho) * p - (1 + of.spread) * (1 - p) - 8 * of.c * of.width
        return rounded(of.quarter * inside)

    def general_edge(self, p: Rounded | float, q: Rounded | float) -> Rounded:
        """(n/4)[(1 − 4 C1 √·)p − (1 + 4 C1 √·)q − 4ρ − 8c √·] with c = 1/√2: for any law and any noise."""
        of = self.scales
        inside = (1 - of.spread) * p - (1 + of.spread) * q - 4 * self.run.rho
        return rounded(of.quarter * (inside - 8 * of.c_hoeffding * of.width))


class Premises(NamedTuple):
    """What the links of E6-E15 rest on."""

    sizes: Claim
    room: Claim
    third: Claim
    likely: Claim
    symmetric: Claim
    blind: Claim
    log_concave: Claim
    tight: Claim
    few: Claim
    edge: Claim


@per_run
def premises(run: Run) -> Premises:
    """The run-level premises of Lemma 6, for a run whose laws are known."""
    terms, laws = Terms(run), of_laws(run)
    least = terms.scales.least_likely
    return Premises(
        equal_sizes(run),
        enough_samples(run),
        laws.third,
        suppose("RP.E9", "p_{j,μ} ≥ 3c√(log(64m/δ)/n)", terms.p, ">=", least, axes="j mu"),
        laws.symmetric,
        laws.blind,
        laws.log_concave,
        laws.tight,
        suppose("RP.E14", "4ρ(½ + c1) + 4C1√·(½ − c1) + 8c√· ≤ c1", _losses(terms), "<=", terms.scales.c1),
        _separate(terms),
    )


class OfLaws(NamedTuple):
    """Those of them that sizes and laws decide."""

    third: Claim
    symmetric: Claim
    blind: Claim
    log_concave: Claim
    tight: Claim


@per_setting
def of_laws(of: Parameters) -> OfLaws:
    """The premises of Lemma 6 about sizes and laws; `DoesNotApply` where the laws are not known."""
    law, blind = cluster_law(of), of.noise is not None and not NOISE_LAWS[of.noise].depends_on_x
    return OfLaws(
        suppose("RP.E10", "4C1√(log(1/δ)/n) ≤ 1/3", 3 * scales(of).spread, "<=", 1),
        suppose("RP.symmetric", "the clusters have a symmetric law", int(law.symmetric), "==", 1),
        suppose("RP.blind", "the noise does not look at x within a cluster", int(blind), "==", 1),
        suppose("RP.log-concave", "the clusters have a log-concave law", int(law.log_concave), "==", 1),
        suppose("RP.s", "s ≤ 3/C0", of.s, "<=", 3 / Rounded(of.C0)),
    )


@per_setting
def known_law(of: Parameters) -> Claim:
    """Without the law of the clusters there are no probabilities to go by."""
    return suppose("RP.law", "the law of the clusters is known", int(of.clusters is not None), "==", 1)


@per_run
def equal_sizes(run: Run) -> Claim:
    """L5d with C1 = 2."""
    off = np.abs(Rounded(run.cluster_size) / run.n - 0.25).max()
    return suppose("RP.L5d", "| |I_μ|/n − ¼ | ≤ 2√(log(1/δ)/n)", off, "<=", C1 * fluctuation(run))


@per_run
def enough_samples(run: Run) -> Claim:
    """What makes every cluster have n/8 clean samples (E7)."""
    return suppose("RP.E7", "C1√(log(1/δ)/n) + ρ ≤ 1/8", C1 * fluctuation(run) + run.rho, "<=", 0.125)


def _losses(terms: Terms) -> Rounded:
    of, c1, half = terms.scales, terms.scales.c1, 0.5
    return rounded(4 * terms.run.rho * (half + c1) + of.spread * (half - c1) + 8 * of.c * of.width)


def _separate(terms: Terms) -> Claim:
    says = "(1 − 4C1√·)p_{j,μ} > (1 + 4C1√·)p_{j,−μ} + 4ρ + 8√(log(64m/δ)/(2n))"
    edge, pairs = terms.general_edge(terms.p, terms.q), captured(terms.run)
    return suppose("RP.edge", says, edge, ">", 0, axes="j mu", where=pairs, scale=terms.scales.quarter)
