"""The interval of feasible C in every report: its ends, what sets them, and none where it is empty."""

import pytest

from checks import PAPER
from checks.feasible import feasible_note
from rfa.audit import find_setting, verify
from rfa.report.markdown import constant, markdown
from rfa.report.page import page
from rfa.report.terminal import shown
from tests.runs import small_setting


def test_the_interval_of_feasible_C_is_told_with_what_sets_its_ends():
    told = feasible_note(find_setting("feasible", PAPER))

    assert told.startswith("(A1)–(A7) hold together for C in [36, 36] (set by A7.lower, A2).")
    assert told.endswith("A6 alone allows C up to 1296 at p = 1, 36 at p = 2, 10.9 at p = 3.")


def test_an_empty_interval_is_told_as_none_in_every_format():
    report = verify(small_setting(fresh=10), paper=PAPER, links=False)
    low, high = report.document["constants"]["C"]

    assert low > high and any("hold together for no C" in note for note in report.document["notes"])
    assert "C = none," in markdown(report) and "C = none," in shown(report)
    assert "<dd>none</dd>" in page(report)


@pytest.mark.parametrize(("value", "text"), [(2.5, "2.5"), ([1.0, 2.0], "[1, 2]"), ([2.0, 1.0], "none"),
                                             ([1.0, None], "[1, –]"), (None, "–")])  # fmt: skip
def test_constants_and_intervals_in_words(value, text):
    assert constant(value) == text
