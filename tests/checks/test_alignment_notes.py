"""What reports say of the alignment of J, against literal loops."""

from dataclasses import replace

import numpy as np
import pytest

from checks import notes
from checks.alignment_notes import aligned_pairs, alignment_notes, amplification_factors
from rfa import DoesNotApply
from rfa.run import OPPOSITE
from rfa.simulation import start, trained
from tests.checks.recorded_runs import made
from tests.runs import loose, small


@pytest.mark.parametrize("run", [small(), loose(), loose(n=3)], ids=["small", "loose", "three samples"])
@pytest.mark.parametrize("t", [0, 1])
def test_aligned_pairs_and_their_margin_are_those_of_a_loop(run, t):
    cosines = []
    for j in np.flatnonzero(run.in_J):
        direction = run.W(t)[j] / np.linalg.norm(run.W(t)[j])
        for x, mu in zip(run.sample.X, run.sample.cluster, strict=True):
            if mu in (run.home[j], OPPOSITE[run.home[j]]):
                cosines.append(direction @ x if mu == run.home[j] else -direction @ x)
    aligned, least = sum(c > 0 for c in cosines), min(cosines, default=np.inf)
    told = next(alignment_notes(run))

    assert aligned_pairs(run, t) == (len(cosines), aligned)
    assert f"of {len(cosines)} pairs" in told and f"{least:.3g}" in told
    assert (f", {aligned} are aligned at the start" if t == 0 else f"{aligned} after one step") in told


def test_the_amplification_is_the_ratio_of_the_correlations_neuron_by_neuron():
    run, found = small(), []
    for j in np.flatnonzero(run.in_J):
        start, after = (run.W(t)[j] @ run.sample.centre[run.home[j]] / np.linalg.norm(run.W(t)[j]) for t in (0, 1))
        found.append(after / start)

    assert amplification_factors(run) == pytest.approx(np.array(found))
    assert any(f"{min(found):.3g} to {max(found):.3g}" in note for note in notes(run) if note.startswith("L12"))


def test_the_smallest_C0_is_told_and_nothing_without_a_first_step():
    run = small()

    assert [note for note in notes(run) if note.startswith("L4: the smallest C0 is ")]
    with pytest.raises(DoesNotApply):
        list(alignment_notes(replace(run, weights={0: run.W(0)})))
    assert not [note for note in notes(replace(run, weights={0: run.W(0)})) if note.startswith(("C9", "L12", "L4"))]


def test_nothing_is_told_of_a_start_alone_of_a_run_recorded_later_and_of_an_empty_J():
    run = small()
    across = run.W(0) - run.W(0) @ run.sample.mu.T @ run.sample.mu
    aside = trained(run.sample, run.a, across, step_size=run.step_size, steps=2, C0=run.C0)
    assert not aside.in_J.any()

    for other in (start(run.setting), made("later"), aside):
        with pytest.raises(DoesNotApply):
            list(alignment_notes(other))
