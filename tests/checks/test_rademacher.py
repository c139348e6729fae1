"""Proposition 15: literal loops, exact suprema against a grid, and each link with its ingredients spoilt."""

from dataclasses import replace
from importlib import import_module
from itertools import product

import numpy as np
import pytest

from checks.best_networks import closed_form, exact_members, network_value
from checks.rademacher import along, drawn, lengths, rademacher, searched
from checks.suprema import DRAWN, Reached, all_signs, climb, exact_suprema, mean_with_control, products, search
from rfa import Rounded, judge, rounded
from tests.checks.faulty import broken, constant
from tests.planting import breaks, holding, with_quantity
from tests.runs import loose, rng, small

module = import_module("checks.rademacher")


def signed_sum(signs, X, v):
    pre = [sum(a * b for a, b in zip(v, x, strict=True)) for x in X]
    return sum(e * max(0.0, p) for e, p in zip(signs, pre, strict=True))


def spoilt(values: Rounded, at: int, factor: float) -> Rounded:
    changed = np.array(values.value)
    changed[at] *= factor
    return Rounded(changed, values.error)


@pytest.mark.parametrize("run", [small(), loose()], ids=["small", "loose"])
def test_every_claim_and_link_holds(run):
    verdicts = holding(judge(rademacher, run))

    assert len(verdicts) == 17
    assert {id for id, v in verdicts.items() if v.outcome.name != "CONFIRMED"} == set()


def test_the_values_found_are_those_of_their_directions():
    run = loose()
    found = searched(run)
    up, down = (reached.vectors(run.sample.X, run.sample.mu) for reached in (found.up, found.down))

    for k in range(0, len(found.signs), 9):
        signs = found.signs[k]
        assert np.isclose(np.linalg.norm(up[k]), 1) and np.isclose(np.linalg.norm(down[k]), 1)
        assert np.isclose(signed_sum(signs, run.sample.X, up[k]), found.s_up.value[k])
        assert np.isclose(-signed_sum(signs, run.sample.X, down[k]), found.s_down.value[k])


def test_the_search_never_exceeds_the_exact_suprema_and_nearly_reaches_them():
    X = rng(1).standard_normal((7, 2))
    signs = all_signs(7)
    s_up, s_down, _, _ = exact_suprema(X[None], signs)
    found = search(X, np.eye(2), signs)

    for exact, value in ((s_up[0], found.s_up.value), (s_down[0], found.s_down.value)):
        assert (value <= exact + 1e-12).all()
        assert value.sum() > 0.98 * exact.sum()


def test_the_exact_suprema_are_those_of_a_fine_grid():
    points = np.array([[1.0, 0.2], [-0.7, 0.4], [0.1, -1.3], [0.5, 0.5]])
    angles = 2 * np.pi * np.arange(20_000) / 20_000
    circle = np.column_stack([np.cos(angles), np.sin(angles)])
    s_up, s_down, v_up, v_down = exact_suprema(points[None], all_signs(4))

    for r, signs in enumerate(product([-1, 1], repeat=4)):
        values = np.maximum(circle @ points.T, 0) @ np.array(signs)
        coarse = np.pi / len(angles) * np.linalg.norm(points, axis=1).sum()
        for exact, grid, v in ((s_up, values, v_up), (s_down, -values, v_down)):
            assert max(grid.max(), 0) <= exact[0, r] + 1e-12 <= max(grid.max(), 0) + coarse
            turn = 1 if grid is values else -1
            assert max(turn * signed_sum(signs, points, v[0, r]), 0) == pytest.approx(exact[0, r], abs=1e-12)


