import csv
import io
import re
from xml.etree import ElementTree as xml

import numpy as np
import pytest

from rfa import Setting, suppose, then
from rfa.report.junit import junit
from rfa.report.markdown import code, escape, markdown
from rfa.report.terminal import first_failure, shown
from rfa.simulation import simulate
from tests.report.toys import BEYOND, REFUTED, SILENT, link, not_applicable, raising, report, toy
from tests.runs import small_setting

HOSTILE = "<script>alert(1)</script>|x`\x1b[31m&*_#]\"'\n@team"


def hostile():
    """A report with hostile text wherever text comes from outside."""
    run = simulate(small_setting(name=HOSTILE, fresh=10))
    parts = [then("Z1.evil", HOSTILE, 0.0, "<=", 1.0), link("E1", False, printed=True, gap="G1")]
    return report(
        toy("Z1", parts=parts, gaps=["G1"]), raising("Z2", ValueError(HOSTILE)),
        run=run, command=f"rfa verify '{HOSTILE}'",
        gaps={"G1": HOSTILE}, notes=lambda run: [HOSTILE], title=HOSTILE,
    )  # fmt: skip


def mixed():
    return report(
        toy("Z1", parts=[link("E1", True), link("E2", False, printed=True, gap="G1"), link("E2", True, gap="G1")]),
        toy("Z2", uses=["Z1"], **REFUTED), toy("Z3", uses=["Z2"]), toy("Z4", **BEYOND), toy("Z5", **SILENT),
        not_applicable("Z6"), raising("Z7", TypeError("no")),
        toy("A1", kind="ASSUMPTION", premise=False, conclusion=None), toy("X1", kind="TEXT"), gaps={"G1": "one slip"},
    )  # fmt: skip


def table_rows(text):
    """The cells of every Markdown table row."""
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("|")]


# ---- Markdown ------------------------------------------------------------------------------------------------


def test_text_from_outside_stays_text_in_markdown():
    text = re.sub(r"^- Again: `` .* ``$", "", markdown(hostile()), flags=re.M)

    assert "<script" not in text and "\x1b" not in text and "@team" not in text.replace("&#64;team", "")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\|x" in text


def test_every_table_row_has_as_many_cells_as_its_head():
    for one in (mixed(), hostile()):
        blocks = re.findall(r"(?:^\|.*\n)+", markdown(one), flags=re.M)
        assert blocks and all(len({len(row) for row in table_rows(block)}) == 1 for block in blocks)


def test_failures_come_first():
    text = markdown(mixed())
    headings = re.findall(r"^## (.*)$", text, flags=re.M)

    assert (
        headings[:3] == ["Failures", "Outcomes", "The proof"]
        and "As printed" in headings
        and "Never exercised" in headings
    )
    failures = text[text.index("## Failures") : text.index("## Outcomes")]
    assert "| Z2.c | REFUTED |" in failures and "| Z7 | ERROR |" in failures and "Z5" not in failures


def test_the_outcome_table_has_premise_and_conclusion_columns():
    rows = {cells[0].strip(): [c.strip() for c in cells] for cells in table_rows(markdown(mixed()))}

    assert rows["Z1.c"][2:5] == ["hold", "holds", "CONFIRMED"] and rows["Z2.c"][2:5] == ["hold", "fails", "REFUTED"]
    assert rows["Z4.c"][2:5] == ["fail: RP.p", "holds", "BEYOND"] and rows["Z5.c"][2:5] == [
        "fail: RP.p",
        "fails",
        "SILENT",
    ]
    assert rows["X1.c"][2:5] == ["nothing promised", "holds", "BEYOND"] and rows["RP.p"][2:5] == ["", "fails", ""]


def test_a_premise_that_fails_at_some_indices_says_at_how_many():
    far = then("Z1.far", "", np.zeros(3), "<=", np.ones(3), axes="j", needs=[partial()])
    cells = next(row for row in table_rows(markdown(report(toy("Z1", parts=[far])))) if row[0].strip() == "Z1.far")

    assert cells[2].strip() == "hold at 2 of 3; RP.part (×2)"


def partial():
    return suppose("RP.part", "", np.array([0.5, 2.0, 0.5]), "<=", np.ones(3), axes="j")


def test_the_graph_names_each_status_in_words_and_draws_each_use():
    text = markdown(mixed())
    graph = text[text.index("```mermaid") : text.index("```", text.index("```mermaid") + 3)]
    nodes = dict(re.findall(r'^  (n\d+)\["(\S+) · .*"\]', graph, flags=re.M))

    assert list(nodes.values()) == ["Z1", "Z2", "Z3", "Z4", "Z5", "Z6", "Z7", "A1", "X1"]
    assert '"Z3 · true for another reason"]:::true_for_another_reason' in graph and '"Z2 · refuted"]:::refuted' in graph
    assert [(nodes[a], nodes[b]) for a, b in re.findall(r"(n\d+) --> (n\d+)", graph)] == [("Z1", "Z2"), ("Z2", "Z3")]
    used = set(re.findall(r":::(\w+)", graph))
    assert used == set(re.findall(r"classDef (\w+) ", graph))


