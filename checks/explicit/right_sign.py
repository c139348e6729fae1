"""S6 and S7: a neuron of the right sign rises at the first step, and ever after once above the deviations."""

from collections.abc import Iterator

import numpy as np

from checks.explicit.activity import awake_and_asleep
from checks.explicit.bounds import guaranteed_pull, reach, sideways
from checks.explicit.certificate import bound, members, misses
from checks.explicit.conditions import everywhere, exact_descent, keeps_up, where_true
from checks.explicit.quantities import increments, projections, pull_against, pull_with, sums_kept, whole_pull
from rfa import PROOF, Claim, Rounded, Run, chain, eq, ge, result, suppose, then
from rfa.chains import Chain


def missed_pull(run: Run) -> Rounded:
    """g+_0 miss_j, axes j mu."""
    return bound(run, lambda r: r.states[0].most_g.rounded) * misses(run)


@result("S6", "The first step lifts neurons by what they do not miss", kind="DET", uses=["S4"])
def first_rise(run: Run) -> Iterator[Claim | Chain]:
    """Suppose exact gradient descent with |a_j| = b, and j in M_μ: ε_j = y_μ and p_0 = ⟨v_j^0, μ⟩ > 0.

    Then p_1 ≥ p_0 + h⁰_μ − g⁺_0 miss_j.
    """
    supposed = exact_descent(run)
    yield from supposed
    p, among = projections(run), members(run)
    lift = guaranteed_pull(run)[0] - missed_pull(run)
    least, says = p[0] + lift, "p_1 ≥ p_0 + h⁰_μ − g⁺_0 miss_j"
    yield then("S6.rise", says, p[1], ">=", least, axes="j mu", where=among)
    yield PROOF
    if sums_kept(run):
        active = pull_with(run)[0] - pull_against(run)[0]
        yield chain(
            "U-S6", "the first step of a neuron of M_μ",
            p[1] - p[0],
            eq(increments(run)[0], "gradient step", needs=supposed),
            ge(active - sideways(run)[0], "the deviations", needs=supposed),
            ge(lift, "what it misses, and S4", needs=supposed),
            axes="j mu", where=among,
        )  # fmt: skip


@result("S7", "Above the deviations, neurons of the right sign rise", kind="DET", uses=["S3", "S4", "R3"])
def lasting_rise(run: Run) -> Iterator[Claim | Chain]:
    """Suppose exact gradient descent with |a_j| = b, R3, ε_j = y_μ and p_1 = ⟨v_j^1, μ⟩ > β_1.

    Then for t = 1..T: p_t > β_t, ⟨v_j^t, x_i⟩ > 0 on I_μ and < 0 on I_−μ; and for 1 ≤ t < T:
    p_{t+1} ≥ p_t + h^t_μ.
    """
    p, right = projections(run), run.sign_matches
    above = where_true(suppose("RP.above", "p_1 > β_1", p[1], ">", reach(run)[1], axes="j mu", where=right))
    supposed = (*exact_descent(run), everywhere(keeps_up(run)), above)
    yield from supposed

    now, after = p[:-1], p[1:]
    states, steps = (above.where & (np.arange(len(x)) >= 1)[:, None, None] for x in (p, now))
    yield then("S7.above", "p_t > β_t", p, ">", reach(run), axes="t j mu", where=states)
    yield from awake_and_asleep(run, "S7", "t j mu", states, supposed)
    rise = now + guaranteed_pull(run)
    yield then("S7.rises", "p_{t+1} ≥ p_t + h^t_μ", after, ">=", rise, axes="s j mu", where=steps)
    yield PROOF
    if sums_kept(run):
        yield chain(
            "U-S7", "one step of a neuron that is awake on I_μ and asleep on I_−μ",
            after - now,
            eq(increments(run), "gradient step", needs=supposed),
            ge(whole_pull(run)[:, None] - sideways(run), "all of I_μ, none of I_−μ", needs=supposed),
            ge(guaranteed_pull(run), "S4", needs=supposed),
            axes="s j mu", where=steps,
        )  # fmt: skip
