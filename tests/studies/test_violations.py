import dataclasses
import json
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from rfa import Paper, Setting
from rfa.errors import InputError
from rfa.scaling import Scaling
from rfa.simulation import simulate
from rfa.studies import trials
from rfa.studies.assumptions import (
    assumptions,
    claims_of,
    excess,
    feasible,
    features,
    judged_at,
    limit,
    nearest,
    principal,
)
from rfa.studies.breakpoints import Prober, find_break
from rfa.studies.candidates import Candidate, make_run
from rfa.studies.coordinates import COORDINATES, coordinate, move, spread, start
from rfa.studies.execution import Crew, executor_of
from rfa.studies.falsify import falsify
from rfa.studies.proof_paths import goals_of, users_of
from rfa.studies.scaling import TOLERANCE, fit_power, judge_exponent, run_scalings
from rfa.studies.storage import Store
from rfa.studies.sweeps import read_sweep, run_sweep, share_held, values_of
from rfa.studies.trials import Task
from rfa.studies.violations import report_breaks, report_violations
from rfa.studies.violations_output import breaks_markdown, violations_markdown
from rfa.studies.wishes import Wish
from rfa.verdicts import Outcome
from tests.studies.toy import FRAIL_PAPER, LENGTH, PAPER, coins, goal, near, spread as spread_assumption, tiny

TOY = "tests.studies.toy:PAPER"


def feasible_setting(**changes) -> Setting:
    """The example of a literally feasible run: K = 3, C = 36."""
    base = {
        "d": 3600, "n": 2000, "m": 400, "K": 3, "sigma": 1 / 36 / 60, "omega_init": 1 / 36 / 1200,
        "eta": 1 / 36, "delta": 0.1,
    }  # fmt: skip
    return Setting(**{**base, **changes})


def printed() -> Paper:
    from checks import PAPER as paper

    return paper


@pytest.mark.parametrize("name", sorted(COORDINATES))
def test_a_coordinate_is_what_was_set(name):
    axis, value = COORDINATES[name], {"delta": 0.3, "eta": 0.2, "C0": 5.0, "C": 5.0}.get(name, 8.0)
    assert axis.get(axis.set(tiny(C=3.0), value)) == pytest.approx(value, rel=1e-15)


@pytest.mark.parametrize("name", ["d", "m"])
def test_moving_a_size_keeps_the_spread_and_the_start(name):
    moved = coordinate(name).set(tiny(), 40)
    assert spread(moved) == pytest.approx(spread(tiny())) and start(moved) == pytest.approx(start(tiny()))


def test_coordinates_given_beside_sizes_hold_in_the_result():
    moved = move(tiny(), {"s": 0.5, "d": 25, "clusters": "cube"})
    assert (moved.d, spread(moved), moved.clusters) == (25, pytest.approx(0.5), "cube")
    with pytest.raises(InputError, match="no such coordinate"):
        coordinate("temperature")


def test_the_feasible_example_satisfies_every_assumption_at_36():
    found = assumptions(printed(), feasible_setting(), 36.0 * (1 + 1e-12))
    assert {a.id for a in found} >= {"A1", "A2", "A3", "A4", "A5", "A6"}
    excesses = {a.id: a.excess for a in found}
    assert all(e <= 1 + 1e-9 for e in excesses.values())
    low, high = feasible(found)
    assert low == pytest.approx(36, rel=1e-6) and high == pytest.approx(36, rel=1e-6)


def test_largest_constants_are_those_of_the_closed_forms():
    of = feasible_setting(n=500, d=90, m=40, sigma=0.02, omega_init=0.001, eta=0.07, K=2)
    found = {a.id: a for a in assumptions(printed(), of)}
    closed = {
        "A1": 90 / max(math.log(500 / 0.1) ** 2, math.log(40 / 0.1)), "A2": 1 / (0.02 * math.sqrt(90)),
        "A3": 500 / math.log(400), "A4": 1 / 0.07, "A5": 40 / math.log(10),
        "A6": 1 / (0.001 * math.sqrt(3600)),
    }  # fmt: skip
    for id, C in closed.items():
        assert found[id].largest_C == pytest.approx(C, rel=1e-6)
        assert found[id].excess == pytest.approx(16 / C, rel=1e-6) or id in ("A2", "A6")
        assert found[id].holds == (C >= 16)
    assert judged_at(printed(), of) == pytest.approx(16, rel=1e-6)


