"""What Lemma 12 rests on: the edge of Lemma 6, little noise, tight clusters, a small start."""

from typing import NamedTuple

import numpy as np

from checks.constants import SQRT2
from checks.measured import edge, edge_share, least_edge, per_run, whole
from checks.premises import short_inputs
from rfa import Claim, Rounded, Run, suppose
from rfa.parameters import Parameters, per_setting


class FirstStep(NamedTuple):
    """The run-level premises of Lemma 12; `tight` (strict) is for the alignment alone."""

    step: Claim
    edge: Claim
    noise: Claim
    close: Claim
    start: Claim
    short: Claim
    norm: Claim
    norms: Claim
    small: Claim
    tight: Claim


@per_run
def first_step_premises(run: Run) -> FirstStep:
    """All of them, in the order in which the proof meets them; C2 is the one measured on the run."""
    bound = edge_share(run) / 16
    noisy, least, edges = run.sample.noisy.sum(), least_edge(run), home_edge(run)
    start = 1.5 * run.omega_root_d
    return FirstStep(
        gradient_step(run),
        suppose("RP.L6", "cnt_μ(j) − cnt_−μ(j) ≥ n/C2", edges, ">=", least, axes="j", where=run.in_J),
        suppose("RP.rho", "|N| ≤ n/(2C2)", noisy, "<=", least / 2),
        suppose("RP.E34.D", "D ≤ 1/(16C2)", run.D, "<=", bound),
        suppose("RP.E34.u", "u ≤ 1/(16C2)", run.u, "<=", bound),
        short_inputs(run),
        suppose("RP.L3", "‖w_j(0)‖ ≤ (3/2)ω√d", run.norm[0], "<=", start, axes="j"),
        suppose("RP.L3F", "‖W(0)‖_F ≤ (3/2)u", run.frobenius[0], "<=", 1.5 * run.u),
        small_start(run),
        suppose("RP.E36", "D < 1/(16C2)", run.D, "<", bound),
    )  # fmt: skip


@per_setting
def small_start(of: Parameters) -> Claim:
    """A start small against the step size."""
    return suppose("RP.u", "(3/2)u ≤ (2 − √2)α", 1.5 * of.u, "<=", (2 - SQRT2) * of.alpha)


@per_run
def gradient_step(run: Run) -> Claim:
    """Identity M1 for the first step."""
    size = run.trace.norm[0] + run.trace.norm[1]
    says = "w_j(1) − w_j(0) is the gradient step"
    return suppose("RP.M1", says, run.step_error[0], "==", 0, axes="j", scale=size)


def home_edge(run: Run) -> Rounded:
    """cnt_mu(j) − cnt_-mu(j) with mu the home of j, axis j: a count."""
    return whole(edge(run)[np.arange(run.m), run.home])
