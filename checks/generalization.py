"""The second part of Theorem 1: from the margin on the training samples to the test error."""

from collections.abc import Iterator

import numpy as np

from checks.constants import GAMMA
from checks.margin_premises import equal_second_layer
from checks.measured import fluctuation
from checks.premises import short_inputs
from rfa import Claim, DoesNotApply, Rounded, Run, Sampled, chain, le, suppose, then
from rfa.chains import Chain
from rfa.data import stream
from rfa.parameters import Parameters, per_setting
from rfa.rounding import Array
from rfa.studies.rates import LEVEL, clopper_pearson
from rfa.together import by_itself

SIGN_VECTORS = 64
"""Sign vectors drawn for U-T1R; each stands for the pair ±ε."""
STANDARD_ERRORS = 5.0
"""Error granted to a mean over drawn sign vectors."""
SAYS = "P(y ≠ sgn f(x; W(T))) ≤ η + C√(log(1/δ)/n)"


def generalization(run: Run, needs: list[Claim]) -> Iterator[Chain]:
    """The chains ramp, U-T1R, E48 and U-T1g."""
    yield from ramp_facts(run)
    yield contracted(run)
    yield counted_ramps(run, needs)
    yield from bounds(run, needs)


@per_setting
def smallest_C(of: Parameters) -> Rounded:
    """The smallest C that (A7) allows, 1/(4 alpha²), and no less than 1."""
    least: Rounded = 1 / (4 * of.alpha * of.alpha)
    return least.where(least.value > 1, 1.0)


@per_setting
def large_constant(of: Parameters) -> Claim:
    """C so large that it absorbs all other terms of U-T1g, by δ < ½ and T ≤ 1 + √C/2."""
    C = smallest_C(of)
    logarithm = np.sqrt((1 + np.log(2 + np.sqrt(C)) / np.log(2)) / 2)
    least = 8 / (GAMMA * np.sqrt(np.log(2))) + np.sqrt(6) + logarithm
    return suppose("RP.C", "C ≥ 8/(γ√log 2) + √6 + √(½ + ½log(2 + √C)/log 2)", C, ">=", least)


@per_setting
def right_side(of: Parameters) -> Rounded:
    """η + C√(log(1/δ)/n) as the theorem states it."""
    bound: Rounded = of.given("eta") + smallest_C(of) * fluctuation(of)
    return bound


@by_itself
def measured_error(run: Run) -> Sampled:
    """Test error at T on fresh samples; the further end of its Clopper-Pearson interval is its error bound."""
    fresh = run.fresh
    trials, count = len(fresh.y), int((fresh.y * fresh.f <= 0).sum())
    rate, interval = count / trials, clopper_pearson(count, trials, LEVEL)
    return Sampled(rate, max(rate - interval.lower, interval.upper - rate))


def on_fresh_samples(run: Run, needs: list[Claim]) -> Iterator[Claim]:
    """T1.test; without an index to judge where the law of the data is not known."""
    large = large_constant(run)
    yield large
    try:
        error, bound = measured_error(run), right_side(run)
    except DoesNotApply as why:
        yield then("T1.test", SAYS, 0.0, "<=", 0.0, where=False, needs=[], note=str(why))
        return
    promised = 1 - 4 * run.given("delta")
    yield then("T1.test", SAYS, error, "<=", bound, needs=[*needs, large], probability=promised)


def fresh_notes(run: Run) -> Iterator[str]:
    """What the run says about the test error beyond the theorem; nothing where its law is not known."""
    try:
        fresh, bound, scale = run.fresh, float(right_side(run)), float(fluctuation(run))
    except DoesNotApply:
        return
    error, eta = measured_error(run), run.given("eta")
    vacuous = ", which is vacuous (≥ 1)" if bound >= 1 else ""
    yield f"T1.test: the right side η + C√(log(1/δ)/n) is {bound:.4g} at C = 1/(4α²){vacuous}."
    size, level = len(fresh.y), f"{100 * (1 - LEVEL):g} %"
    yield (
        f"Test error on {size} fresh points: {error.value:.4g} ± {error.error:.2g} ({level}); η = {eta:.4g}, "
        f"(test error − η)√(n/log(1/δ)) = {(error.value - eta) / scale:.3g}."
    )
    noisy = fresh.y != fresh.y_clean
    right = fresh.y_clean * fresh.f > 0
    for name, group in (("clean", right[~noisy]), ("noisy", right[noisy])):
        yield f"Fresh {name} points that f gives their clean label: {int(group.sum())} of {len(group)}."


def ramp(margin: Rounded) -> Rounded:
    """r_γ(z) = min(1, max(0, 1 − z/γ)); exactly 0 or 1 where rounding cannot matter."""
    line = 1 - margin / GAMMA
    flat = (line.value - line.error >= 1) | (line.value + line.error <= 0)
    return Rounded(np.clip(line.value, 0.0, 1.0), np.where(flat, 0.0, line.error))


def wrong(margin: Rounded) -> Rounded:
    """1{z ≤ 0}; the error is 1 where rounding leaves the sign open."""
    open_sign = (np.abs(margin.value) <= margin.error) & (margin.error > 0)
    return Rounded(margin.value <= 0, open_sign)


def end_margins(run: Run) -> Rounded:
    """y_i f(x_i; W(T)), axis i."""
    margins: Rounded = run.output(run.T) * run.sample.y
    return margins


