"""Theorem 1: every clean sample is learned, no noisy one, and the test error is near the noise rate."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from checks.constants import GAMMA, PAPER_C0, E
from checks.generalization import generalization, on_fresh_samples
from checks.margin_premises import equal_second_layer, growth_premises, half_kept, kept, margin_premises
from checks.premises import good_run_probability
from rfa import PROOF, Claim, Rounded, Run, chain, eq, ge, le, result, rounded, suppose, then
from rfa.chains import Chain, Member
from rfa.rounding import UNIT


class Theorem(NamedTuple):
    """What Theorem 1 supposes besides the premises of Lemma 11."""

    few: Claim
    equal: Claim
    half: Claim


@result(
    "T1", "Benign learning of the training set, and test error", kind="WHP-both",
    uses=["D7", "L3", "L4", "L5a", "L5b", "L5c", "L5d", "L6", "L13", "L11", "L8", "P15", "A7"],
    gaps=["G1", "G4", "G17", "G18"], readings=["R6", "R14", "R25"],
)  # fmt: skip
def main_theorem(run: Run) -> Iterator[Claim | Chain]:
    """Suppose the premises of Lemma 11, |a_j| = 1/√m, and |J^c|/m ≤ (min_i |f^J(x_i; W(T))|)²/16.

    Then at time T: y_i f(x_i) > 0 for every clean and y_i f(x_i) ≤ 0 for every noisy sample; and if
    (1 − 1/C0)² ≥ ½, even y_i f(x_i) ≥ γ and y_i f(x_i) ≤ −γ, with γ = exp(−2)/(16·1024). For C large these
    premises hold on every good run, that is with probability 1 − 4δ.

    If moreover C = 1/(4α²) is large, then with probability 1 − 4δ the test error at T is at most
    η + C√(log(1/δ)/n).
    """
    grown, reached = growth_premises(run), margin_premises(run)
    more = theorem_premises(run)
    yield from (*grown, *reached, *more)
    needs = [*grown, *reached, more.few, more.equal]
    yield from training(run, needs, [*needs, more.half])
    yield from on_fresh_samples(run, [*needs, more.half])
    yield PROOF
    yield from candidate_margins(run, [*grown, *reached])
    yield from outside_share(run, reached.many)
    yield from full_margins(run, needs, more.half)
    yield from generalization(run, [*needs, more.half])


def theorem_premises(run: Run) -> Theorem:
    """Few neurons outside J against the least |f^J|, equal |a_j|, and C0 not small."""
    least = np.abs(run.output(run.T, run.in_J)).min()
    return Theorem(
        suppose("RP.Jc", "|J^c|/m ≤ (min_i |f^J(x_i)|)²/16", outside(run), "<=", least * least / 16),
        equal_second_layer(run),
        half_kept(run),
    )


def outside(run: Run) -> Rounded:
    """|J^c|/m."""
    share: Rounded = Rounded((~run.in_J).sum()) / run.m
    return share


def training(run: Run, needs: list[Claim], all_needs: list[Claim]) -> Iterator[Claim]:
    """The first part of the theorem and its stronger form, axis i: sure under its premises, those of a good run."""
    noisy, margins = run.sample.noisy, run.sample.y * run.output(run.T)
    size, often = run.frobenius.value[run.T - run.first] * run.input_norm.value, good_run_probability(run)
    yield then(
        "T1.train.clean", "y_i f(x_i; W(T)) > 0", margins, ">", 0.0,
        axes="i", where=~noisy, scale=size, needs=needs, probability=often, sure=True,
    )  # fmt: skip
    yield then(
        "T1.train.noisy", "y_i f(x_i; W(T)) ≤ 0", margins, "<=", 0.0,
        axes="i", where=noisy, scale=size, needs=needs, probability=often, sure=True,
    )  # fmt: skip
    yield then(
        "T1.train.margin.clean", "y_i f(x_i; W(T)) ≥ γ", margins, ">=", GAMMA,
        axes="i", where=~noisy, needs=all_needs, probability=often, sure=True,
    )  # fmt: skip
    yield then(
        "T1.train.margin.noisy", "y_i f(x_i; W(T)) ≤ −γ", margins, "<=", -GAMMA,
        axes="i", where=noisy, needs=all_needs, probability=often, sure=True,
    )  # fmt: skip


def candidate_margins(run: Run, needs: list[Claim]) -> Iterator[Chain]:
    """E46, axis i."""
    noisy, margins = run.sample.noisy, run.sample.y * run.output(run.T, run.in_J)
    bound = E * kept(run) / 4096
    clean = ge(bound, "L11", needs=needs)
    yield chain("E46", "f^J on clean samples", margins, clean, axes="i", where=~noisy)
    against = le(-bound, "L11", needs=needs)
    yield chain("E46", "f^J on noisy samples", margins, against, axes="i", where=noisy, prefix="N")


def full_margins(run: Run, needs: list[Claim], half: Claim) -> Iterator[Chain]:
    """E47, axis i."""
    noisy, margins = run.sample.noisy, run.sample.y * run.output(run.T)
    bound = E * kept(run) / 8192
    yield chain(
        "E47", "f on clean samples",
        margins,
        ge(bound, "L8, E46", needs=needs),
        ge(GAMMA, "(1 − 1/C0)² ≥ ½", needs=[half]),
        axes="i", where=~noisy,
    )  # fmt: skip
    yield chain(
        "E47", "f on noisy samples",
        margins,
        le(-bound, "the mirror image of L8, E46", needs=needs, gap="G17"),
        le(-GAMMA, "(1 − 1/C0)² ≥ ½", needs=[half]),
        axes="i", where=noisy, prefix="N",
    )  # fmt: skip


def outside_share(run: Run, many: Claim) -> Iterator[Chain]:
    """U-T1J with the C0 of the run, and with that of the paper."""
    C0 = Rounded(run.C0)
    paper = suppose("RP.C0", "C0 = 4⁵·1024²·e⁴", C0, "==", Rounded(PAPER_C0, 4 * UNIT * PAPER_C0))
    fourth = suppose("RP.half⁴", "(1 − 1/C0)⁴ ≥ ½", kept(run) * kept(run), ">=", 0.5)
    says = "few neurons outside J"
    first, *others = share_members(C0)
    yield chain(
        "U-T1J", says,
        outside(run),
        le(first, "L4", needs=[many]),
        *steps_to_C_f(others, [paper], [fourth]),
    )  # fmt: skip
    first, *others = share_members(Rounded(PAPER_C0, 4 * UNIT * PAPER_C0))
    links = steps_to_C_f(others, [], [])
    yield chain("U-T1J", "with the paper's C0", first, *links, prefix="P", state="planted")


def share_members(C0: Rounded) -> list[Rounded]:
    """1 − (1 − 1/C0)², 2/C0, E²/(2·16²·1024²), (E²/(16²·1024²))(1 − 1/C0)⁴ and 1/(16 C_f²)."""
    share, square = (1 - 1 / C0) ** 2, rounded(E) * rounded(E) / (16 * 1024) ** 2
    C_f = 4096 / (rounded(E) * share)
    return [2 / C0 - 1 / (C0 * C0), 2 / C0, square / 2, square * share * share, 1 / (16 * C_f * C_f)]


def steps_to_C_f(members: list[Rounded], paper: list[Claim], large: list[Claim]) -> list[Member]:
    """The links of U-T1J from 2/C0 on."""
    twice, at_paper, kept_twice, C_f = members
    return [
        le(twice, "drop 1/C0²"),
        eq(at_paper, "(i) C0 = 4⁵·1024²·e⁴", needs=paper),
        le(kept_twice, "(1 − 1/C0)⁴ ≥ ½", needs=large),
        eq(C_f, "C_f = 4·1024 e²/(1 − 1/C0)²"),
    ]
