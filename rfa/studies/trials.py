"""One trial: the run of a setting, judged, as plain values that travel between processes and into a
database."""

from __future__ import annotations

import hashlib
import importlib
import json
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import scipy

import rfa
from rfa.audit import acceptance
from rfa.claims import FAILS, HOLDS, Claim
from rfa.errors import InputError
from rfa.guarantees import guaranteed
from rfa.papers import DoesNotApply, Paper, Statement, find_papers
from rfa.run import Run
from rfa.setting import Setting
from rfa.simulation import simulate, start
from rfa.verdicts import Outcome, Verdict, evaluate

NOT_CODE = {
    "cli.py", "command_line.py", "listing.py", "gallery.py", "progress.py", "realdata", "recheck", "report", "studies",
}  # fmt: skip
"""Modules and packages of rfa whose text cannot change a trial (of `studies` this module and `lots` can)."""
CERTIFICATE = "certificate"
"""In the place of a statement: whether the paper guarantees its goals, from sample and first weights alone."""


class Mark(NamedTuple):
    """One claim of one trial. `supposed` and `state` are 1 holds, 0 undecided, -1 fails (worst over the
    indices).

    `role` is premise, conclusion, link, measure (a number to fit, in `lhs`) or statement (which could not be
    evaluated; the reason is in `failing`). `probability` is the one with which the claim is promised, `sure`
    whether the premises imply it.
    """

    statement: str
    claim: str
    role: str
    outcome: str
    supposed: int
    state: int
    slack: float | None = None
    constant: float | None = None
    lhs: float | None = None
    rhs: float | None = None
    witness: str = "{}"
    failing: str = ""
    probability: float = 1.0
    sure: int = 0


@dataclass(frozen=True)
class Task:
    """Row number `row` of a study: a setting (its seed included) and what to judge on its run."""

    row: int
    setting: Setting
    statements: tuple[str, ...] = ()
    links: bool = False
    measures: tuple[str, ...] = ()
    point: int = 0

    def digest(self, code: str) -> str:
        """The key of the trial: setting with seed, what is judged, and the version of the code."""
        what = [
            setting_digest(self.setting),
            self.setting.seed,
            self.statements,
            self.links,
            self.measures,
            code,
        ]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Trial:
    """What a trial leaves behind: its marks, or the error that ended it."""

    task: Task
    marks: tuple[Mark, ...]
    error: str
    code: str
    draws: int
    seconds: float


Known = Mapping[str, Sequence[Mark]]
"""Marks by the id of their statement."""


def setting_digest(setting: Setting) -> str:
    """Digest of a setting without its name and seed."""
    keys = {k: v for k, v in setting.to_dict().items() if k not in ("name", "seed")}
    return hashlib.sha256(json.dumps(keys, sort_keys=True).encode()).hexdigest()[:16]


_installed = cache(find_papers)
"""The installed papers, looked up once a process: trials ask for one of them thousands of times."""


def load_paper(name: str) -> Paper:
    """A paper by its entry point, or as `module:attribute`."""
    if ":" in name:
        module, _, attribute = name.partition(":")
        try:
            paper = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError, TypeError, ValueError) as why:
            raise InputError(f"paper = {name!r}: {why}; expected module:attribute of an installed package") from None
        if not isinstance(paper, Paper):
            raise InputError(f"paper = {name!r}; expected a Paper at that place")
        return paper
    papers = _installed()
    if name not in papers:
        raise InputError(f"paper = {name!r}; expected one of {', '.join(sorted(papers)) or 'none installed'}")
    return papers[name]


@cache
def code_version(paper: str) -> str:
    """Digest of the sources of rfa that a trial runs through and of the paper, with the versions of numpy and scipy."""
    home = Path(rfa.__file__).parent
    files = [p for p in home.rglob("*.py") if not NOT_CODE & {p.name, *p.relative_to(home).parts}]
    files += (Path(__file__), Path(__file__).with_name("lots.py"))
    modules = [importlib.import_module(s.claims.__module__) for s in load_paper(paper).results]
    for module in modules:
        files += Path(str(module.__file__)).parent.glob("*.py")
    total = hashlib.sha256(f"numpy {np.__version__} scipy {scipy.__version__}".encode())
    for file in sorted(set(files)):
        total.update(file.read_bytes())
    return total.hexdigest()[:16]


def run_trial(paper: str, task: Task) -> Trial:
    """Simulate and judge; whatever goes wrong becomes the error of the trial."""
    began = time.perf_counter()
    trial = judged(paper, task, simulated(paper, task))
    return replace(trial, seconds=time.perf_counter() - began)


def simulated(paper: str, task: Task) -> Run | str:
    """The run of a task, or the error that ended it."""
    try:
        make = start if task.statements == (CERTIFICATE,) else simulate
        return make(task.setting, accept=acceptance(task.setting, load_paper(paper)))
    except Exception as why:
        return _error(why)


def judged(paper: str, task: Task, run: Run | str, known: Known = MappingProxyType({})) -> Trial:
    """The trial of a run; an error of its own, or that which ended the run. `known` are marks as for `marks_of`."""
    code = code_version(paper)
    if isinstance(run, str):
        return Trial(task, (), run, code, 0, 0.0)
    try:
        return Trial(task, tuple(marks_of(load_paper(paper), run, task, known)), "", code, run.draws, 0.0)
    except Exception as why:
        return Trial(task, (), _error(why), code, 0, 0.0)


def _error(why: Exception) -> str:
    where = traceback.extract_tb(why.__traceback__)[-1]
    return f"{type(why).__name__}: {why} ({Path(where.filename).name}:{where.name})"