@pytest.mark.parametrize(
    ("id", "name", "direction"),
    [
        ("A1", "d", -1), ("A2", "sigma*sqrt(d)", 1), ("A3", "n", -1), ("A4", "eta", 1), ("A5", "m", -1),
        ("A6", "omega*sqrt(md)", 1), ("A7.lower", "alpha", -1), ("A7.upper", "alpha", 1),
    ],
)  # fmt: skip
def test_each_assumption_is_overstepped_along_its_own_coordinate(id, name, direction):
    place = [c.id for c in claims_of(printed(), feasible_setting(), 36.0)].index(id)
    axis, way = principal(printed(), feasible_setting(), 36.0, place)
    assert (axis.name, way) == (name, direction)
    edge = limit(printed(), feasible_setting(), 36.0, place, axis, way)
    inside, outside = (axis.set(feasible_setting(), edge * 1.01 ** (k * way)) for k in (-1, 1))
    if axis.whole:
        inside, outside = (axis.set(feasible_setting(), edge - way * k) for k in (2, -2))
    assert claims_of(printed(), inside, 36.0)[place].holds
    assert not claims_of(printed(), outside, 36.0)[place].holds


def test_the_nearest_setting_satisfies_every_assumption():
    found = nearest(printed(), feasible_setting(sigma=0.1, eta=0.15, m=100), candidates=2)
    assert all(a.holds for a in assumptions(printed(), found.setting, found.C))
    assert "sigma*sqrt(d)" in {name for name, *_ in found.changes}
    assert found.distance < 40
    assert nearest(printed(), found.setting, candidates=1).distance == 0


def test_features_name_what_the_laws_lack():
    of = tiny(clusters="two-point", noise="boundary", eta=0.1, K=None, alpha=0.21)
    failing = {f.name for f in features(of) if not f.holds}
    assert failing == {
        "log-concave clusters",
        "symmetric clusters",
        "integer 1/(4 alpha)",
        "noise independent of x",
    }
    assert all(f.holds for f in features(tiny(orientation="random")))


def test_the_excess_is_the_factor_between_the_sides():
    (claim,) = claims_of(PAPER, tiny(sigma=0.4), 16.0)
    assert excess(claim) == pytest.approx(0.8 * 16)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """The violation report of a toy setting that oversteps its assumption 12.8 times."""
    wish = Wish(
        tiny(sigma=0.4, C=16.0, delta=0.3), TOY, trials=10, claims=("GOAL.short",), tries=40,
        map_axes=(("sigma*sqrt(d)", (0.1, 3.0)), ("n", (4.0, 8.0))), map_of="NEAR.along", map_trials=4,
    )  # fmt: skip
    return report_violations(wish, tmp_path_factory.mktemp("violations") / "study.sqlite")


def test_the_report_names_the_violation_its_users_and_its_factor(report):
    (violation,) = report.violations
    assert violation.assumption.id == "A" and violation.assumption.excess == pytest.approx(12.8)
    assert violation.direct == ("COIN", "NEAR") and violation.all == ("COIN", "NEAR", "GOAL")
    assert "GOAL" in violation.goals
    broken = violation.broken
    assert broken is not None and (broken.statement, broken.link) == ("NEAR", "N1 X1→X2")
    assert broken.path == ("A", "NEAR", "GOAL") and broken.trials == report.linked == 3 and 1 <= broken.times <= 3
    assert "GOAL.short" in {r.claim for r in violation.failing}


def test_the_break_point_of_a_known_law_lies_in_its_interval(report):
    """R ≤ 3/2 fails where some deviation is long; the true rate is found by brute force beside the
    interval."""
    found = report.breaks[0]
    assert found.asked == pytest.approx(1 / 16, rel=1e-6) and found.holds_at < found.fails_at
    assert "× weaker" in found.says

    def kept(s: float) -> float:
        axis = COORDINATES["sigma*sqrt(d)"]
        runs = (simulate(axis.set(tiny(seed=10_000 + k), s)) for k in range(60))
        return float(np.mean([float(r.R_x) <= 1.5 for r in runs]))

    assert kept(found.holds_at) >= 0.6
    assert kept(found.fails_at) <= 0.8


