"""What is measured: times side by side, growth, memory, trials a second."""

from __future__ import annotations

import contextlib
import csv
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from rfa import Setting
from rfa.data import draw_sample, draw_start
from rfa.engine.descent import Descent
from rfa.engine.layout import lay_out, sorted_by_group
from rfa.engine.reduction import engine_of
from rfa.engine.threads import thread_count, workers
from rfa.run import candidates
from rfa.simulation import check_memory, simulate
from rfa.studies.lots import judged_lot, lots_of
from rfa.studies.trials import Task
from rfa.training import Problem, observe
from tests.benchmarks import loops
from tests.benchmarks.settings import FIGURE_1, NEAR_ONE, PROOF_SCALE, SIDE_BY_SIDE, smallest, theory

Row = dict[str, object]
MOST_MEMORY = 12 * 2**30
LONG, FLOPS = 45, 6e11
"""Seconds after which no further round begins; operations after which a loop in R^d is cut short and scaled up."""


@dataclass(frozen=True)
class Budget:
    """How much a part may measure: rounds of alternating runs, steps of a run side by side, and on what clock."""

    rounds: int = 5
    most_steps: int = 100
    tiny: bool = False
    one_thread: bool = False

    @property
    def clock(self) -> Callable[[], float]:
        """What rounds are measured with: processor time where every loop has one thread."""
        return time.process_time if self.one_thread else time.perf_counter

    def few(self, settings: Iterable[Setting]) -> list[Setting]:
        """The settings, or of tiny sizes the first two."""
        return [replace(s, n=60, m=8, d=40) for s in list(settings)[:2]] if self.tiny else list(settings)


def write(out: Path, name: str, found: Iterable[Row]) -> None:
    """A table as CSV and as Markdown, written again after every row, and printed."""
    rows: list[Row] = []
    for row in found:
        rows.append(row)
        print(name, {key: _shown(value) for key, value in row.items()}, flush=True)
        _write(out, name, rows)


def _write(out: Path, name: str, rows: list[Row]) -> None:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with (out / f"{name}.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, columns)
        table.writeheader()
        table.writerows(rows)
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_shown(row.get(column, "")) for column in columns) + " |" for row in rows]
    (out / f"{name}.md").write_text("\n".join(lines) + "\n")