def test_no_network_beats_the_closed_form_and_one_attains_it():
    run, random = loose(), rng(2)
    points = random.standard_normal((5, 2))
    signs = np.array([1.0, -1, -1, 1, 1])
    s_up, s_down, v_up, v_down = (x[0, 0] for x in exact_suprema(points[None], signs[None]))
    best = float(closed_form(run, Rounded(s_up), Rounded(s_down)))

    def value(W):
        W = W / np.linalg.norm(W)
        return sum(a * signed_sum(signs, points, w) for a, w in zip(run.a, W, strict=True))

    attained = np.where(run.a[:, None] > 0, s_up * v_up, s_down * v_down)
    assert value(attained) == pytest.approx(best, rel=1e-12)
    assert max(value(random.standard_normal((run.m, 2))) for _ in range(200)) < best


def test_the_exact_members_are_literal_means_over_all_sign_vectors():
    run = small()
    points = np.array([[1.0, 0.1], [-0.9, 0.3], [0.2, 1.1]])
    exact = exact_members(run, points[None])
    s_up, s_down, _, _ = (x[0] for x in exact_suprema(points[None], all_signs(3)))
    rows = list(product([-1, 1], repeat=3))
    sums = [[sum(e * p[k] for e, p in zip(row, points, strict=True)) for k in (0, 1)] for row in rows]
    lengths = [np.hypot(*pair) for pair in sums]
    largest = [max(p, q) for p, q in zip(s_up, s_down, strict=True)]

    assert float(exact.network[0]) == pytest.approx(np.mean(np.sqrt((s_up**2 + s_down**2) / 2)) / 3)
    assert float(exact.best[0]) == pytest.approx(np.mean(largest) / 3)
    assert float(exact.twice[0]) == pytest.approx(2 * np.mean(s_up) / 3)
    assert float(exact.length[0]) == pytest.approx(2 * np.mean(lengths) / 3)
    assert float(exact.size[0]) == pytest.approx(2 * np.sqrt(sum(x * x + y * y for x, y in points)) / 3)


def test_the_monte_carlo_error_covers_the_exact_mean():
    X = rng(3).standard_normal((6, 2))
    square = float((X**2).sum())
    exact = np.linalg.norm(all_signs(6) @ X, axis=1).mean()

    for seed in range(30):
        signs = 2.0 * rng(seed).integers(2, size=(200, 6)) - 1
        lengths = np.linalg.norm(signs @ X, axis=1)
        estimate = mean_with_control(rounded(lengths), lengths**2, square)
        assert abs(float(estimate) - exact) <= float(estimate.error)
        assert float(estimate.error) < 5 * lengths.std() / np.sqrt(200)


def test_squares_that_differ_by_rounding_alone_are_no_control():
    squares, values = np.full(3, 0.1), np.array([1.0, 2.0, 4.0])
    assert squares.mean() != 0.1

    assert float(mean_with_control(rounded(values), squares, float(squares.mean()))) == pytest.approx(7 / 3)


def test_a_climb_from_where_no_input_is_active_stays_there():
    X, signs = np.eye(2, 3), np.ones((1, 2))
    begin = Reached(np.array([3]), np.array([True]), signs, np.array([1.0]), np.array([0.0]))
    found = climb(products(X), signs, (begin, np.full((1, 2), -1.0)))

    assert found.value == 0 and found.planar.all() and found.at == 3


def test_the_networks_outputs_give_the_closed_form():
    run = loose()
    found = searched(run)

    assert np.allclose(network_value(run, found).value, closed_form(run, found.s_up, found.s_down).value)


def test_a_spoilt_supremum_breaks_the_links_per_sign_vector_there(monkeypatch):
    run = loose()
    found = searched(run)
    wrong = replace(found, s_up=spoilt(found.s_up, 5, 40.0))

    broken(rademacher, run, constant(module, "searched", lambda _: wrong), {"E49 X0→X1": {"pair": 5}}, monkeypatch)


def test_a_spoilt_linear_supremum_breaks_its_link_there(monkeypatch):
    run = loose()
    wrong = spoilt(along(run, searched(run)), 5, 0.9)

    broken(rademacher, run, constant(module, "along", lambda *_: wrong), {"U-P15 L0→L1": {"pair": 5}}, monkeypatch)


