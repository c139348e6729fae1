"""From the edge at the start to the alignment at t = 1: E31-E36, U-L12b, E24."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checks.first_gradient import FirstGradient, length
from checks.first_step_premises import FirstStep, home_edge
from checks.measured import edge_share, least_edge, start_counts, whole
from rfa import Claim, Rounded, Run, chain, eq, ge, gt, le, lt, suppose
from rfa.chains import Chain
from rfa.data import CENTRE_LABEL
from rfa.network import activation
from rfa.run import opposite_of
from rfa.stacked import as_array, taken


def first_alignment(first: FirstGradient, given: FirstStep) -> Iterator[Chain]:
    """The chains in the order of the paper."""
    yield growth(first, given)
    yield from edges(first, given)
    yield projection(first.run, given)
    yield correlation(first.run, given)
    yield from samples(first.run, given)


def balance(first: FirstGradient) -> Rounded:
    """Δ_mu(j) = y_mu [S_mu(j) − S_-mu(j)] with mu the home of j, axis j: a count."""
    run = first.run
    own, opposing = (first.signed[np.arange(run.m), at] for at in (run.home, opposite_of(run.home)))
    return whole(taken(CENTRE_LABEL, run.home) * (own - opposing))


def gained(run: Run) -> Rounded:
    """<w_j(1) − w_j(0), mu>/(αb) with mu the home of j, axis j; granted the rounding of a gradient step."""
    granted = Rounded(np.zeros(run.m), run.step_error.error[0])
    return (run.own[1] - run.own[0] + granted) / (run.alpha * run.b)


def cosine(run: Run) -> Rounded:
    """<w_j(1)/‖w_j(1)‖, mu> with mu the home of j, axis j."""
    return run.own[1] / run.divisor[1]


def growth(first: FirstGradient, given: FirstStep) -> Chain:
    """E31, axis j."""
    run, half = first.run, balance(first) / (2 * first.run.n)
    step = run.alpha * run.b
    error, centre = first.zeta1 + first.zeta2, taken(run.sample.centre, run.home)
    along = Rounded((error.value * centre).sum(axis=1), length(run, error).error)
    size = length(run, first.zeta1) + length(run, first.zeta2)
    return chain(
        "E31", "what the first step adds to ⟨w_j, μ⟩, divided by αb",
        gained(run),
        eq(half + along / step, "E30", needs=[given.step]),
        ge(half - size / step, "Cauchy-Schwarz"),
        ge(half - (run.D + run.u), "E26, E28", needs=[given.norms, given.short]),
        axes="j", where=run.in_J,
    )  # fmt: skip


def edges(first: FirstGradient, given: FirstStep) -> Iterator[Chain]:
    """E32 and E33, axis j: all members are counts."""
    run, groups = first.run, start_counts(first.run)
    there, opposing = (np.arange(run.m), run.home), (np.arange(run.m), opposite_of(run.home))
    noise, least = run.sample.noisy.sum(), least_edge(run)
    net = home_edge(run) - groups.noisy[there]
    yield chain(
        "E32", "the edge over all samples, clean and noisy apart",
        balance(first),
        eq(whole(net + groups.noisy[opposing]), "y_μ y_i = 1 on I^C, −1 on I^N"),
        axes="j", where=run.in_J,
    )  # fmt: skip
    yield chain(
        "E33", "the edge outlives the noise",
        balance(first),
        ge(whole(net), "drops noisy samples of −μ"),
        ge(whole(least - noise), "(i) L6; Σ A ≤ |N| on I^N_μ", needs=[given.edge]),
        ge(least / 2, "(ii) |N|/n ≤ 1/(2C2)", needs=[given.noise], gap="G8"),
        axes="j", where=run.in_J,
    )  # fmt: skip
    if run.eta is not None:
        yield chain(
            "E33", "(ii) as printed",
            run.rho,
            le(2 * run.eta, "|N|/n ≤ 2η", printed=True, gap="G8"),
            prefix="P",
        )  # fmt: skip


def gain_needs(given: FirstStep) -> list[Claim]:
    """What E31 and E33 rest on."""
    return [given.step, given.edge, given.noise, given.norms, given.short]


def projection(run: Run, given: FirstStep) -> Chain:
    """E34, axis j."""
    share = edge_share(run)
    return chain(
        "E34", "⟨w_j(1), μ⟩ is a constant share of αb; divided by αb",
        run.own[1] / (run.alpha * run.b),
        ge((run.own[1] - run.own[0]) / (run.alpha * run.b), "(i) ⟨w_j(0), μ⟩ > 0"),
        ge(share / 4 - (run.D + run.u), "E31, E33", needs=gain_needs(given)),
        ge(share / 8, "(ii) D, u ≤ 1/(16C2)", needs=[given.close, given.start]),
        axes="j", where=run.in_J,
    )  # fmt: skip


def correlation(run: Run, given: FirstStep) -> Chain:
    """E35, axis j."""
    large = [*gain_needs(given), given.close, given.start]
    return chain(
        "E35", "⟨ŵ_j(1), μ⟩ is at least a constant",
        cosine(run),
        ge(run.own[1] / (2 * run.alpha * run.b), "L14 at t = 1", needs=[*large, given.norm, given.small]),
        ge(edge_share(run) / 16, "E34: (αb/(8C2))/(2αb)", needs=large),
        gt(0.0, "C2 < ∞", needs=[given.start]),
        axes="j", where=run.in_J,
    )  # fmt: skip


def correlated(run: Run) -> Claim:
    """The conclusion of E35, axis j."""
    least = edge_share(run) / 16
    return suppose("RP.E35", "⟨ŵ_j(1), μ⟩ ≥ 1/(16C2)", cosine(run), ">=", least, axes="j", where=run.in_J)


def samples(run: Run, given: FirstStep) -> Iterator[Chain]:
    """E36 and U-L12b, axes i j."""
    share, cosines = edge_share(run), cosine(run)
    size = run.divisor[1]
    towards, noise = run.pre(1) / size, run.deviation @ run.W(1).T
    deviation = run.deviation_norm.reshape(run.n, 1)
    error = (run.dot * deviation.value + deviation.error) * size.value
    beside = Rounded(noise, error) / size
    furthest = run.D.value + 4 * run.D.error  # rounded up: no ‖ξ_k‖ comes near it
    tight = suppose("RP.E36.half", "D ≤ 1/(32C2)", furthest, "<=", share / 32)
    there: dict[str, Any] = {"axes": "i j", "scale": 1.0}
    yield chain(
        "E36", "w_j(1) is awake on the samples of its own cluster",
        towards,
        eq(cosines + beside, "x_k = μ + ξ_k"),
        ge(share / 16 - deviation, "(i) E35; ‖ŵ_j‖ = 1", needs=[correlated(run)]),
        ge(share / 16 - furthest, "(ii) ‖ξ_k‖ ≤ D"),
        ge(share / 32, "(iii) D ≤ 1/(32C2)", needs=[tight]),
        gt(0.0, "C2 < ∞", needs=[given.start]),
        where=run.in_J & of_cluster(run, run.home), **there,
    )  # fmt: skip
    yield chain(
        "U-L12b", "w_j(1) is asleep on the samples of the opposing cluster",
        towards,
        eq(-cosines + beside, "x_k = −μ + ξ_k"),
        le(-share / 16 + deviation, "E35; ‖ŵ_j‖ = 1", needs=[correlated(run)]),
        lt(0.0, "D < 1/(16C2)", needs=[given.tight]),
        where=run.in_J & of_cluster(run, opposite_of(run.home)), **there,
    )  # fmt: skip


def of_cluster(run: Run, centre: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether sample i belongs to the cluster `centre`[j], axes i j."""
    return as_array(run.sample.cluster[:, None] == centre)


def target(run: Run, given: FirstStep) -> Chain:
    """E24, axes i j."""
    pre = run.pre(1)
    active = Rounded(activation(pre.value, run.relu_at_zero), np.abs(pre.value) <= pre.error)
    return chain(
        "E24", "every neuron of J_μ is awake on I_μ at t = 1",
        active,
        ge(1.0, "A = 1", needs=given),
        axes="i j", where=run.in_J & of_cluster(run, run.home),
    )  # fmt: skip
