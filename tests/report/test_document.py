import dataclasses
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from rfa import Rounded, judge, suppose, then
from rfa.audit import judge_all
from rfa.report.document import digest
from rfa.report.terminal import first_failure
from tests.report.toys import BEYOND, REFUTED, SILENT, link, not_applicable, paper, raising, report, toy
from tests.runs import small


def outcomes(one):
    return {s["id"]: s["outcome"] for s in one.statements}


def test_a_report_has_the_outcome_of_every_judgement():
    results = (toy("Z1"), toy("Z2", **REFUTED), toy("Z3", **BEYOND), toy("Z4", **SILENT), not_applicable("Z5"))

    found = outcomes(report(*results))

    assert found == {r.id: judge(r, small()).outcome.name for r in results}
    assert list(found.values()) == ["CONFIRMED", "REFUTED", "BEYOND", "SILENT", "NOT_APPLICABLE"]


def test_a_claim_row_has_both_sides_slack_witness_and_tightest_constant():
    right = np.array([4.0, 2.0, 8.0])
    claim = then("Z1.best", "1 ≤ right", 1.0, "<=", right, axes="j")
    row = report(toy("Z1", parts=[claim]))["Z1.best"]

    assert (row["lhs"], row["rhs"], row["slack"], row["witness"]) == (1.0, 2.0, 0.5, {"j": 1})
    assert row["tightest_constant"] == 0.5 and row["counts"] == {"CONFIRMED": 3} and row["holds"] is True


def test_a_failing_premise_is_named_with_the_factor_by_which_it_fails():
    parts = [suppose("RP.far", "12 ≤ 3", 12.0, "<=", 3.0), suppose("RP.zero", "1 ≤ 0", 1.0, "<=", 0.0)]
    row = report(toy("Z1", parts=[*parts, then("Z1.last", "", 0.0, "<=", 1.0)]))["Z1.last"]

    assert row["failing"] == [{"id": "RP.far", "factor": 4.0}, {"id": "RP.zero", "factor": None}]


def test_a_check_that_cannot_be_evaluated_is_an_error_row_with_its_reason():
    one = report(raising("Z1", ValueError("a pair\nof lines")), toy("Z2", parts=[then("Z2.nan", "", np.nan, "<=", 1)]))

    assert one["Z1"]["reason"] == "ValueError: a pair\nof lines" and "not finite" in one["Z2.nan"]["reason"]
    assert one.counts == {"ERROR": 2, "CONFIRMED": 1}
    assert one.exit_code() == 1 and one.sentence == "2 NOT EVALUATED: Z1, Z2.nan."


def test_numbers_that_are_not_finite_become_null():
    row = report(toy("Z1", parts=[then("Z1.huge", "", 1e200, ">=", 1e-200)]))["Z1.huge"]

    assert row["tightest_constant"] is None and row["lhs"] == 1e200


def test_a_step_that_fails_as_printed_is_listed_apart_with_its_gap_and_repair():
    parts = [link("E1", False, printed=True, gap="G1"), link("E1", True, gap="G1")]
    one = report(toy("Z1", parts=parts), gaps={"G1": "the slip", "G2": "another"})

    (row,) = one.document["as_printed"]
    assert (row["statement"], row["link"]["lhs"], row["link"]["rhs"]) == ("Z1", 2.0, 1.0)
    assert row["repaired_by"] == ["E1 X0→X1"] and one.document["gaps"] == {"G1": "the slip"}
    assert one.exit_code("refuted") == one.exit_code("failed") == 0 and one.link_counts == {"CONFIRMED": 1}


def test_a_printed_step_that_holds_is_not_listed():
    assert report(toy("Z1", parts=[link("E1", True, printed=True)])).document["as_printed"] == []


def test_a_link_that_fails_under_its_premises_fails_the_report():
    one = report(toy("Z1", parts=[link("E1", False)]))

    assert one.exit_code() == 1 and one.sentence == "1 REFUTED: E1 X0→X1."


def test_the_loss_of_a_link_is_the_factor_between_its_sides():
    (row,) = report(toy("Z1", parts=[link("E1", True)]))["Z1"]["links"]

    assert row["loss"] == 1.5 and (row["from"], row["to"], row["relation"]) == ("X0", "X1", "<=")


UNDECIDED = then("Z1.open", "", 0.0, "<=", Rounded(0.0, 1.0))
CASES = [
    ([toy("Z1")], (0, 0, 0)),
    ([toy("Z1", **REFUTED)], (1, 1, 1)),
    ([toy("Z1", **BEYOND)], (0, 0, 0)),
    ([toy("Z1", **SILENT)], (0, 0, 1)),
    ([toy("Z1", parts=[UNDECIDED])], (0, 1, 0)),
    ([toy("Z1", parts=[then("Z1.rare", "", 0.0, "<=", -1.0, probability=0.5)])], (0, 1, 1)),
    ([raising("Z1", TypeError("no"))], (1, 1, 1)),
    ([not_applicable("Z1")], (0, 0, 0)),
    ([toy("Z1", kind="ASSUMPTION", premise=False, conclusion=None)], (0, 0, 0)),
]


@pytest.mark.parametrize(("results", "codes"), CASES)
def test_the_exit_code_follows_the_level(results, codes):
    one = report(*results)

    assert tuple(one.exit_code(level) for level in ("refuted", "undecided", "failed")) == codes


