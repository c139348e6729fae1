"""A guarantee: what the sample and the first weights alone promise of a run, before any training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rfa.errors import InputError
from rfa.papers import DoesNotApply, Paper
from rfa.verdicts import Outcome, Verdict

if TYPE_CHECKING:
    from rfa.run import Run

HARMLESS = ("signs", "time")
"""Kinds of departure under which the training is still gradient descent of the theorem's network and loss."""


@dataclass(frozen=True)
class Figure:
    """A number behind a guarantee, certainly between `lower` and `upper`."""

    name: str
    says: str
    lower: float
    upper: float


@dataclass(frozen=True)
class Guarantee:
    """`promises` is certain of exact gradient descent if every condition holds.

    `measured` is what the run itself shows of the promised number, if it was trained; None otherwise.
    """

    promises: str
    conditions: tuple[Verdict, ...]
    figures: tuple[Figure, ...]
    measured: float | None = None

    @property
    def given(self) -> bool:
        """Whether every condition certainly holds."""
        return all(c.outcome is Outcome.CONFIRMED for c in self.conditions)

    @property
    def failing(self) -> tuple[Verdict, ...]:
        """The conditions that do not certainly hold."""
        return tuple(c for c in self.conditions if c.outcome is not Outcome.CONFIRMED)

    @property
    def sentence(self) -> str:
        """The guarantee, or which condition is missing and by how much."""
        if self.given:
            return f"Guaranteed: {self.promises}."
        told = ", ".join(f"{c.id} {_lack(c)}" for c in self.failing)
        return f"Not guaranteed: {told}."

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and words."""
        return {
            "given": self.given,
            "sentence": self.sentence,
            "measured": self.measured,
            "conditions": [
                {
                    "id": c.id, "says": c.says, "outcome": c.outcome.name, "lhs": c.lhs, "relation": c.relation,
                    "rhs": c.rhs, "slack": c.slack, "witness": dict(c.witness),
                }
                for c in self.conditions
            ],
            "figures": [vars(f) for f in self.figures],
        }  # fmt: skip


def departed(run: Run) -> list[str]:
    """In what a run is not trained as a guarantee supposes."""
    return [one.says for one in run.departures if one.kind not in HARMLESS]


def guaranteed(paper: Paper, run: Run) -> Guarantee:
    """What a paper guarantees of a run from its sample and first weights.

    `InputError` if the paper has no certificate, `DoesNotApply` if the run is not trained as the guarantee supposes.
    """
    if paper.certify is None:
        raise InputError(f"paper {paper.name!r} has no certificate")
    if away := departed(run):
        raise DoesNotApply(f"it speaks of gradient descent in the setting of the theorem, and here {'; '.join(away)}")
    return paper.certify(run)


def _lack(condition: Verdict) -> str:
    if condition.outcome is Outcome.ERROR or condition.slack is None:
        return f"cannot be evaluated ({condition.reason})"
    where = ", ".join(f"{axis}={index}" for axis, index in condition.witness.items())
    undecided = condition.outcome is Outcome.UNDECIDED
    how = "lies within rounding" if undecided else f"fails with slack {condition.slack:.3g}"
    return f"{how} at {where}" if where else how
