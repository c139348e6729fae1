"""Numbers that know how far rounding may have moved them.

`Rounded` pairs an array with a bound on the absolute error of each entry and carries the bound through arithmetic
(running error analysis: each operation adds half a unit in the last place of its result to what its operands bring).
A claim whose two sides lie within their bounds of each other is undecided, never passed or failed. `Sampled` is the
same where draws made the number, so that its error is no matter of rounding: all that is computed from it is sampled.
"""

from __future__ import annotations

from collections.abc import Callable
from math import frexp
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

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
        self.value: Array = np.asarray(value, dtype=np.float64)
        self.error: Array = np.asarray(error, dtype=np.float64)

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
        return type(self)(self.value[index], self._full_error()[index])

    def _full_error(self) -> Array:
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
        errors = np.where(where, self._full_error(), 0.0)
        return type(self)(
            pick(np.where(where, self.value, empty), axis=axis), np.max(errors, axis=axis, initial=0.0)
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs:
            return NotImplemented
        values = [value_of(x)[()] for x in inputs]
        if ufunc in _COMPARISONS:
            return ufunc(*values)
        rule = _RULES.get(ufunc)
        if rule is None:
            return NotImplemented
        with np.errstate(all="ignore"):
            return type(self)(*rule(ufunc(*values), values, [error_of(x)[()] for x in inputs]))


class Sampled(Rounded):
    """A frequency or mean of random draws, with a bound on its error that sampling keeps but for a stated chance.

    What arithmetic makes of it is sampled again (NumPy asks the subclass first). An equality of sampled sides can be
    refuted but not confirmed: inside the error it is undecided, for every number in there agrees with the draws.
    """

    __slots__ = ()


def value_of(x: Any) -> Array:
    """The values of `x`, without their errors."""
    return x.value if isinstance(x, Rounded) else np.asarray(x, dtype=np.float64)


def error_of(x: Any) -> Array:
    """The error bounds of `x`; zero for a plain number or array."""
    return x.error if isinstance(x, Rounded) else np.zeros(())


def rounded(x: Any, ulps: float = 4.0) -> Rounded:
    """`x` with a relative error of `ulps` units of roundoff, for a value from a short computation."""
    return x if isinstance(x, Rounded) else Rounded(x, ulps * UNIT * np.abs(np.asarray(x, dtype=np.float64)))


Rule = Callable[[Array, list[Array], list[Array]], tuple[Array, Array]]


def _add(r: Array, v: list[Array], e: list[Array]) -> tuple[Array, Array]:
    own = 0.0 if r.ndim == 0 and _is_exact_sum(float(r), float(v[0]), float(v[1])) else UNIT
    return r, e[0] + e[1] + own * abs(r)


def _multiply(r: Array, v: list[Array], e: list[Array]) -> tuple[Array, Array]:
    own = 0.0 if _is_power_of_two(v[0]) or _is_power_of_two(v[1]) else UNIT
    error = abs(v[0]) * e[1] + abs(v[1]) * e[0] + e[0] * e[1] + own * abs(r)
    return r, error + _lost(r, *v)


def _divide(r: Array, v: list[Array], e: list[Array]) -> tuple[Array, Array]:
    own = 0.0 if _is_power_of_two(v[1]) else UNIT
    room = abs(v[1]) - e[1]
    if np.count_nonzero(room > 0) == room.size:
        return r, (e[0] + abs(r) * e[1]) / room + own * abs(r) + _lost(r, v[0])
    spread = (e[0] + abs(r) * e[1]) / np.where(room > 0, room, 1.0)
    return r, np.where(room > 0, spread + own * abs(r), np.inf) + _lost(r, v[0])


def _power(r: Array, v: list[Array], e: list[Array]) -> tuple[Array, Array]:
    """For exact exponents; one below 1 is steepest at the near end, which must lie above zero."""
    size = np.abs(v[0])
    near = np.where(size > e[0], size - e[0], 0.0)
    steepest = np.where(v[1] >= 1, size + e[0], near) ** (v[1] - 1)
    spread = np.where(e[0] > 0, np.abs(v[1]) * steepest * e[0], 0.0)
    return r, spread + 2 * UNIT * np.abs(r) + _lost(r, v[0])


def _sqrt(r: Array, v: list[Array], e: list[Array]) -> tuple[Array, Array]:
    spread = np.where(r > 0, e[0] / np.where(r > 0, r, 1.0), np.sqrt(e[0]))
    return r, np.minimum(spread, np.sqrt(e[0])) + UNIT * r


def _exp(r: Array, v: list[Array], e: list[Array]) -> tuple[Array, Array]:
    return r, r * np.expm1(e[0]) + 2 * UNIT * r + _lost(r)


def _log(r: Array, v: list[Array], e: list[Array]) -> tuple[Array, Array]:
    return r, np.abs(np.log1p(-e[0] / v[0])) + 2 * UNIT * np.abs(r)


def _same(r: Array, v: list[Array], e: list[Array]) -> tuple[Array, Array]:
    return r, e[0]


def _pick(r: Array, v: list[Array], e: list[Array]) -> tuple[Array, Array]:
    return r, np.maximum(e[0], e[1])


def _lost(r: Array, *factors: Array) -> Array | float:
    """What gradual underflow may take from results whose factors are all other than zero."""
    size = abs(r)
    if np.count_nonzero(size < NORMAL) == 0:
        return 0.0
    present = np.all([np.broadcast_to(factor != 0, size.shape) for factor in factors], axis=0)
    return np.where((size < NORMAL) & present, TINY, 0.0)


def _is_exact_sum(total: float, a: float, b: float) -> bool:
    """Whether a + b or a − b, rounded to `total`, lost nothing (the error term of TwoSum is zero)."""
    return abs(total - a) == abs(b) and total - (total - a) == a


def _is_power_of_two(x: Array) -> bool:
    return x.ndim == 0 and abs(frexp(x)[0]) == 0.5


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