def ramp_facts(run: Run) -> Iterator[Chain]:
    """ramp, on the margins of the training samples, axis i; partners differ by half the sample in rank."""
    margins = end_margins(run)
    order, partner = np.argsort(margins.value), np.empty(run.n, dtype=int)
    partner[order] = np.roll(order, run.n // 2)
    above = le(ramp(margins), "r_γ = 1 on z ≤ 0")
    yield chain("ramp", "the ramp lies above the zero-one loss", wrong(margins), above, axes="i")
    yield chain(
        "ramp", "the ramp is 1/γ-Lipschitz",
        np.abs(ramp(margins) - ramp(margins)[partner]),
        le(np.abs(margins - margins[partner]) / GAMMA, "slope −1/γ between 0 and γ"),
        axes="i", where=partner != np.arange(run.n), prefix="L",
    )  # fmt: skip


def contracted(run: Run) -> Chain:
    """U-T1R for the class of the kept networks scaled to ‖W‖_F = 1, with the network 0."""
    outputs = scaled_outputs(run)
    margins: Rounded = outputs * run.sample.y[:, None]
    seed = 0 if run.setting is None else run.setting.seed
    drawn = stream(seed, "probability", run.draws - 1).integers(2, size=(SIGN_VECTORS, run.n))
    signs = (2 * drawn - 1).astype(np.float64)
    size = np.sqrt((run.input_norm * run.input_norm).sum())
    return chain(
        "U-T1R", "Rademacher complexity of the ramp losses",
        complexity(ramp(margins), signs),
        le(complexity(outputs, signs) / GAMMA, "contraction: r_γ is 1/γ-Lipschitz"),
        le(2 * size / run.n / GAMMA, "P15", needs=[equal_second_layer(run)]),
        le(4 / (GAMMA * np.sqrt(Rounded(run.n))), "‖x_i‖ ≤ √2", needs=[short_inputs(run)]),
    )  # fmt: skip


def scaled_outputs(run: Run) -> Rounded:
    """f(x_i; W(t)/‖W(t)‖_F) at the kept steps t ≤ T with W(t) ≠ 0, and the network 0: axes i r."""
    kept = [t for t in sorted(run.weights) if t <= run.T]
    columns = [run.output(t) / run.frobenius[t - run.first] for t in kept if run.W(t).any()]
    values = [*(c.value for c in columns), np.zeros(run.n)]
    errors = [*(np.broadcast_to(c.error, run.n) for c in columns), np.zeros(run.n)]
    return Rounded(np.column_stack(values), np.column_stack(errors))


def complexity(values: Rounded, signs: Array) -> Sampled:
    """(1/n) E_ε max_r Σ_i ε_i values_ir over pairs ±ε of the drawn signs, with the error of the mean."""
    sums = signs @ values.value / len(values)
    best = (sums.max(axis=1) + (-sums).max(axis=1)) / 2
    spread = STANDARD_ERRORS * best.std(ddof=1) / np.sqrt(len(best))
    return Sampled(best.mean(), spread + values.error.max())


def counted_ramps(run: Run, needs: list[Claim]) -> Chain:
    """E48, both sides times n."""
    noisy = run.sample.noisy.sum()
    return chain(
        "E48", "Σ_i r_γ(y_i f(x_i)) against |N|",
        ramp_sum(run),
        le(noisy, "r_γ = 0 on clean samples, r_γ ≤ 1", needs=needs),
    )  # fmt: skip


def ramp_sum(run: Run) -> Rounded:
    """Σ_i r_γ(y_i f(x_i; W(T))); the samples at exactly 1 are counted, so that they bring no error."""
    ramps = ramp(end_margins(run))
    ones = (ramps.value == 1) & (ramps.error == 0)
    rest = ramps.sum(where=~ones)
    return Rounded(ones.sum() + rest.value, rest.error)


def bounds(run: Run, needs: list[Claim]) -> Iterator[Chain]:
    """U-T1g: on each fresh sample, axis f, and in the mean, for runs whose law is known."""
    try:
        fresh, final, delta = run.fresh, right_side(run), run.given("delta")
    except DoesNotApply:
        return
    margins = Rounded(fresh.y * fresh.f, run.output_error[run.T - run.first])
    above = le(ramp(margins), "1{y f ≤ 0} ≤ r_γ(y f)")
    yield chain("U-T1g", "fresh samples", wrong(margins), above, axes="f", prefix="F")
    root, total = np.sqrt(Rounded(run.n)), ramp_sum(run)
    spread = np.sqrt(2 * np.log(Rounded(4 / delta))) / root
    as_proved, printed = 8 / (GAMMA * root) + spread, 4 / (GAMMA * root) + spread
    logarithm = np.sqrt(np.log(Rounded(2 * run.T / delta)) / 2) / root
    sure, differs = 1 - delta / 2, total.value != run.sample.noisy.sum()
    yield chain(
        "U-T1g", "from the mean ramp loss to the noise rate",
        mean_ramp(ramp(margins)),
        le(total / run.n + printed, "with 4/(γ√n)", gap="G4", printed=True, probability=sure),
        le(total / run.n + as_proved, "uniform convergence, U-T1R", gap="G4", probability=sure),
        le(run.rho + as_proved, "E48, where the ramps do not sum to |N|", needs=needs, where=differs),
        le(run.given("eta") + logarithm + as_proved, "L5c", probability=sure),
        le(final, "C large", needs=[large_constant(run)]),
    )  # fmt: skip


def mean_ramp(ramps: Rounded) -> Sampled:
    """Mean over fresh samples of losses in [0, 1], with the half-width of Hoeffding's interval."""
    half_width = np.sqrt(np.log(2 / LEVEL) / (2 * len(ramps)))
    mean = ramps.mean()
    return Sampled(mean.value, mean.error + half_width)
