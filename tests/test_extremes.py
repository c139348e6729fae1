"""Accepted settings at the ends of what is accepted: every table is made, and no statement is refuted by overflow."""

import json

import numpy as np
import pytest

from rfa import InputError, Outcome, Rounded, find_papers, judge, simulate, suppose, then
from rfa.audit import verify
from rfa.report.schema import to_json
from rfa.setting import SPAN
from rfa.simulation import start, trained
from tests.report.toys import report, toy
from tests.runs import small, small_setting

LEAST, MOST = SPAN["float64"]
ENDS = [
    {"sigma": LEAST}, {"sigma": MOST}, {"omega_init": LEAST}, {"omega_init": MOST}, {"alpha": 2.5e-13}, {"alpha": MOST},
    {"eta": LEAST, "delta": LEAST, "C0": MOST, "a6_power": 0.1}, {"C": MOST},
    {"eta": 1 - 2**-53, "delta": 0.5 - 2**-54, "C0": 1 + 2**-52, "C": 1 + 2**-52, "a6_power": 10.0},
    {"sigma": LEAST, "omega_init": LEAST}, {"sigma": MOST, "omega_init": MOST},
    {"d": 10**12}, {"dtype": "float32", "sigma": 1e15, "omega_init": 1e15},
    {"dtype": "float32", "sigma": 1e-15, "omega_init": 1e-15, "relu_at_zero": 0.5},
]  # fmt: skip


@pytest.mark.parametrize("change", ENDS, ids=str)
def test_the_ends_of_what_is_accepted_are_judged(change):
    setting = small_setting(noisy=None, fresh=50, steps=4, **({"K": None} if "alpha" in change else {}), **change)
    run = simulate(setting)

    for paper in find_papers().values():
        found = verify(run, paper=paper)
        outcomes = {row["id"]: row["outcome"] for _, row in found.rows() if not row.get("printed")}
        assert not {id for id, outcome in outcomes.items() if outcome in ("REFUTED", "ERROR")}
        assert json.loads(to_json(found))
        for table in (paper.assumptions and paper.assumptions(setting, None), paper.constants and paper.constants(run)):
            assert table is None or str(table)
        if paper.certify is not None:
            assert paper.certify(start(setting)).to_dict()


def test_a_run_that_leaves_its_arithmetic_is_told_and_not_judged():
    run = small()

    for W in (np.full((12, 6), 1e200), np.full((12, 6), 1e25, np.float32)):
        with pytest.raises(InputError, match=f"leaves the range of {W.dtype}: .* is not finite at step 0; lower sigma"):
            trained(run.sample, run.a.astype(W.dtype), W, step_size=run.step_size, steps=1, C0=10.0)


def test_overflow_in_a_check_is_an_error_or_open_and_never_a_refutation():
    huge = Rounded(np.array([1e200]), 1e190)
    open_, error = (
        judge(toy("Z1", parts=parts), small())
        for parts in (
            [then("Z1.open", "", Rounded(2.0, np.inf), "<=", 1.0)],
            [suppose("RP.q", "", 0.0, "<=", 1.0), then("Z1.error", "", huge * huge, "==", 0.0, axes="j")],
        )
    )

    assert open_.conclusions[1].outcome is Outcome.UNDECIDED
    assert open_.conclusions[1].reason == "the rounding error of the two sides has no finite bound"
    assert error.conclusions[1].outcome is Outcome.ERROR and "not finite at j=0" in error.conclusions[1].reason


def test_a_claim_whose_error_has_no_bound_is_reported_with_its_reason():
    unbounded = then("Z1.open", "", Rounded(2.0, np.inf), "==", 1.0)
    row = json.loads(to_json(report(toy("Z1", parts=[unbounded]))))["statements"][0]["claims"][-1]

    assert (row["outcome"], row["slack"]) == ("UNDECIDED", None) and "no finite bound" in row["reason"]
