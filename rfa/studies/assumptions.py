"""Which assumptions a setting meets, at which constant C, along which coordinates, and what would be nearest
to it.

Assumptions speak of the parameters alone, so they are judged on a run without data.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from rfa import clusters, noise
from rfa.claims import Claim
from rfa.data import Sample, actual_centres, draw_centres
from rfa.errors import InputError
from rfa.papers import Paper, Statement
from rfa.run import Run
from rfa.setting import Setting, grid
from rfa.studies.coordinates import COORDINATES, PROBED, Coordinate
from rfa.variants import departures

LEAST_C, LARGEST_C = 1e-30, 1e30
"""Between these constants the ends of intervals are sought; the paper asks for C > 1 besides."""
ABOVE_ONE = 1.0 + 1e-9
DOUBLINGS = 60
"""How many times a search doubles or halves a coordinate before it gives up."""


@dataclass(frozen=True)
class Assumption:
    """One assumption at a constant C. `excess` is how many times it is overstepped (at most 1 where it
    holds).

    It holds for C between `least_C` and `largest_C` (least above largest: for none).
    """

    id: str
    says: str
    holds: bool
    lhs: float
    rhs: float
    excess: float
    least_C: float
    largest_C: float
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feature:
    """A thing the paper assumes of the laws, true or not by construction."""

    name: str
    holds: bool
    says: str


def blank_run(setting: Setting, C: float | None = None) -> Run:
    """A run with the parameters of a setting and no data: arrays of the right length that take no memory."""
    n, m = setting.n, setting.m
    nothing = np.broadcast_to(np.ones(1, dtype=np.int64), (n,))
    sample = Sample(np.broadcast_to(np.zeros(1), (n, 1)), nothing, nothing, nothing, np.eye(2))
    keys = ("sigma", "eta", "omega_init", "delta", "relu_at_zero", "a6_power", "C0", "d")
    return Run(
        sample, np.broadcast_to(np.ones(1) / math.sqrt(m), (m,)), {}, None,  # type: ignore[arg-type]
        step_size=setting.step_size, C=C if C is not None else setting.C, setting=setting,
        **{key: getattr(setting, key) for key in keys},
    )  # fmt: skip


def claims_of(paper: Paper, setting: Setting, C: float | None = None) -> list[Claim]:
    """The claims of all assumptions of a paper, on the parameters of a setting."""
    run = blank_run(setting, C)
    assumptions = (s for s in paper.results if s.kind == "ASSUMPTION")
    return [c for s in assumptions for c in s.claims(run, links=False) if isinstance(c, Claim)]


def claim_at(paper: Paper, setting: Setting, C: float, place: int) -> Claim:
    """The claim at this place of the list of `claims_of`, without evaluating the statements after it."""
    run, seen = blank_run(setting, C), 0
    for statement, count in _counts(paper.results):
        if place >= seen + count:
            seen += count
            continue
        claims = (c for c in statement.claims(run, links=False) if isinstance(c, Claim))
        return next(itertools.islice(claims, place - seen, None))
    raise IndexError(place)


@cache
def _counts(results: tuple[Statement, ...]) -> tuple[tuple[Statement, int], ...]:
    """How many claims each assumption of a paper has; the same for every setting."""
    run = blank_run(Setting(d=9, n=9, m=4, sigma=0.1, omega_init=0.1, eta=0.1, K=1), 4.0)
    listed = [s for s in results if s.kind == "ASSUMPTION"]
    return tuple((s, sum(isinstance(c, Claim) for c in s.claims(run, links=False))) for s in listed)


def excess(claim: Claim) -> float:
    """By which factor an inequality between positive numbers is overstepped; below 1 inside it."""
    at = claim.worst()
    if at is None:
        return 0.0
    lhs, rhs = claim.sides(at)
    small, large = (lhs, rhs) if claim.relation in ("<=", "<") else (rhs, lhs)
    if small <= 0 and large >= 0:
        return 0.0 if claim.holds else 1.0
    return small / large if large > 0 else math.inf


def assumptions(paper: Paper, setting: Setting, C: float | None = None) -> list[Assumption]:
    """Every assumption judged at C (default: the setting's, or the least that its step size allows)."""
    C = C if C is not None else judged_at(paper, setting)
    found = []
    for place, claim in enumerate(claims_of(paper, setting, C)):
        least, largest = constants(paper, setting, place)
        at = claim.worst() or ()
        lhs, rhs = claim.sides(at)
        found.append(Assumption(claim.id, claim.says, claim.holds, lhs, rhs, excess(claim), least, largest))
    return found


def judged_at(paper: Paper, setting: Setting) -> float:
    """The constant at which a setting is judged: its own, or the least that the lower bounds on C allow."""
    if setting.C is not None:
        return setting.C
    bounds = [constants(paper, setting, place) for place in range(len(claims_of(paper, setting, 2.0)))]
    return max([ABOVE_ONE, *(low for low, high in bounds if high >= LARGEST_C and low > LEAST_C)])


def constants(paper: Paper, setting: Setting, place: int) -> tuple[float, float]:
    """The least and the largest C at which the assumption at this place of the list holds; (inf, 0) for
    none."""

    def holds(log_C: float) -> bool:
        return claim_at(paper, setting, math.exp(log_C), place).holds

    low, high = math.log(LEAST_C), math.log(LARGEST_C)
    at_low, at_high = holds(low), holds(high)
    if at_low and at_high:
        return LEAST_C, LARGEST_C
    if at_low:
        return LEAST_C, math.exp(_edge(low, high, holds))
    if at_high:
        return math.exp(_edge(high, low, holds)), LARGEST_C
    return math.inf, 0.0


def _edge(inside: float, outside: float, holds: Callable[[float], bool], tolerance: float = 1e-9) -> float:
    """The last point at which `holds`, between one where it does and one where it does not."""
    while abs(outside - inside) > tolerance:
        middle = (inside + outside) / 2
        inside, outside = (middle, outside) if holds(middle) else (inside, middle)
    return inside


def feasible(found: list[Assumption]) -> tuple[float, float]:
    """The interval of C at which all assumptions hold together; empty if its ends are in the wrong order."""
    return max(1.0, *(a.least_C for a in found)), min(a.largest_C for a in found)


def features(setting: Setting) -> Iterator[Feature]:
    """What the paper assumes of the laws beside its numbered assumptions."""
    law, labels = clusters.LAWS[setting.clusters], noise.LAWS[setting.noise]
    K, on_grid = grid(setting.step_size)
    mu = draw_centres(setting) if setting.d <= 10**6 else np.eye(2)
    centres = actual_centres(setting, mu)
    gram = centres @ centres.T
    yield Feature("log-concave clusters", law.log_concave, f"clusters = {setting.clusters}")
    yield Feature(
        "symmetric clusters", law.symmetric, f"clusters = {setting.clusters} (used silently, not assumed)"
    )
    yield Feature("unit variance", True, "every law is scaled to unit variance per coordinate")
    yield Feature(
        "orthonormal centres", bool(np.abs(gram - np.eye(2)).max() < 1e-12), "⟨μ1, μ2⟩ = 0, ‖μ‖ = 1"
    )
    yield Feature("integer 1/(4 alpha)", on_grid, f"1/(4 alpha) = {1 / (4 * setting.step_size):.6g}, K = {K}")
    for one in departures(setting, mu):
        yield Feature(f"the theorem's {one.kind}", False, one.says)
    yield Feature(
        "noise independent of x", not labels.depends_on_x or setting.eta == 0, f"noise = {setting.noise}"
    )


def principal(paper: Paper, setting: Setting, C: float, place: int) -> tuple[Coordinate, int] | None:
    """The coordinate on which an assumption depends most, and whether more (+1) or less (-1) of it oversteps
    it."""
    best: tuple[float, Coordinate, int] | None = None
    for name in PROBED:
        axis = COORDINATES[name]
        try:
            x = axis.get(setting) or 0.01
            low, high = (excess(claim_at(paper, axis.set(setting, v), C, place)) for v in (x, 2 * x))
        except InputError:
            continue
        slope = math.log(high / low) if low > 0 and high > 0 and math.isfinite(high / low) else 0.0
        if abs(slope) > 1e-9 and (best is None or abs(slope) > best[0] + 1e-9):
            best = (abs(slope), axis, 1 if slope > 0 else -1)
    return None if best is None else best[1:]


def limit(
    paper: Paper, setting: Setting, C: float, place: int, axis: Coordinate, direction: int
) -> float | None:
    """The value of a coordinate at which an assumption just holds; None if no value in range makes it
    hold."""

    def holds(log_value: float) -> bool:
        try:
            moved = axis.set(setting, math.exp(log_value))
        except InputError:
            return False
        return claim_at(paper, moved, C, place).holds

    at = math.log(axis.get(setting) or 0.01)
    step = -direction * math.log(2)
    inside = next((at + k * step for k in range(DOUBLINGS) if holds(at + k * step)), None)
    if inside is None:
        return None
    outside = next((inside - k * step for k in range(1, DOUBLINGS) if not holds(inside - k * step)), None)
    return math.exp(inside if outside is None else _edge(inside, outside, holds, 1e-9))


@dataclass(frozen=True)
class Nearest:
    """A setting that meets every assumption at C, and the factors by which coordinates had to change."""

    setting: Setting
    C: float
    changes: tuple[tuple[str, float, float], ...]
    distance: float


def nearest(paper: Paper, setting: Setting, candidates: int = 11) -> Nearest | None:
    """The nearest setting, in the sum of |log factor| over coordinates, that meets all assumptions at one C.

    A descent, not a proof of nearness: for each of several C, overstepped assumptions are repaired one after
    the other along the coordinate on which they depend most; 1/(4 alpha) is kept an integer.
    """
    found = [
        n for C in np.geomspace(4, 4096, candidates) if (n := repaired(paper, setting, float(C))) is not None
    ]
    found += [n for n in (repaired(paper, setting, judged_at(paper, setting)),) if n is not None]
    return min(found, key=lambda n: n.distance, default=None)


def repaired(paper: Paper, setting: Setting, C: float, rounds: int = 8) -> Nearest | None:
    """The setting with overstepped assumptions repaired one after the other at C; None if that does not end."""
    now = replace(setting, C=C)
    for _ in range(rounds):
        places = [p for p, claim in enumerate(claims_of(paper, now, C)) if not claim.holds]
        if not places:
            return _measured(setting, now, C) if grid(now.step_size)[1] else None
        for place in places:
            along = principal(paper, now, C, place)
            value = None if along is None else limit(paper, now, C, place, *along)
            if along is None or value is None:
                return None
            now = along[0].set(now, _whole_inside(along[0], value, along[1]))
            now = _on_grid(paper, now, C) if along[0].name == "alpha" else now
    return None


def _whole_inside(axis: Coordinate, value: float, direction: int) -> float:
    """Round whole coordinates to the side on which the assumption holds."""
    if not axis.whole:
        return value
    step = 2 if axis.name == "m" else 1
    whole = math.ceil(value / step - 1e-9) if direction < 0 else math.floor(value / step + 1e-9)
    return float(step * max(1, whole))


def _on_grid(paper: Paper, setting: Setting, C: float) -> Setting:
    """The same with the step size moved to a neighbouring 1/(4K) if that overstep no more assumptions."""
    exact = 1 / (4 * setting.step_size)
    broken = sum(not c.holds for c in claims_of(paper, setting, C))
    for K in (round(exact), math.floor(exact), math.ceil(exact)):
        if K >= 1:
            moved = setting.override(K=K)
            if sum(not c.holds for c in claims_of(paper, moved, C)) <= broken:
                return moved
    return setting


def _measured(before: Setting, after: Setting, C: float) -> Nearest:
    changes = []
    for name in PROBED:
        was, became = COORDINATES[name].get(before), COORDINATES[name].get(after)
        if not math.isclose(was, became, rel_tol=1e-9):
            changes.append((name, was, became))
    distance = sum(abs(math.log(b / a)) if a > 0 and b > 0 else 0.0 for _, a, b in changes)
    return Nearest(after, C, tuple(changes), distance)
