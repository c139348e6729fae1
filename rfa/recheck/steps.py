"""Conditions and lemmas on gradient steps (C9, C10, L12-L14) and the premises of all later results, by claim id."""

from __future__ import annotations

from typing import Any

from rfa.recheck.exact import Ball, ball, precisely, root
from rfa.recheck.formula import (
    E,
    Sides,
    Table,
    at,
    centres,
    each,
    every_step,
    filled_home,
    filled_opposite,
    in_J,
    kept,
    later_steps,
    neurons,
    row,
    samples,
    steps_below_T,
    up_to_T,
    whole,
)
from rfa.recheck.run import OTHER_CENTRES, ExactRun, once
from rfa.recheck.start import edge, least_edge

ROOT2 = precisely(lambda: root(2))


def awake(run: ExactRun, t: int, j: int) -> Sides:
    """min over I_μ of <w_j(t), x_k> > 0, j in J_μ."""
    return run.extreme(t, j, run.home[j], "least"), 0, run.norm(t, j)


def asleep(run: ExactRun, t: int, j: int) -> Sides:
    """max over I_−μ of <w_j(t), x_k> < 0, j in J_μ."""
    return run.extreme(t, j, run.home[j] ^ 1, "largest"), 0, run.norm(t, j)


def other(run: ExactRun, t: int, j: int) -> Ball:
    """|<w_j(t), ν>| for the pair other than that of the home of j."""
    return abs(run.toward(t, j, OTHER_CENTRES[run.home[j]][0]))


def orthogonal(run: ExactRun, t: int, j: int) -> Sides:
    """|<w_j(t), ν>| ≤ 3αb."""
    return other(run, t, j), 3 * run.alpha * run.b


def own(run: ExactRun, t: int, j: int) -> Ball:
    """<w_j(t), μ>, j in J_μ."""
    return run.toward(t, j, run.home[j])


def grown(run: ExactRun, t: int, j: int) -> Sides:
    """‖w_j(t)‖ ≤ 2bαt."""
    return run.norm(t, j), 2 * run.b * run.alpha * t


def all_grown(run: ExactRun, t: int) -> Sides:
    """‖W(t)‖_F ≤ 2αt."""
    return run.frobenius(t), 2 * run.alpha * t


def gradient_step(run: ExactRun, t: int, j: int) -> Sides:
    """w_j(t+1) − w_j(t) is the gradient step."""
    return run.residual(t, j), 0, run.norm(t, j) + run.norm(t + 1, j)


def first_gain(run: ExactRun, j: int) -> Sides:
    """⟨w_j(1) − w_j(0), μ⟩ ≥ 0."""
    return own(run, 1, j) - own(run, 0, j), 0, run.norm(1, j)


@once
def sixteenth(run: ExactRun) -> Ball:
    """1/(16 C2)."""
    return least_edge(run) / run.n / 16


def far_across(run: ExactRun) -> list[tuple[int, ...]]:
    """Steps and neurons of J with |<w_j(s), ν>| > αb."""
    bound = (run.alpha * run.b).value
    return [(s, j) for s in later_steps(run) for (j,) in in_J(run) if other(run, s, j).value > bound]


def at_first(sides: Any) -> Any:
    """The same at t = 1."""
    return lambda run, j: sides(run, 1, j)


def short_start(run: ExactRun) -> Sides:
    """(3/2)u ≤ (2 − √2)α."""
    return 1.5 * run.u, (2 - ROOT2) * run.alpha


def until_K(run: ExactRun) -> range:
    """States 1, ..., K."""
    return range(1, min(run.K, run.last) + 1)


def at_K_plus_1(run: ExactRun) -> range:
    """The state K + 1, if the run has it."""
    return range(run.K + 1, min(run.K + 1, run.last) + 1)


def all_to_T(run: ExactRun) -> range:
    """States 0, ..., T."""
    return range(run.T + 1)


def all_later(run: ExactRun) -> range:
    """States 1, 2, ... of the whole run."""
    return range(1, run.last + 1)