def test_break_points_take_every_draw_as_it_comes(tmp_path):
    wish = Wish(tiny(C=30.0, delta=0.45, noisy=0, draw_until="NEAR"), TOY, claims=("GOAL.short",), tries=16)
    breaks = report_breaks(wish, tmp_path / "s.sqlite")
    with Store.open(tmp_path / "s.sqlite") as store:
        rows = [row for (row,) in store.db.execute("SELECT row FROM trials")]
        assert not any(store.task(row)[0].setting.draw_until or store.task(row)[0].setting.noisy == 0 for row in rows)
    assert "draw_until = NEAR, noisy = 0; here every draw is taken as it comes" in breaks_markdown(
        breaks, 0.005, wish.setting
    )


def test_the_report_says_in_short_what_fails_and_what_holds_all_the_same(report):
    text = violations_markdown(report, Path("study.sqlite"))
    assert "- Overstepped: A (12.8 ×). Satisfied: none." in text
    assert "- Not as assumed of the laws: nothing." in text
    holding = next(line for line in text.splitlines() if line.startswith("- Conclusions that hold"))
    failing = next(line for line in text.splitlines() if line.startswith("- Conclusions that fail"))
    held = {r.claim for r in report.rates.rates if r.counts.failed == 0}
    assert all((c.split(".")[1] in holding) == (c in held) for c in ("NEAR.along", "GOAL.short", "COIN.below"))
    assert "NEAR (along" in failing + holding and " of 10" in failing
    assert "on the way A → NEAR → GOAL: N1 X1→X2 of NEAR" in text
    assert "Break points were not asked for" not in text


def test_premises_that_fail_are_counted_with_those_that_suppose_them(report):
    (premise,) = report.premises
    runs = [simulate(tiny(sigma=0.4, C=16.0, delta=0.3, seed=k)) for k in range(10)]
    assert premise.claim == "RP.D" and premise.statements == ("GOAL", "NEAR")
    assert premise.trials == sum(float(run.D) > 0.5 for run in runs) > 0


def test_break_points_alone_are_those_of_the_report(report, tmp_path):
    wish = Wish(
        tiny(sigma=0.4, C=16.0, delta=0.3), TOY, trials=1, claims=("GOAL.short",), along=("A",), tries=40,
    )  # fmt: skip
    assert report_breaks(wish, tmp_path / "s.sqlite") == report.breaks
    with pytest.raises(InputError, match="--along A9: no such assumption"):
        report_breaks(dataclasses.replace(wish, along=("A9",)), tmp_path / "t.sqlite")


def test_the_goals_are_what_nothing_else_uses():
    assert goals_of(PAPER) == ["COIN", "GOAL"]
    assert "T1" in goals_of(printed())


def test_the_map_shows_where_a_statement_holds(report):
    (shown,) = report.maps
    assert shown.shares[0] == (1.0, 1.0) and max(shown.shares[1]) < 1


def test_users_of_an_assumption_follow_the_proof():
    direct, everything = users_of(printed(), "A7.lower")
    assert "L14" in {s.id for s in direct} and {"L12", "T1"} <= {s.id for s in everything}
    assert "L3" not in {s.id for s in everything}


def test_a_break_that_is_never_reached_is_said_so(tmp_path):
    with Store.create(tmp_path / "s.sqlite", {}) as store, Crew(executor_of("processes", 0), 0, TOY) as crew:
        prober = Prober(partial(crew.run, store), store, tiny(delta=0.4), COORDINATES["eta"], ("GOAL",), 0.05, most=48)
        found = find_break(prober, "A4", "GOAL.short", 0.05, 1)
    assert found.fails_at is None and "the end of the search" in found.says


def test_where_a_conclusion_fails_at_what_is_allowed_it_is_sought_inwards(tmp_path):
    """R ≤ 3/2 fails where some deviation is longer than 1/2; starting far beyond, the same end is found."""
    with Store.create(tmp_path / "s.sqlite", {}) as store, Crew(executor_of("processes", 0), 0, TOY) as crew:
        axis = COORDINATES["sigma*sqrt(d)"]
        prober = Prober(partial(crew.run, store), store, tiny(delta=0.4), axis, ("GOAL",), 0.05, most=48)
        inwards = find_break(prober, "A2", "GOAL.short", 4.0, 1)
        outwards = find_break(prober, "A2", "GOAL.short", 0.01, 1)
    assert inwards.holds_at < inwards.fails_at < 4 and "× stronger than asked" in inwards.says
    assert inwards.holds_at < outwards.fails_at and outwards.holds_at < inwards.fails_at


