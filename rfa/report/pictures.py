"""Pictures of one run: slack, norms, alignment, margins, captured samples, patterns. Needs matplotlib (extra `plots`).

Every function takes what it draws and returns a matplotlib `Figure`; `pictures` makes all that a run has.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rfa.claims import Claim
from rfa.data import CENTRE_SIGN
from rfa.papers import DoesNotApply, Paper
from rfa.report.page import CENTRES, Picture
from rfa.run import PAIR, Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072B2", "#56B4E9", "#D55E00", "#E69F00")
"""One colour per centre, told apart by colour-blind readers; the two of a pair are close."""
STYLES = ("-", "--", ":", "-.")
CLEAN, NOISY, BOUND, REST = "#009E73", "#CC79A7", "#B00020", "#888888"
MOST_POINTS = 400
"""Points that a curve over the steps keeps."""
MOST_CURVES = 12
WIDE_RANGE = 30.0
"""A bound that varies by more than this factor is drawn on a logarithmic scale."""
STEP_AXES = "tse"

Curve = tuple[NDArray[np.int64], NDArray[np.float64]]


def available() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def pictures(paper: Paper, run: Run) -> list[Picture]:
    """Every picture that this run has the figures for; none without matplotlib."""
    return list(_pictures(paper, run)) if available() else []


def _pictures(paper: Paper, run: Run) -> Iterator[Picture]:
    claims = over_steps(paper, run)
    if found := slack_curves(claims, run):
        says = "Slack against the step, each conclusion at its worst index; below the red line at 0 it is broken."
        yield Picture("slack", "Slack", says, svg(slack(found)))
    for id in paper.pictured:
        if id in claims:
            says = f"{claims[id].says}: the left side for every neuron that it speaks of, and the bound (red)."
            yield Picture(id, id, says, svg(against_bound(claims[id], run)))
    for make in (alignment, portrait, margins, capture, patterns):
        try:
            drawn = make(run)
        except DoesNotApply:
            continue
        yield Picture(make.__name__, make.__name__.capitalize(), _told(make.__doc__), svg(drawn))


def _told(words: str | None) -> str:
    return " ".join((words or "").split())


def svg(drawn: Figure) -> str:
    """A figure as SVG text, the same for the same figure, without dates or random names."""
    import matplotlib as mpl

    into = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "rfa"}):
        drawn.savefig(into, format="svg", metadata={"Date": None, "Creator": None})
    return into.getvalue()


def blank(width: float = 6.4, height: float = 4.0, columns: int = 1) -> tuple[Figure, Any]:
    """An empty figure and its axes (an array of them for several columns)."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(width, height), layout="constrained")
    return drawn, drawn.subplots(1, columns)


def thinned(count: int) -> NDArray[np.int64]:
    """At most `MOST_POINTS` indices below `count`: the first 20, then spread in the logarithm and in the step."""
    if count <= MOST_POINTS:
        return np.arange(count)
    each = (MOST_POINTS - 20) // 2
    spread = (np.geomspace(20, count - 1, each), np.linspace(20, count - 1, each))
    return np.unique(np.concatenate([np.arange(20.0), *spread]).round().astype(np.int64))


def step_axis(axes: Axes, steps: NDArray[np.int64]) -> None:
    """A step axis that shows step 0, step 1 and the last one alike."""
    if steps[-1] > 30:
        axes.set_xscale("symlog", linthresh=1, linscale=0.4)
    axes.set_xlim(min(0, int(steps[0])), max(int(steps[-1]), 1))
    axes.set_xlabel("step t")
    axes.grid(alpha=0.3)


# ---- claims over the steps ---------------------------------------------------------------------------------------


def over_steps(paper: Paper, run: Run) -> dict[str, Claim]:
    """Conclusions, and suppositions of conditions, that are judged at every step."""
    found: dict[str, Claim] = {}
    for statement in paper.results:
        wanted = "premise" if statement.kind == "CONDITION" else "conclusion"
        try:
            claims = [c for c in statement.claims(run) if isinstance(c, Claim) and c.role == wanted]
        except (DoesNotApply, ArithmeticError, LookupError, TypeError, ValueError):
            continue  # the report names these as not applicable or as errors
        found |= {c.id: c for c in claims if set(c.axes) & set(STEP_AXES) and c.domain.any() and c.ill is None}
    return found


