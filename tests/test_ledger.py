import pytest

from rfa import DoesNotApply
from rfa.ledger import ledger


def test_the_product_of_the_factors_is_measured_over_proved():
    losses = ledger("L1", "a bound", 24.0, ("first", 6.0, "a quarter"), ("second", 8.0, "a gain"), ("third", 1.0, ""))

    assert [e.factor for e in losses.entries] == [4.0, 0.75, 8.0]
    assert (losses.measured, losses.proved, losses.total, losses.product) == (24.0, 1.0, 24.0, 24.0)


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
def test_a_value_without_a_factor_is_named(bad):
    with pytest.raises(DoesNotApply, match="second"):
        ledger("L1", "a bound", 24.0, ("first", 6.0, ""), ("second", bad, ""))
    with pytest.raises(DoesNotApply, match="L1"):
        ledger("L1", "a bound", bad, ("first", 6.0, ""))
