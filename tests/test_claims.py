from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, strategies as st
from hypothesis.extra.numpy import arrays

from rfa import Rounded, Sampled, suppose, then
from rfa.claims import FAILS, HOLDS, UNDECIDED
from rfa.rounding import UNIT
from rfa.verdicts import judge_premise

sides = arrays(float, (3, 2), elements=st.floats(-1e6, 1e6))
MIRROR = {"<=": ">=", "<": ">", ">=": "<=", ">": "<", "==": "=="}


@given(lhs=sides, rhs=sides, relation=st.sampled_from(list(MIRROR)))
def test_swapping_sides_and_relation_changes_nothing(lhs, rhs, relation):
    one = then("a", "", lhs, relation, rhs, axes="t j")
    other = then("a", "", rhs, MIRROR[relation], lhs, axes="t j")

    assert (one.state == other.state).all() and (one.slack == other.slack).all()
    assert one.worst() == other.worst()


@given(lhs=sides, rhs=sides, more=st.floats(0, 1e6))
def test_a_looser_bound_never_turns_holds_into_fails(lhs, rhs, more):
    tight, loose = (then("a", "", lhs, "<=", r, axes="t j") for r in (rhs, rhs + more))

    assert not ((tight.state == HOLDS) & (loose.state == FAILS)).any()


@given(lhs=sides, rhs=sides, mask=arrays(bool, (3, 2)))
def test_the_witness_is_the_least_slack_in_the_domain(lhs, rhs, mask):
    claim = then("a", "", lhs, "<=", rhs, axes="t j", where=mask)

    if mask.any():
        assert mask[claim.worst()] and claim.slack[claim.worst()] == claim.slack[mask].min()
    else:
        assert claim.worst() is None and claim.holds


def test_a_gap_within_its_rounding_error_is_undecided():
    near, far = Rounded(1.0, 0.1), Rounded(1.0, 1e-3)

    assert then("a", "", near, "<=", 1.05).state == UNDECIDED
    assert then("a", "", near, "<=", 0.95).state == UNDECIDED
    assert then("a", "", far, "<=", 1.05).state == HOLDS
    assert then("a", "", far, "<=", 0.95).state == FAILS


@pytest.mark.parametrize("axes", ["", "j"])
@pytest.mark.parametrize("side", [0, 1])
def test_draws_refute_an_equality_and_never_confirm_it(axes, side):
    def judged(kind, value, relation="=="):
        drawn = kind(np.full(len(axes) * (2,), value), 0.1)
        sides = (drawn, 1.0) if side == 0 else (1.0, drawn)
        return then("a", "", sides[0], relation, sides[1], axes=axes)

    assert (judged(Rounded, 1.05).state == HOLDS).all() and judged(Rounded, 1.05).left_open == ""
    assert (judged(Sampled, 1.05).state == UNDECIDED).all() and "not confirm" in judged(Sampled, 1.05).left_open
    assert (judged(Sampled, 1.2).state == FAILS).all()
    assert (judged(Sampled, 1.2, ("<=", ">=")[1 - side]).state == HOLDS).all()
    assert (judged(Sampled, 1.05, "<=").state == UNDECIDED).all() and judged(Sampled, 1.05, "<=").left_open == ""


@pytest.mark.parametrize("relation", list(MIRROR))
@pytest.mark.parametrize("error", [np.inf, np.nan])
def test_an_error_without_a_bound_leaves_everything_open(relation, error):
    lhs = Rounded(np.array([1.0, 9.0]), np.array([0.0, error]))
    claim = then("a", "", lhs, relation, 9.0, axes="j")

    assert claim.state[1] == UNDECIDED and claim.state[0] != UNDECIDED
    assert claim.left_open == "the rounding error of the two sides has no finite bound at j=1"


@pytest.mark.parametrize(
    ("relation", "state"), [("<=", HOLDS), ("<", FAILS), (">=", HOLDS), (">", FAILS), ("==", HOLDS)]
)
def test_an_exact_tie_decides_by_strictness(relation, state):
    assert then("a", "", 1, relation, 1.0).state == state


