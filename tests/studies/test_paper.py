"""Studies of the paper itself, at sizes that take seconds."""

import math

import numpy as np
import pytest
from scipy import stats

from checks import PAPER
from checks.constants import PAPER_C0
from checks.exact_rates import at_least, exact_rates, multinomial_within
from rfa import Setting
from rfa.studies.study import Plan, run_study
from rfa.studies.summary import IMPOSSIBLE
from rfa.studies.trials import chosen_statements
from rfa.verdicts import Outcome


def start_only(**changes) -> Setting:
    """A run that is cheap but for its first weights."""
    base = {
        "d": 8,
        "n": 4,
        "m": 8,
        "K": 1,
        "steps": 1,
        "sigma": 0.01,
        "omega_init": 0.01,
        "fresh": 1,
        "delta": 0.1,
    }
    return Setting(**{**base, **changes})


def rates(setting, trials, only, folder):
    plan = Plan(setting, "checks:PAPER", trials, only)
    return {r.claim: r for r in run_study(plan, folder / "study.sqlite").rates}


@pytest.mark.parametrize("m", [2, 6, 10, 42])
def test_at_the_papers_C0_the_candidate_sets_are_impossible_for_m_2_mod_4(tmp_path, m):
    rate = rates(start_only(m=m, C0=PAPER_C0), 30, ("L4",), tmp_path)["L4.size"]
    assert rate.exact == 0 < IMPOSSIBLE
    assert "impossible at these sizes: the exact rate is 0" in rate.notes
    assert "the premises never held" in rate.notes
    assert rate.counts.failed == 30 and rate.agrees
    assert rate.outcome is Outcome.SILENT


def test_at_the_papers_C0_and_m_4_they_are_possible_but_rare(tmp_path):
    rate = rates(start_only(m=4, C0=PAPER_C0), 60, ("L4",), tmp_path)["L4.size"]
    assert rate.exact == pytest.approx(1 / 4, rel=1e-6)
    assert rate.agrees and 0 < rate.counts.failed < 60


def test_with_C0_4_and_many_neurons_they_are_confirmed(tmp_path):
    m, delta = 1480, 0.1
    assert m >= 16 * 4**2 * math.log(32 / delta)
    d = math.ceil(32 * math.log(4 * m / delta))
    rate = rates(start_only(m=m, d=d, C0=4.0, delta=delta), 60, ("L4",), tmp_path)["L4.size"]
    assert rate.outcome is Outcome.CONFIRMED
    assert rate.counts.supposed == rate.counts.trials and rate.counts.failed == 0
    assert rate.exact > 0.999999 and rate.agrees


def test_the_exact_laws_agree_with_the_counts(tmp_path):
    setting = start_only(n=30, d=3, m=6, sigma=0.2, eta=0.2, C0=2.0, delta=0.3)
    known = exact_rates(setting)
    only = ("L3", "L4", "L5a", "L5b", "L5c", "L5d")
    found = rates(setting, 100, only, tmp_path)
    judged = [r for r in found.values() if r.exact is not None]
    assert {r.claim for r in judged} == set(known) & set(found)
    assert len(judged) >= 9
    assert all(r.agrees for r in judged)
    assert sum(0.02 < r.exact < 0.98 for r in judged) >= 4


def test_sizes_of_clusters_follow_the_multinomial_law():
    n, least, most = 9, 1, 4
    counts = [
        (a, b, c, n - a - b - c)
        for a in range(n + 1) for b in range(n + 1 - a) for c in range(n + 1 - a - b)
    ]  # fmt: skip
    inside = [k for k in counts if min(k) >= least and max(k) <= most]
    expected = stats.multinomial(n, [0.25] * 4).pmf(np.array(inside)).sum()
    assert multinomial_within(n, least, most) == pytest.approx(expected, rel=1e-12)


def test_at_least_is_the_binomial_tail():
    for least in range(-1, 8):
        assert at_least(least, 6, 0.3) == pytest.approx(stats.binom.sf(least - 1, 6, 0.3), abs=1e-15)


def test_statements_can_be_chosen_by_kind():
    chosen = chosen_statements(PAPER, ["WHP"])
    assert {"L3", "L4", "L5a", "L6", "D7", "T1"} <= set(chosen) and "L14" not in chosen
