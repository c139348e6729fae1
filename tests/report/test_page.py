import re

from rfa.audit import judge_all
from rfa.report import build
from rfa.report.page import at, chain, figure, fragment, page, waterfall
from tests.report.toys import REFUTED, link, paper, report, toy
from tests.runs import small

HOSTILE = "<script>alert(1)</script>"


def test_the_page_of_many_rows_stays_small():
    parts = [link(f"E{k}", k % 2 == 0) for k in range(1, 500)]
    text = page(report(toy("Z1", parts=parts), toy("Z2")))

    assert len(text.encode()) < 2_000_000 and text.count("<tr data-o=") == 503


def test_ten_thousand_rows_stay_below_ten_megabytes():
    made = report(toy("Z1", parts=[link("E1", True)]))
    row = made.document["statements"][0]["links"][0]
    made.document["statements"][0]["links"] = [{**row, "id": f"E{k // 9}", "to": f"X{k}"} for k in range(10_000)]

    assert len(page(made).encode()) < 10_000_000


def test_every_id_on_a_page_is_used_once_and_every_link_leads_somewhere():
    text = page(report(toy("Z1", **REFUTED), toy("Z2", uses=["Z1"]), toy("odd id!", gaps=["G1"]), gaps={"G1": "x"}))
    ids = re.findall(r'\sid="([^"]*)"', text)

    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', text)) <= set(ids)


def test_text_from_outside_is_escaped_everywhere():
    of = paper(
        toy("Z1", gaps=[HOSTILE], parts=[link(HOSTILE, False)]), toy(HOSTILE), title=HOSTILE, gaps={HOSTILE: HOSTILE},
        notes=lambda run: [HOSTILE],
    )  # fmt: skip
    made = build(of, small(), judge_all(of, small()), command=HOSTILE)

    for text in (page(made), fragment(made)):
        assert "<script>alert" not in text and "&lt;script&gt;alert(1)" in text


def test_characters_that_no_page_can_show_become_spaces():
    made = report(toy("Z1"), command="rfa \x1b[31m\x00verify\ud800")
    assert "rfa  [31m verify " in page(made)


def test_numbers_are_written_for_people():
    assert [figure(x) for x in (None, 0.0, -0.5, 1.23456e-7, 5.2e8, 12)] == [
        "–", "0", "−0.5", "1.235·10⁻⁷", "5.2·10⁸", "12",
    ]  # fmt: skip
    assert at({"witness": {"t": 3, "mu": 1, "nu": 7}}) == "t = 3, μ = −μ1, nu = 7"


def test_the_bars_of_a_chain_stand_end_to_end_in_proportion_to_the_orders_lost():
    losses = ((10.0, False), (50.0, True), (None, False), (100.0, False))
    links = [{"id": "E1", "loss": x, "printed": p} for x, p in losses]
    bars = [bar for _, bar in chain("E1", links)["links"]]

    assert bars[1] is None and bars[2] is None
    assert [round(x, 9) for x in (*bars[0], *bars[3])] == [0.0, 33.333333333, 33.333333333, 66.666666667]


def test_a_waterfall_falls_from_the_measured_to_the_proved_value():
    steps = ((100.0, 10.0), (10.0, 20.0), (20.0, 1.0))
    entries = [{"name": "s", "says": "", "before": b, "after": a, "factor": b / a} for b, a in steps]
    made = waterfall({"measured": 100.0, "proved": 1.0, "entries": entries, "witness": {}})
    bars = [bar for _, bar in made["bars"]]

    assert [gain for *_, gain in bars] == [False, True, False]
    assert abs(bars[0][0]) < 1e-9 and abs(bars[0][1] - 50) < 1e-9
    assert abs(bars[1][1] - 100 * 0.30103 / 2) < 1e-3 and abs(sum(bars[2][:2]) - 100) < 1e-9


def test_a_notebook_shows_the_verdict_the_graph_and_the_table():
    text = report(toy("Z1"), toy("Z2", **REFUTED))._repr_html_()

    assert "REFUTED: Z2.c" in text and text.count('class="node ') == 2 and text.count("<tr><td>Z") == 2
    assert "<script" not in text and "<html" not in text
