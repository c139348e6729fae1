"""A claim is an inequality with two sides, at every index of its named axes.

A result of a paper is a generator of claims: what it supposes, what it promises, and the chains of its proof.
Everything else (slack, witness, smallest constant, outcome) is derived here and in `rfa.verdicts`, once for all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import isfinite, prod
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rfa.rounding import UNIT, Array, Rounded, Sampled, error_of, value_of
from rfa.stacked import Stacked, as_array

Relation = Literal["<=", "<", ">=", ">", "=="]
Role = Literal["premise", "conclusion", "link"]
HOLDS, UNDECIDED, FAILS = np.int8(1), np.int8(0), np.int8(-1)


@dataclass(frozen=True, eq=False)
class Claim:
    """`lhs relation rhs` at every index of `axes` at which `where` is true.

    `scale` is the natural size of the two sides, for claims whose bound is zero: slack is measured in units of the
    largest of |lhs|, |rhs| and `scale`. `needs` are the premises of this conclusion or link; None means all premises
    of the statement. `probability` below 1 marks an event that the paper promises with that probability only; with
    `sure`, all of that doubt lies in the premises: where they hold the event is certain, so one run can refute it.
    `at` names the index of single entries ("j", "i" ...) at which a claim without that axis was taken.
    """

    role: Role
    id: str
    says: str
    lhs: Rounded
    relation: Relation
    rhs: Rounded
    axes: tuple[str, ...]
    where: NDArray[np.bool_]
    scale: Array
    needs: tuple[Claim, ...] | None = None
    probability: float = 1.0
    sure: bool = False
    note: str = ""
    link: Link | None = None

    def __post_init__(self) -> None:
        shape = self.shape
        if len(self.axes) != len(shape):
            raise ValueError(
                f"`{self.id}` names the axes {' '.join(self.axes) or '(none)'} but its sides have shape {shape}; "
                "name one axis per dimension"
            )
        if self.relation not in ("<=", "<", ">=", ">", "=="):
            raise ValueError(f"`{self.id}` has relation {self.relation!r}; expected <=, <, >=, > or ==")
        if not shape and not self.stacked:
            self.__dict__.update(_at_one_index(self))

    @property
    def may_fail(self) -> bool:
        """Whether the claim may fail under its premises without being refuted."""
        return self.probability < 1 and not self.sure

    def __bool__(self) -> bool:
        raise TypeError(f"`{self.id}` has one truth per index; use `.state` or `.holds`")

    @property
    def stacked(self) -> bool:
        """Whether this is the claim of several runs together, which `rfa.looks` judges."""
        parts = (self.lhs.value, self.lhs.error, self.rhs.value, self.rhs.error, self.where, self.scale)
        return any(isinstance(x, Stacked) for x in parts)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Shape of the index set: the two sides and the mask broadcast together."""
        return _broadcast(self.lhs.value.shape, self.rhs.value.shape, self.where.shape)

    @cached_property
    def gap(self) -> Array:
        """`rhs - lhs`, turned so that positive means inside the bound; minus the distance for an equality."""
        with np.errstate(invalid="ignore"):
            difference = self.rhs.value - self.lhs.value
        if self.relation == "==":
            return -np.abs(difference)
        return difference if self.relation in ("<=", "<") else -difference

    @cached_property
    def finite(self) -> bool:
        """Whether the gap is finite at every index, and so is each side (the converse fails on overflow)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return isfinite(np.add.reduce(self.gap, axis=None)) or _all_finite(self.gap)

    @cached_property
    def error(self) -> Array:
        """Bound on the rounding error of `gap`."""
        exact = not (np.count_nonzero(self.lhs.error) or np.count_nonzero(self.rhs.error))
        return np.asarray(self.lhs.error + self.rhs.error + (0.0 if exact else UNIT * np.abs(self.gap)))

    @cached_property
    def slack(self) -> Array:
        """How far inside the bound, in units of the larger side (or of `scale`); negative where it is broken."""
        size = np.maximum(np.maximum(np.abs(self.lhs.value), np.abs(self.rhs.value)), self.scale)
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            room = self.gap + self.error if self.relation == "==" else self.gap
            if np.count_nonzero(size > 0) == size.size:
                return self._spread(room / size)
            return self._spread(np.where(size > 0, room / np.where(size > 0, size, 1.0), 0.0))

    @cached_property
    def everywhere(self) -> bool:
        """Whether the domain is the full index set by definition."""
        return not self.where.shape and bool(self.where)

    @cached_property
    def domain(self) -> NDArray[np.bool_]:
        """`where`, on the full index set."""
        return self._spread(self.where)

    def _spread(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values on the full index set."""
        return values if values.shape == self.shape else np.broadcast_to(values, self.shape)

    @cached_property
    def size(self) -> int:
        """Number of indices in the domain."""
        return prod(self.shape) if self.everywhere else int(np.count_nonzero(self.domain))

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """Where the sides keep the relation whatever the errors; for an equality, where they agree within them."""
        if self.relation == "==":
            return np.asarray(self.gap >= -self.error)
        return np.asarray(self.gap > self.error if self.relation in ("<", ">") else self.gap >= self.error)

    @cached_property
    def state(self) -> NDArray[np.int8]:
        """HOLDS, FAILS or UNDECIDED (the gap lies within its error) at every index; HOLDS off the domain.

        An equality holds within its rounding error; within an error of sampling it stays undecided. An error without
        a finite bound leaves everything open.
        """
        gap, error = self.gap, self.error
        if self.relation == "==":
            state = np.where(self.inside, self.at_best, FAILS)
        else:
            outside = gap <= -error if self.relation in ("<", ">") else gap < -error
            state = self.inside.astype(np.int8) - outside.astype(np.int8)
        if not _all_finite(error):
            state = np.where(np.isfinite(error), state, UNDECIDED)
        return self._spread(state) if self.everywhere else np.where(self.domain, state, HOLDS)

    @property
    def at_best(self) -> np.int8:
        """What the claim amounts to where the sides of an equality agree within their error."""
        sampled = isinstance(self.lhs, Sampled) or isinstance(self.rhs, Sampled)
        return UNDECIDED if sampled and self.relation == "==" else HOLDS

    @cached_property
    def holds(self) -> bool:
        """Whether the claim holds at every index of its domain."""
        return bool(self.lowest == HOLDS)

    @cached_property
    def lowest(self) -> int:
        """The worst state over the domain: HOLDS, UNDECIDED or FAILS."""
        if self.finite and self.relation != "==":
            within = self.inside if self.everywhere else self.inside | ~self.where
            if np.count_nonzero(within) == within.size:
                return int(HOLDS)
        return int(np.minimum.reduce(self.state, axis=None, initial=HOLDS))

    @cached_property
    def ill(self) -> str | None:
        """Why the claim cannot be evaluated, or None: a side that is not finite inside the domain."""
        if self.finite:
            return None
        for name, side in (("left", self.lhs), ("right", self.rhs)):
            if (at := self._first_not_finite(side.value)) is not None:
                return f"the {name} side is not finite{at}"
        return None

    @property
    def left_open(self) -> str:
        """Why nothing could be decided at some index of the domain, or that it could, as an empty text."""
        if (at := self._first_not_finite(self.error)) is not None:
            return f"the rounding error of the two sides has no finite bound{at}"
        return self.left_open_by_draws

    @property
    def left_open_by_draws(self) -> str:
        """Why an equality whose sides agree stays open, or an empty text: draws made one of them."""
        return "" if self.at_best == HOLDS else "draws can refute this equality and not confirm it"

    def _first_not_finite(self, values: Array) -> str | None:
        if _all_finite(values):
            return None
        bad = ~np.isfinite(values) & self.domain
        if not bad.any():
            return None
        at = ", ".join(f"{a}={i}" for a, i in zip(self.axes, np.argwhere(bad)[0], strict=True))
        return f" at {at}" if at else ""

    def worst(self, among: NDArray[np.bool_] | None = None) -> tuple[int, ...] | None:
        """Index of least slack in the domain (or in `among`); None if there is no index."""
        if among is None and self.everywhere and self.size:
            return _index(self.slack.argmin(), self.shape)
        pool = self.domain if among is None else among & self.domain
        if not np.count_nonzero(pool):
            return None
        return _index(np.where(pool, self.slack, np.inf).argmin(), self.shape)

    def sides(self, at: tuple[int, ...]) -> tuple[float, float]:
        """The two sides at one index."""
        return _entry(self.lhs.value, at), _entry(self.rhs.value, at)

    @cached_property
    def excess(self) -> float | None:
        """By what factor the sides miss the bound at the worst index; None where they have no positive ratio."""
        at = self.worst()
        if at is None or self.relation == "==":
            return None
        small, large = sorted(self.sides(at), key=abs)
        return large / small if small and (small > 0) == (large > 0) else None

    @cached_property
    def tightest_constant(self) -> float | None:
        """The factor on the right side at which the claim would only just hold everywhere.

        For `lhs <= c rhs` with a positive right side the smallest such c, for `>=` the largest; for a negative right
        side the other way round. None where the right side changes sign or is zero, and for equalities.
        """
        if self.relation == "==" or not self.size:
            return None
        lhs, rhs = self.lhs.value, self.rhs.value
        if not (rhs.ndim or rhs):
            return None
        if not self.everywhere:
            lhs, rhs = self._spread(lhs)[self.domain], self._spread(rhs)[self.domain]
        positive = np.count_nonzero(rhs > 0) == rhs.size
        if not positive and np.count_nonzero(rhs < 0) < rhs.size:
            return None
        with np.errstate(over="ignore"):
            ratio = lhs / rhs
        largest = (self.relation in ("<=", "<")) == positive
        return float((np.maximum if largest else np.minimum).reduce(ratio, axis=None)) + 0.0  # no zero below zero


