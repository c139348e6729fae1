"""Statements that are wrong in a known way."""

import numpy as np

from checks.neuron_alignment import has_home
from rfa import result, suppose, then


def statement_of(*claims, id="Z1", kind="DET"):
    """A statement that yields the given claims on every run."""

    @result(id, "Toy", kind=kind)
    def toy(run):
        """Suppose something. Then something else."""
        yield from claims

    return toy


@result("W1", "Weights grow twenty times more slowly", kind="DET")
def slow_growth(run):
    """L14 with 0.1b in place of 2b."""
    t = run.t[:, None]
    yield suppose("RP.short", "‖x_i‖ ≤ √2", run.input_norm, "<=", np.sqrt(2), axes="i")
    yield suppose("RP.L3", "‖w_j(0)‖ ≤ (3/2)ω√d", run.norm[0], "<=", 1.5 * run.omega_root_d, axes="j")
    yield suppose("RP.u", "(3/2)u ≤ (2 − √2)α", 1.5 * run.u, "<=", (2 - np.sqrt(2)) * run.alpha)
    yield then("W1.neuron", "‖w_j(t)‖ ≤ 0.1bαt", run.norm, "<=", 0.1 * run.b * run.alpha * t, axes="t j", where=t >= 1)


@result("W2", "Neurons of J are aligned at the start", kind="DET")
def aligned_at_the_start(run):
    """Suppose σ√d ≤ 1. Then every neuron of J_μ is awake on all of I_μ at t = 0: true after one step only."""
    yield suppose("RP.s", "σ√d ≤ 1", run.s, "<=", 1 + 1e-12)
    size = run.norm.value[:1]
    yield then(
        "W2.on", "⟨w_j(0), x_k⟩ > 0 on I_μ", run.own_min[:1], ">", 0.0, axes="o j", where=has_home(run), scale=size
    )


@result("W3", "Of the empty set", kind="DET")
def of_nothing(run):
    """Suppose n < 1. Then n < 0."""
    yield suppose("RP.none", "n < 1", run.n, "<", 1)
    yield then("W3.none", "n < 0", run.n, "<", 0)
