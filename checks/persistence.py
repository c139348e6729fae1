"""Lemma 13: alignment and almost-orthogonality persist until the stopping time."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checks.neuron_alignment import has_home, has_opposing
from checks.persistence_premises import (
    Alignment,
    Step,
    alignment_premises,
    step_facts,
    turning_premises,
)
from checks.planted import planted_chains
from checks.staying_aligned import staying_aligned
from checks.staying_orthogonal import Across, drift, far_cases, near_case, step_size, turning_back
from checks.step_sums import StepSums, step_sums
from rfa import PROOF, Claim, DoesNotApply, Run, chain, eq, le, result, then
from rfa.chains import Chain


@result(
    "L13", "Alignment and almost-orthogonality persist", kind="DET|GR",
    uses=["L12", "L14", "L5a", "L5b", "L5c", "L5d", "A2", "A3", "A4", "A7"],
    gaps=["G1", "G6"], readings=["R5", "R9", "R22", "R23", "R24"],
)  # fmt: skip
def persistence(run: Run) -> Iterator[Claim | Chain]:
    """Suppose the conclusions of L12 and L14: alignment and ⟨w_j(1), μ⟩ ≥ 0 at t = 1, ‖w_j(t)‖ ≤ 2αbt and
    ‖W(t)‖_F ≤ 2αt until T; and α ≤ ¼, ‖x_i‖ ≤ √2, D ≤ ½, |I^C_μ| ≥ n/8, 2ρ ≤ E/128, 2D ≤ E/128, D < E/256.

    Then at t = 1, ..., K every neuron of J_μ is awake on all of I_μ and asleep on all of I_−μ. If also
    2D + 3ρ < E/32, and D < 4α/3 in case |⟨w_j, ν⟩| ever exceeds αb, then |⟨w_j(t), ν⟩| ≤ 3αb for both ν of
    the other pair.

    The proof works for t = T = K + 1 as it stands; that time, which L11 needs, is judged apart.
    """
    if run.first != 0 or run.last < 1:
        raise DoesNotApply("the run does not contain the first gradient step")
    given, turning = alignment_premises(run), turning_premises(run)
    yield from (*given, *turning)
    yield from conclusions(run, given, "", (run.t >= 1) & (run.t <= run.K))
    yield from conclusions(run, given, ".T", run.t == run.K + 1)

    yield PROOF
    now = step_facts(run)
    yield from identities_of_outputs(run)
    yield base(run, given)
    yield from far_cases(run, now)
    yield near_case(run, now)
    if run.trace.level == "full":
        yield from with_sums(run, given, now)


def conclusions(run: Run, given: Alignment, suffix: str, when: NDArray[np.bool_]) -> Iterator[Claim]:
    """NAC(t) and AO(t) at the times `when`."""
    size, at = run.norm.value, when[:, None]
    awake, asleep, across = run.own_min, run.opposing_max, np.abs(run.other)
    nac: dict[str, Any] = {"axes": "t j", "scale": size, "needs": given}
    home, opposing = at & has_home(run), at & has_opposing(run)
    yield then(f"L13.nac.on{suffix}", "⟨w_j(t), x_k⟩ > 0 on I_μ", awake, ">", 0.0, where=home, **nac)
    yield then(f"L13.nac.off{suffix}", "⟨w_j(t), x_k⟩ < 0 on I_−μ", asleep, "<", 0.0, where=opposing, **nac)
    bound = 3 * run.alpha * run.b
    yield then(f"L13.ao{suffix}", "|⟨w_j(t), ν⟩| ≤ 3αb", across, "<=", bound, axes="t j", where=at & run.in_J)


def with_sums(run: Run, given: Alignment, now: Step) -> Iterator[Chain]:
    """The chains that speak of sums over active samples at every step."""
    sums = step_sums(run)
    at = Across(run, sums)
    yield identity_of_steps(run, sums, now)
    yield from staying_aligned(run, given, now)
    yield drift(at, now)
    yield from turning_back(at, now)
    yield step_size(run, sums, now)
    yield from planted_chains(run)


def identity_of_steps(run: Run, sums: StepSums, now: Step) -> Chain:
    """M2 with v = mu1, mu2 for every neuron, axes s j k."""
    return chain(
        "M2", "⟨w_j(t + 1) − w_j(t), v⟩ for v = μ1, μ2; divided by αb",
        sums.gained,
        eq(sums.net, "a_j y_i = ±b by cluster and label", needs=[now.steps]),
        axes="s j k", where=(run.a != 0)[:, None], scale=1.0,
    )  # fmt: skip


def identities_of_outputs(run: Run) -> Iterator[Chain]:
    """M4: the least margin at T as recorded and from both subnetworks, axes mu q; f* as a network, axis i."""
    J, y = run.in_J, run.sample.y
    parts = y * (run.output(run.T, J) + run.output(run.T, ~J))
    group = np.stack([run.in_cluster & (run.sample.noisy == q)[:, None] for q in (False, True)], axis=2)
    along = run.input_along
    yield chain(
        "M4", "least margin of each group: f = f^J + f^(J^c)",
        run.margins("margin_min")[run.T],
        eq(parts.reshape(run.n, 1, 1).min(axis=0, where=group), "the sum over neurons split"),
        axes="mu q", where=run.group_size > 0, scale=run.frobenius.value[run.T],
    )  # fmt: skip
    yield chain(
        "M4", "f* is a network with four neurons",
        np.abs(along[:, 0]) - np.abs(along[:, 2]),
        eq((np.maximum(along, 0.0) * np.array([1, 1, -1, -1])).sum(axis=1), "|t| = φ(t) + φ(−t)"),
        axes="i", scale=1.0, prefix="F",
    )  # fmt: skip


def base(run: Run, given: Alignment) -> Chain:
    """U-L13b, axes s j at the step from 0 to 1."""
    after, step = run.norm[1 : run.n_s + 1], run.alpha * run.b
    return chain(
        "U-L13b", "AO(1)",
        np.abs(run.other[1 : run.n_s + 1]),
        le(after, "Cauchy-Schwarz"),
        le(2 * step, "L14 at t = 1", needs=[given.linear]),
        le(3 * step, "2 ≤ 3"),
        axes="s j", where=(run.s_steps == 0)[:, None] & run.in_J,
    )  # fmt: skip
