"""Planted faults: is there, for every claim and every link of the paper, a test in which it fails where it was planted?

python -m tests.campaigns.planted            run the tests of the checks and count
python -m tests.campaigns.planted --search   and seek faults in the catalogue for what they leave

Found is what `fails_where_planted` has seen to hold before a fault and to fail after it, with the witness at the
planted index (or at every index, if the fault is one of all indices together). What fails only in tests that compare no
witness is told apart and does not count: the exit code is 1 unless everything is found.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TESTS = (ROOT / "tests/checks", ROOT / "tests/test_planted_run_files.py")


class Watcher:
    """Notes what the tests find: ids of statements and of their claims."""

    def __init__(self) -> None:
        self.found: set[tuple[str, str]] = set()
        self.placed: set[tuple[str, str]] = set()
        self.failed: set[tuple[str, str]] = set()

    def note(self, statement: Any, expected: Mapping[str, Any]) -> None:
        """These claims of a statement fail as they should: at the given witness, or without one at every index."""
        self.found |= {(statement.id, id) for id in expected}
        self.placed |= {(statement.id, id) for id, witness in expected.items() if witness}

    def note_failures(self, statement: Any, judgement: Any) -> None:
        """Every claim and link that fails in some test, wherever its witness lies."""
        self.failed |= {(statement.id, v.id) for v in (*judgement.verdicts, *judgement.links) if v.fails}

    def pytest_configure(self, config: Any) -> None:
        """Before any test module takes the helpers by name."""
        from rfa.verdicts import judge
        from tests.planting import fails_where_planted

        watch(judge, lambda args, judgement: self.note_failures(args[0], judgement))
        watch(fails_where_planted, lambda args, _: self.note(args[0], args[3]))


def watch(function: Callable[..., Any], noted: Callable[[tuple[Any, ...], Any], None]) -> None:
    """Let a function tell, whenever it comes back, what it was given and gave, in every module that has it by now."""

    def watched(*args: Any, **named: Any) -> Any:
        result = function(*args, **named)
        noted(args, result)
        return result

    for module in [m for m in sys.modules.values() if m is not None]:
        for name in [name for name, value in vars(module).items() if value is function]:
            setattr(module, name, watched)


def every_claim() -> Iterator[tuple[Any, str]]:
    """Every claim and link, but the printed ones that are false, that any of three runs gives."""
    from checks import PAPER
    from tests.checks.faulty import rough
    from tests.planting import claims_of
    from tests.runs import loose, small

    for statement in PAPER.results:
        claims = [claims_of(statement, run) for run in (small(), loose(), rough())]
        kept = [id for some in claims for id, c in some.items() if c.link is None or not c.link.printed]
        yield from ((statement, id) for id in dict.fromkeys(kept))


def campaign(*, search: bool = False) -> int:
    """Print what is found where it was planted and what is not; the number of claims that are not."""
    watcher = Watcher()
    code = pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", *map(str, TESTS)], plugins=[watcher])
    if code:
        return int(code)
    every = list(every_claim())
    left = [(s, id) for s, id in every if (s.id, id) not in watcher.found]
    weak = [(s.id, id) for s, id in left if (s.id, id) in watcher.failed]
    for statement, id in left:
        print(f"{'no witness compared' if (statement.id, id) in weak else 'nothing breaks'}: {statement.id} {id}")
    killed, placed = len(every) - len(left), sum((s.id, id) in watcher.placed for s, id in every)
    print(
        f"{len(every)} claims and links, printed slips apart: {killed} fail where a fault was planted "
        f"({100 * killed / len(every):.1f} %), {placed} of them at the planted index and {killed - placed} at every "
        f"index at once; {len(weak)} fail only in tests that compare no witness, {len(left) - len(weak)} nowhere"
    )
    if search:
        seek(left)
    return len(left)


def seek(left: list[tuple[Any, str]]) -> None:
    """Print faults of the catalogue that break the claims in `left`, with the witnesses to compare."""
    from tests.checks.catalogue import breaking
    from tests.checks.faulty import rough
    from tests.runs import loose, small

    for statement in {s.id: s for s, _ in left}.values():
        wanted = {id for of, id in left if of.id == statement.id}
        for name, run in {"small()": small(), "rough()": rough(), "loose()": loose()}.items():
            for fault, places in breaking(statement, run, wanted):
                wanted -= places.keys()
                print(f"{statement.id} on {name}: {fault} breaks {places}", flush=True)
        if wanted:
            print(f"{statement.id}: nothing in the catalogue breaks {', '.join(sorted(wanted))}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--search", action="store_true", help="seek faults for what no test finds")
    sys.exit(1 if campaign(search=parser.parse_args().search) else 0)
