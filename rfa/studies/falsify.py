"""Counterexample search: the least slack of a conclusion over settings that satisfy its premises.

A random search that narrows around the best place found. It looks at settings, seeds, cluster laws, noise
laws and planted first weights. What it finds is a witness that can be made again; finding none proves
nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rfa import clusters, noise
from rfa.claims import HOLDS
from rfa.errors import InputError
from rfa.papers import Paper
from rfa.setting import Setting
from rfa.studies.assumptions import claims_of
from rfa.studies.candidates import Candidate, make_run
from rfa.studies.coordinates import COORDINATES
from rfa.studies.trials import Mark, statement_marks

AXES: Mapping[str, tuple[float, float]] = {
    "d": (2, 200), "n": (4, 400), "m": (2, 64), "K": (1, 60), "sigma*sqrt(d)": (1e-7, 3.0),
    "eta": (1e-4, 0.45),    "omega*sqrt(md)": (1e-7, 3.0), "delta": (1e-3, 0.49), "C0": (1.01, 1e6),
}  # fmt: skip
"""Ranges in which the search moves, on the logarithmic scale; the base setting may lie outside."""
EXPLORE = 0.3
"""Share of the evaluations that ignore the best place found."""
MOST_ENTRIES = 4_000_000
"""Settings whose sample or preactivations have more entries are not tried."""


@dataclass(frozen=True)
class Found:
    """The least slack seen where the premises held, and where. `refuted`: it is a counterexample."""

    claim: str
    evaluations: int
    eligible: int
    slack: float | None
    candidate: Candidate | None
    mark: Mark | None
    refuted: bool
    failures: int = 0
    trail: tuple[tuple[int, float], ...] = field(default=())

    @property
    def says(self) -> str:
        """The result in one sentence."""
        if self.slack is None or self.mark is None:
            nowhere = f"the premises held in none of {self.evaluations} evaluations"
            return f"{self.claim}: {nowhere}; nothing was tested"
        if self.refuted:
            return f"{self.claim}: counterexample at {self.mark.witness} with slack {self.slack:.4g}"
        if self.failures:
            return (
                f"{self.claim}: promised with a probability; failed in {self.failures} of {self.eligible} "
                f"runs with its premises, least slack {self.slack:.4g}; one run refutes no probability"
            )
        return (
            f"{self.claim}: none found in {self.evaluations} evaluations ({self.eligible} with the premises),"
            f" least slack {self.slack:.4g}"
        )


def falsify(
    paper: Paper,
    claim: str,
    base: Setting,
    evaluations: int,
    *,
    seed: int = 0,
    C: float | None = None,
    seeds: Iterable[Candidate] = (),
    progress: Callable[[int, float | None], None] | None = None,
) -> list[Found]:
    """Search for a counterexample to each conclusion whose id is `claim` or begins with the statement id
    `claim`.

    With `C` only settings that satisfy all assumptions at that constant count. `seeds` are candidates tried
    first.
    """
    targets = [
        s for s in paper.results if s.id.lower() == claim.lower() or claim.lower().startswith(s.id.lower())
    ]
    if not targets:
        raise InputError(
            f"{claim!r}: no such statement; expected one of {', '.join(s.id for s in paper.results)}"
        )
    statement = max(targets, key=lambda s: len(s.id))
    rng = np.random.default_rng(seed)
    best: dict[str, _Best] = {}
    for number, candidate in enumerate(_candidates(base, best, rng, evaluations, list(seeds))):
        for mark in _judged(paper, statement.id, candidate, C):
            if mark.claim.lower().startswith(claim.lower()):
                best.setdefault(mark.claim, _Best()).see(number, candidate, mark)
        if progress is not None:
            progress(number + 1, min((b.slack for b in best.values()), default=None))
    return [b.found(name, evaluations) for name, b in best.items()] or [
        Found(claim, evaluations, 0, None, None, None, False)
    ]


@dataclass
class _Best:
    """The best place so far for one claim: first by how far the premises are from holding, then by slack."""

    slack: float = math.inf
    candidate: Candidate | None = None
    mark: Mark | None = None
    eligible: int = 0
    failures: int = 0
    nearly: tuple[float, Candidate] | None = None
    trail: list[tuple[int, float]] = field(default_factory=list)

    def see(self, number: int, candidate: Candidate, mark: Mark) -> None:
        if mark.supposed != HOLDS or mark.slack is None:
            distance = float(len(mark.failing.split()))
            if self.nearly is None or distance <= self.nearly[0]:
                self.nearly = (distance, candidate)
            return
        self.eligible += 1
        self.failures += mark.state < 0
        gravest = mark.outcome == "REFUTED"
        if self.mark is None or (gravest, -mark.slack) > (self.mark.outcome == "REFUTED", -self.slack):
            self.slack, self.candidate, self.mark = mark.slack, candidate, mark
            self.trail.append((number, mark.slack))

    def found(self, claim: str, evaluations: int) -> Found:
        refuted = self.mark is not None and self.mark.outcome == "REFUTED"
        slack = None if self.mark is None else self.slack
        return Found(
            claim,
            evaluations,
            self.eligible,
            slack,
            self.candidate,
            self.mark,
            refuted,
            self.failures,
            tuple(self.trail),
        )


def _judged(paper: Paper, id: str, candidate: Candidate, C: float | None) -> list[Mark]:
    """Marks of the conclusions of a statement on a candidate; none if it cannot be run or misses the
    assumptions."""
    try:
        if C is not None and not all(c.holds for c in claims_of(paper, candidate.setting, C)):
            return []
        run = make_run(candidate)
    except (InputError, ArithmeticError, MemoryError):
        return []
    return [m for m in statement_marks(paper[id], run) if m.role == "conclusion"]


def _candidates(
    base: Setting,
    best: Mapping[str, _Best],
    rng: np.random.Generator,
    evaluations: int,
    seeds: list[Candidate],
) -> Iterator[Candidate]:
    """First the given candidates and the base, then neighbours of the best ones (ever nearer) and fresh
    draws."""
    for number in range(evaluations):
        if number < len(seeds):
            yield seeds[number]
            continue
        if number == len(seeds):
            yield Candidate(base)
            continue
        centres = [b.candidate or (b.nearly[1] if b.nearly else None) for b in best.values()]
        known = [c for c in centres if c is not None] or [Candidate(base)]
        centre = known[int(rng.integers(len(known)))]
        explore = rng.random() < EXPLORE
        width = 1.0 if explore else 0.5 * (1 - number / evaluations) + 0.02
        yield _neighbour(Candidate(base) if explore else centre, width, rng)


def _neighbour(of: Candidate, width: float, rng: np.random.Generator) -> Candidate:
    """A candidate near another: some coordinates moved, perhaps another law, another start, another seed."""
    setting = of.setting
    for name, (low, high) in AXES.items():
        if rng.random() < 0.4:
            setting = _moved(setting, name, low, high, width, rng)
    changes: dict[str, Any] = {
        "seed": int(rng.integers(2**32)),
        "name": "falsify",
        "steps": None,
        "noisy": None,
    }
    changes["fresh"], changes["draw_until"] = min(setting.fresh, 1000), ""
    if rng.random() < 0.3 * width:
        changes["clusters"] = str(rng.choice(list(clusters.LAWS)))
    if rng.random() < 0.3 * width:
        law = str(rng.choice(list(noise.LAWS)))
        changes |= {"noise": law, "eta": min(setting.eta, noise.LAWS[law].largest_eta)}
    pull, size = of.planted
    if rng.random() < 0.3:
        pull = float(np.clip(pull + width * rng.standard_normal(), 0, 1))
        size = float(size * np.exp(width * rng.standard_normal()))
    elif rng.random() < 0.3:
        pull, size = 0.0, 1.0
    try:
        return replace(of, setting=setting.override(**changes), planted=(pull, size))
    except InputError:
        return of


def _moved(
    setting: Setting, name: str, low: float, high: float, width: float, rng: np.random.Generator
) -> Setting:
    axis = COORDINATES[name]
    try:
        at = math.log(min(max(axis.get(setting), low), high))
    except (InputError, ValueError):
        at = math.log(low)
    reach = math.log(high / low)
    value = math.exp(min(max(at + width * reach * rng.standard_normal() / 2, math.log(low)), math.log(high)))
    try:
        moved = axis.set(setting, value)
    except InputError:
        return setting
    return setting if moved.n * max(moved.d, moved.m) > MOST_ENTRIES else moved
