"""One statement on generated runs: a smallest counterexample, or how often it applied and how near it came."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, event, strategies as st, target
from hypothesis.errors import Unsatisfiable

from rfa.papers import Statement
from rfa.run import Run
from rfa.setting import Setting
from rfa.studies.candidates import Candidate
from rfa.testing.smaller import smaller
from rfa.testing.strategies import made, runs as any_runs
from rfa.verdicts import Judgement, Outcome, Verdict, judge

_COMMON: dict[str, Any] = {
    "deadline": None,
    "report_multiple_bugs": False,
    "phases": [phase for phase in Phase if phase is not Phase.explain],
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    "verbosity": Verbosity.quiet,
}
PROFILES: Mapping[str, hypothesis.settings] = {
    "dev": hypothesis.settings(max_examples=100, **_COMMON),
    "ci": hypothesis.settings(max_examples=100, derandomize=True, database=None, **_COMMON),
    "nightly": hypothesis.settings(max_examples=10_000, **_COMMON),
}
"""How long a search is: `dev` draws new runs every time, `ci` the same ones, `nightly` a hundred times as many."""
BROKEN = (Outcome.REFUTED, Outcome.ERROR)
JUDGED = (Outcome.REFUTED, Outcome.UNDECIDED, Outcome.CONFIRMED)
"""Outcomes at indices at which no premise fails."""

NO_RUN = (
    "no run was generated: no setting that takes milliseconds was found in the region that is asked for. "
    "Ask for another region (fewer assumptions, a smaller C), or give a strategy of runs"
)


class Refuted(AssertionError):
    """A statement fails, or cannot be evaluated, on a run; `candidate` makes the run again, if it is known."""

    def __init__(self, told: str, candidate: Candidate | None, verdict: Verdict | None) -> None:
        super().__init__(told)
        self.candidate, self.verdict = candidate, verdict


class NeverExercised(AssertionError):
    """The premises of a statement held on no run of a search: nothing was tested."""


@dataclass
class Tally:
    """What a search saw of a statement.

    `runs` judged, `exercised` those on which a conclusion was judged with its premises true; `counts` of runs by
    conclusion and outcome (the gravest of its indices); `failing` premises by how often they failed; `slack` the least
    one of a conclusion with its premises true, at `claim` on the run of `candidate`.
    """

    statement: Statement
    runs: int = 0
    exercised: int = 0
    counts: dict[str, Counter[Outcome]] = field(default_factory=dict)
    failing: Counter[str] = field(default_factory=Counter)
    slack: float | None = None
    claim: str = ""
    candidate: Candidate | None = None
    reason: str = ""

    def see(self, judgement: Judgement, run: Run) -> None:
        """Count one judgement."""
        verdicts = judgement.conclusions or judgement.premises
        self.runs += 1
        self.exercised += any(applied(v) for v in verdicts)
        self.reason = judgement.reason or self.reason
        for verdict in verdicts:
            self.counts.setdefault(verdict.id, Counter())[verdict.outcome] += 1
            self.failing.update(verdict.failing or [verdict.id] * (verdict.outcome is Outcome.SILENT))
            if applied(verdict) and verdict.slack is not None and (self.slack is None or verdict.slack < self.slack):
                self.slack, self.claim, self.candidate = verdict.slack, verdict.id, candidate_of(run)

    @property
    def outcomes(self) -> Counter[Outcome]:
        """Counts of all conclusions together."""
        return sum(self.counts.values(), Counter())

    @property
    def never(self) -> tuple[str, ...]:
        """Ids of the conclusions that were confirmed on no run."""
        return tuple(id for id, counts in self.counts.items() if not counts[Outcome.CONFIRMED])

    def check(self) -> None:
        """`NeverExercised` if the premises held nowhere; what promises nothing (kind TEXT) cannot be exercised."""
        if self.exercised or self.statement.kind == "TEXT":
            return
        most = ", ".join(f"{id} ({count})" for id, count in self.failing.most_common(4))
        why = f"premises that failed most often: {most}" if most else self.reason or "no run was generated"
        raise NeverExercised(
            f"{self.statement.id} is never exercised: its premises held on none of {self.runs} runs; {why}. "
            "Generate other runs, or weaken the premises"
        )


def applied(verdict: Verdict) -> bool:
    """Whether a claim was judged with its premises true at some index."""
    return any(verdict.counts.get(outcome, 0) for outcome in JUDGED)


def candidate_of(run: Run) -> Candidate | None:
    """What makes a generated run again; None for a run made otherwise."""
    text = run.provenance.get("candidate")
    if text is not None:
        return Candidate.of(str(text))
    return None if run.setting is None else Candidate(run.setting)


def broken(judgement: Judgement) -> Verdict | None:
    """The first conclusion (or link that is not a printed slip) that is refuted or cannot be evaluated."""
    links = (v for v in judgement.links if v.link is None or not v.link.printed)
    return next((v for v in (*judgement.verdicts, *links) if v.outcome in BROKEN), None)


def judged(statement: Statement, run: Run, *, links: bool = False) -> Judgement:
    """Judge a statement on a run inside a Hypothesis test; `Refuted` if it fails.

    Hypothesis counts the outcomes (`event`) and is led towards small slack (`target`).
    """
    return unbroken(_reported(judge(statement, run, links=links)), run)


def _reported(judgement: Judgement) -> Judgement:
    for verdict in judgement.conclusions or judgement.premises:
        event(f"{verdict.id}: {verdict.outcome.name}")
        if applied(verdict) and verdict.slack is not None:
            target(-verdict.slack, label=verdict.id)
    return judgement


def is_broken(judgement: Judgement) -> bool:
    """Whether a statement is refuted on a run or cannot be evaluated."""
    return judgement.outcome is Outcome.ERROR or broken(judgement) is not None


def unbroken(judgement: Judgement, run: Run) -> Judgement:
    """The judgement itself; `Refuted` if something of it is broken on the run."""
    if is_broken(judgement):
        verdict, candidate = broken(judgement), candidate_of(run)
        raise Refuted(told(judgement, verdict, candidate), candidate, verdict)
    return judgement


def told(judgement: Judgement, verdict: Verdict | None, candidate: Candidate | None) -> str:
    """A counterexample in a few lines."""
    if verdict is None or verdict.outcome is Outcome.ERROR:
        reason = judgement.reason if verdict is None else f"{verdict.id}: {verdict.reason}"
        lines = [f"{judgement.statement.id} cannot be evaluated: {reason}"]
    else:
        at = ", ".join(f"{axis} = {index}" for axis, index in verdict.witness.items())
        lines = [
            f"{judgement.statement.id} is refuted: {verdict.id} fails with its premises true" + (at and f", at {at}"),
            f"  {verdict.says}: {verdict.lhs:.6g} {verdict.relation} {verdict.rhs:.6g} is false "
            f"(slack {verdict.slack:.3g})",
        ]
    return "\n".join([*lines, *([] if candidate is None else [f"  {in_words(candidate)}"])])


def in_words(candidate: Candidate) -> str:
    """The keys of a setting that differ from their defaults, and what is planted."""
    words = [f"{key} = {value}" for key, value in candidate.changed.items()]
    if candidate.planted != (0.0, 1.0):
        words.append("first weights pulled by {:g} to the centres, norms times {:g}".format(*candidate.planted))
    return ", ".join([*words, *(f"planted: {name}" for name in candidate.state)])


def examine(
    statement: Statement,
    runs: st.SearchStrategy[Run] | None = None,
    *,
    links: bool = False,
    profile: str | hypothesis.settings = "ci",
    examples: Iterable[Candidate] = (),
    only_examples: bool = False,
    must_apply: bool = True,
    tally: Tally | None = None,
    allowed: Callable[[Setting], bool] | None = None,
) -> Tally:
    """Judge a statement on explicit `examples`, then on generated `runs` (default: of any setting).

    `Refuted` carries a smallest counterexample; `NeverExercised` says that the premises held on no run. `links` judges
    the steps of the proof as well; `profile` is a name in `PROFILES`, or settings of Hypothesis. What was seen is
    counted in `tally`, which is returned; without `must_apply` it may be nothing. `allowed` says which settings a
    counterexample may be made smaller to (default: any, where `runs` are the default ones, else none).
    """
    tally = Tally(statement) if tally is None else tally
    for candidate in examples:
        run = made(candidate)
        judgement = judge(statement, run, links=links)
        tally.see(judgement, run)
        unbroken(judgement, run)
    if not only_examples:
        try:
            _search(tally, any_runs() if runs is None else runs, links, profile)
        except Refuted as why:
            _smallest(statement, why, links, allowed or (lambda setting: runs is None))
        except Unsatisfiable:
            raise NeverExercised(f"{statement.id} is never exercised: {NO_RUN}") from None
        if must_apply:
            tally.check()
    return tally


def _smallest(statement: Statement, why: Refuted, links: bool, allowed: Callable[[Setting], bool]) -> NoReturn:
    def judgement(candidate: Candidate) -> tuple[Judgement, Run]:
        run = made(candidate)
        return judge(statement, run, links=links), run

    def fails(candidate: Candidate) -> bool:
        verdict = broken(judgement(candidate)[0])
        return why.verdict is not None and verdict is not None and verdict.id == why.verdict.id

    if why.candidate is not None:
        found = smaller(why.candidate, fails, allowed)
        if found != why.candidate:
            unbroken(*judgement(found))
    raise why


def _search(tally: Tally, runs: st.SearchStrategy[Run], links: bool, profile: str | hypothesis.settings) -> None:
    failed = False

    @(PROFILES[profile] if isinstance(profile, str) else profile)
    @hypothesis.given(run=runs)
    def search(run: Run) -> None:
        nonlocal failed
        judgement = _reported(judge(tally.statement, run, links=links))
        if not failed:  # what comes after is shrinking
            tally.see(judgement, run)
        failed = failed or is_broken(judgement)
        unbroken(judgement, run)

    search()
