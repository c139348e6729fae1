import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from rfa.studies.rates import (
    Counts,
    clopper_pearson,
    confidence_sequence,
    further_trials,
    judge_rate,
    log_evidence,
)
from rfa.verdicts import Outcome


def counts(trials: int, failed: int, **more) -> Counts:
    return Counts(
        trials,
        failed,
        more.get("unknown", 0),
        more.get("supposed", trials),
        more.get("failed_supposed", failed),
    )


@pytest.mark.parametrize(("count", "trials"), [(0, 7), (3, 7), (7, 7), (41, 1000), (1, 10**6)])
def test_clopper_pearson_inverts_the_binomial_tails(count, trials):
    interval = clopper_pearson(count, trials, 0.02)
    if count:
        assert stats.binom.sf(count - 1, trials, interval.lower) == pytest.approx(0.01, rel=1e-9)
    else:
        assert interval.lower == 0
    if count < trials:
        assert stats.binom.cdf(count, trials, interval.upper) == pytest.approx(0.01, rel=1e-9)
    else:
        assert interval.upper == 1


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.37, 0.5])
def test_the_exact_interval_covers_every_rate_at_least_as_often_as_it_says(rate):
    n, level = 60, 0.05
    missed = 0.0
    for k in range(n + 1):
        interval = clopper_pearson(k, n, level)
        if not interval.lower <= rate <= interval.upper:
            missed += stats.binom.pmf(k, n, rate)
    assert missed <= level


def test_the_evidence_is_the_ratio_of_likelihoods_that_sequential_prediction_gives():
    flips, rate = [0, 1, 1, 0, 0, 0, 1, 0], Fraction(1, 3)
    mixture, seen = Fraction(1), [0, 0]
    for flip in flips:
        mixture *= (seen[flip] + Fraction(1, 2)) / (sum(seen) + 1)
        seen[flip] += 1
    likelihood = rate ** seen[1] * (1 - rate) ** seen[0]
    assert log_evidence(3, 8, 1 / 3) == pytest.approx(math.log(mixture / likelihood), rel=1e-12)


def test_the_evidence_is_a_martingale_under_the_rate_it_tests():
    rate, n = 0.3, 9
    total = sum(
        math.exp(log_evidence(sum(path), n, rate)) * rate ** sum(path) * (1 - rate) ** (n - sum(path))
        for path in itertools.product((0, 1), repeat=n)
    )
    assert total == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(("count", "trials"), [(0, 1), (0, 50), (50, 50), (5, 50), (400, 10000)])
def test_the_ends_of_the_sequence_are_where_the_evidence_reaches_the_threshold(count, trials):
    level = 0.01
    interval = confidence_sequence(count, trials, level)
    assert interval.lower <= count / trials <= interval.upper
    for end in (interval.lower, interval.upper):
        if 0 < end < 1:
            assert log_evidence(count, trials, end) == pytest.approx(-math.log(level), abs=1e-6)


@pytest.mark.parametrize("rate", [0.02, 0.1, 0.3])
def test_the_sequence_covers_the_rate_at_all_times_at_once(rate):
    streams, length, level = 600, 600, 0.1
    flips = np.random.default_rng(17).random((streams, length)) < rate
    heads = flips.cumsum(axis=1)
    n = np.arange(1, length + 1)
    from scipy.special import betaln, xlog1py, xlogy

    evidence = betaln(0.5 + heads, 0.5 + n - heads) - betaln(0.5, 0.5) - xlogy(heads, rate) - xlog1py(n - heads, -rate)
    ever_missed = (evidence >= -math.log(level)).any(axis=1).mean()
    assert ever_missed <= level
    sampled = [(s, t) for s in range(0, streams, 60) for t in (1, 10, 100, 600)]
    for s, t in sampled:
        interval = confidence_sequence(int(heads[s, t - 1]), t, level)
        outside = not interval.lower <= rate <= interval.upper
        assert outside == (evidence[s, t - 1] > -math.log(level))


