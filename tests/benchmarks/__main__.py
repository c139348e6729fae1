"""Measure the engine side by side with other loops in one process; write tables and a figure to reports/benchmarks/.

python -m tests.benchmarks                   everything, on all cores: about 10 minutes on 2 quiet cores
python -m tests.benchmarks trials figure     some parts; `figure` draws the tables that are there
python -m tests.benchmarks --one-thread side-by-side dimension

Needs the extras `bench` (PyTorch) and `plots` (matplotlib).
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from threadpoolctl import threadpool_limits

from tests.benchmarks import measures
from tests.benchmarks.figure import draw

OUT = Path(__file__).parents[2] / "reports" / "benchmarks"
MEASURED = ("side-by-side", "dimension", "memory", "trials", "growth", "large")
PARTS = (*MEASURED, "figure")


def part(name: str) -> str:
    """The name of a part, checked."""
    if name not in PARTS:
        raise argparse.ArgumentTypeError(f"{name!r}: no such part; expected one of {', '.join(PARTS)}")
    return name


def asked(arguments: list[str] | None = None) -> argparse.Namespace:
    """What a command line asks for: all parts by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=PARTS, type=part, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5, help="rounds of alternating runs; the median is written")
    parser.add_argument("--one-thread", action="store_true", help="every loop on one thread, by processor time")
    parser.add_argument("--most-steps", type=int, default=100, help="cut side-by-side runs to so many steps (100)")
    parser.add_argument("--out", type=Path, default=OUT, help="directory of the tables and the figure")
    parser.add_argument("--tiny", action="store_true", help="sizes of a second or so, to try the command out")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Run the parts asked for."""
    given = asked(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    if given.one_thread:
        os.environ["RFA_THREADS"] = "1"
    budget = measures.Budget(given.rounds, given.most_steps, given.tiny, given.one_thread)
    with threadpool_limits(1 if given.one_thread else None):
        for chosen in (p for p in given.parts if p in MEASURED):
            name = f"{chosen}-one-thread" if given.one_thread else chosen
            measures.write(given.out, name, getattr(measures, chosen.replace("-", "_"))(budget))
    if "figure" in given.parts:
        draw(given.out)


if __name__ == "__main__":
    main()
