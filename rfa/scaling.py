"""A claimed order of growth, for `rfa.studies.scaling` to fit and judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rfa.run import Run


@dataclass(frozen=True)
class Scaling:
    """`measure(run)`, a positive number, behaves like the coordinate `along` to the power `exponent`.

    `along` (see `rfa.studies.coordinates`) runs over `values` from the setting with the keys `base`.
    `relation` says whether the exponent is claimed exactly (==), as an upper bound (<=, an O) or a lower one
    (>=, an Ω).
    """

    id: str
    says: str
    measure: Callable[[Run], float]
    along: str
    values: tuple[float, ...]
    exponent: float
    base: Mapping[str, Any]
    relation: Literal["==", "<=", ">="] = "=="
