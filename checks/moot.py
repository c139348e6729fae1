"""Which statements mean nothing on a run outside the theorem's setting, and why."""

from collections.abc import Iterable
from dataclasses import replace

from rfa.papers import Statement

FIXED = "it speaks of networks whose second layer stays at ±1/√m"
UNBIASED = "it speaks of neurons without biases, which a half-space through 0 wakes"
RELU = "it speaks of the ReLU"
LOGISTIC = "it speaks of the derivative of the logistic loss along the run"
CROSS = "it speaks of four clusters at ±mu1, ±mu2, two unit vectors at a right angle"

MOOT = {
    **{id: {"clusters": CROSS} for id in ("L5a", "L5b", "C9", "L12", "L13", "X2", "X4")},
    "L6": {"bias": UNBIASED, "clusters": CROSS},
    "D7": {"bias": UNBIASED, "clusters": CROSS},
    "L5d": {"clusters": CROSS},
    "L8": {"second layer": FIXED, "bias": UNBIASED, "activation": RELU},
    "P15": {"second layer": FIXED, "bias": UNBIASED, "activation": RELU},
    "AD": {"centres": CROSS, "clusters": CROSS},
    "X1": {"centres": CROSS, "clusters": CROSS},
    "X5": {"loss": LOGISTIC},
}
"""By statement and kind of departure (`rfa.departures.KINDS`), what the statement speaks of that the run lacks.

All other statements are judged: their conclusions mean the same, and their premises say that nothing was promised.
"""


def bounded(results: Iterable[Statement]) -> tuple[Statement, ...]:
    """The results with the bounds of their meaning."""
    return tuple(replace(one, moot=MOOT.get(one.id, {})) for one in results)
