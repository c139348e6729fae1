"""Assumptions (A1)-(A7), judged with one constant C (`checks.feasible.judged_C`)."""

from collections.abc import Callable, Iterator

import numpy as np

from checks.feasible import (
    C_limits,
    Sizes,
    given,
    judged_C,
    largest_C,
    nearest_changes,
    step_range,
)
from rfa import Claim, Rounded, Run, Setting, result, rounded, suppose
from rfa.papers import AssumptionRow, AssumptionTable
from rfa.parameters import Parameters, per_setting


def _log(of: Sizes, x: float) -> Rounded:
    return rounded(np.log(x / Rounded(given(of, "delta"))))


def A1(of: Sizes, C: float) -> Claim:
    """The dimension against the logarithms of n and m."""
    samples, neurons = _log(of, of.n), _log(of, of.m)
    least = C * np.maximum(samples * samples, neurons)
    return suppose("A1", "d ≥ C max{log²(n/δ), log(m/δ)}", of.d, ">=", least)


def A2(of: Sizes, C: float) -> Claim:
    """The spread of the clusters."""
    s = given(of, "sigma") * np.sqrt(Rounded(of.d))
    return suppose("A2", "σ² ≤ 1/(C² d), that is σ√d ≤ 1/C", s, "<=", 1 / Rounded(C))


def A3(of: Sizes, C: float) -> Claim:
    """The number of samples against the logarithm of m."""
    return suppose("A3", "n ≥ C log(m/δ)", of.n, ">=", C * _log(of, of.m))


def A4(of: Sizes, C: float) -> Claim:
    """The noise rate."""
    return suppose("A4", "η ≤ 1/C", given(of, "eta"), "<=", 1 / Rounded(C))


def A5(of: Sizes, C: float) -> Claim:
    """The number of neurons."""
    return suppose("A5", "m ≥ C log(1/δ)", of.m, ">=", C * _log(of, 1))


def A6(of: Sizes, C: float) -> Claim:
    """The scale of the start."""
    u = given(of, "omega_init") * np.sqrt(Rounded(of.m)) * np.sqrt(Rounded(of.d))
    p = of.a6_power
    says = f"ω² ≤ 1/(C^{p:g} m d), that is ω√(md) ≤ C^(−{p / 2:g})"
    return suppose("A6", says, u, "<=", Rounded(C) ** (-p / 2))


def A7_lower(of: Sizes, C: float) -> Claim:
    """The step size from below, as a bound on C."""
    return suppose("A7.lower", "1/(2√C) ≤ α, that is 1/(4α²) ≤ C", step_range(of)[0], "<=", C)


def A7_upper(of: Sizes, C: float) -> Claim:
    """The step size from above, as a bound on C."""
    return suppose("A7.upper", "α ≤ 1/√C, that is C ≤ 1/α²", C, "<=", step_range(of)[1])


SIDES: tuple[Callable[[Sizes, float], Claim], ...] = (A1, A2, A3, A4, A5, A6, A7_lower, A7_upper)
"""The assumptions as claims about sizes and a constant C."""


@per_setting
def at_judged_C(of: Parameters, side: Callable[[Sizes, float], Claim]) -> Claim:
    """An assumption at the C at which assumptions are judged."""
    return side(of, judged_C(of))


@result("A1", "The dimension is large", kind="ASSUMPTION", readings=["R1"])
def large_dimension(run: Run) -> Iterator[Claim]:
    """The dimension d is at least C max{log²(n/δ), log(m/δ)}."""
    yield at_judged_C(run, A1)


@result("A2", "The clusters are tight", kind="ASSUMPTION", readings=["R11"])
def tight_clusters(run: Run) -> Iterator[Claim]:
    """The variance within a cluster is at most σ² ≤ 1/(C² d) in every direction."""
    yield at_judged_C(run, A2)


@result("A3", "There are many samples", kind="ASSUMPTION")
def many_samples(run: Run) -> Iterator[Claim]:
    """The sample size n is at least C log(m/δ)."""
    yield at_judged_C(run, A3)


@result("A4", "The noise rate is small", kind="ASSUMPTION")
def low_noise(run: Run) -> Iterator[Claim]:
    """The noise rate η = E[η(x)] is at most 1/C."""
    yield at_judged_C(run, A4)


@result("A5", "There are many neurons", kind="ASSUMPTION")
def many_neurons(run: Run) -> Iterator[Claim]:
    """The number of hidden neurons m is at least C log(1/δ)."""
    yield at_judged_C(run, A5)


@result("A6", "The start is small", kind="ASSUMPTION", readings=["R2"])
def small_start(run: Run) -> Iterator[Claim]:
    """The variance of the first weights is at most 1/(C^p m d), where p is `a6_power`, 2 by default."""
    yield at_judged_C(run, A6)


@result("A7", "The step size is of order 1/√C", kind="ASSUMPTION", gaps=["G15"])
def moderate_step(run: Run) -> Iterator[Claim]:
    """The step size lies between 1/(2√C) and 1/√C, that is 1/(4α²) ≤ C ≤ 1/α²."""
    yield at_judged_C(run, A7_lower)
    yield at_judged_C(run, A7_upper)


# ---- the table of a setting --------------------------------------------------------------------------------


def assumption_table(setting: Setting, C: float | None = None) -> AssumptionTable:
    """(A1)-(A7) at the sizes of a setting and a constant C (default: `judged_C`), and the nearest sizes."""
    C = judged_C(setting) if C is None else C
    feasible, near = largest_C(setting), nearest_changes(setting, C)
    low = "A7.lower" if feasible.step[0] > 1 else "C > 1"
    rows = tuple(_row(side(setting, C), setting, near) for side in SIDES)
    return AssumptionTable(C, rows, feasible.interval, (low, feasible.binding), near)


CHANGED_BY = {"A1": "d", "A2": "sigma", "A3": "n", "A4": "eta", "A5": "m", "A6": "omega_init"}
"""The key of a setting that each assumption bounds."""


def _row(claim: Claim, setting: Setting, near: dict[str, float]) -> AssumptionRow:
    lhs, rhs = claim.sides(())
    ends = {"A7.lower": (step_range(setting)[0], None), "A7.upper": (None, step_range(setting)[1])}
    smallest, largest = ends[claim.id] if claim.id in ends else (None, C_limits(setting)[claim.id])
    keys = [CHANGED_BY[claim.id]] if claim.id in CHANGED_BY else ["K", "alpha"]
    advice = "" if claim.holds else ", ".join(f"{key} = {near[key]:g}" for key in keys if key in near)
    sides = (lhs, claim.relation, rhs, float(claim.slack))
    return AssumptionRow(claim.id, claim.says, *sides, claim.holds, smallest, largest, advice)
