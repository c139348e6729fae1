"""Which statements rest on what was estimated: those that cannot be stated once it is withheld."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from rfa.papers import DoesNotApply, Statement
from rfa.run import Run
from rfa.trace import AXES

if TYPE_CHECKING:
    from rfa.data import Sample
    from rfa.trace import Trace

LETTERS = {"mu": "k", "cluster": "mu", "y_clean": "q"}
"""The axis letter of the logged quantities that speak of centres, clusters and clean labels."""
ABOUT_J = ("sub_margin_min", "sub_margin_max")
"""Logged quantities of the neurons in J, which the centres pick."""


class WithheldError(Exception):
    """Something that was withheld is asked for."""


@dataclass(frozen=True)
class Without:
    """An object without some of its attributes; what it derives from those is gone with them."""

    whole: Any
    names: Collection[str]

    def __getattr__(self, name: str) -> Any:
        if name in self.names:
            raise WithheldError(name)
        found = getattr(type(self.whole), name, None)
        if isinstance(found, property) and found.fget is not None:
            return found.fget(self)
        return partial(found, self) if callable(found) else getattr(self.whole, name)


def withheld(run: Run, name: str) -> Run:
    """The run without one of the things in `run.estimates`: mu, cluster, y_clean, or a parameter."""
    if name not in LETTERS:
        nothing: dict[str, Any] = {name: None}
        return replace(run, **nothing)
    logged = {array for array, axes in AXES.items() if LETTERS[name] in axes}
    logged |= set(ABOUT_J) if name == "mu" else set()
    sample, trace = Without(run.sample, (name,)), Without(run.trace, logged)
    return replace(run, sample=cast("Sample", sample), trace=cast("Trace", trace))


def without_estimates(run: Run) -> dict[str, Run]:
    """The run once for each thing that was estimated, without it."""
    return {name: withheld(run, name) for name in run.estimates}


def rests_on(statement: Statement, blind: dict[str, Run]) -> tuple[str, ...]:
    """The estimates without which a statement that applies to a run cannot be stated on it."""
    return tuple(name for name, run in blind.items() if not _can_be_stated(statement, run))


def _can_be_stated(statement: Statement, run: Run) -> bool:
    try:
        for _ in statement.claims(run):
            pass
    except (WithheldError, DoesNotApply):
        return False
    return True
