"""A ledger says where a proof loses: the factors between what a run measures and what the proof promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite, prod
from typing import SupportsFloat

from rfa.papers import DoesNotApply


@dataclass(frozen=True)
class Entry:
    """One step of a proof at one place of a run: the value before it and the weaker one it goes on with."""

    name: str
    before: float
    after: float
    says: str

    @property
    def factor(self) -> float:
        """What the step loses; below 1 where it gains (a term that the value after leaves out)."""
        return self.before / self.after


@dataclass(frozen=True)
class Ledger:
    """The losses in the proof of one lower bound, in order, from its measured left side to its right side.

    `claim` is the id of the conclusion, `witness` the index of the run at which the ledger is taken.
    """

    claim: str
    says: str
    entries: tuple[Entry, ...]
    witness: Mapping[str, int] = field(default_factory=dict)

    @property
    def measured(self) -> float:
        """The left side of the conclusion at the witness."""
        return self.entries[0].before

    @property
    def proved(self) -> float:
        """The right side of the conclusion at the witness."""
        return self.entries[-1].after

    @property
    def total(self) -> float:
        """measured / proved."""
        return self.measured / self.proved

    @property
    def product(self) -> float:
        """The product of all factors, which is `total` to rounding error."""
        return prod(entry.factor for entry in self.entries)


def ledger(
    claim: str,
    says: str,
    measured: SupportsFloat,
    *steps: tuple[str, SupportsFloat, str],
    witness: Mapping[str, int] | None = None,
) -> Ledger:
    """A ledger from the measured value and the steps (name, value after the step, what the step does).

    `DoesNotApply` where a value is not positive: there is no factor from or to it.
    """
    entries, before = [], positive(measured, claim)
    for name, value, what in steps:
        after = positive(value, f"{claim}, {name}")
        entries.append(Entry(name, before, after, what))
        before = after
    return Ledger(claim, says, tuple(entries), witness or {})


def positive(value: SupportsFloat, name: str) -> float:
    """`value` as a float; `DoesNotApply` if it is not positive and finite."""
    number = float(value)
    if not (isfinite(number) and number > 0):
        raise DoesNotApply(f"no ledger: the value at {name} is {number:g}; a factor needs positive values")
    return number
