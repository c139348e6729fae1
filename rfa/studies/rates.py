"""Exact statistics of failure counts: Clopper-Pearson, an anytime-valid confidence sequence, verdicts on
rates.

One error probability covers a whole report by the union bound: each of its M rates has an interval of
coverage 1 - level/M. A verdict is wrong only if its interval misses, so wrong verdicts have probability at
most `level`, in any number, whatever the dependence between the rates. (Holm's steps would not help: of "the
rate exceeds q" and "it does not" one is always true, so each of the M rates keeps a true hypothesis at every
step.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from scipy import special

from rfa.verdicts import Outcome

Method = Literal["exact", "sequence"]
PRIOR = (0.5, 0.5)
"""Beta mixture of the confidence sequence (Krichevsky-Trofimov)."""
LEVEL = 0.01
"""Error probability of a whole report unless another is asked for."""
MOST_TRIALS = 10**9


@dataclass(frozen=True)
class Interval:
    """A confidence interval for a probability."""

    lower: float
    upper: float


def clopper_pearson(count: int, trials: int, level: float) -> Interval:
    """The exact binomial interval of coverage at least 1 - level, at a number of trials fixed beforehand."""
    if trials == 0:
        return Interval(0.0, 1.0)
    lower = 0.0 if count == 0 else float(special.betaincinv(count, trials - count + 1, level / 2))
    upper = 1.0 if count == trials else float(special.betaincinv(count + 1, trials - count, 1 - level / 2))
    return Interval(lower, upper)


def log_evidence(count: int, trials: int, rate: float) -> float:
    """Log of the beta-binomial mixture martingale against `rate`: likelihood under the mixture over that at
    `rate`."""
    return float(_log_mixture(count, trials) - special.xlogy(count, rate) - special.xlog1py(trials - count, -rate))


@lru_cache
def _log_mixture(count: int, trials: int) -> float:
    a, b = PRIOR
    return float(special.betaln(a + count, b + trials - count) - special.betaln(a, b))


def confidence_sequence(count: int, trials: int, level: float) -> Interval:
    """The rates not rejected by the mixture martingale: valid at all numbers of trials at once (Ville)."""
    if trials == 0:
        return Interval(0.0, 1.0)
    middle, bound = count / trials, -math.log(level)

    def rejected(rate: float) -> bool:
        return log_evidence(count, trials, rate) >= bound

    return Interval(_edge(middle, 0.0, rejected), _edge(middle, 1.0, rejected))


def _edge(inside: float, outside: float, rejected: Callable[[float], bool]) -> float:
    """Where the rates begin to be rejected between the observed rate and 0 or 1; rounded outwards."""
    if inside == outside or not rejected(outside):
        return outside
    while True:
        middle = (inside + outside) / 2
        if middle in (inside, outside) or abs(outside - inside) < 1e-14 * middle:
            return outside
        inside, outside = (inside, middle) if rejected(middle) else (middle, outside)


INTERVALS: dict[str, Callable[[int, int, float], Interval]] = {
    "exact": clopper_pearson,
    "sequence": confidence_sequence,
}


@dataclass(frozen=True)
class Counts:
    """How one claim fared over the trials of one setting.

    `trials` finished trials; `failed` of them certainly failed, `unknown` are undecided by rounding or
    errors. `supposed` is the number of trials in which the premises held, `failed_supposed` of them failed;
    `missing` trials (part of the unknown ones) ended in an error before the claim was judged. `refuted` trials
    refute the claim by themselves, which only a claim does that is sure under its premises.
    """

    trials: int
    failed: int
    unknown: int
    supposed: int
    failed_supposed: int
    missing: int = 0
    refuted: int = 0

    @property
    def always_supposed(self) -> bool:
        """Whether the premises held in every trial that was judged."""
        return self.trials > self.missing and self.supposed + self.missing == self.trials

    @property
    def not_kept(self) -> int:
        """Trials in which premises and conclusion may not have held together."""
        return self.trials - self.supposed - self.missing + self.failed_supposed + self.unknown


@dataclass(frozen=True)
class RateVerdict:
    """The verdict on a claimed failure probability, the interval of the failure rate, and what would decide
    it."""

    outcome: Outcome
    interval: Interval
    further: int | None
    """Further trials after which the verdict would fall if the observed rate stayed; None if it never
    would."""


def failure_interval(counts: Counts, level: float, method: Method) -> Interval:
    """Interval of the failure rate; unknown trials count as kept for its lower end and as failed for its
    upper."""
    if counts.unknown == 0:
        return INTERVALS[method](counts.failed, counts.trials, level)
    low = INTERVALS[method](counts.failed, counts.trials, level)
    high = INTERVALS[method](counts.failed + counts.unknown, counts.trials, level)
    return Interval(low.lower, high.upper)


def judge_rate(counts: Counts, claimed: float, level: float, method: Method) -> RateVerdict:
    """Whether the failure probability is at most `claimed`, with error probability `level`.

    CONFIRMED: premises and conclusion fail to hold together with at most that probability. REFUTED: "premises
    hold and conclusion fails" alone exceeds it, or one trial refutes by itself. Where the premises fail too
    often for either, the bound was not promised: BEYOND if the conclusion keeps it all the same, SILENT if not.

    Three rates are compared with the claim: of failures under the premises, of failures, and of trials in which
    the two do not hold together. They are nested, so whatever their true values, a verdict is wrong only if one
    of two intervals misses at one end.
    """
    share, at = level_of_one(level, method), INTERVALS[method]
    interval = failure_interval(counts, share, method)
    if counts.refuted or at(counts.failed_supposed, counts.trials, share).lower > claimed:
        outcome = Outcome.REFUTED
    elif at(min(counts.trials, counts.not_kept), counts.trials, share).upper <= claimed:
        outcome = Outcome.CONFIRMED
    else:
        outcome = _decide(interval, claimed, Outcome.BEYOND, Outcome.SILENT)
    further = further_trials(counts, claimed, level, method) if outcome is Outcome.UNDECIDED else 0
    return RateVerdict(outcome, interval, further)


def level_of_one(level: float, method: Method) -> float:
    """The level of each of two intervals that together miss at one given end with probability `level` at most.

    An exact interval misses at each end with half of its level; a sequence may spend all of it at one end.
    """
    return level if method == "exact" else level / 2


def _decide(interval: Interval, claimed: float, kept: Outcome, broken: Outcome) -> Outcome:
    if interval.lower > claimed:
        return broken
    return kept if interval.upper <= claimed else Outcome.UNDECIDED


def further_trials(counts: Counts, claimed: float, level: float, method: Method) -> int | None:
    """Least number of further trials that decides the verdict if the failure rate stays as observed."""
    if counts.trials == 0:
        return further_trials(Counts(1, 0, 0, 1, 0), claimed, level, method)
    rate, share = counts.failed / counts.trials, level_of_one(level, method)

    def decided(trials: int) -> bool:
        interval = INTERVALS[method](round(rate * trials), trials, share)
        return _decide(interval, claimed, Outcome.CONFIRMED, Outcome.REFUTED) is not Outcome.UNDECIDED

    low, high = counts.trials, max(2 * counts.trials, 16)
    while not decided(high):
        low, high = high, 2 * high
        if high > MOST_TRIALS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decided(middle) else (middle, high)
    return high - counts.trials
