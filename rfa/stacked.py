"""Arrays of several runs of one setting, computed together.

What is written for the arrays of one run works on a `Stacked` array as it stands: shape, axes and indices are those of
one run, and every operation is made for each of the runs. The bits of a run are those that it has alone. Where what
comes next depends on the run (a branch, a size), `NotAlike` is raised, and the runs are computed one by one.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray


class NotAlike(Exception):
    """Raised where several runs cannot be computed together; the message says why."""


class Stacked(NDArrayOperatorsMixin):
    """An array of each of several runs; `data` (runs, ...) holds them along its first axis."""

    __slots__ = ("data",)
    __array_priority__ = 50

    def __init__(self, data: NDArray[Any]) -> None:
        self.data = data

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of one run."""
        return self.data.shape[1:]

    @property
    def ndim(self) -> int:
        """Number of axes of the array of one run."""
        return self.data.ndim - 1

    @property
    def size(self) -> int:
        """Number of entries of the array of one run."""
        return self.data.size // len(self.data)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the entries."""
        return self.data.dtype

    @property
    def flags(self) -> Any:
        """Flags of the array that holds all runs."""
        return self.data.flags

    @property
    def T(self) -> Stacked:
        """The transpose."""
        return self.transpose()

    def __repr__(self) -> str:
        return f"Stacked({self.data!r})"

    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]:
        raise NotAlike("this function works on the array of one run")

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Any:
        return (self[k] for k in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.item())

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        return operator.index(self.item())

    def __format__(self, how: str) -> str:
        return format(self.item(), how)

    def __str__(self) -> str:
        return str(self.item())

    def __pow__(self, power: Any) -> Any:
        return each(operator.pow, self, power)

    def __rpow__(self, base: Any) -> Any:
        return each(operator.pow, base, self)

    def item(self) -> Any:
        """The number that all runs share."""
        if not same_bits(self.data, self.data[:1]):
            raise NotAlike("a number differs between the runs")
        return self.data[0].item()

    def astype(self, dtype: Any, copy: bool = True) -> Stacked:
        """The same numbers in another type."""
        return Stacked(self.data.astype(dtype, copy=copy))

    def copy(self) -> Stacked:
        """A copy."""
        return Stacked(self.data.copy())

    def reshape(self, *shape: Any) -> Stacked:
        """The same entries in another shape."""
        new = shape[0] if len(shape) == 1 and not isinstance(shape[0], int) else shape
        return Stacked(self.data.reshape(len(self.data), *new))

    def transpose(self, *order: Any) -> Stacked:
        """The same entries with the axes in another order."""
        new = order[0] if len(order) == 1 and not isinstance(order[0], int) else order
        axes = [axis % self.ndim for axis in new] if new else range(self.ndim)[::-1]
        return Stacked(self.data.transpose(0, *(axis + 1 for axis in axes)))

    def __getitem__(self, index: Any) -> Stacked:
        items = index if isinstance(index, tuple) else (index,)
        if any(isinstance(item, Stacked) for item in items) or not _together(items):
            return each(operator.getitem, self, index)
        return Stacked(self.data[(slice(None), *items)])

    def __setitem__(self, index: Any, value: Any) -> None:
        if not (isinstance(index, Stacked) and index.data.dtype == bool and index.data.shape == self.data.shape):
            raise NotAlike("entries can be set where a mask of the same shape is true")
        self.data[index.data] = value

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if any(isinstance(x, NDArrayOperatorsMixin) and not isinstance(x, Stacked) for x in inputs):
            return NotImplemented
        if "out" in kwargs:
            raise NotAlike("one array cannot take in those of several runs")
        if method == "__call__" and ufunc.signature is None and ufunc is not np.power and not kwargs:
            found = ufunc(*lined_up(inputs))
            return tuple(map(Stacked, found)) if isinstance(found, tuple) else Stacked(found)
        if method == "reduce" and len(inputs) == 1:
            whole = inputs[0].dtype.kind in "biu" and ufunc in _EXACT
            return reduced(ufunc.reduce, inputs[0], whole, kwargs.pop("axis", 0), **kwargs)
        return each(ufunc if method == "__call__" else getattr(ufunc, method), *inputs, **kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        known = _FUNCTIONS.get(func)
        return known(*args, **kwargs) if known else each(func, *args, **kwargs)

    def sum(self, axis: Any = None, **options: Any) -> Stacked:
        """Sum along `axis`."""
        return reduced(np.add.reduce, self, self.dtype.kind in "biu", axis, **options)

    def mean(self, axis: Any = None, **options: Any) -> Stacked:
        """Mean along `axis`."""
        return each(np.mean, self, axis=axis, **options)

    def min(self, axis: Any = None, **options: Any) -> Stacked:
        """Least entry along `axis`."""
        return reduced(np.minimum.reduce, self, self.dtype.kind in "biu", axis, **options)

    def max(self, axis: Any = None, **options: Any) -> Stacked:
        """Largest entry along `axis`."""
        return reduced(np.maximum.reduce, self, self.dtype.kind in "biu", axis, **options)

    def any(self, axis: Any = None, **options: Any) -> Stacked:
        """Whether some entry along `axis` is true."""
        return reduced(np.any, self, True, axis, **options)

    def all(self, axis: Any = None, **options: Any) -> Stacked:
        """Whether every entry along `axis` is true."""
        return reduced(np.all, self, True, axis, **options)

    def argmax(self, axis: Any = None) -> Stacked:
        """Index of the largest entry along `axis`."""
        return reduced(np.argmax, self, True, axis)

    def argmin(self, axis: Any = None) -> Stacked:
        """Index of the least entry along `axis`."""
        return reduced(np.argmin, self, True, axis)

    def cumsum(self, axis: Any = None) -> Stacked:
        """Sums up to each entry along `axis`."""
        return each(np.cumsum, self, axis=axis)

    def std(self, axis: Any = None, **options: Any) -> Stacked:
        """Standard deviation along `axis`."""
        return each(np.std, self, axis=axis, **options)


def as_array(x: Any, dtype: Any = None) -> Any:
    """`x` as an array, of each run if it is stacked."""
    if isinstance(x, Stacked):
        return x if dtype is None or x.dtype == dtype else x.astype(dtype)
    return np.asarray(x, dtype=dtype)


def taken(table: Any, index: Any) -> Any:
    """`table[index]`, also where the index is of several runs and the table is shared by them."""
    if isinstance(table, Stacked) or runs_in((index,)) is None:
        return table[index]
    if isinstance(index, Stacked) and index.dtype.kind in "iu":
        return Stacked(table[index.data])
    return each(operator.getitem, table, index)


def runs_in(values: Iterable[Any]) -> int | None:
    """How many runs the stacked arrays among `values` (lists and tuples included) are of; None without any."""
    for x in values:
        found = len(x.data) if isinstance(x, Stacked) else runs_in(x) if isinstance(x, list | tuple) else None
        if found is not None:
            return found
    return None


def each(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """What `function` gives for each run, stacked."""
    count = runs_in([*args, *options.values()])
    if count is None:
        raise TypeError("no argument is a stacked array")
    return stacked([
        function(*(of_run(x, r) for x in args), **{name: of_run(x, r) for name, x in options.items()})
        for r in range(count)
    ])  # fmt: skip


def of_run(x: Any, r: int) -> Any:
    """The r-th run's array in place of a stacked one, in lists and tuples too."""
    if isinstance(x, Stacked):
        return x.data[r]
    if isinstance(x, list | tuple):
        return type(x)([of_run(one, r) for one in x])
    return x


def stacked(values: Sequence[Any]) -> Any:
    """Arrays of the runs as one stacked array, in the order of memory that the first has; tuples entry by entry."""
    first = values[0]
    if isinstance(first, list | tuple):
        make = getattr(type(first), "_make", type(first))
        return make([stacked(column) for column in zip(*values, strict=True)])
    arrays = [np.asarray(value) for value in values]
    if any(a.shape != arrays[0].shape or a.dtype != arrays[0].dtype for a in arrays):
        raise NotAlike("an array has another shape or type from run to run")
    order = sorted(range(arrays[0].ndim), key=lambda axis: -abs(arrays[0].strides[axis]))
    data = np.stack([a.transpose(order) for a in arrays])
    return Stacked(data.transpose(0, *(1 + order.index(axis) for axis in range(len(order)))))


def same_bits(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """Whether two arrays that broadcast are equal, zeros in their signs too."""
    if not (a == b).all():
        return False
    return a.dtype.kind != "f" or bool((np.signbit(a) == np.signbit(b)).all())


def lined_up(inputs: Sequence[Any]) -> list[Any]:
    """Operands with the runs along a common first axis, so that they broadcast as those of one run do."""
    depth = max(x.ndim if isinstance(x, Stacked) else np.ndim(x) for x in inputs)
    return [_deep(x, depth) for x in inputs]


def _deep(x: Any, depth: int) -> Any:
    if not isinstance(x, Stacked):
        return x
    lacking = depth - x.ndim
    return x.data.reshape(len(x.data), *[1] * lacking, *x.shape) if lacking else x.data


def reduced(reduce: Callable[..., Any], x: Any, exact: bool, axis: Any = None, **options: Any) -> Any:
    """A reduction along axes of the runs; sums whose order of terms matters need the entries in order of rows.

    `exact` are reductions that give the same in any order, as the extremes of floats do but for the sign of zero. Along
    axes of an array in order of rows the terms of a run are taken in the order in which they are taken alone.
    """
    plain = options.keys() <= {"initial"} and (exact or (isinstance(x, Stacked) and x.data.flags.c_contiguous))
    if not isinstance(x, Stacked) or not plain or not (axis is None or type(axis) is int):
        return each(reduce, x, axis=axis, **options)
    if axis is None:
        return Stacked(reduce(x.data.reshape(len(x.data), x.size), axis=1, **options))
    if not -x.ndim <= axis < x.ndim:
        raise np.exceptions.AxisError(axis, x.ndim)
    return Stacked(reduce(x.data, axis=axis + 1 if axis >= 0 else axis, **options))


def _together(items: tuple[Any, ...]) -> bool:
    """Whether an index selects along neighbouring axes, or by slices alone: then its axes stay where they are."""
    at = [k for k, item in enumerate(items) if not (isinstance(item, slice) or item is None or item is Ellipsis)]
    if all(isinstance(items[k], int | np.integer) for k in at):
        return True
    return at[-1] - at[0] == len(at) - 1


def _where(condition: Any, *choices: Any) -> Any:
    if not choices:
        return each(np.where, condition)
    return Stacked(np.where(*lined_up([condition, *choices])))


def _broadcast_to(x: Any, shape: Any, subok: bool = False) -> Any:
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return Stacked(np.broadcast_to(_deep(x, len(shape)), (len(x.data), *shape)))


def _full(x: Any, count: int) -> NDArray[Any]:
    """The array of all runs, of one that they share too."""
    return x.data if isinstance(x, Stacked) else np.broadcast_to(np.asarray(x), (count, *np.shape(x)))


def _concatenate(arrays: Sequence[Any], axis: int = 0) -> Any:
    count = runs_in(arrays) or 0
    return Stacked(np.concatenate([_full(x, count) for x in arrays], axis=axis + 1 if axis >= 0 else axis))


def _stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    count = runs_in(arrays) or 0
    return Stacked(np.stack([_full(x, count) for x in arrays], axis=axis + 1 if axis >= 0 else axis))


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if ord is not None or type(axis) is not int or x.dtype.kind != "f":
        return each(np.linalg.norm, x, ord, axis, keepdims)
    length = np.sqrt((x * x).sum(axis=axis))
    return length if not keepdims else length.reshape(*(1 if k == axis % x.ndim else s for k, s in enumerate(x.shape)))


def _count_nonzero(x: Any, axis: Any = None) -> Any:
    return reduced(np.count_nonzero, x, True, axis)


_EXACT = {np.minimum, np.maximum, np.logical_and, np.logical_or, np.add}
_FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: _where,
    np.broadcast_to: _broadcast_to,
    np.concatenate: _concatenate,
    np.stack: _stack,
    np.shape: lambda x: x.shape,
    np.ndim: lambda x: x.ndim,
    np.size: lambda x: x.size,
    np.count_nonzero: _count_nonzero,
    np.linalg.norm: _norm,
    np.sum: Stacked.sum,
    np.min: Stacked.min,
    np.max: Stacked.max,
    np.any: Stacked.any,
    np.all: Stacked.all,
    np.argmax: Stacked.argmax,
    np.argmin: Stacked.argmin,
}
"""Functions of arrays that need not go from run to run."""