def chosen_statements(paper: Paper, only: Iterable[str]) -> tuple[str, ...]:
    """Ids of statements from ids and kinds (`WHP` for all that hold with a probability); empty for all."""
    ids: dict[str, None] = {}
    for word in only:
        found = [s.id for s in paper.results if s.id.lower() == word.lower() or s.kind.split("-")[0] == word]
        if not found:
            known = ", ".join([*(s.id for s in paper.results), *dict.fromkeys(s.kind for s in paper.results)])
            raise InputError(f"{word!r}: no such statement or kind; expected one of {known}")
        ids |= dict.fromkeys(found)
    return tuple(ids)


def check_certificate(ids: Iterable[str], paper: Paper) -> None:
    """`InputError` where a certificate is asked for that the paper does not have."""
    if CERTIFICATE in ids and paper.certify is None:
        raise InputError(f"{CERTIFICATE}: paper {paper.name!r} has none; expected one of its conclusions")


def check_claims(paper: Paper, ids: Iterable[str]) -> None:
    """`InputError` for an id that is neither a statement nor one of its conclusions on the example of the paper."""
    from rfa.listing import example_run, parts

    ids = list(ids)
    check_certificate(ids, paper)
    if not (asked := [id for id in ids if id not in {s.id for s in paper.results} | {CERTIFICATE}]):
        return
    if not paper.example:
        return
    run = example_run(paper)
    found = [p for s in paper.results for p in parts(s, run) if isinstance(p, Claim) and p.role == "conclusion"]
    known = {c.id for c in found}
    if unknown := [id for id in asked if id not in known]:
        raise InputError(f"{unknown[0]}: no such conclusion; expected one of {', '.join(sorted(known))}")


def marks_of(paper: Paper, run: Run, task: Task, known: Known = MappingProxyType({})) -> Iterator[Mark]:
    """All marks of a run: the statements of the task (default: all of the paper), then its measures.

    `known` are the marks of statements that need no judging any more.
    """
    for statement in asked(paper, task):
        yield from known.get(statement.id) or statement_marks(statement, run, task.links)
    if CERTIFICATE in task.statements:
        yield certificate_mark(paper, run)
    for scaling in paper.scalings:
        if scaling.id in task.measures:
            value = float(scaling.measure(run))
            yield Mark(scaling.id, scaling.id, "measure", Outcome.NOT_APPLICABLE.name, 1, 1, lhs=value)


def asked(paper: Paper, task: Task) -> Iterator[Statement]:
    """The statements that a task asks for, in the order of the paper."""
    wanted = {s.lower() for s in task.statements}
    return (s for s in paper.results if not wanted or s.id.lower() in wanted)


def certificate_mark(paper: Paper, run: Run) -> Mark:
    """The guarantee of a paper as a conclusion without premises; the weakest condition is its witness."""
    try:
        found = guaranteed(paper, run)
    except DoesNotApply as why:
        return Mark(CERTIFICATE, "", "statement", Outcome.NOT_APPLICABLE.name, 0, 0, failing=str(why))
    weakest = min(found.conditions, key=lambda c: (_WORST[c.outcome], c.slack if c.slack is not None else -np.inf))
    return Mark(
        CERTIFICATE, CERTIFICATE, "conclusion", weakest.outcome.name, int(HOLDS), _WORST[weakest.outcome],
        weakest.slack, None, weakest.lhs, weakest.rhs, json.dumps(dict(weakest.witness)), found.sentence,
    )  # fmt: skip


_WORST = {Outcome.CONFIRMED: 1, Outcome.SILENT: -1, Outcome.UNDECIDED: 0, Outcome.ERROR: 0}
"""What the outcome of a condition of a guarantee says of it: 1 holds, 0 undecided, -1 fails."""


def statement_marks(statement: Statement, run: Run, links: bool = False) -> list[Mark]:
    """The marks of one statement; a single mark with the reason where it cannot be evaluated."""
    found = evaluate(statement, run, links=links)
    if found.outcome is not None:
        return [Mark(statement.id, "", "statement", found.outcome.name, 0, 0, failing=found.reason)]
    premises = [claim for claim, _ in found.premises]
    return [
        *(_mark(statement, claim, verdict, ()) for claim, verdict in found.premises),
        *(_mark(statement, claim, verdict, premises) for claim, verdict in found.conclusions),
        *(_mark(statement, claim, verdict, ()) for claim, verdict in found.links),
    ]


def _mark(statement: Statement, claim: Claim, verdict: Verdict, premises: Iterable[Claim]) -> Mark:
    """One claim with its verdict; `premises` are what it needs if it names nothing of its own."""
    needs = premises if claim.needs is None else claim.needs
    supposed = min((p.lowest for p in needs), default=int(HOLDS))
    if statement.kind == "TEXT":
        supposed = int(FAILS)
    state = claim.lowest
    if verdict.outcome is Outcome.ERROR:
        supposed = state = 0
    role = "printed" if claim.link is not None and claim.link.printed else claim.role
    witness = json.dumps(verdict.witness) if verdict.witness else "{}"
    return Mark(
        statement.id, claim.id, role, verdict.outcome.name, supposed, state,
        verdict.slack, verdict.tightest_constant, verdict.lhs, verdict.rhs,
        witness, verdict.reason or " ".join(verdict.failing), claim.probability, int(claim.sure),
    )  # fmt: skip


def with_seed(setting: Setting, trial: int) -> Setting:
    """The setting of the trial-th replication: seed + trial, so that `--set seed=...` makes it again."""
    return replace(setting, seed=(setting.seed + trial) % 2**64)
