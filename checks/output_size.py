"""How large outputs and loss derivatives are until T: U-L11n, E18, U-L11f, E19."""

from collections.abc import Iterator

import numpy as np

from checks.constants import E
from checks.layers import second_layer, spectral_norm
from checks.margin_premises import Growth, equal_second_layer
from checks.premises import light_at_steps
from rfa import Rounded, Run, chain, eq, ge, le
from rfa.chains import Chain
from rfa.rounding import UNIT
from rfa.run import sigmoid


def output_size(run: Run, given: Growth) -> Iterator[Chain]:
    """The chains in the order of the paper."""
    yield norms(run, given)
    yield outputs(run)
    yield outputs_until(run, given)
    yield derivatives(run, given)


def norms(run: Run, given: Growth) -> Chain:
    """U-L11n, axis t."""
    growing, T = 2 * run.alpha * run.t, 2 * run.alpha * run.T
    return chain(
        "U-L11n", "no norm above 1 until T",
        run.frobenius,
        le(growing, "L14", needs=[given.light]),
        le(T, "τ ≤ T", where=run.t < run.T),
        eq(2 * run.alpha + 0.5, "α(T − 1) = ¼", needs=[given.grid]),
        le(1.0, "α ≤ ¼", needs=[given.quarter]),
        axes="t", where=(run.t >= 1) & (run.t <= run.T),
    )  # fmt: skip


def outputs(run: Run) -> Chain:
    """E18 at the weights W(T), axis i."""
    pre, a = run.pre(run.T), second_layer(run)
    image = np.sqrt((pre * pre).sum(axis=1))
    return chain(
        "E18", "an output is at most the norm of the weights times that of the input",
        np.abs(run.output(run.T)),
        le(np.sqrt((a * a).sum()) * image, "Cauchy-Schwarz, |φ(t)| ≤ |t|"),
        eq(image, "‖a‖ = 1", needs=[equal_second_layer(run)]),
        le(spectral_norm(run.W(run.T), run.unit) * run.input_norm, "‖Wx‖ ≤ ‖W‖₂‖x‖"),
        le(run.frobenius[run.T - run.first] * run.input_norm, "‖W‖₂ ≤ ‖W‖_F"),
        axes="i",
    )  # fmt: skip


def outputs_until(run: Run, given: Growth) -> Chain:
    """U-L11f at the sample with the largest |f|/‖x‖ of each step, scaled to the longest input: axis s."""
    norm = run.frobenius[: run.n_s] * run.R_x
    return chain(
        "U-L11f", "no output above 2 before T",
        run.reach[: run.n_s] * run.R_x,
        le(norm, "E18"),
        le(2.0, "‖W(τ)‖_F ≤ 2ατ ≤ ½, ‖x_i‖ ≤ √2", needs=[light_at_steps(run), given.short]),
        axes="s", where=run.s_steps >= 1,
    )  # fmt: skip


def derivatives(run: Run, given: Growth) -> Chain:
    """E19 at the sample with the largest margin of each group, axes s mu q; y f = |f| needs no first link."""
    steps = slice(0, run.n_s)
    low, high = run.margins("margin_min")[steps], run.margins("margin_max")[steps]
    size: Rounded = np.maximum(-low, high)
    later = (run.s_steps >= 1)[:, None, None] & (run.group_size > 0)
    return chain(
        "E19", "no loss derivative below E/2 before T",
        run.g_min[steps],
        ge(loss_derivative(size), "−ℓ' decreases and y f ≤ |f|", where=high < size),
        ge(1 / (1 + np.exp(Rounded(2.0))), "|f| ≤ 2", needs=[light_at_steps(run), given.short]),
        ge(E / 2, "−ℓ'(z) ≥ ½exp(−z), z ≥ 0"),
        axes="s mu q", where=later,
    )  # fmt: skip


def loss_derivative(margin: Rounded) -> Rounded:
    """−ℓ'(z) = 1/(1 + exp(z)), which is ¼-Lipschitz."""
    return Rounded(sigmoid(margin.value), margin.error / 4 + 4 * UNIT)
