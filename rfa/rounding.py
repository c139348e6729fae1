"""Numbers that know how far rounding may have moved them.

`Rounded` pairs an array with a bound on the absolute error of each entry and carries the bound through arithmetic
(running error analysis: each operation adds half a unit in the last place of its result to what its operands bring).
A claim whose two sides lie within their bounds of each other is undecided, never passed or failed. `Sampled` is the
same where draws made the number, so that its error is no matter of rounding: all that is computed from it is sampled.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import frexp, sqrt
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

from rfa.stacked import Stacked, as_array, taken

UNIT = float(np.finfo(np.float64).eps) / 2
"""Unit roundoff of float64: the relative error of one operation."""

NORMAL, TINY = float(np.finfo(np.float64).tiny), 5e-324
"""The least normal number, below which an operation is off by up to `TINY`, the least positive one."""

Array = NDArray[np.float64]


class Rounded(NDArrayOperatorsMixin):
    """An array and a bound on the absolute error of each of its entries.

    Works in arithmetic, with `np.sqrt`, `np.exp`, `np.log`, `np.abs`, `np.maximum`, `np.minimum`, and has `sum`,
    `mean`, `min`, `max` and indexing. Plain numbers and arrays beside it are taken as exact. Comparisons give plain
    boolean arrays of the values (for masks); verdicts come from claims, which look at the errors as well.
    """

    __slots__ = ("error", "value")
    __array_priority__ = 100

    def __init__(self, value: Any, error: Any = 0.0) -> None:
        self.value: Array = as_array(value, np.float64)
        self.error: Array = as_array(error, np.float64)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the values."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """Number of axes of the values."""
        return self.value.ndim

    def __repr__(self) -> str:
        return f"Rounded({self.value!r}, error={self.error!r})"

    def __float__(self) -> float:
        return float(self.value)

    def __len__(self) -> int:
        return len(self.value)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        raise TypeError("this NumPy function does not carry rounding errors; use `.value` to drop them on purpose")

    def __getitem__(self, index: Any) -> Rounded:
        return type(self)(taken(self.value, index), taken(self._full_error(), index))

    def _full_error(self) -> Array:
        if self.error.shape == self.value.shape:
            return self.error
        return np.broadcast_to(self.error, self.value.shape)

    def where(self, condition: Any, other: Any) -> Rounded:
        """These entries where `condition` holds, those of `other` elsewhere."""
        kind = type(other) if isinstance(other, Sampled) else type(self)
        return kind(np.where(condition, self.value, value_of(other)), np.where(condition, self.error, error_of(other)))

    def reshape(self, *shape: int) -> Rounded:
        """The same entries in another shape."""
        return type(self)(self.value.reshape(*shape), self._full_error().reshape(*shape))

    def sum(self, axis: Any = None, where: Any = True) -> Rounded:
        """Sum along `axis`; any order of summation is covered by the error."""
        terms = np.where(where, self.value, 0.0) if where is not True else self.value
        errors = np.where(where, self._full_error(), 0.0) if where is not True else self._full_error()
        total = terms.sum(axis=axis)
        count = terms.size // max(np.size(total), 1)
        rounding = UNIT * max(count - 1, 0) * np.abs(terms).sum(axis=axis)
        return type(self)(total, errors.sum(axis=axis) + 1.01 * rounding)

    def mean(self, axis: Any = None) -> Rounded:
        """Mean along `axis`."""
        total = self.sum(axis=axis)
        return total / (self.value.size // max(total.value.size, 1))

    def min(self, axis: Any = None, where: Any = True) -> Rounded:
        """Least entry along `axis` (of those where `where` holds; +inf if there are none)."""
        return self._extreme(np.min, np.inf, axis, where)

    def max(self, axis: Any = None, where: Any = True) -> Rounded:
        """Largest entry along `axis` (of those where `where` holds; -inf if there are none)."""
        return self._extreme(np.max, -np.inf, axis, where)

    def _extreme(self, pick: Any, empty: float, axis: Any, where: Any) -> Rounded:
        values, errors = self.value, self._full_error()
        if where is not True:
            values, errors = np.where(where, values, empty), np.where(where, errors, 0.0)
        return type(self)(pick(values, axis=axis), np.max(errors, axis=axis, initial=0.0))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs:
            return NotImplemented
        values = [_plain(value_of(x)) for x in inputs]
        if ufunc in _COMPARISONS:
            return ufunc(*values)
        rule = _RULES.get(ufunc)
        if rule is None:
            return NotImplemented
        errors = [_plain(x.error) if isinstance(x, Rounded) else 0.0 for x in inputs]
        result = _on_numbers(ufunc, values)
        if result is not None:
            return type(self)(result, rule(result, values, errors))
        with np.errstate(all="ignore"):
            result = ufunc(*values)
            return type(self)(result, rule(result, values, errors))


class Sampled(Rounded):
    """A frequency or mean of random draws, with a bound on its error that sampling keeps but for a stated chance.

    What arithmetic makes of it is sampled again (NumPy asks the subclass first). An equality of sampled sides can be
    refuted but not confirmed: inside the error it is undecided, for every number in there agrees with the draws.
    """

    __slots__ = ()


def value_of(x: Any) -> Array:
    """The values of `x`, without their errors."""
    found: Array = x.value if isinstance(x, Rounded) else as_array(x, np.float64)
    return found


def error_of(x: Any) -> Array:
    """The error bounds of `x`; zero for a plain number or array."""
    return x.error if isinstance(x, Rounded) else np.zeros(())


def rounded(x: Any, ulps: float = 4.0) -> Rounded:
    """`x` with a relative error of `ulps` units of roundoff, for a value from a short computation."""
    return x if isinstance(x, Rounded) else Rounded(x, ulps * UNIT * np.abs(value_of(x)))


def _plain(x: Any) -> Number:
    """A number of Python's for an array without axes: its arithmetic gives the same bits in a tenth of the time."""
    return x if x.ndim or isinstance(x, Stacked) else x.item()