@pytest.mark.parametrize("axes", ["", "j"])
@pytest.mark.parametrize(
    ("relation", "inside", "outside"),
    [
        ("<=", HOLDS, UNDECIDED), ("<", UNDECIDED, FAILS), (">=", UNDECIDED, HOLDS), (">", FAILS, UNDECIDED),
        ("==", HOLDS, HOLDS),
    ],
)  # fmt: skip
def test_a_gap_as_large_as_its_error_decides_by_strictness(axes, relation, inside, outside):
    for rhs, state in ((1.0, inside), (-1.0, outside)):
        lhs = Rounded(np.zeros(len(axes)) if axes else 0.0, 1 - UNIT)
        claim = then("a", "", lhs, relation, rhs, axes=axes)

        assert claim.error == 1.0 and claim.state == state


def test_a_plain_array_of_floats_is_granted_four_units_of_roundoff():
    tie = np.array([0.1 + 0.2])

    assert then("a", "", tie, "<=", np.array([0.3]), axes="j").state == UNDECIDED
    assert then("a", "", tie, "<=", np.array([0.2999]), axes="j").state == FAILS


@given(a=arrays(float, 4, elements=st.floats(1, 1e6)))
def test_an_equality_holds_up_to_rounding_only(a):
    same = then("a", "", Rounded(a * (1 + 1e-16), 1e-15 * a), "==", a, axes="j")
    apart = then("a", "", Rounded(a + 1e-3, 1e-15 * a), "==", a, axes="j")

    assert same.holds and not apart.holds and (apart.slack < 0).all()


@pytest.mark.parametrize(
    ("lhs", "relation", "rhs", "constant"),
    [
        ([1, 3], "<=", [4, 4], 0.75),
        ([6, 9], ">=", [3, 3], 2.0),
        ([-6, -9], "<=", [-3, -3], 2.0),
        ([1], "<=", [0], None),
    ],
)
def test_the_tightest_constant_only_just_holds(lhs, relation, rhs, constant):
    lhs, rhs = np.array(lhs), np.array(rhs)
    claim = then("a", "", lhs, relation, rhs, axes="j")

    assert claim.tightest_constant == constant
    if constant is not None:
        assert then("a", "", lhs, relation, constant * rhs, axes="j").state.min() >= UNDECIDED


def test_scale_measures_slack_where_the_bound_is_zero():
    claim = then("a", "", np.array([0.5, 0.01]), ">", 0, axes="j", scale=1.0)

    assert claim.slack.tolist() == [0.5, 0.01] and claim.worst() == (1,)


def test_a_claim_is_not_a_truth_value():
    with pytest.raises(TypeError, match="one truth per index"):
        bool(then("a", "", 1.0, "<=", 2.0))


def test_axes_must_match_the_sides():
    with pytest.raises(ValueError, match="name one axis per dimension"):
        then("a", "", np.ones((3, 2)), "<=", 1.0, axes="t")
    with pytest.raises(ValueError, match="expected <=, <, >=, > or =="):
        suppose("a", "", 1.0, "=<", 2.0)


@pytest.mark.parametrize("side", [np.nan, np.inf])
def test_a_side_that_is_not_finite_is_ill_inside_the_domain_only(side):
    values = np.array([1.0, side])

    assert then("a", "", values, "<=", 2.0, axes="j").ill == "the left side is not finite at j=1"
    assert then("a", "", values, "<=", 2.0, axes="j", where=[True, False]).ill is None


# ---- single numbers, to the last bit ------------------------------------------------------------------------------


def test_the_error_of_a_gap_is_that_of_both_sides_and_of_the_subtraction():
    claim = then("a", "", Rounded(1.0, 0.25), "<=", Rounded(-2.0, 0.5))
    exact = then("a", "", 1.0, "<=", -2.0)

    assert float(claim.error) == 0.25 + 0.5 + UNIT * 3
    assert float(then("a", "", Rounded(1.0, 0.25), "<=", 3.0).error) == 0.25 + UNIT * 2
    assert float(then("a", "", 3.0, "<=", Rounded(1.0, 0.25)).error) == 0.25 + UNIT * 2
    assert float(exact.error) == 0.0


def test_the_subtraction_counts_where_one_entry_alone_is_uncertain():
    claim = then("a", "", Rounded([1.0, 1.0], [0.0, 0.25]), "<=", Rounded([3.0, 3.0], [0.0, 0.0]), axes="j")

    assert claim.error.tolist() == [UNIT * 2, 0.25 + UNIT * 2]


