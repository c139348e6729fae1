"""Proposition 15: Rademacher complexity of the networks with bounded first layer."""

from collections.abc import Iterator

import numpy as np

from checks.best_networks import closed_form, exact_members, network_value
from checks.measured import per_run
from checks.suprema import (
    DRAWN,
    SEARCHED,
    Suprema,
    all_samples,
    draw_signs,
    mean_with_control,
    search,
    signed_lengths,
)
from rfa import PROOF, Claim, Rounded, Run, chain, eq, le, result, suppose, then
from rfa.chains import Chain
from rfa.data import stream
from rfa.rounding import UNIT, Array
from rfa.together import by_itself

PLANTED = 8
"""Number of inputs, in the plane of the centres, on which every link is gone through exactly."""
SMALL_SAMPLE = 3
"""Size of the samples drawn from them for the expectation over samples."""


@result("P15", "Rademacher complexity", kind="DET")
def rademacher(run: Run) -> Iterator[Claim | Chain]:
    """Suppose |a_j| = 1/√m for every neuron j.

    Then, for every R, the networks with ‖W‖_F ≤ R have empirical Rademacher complexity at most 2R√(Σ_i
    ‖x_i‖²)/n.

    Both sides grow in proportion to R; R = 1 here. The suprema on the run's inputs are searched, so the
    left side is a lower estimate with a Monte-Carlo error: a failure refutes, a success is evidence. On
    eight inputs in the plane of the centres every sign vector and every supremum is exact.
    """
    equal = suppose("RP.a", "|a_j| = 1/√m", _size_of_a(run), "==", run.b, axes="j")
    yield equal
    found = searched(run)
    size = np.sqrt((run.input_norm * run.input_norm).sum())
    lower = mean_over_pairs(run, found, closed_form(run, found.s_up, found.s_down)) / run.n
    yield then("P15.empirical", "R̂_S(F_R) ≤ 2R√(Σ‖x_i‖²)/n, from below", lower, "<=", 2 * size / run.n)
    yield PROOF
    yield peeled(run, found, equal)
    yield summed_norms(run, equal)
    yield contracted(run, found, size)
    yield linear(run, found)
    yield from exactly(run, equal)
    yield over_samples(run)


@per_run
@by_itself
def searched(run: Run) -> Suprema:
    """Sign vectors drawn for the run, with what the search finds for them."""
    return search(run.sample.X.astype(float), run.sample.mu, drawn(run, SEARCHED))


@by_itself
def lengths(run: Run) -> Rounded:
    """‖Σ_i ε_i x_i‖ for more sign vectors than are searched."""
    return signed_lengths(run.sample.X.astype(float), drawn(run, DRAWN))


def drawn(run: Run, count: int) -> Array:
    """The first `count` sign vectors of the run, (count, n)."""
    seed = 0 if run.setting is None else run.setting.seed
    return draw_signs(stream(seed, "probability", run.draws - 1), run.n, count)


def mean_over_pairs(run: Run, found: Suprema, values: Rounded) -> Rounded:
    """E_ε of a value that ε and −ε share, from the sign vectors searched."""
    return mean_with_control(values, found.linear.value**2, (run.input_norm.value**2).sum())


def peeled(run: Run, found: Suprema, equal: Claim) -> Chain:
    """E49 for each sign vector, at the best network that the search finds."""
    width, n = np.sqrt(Rounded(run.m)), run.n
    return chain(
        "E49", "a network is no better than its best neuron",
        network_value(run, found) / n,
        eq(closed_form(run, found.s_up, found.s_down) / n, "φ(λt) = λφ(t), best norms", needs=[equal]),
        le(_size_of_a(run).sum() / width * found.largest / n, "every neuron the best one", needs=[equal]),
        eq(found.largest / n, "Σ|a_j|‖w_j‖ is R at equal norms, never more", needs=[equal]),
        axes="pair",
    )  # fmt: skip


