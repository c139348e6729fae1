"""Lemma 11: the margin of the subnetwork at time T."""

from collections.abc import Iterator

from checks.constants import E
from checks.margin_chains import centre_margins, end_value, lipschitz, sample_margins
from checks.margin_growth import growth
from checks.margin_premises import growth_premises, kept, margin_premises
from checks.output_size import output_size
from rfa import PROOF, Claim, Run, result, then
from rfa.chains import Chain


@result(
    "L11", "The subnetwork has a margin when training stops", kind="DET|GR",
    uses=["C9", "C10", "A2", "A3", "A4", "A7", "L4", "L5a", "L5b", "L5c", "L5d", "L12", "L14"], gaps=["G1"],
    readings=["R16", "R19", "R20"],
)  # fmt: skip
def margin_at_stopping(run: Run) -> Iterator[Claim | Chain]:
    """Suppose gradient descent, NAC(τ) and ‖W(τ)‖_F ≤ 2ατ until T, AO at time T, and ⟨w_j(1), μ⟩ ≥ 0.

    Suppose with E = exp(−2): α(T − 1) = ¼, α ≤ ¼ and α ≤ E(1 − 1/C0)²/6144; ‖x_i‖ ≤ √2, ‖ξ_i‖ ≤ ½ and
    ‖ξ_i‖ ≤ E(1 − 1/C0)²/4096; at least n/8 clean samples in each cluster, (3/2)ρ + D ≤ E/64, and
    |J_μ|/m ≥ ¼(1 − 1/C0)².

    Then ‖W(T)‖_F ≤ 1, and y_i f^J(x_i; W(T)) ≥ 1/C3 on clean samples, ≤ −1/C3 on noisy ones, with
    C3 = 4096 e²/(1 − 1/C0)².
    """
    given, margin = growth_premises(run), margin_premises(run)
    yield from given
    yield from margin

    noisy, bound = run.sample.noisy, E * kept(run) / 4096
    norm = run.frobenius[run.T - run.first]
    margins = run.sample.y * run.output(run.T, run.in_J)
    yield then("L11.norm", "‖W(T)‖_F ≤ 1", norm, "<=", 1.0, needs=[given.light, given.quarter])
    yield then("L11.clean", "y_i f^J(x_i; W(T)) ≥ 1/C3", margins, ">=", bound, axes="i", where=~noisy)
    yield then("L11.noisy", "y_i f^J(x_i; W(T)) ≤ −1/C3", margins, "<=", -bound, axes="i", where=noisy)

    yield PROOF
    yield from output_size(run, given)
    yield from growth(run, given, margin)
    yield from centre_margins(run, given, margin)
    yield end_value(run, given, margin)
    yield lipschitz(run)
    yield from sample_margins(run, given, margin)
