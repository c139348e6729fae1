import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from checks.explicit.intervals import Interval, exactly, exp, largest, least, measured, total
from rfa import Rounded

numbers = st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)


def contains(interval: Interval, exact: Fraction) -> bool:
    below = interval.lower == -math.inf or Fraction(interval.lower) <= exact
    return below and (interval.upper == math.inf or exact <= Fraction(interval.upper))


@st.composite
def intervals(draw):
    ends = sorted((draw(numbers), draw(numbers)))
    return Interval(*ends), Fraction(ends[0]) + draw(st.fractions(0, 1)) * (Fraction(ends[1]) - Fraction(ends[0]))


@given(intervals(), intervals())
def test_sums_differences_and_products_hold_the_exact_value(one, other):
    (a, x), (b, y) = one, other

    assert contains(a + b, x + y)
    assert contains(a - b, x - y)
    assert contains(a * b, x * y)
    assert contains(-a, -x)


@given(intervals(), intervals())
def test_quotients_hold_the_exact_value(one, other):
    (a, x), (b, y) = one, other
    if b.lower <= 0 <= b.upper:
        assert (a / b).lower == -math.inf and (a / b).upper == math.inf
    else:
        assert contains(a / b, x / y)


@given(numbers, numbers)
def test_plain_numbers_are_exact_on_both_sides(x, y):
    assert contains(2 - exactly(x), 2 - Fraction(x))
    assert contains(3 * exactly(x) + 1, 3 * Fraction(x) + 1)
    if y:
        assert contains(x / exactly(y), Fraction(x) / Fraction(y))


def test_a_sum_of_a_tenth_ten_times_is_one_and_the_interval_knows_it():
    tenth = Interval(math.nextafter(0.1, 0), 0.1)

    assert contains(total([tenth] * 10), Fraction(1))
    assert not contains(exactly(sum([0.1] * 10)), Fraction(1))


@settings(max_examples=300)
@given(st.floats(-700, 700))
def test_exp_holds_the_exact_value(x):
    with localcontext() as context:
        context.prec = 60
        exact = Fraction(Decimal(x).exp())

    assert contains(exp(exactly(x)), exact)


def test_exp_of_huge_numbers_has_an_infinite_upper_end_only():
    wide = exp(exactly(1e5))

    assert wide.lower < math.inf == wide.upper
    assert contains(1 / (1 + exp(exactly(-1e5))), Fraction(1))


@given(intervals(), intervals())
def test_extremes_hold_the_exact_value(one, other):
    (a, x), (b, y) = one, other

    assert contains(largest(a, b), max(x, y))
    assert contains(least(a, b), min(x, y))


def test_zero_stays_exact():
    zero, any_ = exactly(0), Interval(-1.0, 2.0)

    for kept in (zero * any_, any_ * zero, zero / Interval(1.0, 2.0)):
        assert kept.is_zero
    assert (zero + any_).lower == -1.0 == (any_ + zero).lower


@given(numbers, st.floats(0, 1))
def test_a_measured_number_spreads_to_its_whole_error(x, error):
    spread = measured(Rounded(np.float64(x), error))

    assert contains(spread, Fraction(x) - Fraction(error)) and contains(spread, Fraction(x) + Fraction(error))
    assert spread.upper - spread.lower <= 2 * error * 1.00001 + 4 * math.ulp(abs(x) + error)


@given(intervals())
def test_the_error_bound_of_an_interval_reaches_both_ends(one):
    a, _ = one
    value, error = Fraction(float(a.rounded)), Fraction(float(a.rounded.error))

    assert value - error <= Fraction(a.lower) and Fraction(a.upper) <= value + error


def test_an_interval_of_one_point_has_no_error():
    assert exactly(0.1).rounded.error == 0.0 and float(exactly(0.1).rounded) == 0.1


@pytest.mark.parametrize("wrong", [1e-300, 5e-324])
def test_tiny_intervals_around_zero_are_not_zero(wrong):
    assert not Interval(0.0, wrong).is_zero


def test_a_measured_number_without_an_error_is_one_point():
    exact, uncertain = measured(Rounded(0.1)), measured(Rounded(0.1, 1e-9))

    assert exact.lower == exact.upper == 0.1
    assert uncertain.lower <= 0.1 - 1e-9 and uncertain.upper >= 0.1 + 1e-9
