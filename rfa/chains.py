"""A chain of a proof: expressions X0, X1, ..., Xr with a relation between neighbours.

    yield chain(
        "E17", "the path is no longer than its steps",
        moved,
        le(path, "triangle inequality"),
        eq(path_as_sums, "definition of the gradient"),
        le(SQRT2 * b * alpha * t, "g < 1, A <= 1, ‖x‖ <= √2", needs=[short_inputs]),
        axes="t j",
    )

Each link is a claim of its own: slack, witness, loss, outcome under the premises it needs. A statement yields `PROOF`
between what it claims and its chains; where links are not asked for, it is not run beyond.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, get_args

import numpy as np

from rfa.claims import Claim, Link, Relation, _claim
from rfa.rounding import Rounded
from rfa.stacked import as_array


@dataclass(frozen=True, eq=False)
class Member:
    """The next expression of a chain and how it relates to the one before."""

    relation: Relation
    value: Any
    says: str
    needs: tuple[Claim, ...] = ()
    gap: str = ""
    printed: bool = False
    where: Any = True
    probability: float = 1.0
    name: str = ""


@dataclass(frozen=True, eq=False)
class Chain:
    """An ordered list of expressions; `links` gives the claims between neighbours."""

    id: str
    says: str
    first: Any
    members: tuple[Member, ...]
    axes: str
    where: Any
    scale: Any
    prefix: str
    state: str

    def links(self) -> Iterator[Claim]:
        """One claim for each link; a `printed` member hangs off the chain and is not passed through."""
        here, name, position = self.first, f"{self.prefix}0", 0
        shape = np.broadcast_shapes(np.shape(self.where), *(side_shape(e) for e in self.expressions))
        for member in self.members:
            following = member.name or f"{self.prefix}{position + 1}"
            if member.printed:
                following += " (printed)"
            yield self._link(here, name, member, following, shape)
            if not member.printed:
                here, name, position = member.value, following, position + 1

    @property
    def expressions(self) -> list[Any]:
        """All members' expressions, in order."""
        return [self.first, *(m.value for m in self.members)]

    def _link(self, here: Any, name: str, member: Member, following: str, shape: tuple[int, ...]) -> Claim:
        mask = np.broadcast_to(as_array(self.where, bool) & as_array(member.where, bool), shape)
        sides = (here, member.relation, member.value)
        where_it_stands = Link(self.id, name, following, member.says, member.gap, member.printed, self.state)
        return _claim(
            "link", f"{self.id} {name}→{following}", member.says, *sides, self.axes, mask, self.scale,
            link=where_it_stands, needs=member.needs, probability=member.probability,
        )  # fmt: skip


def side_shape(expression: Any) -> tuple[int, ...]:
    """Shape of a number, an array or a `Rounded`."""
    return expression.shape if isinstance(expression, Rounded) else np.shape(expression)


def chain(
    id: str,
    says: str,
    first: Any,
    *members: Member,
    axes: str = "",
    where: Any = True,
    scale: Any = 0.0,
    prefix: str = "X",
    state: str = "run",
) -> Chain:
    """A chain that starts at `first`; members are made by `le`, `lt`, `ge`, `gt`, `eq`.

    All expressions broadcast to one dimension per letter of `axes`. `prefix` names the members X0, X1, ...;
    `state` says on what it is judged ("run", or "planted" for states made for the purpose).
    """
    return Chain(id, says, first, members, axes, where, scale, prefix, state)


def _member(relation: Relation) -> Any:
    def member(
        value: Any,
        says: str = "",
        *,
        needs: Iterable[Claim] = (),
        gap: str = "",
        printed: bool = False,
        where: Any = True,
        probability: float = 1.0,
        name: str = "",
    ) -> Member:
        return Member(relation, value, says, tuple(needs), gap, printed, where, probability, name)

    member.__doc__ = f"""The next expression, with previous {relation} value.

    `needs`: premises of this link; `gap`: the slip of the paper it repairs (or, with `printed`, shows); `printed`: the
    step as printed where that is wrong, judged beside the chain and not passed through; `probability`: that of the
    event, for links that hold with a probability only.
    """
    return member


le, lt, ge, gt, eq = (_member(r) for r in get_args(Relation))

PROOF = chain("", "premises and conclusions end here, the chains of the proof begin", 0.0)
"""Yielded by a statement before its chains, so that they cost nothing where links are not asked for."""
