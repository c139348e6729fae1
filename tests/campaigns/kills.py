"""Kill a study with SIGKILL at random moments, resume it each time, and compare its table with an
undisturbed one.

python -m tests.campaigns.kills [--kills 20] [--trials 500] [--workers 2] [--seed 0]
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from rfa.errors import InputError
from rfa.studies.storage import Store
from rfa.studies.study import Plan, run_study
from tests.studies.toy import tiny

TOY = "tests.studies.toy:PAPER"


def plan(trials: int) -> Plan:
    """The study of the campaign."""
    return Plan(tiny(), TOY, trials)


def table(path: Path) -> list[tuple]:
    """Every row of a study."""
    with Store.open(path) as store:
        return list(store.table())


def finished(path: Path) -> int:
    """Number of trials in a file that may not be a study yet."""
    with contextlib.suppress(InputError), Store.open(path) as store:
        return store.count()
    return 0


def start(path: Path, trials: int, workers: int) -> subprocess.Popen:
    """The study in a process group of its own, resumed."""
    code = (
        "from pathlib import Path; from tests.campaigns.kills import plan\n"
        "from rfa.studies.study import run_study\n"
        f"if __name__ == '__main__': run_study(plan({trials}), Path({str(path)!r}), resume=True,"
        f" workers={workers})"
    )
    script = path.with_suffix(".py")
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])}
    return subprocess.Popen([sys.executable, str(script)], env=environment, start_new_session=True)


def interrupted(path: Path, trials: int, workers: int, kills: int, seed: int) -> list[int]:
    """Carry the study out through `kills` kills -9 of its parent; the number of trials saved at each kill.

    Each kill falls at a random moment of the time that the remaining trials would take, so it may strike
    before the first trial, in the middle of a transaction or between two.
    """
    rng, saved = np.random.default_rng(seed), []
    while len(saved) < kills:
        process = start(path, trials, workers)
        before, goal = (
            finished(path),
            rng.uniform(0, 2 * (trials - finished(path)) / (kills - len(saved) + 1)),
        )
        while process.poll() is None and finished(path) < before + goal - 1:
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.05))
        if process.poll() is not None:
            raise RuntimeError(f"the study ended before kill {len(saved) + 1}; use more trials")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        saved.append(finished(path))
    if start(path, trials, workers).wait() != 0:
        raise RuntimeError("the last resume failed")
    return saved


def main() -> None:
    """The campaign."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("kills", 20), ("trials", 500), ("workers", 2), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        calm, rough = Path(folder) / "calm.sqlite", Path(folder) / "rough.sqlite"
        run_study(plan(given.trials), calm, workers=given.workers)
        saved = interrupted(rough, given.trials, given.workers, given.kills, given.seed)
        same = table(calm) == table(rough)
        print(f"{given.kills} kills at {saved} finished trials; {len(table(calm))} rows; equal row for row: {same}")
        sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
