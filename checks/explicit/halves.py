"""S8 and S9: the two halves of the network at T, the neurons of the right sign and those of the wrong one."""

from collections.abc import Iterator

import numpy as np

from checks.explicit.bounds import lower, reach, upper
from checks.explicit.certificate import bound, members, misses
from checks.explicit.conditions import (
    everywhere,
    exact_descent,
    falling_throughout,
    first_gain,
    keeps_up,
    reported,
    unsaid,
    where_true,
)
from checks.explicit.quantities import centre_label, projections, response, unit
from checks.explicit.right_sign import missed_pull
from checks.measured import per_run
from rfa import PROOF, Claim, Rounded, Run, chain, le, result, suppose, then
from rfa.chains import Chain


@per_run
def gain_conditions(run: Run) -> tuple[Claim, Claim]:
    """R2 and R3, for all centres."""
    return everywhere(first_gain(run)), everywhere(keeps_up(run))


def half(run: Run, *, right: bool) -> Rounded:
    """Sum of phi(<v_j^T, x_i>) over the neurons whose sign is (or is not) that of the centre of i, axis i."""
    active = response(run.pre(run.T) / unit(run))
    matches = run.positive == (centre_label(run) > 0)[:, None]
    return active.sum(axis=1, where=matches == right)


@result("S8a", "What is gained at the first step is kept", kind="DET", uses=["R2", "R3"])
def gain_is_kept(run: Run) -> Iterator[Claim]:
    """Suppose R2 and R3. Then S_μ − β_T ≥ h⁰_μ − β_1 > 0 for every centre μ."""
    conditions = gain_conditions(run)
    yield from conditions
    said, note = reported(*conditions), unsaid(*conditions)
    first, last = bound(run, lambda r: (lower(r.first_gain), lower(r.last_gain)))
    yield then("S8a.kept", "S_μ − β_T ≥ h⁰_μ − β_1", last, ">=", first, axes="mu", where=said, note=note)
    size, says = bound(run, lambda r: upper(r.states[0].h)).value, "h⁰_μ − β_1 > 0"
    yield then("S8a.positive", says, first, ">", 0, axes="mu", where=said, scale=size, note=note)


@result("S8b", "Neurons of M_μ that stay behind miss many samples at first", kind="DET", uses=["S6", "R2"])
def laggards_miss_much(run: Run) -> Iterator[Claim]:
    """Suppose exact gradient descent with |a_j| = b, R2, and j in M_μ with p_1 = ⟨v_j^1, μ⟩ ≤ β_1.

    Then miss_j > 1/κ_μ.
    """
    r2, p = everywhere(first_gain(run)), projections(run)
    behind = suppose("RP.behind", "p_1 ≤ β_1", p[1], "<=", reach(run)[1, 0], axes="j mu", where=members(run))
    behind = where_true(behind)
    yield from (*exact_descent(run), r2, behind)
    here = behind.where & reported(r2)
    share = bound(run, lambda r: lower(r.lag_share))
    note = unsaid(r2) or "no neuron of M_μ stays behind"
    yield then("S8b.misses", "miss_j > 1/κ_μ", misses(run), ">", share, axes="j mu", where=here, note=note)


@result("S8", "The half of the right sign is large", kind="DET", uses=["S3", "S7", "S8a", "S8b", "R2", "R3"])
def right_half(run: Run) -> Iterator[Claim | Chain]:
    """Suppose exact gradient descent with |a_j| = b, R2 and R3.

    Then for every sample i, with μ its centre: Σ φ(⟨v_j^T, x_i⟩) over ε_j = y_μ is at least
    (S_μ − β_T)(|M_μ| − κ_μ Σ miss_j).
    """
    supposed, cluster = (*exact_descent(run), *gain_conditions(run)), run.sample.cluster
    yield from supposed
    least, said = bound(run, lambda r: lower(r.own_half))[cluster], reported(*supposed[2:])
    says = "Σ_{ε_j = y_μ} φ(⟨v_j^T, x_i⟩) ≥ (S_μ − β_T)(|M_μ| − κ_μ Σ miss_j)"
    note = unsaid(*supposed[2:])
    yield then("S8.half", says, half(run, right=True), ">=", least, axes="i", where=said, note=note)
    yield PROOF
    yield _shortfall(run, supposed)


def _shortfall(run: Run, supposed: tuple[Claim, ...]) -> Chain:
    """Neuron by neuron, for those of M_mu that are above the deviations after the first step."""
    p, least = projections(run), run.pre_min[run.n_s] / unit(run)
    ahead = members(run) & (p[1].value > reach(run)[1, 0].value) & (run.cluster_size > 0)
    grown, kept, share = bound(run, lambda r: (lower(r.grown), lower(r.last_gain), lower(r.lag_share)))
    lag = misses(run) / share
    return chain(
        "U-S8", "how far a neuron of M_μ falls short of S_μ − β_T on its cluster",
        kept - least,
        le(grown - p[-1], "x_i = μ(i) + ξ_i and S3", needs=supposed),
        le(missed_pull(run), "S6 and S7", needs=supposed),
        le(kept * lag, "S8a", needs=supposed),
        axes="j mu", where=ahead & reported(*supposed[2:]),
    )  # fmt: skip


@result("S9", "The half of the wrong sign is small", kind="DET", uses=["S3", "S5c"])
def wrong_half(run: Run) -> Iterator[Claim | Chain]:
    """Suppose exact gradient descent with |a_j| = b and ok_T: no h^t_μ is negative.

    Then for every sample i, with μ its centre: Σ φ(⟨v_j^T, x_i⟩) over ε_j = −y_μ is at most
    m_{−y_μ} (P_μ + β_T).
    """
    supposed, cluster = (*exact_descent(run), falling_throughout(run)), run.sample.cluster
    yield from supposed
    said, most = reported(supposed[2]), bound(run, lambda r: upper(r.other_half))[cluster]
    size, says = half(run, right=False), "Σ_{ε_j = −y_μ} φ(⟨v_j^T, x_i⟩) ≤ m_{−y_μ} (P_μ + β_T)"
    yield then("S9.half", says, size, "<=", most, axes="i", where=said, note=unsaid(supposed[2]))
    yield PROOF
    highest = np.maximum(projections(run)[-1].max(axis=0, where=~run.sign_matches), 0)
    each = (highest + reach(run)[-1, 0, 0]) * bound(run, lambda r: np.array(r.measured.opposed))
    yield chain(
        "U-S9", "each neuron of the wrong sign against the highest",
        size,
        le(each[cluster], "x_i = μ(i) + ξ_i and S3", needs=supposed[:2]),
        le(most, "S5c", needs=supposed),
        axes="i", where=said,
    )  # fmt: skip
