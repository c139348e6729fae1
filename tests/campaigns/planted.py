"""Planted faults: is there, for every claim and every link of the paper, a test in which it fails where it was planted?

The tests that plant faults run with their helpers watched: each claim or link that a helper has seen to hold before and
to fail after, with the witness at the planted index, counts as found. What no helper names is sought in the catalogue
of `tests.planting`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


class Watcher:
    """Notes what the planting helpers of the tests have found."""

    def __init__(self) -> None:
        self.found: dict[str, set[str]] = {}
        self.failed: set[tuple[str, str]] = set()

    def note(self, statement: Any, ids: Any) -> None:
        """These claims of a statement fail where they should."""
        self.found.setdefault(statement.id, set()).update(ids)

    def note_failures(self, statement: Any, found: Any) -> None:
        """Every claim and link that fails in some test, wherever its witness lies."""
        failing = (v.id for _, v in (*found.premises, *found.conclusions, *found.links) if v.fails)
        self.failed |= {(statement.id, id) for id in failing}

    def pytest_configure(self, config: Any) -> None:
        """Before any test module takes the helpers by name."""
        from rfa import verdicts
        from tests import planting
        from tests.checks import breaking, faulty, plants

        watch(verdicts, "evaluate", lambda args, result: self.note_failures(args[0], result))
        watch(breaking, "breaks", lambda args, result: self.note(args[0], args[3:]))
        watch(plants, "assert_flips", lambda args, result: self.note(args[0], [args[2]]))
        watch(faulty, "broken", lambda args, result: self.note(args[0], args[3]))
        watch(planting, "flips", lambda args, result: self.note(args[0], result))


def watch(module: Any, name: str, noted: Callable[[tuple[Any, ...], Any], None]) -> None:
    """A helper that tells what it has found whenever it comes back."""
    helper = getattr(module, name)

    def watched(*args: Any, **named: Any) -> Any:
        result = helper(*args, **named)
        noted(args, result)
        return result

    setattr(module, name, watched)


def every_claim() -> Iterator[tuple[Any, str]]:
    """Every claim and link, but the printed ones that are false, that any of three runs gives."""
    from checks import PAPER
    from rfa import judge
    from tests.checks.faulty import rough
    from tests.runs import loose, small

    for statement in PAPER.results:
        seen: dict[str, None] = {}
        for run in (small(), loose(), rough()):
            judged = judge(statement, run)
            kept = [v for v in (*judged.verdicts, *judged.links) if v.link is None or not v.link.printed]
            seen |= dict.fromkeys(v.id for v in kept)
        yield from ((statement, id) for id in seen)


def campaign(*, search: bool = False) -> int:
    """Print what is found by whom and what is not; the number of claims that nothing breaks."""
    watcher = Watcher()
    folders = [str(ROOT / "tests/checks"), str(ROOT / "tests/test_planted_run_files.py")]
    code = pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", *folders], plugins=[watcher])
    if code:
        return int(code)
    every = list(every_claim())
    helped = [(s, id) for s, id in every if id in watcher.found.get(s.id, ())]
    elsewhere = [(s, id) for s, id in every if (s, id) not in helped and (s.id, id) in watcher.failed]
    left = [(s, id) for s, id in every if (s, id) not in helped and (s, id) not in elsewhere]
    sought = catalogues(left) if search else set()
    missing = [(s.id, id) for s, id in left if (s.id, id) not in sought]
    for statement, id in missing:
        print(f"nothing breaks {statement} {id}")
    killed = len(every) - len(missing)
    print(
        f"{len(every)} claims and links, printed slips apart: {killed} fail at a fault "
        f"({100 * killed / len(every):.1f} %): {len(helped)} by a helper that compares the witness, {len(elsewhere)} "
        f"in a test without one, {len(sought)} in the catalogue"
    )
    return len(missing)


def catalogues(left: list[tuple[Any, str]]) -> set[tuple[str, str]]:
    """Those that some fault of the catalogue breaks."""
    statements = {s.id: s for s, _ in left}.values()
    wanted = {s.id: {id for of, id in left if of.id == s.id} for s in statements}
    return {(s.id, id) for s in statements for id in catalogue(s, wanted[s.id])}


def catalogue(statement: Any, wanted: set[str]) -> set[str]:
    """The claims among `wanted` that some fault of the catalogue breaks."""
    from tests.checks.faulty import rough
    from tests.planting import flips
    from tests.runs import loose, small

    found: set[str] = set()
    for run in (small(), rough(), loose(), small(K=1)):
        if left := wanted - found:
            found |= set(flips(statement, run, left))
    return found


if __name__ == "__main__":
    sys.exit(1 if campaign() else 0)
