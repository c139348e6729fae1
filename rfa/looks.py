"""A claim looked at on several runs together: what `Claim` and `rfa.verdicts` say of each of them, for all at once.

Arrays have the axes (run, index), with the indices of the claim in order of rows; a claim that all runs share, such as
one about sizes, has one run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa.claims import FAILS, HOLDS, UNDECIDED, Claim
from rfa.rounding import UNIT, Array
from rfa.stacked import Stacked
from rfa.verdicts import CASES, PREMISE, TRUTH, Outcome

NONE = len(CASES)
"""In place of a case, where there is no index to judge."""


@dataclass(frozen=True, eq=False)
class Look:
    """The index by index judgement of one claim on each run."""

    claim: Claim

    def flat(self, x: Any) -> NDArray[Any]:
        """An array that broadcasts to the shape of the claim, axes run index."""
        shape = self.claim.shape
        entries: Any = np.broadcast_to(x, shape)
        if isinstance(entries, Stacked):
            return entries.data.reshape(len(entries.data), entries.size)
        return np.asarray(entries.reshape(1, entries.size))

    @cached_property
    def lhs(self) -> Array:
        """The left side."""
        return self.flat(self.claim.lhs.value)

    @cached_property
    def rhs(self) -> Array:
        """The right side."""
        return self.flat(self.claim.rhs.value)

    @cached_property
    def domain(self) -> NDArray[np.bool_]:
        """Where the claim speaks."""
        return self.flat(self.claim.where)

    @cached_property
    def size(self) -> NDArray[np.int64]:
        """Number of indices in the domain, axis run."""
        return np.count_nonzero(self.domain, axis=1)

    @cached_property
    def gap(self) -> Array:
        """As `Claim.gap`."""
        with np.errstate(invalid="ignore"):
            difference = self.rhs - self.lhs
        if self.claim.relation == "==":
            return -np.abs(difference)
        return difference if self.claim.relation in ("<=", "<") else -difference

    @cached_property
    def error(self) -> Array:
        """As `Claim.error`: no rounding is added where both sides are exact at every index."""
        left, right = self.flat(self.claim.lhs.error), self.flat(self.claim.rhs.error)
        inexact = np.any(left, axis=1, keepdims=True) | np.any(right, axis=1, keepdims=True)
        return left + right + np.where(inexact, UNIT * np.abs(self.gap), 0.0)

    @cached_property
    def slack(self) -> Array:
        """As `Claim.slack`."""
        size = np.maximum(np.maximum(np.abs(self.lhs), np.abs(self.rhs)), self.flat(self.claim.scale))
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            room = self.gap + self.error if self.claim.relation == "==" else self.gap
            return np.where(size > 0, room / size, 0.0)

    @cached_property
    def state(self) -> NDArray[np.int8]:
        """As `Claim.state`."""
        gap, error = self.gap, self.error
        if self.claim.relation == "==":
            state = np.where(gap >= -error, self.claim.at_best, FAILS)
        elif self.claim.relation in ("<", ">"):
            state = (gap > error).astype(np.int8) - (gap <= -error)
        else:
            state = (gap >= error).astype(np.int8) - (gap < -error)
        return np.where(self.domain, np.where(np.isfinite(error), state, UNDECIDED), HOLDS)

    @cached_property
    def lowest(self) -> NDArray[np.int8]:
        """The worst state over the domain, axis run."""
        return np.min(self.state, axis=1, initial=HOLDS)

    @cached_property
    def odd(self) -> NDArray[np.bool_]:
        """Whether a side or an error is not finite in the domain, axis run: then the claim of the run tells why."""
        odd = ~(np.isfinite(self.lhs) & np.isfinite(self.rhs) & np.isfinite(self.error))
        return np.asarray((odd & self.domain).any(axis=1))

    @cached_property
    def tightest_constant(self) -> NDArray[Any]:
        """As `Claim.tightest_constant` where there is an index, axis run; None where there is none."""
        domain, rhs, size = self.domain, self.rhs, self.size
        positive = size == np.count_nonzero((rhs > 0) & domain, axis=1)
        one_sign = positive | (size == np.count_nonzero((rhs < 0) & domain, axis=1))
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            ratio = self.lhs / rhs
        largest = np.max(np.where(domain, ratio, -np.inf), axis=1, initial=-np.inf)
        least = np.min(np.where(domain, ratio, np.inf), axis=1, initial=np.inf)
        found = np.where(positive == (self.claim.relation in ("<=", "<")), largest, least) + 0.0
        return np.asarray(np.where(one_sign & (self.claim.relation != "=="), found.astype(object), None))

    def onto(self, other: Look) -> NDArray[np.int8]:
        """The state lined up with the indices of another claim: the worst over the axes that this one alone has."""
        have, want = self.claim.axes, other.claim.axes
        shared = [axis for axis in want if axis in have]
        alone = tuple(1 + k for k, axis in enumerate(have) if axis not in want)
        state = self.state.reshape(len(self.state), *self.claim.shape)
        kept = np.min(state, axis=alone, initial=HOLDS)
        left = [axis for axis in have if axis in want]
        kept = kept.transpose(0, *(1 + left.index(axis) for axis in shared))
        lengths = iter(kept.shape[1:])
        kept = kept.reshape(len(kept), *(next(lengths) if axis in have else 1 for axis in want))
        return np.broadcast_to(kept, (len(kept), *other.claim.shape)).reshape(len(kept), other.domain.shape[1])


def lowest(claim: Claim) -> Any:
    """The worst state of a claim over its domain, of each run if it is stacked."""
    return Stacked(Look(claim).lowest) if claim.stacked else claim.lowest


def states(claim: Claim) -> NDArray[np.int8]:
    """The state of a claim at every index, of each run if it is stacked."""
    if not claim.stacked:
        return claim.state
    state = Look(claim).state
    found: Any = Stacked(state.reshape(len(state), *claim.shape))
    return found


@dataclass(frozen=True)
class Seen:
    """What a verdict on each run says, axis run; `at` the place of the witness in order of rows.

    `outcome` is the index in `CASES`, `NONE` where there is no index to judge. `supposed` is the worst state of the
    premises, `failing` those that fail at some index of the claim, with the runs on which they do.
    """

    look: Look
    outcome: NDArray[np.int64]
    at: NDArray[np.int64]
    supposed: NDArray[np.int8]
    failing: tuple[tuple[str, NDArray[np.bool_]], ...] = ()

    def entries(self, values: NDArray[Any]) -> NDArray[Any]:
        """The entry of `values`, axes run index, at the witness, axis run."""
        count = len(self.at)
        if not values.shape[1]:
            return np.zeros(count)
        return np.broadcast_to(values, (count, values.shape[1]))[np.arange(count), self.at]


def premise(look: Look, text: bool) -> Seen:
    """As `rfa.verdicts.judge_premise`."""
    worst = np.max(PREMISE[look.state], axis=1, initial=_CONFIRMED)
    holds = look.lowest == HOLDS
    outcome = np.where(holds, _CONFIRMED, np.where(worst > _CONFIRMED, worst, _UNDECIDED))
    supposed = np.full(1, FAILS if text else HOLDS)
    return _seen(look, outcome, holds[:, None] | (look.state != HOLDS), supposed)


def conclusion(look: Look, needs: Sequence[Look], text: bool) -> Seen:
    """As `rfa.verdicts.judge_claim`."""
    start = np.full(1, FAILS if text else HOLDS)
    lined_up = [(one, one.onto(look)) for one in needs if (one.lowest != HOLDS).any()]
    supposed = reduce(np.minimum, (state for _, state in lined_up), start[:, None])
    cases = TRUTH[int(look.claim.may_fail), supposed, look.state]
    outcome = np.min(np.where(look.domain, cases, NONE), axis=1, initial=NONE)
    shown = cases == outcome[:, None]
    if text:
        shown = np.where((look.lowest == FAILS)[:, None], look.state == FAILS, shown)
    failing = tuple(
        (one.claim.id, ((state == FAILS) & look.domain).any(axis=1))
        for one, state in lined_up
        if (one.lowest == FAILS).any()
    )
    worst = reduce(np.minimum, (one.lowest for one in needs), start)
    return _seen(look, outcome, shown | ~np.isin(outcome, _POINTING)[:, None], worst, failing)


def _seen(
    look: Look,
    outcome: NDArray[np.int64],
    shown: NDArray[np.bool_],
    supposed: NDArray[np.int8],
    failing: tuple[tuple[str, NDArray[np.bool_]], ...] = (),
) -> Seen:
    if not look.domain.shape[1]:
        at = np.zeros(len(outcome), dtype=np.int64)
    else:
        at = np.where(shown & look.domain, look.slack, np.inf).argmin(axis=1)
    return Seen(look, np.where(look.size > 0, outcome, NONE), at, supposed, failing)


_CONFIRMED, _UNDECIDED = CASES.index(Outcome.CONFIRMED), CASES.index(Outcome.UNDECIDED)
_POINTING = [CASES.index(outcome) for outcome in (Outcome.REFUTED, Outcome.UNDECIDED, Outcome.SILENT)]
"""Cases whose witness is sought among the indices that show them."""
