"""How <w_j, mu>, j in J_mu, grows from step 1 to T: E20, E21, E23."""

from collections.abc import Iterator

import numpy as np

from checks.constants import E
from checks.increments import increment
from checks.largest_constant import largest_C
from checks.margin_premises import Growth, Margin, pulled
from checks.measured import C1_run
from rfa import Claim, DoesNotApply, Run, chain, eq, ge, suppose
from rfa.chains import Chain


def growth(run: Run, given: Growth, margin: Margin) -> Iterator[Chain]:
    """The chains in the order of the paper; E20 needs the sums over active samples (record level full)."""
    if run.trace.level == "full":
        yield from increments(run, given)
    yield from printed_end(run)
    yield summed(run, given, margin)
    yield other_centres(run, given)


def increments(run: Run, given: Growth) -> Iterator[Chain]:
    """E20 with the run form of its end, axes s j."""
    one = increment(run)
    yield chain(
        "E20", "each step adds at least αbE/64 to ⟨w_j, μ⟩; divided by αb",
        one.gained,
        eq(one.active, "the gradient step, label by label", needs=[given.steps]),
        eq(one.awake, "NAC(t)", needs=[given.awake, given.asleep]),
        ge(one.halves, "(i) ½ ≤ ⟨x_i, μ⟩ ≤ 3/2; |⟨x_i, μ⟩| ≤ D and g ≤ 1 on I_⊥", needs=[given.close]),
        ge(one.weighted, "(ii) E19; g ≤ 1", needs=[pulled(run)]),
        ge(one.settled, "(iii) |I^C_μ| ≥ n/8, |I^N_μ| ≤ |N|, |I_⊥| ≤ n", needs=[given.full]),
        ge(one.bound, "(iv, v) (3/2)ρ + D ≤ E/64", needs=[given.few], name="X7"),
        axes="s j", where=run.in_J & (run.s_steps >= 1)[:, None],
    )  # fmt: skip


def printed_end(run: Run) -> Iterator[Chain]:
    """The end of E20 with the paper's constant C, for runs whose law is known."""
    try:
        C, C1 = largest_C(run, "A2", "A3", "A4"), C1_run(run)
    except DoesNotApply:
        return
    lost = 1.5 * (1 / C + C1 / np.sqrt(C)) + C1 / C
    least = 64 * (1.5 + 2.5 * C1) / E
    large = suppose("RP.C", "√C ≥ 64(3/2 + (5/2)C1)/E", np.sqrt(C), ">=", least)
    yield chain(
        "E20", "(iv, v) with C: the number X5 against E/64",
        E / 32 - 1.5 * run.rho - run.D,
        ge(E / 32 - lost, "(iv) L5c, A4, A3; A2", name="X6"),
        ge(E / 64, "(v) C large", needs=[large], name="X7 with C"),
        prefix="P",
    )  # fmt: skip


def summed(run: Run, given: Growth, margin: Margin) -> Chain:
    """E21, axis j."""
    first, end = run.own[1], run.own[run.T - run.first]
    return chain(
        "E21", "what the steps from 1 to T add to ⟨w_j, μ⟩",
        end,
        ge(end - first, "⟨w_j(1), μ⟩ ≥ 0", needs=[margin.start]),
        ge(run.alpha * run.b * (run.T - 1) * (E / 64), "sum of E20", needs=growing(run, given)),
        eq(run.b * (E / 256), "α(T − 1) = ¼", needs=[given.grid]),
        axes="j", where=run.in_J,
    )  # fmt: skip


def other_centres(run: Run, given: Growth) -> Chain:
    """E23, axes s j: E20 for the centres that the paper does not write out."""
    own = run.own[: run.n_s + 1]
    there = run.in_J & (run.home > 0)
    return chain(
        "E23", "the increments of E20 for −μ1, +μ2, −μ2",
        own[1:] - own[:-1],
        ge(run.alpha * run.b * (E / 64), "E20", needs=growing(run, given)),
        axes="s j", where=there & (run.s_steps >= 1)[:, None],
    )  # fmt: skip


def growing(run: Run, given: Growth) -> list[Claim]:
    """What E20 needs at a neuron and step."""
    return [given.steps, given.awake, given.asleep, given.close, given.full, given.few, pulled(run)]
