"""Figures 1 and 2 of the paper: what is measured on their runs, how it is drawn, and what the paper says of them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rfa import Run, Setting
from rfa.data import draw_fresh, stream
from rfa.figures import Plot, Said
from rfa.papers import DoesNotApply
from rfa.report.plotting import step_axis

SHOWN = 600
"""Training samples that Figure 1 draws."""
GRID = 241
"""Points along each side of the grid of the decision boundary."""
REACH = 2.0
CURVE = 90
"""Steps at which Figure 2 measures the accuracy on fresh samples."""
ERRORS = 3.0
"""Standard errors by which an accuracy has to change on the same fresh samples, or to miss a value, to count."""

Floats = NDArray[np.float64]
Points = NDArray[np.int64]


# ---- figure 1 ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Boundary:
    """Figure 1: samples X (n, 2), clean label, whether noisy, outputs at the steps (k, n), output on a grid."""

    X: Floats
    clean: Points
    noisy: NDArray[np.bool_]
    y: Points
    steps: tuple[int, ...]
    outputs: Floats
    axis: Floats
    f: Floats


def boundary(run: Run) -> Boundary:
    """The samples and the network in the plane of the centres, for a run in two dimensions."""
    if run.sample.X.shape[1] != 2:
        raise DoesNotApply("the decision boundary is drawn in two dimensions")
    steps = tuple(dict.fromkeys((run.T, run.last)))
    axis = np.linspace(-REACH, REACH, GRID)
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    f = run.network(points @ run.sample.mu, run.last).reshape(GRID, GRID)
    found = np.stack([run.output(t).value for t in steps])
    sample = run.sample
    return Boundary(sample.X @ sample.mu.T, sample.y_clean, sample.noisy, sample.y, steps, found, axis, f)


def draw_boundary(axes: Any, one: Boundary) -> None:
    """Samples in the plane of μ1 and μ2, noisy ones marked, and the two sides of the decision boundary."""
    axes.contourf(one.axis, one.axis, one.f, levels=[-np.inf, 0.0, np.inf], colors=["#f6d5c4", "#cfe3f2"])
    axes.contour(one.axis, one.axis, one.f, levels=[0.0], colors="black", linewidths=1.2)
    for label, colour in ((1, "#0072B2"), (-1, "#D55E00")):
        for noisy, marker, name in ((False, ".", "clean"), (True, "x", "noisy")):
            mine = np.flatnonzero((one.y == label) & (one.noisy == noisy))
            mine = mine[mine < SHOWN]
            look = {"marker": marker, "color": colour, "label": f"{name}, y = {label:+d}".replace("-", "−")}
            axes.scatter(*one.X[mine].T, s=16, lw=0.9, gid=f"{name}{label:+d}", **look)
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal", xlabel="⟨x, μ1⟩", ylabel="⟨x, μ2⟩")
    axes.set_title(f"t = {one.steps[-1]}; the first {min(SHOWN, len(one.X))} of {len(one.X)} samples")
    axes.legend(fontsize=9, loc="upper left", bbox_to_anchor=(1.01, 1.0))


def about_boundary(panels: Sequence[Boundary]) -> Iterator[Said]:
    """Every clean training sample is right and every noisy one wrong, at the last step and at T."""
    for one in panels:
        for t, f in zip(one.steps, one.outputs, strict=True):
            right = one.y * f > 0
            clean, noisy = int((~one.noisy).sum()), int(one.noisy.sum())
            found = int(right[~one.noisy].sum())
            says = f"every clean training sample is classified correctly, t = {t}"
            yield Said(says, found == clean, f"{found} of {clean}")
            wrong = int((~right[one.noisy]).sum())
            says = f"every noisy training sample is misclassified, t = {t}"
            yield Said(says, wrong == noisy, f"{wrong} of {noisy}")


# ---- figure 2 ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Curves:
    """Figure 2: accuracy on the training sample at some steps, and which fresh samples are right, axes step sample.

    All labels are noisy; `noisy` is the share of flipped training labels.
    """

    name: str
    n: int
    d: int
    eta: float
    noisy: float
    steps: Points
    train: Floats
    right: NDArray[np.bool_]

    @property
    def test(self) -> Floats:
        """Accuracy on the fresh samples at each step."""
        return np.asarray(self.right.mean(axis=1))

    @property
    def error(self) -> float:
        """Standard error of the accuracy on fresh samples at 1 − η."""
        return float(np.sqrt(self.eta * (1 - self.eta) / self.right.shape[1]))

    @property
    def before(self) -> int:
        """Place of the last step at which no more training labels are fitted than there are clean ones."""
        under = np.flatnonzero(self.train <= 1 - self.noisy)
        return int(under[-1]) if len(under) else 0

    @property
    def fall(self) -> float:
        """Fresh samples lost less those gained since `before`, in standard errors of that difference."""
        start, end = self.right[self.before], self.right[-1]
        lost, gained = int((start & ~end).sum()), int((end & ~start).sum())
        return float((lost - gained) / np.sqrt(max(1, lost + gained)))


def curve_steps(setting: Setting) -> Iterable[int]:
    """Steps spread evenly in the logarithm, with the first and the last."""
    return sorted({0, *np.geomspace(1, setting.total_steps, CURVE).round().astype(int).tolist()})


def curves(run: Run) -> Curves:
    """Accuracy on the training sample and on fresh samples with noisy labels at all kept steps."""
    if run.setting is None:
        raise DoesNotApply("the law of the data is not known for this run")
    setting, steps, draw = run.setting, sorted(run.weights), run.draws - 1
    points = draw_fresh(setting, run.sample.mu, setting.fresh, stream(setting.seed, "fresh", draw), draw)
    train, right = (np.stack([of.y * run.network(of.X, t) > 0 for t in steps]) for of in (run.sample, points))
    noisy = float(run.sample.noisy.mean())
    return Curves(setting.name, run.n, run.d, setting.eta, noisy, np.array(steps), train.mean(axis=1), right)


def draw_curves(axes: Any, one: Curves) -> None:
    """Accuracy on training and fresh samples against the step; dashed: 1 − η, the best that fresh samples allow."""
    axes.plot(one.steps, one.train, color="#0072B2", label="training samples", gid="train")
    axes.plot(one.steps, one.test, color="#D55E00", label=f"{one.right.shape[1]} fresh samples", gid="test")
    axes.axhline(1 - one.eta, color="black", ls="--", lw=1, label=f"1 − η = {1 - one.eta:.2f}", gid="best")
    step_axis(axes, one.steps)
    axes.set(ylim=(0.4, 1.02), ylabel="accuracy")
    axes.set_title(f"n = {one.n} {'>' if one.n > one.d else '<'} d = {one.d}")
    axes.legend(fontsize=9, loc="lower right")


def about_curves(panels: Sequence[Curves]) -> Iterator[Said]:
    """Past interpolation the accuracy on fresh samples falls if n > d and stays near 1 − η if d > n."""
    for one in panels:
        fitted = f"training accuracy {one.train[-1]:.4f} at t = {one.steps[-1]}"
        yield Said(f"{one.name}: the noisy labels are fitted in the end", bool(one.train[-1] == 1), fitted)
        start, end = one.test[one.before], one.test[-1]
        told = f"{start:.4f} at t = {one.steps[one.before]}, {end:.4f} at t = {one.steps[-1]}"
        if one.n > one.d:
            says = f"{one.name}: test accuracy then falls by more than {ERRORS:g} standard errors"
            yield Said(says, one.fall > ERRORS, f"{told}: {one.fall:.1f} standard errors")
        else:
            near = abs(end - (1 - one.eta)) <= ERRORS * one.error
            says = f"{one.name}: test accuracy stays within {ERRORS:g} standard errors of {1 - one.eta:.2f}"
            yield Said(says, bool(near), told)


FIGURES = {
    "1": Plot(
        title="Figure 1: data and decision boundary.",
        settings=("figure-1",),
        given="Gaussian clusters, d = 2, σ² = 1/50, 15 % flipped labels, n = 5000, m = 500, α = 0.05, "
        "ω² = 1/(32 m), 3000 iterations",
        ours="the centres are the first two axes, the seed is 0, one random sign per sample",
        keep=lambda setting: (),
        measure=boundary,
        draw=draw_boundary,
        claims=about_boundary,
    ),
    "2": Plot(
        title="Figure 2: accuracy past interpolation for n > d and for d > n.",
        settings=("figure-2-low", "figure-2-high"),
        given="Gaussian clusters, m = 400, α = 0.1, σ² = d^(−1.2), ω² = 0.01/(m d), 15 % flipped labels, "
        "6000 validation samples",
        ours="n, d and the number of steps of both panels, the seed 0",
        keep=curve_steps,
        measure=curves,
        draw=draw_curves,
        claims=about_curves,
    ),
}
"""The figures by their numbers."""
