"""Constants of a paper: printed, working on a run, exact for the law; and how large "large enough" is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import scipy

LARGEST_EXPONENT = 120
"""Constants are sought between 1 and 10 to this power."""
PER_DECADE = 4
"""Places per decade at which an inequality is tried before bisection."""


@dataclass(frozen=True)
class Constant:
    """One constant of a paper, against one run.

    `paper_value` is None where the paper asserts only that there is one. `on_run` is the least (or
    largest, see `works`) value with which everything that it is used for holds on the run, attained at
    `witness`: infinite (or zero) where no value would do, None where the run has nothing to say.
    `exact_for_law` is its value for the law of the data, up to `law_error`.
    """

    name: str
    symbol: str
    paper_value: float | None
    on_run: float | None
    witness: Mapping[str, int]
    exact_for_law: float | None
    where_used: str
    works: Literal["least", "largest"] = "least"
    law_error: float = 0.0

    @property
    def none_works(self) -> bool:
        """Whether no value of this constant would do on the run."""
        return bool(self.on_run == (math.inf if self.works == "least" else 0.0))

    def to_dict(self) -> dict[str, Any]:
        """All fields and `none_works` as JSON has them: None for what is missing or infinite."""
        figures = ("paper_value", "on_run", "exact_for_law", "law_error")
        words = ("name", "symbol", "works", "where_used", "none_works")
        numbers = {key: _number(getattr(self, key)) for key in figures}
        return {**{key: getattr(self, key) for key in words}, **numbers, "witness": dict(self.witness)}


@dataclass(frozen=True)
class Requirement:
    """One step of a proof that holds for C large enough: `slack(C)` >= 0.

    `inequality` is the same in symbols; `gap` names the slip of the paper that it repairs.
    """

    step: str
    inequality: str
    slack: Callable[[float], float]
    gap: str = ""

    @cached_property
    def needs_C(self) -> float:
        """The least C >= 1 from which on the inequality holds; infinite if it never does."""
        return least(self.slack)

    def to_dict(self) -> dict[str, Any]:
        """Step, inequality, gap and the C needed (None: no C is large enough)."""
        words = {"step": self.step, "inequality": self.inequality, "gap": self.gap}
        return {**words, "needs_C": _number(self.needs_C)}


@dataclass(frozen=True)
class Variant:
    """One version of a proof: its requirements on C, and what the assumptions ask for at a given C."""

    name: str
    says: str
    requirements: tuple[Requirement, ...]
    sizes_at: Callable[[float], Mapping[str, float]]

    @property
    def deciding(self) -> Requirement:
        """The requirement that asks for most."""
        return max(self.requirements, key=lambda requirement: requirement.needs_C)

    @property
    def C(self) -> float:
        """The C that this version of the proof needs."""
        return self.deciding.needs_C

    @property
    def sizes(self) -> Mapping[str, float]:
        """What the assumptions ask for at that C."""
        return self.sizes_at(self.C)

    def to_dict(self) -> dict[str, Any]:
        """The whole table, the C needed, the step that decides it and the sizes that follow."""
        return {
            "name": self.name,
            "says": self.says,
            "C": _number(self.C),
            "decided_by": self.deciding.step,
            "sizes": {key: _number(value) for key, value in self.sizes.items()},
            "requirements": [requirement.to_dict() for requirement in self.requirements],
        }


@dataclass(frozen=True)
class ConstantsTable:
    """All constants of a paper on a run, and how large C has to be for versions of its proof.

    `assumed` are the values that the requirements on C rest on.
    """

    constants: tuple[Constant, ...]
    variants: tuple[Variant, ...]
    assumed: Mapping[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The table as plain numbers, words and lists."""
        return {
            "constants": [constant.to_dict() for constant in self.constants],
            "assumed": {key: _number(value) for key, value in self.assumed.items()},
            "variants": [variant.to_dict() for variant in self.variants],
        }


def least(slack: Callable[[float], float]) -> float:
    """The least x >= 1 from which on slack(x) >= 0: tried on a logarithmic grid, then solved for log x.

    Infinite if the slack is negative at the largest power tried.
    """
    places = np.linspace(0, LARGEST_EXPONENT, LARGEST_EXPONENT * PER_DECADE + 1) * math.log(10)
    negative = np.flatnonzero([slack(math.exp(x)) < 0 for x in places])
    if not len(negative):
        return 1.0
    last = int(negative[-1])
    if last + 1 == len(places):
        return math.inf
    between = (places[last], places[last + 1])
    return math.exp(scipy.optimize.brentq(lambda x: slack(math.exp(x)), *between, xtol=1e-13))


def _number(x: float | None) -> float | None:
    return None if x is None or not math.isfinite(x) else float(x)