@pytest.mark.parametrize(
    ("relation", "gap", "state"),
    [
        ("<=", 0.5, HOLDS), ("<=", 0.25, UNDECIDED), ("<=", -0.25, UNDECIDED), ("<=", -0.5, FAILS),
        ("<", 0.5, HOLDS), ("<", 0.25, UNDECIDED), ("<", -0.25, UNDECIDED), ("<", -0.5, FAILS),
        (">=", -0.5, HOLDS), (">=", 0.5, FAILS), (">", -0.5, HOLDS), (">", 0.5, FAILS),
        ("==", 0.25, HOLDS), ("==", -0.25, HOLDS), ("==", 0.5, FAILS), ("==", -0.5, FAILS),
    ],
)  # fmt: skip
def test_a_gap_decides_only_beyond_its_error(relation, gap, state):
    assert then("a", "", Rounded(1.0, 0.375), relation, 1.0 + gap).state == state


@pytest.mark.parametrize(
    ("relation", "state"), [("<=", HOLDS), ("<", FAILS), (">=", HOLDS), (">", FAILS), ("==", HOLDS)]
)
def test_exact_sides_that_are_equal_decide_at_once(relation, state):
    assert then("a", "", 1.0, relation, 1.0).state == state


def test_the_slack_of_an_equality_grants_the_error():
    claim = then("a", "", Rounded(4.0, 1.0), "==", 3.5)

    assert float(claim.slack) == (-0.5 + 1.0 + UNIT * 0.5) / 4.0


@pytest.mark.parametrize(
    ("lhs", "rhs", "scale", "slack"), [(0.5, 0.75, 0.0, 1 / 3), (0.5, 0.75, 2.0, 0.125), (0, 0, 0, 0)]
)
def test_slack_is_in_units_of_the_larger_side_or_of_the_scale(lhs, rhs, scale, slack):
    assert float(then("a", "", lhs, "<=", rhs, scale=scale).slack) == pytest.approx(slack, rel=1e-15)


def test_the_worst_index_among_some_is_one_of_them_in_the_domain():
    claim = then("a", "", 0, "<=", np.array([-3.0, -1.0, 2.0, 5.0]), axes="j", where=[True, True, True, False], scale=5)

    assert claim.worst() == (0,)
    assert claim.worst(np.array([False, True, True, True])) == (1,)
    assert claim.worst(np.array([False, False, True, True])) == (2,)
    assert claim.worst(np.array([False, False, False, True])) is None


def test_the_worst_index_among_some_is_one_of_them_where_there_is_no_domain():
    claim = then("a", "", 0, "<=", np.array([-3.0, -1.0, 2.0]), axes="j", scale=5)

    assert claim.worst() == (0,) and claim.worst(np.array([False, True, True])) == (1,)


@pytest.mark.parametrize(
    ("lhs", "relation", "rhs", "excess"),
    [
        (6.0, "<=", 2.0, 3.0), (2.0, "<=", 6.0, 3.0), (-6.0, ">=", -2.0, 3.0), (-6.0, "<=", 2.0, None),
        (0.0, "<=", 2.0, None), (6.0, "==", 2.0, None), (2.0, "<=", 0.0, None), (0.5, "<=", 2.0, 4.0),
        (0.25, "<=", 0.5, 2.0),
    ],
)  # fmt: skip
def test_a_bound_is_missed_by_a_factor_where_its_sides_have_a_ratio(lhs, relation, rhs, excess):
    assert then("a", "", lhs, relation, rhs).excess == excess


def test_a_claim_without_an_index_misses_nothing():
    assert then("a", "", np.ones(2), "<=", 2.0, axes="j", where=[False, False]).excess is None


def test_a_claim_is_sure_and_certain_unless_it_says_otherwise():
    assert not then("a", "", 0, "<=", 1).may_fail
    assert suppose("a", "", 0, "<=", 1).probability == 1.0 and then("a", "", Rounded(0.0, 1.0), "<=", 1).left_open == ""


EDGES = st.sampled_from([0.0, 1.0, -1.0, 1 + 2**-52, 5e-324, 1e308, -1e308, np.inf, -np.inf, np.nan])
NUMBERS = st.one_of(EDGES, st.floats(-3, 3))
SCALES = st.sampled_from([0.0, 0.3, 1e9])
SIZES = st.one_of(st.sampled_from([0.0, 1e-17, 1.0, np.inf, np.nan]), st.floats(0, 2))