def _on_numbers(ufunc: np.ufunc, values: list[Number]) -> float | None:
    """What an operation gives for plain numbers; None for arrays, and where Python raises an error instead."""
    operation = _ON_NUMBERS.get(ufunc)
    if operation is None:
        return None
    for x in values:
        if type(x) is not float:
            return None
    try:
        return operation(*values)
    except (ArithmeticError, ValueError):
        return None


Number = Any
"""An array, or for one without axes a number of Python's."""
Rule = Callable[[Number, list[Number], list[Number]], Number]
"""The error bound of a result, from the result, the values of the operands and their errors."""


def _add(r: Number, v: list[Number], e: list[Number]) -> Number:
    return e[0] + e[1] + _own(_is_exact_sum(r, *v)) * abs(r)


def _multiply(r: Number, v: list[Number], e: list[Number]) -> Number:
    own = _own(_is_power_of_two(v[0]) | _is_power_of_two(v[1]))
    error = abs(v[0]) * e[1] + abs(v[1]) * e[0] + e[0] * e[1] + own * abs(r)
    return error + _lost(r, *v)


def _divide(r: Number, v: list[Number], e: list[Number]) -> Number:
    own = _own(_is_power_of_two(v[1]))
    room = abs(v[1]) - e[1]
    if _everywhere(room > 0):
        return (e[0] + abs(r) * e[1]) / room + own * abs(r) + _lost(r, v[0])
    spread = (e[0] + abs(r) * e[1]) / np.where(room > 0, room, 1.0)
    return np.where(room > 0, spread + own * abs(r), np.inf) + _lost(r, v[0])


def _power(r: Number, v: list[Number], e: list[Number]) -> Number:
    """For exact exponents; one below 1 is steepest at the near end, which must lie above zero."""
    size = np.abs(v[0])
    near = np.where(size > e[0], size - e[0], 0.0)
    steepest = np.where(as_array(v[1]) >= 1, size + e[0], near) ** (v[1] - 1)
    spread = np.where(as_array(e[0]) > 0, np.abs(v[1]) * steepest * e[0], 0.0)
    return spread + 2 * UNIT * np.abs(r) + _lost(r, v[0])