def test_unequal_neurons_break_the_premise_and_what_rests_on_it():
    run = loose()
    wider = replace(run, a=np.where(np.arange(run.m) == 3, 5.0, 1.0) * run.a)
    rest = ("E49 X0→X1", "E49 X2→X3", "E49 A0→A1", "E49 W0→W1")
    verdicts = holding(judge(rademacher, wider))

    breaks(rademacher, run, wider, "RP.a", j=3)
    breaks(rademacher, run, wider, *rest[1:])
    assert all(verdicts[id].fails and verdicts[id].failing == ("RP.a",) for id in rest)


def test_narrow_neurons_break_the_step_to_the_best_one():
    run = loose()
    narrow = replace(run, a=run.a / 3)

    breaks(rademacher, run, narrow, "E49 X1→X2")
    assert holding(judge(rademacher, narrow))["E49 X1→X2"].failing == ("RP.a",)


WRONG_SUPREMA = {
    "U-P15 X0→X1": lambda found: replace(found, s_down=-1 * found.s_up),
    "U-P15 X1→X2": lambda found: replace(found, s_up=9 * found.s_up, s_down=9 * found.s_down),
}


@pytest.mark.parametrize("id", WRONG_SUPREMA)
def test_suprema_that_are_too_large_break_symmetry_and_contraction(monkeypatch, id):
    wrong = WRONG_SUPREMA[id](searched(loose()))

    broken(rademacher, loose(), constant(module, "searched", lambda _: wrong), {id: {}}, monkeypatch)


def test_signed_sums_that_are_too_long_break_jensens_inequality(monkeypatch):
    wrong = 3 * lengths(loose())

    broken(rademacher, loose(), constant(module, "lengths", lambda _: wrong), {"U-P15 X2→X3": {}}, monkeypatch)


def test_the_sign_vectors_searched_are_the_first_of_those_drawn():
    run = loose()
    found, signs = searched(run), drawn(run, DRAWN)

    assert (found.signs == signs[: len(found.signs)]).all() and len(found.signs) < len(signs)
    literal = [np.linalg.norm(sum(e * x for e, x in zip(row, run.sample.X, strict=True))) for row in signs]
    assert np.allclose(lengths(run).value, literal, rtol=1e-12)
    assert np.allclose(found.linear.value, literal[: len(found.signs)], rtol=1e-12)


def test_inputs_that_are_longer_than_their_norms_break_the_bound():
    run = loose()
    shorter = run
    for i in range(run.n):
        shorter = with_quantity(shorter, "input_norm", (i,), lambda x: x / 9)

    breaks(rademacher, run, shorter, "P15.empirical", "U-P15 X2→X3")


def test_a_planted_norm_breaks_the_cauchy_schwarz_step_at_its_time():
    shrunk = with_quantity(small(), "frobenius", (2,), lambda x: x / 50)

    breaks(rademacher, small(), shrunk, "E49 W0→W1", t=2)


@pytest.mark.parametrize(
    ("member", "factor", "ids"),
    [
        ("network", 1.1, {"E49 A0→A1"}),
        ("closed", 9, {"E49 A0→A1", "E49 A1→A2", "U-P15 S0→S1"}),
        ("best", 9, {"U-P15 A0→A1"}),
        ("twice", 9, {"U-P15 A1→A2"}),
        ("length", 9, {"U-P15 A2→A3"}),
        ("size", 9, {"U-P15 S1→S2"}),
    ],
)
def test_each_exact_link_fails_when_its_left_member_is_spoilt(monkeypatch, member, factor, ids):
    def spoil(run, points):
        exact = exact_members(run, points)
        return exact._replace(**{member: factor * getattr(exact, member)})

    broken(rademacher, loose(), constant(module, "exact_members", spoil), {id: {} for id in ids}, monkeypatch)
    assert {id for id, v in holding(judge(rademacher, replace(loose()))).items() if v.outcome.name == "REFUTED"} == ids
