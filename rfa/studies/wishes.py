"""What a report of violations is to look at, and where its searches for break points begin."""

from __future__ import annotations

from dataclasses import dataclass

from rfa.errors import InputError
from rfa.papers import Paper
from rfa.setting import Setting
from rfa.studies.assumptions import assumptions, judged_at, limit, principal
from rfa.studies.breakpoints import multiplications
from rfa.studies.coordinates import Coordinate
from rfa.studies.rates import LEVEL
from rfa.studies.trials import CERTIFICATE, code_version

AFFORDABLE = 2e5
"""Multiplications of a run up to which break points are sought unasked; a search takes some thousand runs, and judging
them takes longer than training them."""


@dataclass(frozen=True)
class Wish:
    """What to look at: trials for the rates, conclusions whose break points are sought (along the assumptions
    `along`, all if none is named), and the axes of the map."""

    setting: Setting
    paper: str
    trials: int = 10
    claims: tuple[str, ...] = ()
    along: tuple[str, ...] = ()
    tries: int = 128
    map_axes: tuple[tuple[str, tuple[float, ...]], ...] = ()
    map_of: str = ""
    map_trials: int = 5
    level: float = LEVEL

    def meta(self) -> dict[str, object]:
        """What identifies the report's runs in their file."""
        return {
            "kind": "violations", "setting": self.setting.to_dict(), "paper": self.paper,
            "trials": self.trials,
            "claims": list(self.claims), "along": list(self.along), "tries": self.tries,
            "map_axes": [[n, list(v)] for n, v in self.map_axes],
            "map_of": self.map_of, "map_trials": self.map_trials, "level": self.level,
            "code": code_version(self.paper),
        }  # fmt: skip


def default_claims(wish: Wish, paper: Paper) -> tuple[str, ...]:
    """The conclusions whose break points are sought unasked: what the paper is for, if runs take milliseconds
    wherever an assumption just holds."""
    C = judged_at(paper, wish.setting)
    starts = [found for place in sought(wish, paper, C) if (found := start_of(wish, paper, C, place)) is not None]
    settings = [axis.set(wish.setting, asked) for axis, _, asked in starts]
    cost = max((multiplications(s) for s in (wish.setting, *settings)), default=0.0)
    return paper.goals if cost <= AFFORDABLE else ()


def break_claims(wish: Wish, paper: Paper) -> tuple[str, ...]:
    """The conclusions whose break points are sought."""
    return tuple(dict.fromkeys((*wish.claims, *((CERTIFICATE,) if wish.claims and paper.certify else ()))))


def sought(wish: Wish, paper: Paper, C: float) -> list[int]:
    """The assumptions along which they are sought, by their places."""
    ids = [a.id for a in assumptions(paper, wish.setting, C)]
    if unknown := [a for a in wish.along if a not in ids]:
        raise InputError(f"--along {unknown[0]}: no such assumption; expected one of {', '.join(ids)}")
    return [place for place, id in enumerate(ids) if not wish.along or id in wish.along]


def start_of(wish: Wish, paper: Paper, C: float, place: int) -> tuple[Coordinate, int, float] | None:
    """Where a search begins: the coordinate of an assumption, its direction, and the value that it just allows."""
    along = principal(paper, wish.setting, C, place)
    asked = None if along is None else limit(paper, wish.setting, C, place, *along)
    return None if along is None or asked is None else (*along, asked)
