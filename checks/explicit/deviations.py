"""S3: neurons see little of the deviations, and those of the wrong sign little of their centre."""

from collections.abc import Iterator

import numpy as np

from checks.explicit.bounds import by_step, reach, wrong_projection
from checks.explicit.certificate import bound
from checks.explicit.conditions import exact_descent
from checks.explicit.quantities import deviations, projections, pulled_by_means, sums_kept
from checks.explicit.recursion import Recursion
from rfa import PROOF, Claim, Rounded, Run, chain, le, result, then
from rfa.chains import Chain


@result("S3", "Deviations and wrong-sign projections are small", kind="DET", uses=["S1", "S2"])
def small_deviations(run: Run) -> Iterator[Claim | Chain]:
    """Suppose exact gradient descent with |a_j| = b.

    Then for t = 0..T: |⟨v_j^t, ξ_k⟩| ≤ β_t for every neuron j and sample k; and while no h has been negative
    (ok_t) ⟨v_j^t, μ⟩ ≤ P_t for every centre μ and every j with ε_j = −y_μ.
    """
    supposed = exact_descent(run)
    yield from supposed
    seen, filled = deviations(run), run.cluster_size > 0
    yield then("S3.xi", "|⟨v_j^t, ξ_k⟩| ≤ β_t", seen, "<=", reach(run), axes="t j mu", where=filled)
    falling = bound(run, lambda r: np.array([s.falling for s in r.states]))[:, None, None]
    wrong = falling & ~run.sign_matches
    p, most = projections(run), wrong_projection(run)
    yield then("S3.p", "⟨v_j^t, μ⟩ ≤ P_t", p, "<=", most, axes="t j mu", where=wrong)
    yield PROOF
    if sums_kept(run):
        yield _sources(run, supposed)


def _sources(run: Run, supposed: tuple[Claim, ...]) -> Chain:
    """The centres have pulled along both axes: by at most own_t along one and `other` along the other."""
    pulled = np.abs(pulled_by_means(run))
    both = (pulled[..., 0] + pulled[..., 2])[..., None]
    times, rest, most = bound(run, _members)
    later = (np.arange(run.n_s + 1) >= 1)[:, None, None]
    return chain(
        "U-S3", "what the steps so far have added along a deviation",
        deviations(run),
        le(times * both + rest, "⟨x_i, ξ_k⟩ = ⟨μ(i), ξ_k⟩ + ⟨ξ_i, ξ_k⟩", needs=supposed),
        le(most, "own_t bounds one axis, `other` the other", needs=supposed),
        le(reach(run), "the largest so far"),
        axes="t j mu", where=later & (run.cluster_size > 0),
    )  # fmt: skip


def _members(r: Recursion) -> tuple[Rounded, Rounded, Rounded]:
    """d_p; b0 + G Sg_t; and b0 + d_p (own_t + other) + G Sg_t, each at t = 0..T."""
    m = r.measured
    rest = by_step(m.b0 + m.G * s.spent for s in r.states)
    most = by_step(m.b0 + m.dp * (s.own + s.other) + m.G * s.spent for s in r.states)
    return m.dp.rounded, rest, most
