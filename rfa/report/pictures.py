"""Pictures of one run: its claims, neurons and samples. Needs matplotlib (extra `plots`).

Every function takes what it draws and returns a matplotlib `Figure`; `pictures` makes all that a run has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from rfa.data import CENTRE_SIGN
from rfa.papers import DoesNotApply, Paper
from rfa.report.claim_pictures import against_bound, over_steps, slack, slack_curves, waterfall
from rfa.report.model import Report
from rfa.report.page import CENTRES, Picture
from rfa.report.plotting import BOUND, CLEAN, COLOURS, NOISY, REST, Floats, available, blank, step_axis, svg, thinned
from rfa.run import PAIR, Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NEURONS = 48
"""Neurons whose own curve is drawn, spread over all of them."""


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
            says = f"{claims[id].says}: the left side over all neurons that it speaks of (grey), the one nearest to "
            says += "the bound (black), and the bound (red)."
            yield Picture(id, id, says, svg(against_bound(claims[id], run)))
    for make in (alignment, portrait, margins, capture, patterns):
        try:
            drawn = make(run)
        except DoesNotApply:
            continue
        yield Picture(make.__name__, make.__name__.capitalize(), _told(make.__doc__), svg(drawn))


def losses(report: Report) -> list[Picture]:
    """The loss waterfalls of a report, by the id of the conclusion; none without matplotlib."""
    says = "what each step of the proof gives away between the measured and the proved value"
    ledgers = report.document["ledgers"] if available() else ()
    return [Picture(x["claim"], f"Losses of {x['claim']}", f"{x['says']}: {says}.", svg(waterfall(x))) for x in ledgers]


def _told(words: str | None) -> str:
    return " ".join((words or "").split())


# ---- neurons -----------------------------------------------------------------------------------------------------


def directions(run: Run, t: int) -> Floats:
    """<w_j(t), mu1>/‖w_j(t)‖ and the same for mu2, axes j k; zero for a zero weight."""
    at = t - run.first
    norm = run.trace.norm[at][:, None]
    return np.asarray(run.trace.projection[at] / np.where(norm > 0, norm, 1.0))


def alignment(run: Run) -> Figure:
    """Cosine of candidate neurons with their own centre μ (coloured) and with a centre ν of the other pair (grey)
    against the step; dashed: 1/√d, the size they begin with."""
    drawn, axes = blank()
    shown = np.flatnonzero(run.in_J)
    if not len(shown):
        raise DoesNotApply("no neuron is a candidate")
    keep = thinned(len(run.t))
    cosine = np.stack([directions(run, int(t)) for t in run.t[keep]])
    for j in shown[:: -(-len(shown) // MOST_NEURONS)]:
        mu = int(run.home[j])
        axes.plot(run.t[keep], cosine[:, j, 1 - PAIR[mu]], color=REST, lw=0.6, alpha=0.6, gid="across")
        axes.plot(run.t[keep], cosine[:, j, PAIR[mu]] * CENTRE_SIGN[mu], color=COLOURS[mu], lw=0.9, gid="own")
    for mu in np.unique(run.home[shown]):
        axes.plot([], [], color=COLOURS[mu], label=f"own centre {CENTRES[mu]}", gid="key")
    axes.plot([], [], color=REST, label="the other pair", gid="key")
    axes.axhline(1 / np.sqrt(run.d), color="black", ls="--", lw=1.2, label="1/√d", gid="start")
    step_axis(axes, run.t)
    axes.set_ylim(-1.05, 1.05)
    axes.set_ylabel("cosine of wⱼ(t) with a centre")
    drawn.legend(loc="outside right upper", fontsize=8)
    return drawn


def portrait(run: Run) -> Figure:
    """Directions of all neurons in the plane of μ1 and μ2 at steps 0, 1 and T, candidates in the colour of their
    centre. On the circle a neuron lies wholly in the plane; dashed: 1/√d."""
    times = list(dict.fromkeys(t for t in (0, 1, run.T) if run.first <= t <= run.last))
    drawn, grid = blank(3.1 * len(times), 3.5, len(times))
    for axes, t in zip(np.atleast_1d(grid), times, strict=True):
        _portrait(axes, run, t)
    np.atleast_1d(grid)[0].set_ylabel("⟨wⱼ(t), μ2⟩ / ‖wⱼ(t)‖")
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
        xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), aspect="equal", title=f"t = {t}", xticks=[-1, 0, 1],
        yticks=[-1, 0, 1], xlabel="⟨wⱼ(t), μ1⟩ / ‖wⱼ(t)‖",
    )  # fmt: skip


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


def captured(run: Run, s: int) -> Floats:
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
    keep, marker = thinned(len(run.t)), "." if len(run.t) < 8 else None
    counts = run.trace.patterns[keep]
    axes.plot(run.t[keep], counts, marker=marker, color=COLOURS[0], gid="patterns", label="different patterns")
    axes.axhline(run.m, color=REST, ls="--", lw=1, gid="neurons", label=f"m = {run.m} neurons")
    step_axis(axes, run.t)
    axes.set_ylim(0, run.m * 1.06)
    axes.set_ylabel("activation patterns")
    axes.legend(fontsize=8, loc="center right")
    return drawn
