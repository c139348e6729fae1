"""Pictures of claims: slack against the step, both sides against the step, and what each step of a proof loses.

Every function takes what it draws and returns a matplotlib `Figure`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from rfa.claims import Claim
from rfa.papers import DoesNotApply, Paper
from rfa.report.model import Row
from rfa.report.plotting import (
    BAR,
    BOUND,
    CLEAN,
    REST,
    STYLES,
    Floats,
    Indices,
    blank,
    lowest,
    step_axis,
    thinned,
    wording,
)
from rfa.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_CURVES = 12
"""Curves of slack that are named; the others are grey."""
WIDE_RANGE = 12.0
"""Sides that differ by more than this factor are drawn on a logarithmic scale."""
DEEPEST = 1e-6
"""The least part of the largest value that a logarithmic scale shows."""
STEP_AXES = "tse"

Curve = tuple[Indices, Floats]


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
        keep = lowest(values)
        look: dict[str, Any] = {"color": REST, "alpha": 0.4}
        if k < MOST_CURVES:
            look = {"color": f"C{k % 10}", "ls": STYLES[k // 10 % 4], "label": id}
        axes.plot(steps[keep], values[keep], marker="." if len(steps) < 8 else None, lw=1.3, gid=id, **look)
    axes.axhline(0, color=BOUND, lw=2, gid="bound")
    last = max(int(steps[-1]) for steps, _ in curves.values())
    step_axis(axes, np.array([0, last]))
    axes.set_ylabel("slack (0: on the bound, negative: broken)")
    drawn.legend(loc="outside right upper", fontsize=8, title="least slack first")
    return drawn


def against_bound(claim: Claim, run: Run) -> Figure:
    """Both sides of a claim with axes `t j` (or `s j`): the range over the neurons, the worst neuron, the bound.

    A long run is drawn at the steps of least slack between thinned ones, so that nothing near the bound is lost.
    """
    here = claim.domain.any(axis=1)
    steps = run.labels[claim.axes[0]][here]
    left, right, room = (
        np.where(claim.domain, np.broadcast_to(side, claim.shape), np.nan)[here]
        for side in (claim.lhs.value, claim.rhs.value, claim.slack)
    )
    worst = claim.worst()
    j = 0 if worst is None else worst[1]
    keep, starts = lowest(np.nan_to_num(room[:, j], nan=np.inf)), thinned(len(steps))
    drawn, axes = blank()
    low, high = (f.reduceat(f.reduce(left, axis=1), starts) for f in (np.fmin, np.fmax))
    axes.fill_between(steps[starts], low, high, color=REST, alpha=0.35, lw=0, label="all neurons", gid="range")
    axes.plot(steps[keep], left[keep, j], color="black", lw=1.6, label=f"worst neuron, j = {j}", gid="worst")
    what, bound = _sides(claim)
    axes.plot(steps[keep], right[keep, j], color=BOUND, lw=2.2, label=f"bound {bound}", gid="bound")
    step_axis(axes, steps)
    _scale(axes, left[keep, j], right[keep, j])
    axes.set_ylabel(what)
    axes.legend(fontsize=8)
    return drawn


def _sides(claim: Claim) -> tuple[str, str]:
    """The left and the right side of a claim in words, if it says them so."""
    parts = re.split(r" [≤≥<>] ", wording(claim.says))
    return (parts[0], parts[1]) if len(parts) == 2 else (wording(claim.says), "")


def _scale(axes: Axes, left: Floats, right: Floats) -> None:
    """A logarithmic scale where the bound varies much or lies far from what it bounds, if both are positive."""
    bound, top = right[np.isfinite(right)], float(np.nanmax(left))
    positive = left[left > 0]
    if bound.min() > 0 and top > 0 and bound.max() > WIDE_RANGE * min(bound.min(), top):
        axes.set_yscale("log")
        least = max(float(positive.min()), DEEPEST * float(bound.max()))
        axes.set_ylim(least / 2, max(float(bound.max()), top) * 2)


def waterfall(ledger: Row) -> Figure:
    """What each step of a proof gives away between the measured and the proved value, on a logarithmic scale."""
    entries = ledger["entries"]
    drawn, axes = blank(7.2, 0.42 * len(entries) + 1.5)
    for k, one in enumerate(entries):
        look = {"color": BAR if one["after"] <= one["before"] else CLEAN, "gid": one["name"]}
        axes.plot([one["before"], one["after"]], [k, k], lw=9, solid_capstyle="butt", **look)
        axes.text(max(one["before"], one["after"]) * 1.15, k, f"×{one['factor']:.3g}", va="center", fontsize=8)
    axes.set_xscale("log")
    ends = [x for one in entries for x in (one["before"], one["after"])]
    axes.set(xlim=(min(ends) / 1.6, max(ends) * 5), xlabel=f"from {ledger['measured']:.3g} to {ledger['proved']:.3g}")
    axes.set_yticks(range(len(entries)), [wording(one["name"]) for one in entries])
    axes.set_ylim(len(entries) - 0.4, -0.6)
    axes.grid(axis="x", alpha=0.3)
    return drawn
