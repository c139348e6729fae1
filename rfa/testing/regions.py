"""Settings inside all assumptions of a paper at a constant C, or outside exactly the named ones.

What an assumption says is asked of the paper: its statements of kind ASSUMPTION are evaluated on the parameters of a
setting, and its table of assumptions, if it has one, names the nearest sizes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from rfa.errors import InputError
from rfa.papers import Paper
from rfa.setting import Setting
from rfa.studies.assumptions import claims_of, limit, principal, repaired

Names = Iterable[str] | str | None
MOST_ENTRIES = 200_000
"""Settings whose sample or preactivations have more entries are not generated: they take more than milliseconds."""
BOUNDED_ABOVE = ("sigma", "eta", "omega_init")
"""Keys that are given two digits where the assumptions still hold with those."""
PROBE = Setting(d=9, n=9, m=4, sigma=0.1, omega_init=0.1, eta=0.1, K=1)


@dataclass(frozen=True, eq=False)
class Region:
    """Which assumptions of a paper hold (`inside`), and which fail (`outside`), by the ids of their claims."""

    paper: Paper
    inside: frozenset[str]
    outside: frozenset[str]

    @staticmethod
    def of(paper: Paper, inside: Names = None, outside: Names = None) -> Region:
        """The region that names ask for: ids of claims or of statements, or "all".

        With `outside` alone every other assumption holds. `InputError` for an id that the paper has not.
        """
        known = assumption_ids(paper)
        out = _chosen(known, outside, "outside")
        within = _chosen(known, "all" if out and inside is None else inside, "inside")
        if inside not in (None, "all") and (both := sorted(within & out)):
            raise InputError(f"inside and outside: {both[0]} cannot both hold and fail")
        return Region(paper, within - out, out)

    @property
    def everywhere(self) -> bool:
        """Whether nothing is asked."""
        return not self.inside and not self.outside

    def failing(self, setting: Setting, C: float) -> frozenset[str]:
        """Ids of all assumptions that fail at a setting."""
        return frozenset(claim.id for claim in claims_of(self.paper, setting, C) if not claim.holds)

    def contains(self, setting: Setting, C: float) -> bool:
        """Whether what should hold holds, and each statement that should fail fails."""
        failing = self.failing(setting, C)
        return not failing & self.inside and _statements(failing & self.outside) == _statements(self.outside)

    def allows(self, setting: Setting) -> bool:
        """Whether a setting lies in the region at the constant C that it notes."""
        return self.everywhere or (setting.C is not None and self.contains(setting, setting.C))

    def entered(self, setting: Setting, C: float) -> Setting | None:
        """The nearest setting at which all assumptions named by the region hold; None if none takes milliseconds."""
        named = self.inside | self.outside
        if not self.failing(setting, C) & named:
            return setting
        if self.paper.assumptions is not None:
            near = setting.override(**self.paper.assumptions(setting, C).nearest)
        else:
            found = repaired(self.paper, setting, C)
            near = setting if found is None else found.setting
        if not fits(near):
            return None
        for key in BOUNDED_ABOVE:
            rounder = near.override(**{key: two_digits(getattr(near, key))})
            near = near if self.failing(rounder, C) & named else rounder
        return None if self.failing(near, C) & named else near

    def left(self, setting: Setting, C: float, factor: float, side: int = 0) -> Setting | None:
        """A setting inside, moved along the coordinate of each assumption of `outside` to a factor beyond its end.

        `side` chooses among the claims of an assumption that has several. None where the setting cannot be moved.
        """
        known = assumption_ids(self.paper)
        for statement in sorted(_statements(self.outside)):
            claims = [id for id in known if id in self.outside and _statement(id) == statement]
            place = known.index(claims[side % len(claims)])
            along = principal(self.paper, setting, C, place)
            edge = None if along is None else limit(self.paper, setting, C, place, *along)
            if along is None or edge is None:
                return None
            axis, direction = along
            try:
                setting = axis.set(setting, float(f"{edge * factor**direction:.2g}"))
            except InputError:
                return None
        return setting


def fits(setting: Setting) -> bool:
    """Whether the run of a setting takes milliseconds."""
    return setting.n * max(setting.d, setting.m) * setting.total_steps <= 10 * MOST_ENTRIES


def assumption_ids(paper: Paper) -> tuple[str, ...]:
    """Ids of the claims of a paper's assumptions, in its order."""
    return tuple(claim.id for claim in claims_of(paper, PROBE, 4.0))


def _statement(id: str) -> str:
    return id.split(".")[0]


def _statements(ids: Iterable[str]) -> set[str]:
    return {_statement(id) for id in ids}


def _chosen(known: tuple[str, ...], names: Names, what: str) -> frozenset[str]:
    if names is None:
        return frozenset()
    if names == "all":
        return frozenset(known)
    found: set[str] = set()
    for name in [names] if isinstance(names, str) else names:
        ids = {id for id in known if name in (id, _statement(id))}
        if not ids:
            raise InputError(f"{what} = {name!r}: no such assumption; expected all, or of {', '.join(known)}")
        found |= ids
    return frozenset(found)


def two_digits(x: float) -> float:
    """The largest number of two digits up to x >= 0."""
    if x == 0:
        return x
    step = 10.0 ** (math.floor(math.log10(x)) - 1)
    return float(f"{math.floor(x / step * (1 + 1e-12)) * step:.2g}")
