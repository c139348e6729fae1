"""Which outcome premises and conclusion give together at each index, as far as rounding leaves it open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rfa.recheck.formula import Formula, Index
from rfa.recheck.run import ExactRun
from rfa.recheck.state import FAILS, HOLDS, OPEN, Place, scan
from rfa.recheck.weights import NotRechecked

BY_REPORT = {"CONFIRMED": HOLDS, "SILENT": FAILS}
OUTCOMES = ("REFUTED", "UNDECIDED", "CONFIRMED", "BEYOND", "SILENT")


@dataclass(frozen=True)
class Premise:
    """A premise of a claim: as computed here where that is possible, else as the report has it."""

    reported: Mapping[str, Any] | None
    formula: Formula | None
    id: str
    run: ExactRun

    @cached_property
    def states(self) -> Mapping[Index, int] | None:
        """State by index; None where it cannot be computed again."""
        if self.formula is None:
            return None
        try:
            return {index: found.state for index, found in scan(self.run, self.formula).items()}
        except (NotRechecked, ZeroDivisionError, ValueError):
            return None

    @cached_property
    def told(self) -> int:
        """The state at every index as the report has it; OPEN if it varies."""
        counts = [k for k, count in (self.reported or {}).get("counts", {}).items() if count]
        return BY_REPORT.get(counts[0], OPEN) if len(counts) == 1 else OPEN if counts else HOLDS

    @property
    def holds_everywhere(self) -> bool:
        """Whether it holds at every index beyond doubt."""
        return all(s == HOLDS for s in self.states.values()) if self.states is not None else self.told == HOLDS

    @property
    def fails_everywhere(self) -> bool:
        """Whether it fails at every index (and has one) beyond doubt."""
        if self.states is None:
            return self.told == FAILS
        return bool(self.states) and all(s == FAILS for s in self.states.values())

    def onto(self, axes: Sequence[str]) -> Any:
        """A function from an index of the claim to the state there: the worst over the axes it has alone."""
        if self.states is None or self.formula is None:
            return lambda index: self.told
        shared = [axis for axis in self.formula.axes if axis in axes]
        worst: dict[Index, int] = {}
        for index, state in self.states.items():
            key = tuple(k for k, axis in zip(index, self.formula.axes, strict=True) if axis in axes)
            worst[key] = state if key not in worst else _both(worst[key], state)
        return lambda index: worst.get(tuple(index[list(axes).index(axis)] for axis in shared), HOLDS)


def _both(one: int, other: int) -> int:
    return FAILS if FAILS in (one, other) else OPEN if OPEN in (one, other) else HOLDS


def case_bounds(
    of: Formula, places: Mapping[Index, Place], needed: Sequence[Premise]
) -> tuple[dict[Index, str], dict[str, tuple[int, int]]]:
    """The outcome of each index ("" where rounding leaves it open), and how often each may occur."""
    lookups = [premise.onto(of.axes) for premise in needed]
    cases: dict[Index, str] = {}
    for index, found in places.items():
        supposed = FAILS if of.text else HOLDS
        for lookup in lookups:
            supposed = _both(supposed, lookup(index))
        cases[index] = _case(supposed, found.state, of.may_fail)
    unclear = sum(not case for case in cases.values())
    tally = {outcome: sum(case == outcome for case in cases.values()) for outcome in OUTCOMES}
    return cases, {outcome: (count, count + unclear) for outcome, count in tally.items()}


def _case(supposed: int, concluded: int, may_fail: bool) -> str:
    if OPEN in (supposed, concluded):
        return ""
    if supposed == HOLDS:
        return "CONFIRMED" if concluded == HOLDS else "UNDECIDED" if may_fail else "REFUTED"
    return "BEYOND" if concluded == HOLDS else "SILENT"
