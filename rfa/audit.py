"""The main job: find a setting, train its network, judge every statement of the paper on the run, report."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np

from rfa.claims import FAILS, Claim
from rfa.errors import InputError
from rfa.estimates import rests_on, without_estimates
from rfa.fresh import WATCH
from rfa.papers import DoesNotApply, Paper, Statement, find_papers
from rfa.report.document import build
from rfa.report.model import Report
from rfa.run import Run
from rfa.setting import Setting
from rfa.simulation import HOPELESS, MOST_DRAWS, Accept, simulate as simulate_setting
from rfa.verdicts import Judgement, Outcome, judge

Progress = Callable[[str, int, int], None]
"""Called as `progress(what, done, total)`."""


def find_paper(paper: Paper | str | None = None) -> Paper:
    """A paper itself, an installed one by name, or the one that is marked as default."""
    if isinstance(paper, Paper):
        return paper
    papers = find_papers()
    if not papers:
        raise InputError("no paper is installed; expected an entry point in the group rfa.papers")
    if paper is None:
        return max(papers.values(), key=lambda one: one.default)
    if paper not in papers:
        raise InputError(f"{paper!r}: unknown paper; expected one of {', '.join(papers)}")
    return papers[paper]


def chosen_papers(paper: str | None = None, what: str | Path | None = None) -> list[Paper]:
    """The papers that a command line asks for, the owner of the setting `what` first if several are.

    `both` or `all` are all installed papers; without a name it is the paper that has a setting called `what`, or else
    the default one.
    """
    if paper not in (None, "both", "all"):
        return [find_paper(paper)]
    known = sorted(find_papers().values(), key=lambda one: not one.default) or [find_paper()]
    known.sort(key=lambda one: str(what) not in named_settings(one))
    return known if paper else known[:1]


def needed_C(papers: Iterable[Paper], run: Run) -> dict[str, dict[str, float]]:
    """By paper, the C that each version of its proof needs; papers that cannot say are left out."""
    found = {}
    for paper in papers:
        with suppress(DoesNotApply):
            if paper.constants is not None:
                found[paper.name] = {v.name: v.C for v in paper.constants(run).variants}
    return found


def named_settings(paper: Paper) -> dict[str, Traversable]:
    """The setting files of a paper by name."""
    files = (
        [] if paper.settings is None else [f for f in paper.settings.iterdir() if f.name.endswith(".toml")]
    )
    return {f.name.removesuffix(".toml"): f for f in sorted(files, key=lambda f: f.name)}


def find_setting(what: str | Path | None = None, paper: Paper | str | None = None) -> Setting:
    """A setting by the name a paper gives it (this one first), from a TOML file, or the default one.

    A paper without a default setting takes that of the default paper.
    """
    paper = find_paper(paper)
    others = [named_settings(one) for one in find_papers().values() if one is not paper]
    names = {name: file for of in (*others, named_settings(paper)) for name, file in of.items()}
    name = str(what) if what is not None else paper.default_setting or find_paper().default_setting
    try:
        if name in names:
            return Setting.from_toml(names[name].read_text(encoding="utf-8"), name)
        path = Path(name)
        if path.is_file():
            return Setting.from_toml(path.read_text(encoding="utf-8"), path.stem)
    except InputError as why:
        raise InputError(f"{name}: {why}") from None
    except (OSError, UnicodeDecodeError, ValueError) as why:
        raise InputError(f"{name}: cannot be read: {' '.join(str(why).split())}") from None
    raise InputError(
        f"{name!r}: no such setting or file; expected a TOML file or one of {', '.join(names) or '(none)'}"
    )


def simulate(
    what: Setting | str | Path | None = None,
    *,
    paper: Paper | str | None = None,
    keep: Iterable[int] = (),
    progress: Progress | None = None,
) -> Run:
    """Train the network of a setting (itself, by name, from a file, or the default one) and log every step.

    Sample and start are drawn again until the statement `draw_until` of the paper holds on them; `keep` are
    steps at which the weights are kept besides 0, 1, T and the last.
    """
    paper = find_paper(paper)
    setting = what if isinstance(what, Setting) else find_setting(what, paper)
    training = None if progress is None else lambda done, total: progress("training", done, total)
    return simulate_setting(setting, accept=acceptance(setting, paper, progress), progress=training, keep=keep)


def acceptance(setting: Setting, paper: Paper, progress: Progress | None = None) -> Accept | None:
    """Whether `draw_until` holds on a run of no steps; None if the setting asks for nothing.

    The statement is one of this paper or of another that is installed. The last draw, or draw
    `HOPELESS` if a claim failed at one index in all of them, ends in an `InputError` that says which claims failed.
    """
    id = setting.draw_until
    if not id:
        return None
    statement = next((s for s in paper.results if s.id == id), None)
    if statement is None:
        statements = [s for of in (paper, *find_papers().values()) for s in of.results]
        statement = next((s for s in statements if s.id == id), None)
    if statement is None:
        known = ", ".join(dict.fromkeys(s.id for s in statements))
        raise InputError(f"draw_until = {id!r}; expected the id of a statement: {known}")
    failed: Counter[str] = Counter()
    always: list[set[str]] = []

    def accept(run: Run) -> bool:
        if progress is not None:
            progress(f"drawing until {id} holds, draw {run.draws}", run.draws - 1, MOST_DRAWS)
        failing = _failing(statement, run)
        failed.update(failing)
        if failing and run.draws <= HOPELESS:
            always[:] = [set.intersection(_failing_places(statement, run), *always)]
        hopeless = sorted(always[0]) if failing and run.draws == HOPELESS else []
        if failing and (hopeless or run.draws == MOST_DRAWS):
            told = "; ".join(f"{claim} fails in {count}" for claim, count in failed.most_common(3))
            told = f"{hopeless[0]} fails in all" if hopeless else told
            raise InputError(f"draw_until = {id!r}: not met in {run.draws} draws: {told}; try other sizes")
        return not failing

    return accept


def _failing(statement: Statement, run: Run) -> list[str]:
    """The claims that fail on a start, each with the index of its witness."""
    judgement = judge(statement, run, links=False)
    if judgement.outcome in (Outcome.ERROR, Outcome.NOT_APPLICABLE):
        told = judgement.reason or next(v.reason for v in judgement.verdicts if v.reason)
        raise InputError(f"draw_until = {statement.id!r}: cannot be judged on a start: {told}")
    failing = [v for v in judgement.conclusions or judgement.premises if v.holds is False]
    return [
        f"{v.id}{''.join(f' at {axis} = {index}' for axis, index in v.witness.items())} ({v.says})" for v in failing
    ]


def _failing_places(statement: Statement, run: Run) -> set[str]:
    """Every index at which a claim fails on a start, in words like those of `_failing`."""
    claims = [c for c in statement.claims(run, links=False) if isinstance(c, Claim)]
    wanted = [c for c in claims if c.role == "conclusion"] or [c for c in claims if c.role == "premise"]
    return {
        f"{c.id}{''.join(f' at {axis} = {k}' for axis, k in zip(c.axes, at, strict=True))} ({c.says})"
        for c in wanted
        for at in np.argwhere(c.state == FAILS)
    }


def judge_all(
    paper: Paper, run: Run, *, links: bool = True, progress: Progress | None = None
) -> list[Judgement]:
    """Every statement of a paper on one run, one after another."""
    found, blind = [], without_estimates(run)
    with _telling_of_fresh_samples(progress):
        for k, statement in enumerate(paper.results):
            if progress is not None:
                progress(f"judging {statement.id}", k, len(paper.results))
            judged = judge(statement, run, links=links)
            if blind and judged.outcome is not Outcome.NOT_APPLICABLE:
                judged = replace(judged, estimated=rests_on(statement, blind))
            found.append(judged)
    if progress is not None:
        progress("judging", len(found), len(found))
    return found


@contextmanager
def _telling_of_fresh_samples(progress: Progress | None) -> Iterator[None]:
    """Progress of fresh samples that a statement draws when it is judged."""
    told = WATCH.set(None if progress is None else lambda done, total: progress("drawing fresh samples", done, total))
    try:
        yield
    finally:
        WATCH.reset(told)


def verify(
    what: Run | Setting | str | Path | None = None,
    *,
    paper: Paper | str | None = None,
    links: bool = True,
    progress: Progress | None = None,
    command: str | None = None,
) -> Report:
    """Judge every statement of a paper on a run, or on the run of a setting (see `simulate`).

    `links` judges the chains of the proofs as well. `command` is what the report says makes it again; by
    default it is derived from the setting or from the file that the run was read from.
    """
    paper = find_paper(paper)
    run = what if isinstance(what, Run) else simulate(what, paper=paper, progress=progress)
    judgements = judge_all(paper, run, links=links, progress=progress)
    if command is None:
        command = replay_command(run, paper, what if isinstance(what, str | Path) else None)
    return build(paper, run, judgements, command=command)


def replay_command(run: Run, paper: Paper, what: str | Path | None = None) -> str:
    """The one command that judges the same run again: its file, or the setting that it is made from.

    `what` is the name or file it started from; a setting from neither is read from the copy in the report.
    """
    options = paper_options(paper)
    if file := run.provenance.get("file"):
        return shlex.join(["rfa", "check", str(file), *options])
    if run.setting is None or run.provenance.get("recorded"):
        return ""
    known = run.setting.name in named_settings(paper)
    start = what if what is not None else run.setting.name if known else None
    changes = None if start is None else difference(find_setting(start, paper), run.setting)
    if changes is None:
        return shlex.join(["rfa", "verify", "setting.toml", *options])
    return shlex.join(["rfa", "verify", str(start), *changes, *options])


def paper_options(paper: Paper, name: str | None = None) -> list[str]:
    """The options by which a command finds a paper: its `name`, or that of an installed one; none for the default."""
    installed = find_papers().get(paper.name) is paper
    known = name or (paper.name if installed else None)
    return [] if known is None or paper is find_paper() else ["--paper", known]


def difference(base: Setting, setting: Setting) -> list[str] | None:
    """The options that turn one setting into another; None if a key would have to be dropped."""
    old, new = base.to_dict(), setting.to_dict()
    if set(old) - set(new) - {"K", "alpha"}:
        return None
    changed = {key: value for key, value in new.items() if key not in old or old[key] != value}
    seed = ["--seed", str(changed.pop("seed"))] if "seed" in changed else []
    return seed + [part for key, value in changed.items() for part in ("--set", _as_toml(key, value))]


def _as_toml(key: str, value: Any) -> str:
    import tomli_w

    return tomli_w.dumps({key: value}).strip().replace(" = ", "=", 1)
