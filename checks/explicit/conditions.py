"""The regime conditions R1 to R4 of the sharpened proof, known before training."""

import operator
from collections.abc import Iterator
from dataclasses import replace
from functools import partial, reduce
from itertools import pairwise
from typing import Any

import numpy as np

from checks.explicit.bounds import before_T, table
from checks.explicit.certificate import bound
from checks.explicit.recursion import Recursion
from checks.measured import per_run
from checks.premises import gradient_steps
from rfa import Claim, Rounded, Run, result, suppose
from rfa.claims import FAILS
from rfa.looks import lowest, states
from rfa.stacked import as_array

ALL = {"s": "e", "j": "k", "mu": "nu"}
"""Letters under which a premise is aligned with no conclusion, so that it is meant for all indices."""


@per_run
def exact_descent(run: Run) -> tuple[Claim, Claim]:
    """What every line supposes of the run: exact gradient descent (M1) for all neurons, and |a_j| = b."""
    return everywhere(gradient_steps(run)), equal_weights(run)


@per_run
def equal_weights(run: Run) -> Claim:
    """All weights of the second layer have one modulus b."""
    size = Rounded(np.abs(run.a))
    return suppose("RP.a", "|a_k| = b for every neuron", size, "==", size.max(), axes="k")


def everywhere(claim: Claim) -> Claim:
    """The claim as a premise at all its steps, neurons and centres, whatever index the conclusion is at."""
    return replace(claim, axes=tuple(ALL[axis] for axis in claim.axes))


@per_run
def falling(run: Run) -> Claim:
    """R1: at every step the pull of the clean samples outweighs that of the noisy ones."""
    h = bound(run, lambda r: table(s.h for s in before_T(r)))
    share = run.clean_size / run.n
    return suppose("RP.R1", "h^t_μ > 0", h, ">", 0, axes="s mu", scale=share)


@per_run
def first_gain(run: Run) -> Claim:
    """R2: the first step lifts a neuron beyond the reach of the deviations."""
    gain, reach = bound(run, lambda r: (table([r.states[0].h])[0], r.states[1].beta.rounded))
    return suppose("RP.R2", "h⁰_μ > β₁", gain, ">", reach, axes="mu")


@per_run
def keeps_up(run: Run) -> Claim:
    """R3: after that a neuron gains at least as much as the reach of the deviations."""
    gain = bound(run, lambda r: table(s.h for s in before_T(r)))
    reach = bound(run, lambda r: table([after.beta - now.beta] for now, after in pairwise(r.states)))
    later = np.arange(len(gain))[:, None] >= 1
    return suppose("RP.R3", "h^t_μ ≥ β_{t+1} − β_t", gain, ">=", reach, axes="s mu", where=later)


@per_run
def certified(run: Run) -> Claim:
    """R4: on every cluster the half of the network with the right sign outweighs the other one."""
    own, other = (bound(run, partial(scaled, name)) for name in ("own_half", "other_half"))
    says = "margin_μ > 0: α b² (S_μ − β_T)(|M_μ| − κ_μ Σ miss_j) > α b² m_{−y_μ} (P_μ + β_T)"
    return suppose("RP.R4", says, own, ">", other, axes="mu")


def scaled(half: str, r: Recursion) -> Rounded:
    """α b² times what one half of the network adds, axis mu."""
    return table([[r.measured.scale * x for x in getattr(r, half)]])[0]


@per_run
def falling_throughout(run: Run) -> Claim:
    """ok_T: no h^t_mu is negative."""
    ok = bound(run, lambda r: int(r.states[-1].falling))
    return suppose("RP.ok", "h^t_μ ≥ 0 for all t < T", ok, "==", 1)


def where_true(claim: Claim) -> Claim:
    """A premise that is a quantifier: the claim at the indices where it holds or rounding leaves it open."""
    return replace(claim, where=(states(claim) != FAILS) & claim.domain)


def reported(*conditions: Claim) -> Any:
    """Whether a line that is said only under these conditions is judged: none of them fails anywhere."""
    return reduce(operator.and_, (as_array(lowest(c) != FAILS) for c in conditions))


def unsaid(*conditions: Claim) -> str:
    """Why a line is not judged: the conditions that fail; empty if none does."""
    failing = [c.id.removeprefix("RP.") for c in conditions if lowest(c) == FAILS]
    return f"not said where {' or '.join(failing)} fails" if failing else ""


@result("R1", "Neurons of the wrong sign fall at every step", kind="CONDITION")
def always_falling(run: Run) -> Iterator[Claim]:
    """Suppose h^t_μ = g⁻_t c_μ − g⁺_t (r_μ + d₁) > 0 for every centre μ at every step t < T."""
    yield replace(falling(run), id="R1")


@result("R2", "The first step outweighs the deviations", kind="CONDITION")
def strong_first_step(run: Run) -> Iterator[Claim]:
    """Suppose h⁰_μ > β₁ for every centre μ."""
    yield replace(first_gain(run), id="R2")


@result("R3", "Every later step outweighs the growth of the deviations", kind="CONDITION")
def strong_later_steps(run: Run) -> Iterator[Claim]:
    """Suppose h^t_μ ≥ β_{t+1} − β_t for every centre μ at every step 1 ≤ t < T."""
    yield replace(keeps_up(run), id="R3")


@result("R4", "The certified margin is positive", kind="CONDITION", uses=["R2"])
def positive_margin(run: Run) -> Iterator[Claim]:
    """Suppose margin_μ > 0 for every centre μ.

    margin_μ = α b² [(S_μ − β_T)(|M_μ| − κ_μ Σ miss_j) − m_{−y_μ} (P_μ + β_T)]. Where R2 fails κ_μ means
    nothing and the first product is taken as 0.
    """
    yield replace(certified(run), id="R4")
