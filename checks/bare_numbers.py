"""The bare numbers of the paper and where they stand, so that a run can say which would have done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import reduce
from math import exp, inf
from operator import and_
from typing import NamedTuple

import numpy as np
import scipy

from checks.almost_orthogonality import almost_orthogonality
from checks.constants import GAMMA, SQRT2
from checks.feature_movement import feature_movement
from checks.first_step import first_step
from checks.ideal_classifier import ideal_classifier
from checks.illustrations import turning_away
from checks.initial_norms import initial_norms
from checks.main_theorem import main_theorem
from checks.margin_at_stopping import margin_at_stopping
from checks.persistence import persistence
from checks.rademacher import rademacher
from checks.subnetwork_margin import subnetwork_margin
from checks.weight_growth import weight_growth
from rfa import Claim, DoesNotApply, Run, Statement, suppose
from rfa.chains import Chain
from rfa.claims import Relation
from rfa.constants import Constant

Yielded = Mapping[str, Claim | Chain]


class Number(NamedTuple):
    """A number in the bound of a claim or of a chain (by its id and prefix), as a factor or a divisor.

    `law` gives its exact value for the law of what it bounds.
    """

    symbol: str
    where_used: str
    value: float
    statement: Statement
    place: str
    divides: bool = False
    law: Callable[[Run], float] | None = None


def shortest_start(run: Run) -> float:
    """What all m first weights exceed, in units of ω√d, but for a probability of δ/4: from χ²_d."""
    tail = run.given("delta") / (4 * run.m)
    return float(np.sqrt(scipy.special.chdtri(run.d, 1 - tail) / run.d))


def longest_start(run: Run) -> float:
    """What all m first weights stay below, in units of ω√d, but for a probability of δ/4: from χ²_d."""
    tail = run.given("delta") / (4 * run.m)
    return float(np.sqrt(scipy.special.chdtri(run.d, tail) / run.d))


NUMBERS = (
    Number("1/2", "‖w_j(0)‖ ≥ ½ω√d", 1 / 2, initial_norms, "L3.norm.lower", law=shortest_start),
    Number("3/2", "‖w_j(0)‖ ≤ (3/2)ω√d", 3 / 2, initial_norms, "L3.norm.upper", law=longest_start),
    Number("√2", "‖x_i‖ ≤ √2 (E16)", SQRT2, weight_growth, "E16 X"),
    Number("√2", "‖w_j(t) − w_j(0)‖ ≤ √2 bαt (E17)", SQRT2, weight_growth, "E17 X"),
    Number("2", "‖w_j(t)‖ ≤ 2bαt", 2, weight_growth, "L14.neuron"),
    Number("2", "‖W(t)‖_F ≤ 2αt", 2, weight_growth, "L14.frob"),
    Number("3", "|f(x_i; W(0))| ≤ 3u (U-L12f)", 3, first_step, "U-L12f X"),
    Number("1", "‖ζ2(j)‖ ≤ αb u (E28)", 1, first_step, "E28 X"),
    Number("8", "⟨w_j(1), μ⟩/(αb) ≥ 1/(8C2) (E34)", 8, first_step, "E34 X", divides=True),
    Number("16", "⟨ŵ_j(1), μ⟩ ≥ 1/(16C2)", 16, first_step, "L12.corr", divides=True),
    Number("32", "⟨ŵ_j(1), x_k⟩ ≥ 1/(32C2) (E36)", 32, first_step, "E36 X", divides=True),
    Number("8", "|I^C_μ| ≥ n/8 (E7)", 8, margin_at_stopping, "RP.n8", divides=True),
    Number("1/2", "g ≥ ½e⁻² (E19)", 1 / 2, margin_at_stopping, "E19 X"),
    Number("2", "|f(x_i; W(τ))| ≤ 2 (U-L11f)", 2, margin_at_stopping, "U-L11f X"),
    Number("64", "⟨w_j(t+1) − w_j(t), μ⟩ ≥ αbE/64 (E20)", 64, margin_at_stopping, "E20 X", divides=True),
    Number("256", "⟨w_j(T), μ⟩ ≥ bE/256 (E21)", 256, margin_at_stopping, "E21 X", divides=True),
    Number("2·1024", "margin at a centre (E22)", 2048, margin_at_stopping, "E22 X", divides=True),
    Number("1", "‖W(T)‖_F ≤ 1", 1, margin_at_stopping, "L11.norm"),
    Number("3", "|⟨w_j(t), ν⟩| ≤ 3αb", 3, almost_orthogonality, "C10"),
    Number("2", "|⟨w_j(t+1) − w_j(t), ν⟩| ≤ 2αb (E45)", 2, persistence, "E45 X"),
    Number("64", "⟨w_j(t+1) − w_j(t), μ⟩ ≥ αbE/64 (E39)", 64, persistence, "E39 Z", divides=True),
    Number("256", "⟨ŵ_j(t+1), μ⟩ ≥ E/256 (E40)", 256, persistence, "E40 X", divides=True),
    Number("512", "⟨ŵ_j(t+1), x_k⟩ ≥ E/512 (U-L13nac)", 512, persistence, "U-L13nac X", divides=True),
    Number("2", "y f ≥ 1/(2C_f) (L8)", 2, subnetwork_margin, "L8.clean", divides=True),
    Number("γ", "y f ≥ γ on clean samples (E47)", GAMMA, main_theorem, "T1.train.margin.clean"),
    Number("γ", "y f ≤ −γ on noisy samples (E47)", GAMMA, main_theorem, "T1.train.margin.noisy"),
    Number("4", "R(r_γ∘F_1) ≤ 4/(γ√n) (U-T1R)", 4, main_theorem, "U-T1R X"),
    Number("256", "⟨w_j(T) − w_j(0), μ⟩ ≥ E/(256√m) (E50)", 256, feature_movement, "E50 X", divides=True),
    Number("8", "‖w_j(T) − w_j(0)‖ ≤ 8/√m (E51)", 8, feature_movement, "E51 X"),
    Number("512", "⟨w_j(T) − w_j(0), x_i⟩ ≥ E/(512√m)", 512, feature_movement, "E52 X", divides=True),
    Number("8·1024²", "squared movement ≥ E²/(8·1024²)", 8 * 2**20, feature_movement, "E55 X", divides=True),
    Number("3", "‖φ(W(0)x_i)‖ ≤ 3u (U-P2c)", 3, feature_movement, "U-P2c X"),
    Number("16·1024", "relative movement ≥ E/(16·1024 u)", 2**14, feature_movement, "P2.ratio", divides=True),
    Number("2", "R̂_S(F_R) ≤ 2R√(Σ‖x_i‖²)/n, from below", 2, rademacher, "P15.empirical"),
    Number("6", "P(y f*(x) ≤ 0) ≤ 6√(log(1/δ)/n)", 6, ideal_classifier, "AD.error"),
    Number("192e²", "|⟨ŵ_j(t), ν⟩| ≤ 192e²/(t − 1)", 192 * exp(2), turning_away, "X3.turning"),
)
"""The numbers in the order of the paper."""


def bare_numbers(run: Run, numbers: Iterable[Number] = NUMBERS) -> tuple[Constant, ...]:
    """What each number would have to be for its claim to hold just so on this run."""
    numbers = tuple(numbers)
    statements = {number.statement.id: number.statement for number in numbers}
    found = {id: yielded(statement, run) for id, statement in statements.items()}
    return tuple(nearest(one, found[one.statement.id].get(one.place), run) for one in numbers)


def yielded(statement: Statement, run: Run) -> Yielded:
    """Claims by id and chains by id and prefix; nothing where the statement does not apply."""
    try:
        everything = list(statement.claims(run))
    except DoesNotApply:
        return {}
    return {y.id if isinstance(y, Claim) else f"{y.id} {y.prefix}": y for y in everything}


def ends(chain: Chain) -> Claim:
    """The first expression of a chain against the last; against the one before if the last is zero."""
    passed = [m for m in chain.members if not m.printed]
    members = passed[:-1] if isinstance(passed[-1].value, float) and passed[-1].value == 0 else passed
    relation: Relation = "<=" if {m.relation for m in members} <= {"<=", "<", "=="} else ">="
    where = reduce(and_, (np.asarray(m.where, bool) for m in members), np.asarray(chain.where, bool))
    first, last = chain.first, members[-1].value
    return suppose(chain.id, chain.says, first, relation, last, axes=chain.axes, where=where)


def nearest(number: Number, place: Claim | Chain | None, run: Run) -> Constant:
    """One number, with the index at which the run comes nearest to it.

    Where no positive number would do, the least is infinite and the largest zero.
    """
    claim = ends(place) if isinstance(place, Chain) else place
    factor = None if claim is None else claim.tightest_constant
    paper, exact = float(number.value), None if number.law is None else number.law(run)
    missing = Constant(number.where_used, number.symbol, paper, None, {}, exact, number.statement.id)
    if claim is None or factor is None:
        return missing
    at = extreme(claim)
    upper = (claim.relation in ("<=", "<")) == (claim.sides(at)[1] > 0)
    return replace(
        missing,
        on_run=(paper / factor if factor > 0 else inf) if number.divides else max(paper * factor, 0.0),
        works="least" if upper != number.divides else "largest",
        witness=labelled(claim, at, run),
    )


def extreme(claim: Claim) -> tuple[int, ...]:
    """The index at which the sides have the ratio `tightest_constant`."""
    lhs, rhs = (np.broadcast_to(side.value, claim.shape) for side in (claim.lhs, claim.rhs))
    with np.errstate(invalid="ignore", divide="ignore"):
        hits = np.argwhere(claim.domain & (lhs / rhs == claim.tightest_constant))
    return tuple(int(i) for i in hits[0])


def labelled(claim: Claim, at: tuple[int, ...], run: Run) -> Mapping[str, int]:
    """An index of a claim with step numbers in place of positions."""
    labels = run.labels
    return {a: int(labels[a][i]) if a in labels else i for a, i in zip(claim.axes, at, strict=True)}
