import json
import math
from dataclasses import replace

import numpy as np
import pytest
from click.testing import CliRunner

from rfa import DoesNotApply, InputError, Report
from rfa.cli import main
from rfa.constants import Constant, ConstantsTable, Requirement, Variant
from rfa.ledger import ledger
from rfa.papers import AssumptionRow, AssumptionTable
from rfa.report.document import headline
from rfa.report.markdown import markdown
from rfa.report.schema import to_json, validate
from rfa.report.tables import assumption_table, constants_table, listed
from rfa.trace import AXES
from tests.report.toys import paper, report, toy
from tests.runs import small


def constant(symbol, on_run, works="least", **fields):
    defaults = {"name": f"{symbol} of a lemma", "paper_value": None, "witness": {"i": 3}, "exact_for_law": 2.5}
    return Constant(**{**defaults, "symbol": symbol, "on_run": on_run, "where_used": "L6", "works": works, **fields})


TABLE = ConstantsTable(
    (
        constant("C", 36.0), constant("C", 50.0, "largest"), constant("C2", 4.5), constant("c", 1.0),
        constant("c", 2.0), constant("2·1024", 3.0), constant("C1", math.inf), constant("g", None),
    ),
    (Variant("printed", "as printed", (Requirement("E1", "C ≥ 10", lambda C: C - 10),), lambda C: {"n": 2 * C}),),
    {"delta": 0.1},
)  # fmt: skip


def test_the_headline_has_single_constants_and_intervals_by_symbol():
    assert headline(TABLE) == {"C": [36.0, 50.0], "C2": 4.5, "C1": None, "g": None}


def test_the_report_carries_constants_and_the_run_has_the_last_word_on_C0():
    one = report(
        toy("Z1"), constants=lambda run: ConstantsTable((constant("C0", 7.0), *TABLE.constants), TABLE.variants)
    )

    assert one.document["constants"] == {"C0": 50.0, "C": [36.0, 50.0], "C2": 4.5, "C1": None, "g": None}
    validate(json.loads(to_json(one)), "report")
    assert "C = \\[36, 50\\], C2 = 4.5" in markdown(one).replace("[36, 50]", "\\[36, 50\\]")


def without_a_law(run):
    raise DoesNotApply("no law")


def test_a_run_without_what_the_constants_need_has_none():
    document = report(toy("Z1"), constants=without_a_law, ledgers=(without_a_law,)).document

    assert (document["constants"], document["constants_table"], document["ledgers"]) == ({"C0": 50.0}, None, [])


def test_the_table_of_constants_shows_values_and_what_C_must_be():
    told = constants_table(TABLE)

    assert "C2 of a lemma" in told and "none works" in told and "i=3" in told
    assert "C needed, printed: as printed" in told and "C ≥ 10" in told and "C = 10, decided by E1; then n 20" in told


def test_a_ledger_is_written_with_its_factors_and_total():
    def lost(run):
        return ledger(
            "Z1.c", "the margin", 8.0, ("first", 4.0, "halved"), ("second", 1.0, "a quarter"), witness={"i": 2}
        )

    one = report(toy("Z1"), ledgers=(lost,))
    (row,) = one.document["ledgers"]
    text = markdown(one)

    assert (row["measured"], row["proved"], row["total"]) == (8.0, 1.0, 8.0)
    assert np.prod([entry["factor"] for entry in row["entries"]]) == pytest.approx(row["total"])
    assert "## Loss ledger of Z1.c" in text and "| second | a quarter | 4 | 1 | 4 |" in text and "| total |" in text
    validate(json.loads(to_json(one)), "report")


def test_assumptions_that_no_constant_satisfies_say_so():
    row = AssumptionRow("A1", "d ≥ C", 6, ">=", 50.0, -0.88, False, None, 6.0, "d = 50")
    told = assumption_table(AssumptionTable(50.0, (row,), (36.0, 6.0), ("A7", "A1"), {"d": 50}), "mine")

    assert "No C satisfies all: at least 36 and at most 6 would be needed (set by A7, A1)." in told
    assert "mine at C = 50: 0 of 1 hold." in told and "Nearest sizes that satisfy all at this C: d = 50." in told


def test_an_empty_list_says_so():
    assert listed([]) == "(none)"


def test_the_command_prints_constants_of_a_setting_or_of_a_run_file(tmp_path, monkeypatch):
    from rfa import audit, save_run
    from tests.test_cli import SMALL

    installed = paper(toy("Z1"), constants=lambda run: ConstantsTable((constant("n", float(run.n)),), ()))
    monkeypatch.setattr(audit, "find_papers", lambda: {"toy": installed})
    (tmp_path / "mine.toml").write_text(SMALL)
    save_run(small(n=60), tmp_path / "run.npz")

    for name, n in (("mine.toml", 48.0), ("run.npz", 60.0)):
        done = CliRunner().invoke(main, ["constants", str(tmp_path / name), "--json", "-"])
        assert done.exit_code == 0 and json.loads(done.stdout)["constants"][0]["on_run"] == n


def test_the_class_of_a_report_is_public():
    assert isinstance(report(toy("Z1")), Report)


def test_every_logged_number_is_one_row_of_the_trace_s_table():
    trace = small().trace
    table = trace.to_frame()
    arrays = {name: getattr(trace, name) for name in AXES if name != "steps"}

    assert len(table) == sum(a.size for a in arrays.values() if a is not None)
    assert list(table.columns) == ["quantity", "t", "j", "k", "e", "mu", "q", "s", "value"]
    one = table[(table["quantity"] == "pull_plane") & (table["s"] == 1) & (table["j"] == 2) & (table["mu"] == 3)]
    found = one[(one["q"] == 1) & (one["k"] == 0)]["value"]
    assert list(found) == [trace.pull_plane[1, 2, 3, 1, 0]]
    assert table[table["quantity"] == "loss"]["j"].isna().all() and not table["value"].isna().all()


def test_chosen_quantities_of_a_trace_have_only_their_axes_and_steps_keep_their_numbers():
    run = small()
    table = run.trace.to_frame("norm", "moved")
    assert list(table.columns) == ["quantity", "t", "j", "value"]
    wide = table.pivot(index=["t", "j"], columns="quantity", values="value")
    np.testing.assert_array_equal(wide["norm"].to_numpy().reshape(run.trace.norm.shape), run.trace.norm)
    later = replace(run.trace, steps=run.trace.steps + 7).to_frame("loss")
    assert list(later["t"]) == list(run.trace.steps + 7)


def test_a_quantity_that_a_trace_lacks_is_named():
    with pytest.raises(InputError, match="no quantity 'weight'; expected some of projection, norm"):
        small().trace.to_frame("weight")
