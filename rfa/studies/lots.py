"""A lot of trials: runs of one setting with different seeds, judged together. Their marks are those of each alone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import compress, groupby, repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa.claims import Claim
from rfa.engine.reduction import dimensions, engine_of
from rfa.looks import NONE, Look, Seen, conclusion, premise
from rfa.papers import Paper, Statement
from rfa.run import Run
from rfa.setting import Setting, grid
from rfa.stacked import NotAlike, Stacked
from rfa.studies.trials import Mark, Task, Trial, asked, judged, load_paper, run_trial, simulated, statement_marks
from rfa.together import Runs, together
from rfa.verdicts import CASES, Outcome, claims_on, moot, without_index

Kind = tuple[object, ...]
MOST = 160
"""Trials of a lot at most, about a second of the smallest; in twice as many a trial takes 5 % less time."""
ENTRIES = 2**22
"""Entries of the arrays of a lot at most: larger ones leave the cache, and being together gains nothing."""


def lot_size(setting: Setting) -> int:
    """How many runs of a setting are judged together: fewer the larger they are, down to one."""
    n, m, states = setting.n, setting.m, setting.total_steps + 1
    coordinates = setting.d if engine_of(setting) == "direct" else dimensions(setting)[0]
    kept = n * (coordinates + 4 * m) + 4 * m * coordinates + 5 * setting.fresh
    logged = (20 * m + 40) * states + 32 * m * min(states, grid(setting.step_size)[0] + 1)
    return max(1, min(MOST, ENTRIES // (kept + logged)))


def lots_of(tasks: Iterable[Task], most: Callable[[Kind], int] = lambda kind: MOST) -> Iterator[list[Task]]:
    """Tasks in their order, those next to each other in one lot that are of one kind; `most` of a kind at a time."""
    for kind, alike in groupby(tasks, key=kind_of):
        lot: list[Task] = []
        for task in alike:
            lot.append(task)
            if len(lot) >= min(most(kind), lot_size(task.setting)):
                yield lot
                lot = []
        if lot:
            yield lot


def kind_of(task: Task) -> Kind:
    """What tasks of one lot share: all but the seed and the name of the setting."""
    setting = {k: v for k, v in vars(task.setting).items() if k not in ("seed", "name")}
    return *setting.items(), task.statements, task.links, task.measures


def run_lot(paper: str, tasks: Sequence[Task]) -> list[Trial]:
    """Simulate and judge tasks that differ in their seeds alone; whatever goes wrong with one becomes its error."""
    began = time.perf_counter()
    if len(tasks) == 1:
        return [run_trial(paper, tasks[0])]
    trials = judged_lot(paper, tasks, [simulated(paper, task) for task in tasks])
    seconds = (time.perf_counter() - began) / len(tasks)
    return [replace(trial, seconds=seconds) for trial in trials]


def judged_lot(paper: str, tasks: Sequence[Task], runs: Sequence[Run | str]) -> list[Trial]:
    """The trials of tasks that differ in their seeds alone, on their runs or with the errors that ended them."""
    known = iter(known_marks(load_paper(paper), [run for run in runs if isinstance(run, Run)], tasks[0]))
    return [
        judged(paper, task, run, next(known) if isinstance(run, Run) else {})
        for task, run in zip(tasks, runs, strict=True)
    ]


def known_marks(paper: Paper, runs: Sequence[Run], task: Task) -> list[dict[str, list[Mark]]]:
    """For each run the marks, by statement, that judging the runs together gives; statements where it fails lack.

    One run of each lot is judged alone as well. Where its marks differ, as those of a statement may that is not written
    for arrays of several runs, the statement is judged alone on all of them.
    """
    known: list[dict[str, list[Mark]]] = [{} for _ in runs]
    if len(runs) < 2:
        return known
    try:
        lot = Lot(together(runs))
    except NotAlike:
        return known
    for statement in asked(paper, task):
        found = lot.marks(statement, task.links)
        if not _as_alone(statement, runs, found, task):
            continue
        for of_run, marks in zip(known, found, strict=True):
            if marks is not None:
                of_run[statement.id] = marks
    return known


def _as_alone(statement: Statement, runs: Sequence[Run], found: Sequence[list[Mark] | None], task: Task) -> bool:
    """Whether a run has the marks that were found together; another one from lot to lot, as the seeds go on."""
    among = [k for k, marks in enumerate(found) if marks is not None]
    if not among:
        return False
    k = among[task.setting.seed // MOST % len(among)]
    return repr(found[k]) == repr(statement_marks(statement, runs[k], task.links))


class Lot:
    """Runs that are judged together; what several statements suppose is judged once."""

    def __init__(self, runs: Runs) -> None:
        self.runs, self.count = runs, len(runs.runs)
        self._looks: dict[Claim, Look] = {}
        self._premises: dict[tuple[Claim, bool], Seen] = {}

    def marks(self, statement: Statement, links: bool) -> list[list[Mark] | None]:
        """The marks of a statement on each run; None where it has to be judged on the run alone."""
        nothing: list[list[Mark] | None] = [None] * self.count
        if moot(statement, self.runs):
            return nothing
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                claims = claims_on(statement, self.runs, links=links)
                return self._marks(statement, *claims)
        except Exception:  # whatever it is, the run judged alone tells
            return nothing

    def _marks(
        self, statement: Statement, premises: list[Claim], conclusions: list[Claim], chained: list[Claim]
    ) -> list[list[Mark] | None]:
        if any(isinstance(claim.probability, Stacked) for claim in (*conclusions, *chained)):
            raise NotAlike("a probability differs between the runs")
        text = statement.kind == "TEXT"
        seen = [self._premise(claim, text) for claim in premises]
        odd = np.zeros(self.count, dtype=bool)
        for claims, default in ((conclusions, premises), (chained, [])):
            for claim in claims:
                needs = [self.look(p) for p in (default if claim.needs is None else claim.needs)]
                seen.append(conclusion(self.look(claim), needs, text))
                for one in needs:
                    odd |= one.odd
        for found in seen:
            odd |= found.look.odd
        rows = zip(*(self._column(statement, found) for found in seen), strict=True)
        return [None if alone else list(row) for alone, row in zip(odd, rows, strict=True)]

    def look(self, claim: Claim) -> Look:
        """The claim on each run."""
        found = self._looks.get(claim)
        if found is None:
            found = self._looks[claim] = Look(claim)
        return found

    def _premise(self, claim: Claim, text: bool) -> Seen:
        found = self._premises.get((claim, text))
        if found is None:
            found = self._premises[claim, text] = premise(self.look(claim), text)
        return found

    def _column(self, statement: Statement, seen: Seen) -> list[Mark]:
        """One claim on each run."""
        look, claim = seen.look, seen.look.claim
        role = "printed" if claim.link is not None and claim.link.printed else claim.role
        found = (
            _NAMES[seen.outcome], seen.supposed, look.lowest, seen.entries(look.slack), look.tightest_constant,
            seen.entries(look.lhs), seen.entries(look.rhs), self._witnesses(seen), self._reasons(seen),
        )  # fmt: skip
        named, ends = map(repeat, (statement.id, claim.id, role)), map(repeat, (claim.probability, int(claim.sure)))
        marks = list(map(Mark._make, zip(*named, *lists_of(found), *ends, strict=False)))
        if (seen.outcome == NONE).any():
            reason = without_index(claim).reason
            marks = [_without_index(mark, reason) if mark.outcome == _NAMES[NONE] else mark for mark in marks]
        return marks if len(marks) == self.count else marks * self.count

    def _witnesses(self, seen: Seen) -> NDArray[np.object_]:
        """The index at the witness as JSON, axis run."""
        claim = seen.look.claim
        if not claim.axes or not seen.look.domain.shape[1]:
            return np.full(len(seen.at), "{}", dtype=object)
        on_run = claim.link is None or claim.link.state == "run"
        places = zip(claim.axes, np.unravel_index(seen.at, claim.shape), strict=True)
        columns = [self.labels[a][i].tolist() if on_run and a in self.labels else i.tolist() for a, i in places]
        template = "{" + ", ".join(f"{json.dumps(axis)}: %d" for axis in claim.axes) + "}"
        found = np.empty(len(seen.at), dtype=object)
        found[:] = [template % row for row in zip(*columns, strict=True)]
        return found

    @cached_property
    def labels(self) -> dict[str, NDArray[np.int64]]:
        """What the letters of axes stand for, on every run."""
        if any(isinstance(steps, Stacked) for steps in self.runs.labels.values()):
            raise NotAlike("the recorded steps differ")
        return self.runs.labels

    def _reasons(self, seen: Seen) -> NDArray[np.object_]:
        """What a verdict on each run names: the premises that fail, or why it is left open."""
        undecided = seen.outcome == UNDECIDED
        found = np.full(len(undecided), "", dtype=object)
        if seen.failing:
            columns = zip(*lists_of(fails for _, fails in seen.failing), strict=True)
            ids = [id for id, _ in seen.failing]
            told = [" ".join(dict.fromkeys(compress(ids, fails))) for fails in columns]
            found = np.array(told * (len(undecided) // len(told)), dtype=object)
        if open_ := seen.look.claim.left_open_by_draws:
            found[undecided] = open_
        return found


def lists_of(columns: Iterable[NDArray[Any]]) -> list[list[Any]]:
    """Columns, axis run, as lists of one length: one entry, of what all runs share, stands for all."""
    found: list[list[Any]] = [column.tolist() for column in columns]
    count = max(map(len, found))
    return [column if len(column) == count else column * count for column in found]


def _without_index(mark: Mark, reason: str) -> Mark:
    return mark._replace(slack=None, constant=None, lhs=None, rhs=None, witness="{}", failing=reason)


_NAMES = np.array([*(outcome.name for outcome in CASES), Outcome.NOT_APPLICABLE.name], dtype=object)
"""By the number of a case, or `NONE`, the name of the outcome."""
UNDECIDED = CASES.index(Outcome.UNDECIDED)