def test_what_rounding_leaves_open_neither_holds_nor_fails():
    assert report(toy("Z1", parts=[UNDECIDED]))["Z1.open"]["holds"] is None


def test_the_sentence_counts_conclusions_and_says_when_nothing_was_exercised():
    both = report(toy("Z1"), toy("Z2", **BEYOND))
    idle = report(toy("Z1", **BEYOND))

    assert both.sentence == "Nothing is refuted: of 2 conclusions 1 confirmed, 1 beyond."
    assert idle.sentence == "Nothing is refuted, and nothing was exercised: of 1 conclusions 1 beyond."


def test_never_exercised_lists_results_and_single_conclusions():
    alone = then("Z2.idle", "", 0.0, "<=", 1.0, needs=[suppose("RP.q", "", 1.0, "<=", 0.0)])
    results = (
        toy("Z1"), toy("Z2", parts=[alone]), toy("Z3", **BEYOND), not_applicable("Z4"),
        toy("A1", kind="ASSUMPTION", premise=False, conclusion=None), toy("X1", kind="TEXT"),
    )  # fmt: skip

    assert report(*results).document["never_exercised"] == ["Z2.idle", "Z3", "Z4"]


def test_a_report_says_what_was_run_and_how_to_run_it_again():
    run = small()
    one = report(toy("Z1"), command="rfa verify x.toml", notes=lambda run: [f"C0 is {run.C0:g}"])

    document = one.document
    assert document["run"] == {
        "n": 48, "d": 6, "m": 12, "steps": 4, "T": 4, "K": 3, "step_size": 1 / 12, "on_grid": True, "noisy": 1,
        "record": "full", "draws": run.draws, "source": "",
    }  # fmt: skip
    assert document["setting"] == run.setting.to_dict() and document["seed"] == 0
    assert document["constants"]["C0"] == 50.0 and document["notes"] == ["C0 is 50"]
    assert document["command"] == "rfa verify x.toml" and document["provenance"]["digest"] == digest(run)


def test_the_digest_changes_with_any_bit_of_data_or_weights():
    run = small()
    X = run.sample.X.copy()
    X[3, 2] = np.nextafter(X[3, 2], 1)
    W = run.weights[1].copy()
    W[0, 0] *= -1
    others = [
        dataclasses.replace(run, sample=dataclasses.replace(run.sample, X=X)),
        dataclasses.replace(run, weights={**run.weights, 1: W}),
        dataclasses.replace(run, a=-run.a),
    ]

    assert len({digest(one) for one in (run, *others)}) == 4


def plain(value):
    if isinstance(value, Mapping):
        return all(isinstance(k, str) and plain(v) for k, v in value.items())
    if isinstance(value, list):
        return all(map(plain, value))
    return value is None or type(value) in (str, int, float, bool)


def test_a_report_holds_plain_values_alone():
    claim = then("Z1.many", "", np.zeros((5, 12)), "<=", np.ones(12), axes="t j")

    assert plain(report(toy("Z1", parts=[claim, link("E1", True)])).document)


def arrays(value, seen):
    if id(value) in seen:
        return []
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        return [value]
    if dataclasses.is_dataclass(value):
        inner = [getattr(value, f.name) for f in dataclasses.fields(value) if f.name != "statement"]
    else:
        inner = [*value.values()] if isinstance(value, Mapping) else value if isinstance(value, tuple | list) else ()
    return [a for part in inner for a in arrays(part, seen)]


def test_judgements_keep_no_array():
    claim = then("Z1.many", "", np.zeros((5, 12)), "<=", np.ones(12), axes="t j")

    assert arrays(judge_all(paper(toy("Z1", parts=[claim, link("E1", True)])), small()), set()) == []


def test_what_holds_in_part_is_counted_so_in_the_sentence_and_by_index_in_the_table():
    mixed = then("Z1.d", "0 ≤ d", 0.0, "<=", np.array([1.0, -1.0, -1.0]), axes="j")
    made = report(toy("Z1", premise=False, parts=[mixed]))
    told = "2 beyond (1 of them in part: not promised at other indices, and failing there)"

    assert made["Z1.d"]["outcome"] == "BEYOND" and made["Z1.d"]["holds"] is False
    assert made.sentence == f"Nothing is refuted, and nothing was exercised: of 2 conclusions {told}."
    assert made.to_frame().set_index("claim")["counts"].to_dict() == {
        "RP.p": "SILENT:1", "Z1.c": "BEYOND:1", "Z1.d": "BEYOND:1 SILENT:2"
    }  # fmt: skip


def test_a_failure_of_a_text_is_told_beside_what_is_undecided_in_it():
    open_or_not = then("Z1.e", "0 ≤ e", Rounded(np.zeros(3), 1.5), "<=", np.array([1.0, -2.0, -1.0]), axes="j")
    made = report(replace(toy("Z1", parts=[open_or_not]), kind="TEXT"))
    told = "1 undecided (1 of them in part: not promised at other indices, and failing there)"

    assert made["Z1.e"]["counts"] == {"UNDECIDED": 2, "SILENT": 1} and made["Z1.e"]["witness"] == {"j": 1}
    assert told in made.sentence
    assert first_failure(made).endswith("Z1.e at j=1, slack -1; not promised there, for the text promises nothing.")