def summed_norms(run: Run, equal: Claim) -> Chain:
    """E49 (ii) on the weights of the run, at every step."""
    return chain(
        "E49", "(ii) on the run's weights",
        (_size_of_a(run) * run.norm).sum(axis=1),
        le(run.frobenius, "Cauchy-Schwarz, ‖a‖ = 1", needs=[equal]),
        axes="t", prefix="W",
    )  # fmt: skip


def contracted(run: Run, found: Suprema, size: Rounded) -> Chain:
    """U-P15, means over sign vectors; each ε stands for the pair ±ε, so s_+ and s_- have one mean."""
    n = run.n
    length = lengths(run)
    mean_length = mean_with_control(length, length.value**2, (run.input_norm.value**2).sum())
    return chain(
        "U-P15", "one neuron is no better than a linear function",
        mean_over_pairs(run, found, found.largest) / n,
        le(mean_over_pairs(run, found, found.s_up + found.s_down) / n, "ε is as −ε, 0 is in the class"),
        le(2 * mean_length / n, "contraction: φ is 1-Lipschitz"),
        le(2 * size / n, "Jensen's inequality"),
    )  # fmt: skip


def linear(run: Run, found: Suprema) -> Chain:
    """U-P15, the supremum over linear functions for each sign vector."""
    return chain(
        "U-P15", "the best linear function",
        along(run, found),
        eq(found.linear, "sup of Σ ε_i⟨v, x_i⟩ is ‖Σ ε_i x_i‖"),
        axes="pair", prefix="L",
    )  # fmt: skip


def along(run: Run, found: Suprema) -> Rounded:
    """Σ_i ε_i ⟨v, x_i⟩ at the unit vector v along Σ_i ε_i x_i, axis pair."""
    X, signs = run.sample.X.astype(float), found.signs
    summed = signs @ X
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    value = np.einsum("ki,ki->k", signs, summed / np.where(length > 0, length, 1.0) @ X.T)
    return Rounded(value, (X.shape[1] + len(X) + 8) * UNIT * np.linalg.norm(X, axis=1).sum())


def exactly(run: Run, equal: Claim) -> Iterator[Chain]:
    """E49 and U-P15 with all sign vectors and exact suprema, on inputs in the plane of the centres."""
    exact = exact_members(run, _planted(run)[None])
    yield chain(
        "E49", "exact, in the plane",
        exact.network[0],
        eq(exact.closed[0], "φ(λt) = λφ(t), best norms", needs=[equal]),
        le(exact.best[0], "every neuron the best one", needs=[equal]),
        prefix="A", state="planted",
    )  # fmt: skip
    yield chain(
        "U-P15", "exact, in the plane",
        exact.best[0],
        le(exact.twice[0], "ε is as −ε, 0 is in the class"),
        le(exact.length[0], "contraction: φ is 1-Lipschitz"),
        le(exact.size[0], "Jensen's inequality"),
        prefix="A", state="planted",
    )  # fmt: skip


def over_samples(run: Run) -> Chain:
    """U-P15, the last step: the mean over every sample of three of the inputs in the plane."""
    points = _planted(run)
    square = (points**2).sum(axis=1)
    norms = Rounded(square, 4 * UNIT * square)
    exact = exact_members(run, all_samples(points, SMALL_SAMPLE))
    return chain(
        "U-P15", "the mean over all samples of three inputs",
        exact.closed.mean(),
        le(exact.size.mean(), "each sample"),
        le(2 * np.sqrt(norms.mean() / SMALL_SAMPLE), "Jensen's inequality"),
        prefix="S", state="planted",
    )  # fmt: skip


def _planted(run: Run) -> np.ndarray:
    return np.asarray((run.sample.X[:PLANTED] @ run.sample.mu.T).astype(float))


def _size_of_a(run: Run) -> Rounded:
    return Rounded(np.abs(run.a), run.unit * np.abs(run.a))