def slack_curves(claims: Mapping[str, Claim], run: Run) -> dict[str, Curve]:
    """Steps and slack of each claim along its step axis, at the other indices of its witness."""
    found = {}
    for id, claim in claims.items():
        axis = next(k for k, letter in enumerate(claim.axes) if letter in STEP_AXES)
        worst = claim.worst()
        if worst is None:
            continue
        line = tuple(slice(None) if k == axis else i for k, i in enumerate(worst))
        there = claim.domain[line]
        found[id] = (run.labels[claim.axes[axis]][there], claim.slack[line][there])
    return found


def slack(curves: Mapping[str, Curve]) -> Figure:
    """Slack of each conclusion against the step, the least ones named; the bound is the line at 0."""
    drawn, axes = blank(7.2, 4.4)
    order = sorted(curves, key=lambda id: float(curves[id][1].min()))
    for k, id in enumerate(order):
        steps, values = curves[id]
        keep = np.union1d(thinned(len(steps)), [int(values.argmin())])
        named = k < MOST_CURVES
        look: dict[str, Any] = {"color": REST, "alpha": 0.4}
        if named:
            look = {"color": f"C{k % 10}", "ls": STYLES[k // 10 % 4], "label": id}
        axes.plot(steps[keep], values[keep], marker="." if len(steps) < 8 else None, lw=1.3, gid=id, **look)
    axes.axhline(0, color=BOUND, lw=2, gid="bound")
    last = max(int(steps[-1]) for steps, _ in curves.values())
    step_axis(axes, np.array([0, last]))
    axes.set_ylabel("slack (0: on the bound, negative: broken)")
    drawn.legend(loc="outside right upper", fontsize=8, title="least slack first")
    return drawn


def against_bound(claim: Claim, run: Run) -> Figure:
    """The left side of a claim with axes `t j` (or `s j`) for every neuron, its worst one thick, and the right side."""
    steps = run.labels[claim.axes[0]]
    left = np.where(claim.domain, np.broadcast_to(claim.lhs.value, claim.shape), np.nan)
    right = np.where(claim.domain, np.broadcast_to(claim.rhs.value, claim.shape), np.nan)
    neurons, worst = np.flatnonzero(claim.domain.any(axis=0)), claim.worst()
    keep = thinned(len(steps))
    drawn, axes = blank()
    at = 0 if worst is None else worst[1]
    for j in neurons[:: max(1, len(neurons) // 60)]:
        axes.plot(steps[keep], left[keep, j], color=COLOURS[run.home[j]] if run.in_J[j] else REST, lw=0.7, alpha=0.6)
    axes.plot(steps[keep], left[keep, at], color="black", lw=1.8, label=f"worst neuron, j = {at}", gid="worst")
    axes.plot(steps[keep], right[keep, at], color=BOUND, lw=2.2, label="bound", gid="bound")
    step_axis(axes, steps[claim.domain.any(axis=1)])
    bound = right[keep, at][np.isfinite(right[keep, at])]
    if bound.min() > 0 and bound.max() > WIDE_RANGE * bound.min():
        axes.set_yscale("log")
    axes.set_ylabel(claim.says)
    axes.legend(fontsize=8)
    return drawn


# ---- neurons -----------------------------------------------------------------------------------------------------


def directions(run: Run, t: int) -> NDArray[np.float64]:
    """<w_j(t), mu1>/‖w_j(t)‖ and the same for mu2, axes j k; zero for a zero weight."""
    at = t - run.first
    norm = run.trace.norm[at][:, None]
    return np.asarray(run.trace.projection[at] / np.where(norm > 0, norm, 1.0))


def alignment(run: Run) -> Figure:
    """Cosine of each candidate neuron with its own centre against the step; dashed: 1/√d, the size it begins with."""
    drawn, axes = blank()
    keep = thinned(len(run.t))
    own = run.own.value / np.where(run.norm.value > 0, run.norm.value, 1.0)
    shown = np.flatnonzero(run.in_J)
    if not len(shown):
        raise DoesNotApply("no neuron is a candidate")
    for j in shown[:: max(1, len(shown) // 80)]:
        axes.plot(run.t[keep], own[keep, j], color=COLOURS[run.home[j]], lw=0.8, alpha=0.7)
    axes.axhline(1 / np.sqrt(run.d), color="black", ls="--", lw=1.2, label="1/√d", gid="start")
    step_axis(axes, run.t)
    axes.set_ylim(-0.1, 1.05)
    axes.set_ylabel("⟨w_j(t), μ⟩ / ‖w_j(t)‖")
    axes.legend(fontsize=8, loc="lower right")
    return drawn


def portrait(run: Run) -> Figure:
    """Directions of all neurons in the plane of μ1 and μ2 at steps 0, 1 and T, candidates in the colour of
    their centre.
    On the circle a neuron lies wholly in the plane; dashed: 1/√d."""
    times = list(dict.fromkeys(t for t in (0, 1, run.T) if run.first <= t <= run.last))
    drawn, grid = blank(3.1 * len(times), 3.5, len(times))
    for axes, t in zip(np.atleast_1d(grid), times, strict=True):
        _portrait(axes, run, t)
    return drawn


def _portrait(axes: Axes, run: Run, t: int) -> None:
    from matplotlib.patches import Circle

    for radius, style in ((1.0, "-"), (1 / float(np.sqrt(run.d)), "--")):
        axes.add_patch(Circle((0, 0), radius, fill=False, color=REST, ls=style, lw=0.8))
    plane = directions(run, t)
    rest = plane[~run.in_J]
    axes.scatter(rest[:, 0], rest[:, 1], s=9, color=REST, alpha=0.6, gid="others")
    for mu in range(4):
        mine, marker = plane[run.in_J & (run.home == mu)], "o" if PAIR[mu] == 0 else "^"
        axes.scatter(mine[:, 0], mine[:, 1], s=13, color=COLOURS[mu], marker=marker, gid=CENTRES[mu])
        x, y = np.eye(2)[PAIR[mu]] * CENTRE_SIGN[mu] * 1.16
        axes.text(x, y, CENTRES[mu], ha="center", va="center", fontsize=8)
    axes.set(
        xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal", title=f"t = {t}", xticks=[-1, 0, 1], yticks=[-1, 0, 1]
    )


# ---- samples -----------------------------------------------------------------------------------------------------


def margins(run: Run) -> Figure:
    """Range of y f(x; W(t)) over clean and over noisy samples against the step; above 0 the given label is
    predicted."""
    drawn, axes = blank()
    keep = thinned(len(run.t))
    for quality, name, colour in ((0, "clean", CLEAN), (1, "noisy", NOISY)):
        if not run.group_size[:, quality].any():
            continue
        there = run.group_size[:, quality] > 0
        low = run.trace.margin_min[keep][:, there, quality].min(axis=1)
        high = run.trace.margin_max[keep][:, there, quality].max(axis=1)
        axes.fill_between(run.t[keep], low, high, color=colour, alpha=0.35, label=f"{name} samples", gid=name)
        axes.plot(run.t[keep], low if quality == 0 else high, color=colour, lw=1.4)
    axes.axhline(0, color=BOUND, lw=1.5, gid="bound")
    step_axis(axes, run.t)
    axes.set_ylabel("y f(x; W(t))")
    axes.legend(fontsize=8, loc="upper left")
    return drawn


def captured(run: Run, s: int) -> NDArray[np.float64]:
    """Part of the samples of its own and of the opposing cluster on which each candidate neuron is active, axes j 2."""
    counts, size = run.summed("active")[s - run.first].sum(axis=-1), np.maximum(run.cluster_size, 1)
    share = counts / size
    j = np.flatnonzero(run.in_J)
    return np.stack([share[j, run.home[j]], share[j, run.home[j] ^ 1]], axis=1)


def capture(run: Run) -> Figure:
    """Candidate neurons by the part of their own and of the opposing cluster on which they are active, at steps
    0 and 1."""
    times = [s for s in (0, 1) if run.first <= s < run.first + run.n_s]
    if not times or not run.in_J.any():
        raise DoesNotApply("no step, or no candidate neuron")
    drawn, grid = blank(3.4 * len(times), 3.5, len(times))
    bins = np.linspace(0, 1, 21)
    for axes, s in zip(np.atleast_1d(grid), times, strict=True):
        own, other = captured(run, s).T
        axes.hist(own, bins=list(bins), color=COLOURS[0], alpha=0.75, label="own cluster")
        axes.hist(other, bins=list(bins), color=COLOURS[2], alpha=0.6, label="opposing cluster")
        axes.set(title=f"t = {s}", xlabel="part of the cluster", ylabel="neurons", xlim=(0, 1))
        axes.legend(fontsize=8)
    return drawn


def patterns(run: Run) -> Figure:
    """Number of distinct activation patterns among the neurons against the step; dashed: the number of neurons."""
    drawn, axes = blank()
    keep = thinned(len(run.t))
    axes.step(run.t[keep], run.trace.patterns[keep], where="post", color=COLOURS[0], gid="patterns")
    axes.axhline(run.m, color=REST, ls="--", lw=1, gid="neurons")
    step_axis(axes, run.t)
    axes.set_ylim(0, run.m * 1.06)
    axes.set_ylabel("activation patterns")
    return drawn


__all__: Sequence[str] = ("Picture", "available", "pictures", "svg")
