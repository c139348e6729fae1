"""What every report says of the alignment of J besides the verdicts on C9, L12 and L4."""

from collections.abc import Iterator

import numpy as np

from checks.candidate_neurons import smallest_C0
from checks.first_alignment import cosine, of_cluster
from rfa import DoesNotApply, Run
from rfa.rounding import Array
from rfa.run import OPPOSITE


def alignment_notes(run: Run) -> Iterator[str]:
    """The share of aligned pairs and their margin (C9), the amplification of the first step (L12), the least C0 (L4).

    `DoesNotApply` where J is empty or the run lacks the weights before or after its first step.
    """
    if not run.in_J.any():
        raise DoesNotApply("J is empty")
    pairs, before = aligned_pairs(run, 0)
    _, after = aligned_pairs(run, 1)
    margins = [_least(run, t) for t in (0, 1)]
    yield (
        f"C9: of {pairs} pairs of a neuron of J_μ and a sample of I_μ or I_−μ, {before} are aligned at the start and "
        f"{after} after one step; the least ⟨ŵ_j, ±x_k⟩ is {margins[0]:.3g} and {margins[1]:.3g}."
    )
    gain = amplification_factors(run)
    yield (
        f"L12: the first step multiplies ⟨ŵ_j, μ⟩ by {gain.min():.3g} to {gain.max():.3g} on J, "
        f"{np.median(gain):.3g} in the median; √d = {np.sqrt(run.d):.3g}."
    )
    least = smallest_C0(run)
    told = f"the smallest C0 is {least:.4g}" if np.isfinite(least) else "there is no C0"
    yield f"L4: {told} at which |J_μ| ≥ (m/4)(1 − 1/C0)² holds at all four centres on this run."


def aligned_pairs(run: Run, t: int) -> tuple[int, int]:
    """How many pairs of j in J_mu and k in I_mu or I_-mu there are, and how many are awake, or asleep, as C9 asks."""
    pre = run.pre(t).value
    own, opposing = (run.in_J & of_cluster(run, centre) for centre in (run.home, OPPOSITE[run.home]))
    return int((own | opposing).sum()), int(((pre > 0) & own).sum() + ((pre < 0) & opposing).sum())


def amplification_factors(run: Run) -> Array:
    """<w_j(1)/‖w_j(1)‖, mu> / <w_j(0)/‖w_j(0)‖, mu> for j in J_mu."""
    start = run.cosine_start.value[np.arange(run.m), run.home]
    return np.asarray((cosine(run).value / np.where(run.in_J, start, 1.0))[run.in_J])


def _least(run: Run, t: int) -> float:
    sides = np.fmin(run.own_min.value[t], -run.opposing_max.value[t]) / run.divisor.value[t]
    return float(np.nanmin([*sides[run.in_J], np.inf]))