def test_labels_of_the_graph_carry_no_markup():
    text = markdown(report(toy('Z"]<b>|;&', uses=[])))

    assert re.findall(r'^  n0\["(.*)"\]:::', text, flags=re.M) == ["Z#34;#93;#60;b#62;#124;#59;#38; · confirmed"]


def test_printed_steps_are_told_with_their_numbers_and_what_is_true():
    text = markdown(mixed())
    section = text[text.index("## As printed") : text.index("## Never")]

    assert "E2 X0→X1 (printed)" in section and "2 &lt;= 1" in section and "one slip" in section


def test_inline_code_survives_backticks():
    assert code("a`b``c") == "``` a`b``c ```" and code("plain") == "`plain`"


def test_escaping_takes_every_mark_of_markdown():
    assert escape("a|b*c_d`e<f>\n") == "a\\|b\\*c\\_d\\`e&lt;f&gt; "


# ---- JUnit ---------------------------------------------------------------------------------------------------


def cases(one, level="refuted"):
    return {c.get("name"): c for c in xml.fromstring(junit(one, level)).iter("testcase")}


def test_there_is_one_case_per_claim_with_slack_and_witness():
    right = np.array([4.0, 2.0])
    one = report(toy("Z1", parts=[then("Z1.best", "", 1.0, "<=", right, axes="j"), link("E1", True)]))

    found = cases(one)
    assert list(found) == ["RP.p", "Z1.c", "Z1.best", "E1 X0→X1"]
    assert "slack 0.5" in found["Z1.best"].findtext("system-out") and "j=1" in found["Z1.best"].findtext("system-out")


def test_failures_errors_and_skips_are_what_they_should_be():
    kinds = {name: [part.tag for part in case if part.tag != "system-out"] for name, case in cases(mixed()).items()}

    assert kinds["Z1.c"] == kinds["Z4.c"] == [] and kinds["Z2.c"] == ["failure"] and kinds["Z5.c"] == ["skipped"]
    assert kinds["Z6"] == ["skipped"] and kinds["Z7"] == ["error"] and kinds["E2 X0→X1 (printed)"] == ["skipped"]


def test_the_level_decides_what_a_failure_is():
    strict = cases(mixed(), "failed")

    assert strict["Z5.c"].find("failure") is not None and strict["E2 X0→X1 (printed)"].find("failure") is None


def test_the_totals_count_the_cases():
    root = xml.fromstring(junit(mixed()))

    assert int(root.get("tests")) == len(list(root.iter("testcase")))
    assert (int(root.get("failures")), int(root.get("errors"))) == (1, 1)


def test_text_from_outside_stays_text_in_xml():
    root = xml.fromstring(junit(hostile()))

    assert "<script>alert(1)</script>|x" in root.get("name") and root.find(".//script") is None


# ---- tables --------------------------------------------------------------------------------------------------


def test_the_table_has_one_row_per_claim_and_link():
    one = mixed()
    table = one.to_frame()

    assert len(table) == len(list(one.rows())) and not table["claim"].isna().any()
    assert set(table.loc[table["role"] == "link", "claim"]) == {"E1", "E2"}
    assert table.loc[table["claim"] == "Z2.c", "outcome"].item() == "REFUTED"


def test_the_witness_has_a_column_per_axis():
    table = report(toy("Z1", parts=[then("Z1.best", "", 1.0, "<=", np.array([[4.0, 2.0]]), axes="mu j")])).to_frame()
    row = table[table["claim"] == "Z1.best"].iloc[0]

    assert (row["at_mu"], row["at_j"], row["slack"]) == (0, 1, 0.5)


def test_csv_reads_back_with_text_from_outside():
    rows = list(csv.DictReader(io.StringIO(hostile().to_frame().to_csv(index=False))))

    assert [r["claim"] for r in rows] == ["RP.p", "Z1.c", "Z1.evil", "E1"]


# ---- terminal ------------------------------------------------------------------------------------------------


def test_what_goes_into_a_pipe_is_plain(capsys):
    text = shown(hostile(), links=True)

    assert "\x1b" not in text and all(line == line.rstrip() for line in text.splitlines())


def test_the_terminal_says_verdict_counts_first_failure_and_why_nothing_was_promised(tmp_path):
    text = shown(mixed(), tmp_path)

    assert "1 REFUTED: Z2.c; 1 NOT EVALUATED: Z7." in text and f"Reports: {tmp_path}" in text
    assert "First conclusion that does not hold: Z2.c, slack -1; refuted." in text
    assert "Never exercised: Z2, Z4, Z5, Z6, Z7." in text and "Z4, premises fail: RP.p" in text
    assert "1 steps as printed fail" in text


def test_no_failure_no_sentence():
    assert first_failure(report(toy("Z1"))) == ""


@pytest.mark.parametrize("name", ["E1 X0→X1", "E2 X0→X1 (printed)"])
def test_links_are_listed_on_demand(name):
    assert name in shown(mixed(), links=True) and name not in shown(mixed())


def test_a_name_that_is_empty_is_no_trouble():
    run = simulate(Setting(**{**small_setting().to_dict(), "name": ""}))

    assert "# , seed 0" in markdown(report(toy("Z1"), run=run))