def _sqrt(r: Number, v: list[Number], e: list[Number]) -> Number:
    if isinstance(r, float) and r > 0:
        return min(e[0] / r, sqrt(e[0])) + UNIT * r
    spread = np.where(as_array(r) > 0, e[0] / np.where(as_array(r) > 0, r, 1.0), np.sqrt(e[0]))
    return np.minimum(spread, np.sqrt(e[0])) + UNIT * r


def _exp(r: Number, v: list[Number], e: list[Number]) -> Number:
    return r * np.expm1(e[0]) + 2 * UNIT * r + _lost(r)


def _log(r: Number, v: list[Number], e: list[Number]) -> Number:
    return np.abs(np.log1p(np.divide(-e[0], v[0]))) + 2 * UNIT * np.abs(r)


def _same(r: Number, v: list[Number], e: list[Number]) -> Number:
    return e[0]


def _pick(r: Number, v: list[Number], e: list[Number]) -> Number:
    return np.maximum(e[0], e[1])


def _lost(r: Number, *factors: Number) -> Number:
    """What gradual underflow may take from results whose factors are all other than zero."""
    size = abs(r)
    if not _somewhere(size < NORMAL):
        return 0.0
    lost = size < NORMAL
    for factor in factors:
        lost = lost & np.not_equal(factor, 0)
    return np.where(lost, TINY, 0.0)


def _somewhere(holds: Any) -> bool:
    return holds if isinstance(holds, bool) else bool(np.count_nonzero(_of_all(holds)))


def _everywhere(holds: Any) -> bool:
    return holds if isinstance(holds, bool) else bool(np.count_nonzero(_of_all(holds)) == np.size(_of_all(holds)))


def _of_all(x: Any) -> Any:
    """The entries of all runs."""
    return x.data if isinstance(x, Stacked) else x


def _is_exact_sum(total: Number, a: Number, b: Number) -> Any:
    """Whether the number a + b or a − b, rounded to `total`, lost nothing (the error term of TwoSum is zero).

    Not asked of arrays, for which it is false.
    """
    if isinstance(total, float):
        return abs(total - a) == abs(b) and total - (total - a) == a
    if isinstance(total, Stacked) and not total.ndim:
        return (abs(total - a) == abs(b)) & (total - (total - a) == a)
    return False


def _is_power_of_two(x: Number) -> Any:
    """Whether a number, of each run if it is stacked, is a power of two; not asked of arrays, for which it is false."""
    if isinstance(x, float):
        return abs(frexp(x)[0]) == 0.5
    if isinstance(x, Stacked) and not x.ndim:
        return abs(np.frexp(x)[0]) == 0.5
    return False


def _own(exact: Any) -> Any:
    """The relative error of an operation that is exact, or not."""
    return np.where(exact, 0.0, UNIT) if isinstance(exact, Stacked) else 0.0 if exact else UNIT


_RULES: dict[np.ufunc, Rule] = {
    np.add: _add,
    np.subtract: _add,
    np.multiply: _multiply,
    np.true_divide: _divide,
    np.power: _power,
    np.sqrt: _sqrt,
    np.exp: _exp,
    np.log: _log,
    np.negative: _same,
    np.positive: _same,
    np.absolute: _same,
    np.maximum: _pick,
    np.minimum: _pick,
}
_COMPARISONS = {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}
_ON_NUMBERS: dict[np.ufunc, Callable[..., float]] = {
    np.add: operator.add,
    np.subtract: operator.sub,
    np.multiply: operator.mul,
    np.true_divide: operator.truediv,
    np.sqrt: sqrt,
    np.negative: operator.neg,
    np.positive: operator.pos,
    np.absolute: abs,
}
"""Operations that Python rounds as NumPy does."""
