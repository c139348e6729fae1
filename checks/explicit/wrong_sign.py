"""S4 and S5: a neuron of the wrong sign falls, or was within one jump of the deviations."""

from collections.abc import Iterator

from checks.explicit.activity import awake_and_asleep
from checks.explicit.bounds import guaranteed_pull, jumps, pull_of_clean_over_noisy, reach, sideways, upper
from checks.explicit.certificate import bound
from checks.explicit.conditions import (
    exact_descent,
    falling,
    falling_throughout,
    reported,
    unsaid,
    where_true,
)
from checks.explicit.quantities import increments, projections, pull_against, sums_kept, whole_pull
from rfa import PROOF, Claim, Run, chain, eq, ge, le, result, suppose, then
from rfa.chains import Chain


@result("S4", "Clean samples pull more than h", kind="DET", uses=["S2"])
def pull_of_a_cluster(run: Run) -> Iterator[Claim]:
    """Suppose exact gradient descent with |a_j| = b.

    Then for t < T and every centre μ: h^t_μ + g⁺_t d₁ ≤ (1/n)(Σ g over clean − Σ g over noisy samples of μ).
    """
    yield from exact_descent(run)
    says = "h^t_μ + g⁺_t d₁ ≤ (Σ_C g − Σ_N g)/n"
    yield then("S4.h", says, pull_of_clean_over_noisy(run), "<=", whole_pull(run), axes="s mu")


@result("S5a", "Above the deviations, neurons of the wrong sign fall", kind="DET", uses=["S3", "S4"])
def fall(run: Run) -> Iterator[Claim | Chain]:
    """Suppose exact gradient descent with |a_j| = b, ε_j = −y_μ and p_t = ⟨v_j^t, μ⟩ > β_t at a step t < T.

    Then ⟨v_j^t, x_i⟩ > 0 on I_μ and < 0 on I_−μ, and p_{t+1} ≤ p_t − h^t_μ; if h^t_μ > 0 (R1), p_{t+1} < p_t.
    """
    p, wrong = projections(run), ~run.sign_matches
    reached = reach(run)[:-1]
    above = where_true(suppose("RP.above", "p_t > β_t", p[:-1], ">", reached, axes="s j mu", where=wrong))
    supposed, strictly = (*exact_descent(run), above), falling(run)
    yield from (*supposed, strictly)

    here, now, after = above.where, p[:-1], p[1:]
    yield from awake_and_asleep(run, "S5a", "s j mu", here, supposed)
    drop, says = now - guaranteed_pull(run), "p_{t+1} ≤ p_t − h^t_μ"
    yield then("S5a.falls", says, after, "<=", drop, axes="s j mu", where=here, needs=supposed)
    strict = (*supposed, strictly)
    yield then("S5a.strict", "p_{t+1} < p_t", after, "<", now, axes="s j mu", where=here, needs=strict)
    yield PROOF
    if sums_kept(run):
        yield chain(
            "U-S5a", "one step of a neuron that is awake on I_μ and asleep on I_−μ",
            now - after,
            eq(-increments(run), "gradient step", needs=supposed),
            ge(whole_pull(run)[:, None] - sideways(run), "all of I_μ, none of I_−μ", needs=supposed),
            ge(guaranteed_pull(run), "S4", needs=supposed),
            axes="s j mu", where=here,
        )  # fmt: skip


@result("S5b", "No neuron of the wrong sign jumps far", kind="DET", uses=["S2"])
def jump_is_short(run: Run) -> Iterator[Claim | Chain]:
    """Suppose exact gradient descent with |a_j| = b, ε_j = −y_μ and p_t = ⟨v_j^t, μ⟩ ≤ β_t at a step t < T.

    Then p_{t+1} ≤ β_t + g⁺_t (c_−μ + r_μ + d₁).
    """
    p, wrong = projections(run), ~run.sign_matches
    reached = reach(run)[:-1]
    below = where_true(suppose("RP.below", "p_t ≤ β_t", p[:-1], "<=", reached, axes="s j mu", where=wrong))
    supposed = (*exact_descent(run), below)
    yield from supposed

    here, says = below.where, "p_{t+1} ≤ β_t + g⁺_t (c_−μ + r_μ + d₁)"
    yield then("S5b.jump", says, p[1:], "<=", jumps(run), axes="s j mu", where=here)
    yield PROOF
    if sums_kept(run):
        yield chain(
            "U-S5b", "one step of a neuron that is not above the deviations",
            p[1:],
            eq(p[:-1] + increments(run), "gradient step", needs=supposed),
            le(reached + pull_against(run) + sideways(run), "p_t ≤ β_t, and what pulls upwards", needs=supposed),
            le(jumps(run), "g ≤ g⁺_t", needs=supposed),
            axes="s j mu", where=here,
        )  # fmt: skip


@result("S5c", "Neurons of the wrong sign end low", kind="DET", uses=["S5a", "S5b"])
def low_end(run: Run) -> Iterator[Claim]:
    """Suppose exact gradient descent with |a_j| = b and ok_T: no h^t_μ is negative.

    Then ⟨v_j^T, μ⟩ ≤ P_μ for every centre μ and every j with ε_j = −y_μ.
    """
    ok = falling_throughout(run)
    yield from (*exact_descent(run), ok)
    wrong = reported(ok) & ~run.sign_matches
    p, end = projections(run)[-1], bound(run, lambda r: upper(r.wrong_end))
    yield then("S5c.end", "⟨v_j^T, μ⟩ ≤ P_μ", p, "<=", end, axes="j mu", where=wrong, note=unsaid(ok))
