"""Every constant of the paper against a run, and how large C has to be for its proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import exp, inf, log, sqrt

import numpy as np
import scipy

from checks.bare_numbers import bare_numbers
from checks.candidate_neurons import smallest_C0
from checks.capture_terms import NEAR_ZERO_LOG_CONCAVE
from checks.constants import PAPER_C0, E
from checks.feasible import LIMITS
from checks.largeness import LARGEST_EDGE, Proof, least_C0, requirements, sizes
from checks.largest_constant import largest_C
from checks.measured import ABOVE_2, C1_parts, captured, edge, start_counts
from checks.projections import SPECIAL, activation_probability, cluster_law, tails
from rfa import Run
from rfa.constants import Constant, ConstantsTable, Variant, least
from rfa.rounding import Array

SHARPER_FLOOR = 2 / (1 + exp(sqrt(0.5)))
"""What E can be in g >= E/2: |f| <= √2/2 before T, not 2 (U-L11f)."""
SMALLER_DELTA = 0.8
"""The share of δ with which five events of probability 1 − δ each make 1 − 4δ (G4)."""


def constants(run: Run) -> ConstantsTable:
    """All constants of the paper on this run; the requirements on C for its law, δ and C1.

    `DoesNotApply` for a run that lacks its law or a parameter.
    """
    delta, (near, error) = run.given("delta"), mass_near_zero(run)
    c1 = max(near - error, NEAR_ZERO_LOG_CONCAVE if cluster_law(run).log_concave else 0.0)
    C1 = C1_constant(run)
    rows = [
        *C_constants(run), *C0_constants(run), C1, C2_constant(run), *margin_constants(run),
        c1_constant(run, near, error), *c_constants(run), *bare_numbers(run),
    ]  # fmt: skip
    known = {"delta": delta, "C1": max(C1.on_run or 0.0, ABOVE_2), "c1": c1, "a6_power": run.a6_power}
    return ConstantsTable(tuple(rows), variants(**known), {**known, "least C0 of U-T1J": least_C0(E)})


def variants(delta: float, C1: float, c1: float, a6_power: float) -> tuple[Variant, ...]:
    """The proof as printed, with its slips repaired, and with its free choices made well."""
    printed = Proof(delta, PAPER_C0, C1, c1, a6_power)
    repaired = Proof(SMALLER_DELTA * delta, PAPER_C0, C1, LARGEST_EDGE, a6_power, repaired=True)
    best = Proof(
        SMALLER_DELTA * delta, least_C0(SHARPER_FLOOR), C1, LARGEST_EDGE, a6_power,
        floor=SHARPER_FLOOR, repaired=True, sharp=True,
    )  # fmt: skip
    return (
        _variant("printed", "as printed, C0 = 4⁵·1024²·e⁴", printed),
        _variant(
            "repaired",
            "slips repaired: G2 (s ≤ 1/(6C0), Cantelli), G3 (noisy samples counted once more), G4 (twice "
            "the Rademacher complexity, 0.8δ for δ), G5, G7, G8, G10; C0 as printed",
            repaired,
        ),
        _variant(
            "tightened",
            f"repaired, with the least C0 of U-T1J ({best.C0:.4g}), g ≥ −ℓ'(√2/2) in place of ½e⁻² and the "
            "best exponent in Hoeffding's inequality",
            best,
        ),
    )


def _variant(name: str, says: str, proof: Proof) -> Variant:
    return Variant(name, says, requirements(proof), lambda C: sizes(proof, C))


def C_constants(run: Run) -> Iterator[Constant]:
    """C: what A7 asks for, and what the assumptions allow."""
    low = max(1.0, 1 / (4 * float(run.alpha) ** 2))
    allowed = {name: float(largest_C(run, name)) for name in LIMITS}
    high = min(allowed.values())
    binding = ", ".join(name for name, most in allowed.items() if most == high)
    yield Constant("C, least by α ≥ 1/(2√C)", "C", None, low, {}, None, "A7")
    yield Constant("C, largest by all assumptions", "C", None, high, {}, None, binding, works="largest")


def C0_constants(run: Run) -> Iterator[Constant]:
    """C0 for the sizes of the J_mu, and for |J^c|/m <= (min_i |f^J(x_i)|)²/16 at these sizes."""
    size = smallest_C0(run)
    yield Constant("C0 of |J_μ| ≥ (m/4)(1 − 1/C0)²", "C0", PAPER_C0, size, {}, None, "L4, D7")
    output = np.abs(run.output(run.T, run.in_J).value)
    margin, at = float(output.min()), {"i": int(output.argmin())}
    enough = least(lambda C0: margin**2 / 16 - (2 / C0 - 1 / C0**2))
    name = "C0 of 1 − (1 − 1/C0)² ≤ 1/(16C_f²)"
    yield Constant(name, "C0", PAPER_C0, enough, at, None, "U-T1J")


def C1_constant(run: Run) -> Constant:
    """C1 of Lemma 5: the part of it that asks for most, and where."""
    part, values, axis = max(C1_parts(run), key=lambda one: float(one.values.value.max()))
    known = 2.0 if cluster_law(run).name == "gaussian" else None
    at = {axis: int(values.value.argmax())} if axis else {}
    return Constant("C1 of Lemma 5", "C1", None, float(values.value.max()), at, known, part)


def C2_constant(run: Run) -> Constant:
    """C2 of Lemma 6; for a spherical law the expected edge at the correlation 1/(3 C0 √d), 4/(p − p')."""
    fewest, at = smallest(np.where(captured(run), edge(run).value, np.inf))
    exact, off = spherical_C2(run)
    value = None if fewest == inf else run.n / fewest if fewest > 0 else inf
    name = "C2 of cnt_μ(j) − cnt_−μ(j) ≥ n/C2"
    return Constant(name, "C2", None, value, at, exact, "L6, L12", law_error=off)


def spherical_C2(run: Run) -> tuple[float | None, float]:
    """4/(p − p') and its error; None for other laws, and where p − p' is lost in the rounding of both."""
    law = cluster_law(run)
    if not law.spherical:
        return None, 0.0
    reach = np.asarray(1 / (3 * run.C0 * float(run.s)))
    mass = float(law.marginal_tail(-reach, run.d) - law.marginal_tail(reach, run.d))
    if mass <= 2 * SPECIAL:
        return None, 0.0
    return 4 / mass, 4 / (mass - SPECIAL) - 4 / mass


def margin_constants(run: Run) -> Iterator[Constant]:
    """C3 of Lemma 11 and C_f of Lemma 8, from the least margin of f^J at T."""
    share = (1 - 1 / PAPER_C0) ** 2
    output = run.output(run.T, run.in_J).value
    right = output * run.sample.y_clean
    at = {"i": int(right.argmin())}
    paper = 4096 / (E * share)
    yield Constant("C3 of y f^J ≥ 1/C3", "C3", paper, _reciprocal(float(right.min())), at, None, "L11")
    size = np.abs(output)
    at = {"i": int(size.argmin())}
    yield Constant("C_f of |f^J| ≥ 1/C_f", "C_f", paper, _reciprocal(float(size.min())), at, None, "L8, T1")


def mass_near_zero(run: Run) -> tuple[float, float]:
    """P(<z, v> in [−1/9, 0]) with its error: for every v, or the least over the neurons."""
    law = cluster_law(run)
    if law.spherical:
        mass = law.marginal_tail(np.asarray(-1 / 9), run.d) - law.marginal_tail(np.asarray(0.0), run.d)
        return float(mass), SPECIAL
    near = tails(run).near
    return float(near.value.min()), float(np.max(near.error))


def c1_constant(run: Run, near: float, error: float) -> Constant:
    """c1 of E12; on the run the least p_j,mu − ½ over the captured pairs (E13)."""
    above = np.where(captured(run), activation_probability(run).value - 0.5, np.inf)
    least_above, at = smallest(above)
    value = None if least_above == inf else max(least_above, 0.0)
    name = "c1 of p_j,μ ≥ ½ + c1"
    return Constant(name, "c1", None, value, at, near, "E12, E13", works="largest", law_error=error)


def smallest(values: Array) -> tuple[float, dict[str, int]]:
    """The least entry of (j, mu) and where it is; nowhere if all are infinite."""
    j, mu = np.unravel_index(values.argmin(), values.shape)
    return float(values[j, mu]), {} if np.isinf(values[j, mu]) else {"j": int(j), "mu": int(mu)}


def c_constants(run: Run) -> Iterator[Constant]:
    """c of norm concentration and of Hoeffding's inequality, where the paper leaves it open."""
    n, delta = run.n, run.given("delta")
    far = run.deviation_norm.value / float(run.s)
    gaussian = cluster_law(run).name == "gaussian"
    tail = sqrt(scipy.special.chdtri(run.d, delta / (4 * n)) / run.d) if gaussian else None
    at: Mapping[str, int] = {"i": int(far.argmax())}
    yield Constant("c of ‖x_i − μ‖ ≤ c σ√d", "c", None, float(far.max()), at, tail, "U-L5b")
    excess = max(0.0, float(run.rho) - run.given("eta"))
    c = excess**2 * n / (2 * log(2 / delta))
    yield Constant("c of |N|/n ≤ η + √(2c log(2/δ)/n)", "c", None, c, {}, 0.25, "U-L5c")
    share = np.abs(run.cluster_size / n - 0.25) / sqrt(log(32 / delta) / n)
    at = {"mu": int(share.argmax())}
    yield Constant("c of ||I_μ|/n − ¼| ≤ c√(log(32/δ)/n)", "c", None, float(share.max()), at, sqrt(0.5), "E5")
    size = np.maximum(run.clean_size, 1)
    away = np.abs(start_counts(run).clean.value - run.clean_size * activation_probability(run).value)
    away = away / np.sqrt(size * log(64 * run.m / delta))
    _, at = smallest(-away)
    name = "c of |cnt_μ(j) − |I^C_μ|p| ≤ c√(|I^C_μ| log(64m/δ))"
    yield Constant(name, "c", None, float(away.max()), at, sqrt(0.5), "E8")


def _reciprocal(x: float) -> float:
    return 1 / x if x > 0 else inf
