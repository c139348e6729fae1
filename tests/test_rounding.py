from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from rfa import Rounded, Sampled, rounded

number = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)
positive = st.floats(1e-3, 1e6)


def covers(result: Rounded, exact: Fraction) -> bool:
    return abs(Fraction(float(result.value)) - exact) <= Fraction(float(result.error))


@given(number, number, number)
def test_the_bound_covers_sums_products_and_differences(a, b, c):
    x, y, z = Fraction(a), Fraction(b), Fraction(c)

    assert covers(Rounded(a) * b + c, x * y + z)
    assert covers(Rounded(a) - Rounded(b) * Rounded(c), x - y * z)
    assert covers((Rounded(a) + b) * (Rounded(b) + c) - a, (x + y) * (y + z) - x)


@given(number, positive)
def test_the_bound_covers_quotients(a, b):
    assert covers((Rounded(a) + 1) / (Rounded(b) + 1), (Fraction(a) + 1) / (Fraction(b) + 1))


@given(positive)
def test_the_bound_covers_square_roots(a):
    root = np.sqrt(Rounded(a))
    low, high = Fraction(float(root.value - root.error)), Fraction(float(root.value + root.error))

    assert low**2 <= Fraction(a) <= high**2


@given(st.floats(1e-320, 1e-100), st.floats(1e-300, 1e-100))
def test_the_bound_covers_what_underflow_loses(a, b):
    assert covers(Rounded(a) * b, Fraction(a) * Fraction(b))
    assert covers(Rounded(a) / (1 / b), Fraction(a) / Fraction(1 / b))
    assert covers(Rounded(a) ** 2, Fraction(a) ** 2)
    assert np.exp(Rounded(-1e4)).error > 0


WAYS = {
    "left of a number": lambda x: 1 - x, "right of an array": lambda x: np.ones(3) * x, "power": lambda x: x**2,
    "beside a rounded one": lambda x: Rounded(np.ones(3)) / x, "function": np.sqrt, "sum": lambda x: x.sum(),
    "mean": lambda x: x.mean(), "least": lambda x: x.min(), "largest": lambda x: x.max(), "entry": lambda x: x[0],
    "shape": lambda x: x.reshape(3, 1), "choice": lambda x: x.where(np.array([True, False, True]), 0.0),
    "other choice": lambda x: Rounded(np.zeros(3)).where(np.array([True, False, True]), x),
    "kept": rounded,
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_is_computed_from_draws_stays_sampled_and_has_the_same_numbers(way):
    value, error = np.array([0.2, 0.3, 0.4]), np.array([0.1, 0.0, 0.2])
    drawn, plain = WAYS[way](Sampled(value, error)), WAYS[way](Rounded(value, error))

    assert type(drawn) is Sampled and type(plain) is Rounded
    assert np.array_equal(drawn.value, plain.value) and np.array_equal(drawn.error, plain.error)


def test_a_product_with_zero_stays_exact():
    assert (Rounded(np.array([0.0, 3.0])) * np.array([2.0, 0.0])).error.tolist() == [0, 0]


@given(st.lists(number, min_size=1, max_size=50))
def test_the_bound_covers_sums_in_any_order(terms):
    exact = sum(map(Fraction, terms))

    assert covers(Rounded(np.array(terms)).sum(), exact)
    assert covers(Rounded(np.array(terms[::-1])).mean(), exact / len(terms))


@given(st.floats(0.5, 2), st.floats(0, 1e-3))
def test_what_an_operand_brings_goes_on(value, error):
    moved = value + error
    for function in (np.sqrt, np.exp, np.log, np.abs, lambda x: x**2, lambda x: 1 / x, lambda x: x * x):
        assert abs(function(moved) - function(value)) <= function(Rounded(value, error)).error + 4e-15


@given(st.floats(0.5, 2), st.floats(0, 0.4), st.sampled_from([-2.0, -0.5, 0.5, 1.0, 3.0]))
def test_a_power_covers_both_ends_of_its_operand(value, error, exponent):
    power = Rounded(value, error) ** exponent

    for end in (value - error, value + error):
        assert abs(end**exponent - value**exponent) <= power.error + 4e-15 * (end**exponent + value**exponent)


def test_an_inverse_power_of_what_may_be_zero_has_no_bound():
    assert (Rounded(1e-3, 1e-2) ** -1.0).error == np.inf


def test_least_and_largest_keep_the_worst_error():
    array = Rounded([[1.0, 5.0], [3.0, 2.0]], [[0.1, 0.2], [0.3, 0.4]])

    assert array.min(axis=0).value.tolist() == [1.0, 2.0]
    assert array.max(axis=1).error.tolist() == [0.2, 0.4]
    assert array.max(where=array.value < 4).value == 3.0
    assert np.maximum(array, 2.5).value.tolist() == [[2.5, 5.0], [3.0, 2.5]]


def test_a_denominator_that_may_be_zero_has_no_bound():
    assert (1 / Rounded(1e-3, 1e-2)).error == np.inf


def test_a_sum_of_two_numbers_that_loses_nothing_is_exact():
    assert (2 * Rounded(0.25) + 0.5).error == 0 == (1 - Rounded(0.75)).error
    assert (Rounded(0.1) + 0.2).error > 0 < (1 - Rounded(1e-20)).error


def test_a_function_without_a_rule_is_refused():
    with pytest.raises(TypeError):
        np.arctan(Rounded(1.0))
    with pytest.raises(TypeError, match="does not carry rounding errors"):
        np.concatenate([Rounded([1.0]), Rounded([2.0])])


@pytest.mark.parametrize("scale", [2, 0.5, 1024.0])
def test_a_power_of_two_scales_exactly(scale):
    assert (Rounded(0.1) * scale).error == 0 and (Rounded(0.1) / scale).error == 0
