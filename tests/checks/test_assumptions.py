from dataclasses import replace
from math import inf, isclose, log, sqrt

import pytest

from checks import assumptions, feasible
from checks.assumptions import assumption_table
from checks.feasible import A6_limits, judged_C, largest_C, nearest_changes, nearest_sizes, step_range
from rfa import DoesNotApply, InputError, Outcome, Setting, judge
from rfa.simulation import simulate
from tests.planting import breaks, holding
from tests.runs import small_setting

RESULTS = (
    assumptions.large_dimension, assumptions.tight_clusters, assumptions.many_samples, assumptions.low_noise,
    assumptions.many_neurons, assumptions.small_start, assumptions.moderate_step,
)  # fmt: skip
IDS = ("A1", "A2", "A3", "A4", "A5", "A6", "A7.lower", "A7.upper")
ABOUT = {id: statement for statement in RESULTS for id in IDS if id.startswith(statement.id)}


def met(**changes) -> Setting:
    """(A1)-(A7) hold together at C = 36 = 4K²; the sizes fit it closely."""
    base = {
        "K": 3, "delta": 0.3, "d": 1640, "n": 250, "m": 50, "sigma": 0.999 / (36 * sqrt(1640)),
        "eta": 0.027, "omega_init": 0.999 / (36 * sqrt(50 * 1640)), "fresh": 10, "steps": 1,
    }  # fmt: skip
    return Setting(**{**base, **changes})


@pytest.fixture(scope="module")
def run():
    return simulate(met())


def verdicts(run):
    return {id: v for s in RESULTS for id, v in holding(judge(s, run)).items()}


def literal(of, C):
    """The two sides of each assumption as the paper writes them (A7 squared out of its roots)."""
    most = max(log(of.n / of.delta) ** 2, log(of.m / of.delta))
    return {
        "A1": (of.d, C * most),
        "A2": (of.sigma**2, 1 / (C**2 * of.d)),
        "A3": (of.n, C * log(of.m / of.delta)),
        "A4": (of.eta, 1 / C),
        "A5": (of.m, C * log(1 / of.delta)),
        "A6": (of.omega_init**2, 1 / (C**of.a6_power * of.m * of.d)),
        "A7.lower": (1 / (2 * sqrt(C)), of.step_size),
        "A7.upper": (of.step_size, 1 / sqrt(C)),
    }


def literally_holds(of, C, id):
    lhs, rhs = literal(of, C)[id]
    return lhs >= rhs if id in ("A1", "A3", "A5") else lhs <= rhs


def test_all_assumptions_hold_on_a_run_made_for_them(run):
    assert judged_C(run) == 36.0
    assert set(verdicts(run)) == set(IDS)
    assert all(v.outcome is Outcome.CONFIRMED for v in verdicts(run).values())
    assert all(literally_holds(run, 36.0 * (1 + 1e-12), id) for id in IDS)


FAULTS = {
    "A1": {"d": 1620}, "A2": {"sigma": 1.01 / (36 * sqrt(1640))}, "A4": {"eta": 0.028},
    "A6": {"omega_init": 1.01 / (36 * sqrt(50 * 1640))}, "A7.lower": {"C": 35.9}, "A7.upper": {"C": 144.1},
}  # fmt: skip


@pytest.mark.parametrize("id", FAULTS)
def test_each_assumption_can_fail_and_fails_alone(run, id):
    changed = replace(run, **FAULTS[id])
    faulty = verdicts(changed)

    breaks(ABOUT[id], run, changed, id)
    assert faulty[id].outcome is Outcome.SILENT
    if id != "A7.upper":  # a C above that limit breaks others too
        assert [other for other, v in faulty.items() if not v.holds] == [id]


@pytest.mark.parametrize("id", ["A3", "A5"])
def test_more_samples_and_neurons_are_asked_for_where_less_may_fail(run, id):
    breaks(ABOUT[id], run, replace(run, delta=1e-9), id)


@pytest.mark.parametrize(("id", "changes"), [("A3", {"n": 100}), ("A5", {"m": 42})])
def test_too_few_samples_or_neurons_are_seen(id, changes):
    rows = {row.id: row for row in assumption_table(met(**changes)).rows}

    assert [other for other, row in rows.items() if not row.holds] == [id]


@pytest.mark.parametrize("C", [None, 36.0, 40.0, 100.0, 500.0])
@pytest.mark.parametrize("setting", [met(), small_setting(), met(a6_power=3), met(K=5, eta=0.0)])
def test_the_sides_are_those_of_the_specification(setting, C):
    table = assumption_table(setting, C)

    assert [row.id for row in table.rows] == list(IDS)
    for row in table.rows:
        lhs, rhs = literal(setting, table.C)[row.id]
        size = {"A2": setting.d, "A6": setting.m * setting.d}.get(row.id)
        if size:  # judged as s <= 1/C and u <= C^(-p/2)
            assert (row.lhs**2, row.rhs**2) == (pytest.approx(lhs * size), pytest.approx(rhs * size))
        elif not row.id.startswith("A7"):  # judged as bounds on C
            assert (row.lhs, row.rhs) == (pytest.approx(lhs), pytest.approx(rhs))
        if not isclose(lhs, rhs):
            assert row.holds == literally_holds(setting, table.C, row.id)


