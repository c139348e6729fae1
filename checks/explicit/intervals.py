"""Intervals with outward rounding: every operation widens its result, so the exact value is always inside.

Addition, subtraction, multiplication and division of float64 are correct to the nearest number, so one step
outwards is enough; `math.exp` is taken to be within one unit in the last place, and two steps are added.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from rfa import Rounded

LARGEST_EXPONENT = 709.0
"""e to this power is just within float64."""
ROOM = 1 + 2.0**-20
"""Factor on a measured error bound that covers the rounding made in the bound itself."""


class Interval:
    """All real numbers from `lower` to `upper`; numbers beside it are taken as exact."""

    __slots__ = ("lower", "upper")

    def __init__(self, lower: float, upper: float) -> None:
        self.lower, self.upper = lower, upper

    def __repr__(self) -> str:
        return f"[{self.lower!r}, {self.upper!r}]"

    def __add__(self, other: Interval | float) -> Interval:
        other = exactly(other)
        if self.is_zero or other.is_zero:
            return other if self.is_zero else self
        return outward(self.lower + other.lower, self.upper + other.upper)

    def __neg__(self) -> Interval:
        return Interval(-self.upper, -self.lower)

    def __sub__(self, other: Interval | float) -> Interval:
        return self + -exactly(other)

    def __mul__(self, other: Interval | float) -> Interval:
        other = exactly(other)
        if self.is_zero or other.is_zero:
            return Interval(0.0, 0.0)
        ends = [x * y for x in (self.lower, self.upper) for y in (other.lower, other.upper)]
        return outward(min(ends), max(ends))

    def __truediv__(self, other: Interval | float) -> Interval:
        other = exactly(other)
        if other.lower <= 0 <= other.upper:
            return Interval(-math.inf, math.inf)
        if self.is_zero:
            return self
        ends = [x / y for x in (self.lower, self.upper) for y in (other.lower, other.upper)]
        return outward(min(ends), max(ends))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other: float) -> Interval:
        return exactly(other) - self

    def __rtruediv__(self, other: float) -> Interval:
        return exactly(other) / self

    @property
    def is_zero(self) -> bool:
        """Whether this is exactly 0, which sums and products leave exact."""
        return self.lower == 0 == self.upper

    @property
    def rounded(self) -> Rounded:
        """The interval as a value with an error bound, for a claim."""
        if self.lower == self.upper:
            return Rounded(self.lower)
        middle = self.lower / 2 + self.upper / 2
        return Rounded(middle, math.nextafter(max(self.upper - middle, middle - self.lower), math.inf))


def outward(lower: float, upper: float) -> Interval:
    """The two ends, each moved one floating-point number away from the other."""
    return Interval(math.nextafter(lower, -math.inf), math.nextafter(upper, math.inf))


def exactly(x: Interval | float) -> Interval:
    """A number as an interval of one point."""
    return x if isinstance(x, Interval) else Interval(float(x), float(x))


def measured(x: Rounded) -> Interval:
    """A measured number with its error bound, as an interval."""
    error = math.nextafter(float(x.error) * ROOM, math.inf) if x.error else 0.0
    value = float(x)
    return outward(value - error, value + error) if error else exactly(value)


def exp(x: Interval) -> Interval:
    """e to the power x; the upper end is infinite where it leaves the range of float64."""
    low = math.exp(min(x.lower, LARGEST_EXPONENT))
    high = math.exp(x.upper) if x.upper <= LARGEST_EXPONENT else math.inf
    once = outward(low, high)
    return outward(once.lower, once.upper)


def largest(*among: Interval) -> Interval:
    """The maximum."""
    return Interval(max(x.lower for x in among), max(x.upper for x in among))


def least(*among: Interval) -> Interval:
    """The minimum."""
    return Interval(min(x.lower for x in among), min(x.upper for x in among))


def total(terms: Iterable[Interval]) -> Interval:
    """The sum, begun with the first term; there is at least one."""
    first, *others = terms
    for term in others:
        first = first + term
    return first