CONDITIONS: Table = {
    "C9.on": row("t j", ">", awake, at(up_to_T, filled_home)),
    "C9.off": row("t j", "<", asleep, at(up_to_T, filled_opposite)),
    "C10": row("t j", "<=", orthogonal, at(all_to_T, in_J)),
}
L14: Table = {
    "RP.M1": row("e j", "==", gradient_step, at(every_step, neurons)),
    "L14.neuron": row("t j", "<=", grown, at(all_later, neurons), "RP.M1 RP.R RP.L3 RP.u"),
    "L14.frob": row("t", "<=", all_grown, each(all_later), "RP.M1 RP.R RP.L3 RP.u"),
}
FIRST_STEP = "RP.M1 RP.L6 RP.rho RP.E34.D RP.E34.u RP.R RP.L3 RP.L3F RP.u"
L12: Table = {
    "RP.M1": row("j", "==", lambda run, j: gradient_step(run, 0, j), neurons),
    "RP.L6": row("j", ">=", lambda run, j: (edge(run, j, run.home[j]), least_edge(run)), in_J),
    "RP.rho": row("", "<=", lambda run: (int(run.noisy.sum()), least_edge(run) / 2)),
    "RP.E34.D": row("", "<=", lambda run: (run.D, sixteenth(run))),
    "RP.E34.u": row("", "<=", lambda run: (run.u, sixteenth(run))),
    "RP.L3F": row("", "<=", lambda run: (run.frobenius(0), 1.5 * run.u)),
    "RP.E36": row("", "<", lambda run: (run.D, sixteenth(run))),
    "L12.nac.on": row("j", ">", at_first(awake), filled_home, FIRST_STEP + " RP.E36"),
    "L12.nac.off": row("j", "<", at_first(asleep), filled_opposite, FIRST_STEP + " RP.E36"),
    "L12.corr": row("j", ">=", lambda run, j: (own(run, 1, j) / run.norm(1, j), sixteenth(run)), in_J, FIRST_STEP),
}
STAYING = "RP.M1 RP.L12.on RP.L12.off RP.L12.corr RP.L14 RP.L14F RP.alpha RP.R RP.D½ RP.n8 RP.E39.rho RP.E39.D RP.E40"
TURNING = STAYING + " RP.E42 RP.E44"
L13: Table = {
    "RP.L12.on": row("j", ">", at_first(awake), filled_home),
    "RP.L12.off": row("j", "<", at_first(asleep), filled_opposite),
    "RP.L12.corr": row("j", ">=", lambda run, j: (own(run, 1, j), 0, run.norm(1, j)), in_J),
    "RP.L14": row("s j", "<=", lambda run, s, j: grown(run, s + 1, j), at(steps_below_T, neurons)),
    "RP.L14F": row("s", "<=", all_grown, each(later_steps)),
    "RP.E39.rho": row("", "<=", lambda run: (2 * run.rho, E / 128)),
    "RP.E39.D": row("", "<=", lambda run: (2 * run.D, E / 128)),
    "RP.E40": row("", "<", lambda run: (run.D, E / 256)),
    "RP.E42": row("s j", "<", lambda run, s, j: (run.D, 4 * run.alpha / 3), far_across),
    "RP.E44": row("", "<", lambda run: (2 * run.D + 3 * run.rho, E / 32)),
    "L13.nac.on": row("t j", ">", awake, at(until_K, filled_home), STAYING),
    "L13.nac.off": row("t j", "<", asleep, at(until_K, filled_opposite), STAYING),
    "L13.ao": row("t j", "<=", orthogonal, at(until_K, in_J), TURNING),
    "L13.nac.on.T": row("t j", ">", awake, at(at_K_plus_1, filled_home), STAYING),
    "L13.nac.off.T": row("t j", "<", asleep, at(at_K_plus_1, filled_opposite), STAYING),
    "L13.ao.T": row("t j", "<=", orthogonal, at(at_K_plus_1, in_J), TURNING),
}
GROWTH = "RP.M1 RP.NAC.on RP.NAC.off RP.L14F RP.grid RP.alpha RP.R RP.D½ RP.n8 RP.E20"
MARGIN = "RP.L12 RP.L4 RP.E22 RP.D4096 RP.AO.T"
SHARED: Table = {
    "RP.M1": row("s j", "==", gradient_step, at(steps_below_T, neurons)),
    "RP.R": row("i", "<=", lambda run, i: (run.input_norm(i), ROOT2), samples),
    "RP.D½": row("i", "<=", lambda run, i: (run.deviation_norm(i), 0.5), samples),
    "RP.n8": row("mu", ">=", lambda run, mu: (run.clean_count(mu), ball(run.n) / 8), centres),
    "RP.L3": row("j", "<=", lambda run, j: (run.norm(0, j), 1.5 * run.start_size), neurons),
    "RP.u": row("", "<=", short_start),
    "RP.alpha": row("", "<=", lambda run: (run.alpha, 0.25)),
    "RP.NAC.on": row("s j", ">", awake, at(later_steps, filled_home)),
    "RP.NAC.off": row("s j", "<", asleep, at(later_steps, filled_opposite)),
    "RP.L14F": row("t", "<=", all_grown, each(up_to_T)),
    "RP.grid": row("", "==", lambda run: (int(run.inverse_step[1] and run.last >= run.K + 1), 1)),
    "RP.E20": row("", "<=", lambda run: (1.5 * run.rho + run.D, E / 64)),
    "RP.L12": row("j", ">=", lambda run, j: (own(run, 1, j), 0, run.norm(1, j)), in_J),
    "RP.L4": row("mu", ">=", lambda run, mu: (ball(run.J_size(mu)) / run.m, kept(run) / 4), centres),
    "RP.E22": row("", "<=", lambda run: (run.alpha, E * kept(run) / 6144)),
    "RP.D4096": row("i", "<=", lambda run, i: (run.deviation_norm(i), E * kept(run) / 4096), samples),
    "RP.AO.T": row("j", "<=", lambda run, j: orthogonal(run, run.T, j), in_J),
    "RP.half": row("", ">=", lambda run: (kept(run), 0.5), whole),
}