@example(np.nan, 1.0, 0.0, 0.0, 0.3, "<=", True)
@example(1.0, np.nan, 0.0, 0.0, 0.3, "<=", True)
@given(NUMBERS, NUMBERS, SIZES, SIZES, SCALES, st.sampled_from(list(MIRROR)), st.booleans())
def test_a_claim_without_axes_says_what_it_says_on_one_index(lhs, rhs, above, below, scale, relation, inside):
    sides = Rounded(lhs, above), Rounded(rhs, below)
    with np.errstate(all="ignore"):
        point = suppose("P", "p", sides[0], relation, sides[1], where=inside, scale=scale)
        row = suppose(
            "P", "p", sides[0].reshape(1), relation, sides[1].reshape(1), axes="j", where=[inside], scale=scale
        )
        told = [replace(judge_premise(claim, {}), witness={}, reason="") for claim in (point, row)]
        point.gap, row.gap, row.slack, row.state  # noqa: B018

    for name in ("gap", "error", "slack", "domain", "state"):
        assert np.array_equal(np.reshape(getattr(point, name), 1), getattr(row, name), equal_nan=True), name
    for name in ("size", "lowest", "holds"):
        assert getattr(point, name) == getattr(row, name) and type(getattr(point, name)) is type(getattr(row, name))
    assert (point.ill is None) == (row.ill is None) and (point.left_open == "") == (row.left_open == "")
    if point.ill is None:
        assert point.tightest_constant == row.tightest_constant and point.excess == row.excess
        assert repr(told[0]) == repr(told[1])


def test_the_subtraction_counts_where_one_entry_of_the_right_side_alone_is_uncertain():
    claim = then("a", "", np.array([1, 1]), "<=", Rounded([3.0, 3.0], [0.0, 0.25]), axes="j")

    assert claim.error.tolist() == [UNIT * 2, 0.25 + UNIT * 2]


def test_an_equality_of_zeros_has_no_slack():
    assert float(then("a", "", Rounded(0.0, 0.25), "==", 0.0).slack) == 0.0
    assert then("a", "", Rounded([0.0, 2.0], 0.25), "==", [0, 2], axes="j").slack.tolist() == [0.0, 0.125]


@pytest.mark.parametrize(("relation", "at_the_bound"), [("<=", 1), (">=", 1), ("<", -1), (">", -1)])
def test_exact_equal_sides_keep_a_bound_and_break_a_strict_one_at_every_index(relation, at_the_bound):
    claim = then("a", "", Rounded([2.0, 2.0], [0.0, 0.25]), relation, [2, 2], axes="j")

    assert claim.state.tolist() == [at_the_bound, 0]


# ---- against a loop over the indices ------------------------------------------------------------------------------

SHAPE = (3, 2)
COARSE = st.sampled_from([-3.0, -2.0, -0.5, 0.0, 0.5, 1.0, 2.0])
ERRORS = st.sampled_from([0.0, 0.0, 0.5, 1.0])


def grid_of(elements, default):
    """Six numbers, or the same one everywhere, as a number."""
    return st.one_of(arrays(float, SHAPE, elements=elements), st.just(np.asarray(default)))


def at_each(values):
    """The entries of an array on the grid as plain numbers, index by index."""
    return {index: np.broadcast_to(values, SHAPE)[index].item() for index in np.ndindex(*SHAPE)}


def plainly(relation, lhs, rhs, error, scale, certain):
    """Gap, error, slack and state of one inequality between plain numbers."""
    gap = {"<=": rhs - lhs, "<": rhs - lhs, ">=": lhs - rhs, ">": lhs - rhs, "==": -abs(lhs - rhs)}[relation]
    error = error if certain else error + UNIT * abs(gap)
    size = max(abs(lhs), abs(rhs), scale)
    room = gap + error if relation == "==" else gap
    if relation == "==":
        state = HOLDS if room >= 0 else FAILS
    elif abs(gap) > error:
        state = HOLDS if gap > 0 else FAILS
    elif error == 0:
        state = HOLDS if relation in ("<=", ">=") else FAILS
    elif abs(gap) == error:
        state = (
            HOLDS
            if gap > 0 and relation in ("<=", ">=")
            else FAILS
            if gap < 0 and relation in ("<", ">")
            else UNDECIDED
        )
    else:
        state = UNDECIDED
    return gap, error, room / size if size > 0 else 0.0, state


