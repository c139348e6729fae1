"""Outputs of the trained network (L8, L11, T1, P2), the statements on laws (P15, AD) and the remarks (X2-X5)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from rfa.recheck.exact import ZERO, Ball, ball, largest, least, logarithm, precisely, real, root
from rfa.recheck.formula import (
    E,
    Formula,
    Index,
    Sides,
    Table,
    Where,
    at,
    clean,
    in_J,
    kept,
    later_steps,
    neurons,
    noisy,
    number,
    row,
    samples,
    steps_below_T,
)
from rfa.recheck.run import ExactRun, once
from rfa.recheck.special import normal_below
from rfa.recheck.start import LOG_CONCAVE, fluctuation, law, log_over_delta
from rfa.recheck.steps import GROWTH, MARGIN, first_gain, other

GAMMA = precisely(lambda: E / (16 * 1024))
LOGARITHM = Decimal("1e-13")
"""Error granted to the logarithm of a normal tail, in units of 1 + its size."""


def size_at_T(run: ExactRun, i: int) -> Ball:
    """‖W(T)‖_F ‖x_i‖."""
    return run.frobenius(run.T) * run.input_norm(i)


def in_sign(relation: str, only_J: bool, where: Where, needs: str = "") -> Formula:
    """The sign of y f or of y f^J."""
    return row("i", relation, lambda run, i: (run.margin(run.T, i, only_J), 0, size_at_T(run, i)), where, needs)


def half_of_J(sign: int) -> Callable[[ExactRun, int], Sides]:
    """Y f against ±|f^J|/2."""
    return lambda run, i: (run.margin(run.T, i), sign * abs(run.f(run.T, i, True)) / 2)


@once
def outside_share(run: ExactRun) -> Ball:
    """|J^c|/m."""
    return number(run.m - len(run.home)) / run.m


def equal_sizes(run: ExactRun, j: int) -> Sides:
    """|a_j| = 1/√m; the second layer is stored in the arithmetic of the run."""
    value = abs(run.a[j].number())
    return Ball(value, run.unit * value), run.b


L8_NEEDS = "RP.W1 RP.x2 RP.Cf RP.Jc RP.a"
L8: Table = {
    "RP.W1": row("i", "<=", lambda run, i: (run.frobenius(run.T), 1), samples),
    "RP.x2": row("i", "<=", lambda run, i: (run.input_norm(i), 2), samples),
    "RP.Cf": row("i", "<", lambda run, i: (abs(run.f(run.T, i, True)), 1), samples),
    "RP.Jc": row(
        "i", "<=", lambda run, i: (outside_share(run), run.f(run.T, i, True) * run.f(run.T, i, True) / 16), samples
    ),
    "RP.a": row("j", "==", equal_sizes, neurons),
    "RP.Cf.clean": in_sign(">", True, clean),
    "RP.Cf.noisy": in_sign("<", True, noisy),
    "L8.clean": row("i", ">=", half_of_J(1), clean, L8_NEEDS + " RP.Cf.clean"),
    "L8.noisy": row("i", "<=", half_of_J(-1), noisy, L8_NEEDS + " RP.Cf.noisy"),
}


@once
def margin_bound(run: ExactRun) -> Ball:
    """1/C3 = E(1 − 1/C0)²/4096."""
    return E * kept(run) / 4096


L11: Table = {
    "L11.norm": row("", "<=", lambda run: (run.frobenius(run.T), 1), None, "RP.L14F RP.alpha"),
    "L11.clean": row(
        "i", ">=", lambda run, i: (run.margin(run.T, i, True), margin_bound(run)), clean, f"{GROWTH} {MARGIN}"
    ),
    "L11.noisy": row(
        "i", "<=", lambda run, i: (run.margin(run.T, i, True), -margin_bound(run)), noisy, f"{GROWTH} {MARGIN}"
    ),
}


@once
def least_output(run: ExactRun) -> Ball:
    """min_i |f^J(x_i; W(T))|."""
    run.afford(run.data.X.size * run.m, "the output on every sample")
    return least(*(abs(run.f(run.T, i, True)) for i in range(run.n)))


@once
def smallest_C(run: ExactRun) -> Ball:
    """1/(4α²), and no less than 1."""
    return largest(1, 1 / (4 * run.alpha * run.alpha))


def large_constant(run: ExactRun) -> Sides:
    """C against what absorbs the other terms of the bound on the test error."""
    C = smallest_C(run)
    tail = root((1 + logarithm(2 + root(C)) / logarithm(2)) / 2)
    return C, 8 / (GAMMA * root(logarithm(2))) + root(6) + tail


def test_error(run: ExactRun) -> Sides:
    """The right side η + C√(log(1/δ)/n); the left one counts errors on fresh samples."""
    return None, run.parameter("eta") + smallest_C(run) * fluctuation(run)


def known_law(run: ExactRun) -> list[Index]:
    """One index where the law of the data is known."""
    return [()] if run.laws else []


T1_NEEDS = f"{GROWTH} {MARGIN} RP.Jc RP.a"
T1: Table = {
    "RP.Jc": row("", "<=", lambda run: (outside_share(run), least_output(run) * least_output(run) / 16)),
    "RP.C": row("", ">=", large_constant),
    "T1.train.clean": in_sign(">", False, clean, T1_NEEDS),
    "T1.train.noisy": in_sign("<=", False, noisy, T1_NEEDS),
    "T1.train.margin.clean": row("i", ">=", lambda run, i: (run.margin(run.T, i), GAMMA), clean, T1_NEEDS + " RP.half"),
    "T1.train.margin.noisy": row(
        "i", "<=", lambda run, i: (run.margin(run.T, i), -GAMMA), noisy, T1_NEEDS + " RP.half"
    ),
    "T1.test": row("", "<=", test_error, known_law, T1_NEEDS + " RP.half RP.C", may_fail=True),
}


def features(run: ExactRun, t: int, i: int) -> list[Ball]:
    """φ(<w_j(t), x_i>) for every neuron."""
    found = [run.pre(t, i, j) for j in range(run.m)]
    return [Ball(max(p.value, ZERO), p.radius if p.value > -p.radius else 0) for p in found]


def movement(run: ExactRun, i: int) -> Sides:
    """‖φ(W(T)x_i) − φ(W(0)x_i)‖/‖φ(W(0)x_i)‖ against E/(16·1024u)."""
    before, after = features(run, 0, i), features(run, run.T, i)
    moved = sum(((q - p) * (q - p) for p, q in zip(before, after, strict=True)), Ball(0))
    return root(moved / sum((p * p for p in before), Ball(0))), E / (16 * 1024 * run.u)


def some_feature(run: ExactRun) -> list[Index]:
    """Samples with an awake neuron at the start."""
    return [(i,) for i in range(run.n) if any(run.pre_exact(0, i, j) > 0 for j in range(run.m))]


P2: Table = {
    "RP.u": row("", "<=", lambda run: (run.u, E / 4096)),
    "RP.E34": row("j", ">=", first_gain, in_J),
    "RP.alpha10": row("", "<", lambda run: (run.alpha, 0.1)),
    "RP.D8": row("i", "<=", lambda run, i: (8 * run.deviation_norm(i), E / 512), samples),
    "P2.ratio": row(
        "i", ">=", movement, some_feature,
        f"{GROWTH} RP.L3 RP.E34 RP.alpha10 RP.D8 RP.u RP.L4 RP.half",
    ),
}  # fmt: skip


def rademacher(run: ExactRun) -> Sides:
    """2√(Σ‖x_i‖²)/n; a search stands behind the left side."""
    total = sum((run.input_norm(i) * run.input_norm(i) for i in range(run.n)), Ball(0))
    return None, 2 * root(total) / run.n


def ideal_error(run: ExactRun) -> Sides:
    """P(y f*(x) ≤ 0) = 2q(1 − q), q = Φ(−1/(√2σ)), for Gaussian clusters, against 6√(log(1/δ)/n)."""
    bound = 6 * fluctuation(run)
    if law(run, "clusters") != "gaussian":
        return None, bound
    q = normal_below(-1 / (root(2).value * real(run.given["sigma"])))
    value = 2 * q * (1 - q)
    return Ball(value, LOGARITHM * value * (1 + abs(value.ln()))), bound


@once
def log_ratio(run: ExactRun) -> Ball:
    """log(n/log(1/δ))."""
    return logarithm(ball(run.n) / log_over_delta(run, 1))


POPULATION: Table = {
    "P15.empirical": row("", "<=", rademacher, None, "RP.a"),
    "RP.concave": row("", "==", lambda run: (number(law(run, "clusters") in LOG_CONCAVE), 1)),
    "RP.AD2": row("", ">=", lambda run: (1 / run.parameter("sigma"), 1.5 * log_ratio(run))),
    "AD.error": row("", "<=", ideal_error, None, "RP.concave RP.AD2"),
}

# ---- remarks -----------------------------------------------------------------------------------------------------


def mean_cosine(run: ExactRun, t: int, mu: int) -> Ball:
    """Mean of ⟨ŵ_j(t), μ⟩ over J_μ."""
    found = [run.toward(t, j, mu) / run.norm(t, j) for j, home in run.home.items() if home == mu]
    return sum(found, Ball(0)) / len(found)


def mean_square(run: ExactRun) -> Sides:
    """How far the mean of ⟨ŵ_j(0), μ_k⟩² is from 1/d, against five standard deviations of its law."""
    found = [run.toward(0, j, mu) / run.norm(0, j) for j in range(run.m) for mu in (0, 2)]
    mean = sum((c * c for c in found), Ball(0)) / len(found)
    d, m = run.d, run.m
    return abs(mean - 1 / ball(d)), 5 * root(ball(d - 2) / (d**2 * (d + 2) * m))


def candidates(run: ExactRun) -> list[Index]:
    """Centres with a candidate neuron."""
    return [(mu,) for mu in range(4) if run.J_size(mu)]


def ideal(run: ExactRun, i: int) -> Ball:
    """f*(x_i) = |⟨μ1, x_i⟩| − |⟨μ2, x_i⟩|."""
    return abs(run.input_along(i, 0)) - abs(run.input_along(i, 2))


def shape(run: ExactRun) -> Sides:
    """What the best c f* leaves of f^J, against c f*."""
    run.afford(run.data.X.size * run.m, "the output on every sample")
    pairs = [(ideal(run, i), run.f(run.T, i, True)) for i in range(run.n)]
    square = sum((p * p for p, _ in pairs), Ball(0))
    c = sum((p * q for p, q in pairs), Ball(0)) / square
    left = sum(((q - c * p) * (q - c * p) for p, q in pairs), Ball(0))
    return root(left), c * root(square)


def agreement(run: ExactRun, i: int) -> Sides:
    """f^J(x_i) f*(x_i) > 0."""
    both = run.f(run.T, i, True) * ideal(run, i)
    return both, 0, Ball(abs(both.value))


def groups(run: ExactRun) -> list[Index]:
    """Clean (0) and noisy (1) samples of each cluster that has some."""
    sizes = {(mu, q): len(group(run, mu, q)) for mu in range(4) for q in (0, 1)}
    return [index for index, size in sizes.items() if size]


def group(run: ExactRun, mu: int, q: int) -> list[int]:
    """Samples of a cluster, clean or noisy."""
    return [i for i in run.members(mu) if run.noisy[i] == bool(q)]


def extreme_g(run: ExactRun, s: int, mu: int, q: int, pick: Callable[..., Ball]) -> Ball:
    """Least or largest g over a group."""
    run.afford(len(run.members(mu)) * run.data.X.shape[1] * run.m, "the output on a cluster")
    return pick(*(run.g(s, i) for i in group(run, mu, q)))


def late(run: ExactRun) -> range:
    """States 2, ..., T."""
    return range(2, run.T + 1)


def turned(run: ExactRun, t: int, j: int) -> Sides:
    """|⟨ŵ_j(t), ν⟩| ≤ 192e²/(t − 1)."""
    return other(run, t, j) / run.norm(t, j), 192 / E / (t - 1)


REMARKS: Table = {
    "X2.start": row(
        "mu", "<=", lambda run, mu: (mean_cosine(run, 0, mu), 1 / root(root(run.d))), candidates, text=True
    ),
    "X2.step": row(
        "mu", ">=", lambda run, mu: (mean_cosine(run, 1, mu), 1 / root(root(run.d))), candidates, text=True
    ),
    "X2.scale": row("", "<=", mean_square, lambda run: [()] if run.d > 2 else [], text=True),
    "X3.norms": row(
        "s j", ">", lambda run, s, j: (run.norm(s + 1, j), run.norm(s, j)), at(later_steps, in_J), text=True
    ),
    "X3.turning": row("t j", "<=", turned, at(late, in_J), text=True),
    "X4.shape": row("", "<", shape, text=True),
    "X4.signs": row("i", ">", agreement, samples, text=True),
    "X5.floor": row(
        "s mu q", ">=", lambda run, s, mu, q: (extreme_g(run, s, mu, q, least), E / 2), at(steps_below_T, groups),
        text=True,
    ),
    "X5.low": row(
        "s mu q", "<", lambda run, s, mu, q: (0.5 - extreme_g(run, s, mu, q, least), 0.25), at(steps_below_T, groups),
        text=True,
    ),
    "X5.high": row(
        "s mu q", "<", lambda run, s, mu, q: (extreme_g(run, s, mu, q, largest) - 0.5, 0.25),
        at(steps_below_T, groups), text=True,
    ),
}  # fmt: skip
