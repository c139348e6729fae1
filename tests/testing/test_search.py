"""Searches: wrong lemmas are refuted and shrunk, right ones counted, empty ones told apart."""

import time

import pytest

from checks import PAPER
from rfa import Outcome, judge, result, then
from rfa.audit import find_setting
from rfa.simulation import start
from rfa.studies.candidates import Candidate
from rfa.testing import PROFILES, NeverExercised, Refuted, examine, judged, made, runs, settings
from tests.runs import small, small_setting
from tests.testing.toys import aligned_at_the_start, of_nothing, slow_growth, statement_of

few = PROFILES["ci"].__class__(PROFILES["ci"], max_examples=20)


@pytest.mark.parametrize("wrong", [slow_growth, aligned_at_the_start], ids=lambda s: s.id)
def test_a_wrong_lemma_is_refuted_within_a_minute_at_a_setting_that_a_person_can_read(wrong):
    began = time.process_time()
    with pytest.raises(Refuted) as refuted:
        examine(wrong)
    found = refuted.value.candidate

    assert time.process_time() - began < 60
    assert found.setting.d == 2 and found.setting.n == 1 and found.setting.m <= 6 and found.setting.total_steps <= 3
    assert f"{wrong.id} is refuted: {refuted.value.verdict.id} fails with its premises true, at " in str(refuted.value)
    assert f"d = {found.setting.d}, n = {found.setting.n}, m = {found.setting.m}, " in str(refuted.value)

    again = judge(wrong, made(Candidate.of(found.command)))
    assert again.conclusions[0].outcome is Outcome.REFUTED and again.conclusions[0] == refuted.value.verdict


def test_a_counterexample_is_made_smaller_within_what_is_allowed_alone():
    from rfa.testing.smaller import MOST_RUNS, smaller

    large, looked = Candidate(small_setting(), (0.5, 1.0)), []

    def fails(candidate):
        looked.append(candidate)
        return candidate.setting.m >= 6 and candidate.setting.seed == 3

    found = smaller(large, fails, lambda setting: setting.n >= 4)
    assert (found.setting.m, found.setting.n, found.setting.d, found.setting.seed) == (6, 4, 2, 3)
    assert found.planted == large.planted and len(looked) <= MOST_RUNS
    assert smaller(large, lambda candidate: False, lambda setting: True) == large
    assert smaller(large, fails, lambda setting: False) == large


def test_alignment_at_the_start_fails_on_the_named_setting_too():
    run = start(find_setting("amplification").override(n=400))

    assert judge(aligned_at_the_start, run).outcome is Outcome.REFUTED
    assert judge(PAPER["L12"], small()).outcome is Outcome.CONFIRMED


def test_a_right_lemma_is_counted():
    tally = examine(PAPER["L14"], profile=few)

    assert tally.runs == 20 and 0 < tally.exercised <= 20
    assert sum(tally.counts["L14.neuron"].values()) == 20 and tally.never == ()
    assert tally.slack > 0 and tally.claim.startswith("L14.")
    near = judge(PAPER["L14"], made(tally.candidate))
    assert min(v.slack for v in near.conclusions if v.counts[Outcome.CONFIRMED]) == pytest.approx(tally.slack)


def test_premises_that_hold_nowhere_are_never_exercised():
    with pytest.raises(NeverExercised, match=r"held on none of 20 runs; .*RP.none \(20\)"):
        examine(of_nothing, profile=few)
    with pytest.raises(NeverExercised, match=r"none of 20 runs; .*A2 \(20\)"):
        examine(PAPER["A2"], runs(settings(outside="A2", C=4)), profile=few)


def test_a_statement_that_applies_nowhere_says_why():
    @result("Z1", "Of another sample", kind="DET")
    def lacking(run):
        """Suppose nothing."""
        yield then("Z1.x", "x", run.given("C"), "<", 0)

    with pytest.raises(NeverExercised, match="C is not known for this run"):
        examine(lacking, profile=few)


def test_a_remark_promises_nothing_and_is_counted_all_the_same():
    tally = examine(statement_of(then("Z1", "", 1, "<=", 0), kind="TEXT"), profile=few)

    assert tally.outcomes == {Outcome.SILENT: 20}


def test_a_statement_that_cannot_be_evaluated_is_refuted_with_the_reason():
    with pytest.raises(Refuted, match=r"cannot be evaluated: .*left side is not finite"):
        examine(statement_of(then("Z1", "", float("nan"), "<=", 0)), profile=few)
    misfit = statement_of(then("Z1", "", [1, 2], "<=", 0, axes="j"), then("Z2", "", [1], "<=", 0, axes="j"))
    with pytest.raises(Refuted, match="Z1 cannot be evaluated: ValueError"):
        examine(misfit, profile=few)


def test_examples_come_first_and_can_be_all_there_is():
    with pytest.raises(Refuted) as refuted:
        examine(slow_growth)
    with pytest.raises(Refuted) as again:
        examine(slow_growth, examples=[refuted.value.candidate], only_examples=True)

    assert str(again.value) == str(refuted.value)
    assert examine(PAPER["L14"], examples=[refuted.value.candidate], only_examples=True).runs == 1


def test_links_are_judged_on_demand_and_printed_slips_refute_nothing():
    assert examine(PAPER["L14"], links=True, profile=few).runs == 20  # E16 is printed with a wrong number


def test_a_hypothesis_test_of_ones_own_reports_outcomes():
    from hypothesis import given

    seen = []

    @few
    @given(runs())
    def search(run):
        seen.append(judged(PAPER["L14"], run).outcome)

    search()
    assert len(seen) >= 20 and Outcome.CONFIRMED in seen
