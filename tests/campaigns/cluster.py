"""The same study in this process, with 1, 2 and 4 processes, and on a Dask cluster one of whose workers is
killed.

python -m tests.campaigns.cluster [--trials 200]      (needs the extra `cluster`)
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

from rfa.studies.study import run_study
from tests.campaigns.kills import plan, table


def on_dask(path: Path, trials: int, *, kill: bool) -> int:
    """Run the study on two Dask worker processes; with `kill`, one gets SIGKILL in the middle. Kills done."""
    from distributed import LocalCluster

    killed: list[int] = []
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        pids = [worker.pid for worker in cluster.workers.values()]

        def strike(row: int) -> None:
            if kill and not killed and row >= trials // 4:
                killed.append(pids[0])
                os.kill(pids[0], signal.SIGKILL)

        run_study(plan(trials), path, executor=f"dask://{cluster.scheduler_address}", workers=2, done=strike)
    return len(killed)


def main() -> None:
    """The campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    trials = parser.parse_args().trials
    with tempfile.TemporaryDirectory() as folder:
        tables = {}
        for workers in (0, 1, 2, 4):
            run_study(plan(trials), Path(folder) / f"{workers}.sqlite", workers=workers)
            tables[f"{workers} workers"] = table(Path(folder) / f"{workers}.sqlite")
        for kill in (False, True):
            path = Path(folder) / f"dask-{kill}.sqlite"
            kills = on_dask(path, trials, kill=kill)
            tables[f"Dask, {kills} worker killed"] = table(path)
        first = tables["0 workers"]
        for name, rows in tables.items():
            print(f"{name}: {len(rows)} rows, equal: {rows == first}")
        print(f"threads left: {threading.active_count()}")
        sys.exit(0 if all(rows == first for rows in tables.values()) else 1)


if __name__ == "__main__":
    main()