def test_stopping_at_the_first_exact_interval_that_decides_is_wrong_more_often_than_it_says():
    """The reason why a study that stops early uses the sequence."""
    streams, length, level, rate = 200, 400, 0.1, 0.1
    heads = (np.random.default_rng(5).random((streams, length)) < rate).cumsum(axis=1)
    looks = range(20, length, 20)
    wrong = [any(clopper_pearson(int(h[t - 1]), t, level).lower > rate for t in looks) for h in heads]
    assert np.mean(wrong) > level


@pytest.mark.parametrize("method", ["exact", "sequence"])
@pytest.mark.parametrize(
    ("rate", "wrong"), [(0.05, "REFUTED"), (0.1, "REFUTED"), (0.1001, "CONFIRMED"), (0.2, "CONFIRMED")]
)
def test_verdicts_are_wrong_at_most_as_often_as_stated(method, rate, wrong):
    level, claimed, n, streams = 0.1, 0.1, 300, 400
    failed = np.random.default_rng(23).binomial(n, rate, streams)
    verdict = {k: judge_rate(counts(n, k), claimed, level, method).outcome.name for k in set(failed.tolist())}
    assert [verdict[k] for k in failed.tolist()].count(wrong) <= level * streams


@pytest.mark.parametrize("method", ["exact", "sequence"])
def test_far_from_the_claim_the_right_verdict_falls(method):
    assert judge_rate(counts(500, 5), 0.1, 0.01, method).outcome is Outcome.CONFIRMED
    assert judge_rate(counts(500, 150), 0.1, 0.01, method).outcome is Outcome.REFUTED
    assert judge_rate(counts(500, 50), 0.1, 0.01, method).outcome is Outcome.UNDECIDED


def test_over_forty_statements_any_wrong_verdict_is_as_rare_as_one_was_to_be():
    level, claimed, n, reports, statements = 0.1, 0.1, 200, 500, 40
    rates = np.tile([0.1, 0.1, 0.1001, 0.05], 10)
    rng = np.random.default_rng(3)
    cache = {k: judge_rate(counts(n, k), claimed, level / statements, "exact").outcome for k in range(n + 1)}
    wrong = {True: Outcome.REFUTED, False: Outcome.CONFIRMED}
    failed = rng.binomial(n, rates, (reports, statements))
    bad = sum(any(cache[k] is wrong[r <= claimed] for k, r in zip(row, rates, strict=True)) for row in failed.tolist())
    assert bad <= level * reports
    alone = {k: judge_rate(counts(n, k), claimed, level, "exact").outcome for k in range(n + 1)}
    careless = sum(
        any(alone[k] is wrong[r <= claimed] for k, r in zip(row, rates, strict=True)) for row in failed.tolist()
    )
    assert careless > level * reports


def test_dependent_statements_keep_the_family_wise_rate():
    level, claimed, n, statements = 0.1, 0.1, 150, 40
    rng = np.random.default_rng(8)
    common = rng.random((400, n, 1))
    shifts = np.linspace(0, 1, statements, endpoint=False)
    failed = (((common + shifts) % 1) < claimed).sum(axis=1)
    cache = {k: judge_rate(counts(n, k), claimed, level / statements, "exact").outcome for k in range(n + 1)}
    assert np.mean([any(cache[k] is Outcome.REFUTED for k in row) for row in failed.tolist()]) <= level


def test_without_premises_nothing_is_confirmed_or_refuted():
    never = {"supposed": 0, "failed_supposed": 0}
    assert judge_rate(counts(500, 5, **never), 0.1, 0.01, "exact").outcome is Outcome.BEYOND
    assert judge_rate(counts(500, 250, **never), 0.1, 0.01, "exact").outcome is Outcome.SILENT
    assert judge_rate(counts(500, 50, **never), 0.1, 0.01, "exact").outcome is Outcome.UNDECIDED


