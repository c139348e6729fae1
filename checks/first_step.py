"""Lemma 12: one gradient step aligns the candidate neurons with their centres."""

from collections.abc import Iterator
from typing import Any

from checks.first_alignment import cosine, first_alignment, target
from checks.first_gradient import FirstGradient, counts, decomposition, derivatives_at_start, error_vectors
from checks.first_step_premises import first_step_premises
from checks.measured import edge_share
from checks.neuron_alignment import has_home, has_opposing
from rfa import PROOF, Claim, DoesNotApply, Run, result, then
from rfa.chains import Chain


@result(
    "L12", "One step aligns the candidate neurons", kind="DET|GR",
    uses=["L3", "L4", "L5b", "L6", "L14", "A2", "A4", "A6"], gaps=["G8", "G9"], readings=["R17", "R21"],
)  # fmt: skip
def first_step(run: Run) -> Iterator[Claim | Chain]:
    """Suppose cnt_μ(j) − cnt_−μ(j) ≥ n/C2 for every j in J_μ (L6, with C2 as measured on the run),
    |N|/n ≤ 1/(2C2), D ≤ 1/(16C2), u ≤ 1/(16C2), ‖x_i‖ ≤ √2, ‖w_j(0)‖ ≤ (3/2)ω√d, ‖W(0)‖_F ≤ (3/2)u and
    (3/2)u ≤ (2 − √2)α.

    Then ⟨w_j(1)/‖w_j(1)‖, μ⟩ ≥ 1/(16C2) for every j in J_μ; and if D < 1/(16C2), every such neuron is awake
    on all of I_μ and asleep on all of I_−μ at t = 1.

    Not tight: the correlation is near 1/√2 for a small start.
    """
    if run.first != 0 or run.last < 1:
        raise DoesNotApply("the run does not contain the first gradient step")
    given = first_step_premises(run)
    yield from given

    awake, asleep, least = run.own_min[1], run.opposing_max[1], edge_share(run) / 16
    there: dict[str, Any] = {"axes": "j", "scale": run.norm.value[1]}
    rest = [claim for claim in given if claim is not given.tight]
    yield then("L12.nac.on", "⟨w_j(1), x_k⟩ > 0 on I_μ", awake, ">", 0.0, where=has_home(run), **there)
    yield then("L12.nac.off", "⟨w_j(1), x_k⟩ < 0 on I_−μ", asleep, "<", 0.0, where=has_opposing(run), **there)
    correlated: dict[str, Any] = {"axes": "j", "where": run.in_J, "needs": rest}
    yield then("L12.corr", "⟨ŵ_j(1), μ⟩ ≥ 1/(16C2)", cosine(run), ">=", least, **correlated)

    yield PROOF
    first = FirstGradient(run)
    yield target(run, given)
    yield from derivatives_at_start(first, given.norms, given.short)
    yield from error_vectors(first, given.norms, given.short)
    yield from decomposition(first, given.step)
    yield from counts(first)
    yield from first_alignment(first, given)
