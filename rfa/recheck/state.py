"""What exact sides say at every index: how far inside the bound, and whether rounding could say otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from rfa.recheck.exact import PER_OPERATION, ZERO, Ball, ball
from rfa.recheck.formula import Formula, Index
from rfa.recheck.run import ExactRun
from rfa.recheck.weights import NotRechecked

HOLDS, OPEN, FAILS = 1, 0, -1
LARGEST_SCAN = 20_000
"""Indices that are gone through in search of a worse witness."""
CRUDER = 16
"""By what factor the error bounds of a report may exceed those taken here (it may bound more crudely)."""


@dataclass(frozen=True)
class Place:
    """The exact sides of a claim at one index."""

    formula: Formula
    lhs: Ball
    rhs: Ball
    scale: Any

    @cached_property
    def gap(self) -> Any:
        """Distance to the bound, positive inside; minus the distance for an equality."""
        difference = self.rhs.value - self.lhs.value
        if self.formula.relation == "==":
            return -abs(difference)
        return difference if self.formula.relation in ("<=", "<") else -difference

    @cached_property
    def radius(self) -> Any:
        """How far the gap of the report may lie from this one."""
        own = PER_OPERATION * abs(self.gap) if self.lhs.radius or self.rhs.radius else ZERO
        return self.lhs.radius + self.rhs.radius + own

    @cached_property
    def size(self) -> Any:
        """The unit of slack: the largest of both sides and the natural size."""
        return max(abs(self.lhs.value), abs(self.rhs.value), self.scale)

    @cached_property
    def slack(self) -> Ball:
        """Signed distance to the bound in units of `size`."""
        if self.size == 0:
            return Ball(0)
        lost = self.radius + abs(self.gap) * self.radius / self.size
        return Ball(self.gap / self.size, lost / self.size + PER_OPERATION * abs(self.gap / self.size))

    @cached_property
    def state(self) -> int:
        """HOLDS or FAILS where no error bound of the report can say otherwise, else OPEN."""
        strict, crude = self.formula.relation in ("<", ">"), CRUDER * self.radius
        if self.formula.relation == "==":
            return HOLDS if abs(self.gap) <= self.radius else FAILS if abs(self.gap) > crude else OPEN
        if self.radius == 0 and self.gap == 0:
            return FAILS if strict else HOLDS
        return HOLDS if self.gap > crude else FAILS if self.gap < -crude else OPEN


def place(run: ExactRun, formula: Formula, index: Index) -> Place:
    """The sides of a claim at one index; `NotRechecked` if a side cannot be computed."""
    lhs, rhs, *scale = formula.sides(run, *index)
    if lhs is None:
        raise NotRechecked("the left side cannot be computed from a run file")
    size = ball(scale[0]).value if scale else ZERO
    return Place(formula, ball(lhs), ball(rhs), size)


def scan(run: ExactRun, formula: Formula) -> Mapping[Index, Place]:
    """The claim at every index, or `NotRechecked` if there are too many."""
    if id(formula) not in run.made:
        indices = formula.where(run)
        if len(indices) > LARGEST_SCAN:
            raise NotRechecked(f"{len(indices)} indices; a worse one is sought among at most {LARGEST_SCAN}")
        run.made[id(formula)] = {index: place(run, formula, index) for index in indices}
    found: Mapping[Index, Place] = run.made[id(formula)]
    return found


def states_of(run: ExactRun, formula: Formula) -> list[int]:
    """The state at every index."""
    return [found.state for found in scan(run, formula).values()]
