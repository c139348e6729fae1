from fractions import Fraction

import numpy as np
from hypothesis import given, strategies as st

from rfa.recheck.exact import Ball, Fixed, high_precision, logarithm, real, root

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=6))
def test_an_inner_product_is_exact(pairs):
    x, y = (Fixed.of(np.array(side)) for side in zip(*pairs, strict=True))
    product = x @ y
    exact = sum((Fraction(a) * Fraction(b) for a, b in pairs), Fraction(0))

    assert int(product.integers) * Fraction(2) ** product.exponent == exact


def test_a_radius_covers_the_same_steps_in_floats():
    with high_precision():
        ball = root(Ball(2)) / 3 - logarithm(Ball(7))
        away = abs(real(np.sqrt(2.0) / 3 - np.log(7.0)) - ball.value)

        assert 0 < away <= ball.radius < real(1e-14)


def test_whole_numbers_are_exact():
    assert (Ball(7) * 3 - 21).radius == 0


def test_a_difference_of_arrays_is_exact():
    here, there = Fixed.of(np.array([1.0, 2.0**-70])), Fixed.of(np.array([2.0**60, 3.0]))
    left = here - there

    assert [int(k) * Fraction(2) ** left.exponent for k in left.integers] == [1 - 2**60, Fraction(2) ** -70 - 3]
