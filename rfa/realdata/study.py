"""Train the paper's network on a task, judge every statement, and say what real data leave of the theorem."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from rfa.audit import judge_all
from rfa.departures import departures_of
from rfa.fitting import centre_departures, described
from rfa.papers import Paper
from rfa.realdata.geometry import Measure, measures
from rfa.realdata.task import Task
from rfa.report.document import build
from rfa.report.model import Report, Row
from rfa.run import Run
from rfa.simulation import provenance, trained

Progress = Callable[[str, int, int], None]
SCHEMA = "rfa.data/1"


@dataclass(frozen=True)
class Training:
    """How the network is trained: m neurons, step size 1/(4K), T = 1 + K steps, ‖W(0)‖_F about u."""

    m: int = 100
    K: int = 10
    u: float = 0.01
    delta: float = 0.1
    C0: float = 10.0
    seed: int = 0


@dataclass(frozen=True)
class Survival:
    """A statement of the paper on these data: the share of its indices at which the conclusions hold.

    `promised` says whether its premises hold at some index, `everywhere` whether they do at all of them; at `refuted`
    indices they hold and a conclusion fails.
    """

    id: str
    title: str
    promised: bool
    held: float | None
    says: str
    everywhere: bool
    refuted: int


@dataclass(frozen=True, eq=False)
class Study:
    """Everything that the report on a data set says; `accuracy` by classifier, of training and held-out samples."""

    task: Task
    run: Run
    report: Report
    geometry: tuple[Measure, ...]
    assumptions: tuple[Row, ...]
    survivals: tuple[Survival, ...]
    accuracy: Mapping[str, tuple[float, float]]
    alignment: tuple[float, float, float]
    training: Training
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values."""
        return {
            "schema": SCHEMA, "data": self.task.name, "classes": list(self.task.classes),
            "n": self.run.n, "held_out": len(self.task.test.y), "copies": self.task.copies, "d": self.run.d,
            "training": asdict(self.training),
            "geometry": [asdict(m) for m in self.geometry],
            "assumptions": [dict(row) for row in self.assumptions],
            "statements": [asdict(s) for s in self.survivals],
            "accuracy": {name: list(pair) for name, pair in self.accuracy.items()},
            "alignment": list(self.alignment), "departures": self.report.document.get("departures", []),
            "estimates": self.report.document.get("estimates", {}), "seconds": self.seconds,
        }  # fmt: skip


def study(
    task: Task, paper: Paper, training: Training, *, links: bool = True, progress: Progress | None = None
) -> Study:
    """Train on a task and judge the run by every statement of a paper."""
    began = time.perf_counter()
    run = train(task, training, None if progress is None else lambda k, n: progress("training", k, n))
    report = build(paper, run, judge_all(paper, run, links=links, progress=progress))
    told = [s for s in report.statements if s["kind"] == "ASSUMPTION"]
    return Study(
        task, run, report, tuple(measures(task)), tuple(c for s in told for c in s["claims"]),
        tuple(_survival(s) for s in report.statements if any(c["role"] == "conclusion" for c in s["claims"])),
        accuracy(task, run), alignment(run), training, round(time.perf_counter() - began, 1),
    )  # fmt: skip


def train(task: Task, training: Training, progress: Callable[[int, int], None] | None = None) -> Run:
    """Full-batch gradient descent of the theorem on the training samples of a task."""
    sample, m = task.train, training.m
    rng = np.random.default_rng(training.seed)
    d = sample.X.shape[1]
    omega = training.u / np.sqrt(m * d)
    a = np.repeat([1.0, -1.0], m // 2) / np.sqrt(m)
    fit = described(sample.X, sample.y, sample.cluster)
    began = time.perf_counter()
    run = trained(
        sample, a, omega * rng.standard_normal((m, d)), step_size=1 / (4 * training.K), steps=1 + training.K,
        C0=training.C0, sigma=fit.sigma, eta=float(sample.noisy.mean()), omega_init=omega, delta=training.delta,
        progress=progress,
    )  # fmt: skip
    estimates = {"mu": "from the means of the classes", "sigma": "spread about the class means"}
    if task.found:
        estimates |= {"cluster": "found by fit_clusters", "y_clean": "the label of the cluster", "eta": "noisy share"}
    made = provenance("float64", time.perf_counter() - began) | {"recorded": f"data {task.name}"}
    run = replace(run, estimates=estimates, provenance=made)
    return replace(run, departures=departures_of(run, centre_departures(fit)))


def _survival(statement: Row) -> Survival:
    rows = [c for c in statement["claims"] if c["role"] == "conclusion"]
    counts: dict[str, int] = {}
    for row in rows:
        for outcome, count in row["counts"].items():
            counts[outcome] = counts.get(outcome, 0) + count
    judged = {k: v for k, v in counts.items() if k in ("CONFIRMED", "BEYOND", "SILENT", "REFUTED", "UNDECIDED")}
    held = judged.get("CONFIRMED", 0) + judged.get("BEYOND", 0)
    refuted = judged.get("REFUTED", 0)
    promised = judged.get("CONFIRMED", 0) + refuted
    share = held / sum(judged.values()) if judged else None
    says = "; ".join(r["says"] for r in rows[:3])
    everywhere = promised == sum(judged.values())
    return Survival(statement["id"], statement["title"], promised > 0, share, says, everywhere, refuted)


def accuracy(task: Task, run: Run) -> dict[str, tuple[float, float]]:
    """Share of right labels, of training and held-out samples: the network, the ideal classifier, a linear one."""
    train, test = task.train, task.test
    linear = np.linalg.lstsq(train.X, train.y.astype(float), rcond=None)[0]
    ideal = [np.abs(of.X @ of.mu[0]) - np.abs(of.X @ of.mu[1]) for of in (train, test)]
    outputs = {
        "the network at T": [run.network(of.X, run.T) for of in (train, test)],
        "|⟨μ1,x⟩| − |⟨μ2,x⟩|": ideal,
        "the best linear classifier (least squares)": [of.X @ linear for of in (train, test)],
    }
    return {
        name: (_right(train.y, found[0]), _right(test.y, found[1])) for name, found in outputs.items()
    }


def _right(y: Any, f: Any) -> float:
    return float((y * f > 0).mean())


def alignment(run: Run) -> tuple[float, float, float]:
    """Mean cosine between a neuron of J and its centre at the start, after one step and at T."""
    if not run.in_J.any():
        return (0.0, 0.0, 0.0)
    cosine = (run.own.value / run.norm.value)[:, run.in_J].mean(axis=1)
    return float(cosine[0]), float(cosine[1]), float(cosine[run.T])
