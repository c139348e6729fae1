"""Laws of every statement of both papers, whatever it says: a new one is tested here without a line of its own."""

from functools import cache

import numpy as np
import pytest

from rfa import Outcome, Setting, find_papers, judge, simulate
from rfa.simulation import simulate as train
from rfa.studies.candidates import STATES, Candidate
from rfa.testing import PROFILES, candidates, examine, made
from rfa.testing.laws import agrees_where_decided, loosens_safely, reads_both_ways, sees_alike
from rfa.testing.search import broken, is_broken
from rfa.testing.symmetries import views

PAPERS = find_papers()
STATEMENTS = list({id(s): (s, paper) for paper in PAPERS.values() for s in paper.results}.values())
every_statement = pytest.mark.parametrize("statement", [s for s, _ in STATEMENTS], ids=lambda s: s.id)

WIDE = Setting(
    d=300, n=2000, m=128, sigma=1e-9, omega_init=1e-6, eta=0.0, K=1, delta=0.4, C0=1.1, fresh=100, name="wide"
)
LONG = Setting(
    d=4, n=64, m=8, sigma=1e-7, omega_init=1e-8, eta=0.0, K=11_400, delta=0.4, C0=1000.0, fresh=100,
    draw_until="D7", name="long",
)  # fmt: skip
LAGGARD = Setting(d=20, n=21, m=2, sigma=0.03, K=1, omega_init=0.01, fresh=200, name="laggard")
BALANCED = Setting(d=2, n=64, m=32, sigma=1e-3, K=2, omega_init=1e-3, fresh=200, seed=1, name="balanced")
CONFIRMED_ON = {
    "S8b": LAGGARD, "R4": BALANCED, "conclusion": BALANCED,
    "A5": WIDE, "L4": WIDE, "D7": WIDE, "L6": WIDE, "T1": LONG, "L13": "quick", "P2": "quick",
}  # fmt: skip
"""Runs that confirm what few random ones do: many neurons in a high dimension, a tiny step size, many samples."""
BY_NAME = {"E23", "U-L13ao"}
"""Chains that name centres: E23 is E20 for −mu1, +mu2, −mu2; U-L13ao has one case for +nu and one for −nu."""


@cache
def run_of(command):
    """The run of a candidate; statements share the ones that their searches begin with."""
    return made(Candidate.of(command))


confirming = cache(simulate)
RUNS = candidates(planted=True).map(lambda candidate: run_of(candidate.command))
SHORT = PROFILES["ci"].__class__(PROFILES["ci"], max_examples=30)


@every_statement
def test_no_generated_run_refutes_it_and_some_run_confirms_it(statement):
    tally = examine(statement, RUNS, links=True, profile=SHORT, must_apply=False)

    if statement.kind != "TEXT" and not tally.outcomes[Outcome.CONFIRMED]:
        run = confirming(CONFIRMED_ON[statement.id])
        assert judge(statement, run, links=False).outcome is Outcome.CONFIRMED


def small(**changes):
    base = {
        "d": 8, "n": 24, "m": 8, "sigma": 1e-3, "eta": 0.05, "K": 2, "omega_init": 1e-4, "fresh": 100,
        "engine": "direct",
    }  # fmt: skip
    return Setting(**{**base, **changes})


SETTINGS = {
    "tight": small(d=48, n=40, sigma=1e-6, omega_init=1e-6, eta=0.0, K=3, delta=0.4, C=2.0, seed=3),
    "wide": small(sigma=0.3, omega_init=0.1, eta=0.2, relu_at_zero=0.5, seed=2),
    "off the grid": small(d=5, n=6, m=4, sigma=1.0, omega_init=1.0, eta=0.3, K=None, alpha=0.3, steps=4, seed=4),
}


SPREAD = small(d=20, n=29, m=32, clusters="laplace", noise="per-cluster", K=2, C0=50.0, fresh=200, seed=3)


@pytest.mark.parametrize("state", STATES)
def test_no_planted_state_refutes_a_statement_or_a_link(state):
    run = made(Candidate(SPREAD.override(engine="auto"), (0.5, 10.0), (state,)))
    judgements = [judge(statement, run) for statement, _ in STATEMENTS]

    assert [broken(one) for one in judgements if is_broken(one)] == []
    assert sum(one.outcome is Outcome.CONFIRMED for one in judgements) > 5


@cache
def run_and_views(name):
    run = train(SETTINGS[name])
    return run, list(views(run, np.random.default_rng(1)))


@cache
def both_precisions(name):
    return [train(SETTINGS[name].override(dtype=dtype)) for dtype in ("float64", "float32")]


def stands(law):
    """Nothing breaks a law on any of the settings, and on some of them it compared something."""
    found = {name: law(name) for name in SETTINGS}
    assert {name: one.breaches for name, one in found.items() if one.breaches} == {}
    made = {name: one.comparisons for name, one in found.items()}
    print(f"comparisons: {made}")
    assert sum(made.values()) > 0
    return made


@every_statement
def test_swapping_sides_and_relation_changes_nothing(statement):
    made = stands(lambda name: reads_both_ways(statement, run_and_views(name)[0]))

    assert all(made.values())


@every_statement
def test_a_looser_bound_never_turns_holds_into_fails(statement):
    stands(lambda name: loosens_safely(statement, run_and_views(name)[0]))


@every_statement
def test_rotations_permutations_and_renamings_leave_outcome_and_slack(statement):
    made = stands(lambda name: sees_alike(statement, *run_and_views(name), by_name=BY_NAME))

    assert all(made.values())


@every_statement
def test_float32_and_float64_differ_only_where_one_is_undecided(statement):
    stands(lambda name: agrees_where_decided(statement, *both_precisions(name)))
