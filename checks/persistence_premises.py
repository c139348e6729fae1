"""What Lemma 13 rests on, and the facts about one neuron and one step that the links of its proof cite."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from checks.constants import E
from checks.margin_premises import pulled
from checks.measured import per_run
from checks.neuron_alignment import has_home, has_opposing
from checks.premises import (
    aligned,
    close_samples,
    full_clusters,
    gradient_steps,
    light_at_steps,
    short_inputs,
    step_at_most,
)
from rfa import Claim, Rounded, Run, suppose
from rfa.run import PAIR, pair_of
from rfa.stacked import as_array


class Alignment(NamedTuple):
    """The run-level premises of Lemma 13 for the alignment."""

    steps: Claim
    awake: Claim
    asleep: Claim
    toward: Claim
    linear: Claim
    light: Claim
    quarter: Claim
    short: Claim
    close: Claim
    full: Claim
    noise: Claim
    near: Claim
    tight: Claim


class Turning(NamedTuple):
    """The further ones for the almost-orthogonality."""

    steep: Claim
    pulled_back: Claim


class Step(NamedTuple):
    """Facts about one gradient step as the links of the proof cite them: by neuron, by cluster."""

    steps: Claim
    awake: Claim
    asleep: Claim
    linear: Claim
    light: Claim
    short: Claim
    close: Claim
    filled: Claim
    pulled: Claim
    pulled_across: Claim
    bounded: Claim
    turning: Turning


@per_run
def alignment_premises(run: Run) -> Alignment:
    """The conclusions of Lemmas 12 and 14, and what E37-E40 ask besides; s stands for every step below T."""
    own, awake, asleep = run.own[1], run.own_min[1], run.opposing_max[1]
    one: dict[str, Any] = {"axes": "j", "scale": run.norm.value[1]}
    home, opposing = has_home(run), has_opposing(run)
    return Alignment(
        gradient_steps(run),
        suppose("RP.L12.on", "w_j(1) awake on I_μ", awake, ">", 0.0, where=home, **one),
        suppose("RP.L12.off", "w_j(1) asleep on I_−μ", asleep, "<", 0.0, where=opposing, **one),
        suppose("RP.L12.corr", "⟨w_j(1), μ⟩ ≥ 0", own, ">=", 0.0, where=run.in_J, **one),
        linear_growth(run),
        light_at_steps(run),
        step_at_most(run, 0.25, "α ≤ ¼"),
        short_inputs(run),
        close_samples(run),
        full_clusters(run),
        suppose("RP.E39.rho", "2ρ ≤ E/128", 2 * run.rho, "<=", E / 128),
        suppose("RP.E39.D", "2D ≤ E/128", 2 * run.D, "<=", E / 128),
        suppose("RP.E40", "D < E/256", run.D, "<", E / 256),
    )


@per_run
def turning_premises(run: Run) -> Turning:
    """What E42-E44 ask; the first only at the neurons and steps with |⟨w_j, ν⟩| > αb."""
    apart = np.abs(run.other.value[: run.n_s]) > (run.alpha * run.b).value
    there, bound = apart & later(run) & run.in_J, 4 * run.alpha / 3
    return Turning(
        suppose("RP.E42", "D < 4α/3 where |⟨w_j(s), ν⟩| > αb", run.D, "<", bound, axes="s j", where=there),
        suppose("RP.E44", "2D + 3ρ < E/32", 2 * run.D + 3 * run.rho, "<", E / 32),
    )  # fmt: skip


def step_facts(run: Run) -> Step:
    """NAC(s), L14, E37, AO(s) and the premises of E42-E44 at each gradient step."""
    awake, asleep = aligned(run)
    g = run.g_min[: run.n_s, :, 0]
    some = later(run) & (run.clean_size > 0)
    return Step(
        gradient_steps(run), awake, asleep, linear_so_far(run), light_at_steps(run),
        short_inputs(run), close_samples(run),
        suppose("RP.n8.nu", "|I_ν| ≥ n/8", run.cluster_size, ">=", run.n / 8, axes="nu"),
        pulled(run),
        suppose("RP.E37", "g_{i,s} ≥ ½E on I^C_ν", g, ">=", E / 2, axes="s nu", where=some),
        almost_orthogonal(run),
        turning_premises(run),
    )  # fmt: skip


def later(run: Run) -> NDArray[np.bool_]:
    """Whether s >= 1, axes s j (j of length 1)."""
    return as_array((run.s_steps >= 1)[:, None])


def across(run: Run) -> NDArray[np.bool_]:
    """Whether nu is a centre of the pair other than that of the home of j in J, axes j nu."""
    return as_array(run.in_J[:, None] & (pair_of(run.home)[:, None] != PAIR))


@per_run
def linear_growth(run: Run) -> Claim:
    """L14 for each neuron after each gradient step below T."""
    after, bound = run.norm[1 : run.n_s + 1], 2 * run.alpha * run.b * (run.s_steps + 1)[:, None]
    return suppose("RP.L14", "‖w_j(s + 1)‖ ≤ 2αb(s + 1)", after, "<=", bound, axes="s j")


@per_run
def linear_so_far(run: Run) -> Claim:
    """L14 for each neuron before each gradient step."""
    before, bound = run.norm[: run.n_s], 2 * run.alpha * run.b * run.s_steps[:, None]
    return suppose("RP.L14.s", "‖w_j(s)‖ ≤ 2αbs", before, "<=", bound, axes="s j", where=later(run))


@per_run
def almost_orthogonal(run: Run) -> Claim:
    """AO(s) for each neuron."""
    size, bound = np.abs(run.other[: run.n_s]), 3 * run.alpha * run.b
    return suppose("RP.AO", "|⟨w_j(s), ν⟩| ≤ 3αb", size, "<=", bound, axes="s j", where=later(run) & run.in_J)


def cosine_after(run: Run) -> Rounded:
    """<w_j(s+1)/‖w_j(s+1)‖, mu> with mu the home of j, axes s j."""
    return run.own[1 : run.n_s + 1] / run.divisor[1 : run.n_s + 1]
