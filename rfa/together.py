"""Several runs of one setting as one run, whose arrays are stacked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property, wraps
from typing import Any, ParamSpec, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from rfa.fresh import Fresh
from rfa.rounding import Array, Rounded
from rfa.run import Run
from rfa.setting import Setting
from rfa.stacked import NotAlike, Stacked, of_run, stacked

Value = TypeVar("Value")
More = ParamSpec("More")
OWN = ("setting", "provenance", "runs")
"""What each run has for itself."""


@dataclass(frozen=True, eq=False)
class Runs(Run):
    """Runs of one setting with different seeds; every quantity of `Run` is stacked.

    What a run draws for itself is its own: see `by_itself`.
    """

    runs: tuple[Run, ...] = ()

    def __repr__(self) -> str:
        return f"<{len(self.runs)} runs, the first {self.runs[0]!r}>"

    @cached_property
    def fresh(self) -> Fresh:
        """Fresh samples of each run with their outputs at T."""
        return alike([run.fresh for run in self.runs])

    def network(self, X: Array, t: int, only: NDArray[np.bool_] | None = None) -> Array:
        """As `Run.network`, run by run: subnetworks differ in their sizes."""
        return by_itself(Run.network)(self, X, t, only)


class SharedSetting:
    """What the settings of several runs share: every key but seed and name."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting

    def __getattr__(self, name: str) -> Any:
        if name not in _KEYS:
            raise NotAlike(f"`{name}` is a matter of each run")
        return getattr(self._setting, name)


_KEYS = {field.name for field in fields(Setting)} - {"seed", "name"} | {"step_size", "total_steps", "varied"}


def together(runs: Sequence[Run]) -> Runs:
    """Runs of one setting as one; `NotAlike` where their arrays do not fit together or their networks are others."""
    if any(run.forms or run.gain is not None or run.setting is None for run in runs):
        raise NotAlike("the network is not the theorem's at every step")
    if any(run.parameters is not runs[0].parameters for run in runs):
        raise NotAlike("the settings differ")
    names = [field.name for field in fields(Run) if field.name not in OWN]
    parts = {name: alike([getattr(run, name) for run in runs]) for name in names}
    setting = cast(Setting, SharedSetting(cast(Setting, runs[0].setting)))
    return Runs(**parts, setting=setting, runs=tuple(runs))


def alike(values: Sequence[Any]) -> Any:
    """One value for those of several runs: arrays stacked unless they are equal, the rest of a structure as it is."""
    first = values[0]
    kind = type(first)
    if any(type(value) is not kind for value in values):
        raise NotAlike("a value has another type from run to run")
    if kind is np.ndarray:
        return first if _equal(values) else stacked(values)
    if isinstance(first, np.generic | bool | int) or (isinstance(first, float) and _equal(values)):
        return first if _equal(values) else stacked(values)
    if isinstance(first, Rounded):
        return kind(alike([x.value for x in values]), alike([x.error for x in values]))
    if isinstance(first, Mapping):
        return _alike_mappings(values)
    if isinstance(first, list | tuple):
        return _alike_rows(values)
    if is_dataclass(first):
        return _alike_fields(values)
    if any(value != first for value in values):
        raise NotAlike(f"{first!r} is another from run to run")
    return first


def _equal(values: Sequence[Any]) -> bool:
    """Whether arrays or numbers are the same to the bit."""
    first = np.asarray(values[0])
    bits, others = first.tobytes(), map(np.asarray, values[1:])
    return all(a.shape == first.shape and a.dtype == first.dtype and a.tobytes() == bits for a in others)


def _alike_mappings(values: Sequence[Mapping[Any, Any]]) -> dict[Any, Any]:
    if any(value.keys() != values[0].keys() for value in values):
        raise NotAlike("a mapping has other keys from run to run")
    return {key: alike([value[key] for value in values]) for key in values[0]}


def _alike_rows(values: Sequence[Any]) -> Any:
    if any(len(value) != len(values[0]) for value in values):
        raise NotAlike("a list has another length from run to run")
    make = getattr(type(values[0]), "_make", type(values[0]))
    return make([alike(column) for column in zip(*values, strict=True)])


def _alike_fields(values: Sequence[Any]) -> Any:
    names = [field.name for field in fields(values[0])]
    return type(values[0])(**{name: alike([getattr(value, name) for value in values]) for name in names})


def by_itself(measure: Callable[More, Value]) -> Callable[More, Value]:
    """Evaluate on each run alone, also where arguments are of several: for what draws at random or sizes of its own."""

    @wraps(measure)
    def alone(*args: More.args, **options: More.kwargs) -> Value:
        count = _runs_in((*args, *options.values()))
        if count is None:
            return measure(*args, **options)
        given = [(_part(args, r), {name: _part(x, r) for name, x in options.items()}) for r in range(count)]
        found: Value = alike([measure(*one, **more) for one, more in given])
        return found

    return alone


def _runs_in(x: Any) -> int | None:
    """Of how many runs a value is; None for a value of one run."""
    if isinstance(x, Stacked):
        return len(x.data)
    if isinstance(x, Runs):
        return len(x.runs)
    return next((count for part in _parts(x) if (count := _runs_in(part)) is not None), None)


def _parts(x: Any) -> Sequence[Any]:
    if isinstance(x, Rounded):
        return (x.value, x.error)
    if isinstance(x, list | tuple):
        return x
    return [getattr(x, field.name) for field in fields(x)] if _is_structure(x) else ()


def _part(x: Any, r: int) -> Any:
    """What is of the r-th run in a value of several."""
    if isinstance(x, Runs):
        return x.runs[r]
    if isinstance(x, Rounded):
        return type(x)(_part(x.value, r), _part(x.error, r))
    if isinstance(x, list | tuple):
        return getattr(type(x), "_make", type(x))([_part(one, r) for one in x])
    if _is_structure(x):
        return type(x)(**{field.name: _part(getattr(x, field.name), r) for field in fields(x)})
    return of_run(x, r)


def _is_structure(x: Any) -> bool:
    return is_dataclass(x) and not isinstance(x, type | Run)
