"""Proposition 2: features move."""

from collections.abc import Iterator

from checks.constants import E
from checks.feature_chains import Features, feature_chains, movement_premises
from checks.margin_premises import growth_premises
from checks.premises import good_run_probability
from rfa import PROOF, Claim, Run, result, then
from rfa.chains import Chain


@result(
    "P2", "Features move", kind="WHP-both",
    uses=["D7", "L13", "L11", "L12", "L14", "L3", "L4", "L5b", "A2", "A6", "A7"], gaps=["G7", "G11"],
    readings=["R7", "R26", "R27"],
)  # fmt: skip
def feature_movement(run: Run) -> Iterator[Claim | Chain]:
    """Suppose gradient descent with NAC(τ) and ‖W(τ)‖_F ≤ 2ατ until T, and ⟨w_j(1) − w_j(0), μ⟩ ≥ 0, j ∈ J_μ.

    Suppose with E = exp(−2) and u = ω√(md): α(T − 1) = ¼ and α < 1/10; ‖x_i‖ ≤ √2, ‖ξ_i‖ ≤ ½ and
    8‖ξ_i‖ ≤ E/512; at least n/8 clean samples in each cluster and (3/2)ρ + D ≤ E/64; ‖w_j(0)‖ ≤ (3/2)ω√d and
    u ≤ E/4096; |J_μ|/m ≥ ¼(1 − 1/C0)² and (1 − 1/C0)² ≥ ½.

    Then ‖φ(W(T)x_i) − φ(W(0)x_i)‖ / ‖φ(W(0)x_i)‖ ≥ E/(16·1024 u) for every sample; one with φ(W(0)x_i) = 0
    has no such ratio. For C large these premises hold on every good run, that is with probability 1 − 4δ.
    """
    given, more, of = growth_premises(run), movement_premises(run), Features(run)
    yield from given
    yield from more
    says = "‖φ(W(T)x_i) − φ(W(0)x_i)‖/‖φ(W(0)x_i)‖ ≥ E/(16·1024 u)"
    yield then(
        "P2.ratio", says, of.ratio, ">=", E / (16 * 1024 * run.u), axes="i", where=of.some,
        probability=good_run_probability(run), sure=True,
    )  # fmt: skip
    yield PROOF
    yield from feature_chains(run, of, given, more)
