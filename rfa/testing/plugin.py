"""The pytest plugin: `@pytest.mark.statement("L12")` judges a statement on generated runs before the test's own body.

`pytest_rfa` registers it where the option --rfa or the setting `rfa = true` asks for it.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from functools import cache, wraps
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest
from hypothesis.strategies import SearchStrategy

from pytest_rfa import OPTIONS
from rfa.audit import find_paper, find_setting, simulate
from rfa.errors import InputError
from rfa.papers import Paper, Statement, find_papers
from rfa.run import Run
from rfa.setting import Setting
from rfa.studies.candidates import Candidate
from rfa.testing.regions import Region
from rfa.testing.saved import Saved, save, saved
from rfa.testing.search import PROFILES, NeverExercised, Refuted, Tally, examine
from rfa.testing.strategies import runs, settings
from rfa.verdicts import Outcome

T = TypeVar("T")
DEFAULT_FOLDER = "counterexamples"


def pytest_configure(config: pytest.Config) -> None:
    """A wrong option, or a saved counterexample that cannot be read, ends the session before any test."""
    profile(config)
    try:
        replayed(config)
        list(saved(folder(config)))
    except InputError as why:
        raise pytest.UsageError(f"rfa: {why}") from None


def profile(config: pytest.Config) -> str:
    """The name of the profile: option, ini file, or ci where the variable CI is set, else dev."""
    name = config.getoption("rfa_profile") or config.getini("rfa_profile")
    if name and name not in PROFILES:
        raise pytest.UsageError(f"rfa_profile = {name!r}; expected one of {', '.join(PROFILES)}")
    return str(name or ("ci" if os.environ.get("CI") else "dev"))


def folder(config: pytest.Config) -> Path:
    """Where counterexamples are kept, relative to the root directory of the tests."""
    return config.rootpath / (config.getoption("rfa_examples") or config.getini("rfa_examples") or DEFAULT_FOLDER)


def replayed(config: pytest.Config) -> Candidate | None:
    """The one candidate that --rfa-replay asks for."""
    text = config.getoption("rfa_replay")
    return None if text is None else Candidate.of(text)


# ---- fixtures ------------------------------------------------------------------------------------------------


@pytest.fixture
def tally() -> Tally | None:
    """What the search of the test's statement saw: runs, counts of outcomes, least slack. Filled before the body."""
    return None


@pytest.fixture(scope="session")
def named_setting() -> Callable[[str], Setting]:
    """A function that gives a named setting of an installed paper, or one from a TOML file."""
    return told(find_setting)


@pytest.fixture(scope="session")
def named_run() -> Callable[[str], Run]:
    """A function that gives the run of a named setting; each is trained once a session."""
    return told(cache(simulate))


def told(by_name: Callable[[str], T]) -> Callable[[str], T]:
    """The function of a fixture, which fails a test in one line where it is given a wrong name."""

    @wraps(by_name)
    def of(name: str) -> T:
        try:
            return by_name(name)
        except InputError as why:
            raise pytest.fail.Exception(str(why), pytrace=False) from None

    return of


# ---- one test ------------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> None:
    """Search before the body of a marked test runs; the body then runs as always."""
    for marker in pyfuncitem.iter_markers("statement"):
        try:
            found = searched(pyfuncitem, marker)
        except InputError as why:
            raise pytest.fail.Exception(f"{pyfuncitem.nodeid}: {why}", pytrace=False) from None
        if "tally" in pyfuncitem.funcargs:
            pyfuncitem.funcargs["tally"] = found


def searched(item: pytest.Function, marker: pytest.Mark) -> Tally:
    """The search of one marker, told in the properties of the test; a counterexample is saved."""
    statement, options = wanted(marker)
    again, kept = replayed(item.config), folder(item.config)
    explicit = [again] if again is not None else [one.candidate for one in saved(kept, statement.id)]
    found = PROFILES[profile(item.config)]
    if "max_examples" in options:
        found = hypothesis.settings(found, max_examples=options["max_examples"])
    tally = Tally(statement)
    failed: Refuted | NeverExercised | None = None
    try:
        of, allowed = runs_of(options)
        examine(
            statement, of, allowed=allowed, links=bool(options.get("links")), profile=found, examples=explicit,
            only_examples=again is not None, tally=tally,
        )  # fmt: skip
    except (Refuted, NeverExercised) as why:
        failed = why
    tell(item, tally, failed)
    if failed is not None:
        pytest.fail("\n".join([str(failed), *kept_as(item, statement, kept, failed)]), pytrace=False)
    return tally


def kept_as(item: pytest.Item, statement: Statement, kept: Path, why: Refuted | NeverExercised) -> Iterator[str]:
    """Save a counterexample; where it is and how it is made again."""
    if isinstance(why, Refuted) and why.candidate is not None:
        claim = "" if why.verdict is None else why.verdict.id
        yield f"  saved in {save(kept, Saved(statement.id, claim, why.candidate, item.nodeid))}"
        yield f"  replay: {replay_line(item.nodeid, why.candidate)}"