def test_the_certificate_breaks_before_the_conclusion_does(report):
    """R ≤ 11/10, which the toy certifies by, ends before R ≤ 3/2, which it promises."""
    in_fact, promised = report.breaks

    assert [b.claim for b in report.breaks] == ["GOAL.short", "certificate"]
    assert promised.asked == in_fact.asked and promised.coordinate == in_fact.coordinate
    assert promised.fails_at < in_fact.holds_at
    assert "| assumption | asks | GOAL.short | certificate |" in breaks_markdown(report.breaks, 0.005, report.setting)


@pytest.mark.parametrize(("sigma", "outcome"), [(0.01, "CONFIRMED"), (1.0, "SILENT")])
def test_a_trial_of_the_certificate_alone_needs_no_training(sigma, outcome, monkeypatch):
    monkeypatch.setattr(trials, "simulate", None)
    trial = trials.run_trial(TOY, Task(0, tiny(sigma=sigma), (trials.CERTIFICATE,)))
    (mark,) = trial.marks

    assert trial.error == "" and mark.role == "conclusion"
    assert mark.outcome == outcome and (mark.state > 0) == (outcome == "CONFIRMED") == ("Guaranteed" in mark.failing)
    assert mark.rhs == 1.1


def test_break_points_of_a_certificate_that_is_not_there_are_refused_before_anything_is_written(tmp_path):
    wish = Wish(tiny(), "tests.studies.toy:FRAIL_PAPER", claims=("certificate",))
    with pytest.raises(InputError, match="'frail' has none"):
        report_violations(wish, tmp_path / "s.sqlite")

    assert not list(tmp_path.iterdir())


def test_a_paper_without_a_certificate_has_no_mark_of_it():
    with pytest.raises(InputError, match="no certificate"):
        trials.certificate_mark(FRAIL_PAPER, simulate(tiny()))


def test_a_search_finds_the_counterexample_and_it_can_be_made_again():
    found = {f.claim: f for f in falsify(PAPER, "NEAR", tiny(), 25, seed=2)}
    false = found["NEAR.false"]
    assert false.refuted and "counterexample" in false.says
    again = Candidate.of(false.candidate.command)
    assert again == false.candidate
    run = make_run(again)
    index = json.loads(false.mark.witness)["i"]
    assert float(run.input_norm.value[index]) == false.mark.lhs > 0.9


def test_a_search_that_finds_nothing_says_how_near_it_came():
    found = {f.claim: f for f in falsify(PAPER, "NEAR.along", tiny(), 40, seed=1)}
    true = found["NEAR.along"]
    assert not true.refuted and 0 <= true.slack < 0.45 and "none found in 40 evaluations" in true.says
    slacks = [s for _, s in true.trail]
    assert slacks == sorted(slacks, reverse=True)


def test_a_promise_with_a_probability_is_not_refuted_by_one_run():
    found = {f.claim: f for f in falsify(PAPER, "COIN.above", tiny(), 30, seed=0)}
    assert not found["COIN.above"].refuted and "one run refutes no probability" in found["COIN.above"].says


def test_only_settings_within_the_assumptions_count_when_asked():
    (found,) = falsify(PAPER, "NEAR.along", tiny(sigma=3.0), 1, C=16.0)
    assert found.slack is None and "nothing was tested" in found.says


def test_planted_starts_are_searched_and_made_again():
    candidate = Candidate(tiny(), (1.0, 2.0))
    run, plain = make_run(candidate), make_run(Candidate(tiny()))
    assert np.allclose(run.trace.norm[0], 2 * plain.trace.norm[0])
    assert np.allclose(np.abs(run.trace.projection[0]).max(axis=1), run.trace.norm[0])


@pytest.mark.parametrize("power", [-1.0, 0.0, 0.5, 2.0])
def test_a_noisy_power_is_found_within_its_interval(power):
    rng = np.random.default_rng(4)
    x = np.repeat(np.geomspace(1, 100, 8), 5)
    inside = 0
    for _ in range(200):
        fit = fit_power(list(zip(x, 3 * x**power * np.exp(0.1 * rng.standard_normal(len(x))), strict=True)), 0.1)
        inside += fit.lower <= power <= fit.upper
    assert 0.84 <= inside / 200 <= 0.96