def _shown(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def problem_of(setting: Setting) -> tuple[Problem, np.ndarray]:
    """Problem and first weights of a setting."""
    sample, (W, a) = draw_sample(setting), draw_start(setting)
    in_J = candidates(W @ sample.mu.T, np.linalg.norm(W, axis=1), a, setting.d, setting.C0).any(axis=1)
    return Problem(sample, a, setting.step_size, setting.relu_at_zero, in_J), W


def logged(problem: Problem, W: np.ndarray, steps: int) -> None:
    """The engine with everything that the trace keeps, the sums over active samples at every step."""
    observe(problem, W, steps, sums_until=steps, keep=frozenset())


def unlogged(problem: Problem, W: np.ndarray, steps: int) -> None:
    """The engine without a log: the outputs at every state, the last one too, and the steps between them."""
    layout = lay_out(replace(problem, sample=sorted_by_group(problem.sample)))
    with workers(layout.heavy) as each:
        engine = Descent(layout, np.ascontiguousarray(W[:, : layout.width]), each, log=False)
        for t in range(steps):
            engine.move(engine.look(with_sums=False, step=True), t, None)
        engine.look(with_sums=False, step=False)


def alternating(work: dict[str, Callable[[], object]], budget: Budget) -> dict[str, float]:
    """Median seconds of each, run in turn."""
    return {name: float(np.median(found)) for name, found in rounds(work, budget).items()}


def rounds(work: dict[str, Callable[[], object]], budget: Budget) -> dict[str, list[float]]:
    """Seconds of each in every round, forwards and backwards in turn.

    The first round counts only where rounds are too long for a second.
    """
    times: dict[str, list[float]] = {name: [] for name in work}
    for k in range(budget.rounds + 1):
        for name in reversed(work) if k % 2 else work:
            began = budget.clock()
            work[name]()
            times[name].append(budget.clock() - began)
        if sum(sum(found) for found in times.values()) > LONG:
            break
    return {name: found[1:] or found for name, found in times.items()}


def side_by_side(budget: Budget) -> Iterator[Row]:
    """Every loop at every setting: seconds, and the ratios that the targets speak of.

    The engine makes all steps. Loops whose steps all cost the same make fewer where they are long, and are scaled up.
    """
    for setting in budget.few(SIDE_BY_SIDE):
        yield _side_by_side(replace(setting, steps=min(setting.total_steps, budget.most_steps)), budget)


def _side_by_side(setting: Setting, budget: Budget) -> Row:
    direct = replace(setting, engine="direct")
    fits = check_direct(direct)
    steps, row = setting.total_steps, {"setting": setting.name, "engine": engine_of(setting)}
    size = {"n": setting.n, "m": setting.m, "d": setting.d, "steps": steps}
    work: dict[str, Callable[[], object]] = {"simulate": lambda: simulate(setting)}
    timed = max(1, min(steps, int(FLOPS / (4 * setting.n * setting.m * setting.d))))
    if fits:
        problem, W = problem_of(direct)
        torch_threads()
        work["products"] = lambda: loops.bare_products(problem, W, timed)
        work["plain"] = lambda: loops.plain_step(problem, W, timed)
        work["torch"] = lambda: loops.torch_loop(problem, W, timed)
        work["direct, logged"] = lambda: logged(problem, W, steps)
        work["direct, unlogged"] = lambda: unlogged(problem, W, steps)
        work["bare log"] = lambda: loops.bare_log(problem, W, timed)
    if row["engine"] == "reduced":
        small, V = problem_of(setting)
        work["reduced, logged"] = lambda: logged(small, V, steps)
        work["reduced, unlogged"] = lambda: unlogged(small, V, steps)
    seconds = alternating(work, budget)
    for name in {"products", "plain", "torch", "bare log"} & set(seconds):
        seconds[name] *= steps / timed
    return {**row, "steps of the loops": timed, **size, **seconds, **_ratios(str(row["engine"]), seconds)}


def _ratios(engine: str, seconds: dict[str, float]) -> Row:
    best = seconds[f"{engine}, logged"]
    row: Row = {"logging costs": best / seconds[f"{engine}, unlogged"] - 1}
    if "torch" in seconds:
        row |= {
            "bare log / direct unlogged": seconds["bare log"] / seconds["direct, unlogged"],
            "torch / engine": seconds["torch"] / best,
            "torch / simulate": seconds["torch"] / seconds["simulate"],
            "direct / products": seconds["direct, logged"] / seconds["products"],
            "products / engine": seconds["products"] / best,
            "plain / engine": seconds["plain"] / best,
        }
    return row


def check_direct(setting: Setting) -> bool:
    """Whether the direct run, and a PyTorch loop beside it, fit into memory."""
    return check_memory(setting) * 2 < MOST_MEMORY


def torch_threads() -> None:
    """As many threads for PyTorch as the engine has."""
    import torch

    torch.set_num_threads(thread_count())


def dimension(budget: Budget) -> list[Row]:
    """d = 10^5 against d = 10^9 at the same n, m, T, in runs of half a second and more.

    The ratio is the median over rounds, between its quartiles.
    """
    C = 20 if budget.tiny else 350
    settings = {d: theory(10, C, d=d, sigma=0.01 / d**0.5, omega_init=1e-4 / d**0.5) for d in (10**5, 10**9)}
    work: dict[str, Callable[[], object]] = {str(d): lambda s=s: simulate(s) for d, s in settings.items()}
    seconds = rounds(work, replace(budget, rounds=4 * budget.rounds))
    rows: list[Row] = [
        {"d": d, "n": s.n, "m": s.m, "engine": engine_of(s), "seconds": float(np.median(seconds[str(d)])), **peak(s)}
        for d, s in settings.items()
    ]
    ratios = np.divide(seconds[str(10**9)], seconds[str(10**5)])
    lower, ratio, upper = map(float, np.quantile(ratios, (0.25, 0.5, 0.75)))
    return [*rows, {"d": "ratio", "seconds": ratio, "lower quartile": lower, "upper quartile": upper}]


def peak(setting: Setting) -> Row:
    """Bytes that a run adds in a process of its own, and those predicted."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.peak", setting.to_toml()],
        capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    predicted, measured, seconds = map(float, done.stdout.split())
    return {
        "predicted MiB": predicted / 2**20,
        "measured MiB": measured / 2**20,
        "measured / predicted": measured / predicted,
        "seconds in a process of its own": seconds,
    }  # fmt: skip


def memory(budget: Budget) -> Iterator[Row]:
    """Predicted against measured memory."""
    settings = (
        theory(5, 100),
        theory(5, 100, engine="direct"),
        theory(10, 400),
        NEAR_ONE,
        FIGURE_1,
        PROOF_SCALE,
    )
    settings = (*settings, replace(NEAR_ONE, engine="direct"), theory(10, 400, engine="direct", m=200))
    for s in budget.few(settings):
        yield {"setting": s.name, "engine": engine_of(s), "n": s.n, "m": s.m, "d": s.d, **peak(s)}


JUDGED: dict[str, tuple[tuple[str, ...], bool]] = {
    "nothing": ((), False),
    "printed proof": (("printed",), False),
    "both proofs": (("printed", "explicit"), False),
    "both proofs, links": (("printed", "explicit"), True),
}
"""What a trial judges: the papers, and whether their links are judged."""


def trials(budget: Budget) -> Iterator[Row]:
    """Trials a second on the smallest feasible setting, in one process and in one process for each core.

    The start of the processes does not count.
    """
    cores = 1 if budget.one_thread else os.cpu_count() or 1
    for judged in JUDGED:
        for processes in sorted({1, cores}):
            count = (20 if budget.tiny else 1280 if judged == "nothing" else 640) * processes
            with multiprocessing.get_context("spawn").Pool(processes, _prepare) as pool:
                pool.map(_lot, processes * _lots(20, judged), chunksize=1)  # each process begins with one
                lots = _lots(count, judged)
                began = time.perf_counter()
                statements = pool.map(_lot, lots, chunksize=1)
                rate = count / (time.perf_counter() - began)
            yield {"judged": judged, "statements": statements[0], "processes": processes, "trials a second": rate}


def _prepare() -> None:
    """One thread in each process, as the workers of studies have."""
    os.environ["RFA_THREADS"] = "1"
    threadpool_limits(1)


def _lots(count: int, judged: str) -> list[tuple[list[Task], str]]:
    """Tasks in lots as studies hand them out."""
    links = JUDGED[judged][1]
    tasks = (Task(seed, smallest(seed=seed), links=links) for seed in range(count))
    return [(lot, judged) for lot in lots_of(tasks)]


def _lot(given: tuple[list[Task], str]) -> int:
    """One lot of trials as studies make them; the number of statements judged on each run."""
    tasks, (papers, _) = given[0], JUDGED[given[1]]
    runs = [simulate(task.setting) for task in tasks]
    marks = [judged_lot(name, tasks, runs)[0].marks for name in papers]
    return sum(len({mark.statement for mark in of}) for of in marks)


def growth(budget: Budget) -> Iterator[Row]:
    """Time and memory against n, m, d, T one at a time: the fitted exponent and its 95 % interval."""
    for engine in ("direct", "reduced"):
        for key, values in _series(engine, budget.tiny).items():
            settings = [theory(5, 20 if budget.tiny else 60, engine=engine, **{key: value}) for value in values]
            times = alternating({str(s): lambda s=s: simulate(s) for s in settings}, replace(budget, rounds=3))
            bytes_ = [float(peak(s)["measured MiB"]) for s in settings]  # type: ignore[arg-type]
            for what, found in (("seconds", list(times.values())), ("MiB", bytes_)):
                slope, half = _slope(values, found)
                yield {
                    "engine": engine, "against": key, "of": what, "values": " ".join(map(str, values)),
                    "measured": " ".join(f"{x:.4g}" for x in found), "exponent": slope, "+-": half,
                }  # fmt: skip


def _series(engine: str, tiny: bool) -> dict[str, list[int]]:
    if tiny:
        return {"n": [40, 80, 160], "m": [10, 20, 40]}
    series = {"n": [500, 1000, 2000, 4000], "m": [100, 200, 400, 800], "steps": [10, 20, 40, 80]}
    if engine == "direct":
        return {**series, "d": [2000, 4000, 8000, 16000]}
    return {**series, "d": [10**5, 10**7, 10**9, 10**11]}


def _slope(x: list[int], y: list[float]) -> tuple[float, float]:
    from scipy import stats

    fit = stats.linregress(np.log(x), np.log(y))
    return float(fit.slope), float(stats.t.ppf(0.975, len(x) - 2) * fit.stderr)


def large(budget: Budget) -> list[Row]:
    """K = 20, C = 1600 once, in a process of its own."""
    setting = theory(20, 30 if budget.tiny else 1600)
    return [{"setting": setting.name, "n": setting.n, "m": setting.m, "d": setting.d, **peak(setting)}]


def forget_peak() -> None:
    """Count the most memory from now on, where the system can (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def used() -> int:
    """The most memory that this process has had at one time, in bytes; Linux counts it anew for each program."""
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
