"""Run-level premises that several proofs share: what they extract from "C large enough", without any C."""

from checks.constants import SQRT2, E
from checks.measured import per_run
from checks.neuron_alignment import has_home, has_opposing
from rfa import Claim, Run, suppose
from rfa.parameters import Parameters, per_setting
from rfa.rounding import Array


@per_run
def gradient_steps(run: Run) -> Claim:
    """Identity M1 at every step below T: the run is full-batch gradient descent with constant step size."""
    error, size = run.step_error[: run.n_s], _reach(run)[: run.n_s]
    return suppose("RP.M1", "w_j(s+1) − w_j(s) is the gradient step", error, "==", 0, axes="s j", scale=size)


@per_run
def every_gradient_step(run: Run) -> Claim:
    """Identity M1 at every recorded step."""
    says = "w_j(e+1) − w_j(e) is the gradient step"
    return suppose("RP.M1", says, run.step_error, "==", 0, axes="e j", scale=_reach(run))


def _reach(run: Run) -> Array:
    return run.trace.norm[:-1] + run.trace.norm[1:]


@per_run
def short_inputs(run: Run) -> Claim:
    """Inputs no longer than √2."""
    return suppose("RP.R", "‖x_i‖ ≤ √2", run.input_norm, "<=", SQRT2, axes="i")


@per_run
def close_samples(run: Run) -> Claim:
    """No deviation above ½, so that <x_i, mu(i)> lies in [½, 3/2]."""
    return suppose("RP.D½", "‖ξ_i‖ ≤ ½", run.deviation_norm, "<=", 0.5, axes="i")


@per_run
def full_clusters(run: Run) -> Claim:
    """At least an eighth of the samples is clean in each cluster."""
    return suppose("RP.n8", "|I^C_μ| ≥ n/8", run.clean_size, ">=", run.n / 8, axes="mu")


@per_run
def on_the_grid(run: Run) -> Claim:
    """alpha (T - 1) = 1/4: the step size is 1/(4K) and the run reaches step K + 1."""
    return suppose("RP.grid", "α(T − 1) = ¼", int(run.on_grid), "==", 1)


@per_setting
def step_at_most(of: Parameters, bound: float, says: str) -> Claim:
    """The step size is at most `bound`."""
    return suppose("RP.alpha", says, of.alpha, "<=", bound)


@per_run
def aligned(run: Run) -> tuple[Claim, Claim]:
    """Neuron alignment NAC(s) at each gradient step, neuron by neuron: awake on its cluster, asleep on the opposing."""
    size = run.norm.value[: run.n_s]
    on, off = run.own_min[: run.n_s], run.opposing_max[: run.n_s]
    awake, asleep = "w_j(s) awake on I_μ", "w_j(s) asleep on I_−μ"
    later = (run.s_steps >= 1)[:, None]
    return (
        suppose("RP.NAC.on", awake, on, ">", 0.0, axes="s j", where=has_home(run) & later, scale=size),
        suppose("RP.NAC.off", asleep, off, "<", 0.0, axes="s j", where=has_opposing(run) & later, scale=size),
    )


@per_run
def light_at_steps(run: Run) -> Claim:
    """L14 for all neurons together before each gradient step below T."""
    norm, bound = run.frobenius[: run.n_s], 2 * run.alpha * run.s_steps
    return suppose("RP.L14F", "‖W(s)‖_F ≤ 2αs", norm, "<=", bound, axes="s", where=run.s_steps >= 1)


@per_run
def few_noisy(run: Run) -> Claim:
    """(3/2) rho + D within E/64 (E20)."""
    return suppose("RP.E20", "(3/2)ρ + D ≤ E/64", 1.5 * run.rho + run.D, "<=", E / 64)


def good_run_probability(run: Run) -> float:
    """1 − 4δ, the promise of Theorem 1 and Proposition 2 for what holds on every good run; 1 where δ is unknown."""
    return 1.0 if run.delta is None else 1 - 4 * run.delta
