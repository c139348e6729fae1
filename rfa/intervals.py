"""Exact confidence intervals for counts."""

from scipy.special import betaincinv

from rfa.rounding import Rounded

LEVEL = 0.99
"""Confidence of the intervals in checks."""


def clopper_pearson(k: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The two-sided Clopper-Pearson interval for a probability from k successes in n trials."""
    if not 0 <= k <= n or n < 1:
        raise ValueError(f"k = {k}, n = {n}; expected 0 <= k <= n and n >= 1")
    tail = (1 - level) / 2
    low = 0.0 if k == 0 else float(betaincinv(k, n - k + 1, tail))
    high = 1.0 if k == n else float(betaincinv(k + 1, n - k, 1 - tail))
    return low, high


def share(k: int, n: int, level: float = LEVEL) -> Rounded:
    """k/n with the further end of its Clopper-Pearson interval as error bound."""
    low, high = clopper_pearson(k, n, level)
    return Rounded(k / n, max(k / n - low, high - k / n))
