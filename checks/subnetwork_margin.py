"""Lemma 8: a large subnetwork with a margin is enough."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from checks.margin_premises import equal_second_layer
from checks.network_split import OfRun, Split, at_clusters, at_random
from rfa import PROOF, Claim, Run, chain, eq, ge, le, result, suppose, then
from rfa.chains import Chain
from rfa.rounding import Array

DOMINATES = "|J^c|/m ≤ 1/(16 C_f²)"


@result("L8", "A large good subnetwork is enough", kind="DET", gaps=["G17"], readings=["R15"])
def subnetwork_margin(run: Run) -> Iterator[Claim | Chain]:
    """Suppose ‖W‖_F ≤ 1, ‖x‖ ≤ 2, |a_j| = 1/√m, y f^J(x; W) ≥ 1/C_f with C_f > 1, and |J^c|/m ≤ 1/(16 C_f²).

    Then y f(x; W) ≥ 1/(2 C_f); and if y f^J(x; W) ≤ −1/C_f instead, then y f(x; W) ≤ −1/(2 C_f).

    Judged at time T on each sample with C_f = 1/|f^J(x_i; W(T))|, and on networks from a fixed stream.
    """
    here, noisy, y = OfRun(run), run.sample.noisy, run.sample.y
    outer = y.astype(np.float64)
    inner, size = outer * here.inside, (here.frobenius * here.input_norm).value
    clean_side = suppose("RP.Cf.clean", "y f^J > 0", inner, ">", 0.0, axes="i", where=~noisy, scale=size)
    noisy_side = suppose("RP.Cf.noisy", "y f^J < 0", inner, "<", 0.0, axes="i", where=noisy, scale=size)
    given, equal = supposed(here, "i"), equal_second_layer(run)
    yield from (*given, equal, clean_side, noisy_side)

    half = np.abs(here.inside) / 2
    on_clean, on_noisy = [*given, equal, clean_side], [*given, equal, noisy_side]
    says = "y f ≥ 1/(2 C_f)", "y f ≤ −1/(2 C_f)"
    yield then("L8.clean", says[0], outer * here.whole, ">=", half, axes="i", where=~noisy, needs=on_clean)
    yield then("L8.noisy", says[1], outer * here.whole, "<=", -half, axes="i", where=noisy, needs=on_noisy)
    drawn = at_random()
    margin = drawn.whole * np.sign(drawn.inside.value)
    needs = supposed(drawn, "r")
    yield then("L8.random", says[0], margin, ">=", np.abs(drawn.inside) / 2, axes="r", needs=needs)

    yield PROOF
    yield from outside(here, given, [equal], "X", "run")
    yield from both_parts(here, outer, on_clean, "Z", "run", ~noisy)
    yield from mirrored(here, outer, on_noisy, "M", "run", noisy)
    yield from planted()


def planted() -> Iterator[Chain]:
    """U-L8 on a network that is no training run, with J^c not empty."""
    split = at_clusters()
    needs = supposed(split, "i")
    margins = np.sign(split.inside.value)
    yield from outside(split, needs, [], "PX", "planted")
    yield from both_parts(split, margins, needs, "PZ", "planted")
    yield from mirrored(split, -margins, needs, "PM", "planted")


def supposed(of: Split, axis: str) -> list[Claim]:
    """What Lemma 8 supposes of weights and inputs, with C_f = 1/|f^J|."""
    inside = np.abs(of.inside)
    norm = np.broadcast_to(True, of.inside.shape)
    return [
        suppose("RP.W1", "‖W‖_F ≤ 1", of.frobenius, "<=", 1.0, axes=axis, where=norm),
        suppose("RP.x2", "‖x‖ ≤ 2", of.input_norm, "<=", 2.0, axes=axis),
        suppose("RP.Cf", "C_f > 1", inside, "<", 1.0, axes=axis),
        suppose("RP.Jc", DOMINATES, of.share, "<=", inside * inside / 16, axes=axis),
    ]


def outside(of: Split, needs: list[Claim], equal: list[Claim], prefix: str, state: str) -> Iterator[Chain]:
    """U-L8, first part: the output of the other neurons; `equal` says |a_j| = 1/√m where that can fail.

    The links (i) and ‖·‖₂ ≤ ‖·‖_F are not judged for a single other neuron, where they can be equalities.
    """
    inside, several = np.abs(of.inside), of.rest.shape[1] != 1
    yield chain(
        "U-L8", "the neurons outside J cannot outvote those inside",
        np.abs(of.outside),
        le(of.by_vector, "(i) Cauchy-Schwarz, |φ(t)| ≤ |t|", where=several),
        le(of.by_spectrum, "‖W_{J^c} x‖ ≤ ‖W_{J^c}‖₂ ‖x‖", needs=equal),
        le(of.by_frobenius, "‖·‖₂ ≤ ‖·‖_F", where=several),
        le(inside / 2, "‖W‖_F ≤ 1, ‖x‖ ≤ 2, " + DOMINATES, needs=[*needs, *equal]),
        axes="i", state=state, prefix=prefix,
    )  # fmt: skip


def both_parts(
    of: Split, y: Array, needs: list[Claim], prefix: str, state: str, where: NDArray[np.bool_] | bool = True
) -> Iterator[Chain]:
    """U-L8, second part, where the margin of f^J is positive."""
    inside = np.abs(of.inside)
    yield chain(
        "U-L8", "y f = y f^J + y f^{J^c} where y f^J > 0",
        y * of.whole,
        eq(y * of.inside + y * of.outside, "the two parts"),
        ge(inside / 2, "y f^J ≥ 1/C_f, |f^{J^c}| ≤ 1/(2 C_f)", needs=needs),
        axes="i", where=where, state=state, prefix=prefix,
    )  # fmt: skip


def mirrored(
    of: Split, y: Array, needs: list[Claim], prefix: str, state: str, where: NDArray[np.bool_] | bool = True
) -> Iterator[Chain]:
    """The mirror image of the second part, where the margin of f^J is negative."""
    inside = np.abs(of.inside)
    yield chain(
        "U-L8", "y f = y f^J + y f^{J^c} where y f^J < 0",
        y * of.whole,
        eq(y * of.inside + y * of.outside, "the two parts"),
        le(-inside / 2, "y f^J ≤ −1/C_f, |f^{J^c}| ≤ 1/(2 C_f)", needs=needs, gap="G17"),
        axes="i", where=where, state=state, prefix=prefix,
    )  # fmt: skip
