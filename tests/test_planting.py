"""What the tests that plant faults are held to: the claim held before, fails after, and its witness lies there."""

import sys
from types import ModuleType

import numpy as np
import pytest

from rfa import judge, result, rounded, then
from tests.campaigns.planted import watch
from tests.checks.catalogue import QUANTITIES, breaking, faults
from tests.planting import Fault, breaks, fails_where_planted, in_trace, with_quantity
from tests.runs import small


@result("Z1", "No neuron is long", kind="DET")
def short(run):
    """Suppose a run; then no neuron is long, and the longest one is not."""
    yield then("Z1.each", "‖w_j(t)‖ ≤ 5", run.norm, "<=", 5, axes="t j")
    yield then("Z1.most", "max ‖w_j(t)‖ ≤ 5", run.norm.max(), "<=", 5)


def long(*index, to=9.0):
    return in_trace(small(), "norm", index, lambda x: to + 0 * x)


def test_a_fault_is_found_at_its_index_and_at_no_other():
    breaks(short, small(), long(2, 7), "Z1.each", t=2, j=7)
    breaks(short, small(), long(2, 7), "Z1.each", t=(1, 2))
    with pytest.raises(AssertionError, match=r"Z1\.each"):
        breaks(short, small(), long(2, 7), "Z1.each", t=2, j=6)


def test_without_a_witness_the_claim_must_fail_at_every_index():
    breaks(short, small(), long(2, 7), "Z1.most")
    breaks(short, small(), long(slice(None), slice(None)), "Z1.each")
    with pytest.raises(AssertionError, match=r"Z1\.each"):
        breaks(short, small(), long(2, 7), "Z1.each")


def test_a_claim_that_failed_before_or_holds_after_is_not_found():
    for run, faulty in ((long(2, 7), long(2, 7)), (small(), long(2, 7, to=4.0))):
        with pytest.raises(AssertionError, match=r"Z1\.each"):
            breaks(short, run, faulty, "Z1.each", t=2, j=7)


def test_a_claim_that_rounding_leaves_open_is_not_found():
    open_ = with_quantity(small(), "norm", (2, 7), lambda x: 9.0)
    open_.__dict__["norm"] = rounded(open_.norm) + rounded(0.0)
    open_.norm.error[2, 7] = 9.0

    with pytest.raises(AssertionError, match="UNDECIDED"):
        breaks(short, small(), open_, "Z1.each", t=2, j=7)


def test_a_statement_that_cannot_be_evaluated_finds_nothing():
    @result("Z2", "Nothing", kind="DET")
    def broken(run):
        """Suppose a run that is not short; then nothing."""
        yield then("Z2", "‖w_j(t)‖ ≤ 5", run.norm[:, : 1 if (run.norm.value > 5).any() else None], "<=", 5, axes="t j")
        if (run.norm.value > 5).any():
            raise ValueError("long")

    with pytest.raises(AssertionError, match="ValueError: long"):
        breaks(broken, small(), long(2, 7), "Z2", t=2)


KINDS = {
    Fault("norm", (2, 7), ("t", "j"), "plus 1"): lambda run: run.trace.norm[2, 7],
    Fault("weights", (1, 7), ("t", "j"), "times -50"): lambda run: run.weights[1][7],
    Fault("X", (5,), ("i",), "minus 1"): lambda run: run.sample.X[5],
    Fault("y", (5,), ("i",), "flipped"): lambda run: run.sample.y[5],
    Fault("y_clean", (5,), ("i",), "flipped"): lambda run: run.sample.y_clean[5],
    Fault("a", (7,), ("j",), "times -50"): lambda run: run.a[7],
    Fault("derived norm", (2, 7), ("t", "j"), "times 1e4"): lambda run: run.norm.value[2, 7],
    Fault("derived clean_size", (3,), ("mu",), "minus 1"): lambda run: run.clean_size[3],
    Fault("derived in_J", (7,), ("j",), "flipped"): lambda run: run.in_J[7],
    Fault("fresh f", (0,), ("f",), "plus 1"): lambda run: run.fresh.f[0],
    Fault("C0", (), (), "times 3"): lambda run: run.C0,
}
CHANGED = {
    "plus 1": lambda x: x + 1, "minus 1": lambda x: x - 1, "times -50": lambda x: -50 * x, "times 3": lambda x: 3 * x,
    "times 1e4": lambda x: 10_000 * x, "flipped": lambda x: not x if isinstance(x, np.bool_) else -x,
}  # fmt: skip


@pytest.mark.parametrize("fault", KINDS, ids=lambda fault: fault.field)
def test_a_fault_changes_the_number_that_it_names(fault):
    number = KINDS[fault]

    np.testing.assert_array_equal(number(fault.into(small())), CHANGED[fault.change](number(small())))


def test_a_dimension_stays_a_whole_number():
    assert Fault("d", (), (), "times 0.3").into(small()).d == 2


def test_every_fault_of_the_catalogue_can_be_planted():
    kinds = {fault.field: fault for fault in faults(small())}

    assert {"y", "X", "a", "weights", "derived norm", "derived in_J", "fresh f", "delta"} <= kinds.keys()
    assert all(fault.into(small()) is not small() for fault in kinds.values())


def test_the_catalogue_plants_in_quantities_by_the_axes_that_they_state():
    assert QUANTITIES["norm"] == ("t", "j") and QUANTITIES["active"] == ("s", "j", "mu", "q")
    assert QUANTITIES["clean_size"] == ("mu",) and QUANTITIES["alpha"] == ()


def test_the_catalogue_finds_a_fault_for_each_claim_with_the_witness_to_compare():
    found = list(breaking(short, small(), {"Z1.each", "Z1.most"}))

    assert {id for _, places in found for id in places} == {"Z1.each", "Z1.most"}
    for fault, places in found:
        fails_where_planted(short, small(), fault.into(small()), places)
    assert all(places["Z1.each"]["j"] for _, places in found if "Z1.each" in places)


def test_a_fault_shows_at_its_step_or_one_before():
    fault = Fault("norm", (2, 7), ("t", "j"), "times 1e4")

    assert fault.at({"s": 1, "j": 0, "mu": 3}) == {"s": (1, 2), "j": (7,)}
    assert fault.at({"mu": 3}) == {}


def test_what_was_taken_by_name_before_is_watched_as_well(monkeypatch):
    def told():
        return "told"

    taken, seen = ModuleType("taken"), []
    taken.by_another_name = told
    monkeypatch.setitem(sys.modules, "taken", taken)
    watch(told, lambda args, returned: seen.append((args, returned)))

    assert taken.by_another_name() == "told" and seen == [((), "told")]
    assert judge(short, small()).conclusions[0].holds