_broadcast = lru_cache(maxsize=4096)(np.broadcast_shapes)


def _index(flat: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The index of an entry from its place in the order of rows."""
    found = []
    for length in reversed(shape):
        flat, at = divmod(int(flat), length)
        found.append(at)
    return tuple(reversed(found))


def _entry(values: Array, at: tuple[int, ...]) -> float:
    """The entry of an array that broadcasts to the shape of the index."""
    own = at[len(at) - values.ndim :]
    return float(values[tuple(0 if length == 1 else i for i, length in zip(own, values.shape, strict=True))])


def _all_finite(values: Array) -> bool:
    return np.count_nonzero(np.isfinite(values)) == values.size


def _at_one_index(claim: Claim) -> dict[str, Any]:
    """What the properties of a claim without axes give, in plain numbers, which halves the time to judge it.

    What is said is what a claim with one index says.
    """
    lhs, rhs, scale = float(claim.lhs.value), float(claim.rhs.value), float(claim.scale)
    errors, inside, relation = float(claim.lhs.error) + float(claim.rhs.error), bool(claim.where), claim.relation
    gap = -abs(rhs - lhs) if relation == "==" else rhs - lhs if relation in ("<=", "<") else -(rhs - lhs)
    error = errors + UNIT * abs(gap) if errors else 0.0
    size = max(abs(lhs), abs(rhs), scale)
    room = gap + error if relation == "==" else gap
    slack = room / size if size > 0 and lhs == lhs and rhs == rhs and scale == scale else 0.0
    state = _state(claim, gap, error) if inside else HOLDS
    ratio = lhs / rhs + 0.0 if inside and relation != "==" and (rhs > 0 or rhs < 0) else None
    return {
        "gap": np.float64(gap), "error": np.float64(error), "slack": np.float64(slack), "domain": np.bool_(inside),
        "everywhere": inside, "size": int(inside), "state": state, "lowest": int(state), "holds": bool(state == HOLDS),
        "tightest_constant": ratio, "finite": isfinite(gap),
    }  # fmt: skip


def _state(claim: Claim, gap: float, error: float) -> np.int8:
    relation = claim.relation
    if not isfinite(error):
        return UNDECIDED
    if relation == "==":
        return claim.at_best if gap >= -error else FAILS
    if gap > error or (gap == error and relation in ("<=", ">=")):
        return HOLDS
    return FAILS if gap < -error or (gap == -error and relation in ("<", ">")) else UNDECIDED


@dataclass(frozen=True)
class Link:
    """Where a link stands: chain, members it joins, and its standing in the printed proof."""

    chain: str
    start: str
    end: str
    step: str
    gap: str
    printed: bool
    state: str


def suppose(
    id: str,
    says: str,
    lhs: Any,
    relation: Relation,
    rhs: Any,
    *,
    axes: str = "",
    where: Any = True,
    scale: Any = 0.0,
    note: str = "",
) -> Claim:
    """What a result supposes: `lhs relation rhs` for every index of `axes` at which `where` is true.

    Sides are numbers, arrays or `Rounded` values that broadcast to one dimension per letter of `axes`. `id` is unique
    within its statement; `says` is the inequality in words or symbols.
    """
    return _claim("premise", id, says, lhs, relation, rhs, axes, where, scale, note=note)


def then(
    id: str,
    says: str,
    lhs: Any,
    relation: Relation,
    rhs: Any,
    *,
    axes: str = "",
    where: Any = True,
    scale: Any = 0.0,
    needs: Iterable[Claim] | None = None,
    probability: float = 1.0,
    sure: bool = False,
    note: str = "",
) -> Claim:
    """What a result promises; arguments as for `suppose`.

    `needs` names the premises that this conclusion rests on (default: all premises of the statement); `probability`
    is the one with which the paper promises the event; `sure` says that the premises imply it, so that only they can
    fail.
    """
    rests_on = None if needs is None else tuple(needs)
    return _claim(
        "conclusion", id, says, lhs, relation, rhs, axes, where, scale,
        needs=rests_on, probability=probability, sure=sure, note=note,
    )  # fmt: skip


def _claim(
    role: Role,
    id: str,
    says: str,
    lhs: Any,
    relation: Relation,
    rhs: Any,
    axes: str,
    where: Any,
    scale: Any,
    **more: Any,
) -> Claim:
    mask = as_array(where, bool)
    size = value_of(scale)
    return Claim(role, id, says, _side(lhs), relation, _side(rhs), tuple(axes.split()), mask, size, **more)


def _side(x: Any) -> Rounded:
    """A side as it enters a claim: a plain array of floats is granted four units of roundoff, a scalar none."""
    if isinstance(x, Rounded):
        return x
    exact = np.ndim(x) == 0 or as_array(x).dtype.kind in "biu"
    values = value_of(x)
    return Rounded(values, error_of(x) if exact else 4 * UNIT * np.abs(values))
