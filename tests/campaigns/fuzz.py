"""Corrupted inputs for every reader and command: none may give a traceback, a hang, or a verdict on garbage.

python -m tests.campaigns.fuzz --cases 100000 [--first 0] [--seed 0] [--kinds settings run report recheck study]
python -m tests.campaigns.fuzz --again KIND:NUMBER [--seed 0]     one case again, with its traceback

A case is right if the command ends with exit code 0 or 1, or with exit code 2 and one line on standard error.
Garbage that a reader has to refuse (not finite, wrong labels, wrong shapes, a damaged file) must not be accepted.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from click.testing import CliRunner

from rfa.audit import verify
from rfa.cli import main as command
from rfa.errors import InputError
from rfa.report.schema import to_json
from rfa.run import Run
from rfa.runfile import load_run, save_run
from rfa.simulation import simulate
from rfa.studies.study import Plan, run_study
from tests.campaigns import corruption as corrupt
from tests.runs import small_setting
from tests.studies.toy import tiny

LIMIT = 20.0
"""Seconds after which a case hangs."""
TOY = "tests.studies.toy:PAPER"
KINDS = ("settings", "run", "report", "recheck", "study")
SHARES = (0.4, 0.3, 0.2, 0.05, 0.05)
"""How the cases are divided among the kinds."""


class Hang(BaseException):
    """A case that takes too long."""


@dataclass(frozen=True)
class Material:
    """Sound inputs to corrupt, and a folder for the corrupted ones."""

    folder: Path
    settings: tuple[bytes, ...]
    runs: tuple[bytes, ...]
    report: bytes
    study: bytes


def prepare(folder: Path) -> Material:
    """A few small settings, a run with its report, the same run with all weights and no log, a study."""
    small = small_setting(n=8, m=4, d=3, noisy=1, eta=0.1, fresh=20, sigma=0.1)
    settings = tuple(
        s.to_toml().encode() for s in (small, small_setting(), tiny(alpha=0.1, K=None, noise="half-space"))
    )
    run = simulate(small, keep=range(small.total_steps + 1))
    save_run(run, folder / "run.npz")
    logged = (folder / "run.npz").read_bytes()
    plain = {k: v for k, v in corrupt.arrays_of(logged).items() if not k.startswith("trace.") and k != "steps"}
    report = json.loads(to_json(verify(run, command="rfa check run.npz")))
    shorten(report)
    study = folder / "study.sqlite"
    run_study(Plan(tiny(), TOY, 3), study)
    data = _closed(study)
    return Material(folder, settings, (logged, corrupt.zipped(plain)), json.dumps(report).encode(), data)


def shorten(report: Any) -> None:
    """A report of a few statements: the same form in a tenth of the length."""
    kept = [s for s in report["statements"] if s["id"] in ("A1", "L5b", "L14", "X3")]
    known = {row["id"] for s in kept for row in (s, *s["claims"])}
    report |= {
        "statements": kept, "never_exercised": [id for id in report["never_exercised"] if id in known],
        "as_printed": report["as_printed"][:1], "ledgers": report["ledgers"][:1], "gaps": {}, "readings": {},
    }  # fmt: skip
    for variant in report["constants_table"]["variants"]:
        variant["requirements"] = variant["requirements"][:1]
    report["constants_table"]["constants"] = report["constants_table"]["constants"][:3]


def _closed(study: Path) -> bytes:
    """A database with its log written back."""
    import sqlite3

    with sqlite3.connect(study) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA journal_mode = DELETE")
    return study.read_bytes()


# ---- one case ---------------------------------------------------------------------------------------------------


def call(*words: str | Path) -> str:
    """A command in this process; how it ended. Whatever it raises goes on."""
    result = CliRunner().invoke(command, [str(w) for w in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    if result.exit_code == 2:
        lines = result.stderr.strip().splitlines()
        if len(lines) != 1 or not lines[0].startswith("rfa: "):
            raise AssertionError(f"exit code 2 with {len(lines)} lines on standard error: {result.stderr[:300]!r}")
    elif result.exit_code not in (0, 1):
        raise AssertionError(f"exit code {result.exit_code}: {result.output[:300]!r}")
    return {0: "accepted", 1: "found wanting", 2: "refused"}[result.exit_code]


def settings(of: Material, rng: np.random.Generator) -> str:
    """A setting file, for the table of assumptions and (if it is small) a run."""
    data = of.settings[int(rng.integers(len(of.settings)))]
    path = of.folder / "case.toml"
    path.write_bytes((corrupt.bytes_damaged if rng.random() < 0.3 else corrupt.setting_damaged)(rng, data))
    ended = call("assumptions", path)
    if ended == "accepted" and rng.random() < 0.03 and _quick(path):
        return "judged, " + call("verify", path, "-q", "--no-links", "--no-pictures", "--out", of.folder / "out")
    return ended


def _quick(path: Path) -> bool:
    from rfa.audit import find_setting

    s = find_setting(path)
    return max(s.n, s.d, s.m, s.total_steps) <= 100 and s.fresh <= 10_000 and not s.draw_until


def run(of: Material, rng: np.random.Generator) -> str:
    """A run file: read, and now and then judged."""
    data = of.runs[int(rng.integers(len(of.runs)))]
    path = of.folder / "case.npz"
    path.write_bytes((corrupt.bytes_damaged if rng.random() < 0.3 else corrupt.run_damaged)(rng, data))
    try:
        loaded = load_run(path)
    except InputError as why:
        if "\n" in str(why):
            raise AssertionError(f"more than one line: {why}") from None
        return "refused"
    _sound(loaded)
    if rng.random() < 0.02:
        return "judged, " + call("check", path, "-q", "--no-links", "--no-pictures", "--out", of.folder / "out")
    return "accepted"


def _sound(run: Run) -> None:
    """What an accepted run file has to satisfy, whatever was done to it."""
    sample = run.sample
    wrong = [
        not np.isfinite(sample.X).all(), not np.isin(sample.y, (-1, 1)).all(),
        not (sample.y_clean == np.where(sample.cluster < 2, 1, -1)).all(),
        not all(np.isfinite(W).all() and W.shape == (run.m, sample.X.shape[1]) for W in run.weights.values()),
        np.abs(sample.mu @ sample.mu.T - np.eye(2)).max() > 1e-4, not np.isfinite(run.trace.norm).all(),
        not (np.isfinite(run.step_size) and run.step_size > 0),
    ]  # fmt: skip
    if any(wrong):
        raise AssertionError(f"garbage is accepted: {wrong}")


def report(of: Material, rng: np.random.Generator) -> str:
    """A report: read, and shown if it is one."""
    from rfa.report import read
    from rfa.report.terminal import shown

    path = of.folder / "case.json"
    path.write_bytes((corrupt.bytes_damaged if rng.random() < 0.3 else corrupt.report_damaged)(rng, of.report))
    try:
        found = read(path)
    except InputError as why:
        if "\n" in str(why):
            raise AssertionError(f"more than one line: {why}") from None
        return "refused"
    shown(found, of.folder, links=True)
    to_json(found)
    return "accepted"


def recheck(of: Material, rng: np.random.Generator) -> str:
    """A report and a run file, one of them corrupted; a changed witness is no agreement."""
    there, run = of.folder / "case.json", of.folder / "case.npz"
    there.write_bytes(of.report)
    run.write_bytes(of.runs[0])
    if rng.random() < 0.6:
        there.write_bytes(corrupt.report_damaged(rng, of.report))
    else:
        run.write_bytes(corrupt.run_damaged(rng, of.runs[0]))
    return call("recheck", there, run)


def study(of: Material, rng: np.random.Generator) -> str:
    """A database of a study: exported, one row made again, continued."""
    with tempfile.TemporaryDirectory(dir=of.folder) as place:
        folder = Path(place)
        path = folder / "study.sqlite"
        if rng.random() < 0.3:
            path.write_bytes(corrupt.bytes_damaged(rng, of.study))
        else:
            corrupt.study_damaged(rng, of.study, path)
        ended = [call("export", path, folder / "table.csv"), call("replay", path, "1")]
        if rng.random() < 0.3:
            (folder / "tiny.toml").write_bytes(tiny().to_toml().encode())
            words = ("--trials", "3", "--paper", TOY, "--out", folder, "--resume", "--workers", "0")
            ended.append(call("study", folder / "tiny.toml", *words))
        return ", ".join(ended)


CASES: dict[str, Callable[[Material, np.random.Generator], str]] = {
    "settings": settings, "run": run, "report": report, "recheck": recheck, "study": study,
}  # fmt: skip


def outcome(of: Material, kind: str, number: int, seed: int) -> str:
    """How one case ends; raises what a user would see as a traceback."""

    def hangs(*_: Any) -> None:
        raise Hang(f"more than {LIMIT:g} s")

    signal.signal(signal.SIGALRM, hangs)
    signal.setitimer(signal.ITIMER_REAL, LIMIT)
    try:
        return CASES[kind](of, np.random.default_rng([seed, KINDS.index(kind), number]))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def scratch() -> Any:
    """A temporary folder, in memory where there is one."""
    memory = Path("/dev/shm")
    return tempfile.TemporaryDirectory(dir=memory if memory.is_dir() and os.access(memory, os.W_OK) else None)


def campaign(cases: int, first: int, seed: int, kinds: list[str]) -> int:
    """The cases by kind in turn; prints every find and a summary, returns the number of finds."""
    total = sum(share for kind, share in zip(KINDS, SHARES, strict=True) if kind in kinds)
    finds, began, tally = [], time.monotonic(), Counter[tuple[str, str]]()
    with scratch() as folder:
        of = prepare(Path(folder))
        for kind, share in zip(KINDS, SHARES, strict=True):
            for number in range(first, first + round(cases * share / total)) if kind in kinds else ():
                try:
                    tally[kind, outcome(of, kind, number, seed)] += 1
                except (Exception, Hang) as why:
                    finds.append(f"{kind}:{number}")
                    last = traceback.extract_tb(why.__traceback__)[-1]
                    place = f"{Path(last.filename).name}:{last.lineno}"
                    print(f"{kind}:{number} {type(why).__name__} at {place}: {str(why)[:160]!r}", flush=True)
    for (kind, ended), count in sorted(tally.items()):
        print(f"{kind:9} {ended:40} {count}")
    print(
        f"{sum(tally.values()) + len(finds)} cases in {time.monotonic() - began:.0f} s, seed {seed}: {len(finds)} finds"
    )
    return len(finds)


def main() -> None:
    """The campaign."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("cases", 1000), ("first", 0), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--again", metavar="KIND:NUMBER")
    given = parser.parse_args()
    if given.again:
        kind, number = given.again.split(":")
        with scratch() as folder:
            print(outcome(prepare(Path(folder)), kind, int(number), given.seed))
        return
    sys.exit(1 if campaign(given.cases, given.first, given.seed, given.kinds) else 0)


if __name__ == "__main__":
    main()