@given(
    st.sampled_from(list(MIRROR)),
    grid_of(COARSE, 1.0), grid_of(ERRORS, 0.0), grid_of(COARSE, 2.0), grid_of(ERRORS, 0.0),
    grid_of(st.sampled_from([0.0, 4.0]), 0.0), st.one_of(arrays(bool, SHAPE), st.just(np.asarray(True))),
)  # fmt: skip
def test_a_claim_is_what_a_loop_over_its_indices_says(relation, lhs, above, rhs, below, scale, where):
    claim = then("a", "", Rounded(np.broadcast_to(lhs, SHAPE), above), relation, Rounded(rhs, below), axes="t j",
                 where=where, scale=scale)  # fmt: skip
    sides, inside = (at_each(lhs), at_each(rhs)), at_each(where)
    errors, certain = (at_each(above), at_each(below)), not (np.any(above) or np.any(below))
    told = {
        at: plainly(relation, sides[0][at], sides[1][at], errors[0][at] + errors[1][at], at_each(scale)[at], certain)
        for at in inside
    }
    domain = [at for at in inside if inside[at]]

    assert claim.shape == SHAPE and claim.size == len(domain) and claim.everywhere == (np.ndim(where) == 0)
    for at, (gap, error, slack, state) in told.items():
        assert claim.gap[at] == gap and np.broadcast_to(claim.error, SHAPE)[at] == error, at
        assert claim.slack[at] == slack and claim.domain[at] == inside[at], at
        assert claim.state[at] == (state if inside[at] else HOLDS), at
        assert claim.sides(at) == (sides[0][at], sides[1][at])
    assert claim.lowest == min((told[at][3] for at in domain), default=HOLDS)
    assert claim.holds == all(told[at][3] == HOLDS for at in domain)
    assert claim.worst() == (min(domain, key=lambda at: told[at][2]) if domain else None)
    assert claim.ill is None and claim.left_open == ""
    assert claim.tightest_constant == smallest_factor(relation, [(sides[0][at], sides[1][at]) for at in domain])


def smallest_factor(relation, pairs):
    """The factor on the right at which the worst pair is an equality."""
    if relation == "==" or not pairs or len({(rhs > 0) - (rhs < 0) for _, rhs in pairs} - {0}) != 1:
        return None
    if any(rhs == 0 for _, rhs in pairs):
        return None
    upper = relation in ("<=", "<")
    return (max if upper == (pairs[0][1] > 0) else min)(lhs / rhs for lhs, rhs in pairs)


@given(grid_of(st.sampled_from([0.0, 1.0, np.inf, np.nan]), 1.0), arrays(bool, SHAPE))
def test_the_first_side_that_is_not_finite_is_told_with_its_index(lhs, where):
    values = np.broadcast_to(lhs, SHAPE)
    bad = [(t, j) for t in range(3) for j in range(2) if where[t, j] and not np.isfinite(values[t, j])]
    says = f"is not finite at t={bad[0][0]}, j={bad[0][1]}" if bad else None
    left = then("a", "", Rounded(values), "<=", 2, axes="t j", where=where)
    right = then("a", "", 2, ">=", Rounded(values), axes="t j", where=where)
    open_ = then(
        "a", "", Rounded(np.ones(SHAPE), np.where(np.isfinite(values), 0.0, np.inf)), "<=", 2, axes="t j", where=where
    )

    assert left.ill == (says and f"the left side {says}") and right.ill == (says and f"the right side {says}")
    told = "the rounding error of the two sides has no finite bound"
    assert open_.left_open == (says.replace("is not finite", told) if says else "")


@pytest.mark.parametrize(("name", "side"), [("left", (np.inf, "<=", 1)), ("right", (1, "<=", np.nan))])
def test_a_claim_without_axes_that_is_not_finite_names_no_index(name, side):
    assert then("a", "", *side).ill == f"the {name} side is not finite"


def test_a_side_of_floats_keeps_its_rounding_and_integers_and_numbers_are_exact():
    assert then("a", "", np.array([3.0]), "<=", np.array([4]), axes="j").lhs.error.tolist() == [12 * UNIT]
    assert not then("a", "", np.array([-3]), "<=", 4.0, axes="j").lhs.error.any()
    assert then("a", "", np.array([-3.0]), "<=", 4.0, axes="j").lhs.error.tolist() == [12 * UNIT]
    assert then("a", "", Rounded([3.0], 0.5), "<=", 4.0, axes="j").lhs.error.tolist() == 0.5
