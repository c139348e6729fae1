"""Assumptions and the lemmas on sample and start (A1-A7, L3-L6) a second time, by claim id."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from typing import Any

import numpy as np

from rfa.recheck.exact import ZERO, Ball, ball, largest, least, logarithm, power, root
from rfa.recheck.formula import (
    Index,
    Sides,
    Table,
    centres,
    kept,
    leaning,
    neurons,
    number,
    row,
    samples,
)
from rfa.recheck.run import ExactRun, once
from rfa.recheck.special import chi_square_above, normal_below, normal_density
from rfa.recheck.weights import NotRechecked

SYMMETRIC = {"gaussian", "cube", "ball", "laplace", "logistic", "student-t", "rademacher"}
LOG_CONCAVE = {"gaussian", "cube", "ball", "laplace", "logistic", "exponential"}
LOOKS_AT_X = {"half-space", "boundary", "outliers"}
SPECIAL = Decimal("1e-12")
"""Relative error granted to the special functions behind a report."""


def log_over_delta(run: ExactRun, x: Any) -> Ball:
    """log(x/δ)."""
    return logarithm(ball(x) / run.parameter("delta"))


@once
def fluctuation(run: ExactRun) -> Ball:
    """√(log(1/δ)/n)."""
    return root(log_over_delta(run, 1) / run.n)


# ---- assumptions -----------------------------------------------------------------------------------------------


@once
def least_C(run: ExactRun) -> Ball:
    """The least C of (A7): 4K² on the grid, else 1/(4α²)."""
    K, whole = run.inverse_step
    return ball(4 * K * K) if whole else 1 / (4 * ball(run.data.step_size) * ball(run.data.step_size))


@once
def judged_C(run: ExactRun) -> Ball:
    """The constant at which the assumptions are judged."""
    return run.parameter("C") if "C" in run.given else largest(least_C(run), float(np.nextafter(1.0, 2.0)))


def A1(run: ExactRun) -> Sides:
    """The dimension d against C max{log²(n/δ), log(m/δ)}."""
    n, m = log_over_delta(run, run.n), log_over_delta(run, run.m)
    return run.d, judged_C(run) * largest(n * n, m)


def A6(run: ExactRun) -> Sides:
    """The start ω√(md) ≤ C^(−p/2)."""
    return run.u, power(judged_C(run), -run.parameter("a6_power") / 2)


ASSUMPTIONS: Table = {
    "A1": row("", ">=", A1),
    "A2": row("", "<=", lambda run: (run.s, 1 / judged_C(run))),
    "A3": row("", ">=", lambda run: (run.n, judged_C(run) * log_over_delta(run, run.m))),
    "A4": row("", "<=", lambda run: (run.parameter("eta"), 1 / judged_C(run))),
    "A5": row("", ">=", lambda run: (run.m, judged_C(run) * log_over_delta(run, 1))),
    "A6": row("", "<=", A6),
    "A7.lower": row("", "<=", lambda run: (least_C(run), judged_C(run))),
    "A7.upper": row("", "<=", lambda run: (judged_C(run), 4 * least_C(run))),
}

# ---- first weights ---------------------------------------------------------------------------------------------


def seen(run: ExactRun, mu: int) -> Ball:
    """Number of neurons with |<w_j(0), mu>| ≥ ω/(2C0); the radius counts those on the verge."""
    bound = run.parameter("omega_init") / (2 * run.parameter("C0"))
    gaps = [abs(run.toward(0, j, mu)) - bound for j in range(run.m)]
    return Ball(sum(g.value >= 0 for g in gaps), sum(abs(g.value) <= g.radius for g in gaps))


@once
def fewest_seen(run: ExactRun) -> Ball:
    """m (1 − 1/(2C0) − √(2 log(4/δ)/m))."""
    return run.m * (1 - 1 / (2 * run.parameter("C0")) - root(2 * log_over_delta(run, 4) / run.m))


def J_sizes(run: ExactRun, mu: int) -> Sides:
    """|J_μ| against (m/4)(1 − 1/C0)²."""
    return run.J_size(mu), run.m / ball(4) * kept(run)


def wide_network(run: ExactRun) -> Sides:
    """Width m against 16 C0² log(32/δ)."""
    C0 = run.parameter("C0")
    return run.m, 16 * C0 * C0 * log_over_delta(run, 32)


START: Table = {
    "RP.d32": row("", ">=", lambda run: (run.d, 32 * log_over_delta(run, 4 * run.m))),
    "RP.m16": row("", ">=", wide_network),
    "L3.norm.lower": row(
        "j", ">=", lambda run, j: (run.norm(0, j), run.start_size / 2), neurons, "RP.d32", may_fail=True
    ),
    "L3.norm.upper": row(
        "j", "<=", lambda run, j: (run.norm(0, j), 1.5 * run.start_size), neurons, "RP.d32", may_fail=True
    ),
    "L3.count.mu1": row("", ">=", lambda run: (seen(run, 0), fewest_seen(run)), may_fail=True),
    "L3.count.mu2": row("", ">=", lambda run: (seen(run, 2), fewest_seen(run)), may_fail=True),
    "L4.size": row("mu", ">=", J_sizes, centres, "RP.d32 RP.m16", may_fail=True),
    "L4.union": row("", ">=", lambda run: (len(run.home), run.m * kept(run)), None, "RP.d32 RP.m16", may_fail=True),
}

# ---- the sample ------------------------------------------------------------------------------------------------


@once
def C1(run: ExactRun) -> Ball:
    """min{s^(−1/2), 1/s, (n/log(1/δ))^(1/4)}."""
    return least(1 / root(run.s), 1 / run.s, 1 / root(fluctuation(run)))


def far_tail(run: ExactRun) -> Sides:
    """n P(‖z‖² > C1 d), the tail of χ² for Gaussian clusters; other laws are bounded by a search."""
    quarter = run.parameter("delta") / 4
    if run.laws.get("clusters") != "gaussian":
        return None, quarter
    reach = C1(run)
    tail = run.n * chi_square_above(run.d, run.d * reach.value)
    steep = run.d * reach.radius * max(Decimal(1), reach.value)
    return Ball(tail, tail * (SPECIAL + steep) + SPECIAL), quarter


def spread_of_clean(run: ExactRun, mu: int) -> Ball:
    """|I_μ|/n."""
    return number(len(run.members(mu))) / run.n


SAMPLE: Table = {
    "RP.C1": row("", ">", lambda run: (C1(run), 2)),
    "RP.tail": row("", "<=", far_tail),
    "L5a.along": row(
        "i", ">=", lambda run, i: (run.input_along(i, int(run.cluster[i])), 1 - C1(run) * run.s), samples,
        "RP.C1 RP.tail", may_fail=True,
    ),
    "L5a.across": row(
        "i", "<=", lambda run, i: (run.across_norm(i), C1(run) * run.s), samples, "RP.C1 RP.tail", may_fail=True
    ),
    "L5b": row(
        "i", "<=", lambda run, i: (run.deviation_norm(i) * run.deviation_norm(i), C1(run) * run.s * run.s), samples,
        "RP.C1 RP.tail", may_fail=True,
    ),
    "L5c": row(
        "", "<=", lambda run: (run.rho, run.parameter("eta") + C1(run) * fluctuation(run)), None, "RP.C1",
        may_fail=True,
    ),
    "L5d.lower": row(
        "mu", ">=", lambda run, mu: (spread_of_clean(run, mu), 0.25 - C1(run) * fluctuation(run)), centres, "RP.C1",
        may_fail=True,
    ),
    "L5d.upper": row(
        "mu", "<=", lambda run, mu: (spread_of_clean(run, mu), 0.25 + C1(run) * fluctuation(run)), centres, "RP.C1",
        may_fail=True,
    ),
}  # fmt: skip

# ---- the edge of Lemma 6, at C1 = 2 ------------------------------------------------------------------------------


def edge(run: ExactRun, j: int, mu: int) -> Ball:
    """cnt_μ(j) − cnt_−μ(j)."""
    return run.active(0, j, mu) - run.active(0, j, mu ^ 1)


@once
def least_edge(run: ExactRun) -> Ball:
    """n/C2: the least edge over all leaning pairs; 0 if negative, n if there is none."""
    run.afford(run.data.X.size * run.m, "the edge of every neuron")
    found = least(run.n, *(edge(run, j, mu) for j, mu in leaning(run)))
    return Ball(max(found.value, ZERO), (2 * found.radius).to_integral_value(ROUND_FLOOR) / 2)


@once
def spread(run: ExactRun) -> Ball:
    """4 C1 √(log(1/δ)/n) at C1 = 2."""
    return 8 * fluctuation(run)


@once
def width(run: ExactRun) -> Ball:
    """√(log(64m/δ)/n)."""
    return root(log_over_delta(run, 64 * run.m) / run.n)


@once
def c_enlarged(run: ExactRun) -> Ball:
    """c of E9-E14: 1/√2, or as large as absorbs 4C1√(log(1/δ)/n)."""
    return largest(root(0.5), spread(run) / width(run))


def law(run: ExactRun, name: str) -> str:
    """The law of clusters or noise; `NotRechecked` where the file does not tell it."""
    if name not in run.laws:
        raise NotRechecked(f"the law of the {name} is not in the run file")
    return run.laws[name]


def active_probability(run: ExactRun, j: int, mu: int) -> Ball:
    """p_{j,μ} = Φ(⟨ŵ_j(0), μ⟩/σ) for Gaussian clusters."""
    if law(run, "clusters") != "gaussian":
        raise NotRechecked("probabilities of laws that are not Gaussian are drawn or bounded")
    at = run.toward(0, j, mu) / run.norm(0, j) / run.parameter("sigma")
    value = normal_below(at.value)
    return Ball(value, SPECIAL * value + normal_density(at.value) * at.radius)


@once
def near_zero(run: ExactRun) -> Ball:
    """c1 of E12: Φ(1/9) − ½ for Gaussian clusters, the least of all log-concave laws for others."""
    return ball(0.0442358 if law(run, "clusters") == "gaussian" else 0.0319)


def separate(run: ExactRun, j: int, mu: int) -> Sides:
    """The edge in probabilities that the proof needs for any law and any noise."""
    p, q = active_probability(run, j, mu), active_probability(run, j, mu ^ 1)
    lost = 4 * run.rho + 8 * root(0.5) * width(run)
    quarter = ball(run.n) / 4
    return quarter * ((1 - spread(run)) * p - (1 + spread(run)) * q - lost), 0, quarter


def losses(run: ExactRun) -> Sides:
    """What the edge loses, against c1."""
    c1 = near_zero(run)
    lost = 4 * run.rho * (0.5 + c1) + spread(run) * (0.5 - c1) + 8 * c_enlarged(run) * width(run)
    return lost, c1


@once
def largest_off(run: ExactRun) -> Ball:
    """max_μ | |I_μ|/n − ¼ |."""
    return largest(*(abs(spread_of_clean(run, mu) - 0.25) for mu in range(4)))


def every_pair(run: ExactRun) -> list[Index]:
    """Every neuron and every centre."""
    return [(j, mu) for j in range(run.m) for mu in range(4)]


EDGE: Table = {
    "RP.law": row("", "==", lambda run: (number(bool(run.laws)), 1)),
    "RP.L5d": row("", "<=", lambda run: (largest_off(run), 2 * fluctuation(run))),
    "RP.edge": row("j mu", ">", separate, leaning),
    "RP.E7": row("", "<=", lambda run: (2 * fluctuation(run) + run.rho, 0.125)),
    "RP.E10": row("", "<=", lambda run: (3 * spread(run), 1)),
    "RP.symmetric": row("", "==", lambda run: (number(law(run, "clusters") in SYMMETRIC), 1)),
    "RP.log-concave": row("", "==", lambda run: (number(law(run, "clusters") in LOG_CONCAVE), 1)),
    "RP.blind": row("", "==", lambda run: (number(law(run, "noise") not in LOOKS_AT_X), 1)),
    "RP.s": row("", "<=", lambda run: (run.s, 3 / run.parameter("C0"))),
    "RP.E14": row("", "<=", losses),
    "RP.E9": row(
        "j mu", ">=", lambda run, j, mu: (active_probability(run, j, mu), 3 * c_enlarged(run) * width(run)), every_pair
    ),
    "L6.edge": row(
        "j mu", ">", lambda run, j, mu: (edge(run, j, mu), 0, run.n), leaning, "RP.law RP.L5d RP.edge", may_fail=True
    ),
}