def test_premises_that_hold_in_some_trials_refute_by_the_failures_under_them():
    refuted = judge_rate(counts(500, 250, supposed=400, failed_supposed=200), 0.1, 0.01, "exact")
    assert refuted.outcome is Outcome.REFUTED
    silent = judge_rate(counts(500, 250, supposed=100, failed_supposed=2), 0.1, 0.01, "exact")
    assert silent.outcome is Outcome.SILENT
    assert judge_rate(counts(500, 5, supposed=100, failed_supposed=2), 0.1, 0.01, "exact").outcome is Outcome.BEYOND


def test_unknown_trials_widen_the_interval_to_both_sides():
    verdict = judge_rate(counts(500, 0, unknown=100), 0.1, 0.01, "exact")
    assert verdict.outcome is Outcome.UNDECIDED
    assert verdict.interval.lower == 0
    assert verdict.interval.upper == clopper_pearson(100, 500, 0.01).upper


@pytest.mark.parametrize("method", ["exact", "sequence"])
@pytest.mark.parametrize("failed", [0, 2, 20])
def test_the_further_trials_are_the_least_that_decide_if_the_rate_stays(method, failed):
    n, claimed, level = 40, 0.1, 0.001
    verdict = judge_rate(counts(n, failed), claimed, level, method)
    if verdict.outcome is not Outcome.UNDECIDED:
        assert verdict.further == 0
        return
    then = n + verdict.further
    assert judge_rate(counts(then, round(failed / n * then)), claimed, level, method).outcome is not Outcome.UNDECIDED


def test_no_number_of_trials_decides_a_rate_that_equals_the_claim():
    assert further_trials(counts(100, 10), 0.1, 0.01, "exact") is None


def test_premises_that_fail_as_rarely_as_was_promised_take_no_bound_away():
    kept = judge_rate(counts(500, 12, supposed=488, failed_supposed=0), 0.1, 0.01, "exact")
    assert kept.outcome is Outcome.CONFIRMED
    unsure = judge_rate(counts(500, 12, supposed=450, failed_supposed=0), 0.1, 0.01, "exact")
    assert unsure.outcome is Outcome.BEYOND


def test_one_trial_that_refutes_by_itself_refutes():
    once = Counts(500, 1, 0, 500, 1, refuted=1)
    assert judge_rate(once, 0.1, 0.01, "exact").outcome is Outcome.REFUTED


NESTED = ((0.05, 0.09, 0.1), (0.1, 0.1, 0.1001), (0.0999, 0.1, 0.25), (0.1, 0.1001, 0.1002), (0.02, 0.1001, 0.3))
"""Rates of: failures under the premises, failures, trials in which the two do not hold together."""


@pytest.mark.parametrize("method", ["exact", "sequence"])
@pytest.mark.parametrize("rates", NESTED)
def test_verdicts_under_premises_that_fail_at_times_are_wrong_at_most_as_often_as_stated(method, rates):
    """The sequence is looked at four times and may be wrong at any of them; the exact interval once."""
    under, failed, not_kept = rates
    level, claimed, streams = 0.2, 0.1, 60
    wrong = {
        Outcome.REFUTED: under <= claimed, Outcome.CONFIRMED: not_kept > claimed,
        Outcome.BEYOND: failed > claimed, Outcome.SILENT: failed <= claimed, Outcome.UNDECIDED: False,
    }  # fmt: skip
    draws = np.random.default_rng(31).random((streams, 400))
    counted = {c: (draws < c).cumsum(axis=1) for c in rates}
    looks, ever = (range(99, 400, 100) if method == "sequence" else [399]), 0
    for s in range(streams):
        of = [[int(counted[c][s, t]) for c in rates] for t in looks]
        judged = (
            judge_rate(Counts(t + 1, f, 0, t + 1 - k + u, u), claimed, level, method).outcome
            for t, (u, f, k) in zip(looks, of, strict=True)
        )
        ever += any(wrong[o] for o in judged)
    assert ever <= level * streams
