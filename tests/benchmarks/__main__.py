"""Measure the engine side by side with other loops in one process and write the tables.

python -m tests.benchmarks [side-by-side] [growth] [dimension] [memory] [trials] [large] [--rounds N]
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from threadpoolctl import threadpool_limits

from tests.benchmarks import measures

OUT = Path(__file__).parents[2] / "reports" / "benchmarks"
PARTS = ("side-by-side", "dimension", "memory", "trials", "growth", "large")


def main() -> None:
    """Run the parts asked for (all but `large` by default)."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", default=list(PARTS[:-1]), choices=PARTS)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of alternating runs; the median is written")
    parser.add_argument("--one-thread", action="store_true", help="every loop on one thread, by processor time")
    parser.add_argument("--most-steps", type=int, default=10**9, help="cut side-by-side runs to so many steps")
    given = parser.parse_args()
    measures.most_steps = given.most_steps
    OUT.mkdir(parents=True, exist_ok=True)
    if given.one_thread:
        os.environ["RFA_THREADS"] = "1"
        measures.clock = time.process_time
    with threadpool_limits(1 if given.one_thread else None):
        for part in given.parts:
            name = f"{part}-one-thread" if given.one_thread else part
            measures.write(OUT, name, getattr(measures, part.replace("-", "_"))(given.rounds))


if __name__ == "__main__":
    main()
