"""Exact arithmetic: floats as integers with one exponent, and numbers that know how far a float may lie from them.

A `Ball` is a number in 80 digits with a radius: how far the same quantity may lie from it when it is computed in the
precision of the report. A reported number outside its ball is wrong.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIGITS = 80
CONTEXT = decimal.Context(
    prec=DIGITS, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, traps=[decimal.InvalidOperation, decimal.DivisionByZero]
)
UNIT = Decimal(2) ** -53
"""Unit roundoff of float64."""
PER_OPERATION = 4 * UNIT
"""Relative error granted to one operation of the report: it may take several, or take them in another order."""
ZERO = Decimal(0)


def high_precision() -> Any:
    """The context in which everything here has to be computed."""
    return decimal.localcontext(CONTEXT)


def precisely(make: Callable[[], Ball]) -> Ball:
    """A constant, computed with all digits."""
    with high_precision():
        return make()


def real(x: Any) -> Decimal:
    """A number exactly as it is stored."""
    return x if isinstance(x, Decimal) else Decimal(float(x) if isinstance(x, np.floating) else x)


@cache
def power_of_two(exponent: int) -> Decimal:
    """2 to a whole power, exactly (to the digits of the context for large ones)."""
    return CONTEXT.power(Decimal(2), exponent)


def scaled(integer: Any, exponent: int) -> Decimal:
    """integer · 2^exponent."""
    return CONTEXT.multiply(Decimal(int(integer)), power_of_two(exponent))


class Ball:
    """A number and how far its computation in floats may lie from it. Whole numbers are exact."""

    __slots__ = ("radius", "value")

    def __init__(self, value: Any, radius: Any = ZERO) -> None:
        self.value = real(value)
        self.radius = real(radius)

    def __repr__(self) -> str:
        return f"Ball({float(self.value)!r} ± {float(self.radius):.2g})"

    def __add__(self, other: Any) -> Ball:
        o = ball(other)
        return _result(self.value + o.value, self.radius + o.radius)

    def __sub__(self, other: Any) -> Ball:
        o = ball(other)
        return _result(self.value - o.value, self.radius + o.radius)

    def __mul__(self, other: Any) -> Ball:
        o = ball(other)
        spread = abs(self.value) * o.radius + abs(o.value) * self.radius + self.radius * o.radius
        return _result(self.value * o.value, spread)

    def __truediv__(self, other: Any) -> Ball:
        o = ball(other)
        if abs(o.value) <= o.radius:
            raise ZeroDivisionError("the divisor is zero within its error")
        value = self.value / o.value
        return _result(value, (self.radius + abs(value) * o.radius) / (abs(o.value) - o.radius))

    def __radd__(self, other: Any) -> Ball:
        return ball(other) + self

    def __rsub__(self, other: Any) -> Ball:
        return ball(other) - self

    def __rmul__(self, other: Any) -> Ball:
        return ball(other) * self

    def __rtruediv__(self, other: Any) -> Ball:
        return ball(other) / self

    def __neg__(self) -> Ball:
        return Ball(-self.value, self.radius)

    def __abs__(self) -> Ball:
        return Ball(abs(self.value), self.radius)


def _result(value: Decimal, radius: Decimal) -> Ball:
    if not radius and value == value.to_integral_value():
        return Ball(value)
    return Ball(value, radius + PER_OPERATION * abs(value))


def ball(x: Any) -> Ball:
    """`x` itself if it is a ball, else the exact number."""
    return x if isinstance(x, Ball) else Ball(x)


def root(x: Any) -> Ball:
    """Square root; of a value that may be zero within its error, no steeper than √radius."""
    b = ball(x)
    value = max(b.value, ZERO).sqrt()
    flat = b.radius.sqrt()
    return _result(value, min(b.radius / value, flat) if value else flat)


def exponential(x: Any) -> Ball:
    """exp(x)."""
    b = ball(x)
    value = b.value.exp()
    return _result(value, value * (b.radius.exp() - 1))


def logarithm(x: Any) -> Ball:
    """log(x) of a number that is positive beyond its error."""
    b = ball(x)
    if b.value <= b.radius:
        raise ValueError("the logarithm of a number that is not positive")
    return _result(b.value.ln(), b.radius / (b.value - b.radius))


def power(x: Any, exponent: Any) -> Ball:
    """x to an exponent, x > 0."""
    return exponential(ball(exponent) * logarithm(x))


def largest(*balls: Any) -> Ball:
    """The largest of several numbers; its radius is the largest of theirs."""
    given = [ball(b) for b in balls]
    return Ball(max(b.value for b in given), max(b.radius for b in given))


def least(*balls: Any) -> Ball:
    """The least of several numbers; its radius is the largest of theirs."""
    given = [ball(b) for b in balls]
    return Ball(min(b.value for b in given), max(b.radius for b in given))


def lowest_exponent(array: NDArray[Any]) -> int:
    """The least power of two of which every entry of an array of floats is a multiple that fits 53 bits."""
    mantissa, exponents = np.frexp(np.asarray(array, dtype=np.float64))
    return int(exponents[mantissa != 0].min()) - 53 if mantissa.any() else 0


class Fixed:
    """An array of floats as exact integers: entry = integer · 2^exponent."""

    def __init__(self, integers: NDArray[Any], exponent: int) -> None:
        self.integers, self.exponent = integers, exponent

    @staticmethod
    def of(array: NDArray[Any], exponent: int | None = None) -> Fixed:
        """The exact values of an array of finite floats; `exponent` is one that is low enough, if known."""
        mantissa, exponents = np.frexp(np.asarray(array, dtype=np.float64))
        whole = (mantissa * 2.0**53).astype(np.int64)
        shift = exponents.astype(np.int64) - 53
        base = lowest_exponent(array) if exponent is None else exponent
        lifted = np.where(whole != 0, shift - base, 0).astype(object)
        return Fixed(np.asarray(np.left_shift(whole.astype(object), lifted), dtype=object), base)

    def __getitem__(self, index: Any) -> Fixed:
        return Fixed(self.integers[index], self.exponent)

    def __matmul__(self, other: Fixed) -> Fixed:
        product = np.asarray(self.integers @ other.integers, dtype=object)
        return Fixed(product, self.exponent + other.exponent)

    def __sub__(self, other: Fixed) -> Fixed:
        low = min(self.exponent, other.exponent)
        here, there = (f.integers * (1 << (f.exponent - low)) for f in (self, other))
        return Fixed(np.asarray(here - there, dtype=object), low)

    @property
    def T(self) -> Fixed:
        """Transposed."""
        return Fixed(self.integers.T, self.exponent)

    def number(self) -> Decimal:
        """A single entry."""
        integer = self.integers.item() if isinstance(self.integers, np.ndarray) else self.integers
        return scaled(integer, self.exponent)

    def squares(self, axis: int = -1) -> Fixed:
        """Sums of squares along an axis."""
        return Fixed(np.asarray((self.integers * self.integers).sum(axis=axis), dtype=object), 2 * self.exponent)
