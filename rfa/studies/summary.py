"""The rates of a study: every conclusion counted over the trials of a point, judged against what is
claimed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rfa.claims import FAILS, HOLDS, UNDECIDED
from rfa.papers import Paper
from rfa.setting import Setting
from rfa.studies.rates import Counts, Interval, Method, RateVerdict, failure_interval, judge_rate
from rfa.studies.storage import Store
from rfa.verdicts import Outcome, first_of

IMPOSSIBLE = 1e-12
"""An exact rate below this is called impossible."""


@dataclass(frozen=True)
class Rate:
    """One conclusion over the trials of a setting.

    `claimed` is the claimed failure probability (None for a conclusion promised for every run); `failures`
    the interval of the failure rate; `exact` the exact rate at which the conclusion holds, `agrees` whether
    the interval contains it; `worst` the row of the least slack among the trials that count against it.
    """

    statement: str
    claim: str
    counts: Counts
    outcomes: Mapping[str, int]
    outcome: Outcome
    failures: Interval
    claimed: float | None = None
    further: int | None = 0
    exact: float | None = None
    agrees: bool | None = None
    least_slack: float | None = None
    worst: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rates:
    """All conclusions of one point of a study, under one family-wise error probability."""

    setting: Setting
    trials: int
    errors: int
    level: float
    method: Method
    rates: tuple[Rate, ...]
    idle: Mapping[str, str] = field(default_factory=dict)
    """Statements that could not be judged, with the first reason."""
    conditioned: str = ""

    @property
    def undecided(self) -> list[Rate]:
        """The claimed probabilities that the trials do not decide yet."""
        return [
            r
            for r in self.rates
            if r.claimed is not None and r.outcome is Outcome.UNDECIDED and not self.conditioned
        ]


def rates_of(store: Store, paper: Paper, point: int = 0, *, level: float, method: Method) -> Rates:
    """The rates at one point of a study, from its file alone."""
    trials, errors, digest, seed = store.db.execute(
        "SELECT count(*), coalesce(sum(error != ''), 0), min(setting), min(cast(seed AS INTEGER)) FROM trials"
        " WHERE point = ?",
        (point,),
    ).fetchone()
    setting = store.setting(digest, max(0, int(seed)))
    exact = dict(paper.exact_rates(setting)) if paper.exact_rates is not None else {}
    conditioned = conditions(setting)
    counted = list(count_claims(store, point, trials))
    share = level / max(1, len(counted))
    rates = tuple(_rate(c, share, method, {} if conditioned else exact, conditioned) for c in counted)
    return Rates(setting, trials, errors, level, method, rates, _idle(store, point), conditioned)


def conditions(setting: Setting) -> str:
    """What the draws of a setting are conditioned on: claimed probabilities do not speak of such runs."""
    parts = [f"draw_until = {setting.draw_until}"] if setting.draw_until else []
    if setting.noisy is not None:
        parts.append(f"noisy = {setting.noisy}")
    return ", ".join(parts)


def unconditioned(setting: Setting) -> Setting:
    """The same setting with every draw as it comes."""
    return setting.override(draw_until="", noisy=None)


@dataclass(frozen=True)
class Counted:
    """Raw counts of one conclusion."""

    statement: str
    claim: str
    probability: float
    sure: bool
    counts: Counts
    outcomes: Mapping[str, int]
    least_slack: float | None
    worst: int | None


def count_claims(store: Store, point: int, trials: int) -> Iterator[Counted]:
    """Count every conclusion over the trials of a point; a trial without its mark counts as unknown.

    SQLite takes the columns beside one min() from the row of the minimum.
    """
    query = """
        SELECT statement, claim, name, outcome, supposed, state, count(*), min(slack), marks.row, place
        FROM trials CROSS JOIN marks ON marks.row = trials.row JOIN names ON names.id = marks.name
        WHERE point = ? AND role = 'conclusion'
        GROUP BY name, outcome, supposed, state"""
    found: dict[tuple[str, str], list[_Group]] = {}
    for statement, claim, *cells in sorted(store.db.execute(query, (point,)), key=lambda r: (r[-1], r[1])):
        found.setdefault((statement, claim), []).append(_Group(*cells))
    promises = {id: (p, bool(s)) for id, p, s in store.db.execute("SELECT id, probability, sure FROM names")}
    for (statement, claim), groups in found.items():
        outcomes: dict[str, int] = {}
        for g in groups:
            outcomes[g.outcome] = outcomes.get(g.outcome, 0) + g.trials
        worst = min((g for g in groups if g.slack is not None), key=_gravity, default=None)
        yield Counted(
            statement, claim, min(promises[g.name][0] for g in groups), promises[groups[0].name][1],
            _counts(groups, trials), outcomes, worst and worst.slack, worst and worst.row,
        )  # fmt: skip


class _Group(NamedTuple):
    """Trials in which one conclusion had the same outcome, with the first row of their least slack."""

    name: int
    outcome: str
    supposed: int
    state: int
    trials: int
    slack: float | None
    row: int
    place: int


def _gravity(of: _Group) -> tuple[bool, float | None, int]:
    return of.outcome != Outcome.REFUTED.name, of.slack, of.row


def _counts(groups: list[_Group], trials: int) -> Counts:
    def number(wanted: Callable[[_Group], bool]) -> int:
        return sum(g.trials for g in groups if wanted(g))

    seen = number(lambda g: True)
    return Counts(
        trials,
        failed=number(lambda g: g.state == FAILS),
        unknown=number(lambda g: g.state == UNDECIDED) + trials - seen,
        supposed=number(lambda g: g.supposed == HOLDS),
        failed_supposed=number(lambda g: g.supposed == HOLDS and g.state == FAILS),
        missing=trials - seen,
        refuted=number(lambda g: g.outcome == Outcome.REFUTED.name),
    )


def _idle(store: Store, point: int) -> dict[str, str]:
    query = """
        SELECT statement, min(failing) FROM marks JOIN trials ON trials.row = marks.row
        JOIN names ON names.id = marks.name WHERE point = ? AND role = 'statement' GROUP BY statement"""
    return dict(store.db.execute(query, (point,)).fetchall())


def _rate(of: Counted, share: float, method: Method, exact: Mapping[str, float], conditioned: str) -> Rate:
    silenced = of.probability <= 0 or (conditioned and of.sure)
    claimed = 1 - of.probability if of.probability < 1 and not silenced else None
    if claimed is None or conditioned:
        interval = failure_interval(of.counts, share, method)
        outcome, further = first_of(Outcome[o] for o in of.outcomes), 0 if claimed is None else None
        if claimed is not None:
            outcome = Outcome.NOT_APPLICABLE
    else:
        verdict: RateVerdict = judge_rate(of.counts, claimed, share, method)
        outcome, interval, further = verdict.outcome, verdict.interval, verdict.further
    rate = exact.get(of.claim)
    agrees = None if rate is None else interval.lower <= 1 - rate <= interval.upper
    return Rate(
        of.statement, of.claim, of.counts, of.outcomes, outcome, interval, claimed, further, rate, agrees,
        of.least_slack, of.worst, tuple(_notes(of, claimed, rate, agrees, conditioned)),
    )  # fmt: skip


def _notes(
    of: Counted, claimed: float | None, exact: float | None, agrees: bool | None, conditioned: str
) -> Iterator[str]:
    if of.counts.supposed == 0 and Outcome.CONFIRMED.name in of.outcomes:
        yield "the premises held at some indices only"
    elif of.counts.supposed == 0:
        yield "the premises never held"
    elif not of.counts.always_supposed:
        yield f"the premises held in {of.counts.supposed} of {of.counts.trials} trials"
    if claimed is not None and conditioned:
        yield f"the runs are conditioned on {conditioned}: the claimed probability does not speak of them"
    if of.probability <= 0:
        yield "δ is so large that no probability is promised"
    if of.counts.refuted and of.counts.refuted == of.counts.failed_supposed and of.sure:
        yield "its premises imply it: each failure under them refutes it"
    if exact is not None and exact < IMPOSSIBLE:
        yield (
            "impossible at these sizes: the exact rate is 0"
            if exact == 0
            else f"the exact rate is {exact:.3g}"
        )
    elif exact is not None and claimed is not None and 1 - exact > claimed:
        yield f"the exact failure probability {1 - exact:.4g} exceeds the claimed one"
    if agrees is False:
        yield "the counts contradict the exact law"
