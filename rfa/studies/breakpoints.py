"""Break points: how far an assumption can be overstepped before a conclusion no longer holds with rate 1 -
delta."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from rfa.errors import InputError
from rfa.setting import Setting
from rfa.studies.coordinates import Coordinate
from rfa.studies.rates import Counts, Interval, confidence_sequence
from rfa.studies.storage import Store
from rfa.studies.trials import Task, with_seed

EXPANSIONS, BISECTIONS, REFINEMENTS = 12, 6, 3
TESTS = EXPANSIONS + BISECTIONS + 2 * REFINEMENTS + 1
"""Most values tested for one break point; each is tested at its share of the level."""
STRIDE = 10**6
"""Rows of one tested value are numbered from its point times this."""


def multiplications(setting: Setting) -> float:
    """Roughly how many multiplications a run takes: steps × samples × (neurons + coordinates)."""
    return float(setting.total_steps * setting.n * (setting.m + min(setting.d, setting.n + 2 + setting.m)))


@dataclass(frozen=True)
class Tried:
    """A conclusion at one value of a coordinate: failures among the trials, and the interval of the failure rate."""

    failed: int
    trials: int
    failures: Interval


@dataclass
class Prober:
    """Tests values of one coordinate: enough trials at each to decide whether claims hold with rate 1 -
    delta.

    Trials of a value are shared between the claims that ask for it and kept in the store.
    """

    run: Callable[[Iterable[Task]], None]
    store: Store
    setting: Setting
    axis: Coordinate
    statements: tuple[str, ...]
    level: float
    most: int = 256
    first_point: int = 0
    points: dict[float, int] = field(default_factory=dict)
    seen: dict[tuple[float, str], Tried] = field(default_factory=dict)
    trials: int = 0

    def holds(self, value: float, claim: str) -> int | None:
        """1 if the rate is at least 1 - delta, -1 if below, 0 if not decided; None outside the range of
        settings."""
        try:
            setting = self.axis.set(self.setting, value)
        except InputError:
            return None
        key = self.axis.get(setting)
        point = self.points.setdefault(key, self.first_point + len(self.points))
        done, batch = 0, 16
        while True:
            counts = self._counts(point, claim, done)
            seen = confidence_sequence(counts.failed, counts.trials, self.level)
            could = confidence_sequence(counts.failed + counts.unknown, counts.trials, self.level)
            self.seen[value, claim] = Tried(counts.failed, counts.trials, Interval(seen.lower, could.upper))
            if seen.lower > setting.delta:
                return -1
            if could.upper <= setting.delta:
                return 1
            if done >= self.most:
                return 0
            last = min(done + batch, self.most)
            rows = range(done, last)
            tasks = [
                Task(point * STRIDE + k, with_seed(setting, k), self.statements, point=point) for k in rows
            ]
            self.run(tasks)
            done = last

    def _counts(self, point: int, claim: str, upto: int) -> Counts:
        query = """
            SELECT count(*), sum(state = -1), sum(state = 0) FROM trials JOIN marks ON marks.row = trials.row
            JOIN names ON names.id = marks.name
            WHERE point = ? AND claim = ? AND role = 'conclusion' AND trials.row < ?"""
        found = self.store.db.execute(query, (point, claim, point * STRIDE + upto)).fetchone()
        seen, failed, unknown = (int(x or 0) for x in found)
        return Counts(upto, failed, unknown + upto - seen, 0, 0)


@dataclass(frozen=True)
class Break:
    """Where a conclusion breaks along a coordinate: it holds at `holds_at` and fails at `fails_at` (None:
    not found).

    `asked` is the value up to which the assumption holds; `factor` the break point in its units.
    """

    assumption: str
    claim: str
    coordinate: str
    asked: float
    direction: int
    holds_at: float | None
    fails_at: float | None
    tested: Mapping[float, int]
    says: str
    seen: Mapping[float, Tried] = field(default_factory=dict)
    """What was counted at each tested value."""

    @property
    def value(self) -> float | None:
        """The middle of the interval, on the logarithmic scale."""
        if self.holds_at is None or self.fails_at is None:
            return None
        return math.sqrt(self.holds_at * self.fails_at)


def find_break(
    prober: Prober, assumption: str, claim: str, asked: float, direction: int, *, width: float = 1.1
) -> Break:
    """Bracket and bisect on the logarithmic scale, from the value that the assumption just allows outwards, or
    inwards if it fails there.

    Supposes that the rate falls along the coordinate. Undecided values lie inside the interval, so noise
    widens it.
    """
    tested: dict[float, int] = {}

    def test(log_value: float) -> int | None:
        verdict = prober.holds(math.exp(log_value), claim)
        if verdict is not None:
            tested[math.exp(log_value)] = verdict
        return verdict

    low, high = _bracket(test, math.log(asked), direction)
    if low is not None and high is not None:
        low, high = _shrink(test, low, high, math.log(width))
    holds_at = None if low is None else math.exp(low)
    fails_at = None if high is None else math.exp(high)
    says = _in_words(assumption, claim, prober.axis.name, asked, direction, holds_at, fails_at)
    seen = {value: prober.seen[value, claim] for value in tested}
    return Break(assumption, claim, prober.axis.name, asked, direction, holds_at, fails_at, tested, says, seen)


def _bracket(test, start: float, direction: int) -> tuple[float | None, float | None]:  # type: ignore[no-untyped-def]
    """A value at which it holds and one beyond at which it fails; None for an end that is not found.

    Outwards from what the assumption allows; inwards where it fails there already.
    """
    low: float | None = None
    high: float | None = None
    at, step = start, direction * math.log(2)
    for _ in range(EXPANSIONS):
        verdict = test(at)
        if verdict is None:
            break
        if verdict < 0:
            step = -step if high is None else step
            high = at
        elif verdict > 0:
            low = at
        if low is not None and high is not None:
            break
        at, step = at + step, 1.5 * step
    return low, high


def _shrink(test, low: float, high: float, width: float) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    for _ in range(BISECTIONS):
        if abs(high - low) <= width:
            return low, high
        middle = (low + high) / 2
        verdict = test(middle)
        if not verdict:  # undecided: squeeze the zone of undecided values from both sides
            return _squeeze(test, low, middle, 1), _squeeze(test, high, middle, -1)
        low, high = (middle, high) if verdict > 0 else (low, middle)
    return low, high


def _squeeze(test, decided: float, undecided: float, wanted: int) -> float:  # type: ignore[no-untyped-def]
    for _ in range(REFINEMENTS):
        middle = (decided + undecided) / 2
        decided, undecided = (middle, undecided) if test(middle) == wanted else (decided, middle)
    return decided


def _in_words(
    assumption: str,
    claim: str,
    name: str,
    asked: float,
    direction: int,
    holds: float | None,
    fails: float | None,
) -> str:
    bound = "≤" if direction > 0 else "≥"
    asks = f"{assumption} asks {name} {bound} {asked:.4g}"
    if fails is None and holds is None:
        return f"{asks}; whether {claim} holds was not decided anywhere"
    if holds is None:
        return f"{asks}; {claim} already fails at {fails:.4g}"
    times = (holds / asked) ** direction
    if fails is None:
        return f"{asks}; {claim} still holds at {holds:.4g}, {times:.3g} × beyond, the end of the search"
    middle = math.sqrt(holds * fails)
    ends = f"[{min(holds, fails):.4g}, {max(holds, fails):.4g}]"
    weaker = (middle / asked) ** direction
    if weaker < 1:
        return f"{asks}; {claim} holds only up to {middle:.4g} {ends}: {1 / weaker:.3g} × stronger than asked"
    return f"{asks}; {claim} still holds up to {middle:.4g} {ends}: {weaker:.3g} × weaker"
