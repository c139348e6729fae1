"""What one row of the tables is: a claim as two sides at an index, where it is made, and what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rfa.recheck.exact import Ball, ball, exponential, precisely
from rfa.recheck.run import ExactRun, once

Index = tuple[int, ...]
Where = Callable[[ExactRun], list[Index]]
Steps = Callable[[ExactRun], Iterable[int]]
Sides = tuple[Any, ...]
"""Left side, right side and, where the claim has one, the natural size of both. A side is None where it cannot be
computed again (a search or a sample stands behind it)."""

E = precisely(lambda: exponential(-2))


@dataclass(frozen=True)
class Formula:
    """A claim of the paper: `sides(run, *index)` at every index that `where(run)` lists, axes as in the report.

    `needs` are the ids of its premises (none for a premise); `may_fail` marks what holds with a probability only,
    `text` a remark that promises nothing.
    """

    axes: tuple[str, ...]
    relation: str
    sides: Callable[..., Sides]
    where: Where
    needs: tuple[str, ...] = ()
    may_fail: bool = False
    text: bool = False


def row(
    axes: str,
    relation: str,
    sides: Callable[..., Sides],
    where: Where | None = None,
    needs: str = "",
    *,
    may_fail: bool = False,
    text: bool = False,
) -> Formula:
    """A row of a table; without `where` a claim about the run as a whole."""
    return Formula(tuple(axes.split()), relation, sides, where or whole, tuple(needs.split()), may_fail, text)


# ---- index sets ------------------------------------------------------------------------------------------------


def whole(run: ExactRun) -> list[Index]:
    """The one index of a claim without axes."""
    return [()]


def samples(run: ExactRun) -> list[Index]:
    """Every sample."""
    return [(i,) for i in range(run.n)]


def clean(run: ExactRun) -> list[Index]:
    """Clean samples."""
    return [(i,) for i in range(run.n) if not run.noisy[i]]


def noisy(run: ExactRun) -> list[Index]:
    """Noisy samples."""
    return [(i,) for i in range(run.n) if run.noisy[i]]


def neurons(run: ExactRun) -> list[Index]:
    """Every neuron."""
    return [(j,) for j in range(run.m)]


def in_J(run: ExactRun) -> list[Index]:
    """Neurons of J."""
    return [(j,) for j in sorted(run.home)]


def filled_home(run: ExactRun) -> list[Index]:
    """Neurons of J whose cluster has a sample."""
    return [(j,) for j in sorted(run.home) if run.members(run.home[j])]


def filled_opposite(run: ExactRun) -> list[Index]:
    """Neurons of J whose opposing cluster has a sample."""
    return [(j,) for j in sorted(run.home) if run.members(run.home[j] ^ 1)]


def centres(run: ExactRun) -> list[Index]:
    """The four centres."""
    return [(mu,) for mu in range(4)]


def leaning(run: ExactRun) -> list[Index]:
    """Pairs of a neuron and a centre towards which it leans, whatever the sign of the neuron."""
    return [(j, mu) for j in range(run.m) for mu in range(4) if run.leans(j, mu)]


def at(steps: Steps, which: Where) -> Where:
    """Every index of `which` at every one of some steps."""
    return lambda run: [(t, *index) for t in steps(run) for index in which(run)]


def every_step(run: ExactRun) -> range:
    """Gradient steps of the whole run."""
    return range(run.last)


def steps_below_T(run: ExactRun) -> range:
    """Gradient steps before T."""
    return range(run.T)


def later_steps(run: ExactRun) -> range:
    """Gradient steps 1, ..., T − 1."""
    return range(1, run.T)


def up_to_T(run: ExactRun) -> range:
    """States 1, ..., T."""
    return range(1, run.T + 1)


def each(steps: Steps) -> Where:
    """Steps alone."""
    return lambda run: [(t,) for t in steps(run)]


@once
def kept(run: ExactRun) -> Ball:
    """(1 − 1/C0)²."""
    share = 1 - 1 / run.parameter("C0")
    return share * share


def number(x: Any) -> Ball:
    """A whole number or a truth value."""
    return ball(int(x))


Table = Mapping[str, Formula]
