"""`rfa study`: independent runs of one setting, a fixed number or until every claimed probability is
decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from rfa.setting import Setting
from rfa.studies.execution import How, bench
from rfa.studies.rates import LEVEL, Method
from rfa.studies.storage import Store
from rfa.studies.summary import Rates, rates_of
from rfa.studies.trials import Task, code_version, load_paper, with_seed

FIRST_LOOK = 64
"""Trials before the first look at a study that runs until decided."""
MOST = 100_000
"""Trials after which such a study gives up."""


@dataclass(frozen=True)
class Plan:
    """What a study is to do: trials None means until decided, at most `most`."""

    setting: Setting
    paper: str
    trials: int | None
    statements: tuple[str, ...] = ()
    level: float = LEVEL
    most: int = MOST

    @property
    def method(self) -> Method:
        """Exact intervals at a fixed number of trials, a confidence sequence when stopping early."""
        return "exact" if self.trials is not None else "sequence"

    def meta(self) -> dict[str, Any]:
        """What identifies the study in its file."""
        return {
            "kind": "study", "setting": self.setting.to_dict(), "paper": self.paper, "trials": self.trials,
            "statements": list(self.statements), "level": self.level, "most": self.most,
            "code": code_version(self.paper),
        }  # fmt: skip

    def tasks(self, first: int, last: int) -> Iterator[Task]:
        """The trials first..last - 1."""
        for row in range(first, last):
            yield Task(row, with_seed(self.setting, row), self.statements)

    @staticmethod
    def of(store: Store) -> Plan:
        """The plan that a file was made for."""
        m = store.meta
        return Plan(
            Setting.from_dict(m["setting"]),
            m["paper"],
            m["trials"],
            tuple(m["statements"]),
            m["level"],
            m["most"],
        )


def run_study(
    plan: Plan,
    path: Path,
    **how: Unpack[How],
) -> Rates:
    """Carry a plan out, or finish it, and judge its rates."""
    paper = load_paper(plan.paper)
    with bench(path, plan.meta(), plan.paper, how) as at:
        for first, last in looks(plan):
            at.run(plan.tasks(first, last))
            rates = rates_of(at.store, paper, level=plan.level, method=plan.method)
            if plan.trials is None and not rates.undecided:
                break
    return rates


def looks(plan: Plan) -> Iterator[tuple[int, int]]:
    """The batches after which the study looks at its counts: fixed beforehand, so no order of arrival
    matters."""
    if plan.trials is not None:
        yield 0, plan.trials
        return
    first, last = 0, FIRST_LOOK
    while first < plan.most:
        yield first, min(last, plan.most)
        first, last = last, last + max(FIRST_LOOK, last // 4)
