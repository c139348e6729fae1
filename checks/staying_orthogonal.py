"""AO(s) is kept: what a step adds to ⟨w_j, ν⟩, and why large values turn back (E41-E45, U-L13sgn, U-L13ao).

The chains of `turning_back` and `far_cases` speak of |⟨w_j, ν⟩| > αb, which natural runs hardly reach; they
are judged on planted states too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from checks.constants import E
from checks.persistence_premises import Step, across, later
from checks.step_sums import StepSums, along_other, facing
from rfa import Claim, Rounded, Run, chain, eq, ge, gt, le, lt
from rfa.chains import Chain
from rfa.run import OPPOSITE


@dataclass(frozen=True, eq=False)
class Across:
    """The members of E41, divided by αb: axes s j nu, for j in J and both nu of the other pair."""

    run: Run
    sums: StepSums

    @cached_property
    def there(self) -> NDArray[np.bool_]:
        """Where E41 speaks: s >= 1, j in J, nu of the other pair."""
        return later(self.run)[..., None] & across(self.run)

    @cached_property
    def toward(self) -> Rounded:
        """<w_j(s), nu>."""
        return self.run.toward[: self.run.n_s]

    @cached_property
    def gained(self) -> Rounded:
        """V0 = <w_j(s+1) − w_j(s), nu>/(αb)."""
        return facing(along_other(self.run, self.sums.gained))

    @cached_property
    def whole(self) -> Rounded:
        """V1: the own pair of centres counted as NAC(s) has it, I_mu as a whole and nothing of I_-mu."""
        sums = self.run.whole_pull_along[:, self.run.home]
        home = (sums[:, :, 0] - sums[:, :, 1]) / self.run.n
        return facing(along_other(self.run, home + self.sums.across))

    @cached_property
    def beside(self) -> Rounded:
        """V2: at most D for each sample of the own pair."""
        return 2 * self.run.D + facing(along_other(self.run, self.sums.across))

    @cached_property
    def clean(self) -> Rounded:
        """V3: at most 2 for each noisy sample."""
        return 2 * self.run.D + 2 * self.run.rho - facing(along_other(self.run, self.sums.clean))

    @cached_property
    def counts(self) -> Rounded:
        """Number of active clean samples of I_nu."""
        return self.run.active[..., 0]

    @cached_property
    def counted(self) -> Rounded:
        """V4: the counts of active clean samples of I_nu and I_-nu."""
        run, there, opposing = self.run, self.counts, self.counts[..., OPPOSITE]
        room = 2 * run.D + 2 * run.rho
        return room - (E / 4) * there / run.n + 1.5 * opposing / run.n

    @cached_property
    def far(self) -> NDArray[np.bool_]:
        """Where <w_j(s), nu> > αb: the case in which E42-E44 speak."""
        return self.there & (self.toward.value > (self.run.alpha * self.run.b).value)


def marks(mark: str, prefix: str = "X") -> dict[str, str]:
    """Where a chain is judged: on the run itself, or (with a mark before its members) on planted states."""
    return {"prefix": f"{mark}{prefix}", "state": "planted" if mark else "run"}


def drift(at: Across, now: Step) -> Chain:
    """E41, axes s j nu."""
    run, opposing = at.run, at.counts[..., OPPOSITE]
    e6 = 6 * np.exp(Rounded(2.0))
    some = (at.counts.value + opposing.value) > 0
    noisy = run.sample.noisy.any()
    second = 2 * run.D + 2 * run.rho - (E / 4) * (at.counts - e6 * opposing) / run.n
    return chain(
        "E41", "what a step adds to ⟨w_j, ν⟩; divided by αb",
        at.gained,
        eq(at.whole, "NAC(t)", needs=[now.steps, now.awake, now.asleep]),
        le(at.beside, "(i) |⟨x_i, ν⟩| ≤ D on I_±μ"),
        le(at.clean, "(ii) |⟨x_i, ν⟩| ≤ 2 on I^N", needs=[now.close], where=noisy),
        le(at.counted, "(iii) ½ ≤ ⟨x_i, ±ν⟩ ≤ 3/2; E37", needs=[now.close, now.pulled_across], where=some),
        eq(second, "6e²·E/4 = 3/2"),
        axes="s j nu", where=at.there, prefix="V",
    )  # fmt: skip


def turning_back(at: Across, now: Step, mark: str = "") -> Iterator[Chain]:
    """E42, U-L13sgn, E43, E44, axes s j nu, where ⟨w_j(s), ν⟩ > αb."""
    yield steep(at, now, mark)
    yield from signs(at, now, mark)
    yield from pattern(at, now, mark)
    yield decrease(at, now, mark)


def steep(at: Across, now: Step, mark: str) -> Chain:
    """E42 in reciprocals, integers on the grid, where t = 1/(4α) is attained; C = 1/(4α²), the least."""
    run, s = at.run, at.run.s_steps[:, None, None]
    thrice = Rounded(3 * run.K) if run.on_grid else 3 / (4 * run.alpha)
    return chain(
        "E42", "1/⟨ŵ_j(t), ν⟩ is at most …",
        run.norm[: run.n_s].reshape(run.n_s, run.m, 1) / at.toward,
        le(3 * s, "(i) L14: ⟨ŵ_j(t), ν⟩ ≥ αb/(3αbt)", needs=[now.linear]),
        le(thrice, "(ii) t ≤ 1/(4α): 1/(3t) ≥ 4α/3"),
        le(1 / run.alpha, "(iii) A7: 4α/3 ≥ 1/(2√C)"),
        axes="s j nu", where=at.far, **marks(mark),
    )  # fmt: skip


def signs(at: Across, now: Step, mark: str) -> Iterator[Chain]:
    """U-L13sgn at the extreme samples of I_nu and I_-nu."""
    run, bound = at.run, 4 * at.run.alpha / 3
    norm = run.divisor[: run.n_s].reshape(run.n_s, run.m, 1)
    cosine = at.toward / norm
    least, largest = run.pre_min[: run.n_s], run.pre_max[: run.n_s][..., OPPOSITE]
    steep, filled = now.turning.steep, run.cluster_size > 0
    yield chain(
        "U-L13sgn", "the samples of I_ν lie on the side of ν",
        least / norm,
        ge(cosine - run.D, "‖ŵ_j‖ = 1, ‖ξ_i‖ ≤ D"),
        ge(bound - run.D, "(i) E42", needs=[now.linear]),
        gt(0.0, "(ii) D < 4α/3", needs=[steep]),
        axes="s j nu", where=at.far & filled, **marks(mark),
    )  # fmt: skip
    yield chain(
        "U-L13sgn", "the samples of I_−ν lie on the other side",
        largest / norm,
        le(-cosine + run.D, "‖ŵ_j‖ = 1, ‖ξ_i‖ ≤ D"),
        le(run.D - bound, "(i) E42", needs=[now.linear]),
        lt(0.0, "(ii) D < 4α/3", needs=[steep]),
        axes="s j nu", where=at.far & filled[OPPOSITE], **marks(mark, "Y"),
    )  # fmt: skip


def pattern(at: Across, now: Step, mark: str) -> Iterator[Chain]:
    """E43 as counts of active samples."""
    needs = [now.linear, now.turning.steep]
    there: dict[str, Any] = {"axes": "s j nu", "where": at.far}
    yield chain(
        "E43", "awake on I^C_ν",
        at.counts,
        ge(at.run.clean_size, "A = 1 on all of I^C_ν", needs=needs),
        **there, **marks(mark),
    )  # fmt: skip
    yield chain(
        "E43", "asleep on I^C_−ν",
        at.counts[..., OPPOSITE],
        le(0, "A = 0 on all of I^C_−ν", needs=needs),
        **there, **marks(mark, "Y"),
    )  # fmt: skip


def decrease(at: Across, now: Step, mark: str) -> Chain:
    """E44."""
    run, turning = at.run, now.turning
    D, rho, n = run.D, run.rho, run.n
    noisy = run.sample.noisy.any()
    drifted = [now.steps, now.awake, now.asleep, now.close, now.pulled_across]
    return chain(
        "E44", "⟨w_j, ν⟩ decreases; divided by αb",
        at.gained,
        le(at.counted, "E41", needs=drifted),
        eq(2 * D + 2 * rho - E * run.clean_size / (4 * n), "(i) E43", needs=[now.linear, turning.steep]),
        le(2 * D + 3 * rho - E * run.cluster_size / (4 * n), "(ii) |I^C_ν| ≥ |I_ν| − |N|", where=noisy),
        le(2 * D + 3 * rho - E / 32, "(iii) |I_ν| ≥ n/8", needs=[now.filled]),
        lt(0.0, "(iv) 2D + 3ρ < E/32", needs=[turning.pulled_back]),
        axes="s j nu", where=at.far, **marks(mark),
    )  # fmt: skip


def step_size(run: Run, sums: StepSums, now: Step) -> Chain:
    """E45 along mu1 and mu2, axes s j k."""
    step = run.alpha * run.b
    return chain(
        "E45", "no step changes ⟨w_j, ν⟩ by more than 2αb",
        np.abs(step * sums.gained),
        eq(step * np.abs(sums.net), "the gradient step", needs=[now.steps]),
        le(step * run.R_x, "g < 1, A ≤ 1, ‖x_i‖ ≤ R_x"),
        le(2 * step, "‖x_i‖ ≤ √2", needs=[now.short]),
        axes="s j k",
    )  # fmt: skip


def turning_needs(now: Step) -> list[Claim]:
    """What E44 as a whole rests on."""
    step = [now.steps, now.awake, now.asleep, now.close, now.pulled_across, now.linear, now.filled]
    return [*step, *now.turning]


def far_cases(run: Run, now: Step, mark: str = "") -> Iterator[Chain]:
    """U-L13ao (a) and (b), axes s j, with ν the positive centre of the other pair; members by size."""
    before, after, step = run.other[: run.n_s], run.other[1 : run.n_s + 1], run.alpha * run.b
    there = later(run) & run.in_J
    # E44 speaks of one ν at a time; on the axes s j its needs stand for both
    turned, bounded = turning_needs(now), [now.bounded]
    yield chain(
        "U-L13ao", "(a) above αb",
        -step,
        lt(after, "E45: falls by at most 2αb", needs=[now.steps, now.short]),
        le(step, "the interval as printed", printed=True, gap="G6"),
        lt(before, "E44", needs=turned, gap="G6"),
        le(3 * step, "AO(t)", needs=bounded, gap="G6"),
        axes="s j", where=there & (before.value > step.value), **marks(mark, "a"),
    )  # fmt: skip
    yield chain(
        "U-L13ao", "(b) below −αb",
        step,
        gt(after, "E45: rises by at most 2αb", needs=[now.steps, now.short]),
        ge(-step, "the interval as printed", printed=True, gap="G6"),
        gt(before, "E44 for −ν", needs=turned, gap="G6"),
        ge(-3 * step, "AO(t)", needs=bounded, gap="G6"),
        axes="s j", where=there & (before.value < -step.value), **marks(mark, "b"),
    )  # fmt: skip


def near_case(run: Run, now: Step) -> Chain:
    """U-L13ao (c), axes s j."""
    after, step = np.abs(run.other[1 : run.n_s + 1]), run.alpha * run.b
    near = np.abs(run.other.value[: run.n_s]) <= step.value
    return chain(
        "U-L13ao", "(c) between −αb and αb",
        after,
        le(3 * step, "E45: changes by at most 2αb", needs=[now.steps, now.short]),
        axes="s j", where=later(run) & run.in_J & near, prefix="c",
    )  # fmt: skip
