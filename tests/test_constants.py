"""Requirements solved by bisection, and tables of constants as plain data."""

import json
import math

import pytest

from rfa.constants import Constant, ConstantsTable, Requirement, Variant, least


@pytest.mark.parametrize("root", [1.5, 36.0, 1040.3, 7.3e11, 3.3e23, 2.2e100])
def test_the_least_value_is_the_root_of_the_slack(root):
    assert least(lambda x: x - root) == pytest.approx(root, rel=1e-12)


def test_it_is_one_where_nothing_is_asked_and_infinite_where_nothing_helps():
    assert least(lambda x: 1.0) == 1.0
    assert least(lambda x: -1.0) == math.inf


def test_it_is_the_last_change_of_sign_that_counts():
    assert least(lambda x: (x - 10) * (x - 1e3) * (x - 1e6)) == pytest.approx(1e6)


def requirement(step, needed):
    return Requirement(step, f"C ≥ {needed}", lambda C: C - needed)


def test_a_variant_needs_what_its_hardest_step_needs():
    steps = (requirement("a", 7.0), requirement("b", 50.0), requirement("c", 8.0))
    variant = Variant("printed", "as printed", steps, lambda C: {"m": 2 * C})

    assert pytest.approx(50) == variant.C and variant.deciding.step == "b"
    assert variant.sizes["m"] == pytest.approx(100)


def test_tables_are_plain_json_without_infinities():
    never = Requirement("L14", "u ≤ α/3", lambda C: -1.0, gap="G5")
    rows = (
        Constant("size", "C0", 5.0, math.inf, {"j": 3}, None, "L4"),
        Constant("margin", "γ", 1.0, 0.0, {}, 2.0, "T1", works="largest", law_error=0.5),
        Constant("unknown", "C1", None, None, {}, None, "L5"),
    )
    variant = Variant("printed", "as printed", (never,), lambda C: {"m": C})
    whole = ConstantsTable(rows, (variant,), {"delta": 0.1})
    table = json.loads(json.dumps(whole.to_dict(), allow_nan=False))

    assert [row["none_works"] for row in table["constants"]] == [True, True, False]
    assert [row["on_run"] for row in table["constants"]] == [None, 0.0, None]
    assert table["constants"][0]["witness"] == {"j": 3} and table["constants"][1]["law_error"] == 0.5
    assert table["assumed"] == {"delta": 0.1}
    (shown,) = table["variants"]
    assert shown["C"] is None and shown["decided_by"] == "L14" and shown["sizes"] == {"m": None}
    assert shown["requirements"] == [{"step": "L14", "inequality": "u ≤ α/3", "gap": "G5", "needs_C": None}]