@pytest.mark.parametrize("setting", [met(), small_setting(), met(K=7, a6_power=3), met(eta=0.0)])
def test_the_largest_C_is_where_an_assumption_stops_to_hold(setting):
    found = largest_C(setting)

    for id, limit in {**found.limits, "A7.upper": found.step[1]}.items():
        below, above = limit * (1 - 1e-9), limit * (1 + 1e-9)
        assert limit == inf or literally_holds(setting, below, id)
        assert limit == inf or not literally_holds(setting, above, id)
    assert not literally_holds(setting, found.step[0] * (1 - 1e-9), "A7.lower")
    assert found.interval == (found.step[0], min(*found.limits.values(), found.step[1]))


def test_an_infeasible_setting_names_what_binds():
    found = largest_C(met(eta=0.2))

    assert (found.possible, found.binding, found.missing) == (False, "A4", ("A4",))
    assert found.interval == (36.0, pytest.approx(5.0))
    assert largest_C(met()).possible and largest_C(met()).missing == ()


def test_A6_is_reported_for_three_exponents():
    u = met().omega_init * sqrt(50 * 1640)

    assert A6_limits(met(a6_power=1.5)) == {p: pytest.approx(u ** (-2 / p)) for p in (1.0, 2.0, 3.0, 1.5)}


@pytest.mark.parametrize("K", [1, 3, 93, 99, 1364, 11400])
def test_the_least_C_of_a_step_size_on_the_grid_is_a_whole_number(K):
    setting = small_setting(K=K, steps=1)

    assert step_range(setting) == (4 * K**2, 16 * K**2)
    rows = {row.id: row for row in assumption_table(setting).rows}
    assert rows["A7.lower"].holds and rows["A7.upper"].holds


def test_a_step_size_above_a_half_is_judged_just_above_one():
    coarse = small_setting(K=None, alpha=0.9, steps=2)

    assert 1 < judged_C(coarse) < 1 + 1e-12
    assert assumption_table(coarse).binding[0] == "C > 1"


@pytest.mark.parametrize("C", [1.5, 3.0, 4.0, 36.0, 100.0, 144.0, 1000.0])
@pytest.mark.parametrize("setting", [met(), small_setting(), small_setting(sigma=0.5, eta=0.3, omega_init=0.1)])
def test_the_nearest_sizes_satisfy_all_assumptions_and_change_no_more_than_they_must(setting, C):
    near = nearest_sizes(setting, C)

    assert all(row.holds for row in assumption_table(near).rows)
    assert judged_C(near) == C
    assert nearest_changes(near, C) == {}
    for key in nearest_changes(setting, C).keys() - {"noisy", "K", "alpha"}:
        back = near.override(**{key: _one_step_back(key, getattr(near, key), getattr(setting, key))})
        assert not all(row.holds for row in assumption_table(back).rows), key


def _one_step_back(key, value, towards):
    steps = {"m": 2, "n": 1, "d": 1}
    return value - steps[key] if key in steps else min(value * (1 + 1e-4), towards)


def test_sizes_that_satisfy_the_assumptions_stay():
    assert nearest_changes(met(), 36.0) == {}


def test_the_step_size_moves_only_where_C_is_out_of_its_range():
    assert "K" not in nearest_changes(met(), 100.0)
    assert nearest_changes(met(), 144.1)["K"] == 4
    assert nearest_changes(met(K=50), 144.1)["K"] == 6


def test_noise_that_must_shrink_takes_the_number_of_noisy_samples_along():
    near = nearest_sizes(small_setting(eta=0.3, noisy=14), 36.0)

    assert near.noisy == round(near.eta * near.n)


def test_the_table_names_the_nearest_value_of_what_fails():
    table = assumption_table(small_setting())
    rows = {row.id: row for row in table.rows}

    assert rows["A5"].nearest == f"m = {table.nearest['m']:g}"
    assert rows["A4"].nearest == ""
    assert table.feasible[0] > table.feasible[1]


def test_a_run_that_lacks_a_parameter_lacks_only_the_assumptions_about_it(run):
    unknown = replace(run, sigma=None)
    outcomes = {s.id: judge(s, unknown).outcome for s in RESULTS}

    assert [id for id, outcome in outcomes.items() if outcome is Outcome.NOT_APPLICABLE] == ["A2"]
    with pytest.raises(DoesNotApply, match="sigma is not known"):
        largest_C(unknown)


def test_C_must_exceed_one():
    with pytest.raises(InputError, match=r"C = 1\.0; expected more than 1"):
        nearest_sizes(met(), 1.0)


def test_nothing_here_needs_a_run():
    assert feasible.largest_C(met()).limits == pytest.approx(feasible.largest_C(simulate(met())).limits)
