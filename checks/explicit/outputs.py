"""S1 and S2: no output is large, so every g is close to one half."""

from collections.abc import Iterator

import numpy as np

from checks.explicit.bounds import before_T, by_step, lower, output_size, projection_size, sideways
from checks.explicit.certificate import bound
from checks.explicit.conditions import exact_descent
from checks.explicit.quantities import increments, projections, pull_against, pull_with, response, sums_kept, unit
from rfa import PROOF, Claim, Rounded, Run, chain, eq, le, result, then
from rfa.chains import Chain


@result("S1", "Outputs and projections are small", kind="DET")
def small_outputs(run: Run) -> Iterator[Claim | Chain]:
    """Suppose exact gradient descent with |a_j| = b.

    Then for t = 0..T: |f(x_i; W^t)| ≤ F_t for every sample i, and |⟨v_j^t, ν⟩| ≤ v0 + own_t + d₁ Sg_t for
    every neuron j and centre ν. Proved together with S2 and S3 by induction on t.
    """
    supposed = exact_descent(run)
    yield from supposed
    size, filled = largest_output(run), run.group_size > 0
    yield then("S1.f", "|f(x_i; W^t)| ≤ F_t", size, "<=", output_size(run), axes="t mu q", where=filled)
    along, says = np.abs(projections(run)), "|⟨v_j^t, ν⟩| ≤ v0 + own_t + d₁ Sg_t"
    yield then("S1.p", says, along, "<=", projection_size(run), axes="t j mu")
    yield PROOF
    yield _halves(run, supposed)
    if sums_kept(run):
        yield _one_step(run, supposed)


def largest_output(run: Run) -> Rounded:
    """max |f(x_i; W^t)| over a group, axes t mu q; NaN for an empty group."""
    low, high = (run.margins(end)[: run.n_s + 1] for end in ("margin_min", "margin_max"))
    size = np.maximum(np.abs(low.value), np.abs(high.value))
    return Rounded(size, np.maximum(low.error, high.error))


def _halves(run: Run, supposed: tuple[Claim, ...]) -> Chain:
    scale = bound(run, lambda r: r.measured.scale.rounded * r.measured.most)
    reaction = run.pre(run.T) / unit(run)
    return chain(
        "U-S1f", "an output against the neuron that responds most",
        np.abs(run.output(run.T)),
        le(scale * response(reaction).max(axis=1), "the larger of two halves", needs=supposed[1:]),
        le(output_size(run)[-1, 0, 0], "x_i = μ(i) + ξ_i, S1.p and S3", needs=supposed),
        axes="i",
    )  # fmt: skip


def _one_step(run: Run, supposed: tuple[Claim, ...]) -> Chain:
    p = projections(run)
    most = bound(run, lambda r: by_step(s.most_g * (r.measured.N + r.measured.d1) for s in before_T(r)))
    means = np.maximum(pull_with(run), pull_against(run))
    return chain(
        "U-S1p", "one step along a centre",
        np.abs(p[1:] - p[:-1]),
        eq(np.abs(increments(run)), "gradient step", needs=supposed),
        le(means + sideways(run), "samples that pull one way, and the deviations", needs=supposed),
        le(most, "g ≤ g⁺_t", needs=supposed),
        axes="s j mu",
    )  # fmt: skip


@result("S2", "Every g is close to one half", kind="DET", uses=["S1"])
def near_one_half(run: Run) -> Iterator[Claim]:
    """Suppose exact gradient descent with |a_j| = b. Then g⁻_t ≤ g_{i,t} ≤ g⁺_t for t < T and every i."""
    yield from exact_descent(run)
    filled, steps = run.group_size > 0, slice(0, run.n_s)
    least = bound(run, lambda r: lower(s.least_g for s in before_T(r))).reshape(-1, 1, 1)
    most = bound(run, lambda r: by_step(s.most_g for s in before_T(r)))
    yield then("S2.lower", "g_{i,t} ≥ g⁻_t", run.g_min[steps], ">=", least, axes="s mu q", where=filled)
    yield then("S2.upper", "g_{i,t} ≤ g⁺_t", run.g_max[steps], "<=", most, axes="s mu q", where=filled)