def wanted(marker: pytest.Mark) -> tuple[Statement, dict[str, Any]]:
    """The statement of a marker and its options, checked."""
    if len(marker.args) != 1 or (unknown := sorted(set(marker.kwargs) - set(OPTIONS))):
        told = f"{unknown[0]}: unknown" if len(marker.args) == 1 else f"{len(marker.args)} statements given"
        raise InputError(f"{told}; expected one statement and of {', '.join(OPTIONS)}")
    what, options = marker.args[0], checked_options(marker.kwargs)
    if isinstance(what, Statement):
        return what, options
    if not isinstance(what, str):
        raise InputError(f"{what!r}: expected a statement, as @result makes it of a function, or an id such as 'L14'")
    papers = papers_of(options.get("paper"))
    for paper in papers:
        for statement in paper.results:
            if statement.id.lower() == what.lower():
                return statement, {**options, "paper": paper}
    names = ", ".join(paper.name for paper in papers)
    raise InputError(f"{what!r} is no statement of {names}; see `rfa list`")


def checked_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a marker; those of the region are checked where its settings are drawn."""
    most, links, of = given.get("max_examples", 1), given.get("links", False), given.get("runs")
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise InputError(f"max_examples = {most!r}; expected an integer, at least 1")
    if not isinstance(links, bool):
        raise InputError(f"links = {links!r}; expected True or False")
    if of is not None and not isinstance(of, SearchStrategy):
        raise InputError(f"runs = {of!r}; expected a strategy of runs, such as rfa.testing.runs()")
    if of is not None and (idle := sorted({"inside", "outside", "C"} & set(given))):
        raise InputError(f"runs and {idle[0]}: expected one of them; a strategy of runs has its own settings")
    return dict(given)


def papers_of(paper: Paper | str | None) -> list[Paper]:
    """The paper that is named, or all installed ones, the default first."""
    if isinstance(paper, Paper):
        return [paper]
    known = find_papers()
    if paper is not None and paper not in known:
        raise InputError(f"paper = {paper!r}; expected one of {', '.join(known)}")
    return [known[paper]] if paper else sorted(known.values(), key=lambda one: not one.default)


def runs_of(options: dict[str, Any]) -> tuple[SearchStrategy[Run], Callable[[Setting], bool] | None]:
    """The strategy of runs that a marker asks for, and which settings it allows; None if the strategy alone knows."""
    if options.get("runs") is not None:
        return options["runs"], None
    paper, inside, outside, C = (options.get(key) for key in ("paper", "inside", "outside", "C"))
    region = Region.of(find_paper(paper), inside, outside)
    return runs(settings(paper=paper, inside=inside, outside=outside, C=C)), region.allows


# ---- what is told --------------------------------------------------------------------------------------------


def replay_line(nodeid: str, candidate: Candidate) -> str:
    """The command that judges one run again."""
    return shlex.join(["python", "-m", "pytest", nodeid, "--rfa", "--rfa-replay", candidate.command])


def tell(item: pytest.Item, tally: Tally, why: Refuted | NeverExercised | None) -> None:
    """Properties of the test: they reach JUnit files, and the terminal from the workers of xdist.

    The least slack is that of the run which the replay line makes again: the nearest one, or the counterexample.
    """
    candidate = why.candidate if isinstance(why, Refuted) else tally.candidate
    slack, claim = tally.slack, tally.claim
    if isinstance(why, Refuted) and why.verdict is not None:
        slack, claim = why.verdict.slack, why.verdict.id
    facts = {
        "statement": tally.statement.id,
        "title": tally.statement.title,
        "runs": tally.runs,
        "exercised": tally.exercised,
        **{outcome.name: count for outcome, count in sorted(tally.outcomes.items(), key=lambda pair: pair[0].name)},
        "least_slack": "" if slack is None else f"{slack:.4g} at {claim}",
        "never_confirmed": " ".join(tally.never) if why is None and tally.statement.kind != "TEXT" else "",
        "failed": "" if why is None else str(why).splitlines()[0],
        "replay": "" if candidate is None else replay_line(item.nodeid, candidate),
    }
    item.user_properties += [(f"rfa.{key}", str(value)) for key, value in facts.items() if value != ""]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One paragraph for each search: counts, least slack, the line that makes the nearest run again."""
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.stats.get(kind, [])]
    told = [facts for r in reports if r.when == "call" for facts in searches(r.user_properties)]
    if told:
        terminalreporter.section("statements on generated runs")
    for facts in told:
        for line in paragraph(facts):
            terminalreporter.write_line(line)


def searches(properties: list[tuple[str, object]]) -> Iterator[dict[str, str]]:
    """The facts of each search of a test, in order."""
    found: list[dict[str, str]] = []
    for name, value in properties:
        if name == "rfa.statement":
            found.append({})
        if name.startswith("rfa.") and found:
            found[-1][name.removeprefix("rfa.")] = str(value)
    yield from found


def paragraph(facts: dict[str, str]) -> Iterator[str]:
    """A search as the terminal shows it."""
    counts = ", ".join(f"{facts[o.name]} {o.name}" for o in Outcome if o.name in facts) or "none judged"
    yield f"{facts['statement']}  {facts['title']}"
    plural = "" if facts["runs"] == "1" else "s"
    yield f"  {facts['runs']} run{plural}, {facts['exercised']} with true premises; conclusions: {counts}"
    for key, says in (("failed", ""), ("least_slack", "least slack "), ("never_confirmed", "never confirmed: ")):
        if key in facts:
            yield f"  {says}{facts[key]}"
    if "replay" in facts:
        yield f"  replay: {facts['replay']}"