@pytest.mark.parametrize(
    ("relation", "claimed", "outcome"),
    [
        ("==", 1.0, "CONFIRMED"), ("==", 0.5, "REFUTED"), ("<=", 1.5, "CONFIRMED"), ("<=", 0.5, "REFUTED"),
        (">=", 0.5, "CONFIRMED"), (">=", 1.5, "REFUTED"), ("==", 1.0 + TOLERANCE, "UNDECIDED"),
    ],
)  # fmt: skip
def test_exponents_are_judged_against_the_claim(relation, claimed, outcome):
    data = [(x, 2 * x * math.exp(0.001 * (-1) ** k)) for k, x in enumerate((1.0, 2.0, 4.0, 8.0, 16.0))]
    scaling = dataclasses.replace(LENGTH, exponent=claimed, relation=relation)
    assert judge_exponent(scaling, fit_power(data, 0.01)) is Outcome[outcome]


def test_a_curve_that_is_no_power_shows_its_bend():
    fit = fit_power([(x, math.exp(x)) for x in (1.0, 2.0, 3.0, 4.0, 5.0)], 0.01)
    assert fit.bend[1] > 0


def test_scalings_are_measured_in_trials(tmp_path):
    (verdict,) = run_scalings(TOY, tmp_path / "s.sqlite", trials=2)
    assert verdict.outcome is Outcome.CONFIRMED and verdict.fit.points == len(LENGTH.values)
    assert len(verdict.data) == 2 * len(LENGTH.values)


def test_a_scaling_without_positive_values_is_an_error(tmp_path, monkeypatch):
    import tests.studies.toy as toy

    zero = Scaling("zero", "nothing", lambda run: 0.0, "n", (4.0, 5.0, 6.0), 0.0, LENGTH.base)
    monkeypatch.setattr(toy, "PAPER", dataclasses.replace(PAPER, scalings=(zero,)))
    (verdict,) = run_scalings(TOY, tmp_path / "s.sqlite", trials=1)
    assert verdict.outcome is Outcome.ERROR and "not positive" in verdict.reason


SWEEP = """
trials = 3
statements = ["NEAR"]
[base]
d = 4
n = 12
m = 4
K = 1
sigma = 0.05
omega_init = 0.01
fresh = 1
[grid]
s = { from = 0.01, to = 1.0, points = 3 }
clusters = ["gaussian", "cube"]
"""


def test_a_sweep_runs_every_point_with_the_same_seeds(tmp_path):
    sweep = read_sweep(SWEEP, TOY, lambda name: tiny())
    assert sweep.size == 18 and len(sweep.points()) == 6
    run_sweep(sweep, tmp_path / "s.sqlite")
    with Store.open(tmp_path / "s.sqlite") as store:
        tasks = [store.task(row)[0] for row in range(18)]
        assert share_held(store, 0, "NEAR.along") == 1.0 and share_held(store, 4, "NEAR.along") < 1
        rows = [r for r in store.table() if r[7] == "conclusion"]
    assert [t.setting.seed for t in tasks] == [0, 1, 2] * 6
    assert [spread(t.setting) for t in tasks[::6]] == pytest.approx([0.01, 0.1, 1.0])
    assert {t.setting.clusters for t in tasks[3:6]} == {"cube"}
    assert len(rows) == 18 * 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("trials = 1", "base setting"), (SWEEP + "\nmore = 1", "no such coordinate|unknown key|more"),
        (SWEEP.replace("to = 1.0, ", ""), "expected a list"), ("= 3", "not a TOML"),
        ("speed = 3\n" + SWEEP, "speed"),
        (SWEEP.replace("0.01, to", "-1.0, to"), "above 0"), (SWEEP.replace("0.01, to", '"a", to'), "finite numbers"),
        (SWEEP.replace("points = 3", "points = 0"), "from 1 to"), (SWEEP.replace("= 3\n", "= 0\n", 1), "at least 1"),
        (SWEEP.replace('"NEAR"', '"FAR"'), "no such statement"), (SWEEP.replace('["NEAR"]', "3"), "list of ids"),
    ],
)  # fmt: skip
def test_a_sweep_that_cannot_be_read_says_why(text, told):
    with pytest.raises(InputError, match=told):
        read_sweep(text, TOY, lambda name: tiny())


def test_values_of_an_axis_are_spaced_as_asked():
    assert values_of("x", {"from": 1, "to": 100, "points": 3}) == pytest.approx((1, 10, 100))
    assert values_of("x", {"from": 1, "to": 3, "points": 3, "scale": "linear"}) == pytest.approx((1, 2, 3))


def test_the_toy_paper_lists_its_statements():
    assert [s.id for s in PAPER.results] == [s.id for s in (spread_assumption, coins, near, goal)]
