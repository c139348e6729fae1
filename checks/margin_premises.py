"""What the margin at time T rests on (L11); Theorem 1 and Proposition 2 rest on the same premises."""

from typing import NamedTuple

import numpy as np

from checks.constants import E
from checks.measured import per_run
from checks.premises import (
    aligned,
    close_samples,
    few_noisy,
    full_clusters,
    gradient_steps,
    on_the_grid,
    short_inputs,
    step_at_most,
)
from rfa import Claim, Rounded, Run, suppose
from rfa.parameters import Parameters, per_setting


class Growth(NamedTuple):
    """What makes <w_j, mu>, j in J_mu, grow by at least alpha b E/64 in each step before T (E19, E20)."""

    steps: Claim
    awake: Claim
    asleep: Claim
    light: Claim
    grid: Claim
    quarter: Claim
    short: Claim
    close: Claim
    full: Claim
    few: Claim


class Margin(NamedTuple):
    """What turns the growth into a margin at time T (E21, E22, U-L11mu, U-L11c)."""

    start: Claim
    many: Claim
    step: Claim
    tight: Claim
    across: Claim


@per_run
def growth_premises(run: Run) -> Growth:
    """NAC(1..T−1) and what E20 needs besides."""
    awake, asleep = aligned(run)
    return Growth(
        gradient_steps(run), awake, asleep, light_weights(run), on_the_grid(run),
        step_at_most(run, 0.25, "α ≤ ¼"), short_inputs(run), close_samples(run), full_clusters(run),
        few_noisy(run),
    )  # fmt: skip


@per_run
def margin_premises(run: Run) -> Margin:
    """A first step in the right direction, many candidates, a small step, tight clusters, AO at time T."""
    near = E * kept(run) / 4096
    first, size = run.own[1], run.norm.value[1]
    return Margin(
        suppose("RP.L12", "⟨w_j(1), μ⟩ ≥ 0", first, ">=", 0.0, axes="j", where=run.in_J, scale=size),
        many_candidates(run),
        small_step(run),
        suppose("RP.D4096", "‖ξ_i‖ ≤ E(1 − 1/C0)²/4096", run.deviation_norm, "<=", near, axes="i"),
        almost_orthogonal(run),
    )


@per_setting
def kept(of: Parameters) -> Rounded:
    """(1 − 1/C0)², the share of the neurons that L4 keeps in J."""
    share: Rounded = (1 - 1 / Rounded(of.C0)) ** 2
    return share


@per_setting
def small_step(of: Parameters) -> Claim:
    """A step that is small against the margin (E22)."""
    return suppose("RP.E22", "α ≤ E(1 − 1/C0)²/6144", of.alpha, "<=", E * kept(of) / 6144)


@per_setting
def half_kept(of: Parameters) -> Claim:
    """C0 not small: half of the neurons are kept."""
    return suppose("RP.half", "(1 − 1/C0)² ≥ ½", kept(of), ">=", 0.5)


@per_run
def light_weights(run: Run) -> Claim:
    """L14 from step 1 to T."""
    until, bound = (run.t >= 1) & (run.t <= run.T), 2 * run.alpha * run.t
    return suppose("RP.L14F", "‖W(τ)‖_F ≤ 2ατ", run.frobenius, "<=", bound, axes="t", where=until)


@per_run
def many_candidates(run: Run) -> Claim:
    """Each J_mu as large as L4 says."""
    return suppose("RP.L4", "|J_μ|/m ≥ ¼(1 − 1/C0)²", run.J_size / run.m, ">=", kept(run) / 4, axes="mu")


@per_run
def almost_orthogonal(run: Run) -> Claim:
    """AO at the time T alone."""
    across, bound = np.abs(run.other[run.T - run.first]), 3 * run.alpha * run.b
    return suppose("RP.AO.T", "|⟨w_j(T), ν⟩| ≤ 3αb", across, "<=", bound, axes="j", where=run.in_J)


@per_run
def pulled(run: Run) -> Claim:
    """E19 on the clean samples of the home of each neuron: no loss derivative below E/2."""
    g = run.g_min[: run.n_s, :, 0][:, run.home]
    some = run.in_J & (run.clean_size[run.home] > 0)
    later = (run.s_steps >= 1)[:, None]
    return suppose("RP.E19", "g_{i,τ} ≥ ½E on I^C_μ", g, ">=", E / 2, axes="s j", where=some & later)


@per_run
def equal_second_layer(run: Run) -> Claim:
    """|a_j| = 1/sqrt(m) for all neurons."""
    size = np.abs(run.a)
    return suppose("RP.a", "|a_j| = 1/√m", Rounded(size, run.unit * size), "==", run.b, axes="j")
