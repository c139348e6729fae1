"""Mutants of checks and engine, and the planted faults of all claims and links: does a test notice each of them?

python -m tests.campaigns.mutants rfa/claims.py rfa/verdicts.py            every mutant of some modules
python -m tests.campaigns.mutants checks --sample 200 --seed 1             a random sample, with its exact interval
python -m tests.campaigns.mutants --planted                                planted faults, claim by claim

Each mutant lives in a forked process in which an import gives the changed module; the tests of that module run there
until one fails. A tool made for this (mutmut, cosmic-ray) starts pytest anew for each mutant, which costs more than the
tests do, and knows no premise, relation or cluster. Survivors stand in survivors.toml with the reason why nothing can
notice them; one that does not is an error.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.util
import os
import signal
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from tests.campaigns.mutation import Mutant, mutants

ROOT = Path(__file__).parents[2]
SURVIVORS = Path(__file__).with_name("survivors.toml")
LIMIT = 120
"""Seconds after which a mutant counts as noticed: its tests do not end."""
EXAMPLES = 25
"""Examples of each property; none is shrunk."""
OWN_TESTS = {
    "rfa/training.py": "test_training test_engine test_runfile test_recorder test_departures test_extremes",
    "rfa/claims.py": "test_claims test_verdicts checks/test_recorded checks/test_weight_growth checks/test_assumptions "
    "test_extremes report/test_document checks/test_persistence",
    "rfa/verdicts.py": "test_verdicts test_claims checks/test_recorded checks/test_weight_growth test_departures "
    "test_variants test_extremes report/test_document checks/test_persistence",
    "rfa/stacked.py": "test_stacked test_together studies/test_lots",
    "rfa/together.py": "test_together studies/test_lots",
    "rfa/looks.py": "studies/test_lots",
    "rfa/studies/lots.py": "studies/test_lots studies/test_study",
}
"""Tests of modules of the framework, the quickest first."""
OF_ALL_CHECKS = ("tests/checks/test_every_statement.py",)
KILLED, SURVIVED, UNCHANGED = "noticed", "survived", "unchanged"


# ---- which tests --------------------------------------------------------------------------------------------------


@cache
def imports(file: Path) -> frozenset[str]:
    """Modules that a file imports, as paths below the root."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.replace(".", "/")
            found |= {f"{parts}.py", *(f"{parts}/{alias.name}.py" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name.replace(".", "/") + ".py" for alias in node.names}
    return frozenset(found)


@cache
def users(module: str) -> tuple[str, ...]:
    """The module and the checks that import it, directly or through others, the nearest first."""
    order, files = [module], sorted((ROOT / "checks").rglob("*.py"))
    for one in order:
        new = [str(f.relative_to(ROOT)) for f in files if one in imports(f) and f.name != "__init__.py"]
        order += [f for f in new if f not in order]
    return tuple(order)


def tests_of(module: str) -> list[str]:
    """Test files that can notice a mutant of a module: its own, those that import it, those of its users."""
    if module in OWN_TESTS:
        files = [f"tests/{name}.py" for name in OWN_TESTS[module].split()]
        return [file for file in files if (ROOT / file).exists()]
    folder = "tests/explicit" if module.startswith("checks/explicit") else "tests/checks"
    near = [*sorted((ROOT / folder).glob("test_*.py")), *sorted((ROOT / "tests/checks").glob("test_*.py"))]
    files = [*near, *(f for f in sorted((ROOT / "tests").rglob("test_*.py")) if f not in near)]
    found: dict[str, None] = {}
    for one in users(module):
        own = f"{folder}/test_{Path(one).name}"
        found |= dict.fromkeys([own] if (ROOT / own).exists() else [])
        found |= dict.fromkeys(str(f.relative_to(ROOT)) for f in files if one in imports(f))
    return [*found, *OF_ALL_CHECKS]


# ---- one mutant -----------------------------------------------------------------------------------------------


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed source for one module."""

    def __init__(self, module: Path, source: str) -> None:
        parts = module.with_suffix("").parts
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        self.path, self.source = ROOT / module, source

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The specification of the changed module alone."""
        if name != self.name:
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=self)  # type: ignore[arg-type]

    def exec_module(self, module: Any) -> None:
        """Run the changed source."""
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)


class Quick:
    """Few examples of each property, none shrunk."""

    def pytest_configure(self, config: Any) -> None:
        """After the profile of the tests."""
        from hypothesis import HealthCheck, Phase, settings

        phases, deadline = (Phase.explicit, Phase.generate), None
        settings.register_profile(
            "mutants", phases=phases, deadline=deadline, max_examples=EXAMPLES, derandomize=True, database=None,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        settings.load_profile("mutants")


def warm_up(modules: Iterable[Path]) -> None:
    """Import what every test needs and no mutant changes; for mutants of checks, make the recorded runs as well."""
    import click.testing  # noqa: F401

    if all(module.parts[0] == "checks" for module in modules):
        from tests.checks import recorded

        for module in modules:
            users(str(module))
        told = [line for name in recorded.RECORDS for line in recorded.differences(name)]
        if told:
            raise SystemExit(f"the record is not that of this program: {told[0]}")
    elif loaded := [name for name in sys.modules if name.split(".")[0] in ("rfa", "checks")]:
        raise RuntimeError(f"{loaded[0]} is imported before its mutants are")


def noticed(module: Path, source: str | None, tests: Iterable[str]) -> str:
    """Whether some test fails with a changed module: the record of the runs first, which takes the least time."""
    if module.parts[0] == "checks" and _in_a_child(lambda: _compare_records(module, source)) == KILLED:
        return KILLED
    return _in_a_child(lambda: _run_tests(module, source, [str(ROOT / t) for t in tests]))


def _compare_records(module: Path, source: str | None) -> None:
    """What tests/checks/test_recorded.py does, on runs that are made already; first as far as the change reaches."""
    from tests.checks import recorded

    code = 99
    try:
        near = _change(module, source)
        code = int(any(recorded.differences(name, of) for of in (near, None) for name in recorded.RECORDS))
    finally:
        os._exit(code)


def _change(module: Path, source: str | None) -> set[str]:
    """Put the changed module in place; it and all that import it are loaded anew. Their names."""
    near = {user.removesuffix(".py").replace("/", ".") for user in users(str(module))} | {"checks", "checks.explicit"}
    _forget(sys.modules.keys() & near)
    if source is not None:
        sys.meta_path.insert(0, Changed(module, source))
    return near


def _forget(names: Iterable[str]) -> None:
    for name in names:
        del sys.modules[name]


def _in_a_child(work: Callable[[], None]) -> str:
    """What becomes of some work in a process of its own that ends with 0 if nothing is noticed."""
    child = os.fork()
    if child == 0:
        work()
    began = time.monotonic()
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return SURVIVED if os.waitstatus_to_exitcode(status) == 0 else KILLED
        if time.monotonic() - began > LIMIT:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return KILLED
        time.sleep(0.02)


def _run_tests(module: Path, source: str | None, tests: list[str]) -> None:
    import pytest

    code = 99
    try:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        _forget([name for name in sys.modules if name.split(".")[0] in ("checks", "tests")])
        _change(module, source)
        quiet = ["-x", "-q", "-n", "0", "-p", "no:cacheprovider", "--no-header", "--assert=plain", "-W", "error"]
        code = int(pytest.main([*quiet, f"--rootdir={ROOT}", *tests], plugins=[Quick()]))
    finally:
        os._exit(code)


# ---- the campaign ---------------------------------------------------------------------------------------------


def modules_of(given: Iterable[str]) -> list[Path]:
    """Modules from files and folders, as paths below the root."""
    found = [f for one in given for f in ([ROOT / one] if one.endswith(".py") else sorted((ROOT / one).rglob("*.py")))]
    return [f.relative_to(ROOT) for f in found if f.name != "__init__.py"]


def chosen(modules: list[Path], sample: int | None, seed: int) -> list[Mutant]:
    """Every mutant, or a sample in which every kind of slip has its share."""
    every = [m for module in modules for m in mutants(module)]
    if sample is None or sample >= len(every):
        return every
    rng, kinds = np.random.default_rng(seed), Counter(m.kind for m in every)
    picked: list[Mutant] = []
    for kind, count in sorted(kinds.items()):
        pool = [m for m in every if m.kind == kind]
        share = min(len(pool), max(1, round(sample * count / len(every))))
        picked += [pool[int(k)] for k in sorted(rng.choice(len(pool), share, replace=False))]
    return picked


def survivors() -> dict[str, str]:
    """The reason why nothing can notice a mutant, by its name."""
    return {s["mutant"]: s["reason"] for s in tomllib.loads(SURVIVORS.read_text(encoding="utf-8")).get("survivor", [])}


def campaign(which: list[Mutant], part: tuple[int, int]) -> int:
    """Every mutant in turn; prints the survivors and the rate, returns the number of survivors without a reason."""
    known, tally, unknown, began = survivors(), Counter[str](), 0, time.monotonic()
    mine = which[part[0] - 1 :: part[1]]
    for mutant in mine:
        found = _one(mutant)
        tally[found] += 1
        if found == SURVIVED:
            unknown += mutant.name not in known
            print(f"{known.get(mutant.name, 'NO REASON')}: [{mutant.kind}] {mutant.name}", flush=True)
        elif mutant.name in known and found == KILLED:
            print(f"listed as a survivor and noticed: {mutant.name}", flush=True)
    for line in summary(tally, unknown, time.monotonic() - began):
        print(line)
    return unknown


def _one(mutant: Mutant) -> str:
    source = mutant.make()
    if source == ast.unparse(ast.parse((ROOT / mutant.module).read_text(encoding="utf-8"))):
        return UNCHANGED
    return noticed(mutant.module, source, tests_of(str(mutant.module)))


def summary(tally: Counter[str], unknown: int, seconds: float) -> Iterator[str]:
    """The rate with its exact interval."""
    from rfa.studies.rates import clopper_pearson

    killed, survived = tally[KILLED], tally[SURVIVED]
    if killed + survived:
        sure = clopper_pearson(killed, killed + survived, 0.05)
        rate = 100 * killed / (killed + survived)
        yield (
            f"{killed + survived} mutants in {seconds:.0f} s: {killed} noticed, {rate:.1f} % "
            f"({100 * sure.lower:.1f} to {100 * sure.upper:.1f} % with 95 % confidence); {survived} survive, "
            f"{survived - unknown} of them with a reason, {unknown} without"
        )


def baseline(modules: list[Path]) -> None:
    """The tests have to pass without a mutant."""
    for module in modules:
        if noticed(module, None, tests_of(str(module))) != SURVIVED:
            raise SystemExit(f"{module}: its tests fail without a mutant: {' '.join(tests_of(str(module)))}")


def main() -> None:
    """The campaign."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", metavar="MODULE.py|FOLDER")
    parser.add_argument("--sample", type=int, metavar="N", help="this many at random, each kind in its share")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", default="1/1", metavar="K/N", help="the K-th of N parts")
    parser.add_argument("--list", action="store_true", help="name the mutants, run nothing")
    parser.add_argument("--planted", action="store_true", help="planted faults instead of mutants")
    given = parser.parse_args()
    if given.planted:
        from tests.campaigns.planted import campaign as planted

        sys.exit(1 if planted() else 0)
    os.chdir(ROOT)
    which = chosen(modules_of(given.modules), given.sample, given.seed)
    if given.list:
        print("\n".join(f"[{m.kind}] {m.name}" for m in which))
        return
    warm_up({m.module for m in which})
    baseline(sorted({m.module for m in which})[: 10 if given.sample else None])
    part, parts = (int(k) for k in given.part.split("/"))
    sys.exit(1 if campaign(which, (part, parts)) else 0)


if __name__ == "__main__":
    main()
