import numpy as np
import pytest

from rfa import verify
from rfa.audit import find_paper, judge_all
from rfa.data import draw_sample
from rfa.realdata import page as data
from rfa.realdata.sources import Source
from rfa.realdata.study import Training, study
from rfa.realdata.task import make_task
from rfa.report import build
from rfa.report.page import Picture, page
from tests.report import browser
from tests.report.browser import one, read, seen
from tests.report.toys import BEYOND, REFUTED, SILENT, not_applicable, paper, raising, report, toy
from tests.runs import loose, small_setting

HOSTILE = "<script>alert(1)</script>"
SQUARE = Picture("square", "Square", "A square.", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')


@pytest.fixture(scope="module")
def driver():
    browser.need_browser()
    with browser.chromium() as one:
        yield one


@pytest.fixture(scope="module")
def judged():
    """The whole paper on a run on which many premises fail."""
    return verify(loose())


@pytest.fixture(scope="module")
def path(judged, tmp_path_factory):
    found = tmp_path_factory.mktemp("page") / "report.html"
    found.write_text(page(judged, [SQUARE]), encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def every_status(tmp_path_factory):
    """A page with a statement of every outcome."""
    results = (
        toy("Z1"), toy("Z2", uses=["Z1"], **REFUTED), toy("Z3", uses=["Z2"]), toy("Z4", **BEYOND), toy("Z5", **SILENT),
        toy("Z6", uses=["Z5"]), not_applicable("Z7"), raising("Z8", ValueError("broken")),
    )  # fmt: skip
    found = tmp_path_factory.mktemp("page") / "report.html"
    found.write_text(page(report(*results, command="rfa verify toy")), encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def data_page(tmp_path_factory):
    """The page of a data set whose class has a hostile name."""
    s = draw_sample(small_setting(n=200))
    source = Source("table", s.X, np.array([HOSTILE, "b", "c", "d"])[s.cluster])
    found = study(make_task(source), find_paper(None), Training(m=10, K=2), links=False)
    path = tmp_path_factory.mktemp("data") / "data.html"
    path.write_text(data.page(found), encoding="utf-8")
    return path


def open_statements(driver):
    return read(driver, "details.statement[open]", "data-id")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_is_quiet_asks_for_nothing_and_fits(driver, path, width):
    browser.show(driver, path, width)

    assert browser.requests(driver) == [path.as_uri()]
    assert driver.get_log("browser") == []
    driver.find_element("id", "all").click()
    assert len(open_statements(driver)) == len(seen(driver, "details.statement"))
    assert driver.execute_script(browser.OVERFLOW) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_graph_has_one_node_for_each_statement(driver, path, judged, width):
    browser.show(driver, path, width)

    ids = read(driver, ".node", "data-id")
    assert sorted(ids) == sorted(s["id"] for s in judged.statements)
    words = dict(zip(ids, read(driver, ".node", "aria-label"), strict=True))
    assert all(words[s["id"]].endswith(s["status"]["word"]) for s in judged.statements)


def test_the_overflow_check_finds_what_sticks_out(driver, path):
    browser.show(driver, path, 390)
    driver.execute_script("document.querySelector('h1').style.width = '600px'")

    assert any("h1" in found for found in driver.execute_script(browser.OVERFLOW))


def test_a_click_on_a_node_opens_its_statement_with_all_claims_and_links(driver, path, judged):
    browser.show(driver, path)
    assert open_statements(driver) == [s["id"] for s in judged.statements if s["outcome"] in ("ERROR", "REFUTED")]

    one(driver, ".node[data-id='L14']").click()

    assert "L14" in open_statements(driver)
    rows = seen(driver, "details[data-id='L14'] tr[data-id]")
    entry = judged["L14"]
    parts = [r["id"] for r in (*entry["claims"], *entry["links"])]
    assert read(driver, "details[data-id='L14'] tr[data-id]", "data-id") == parts
    first = entry["claims"][0]
    assert first["id"] in rows[0].text and ("holds" if first["holds"] else "fails") in rows[0].text
    assert driver.execute_script("return document.activeElement.id") == "L14"
    assert driver.current_url.endswith("#L14")


def test_the_keyboard_walks_the_graph_and_opens_a_statement(driver, path):
    from selenium.webdriver.common.keys import Keys

    browser.show(driver, path)
    node = one(driver, ".node[data-id='L12']")
    driver.execute_script("arguments[0].focus()", node)
    node.send_keys(Keys.ARROW_UP)
    above = driver.switch_to.active_element
    assert above.get_attribute("class").startswith("node") and above.location["y"] < node.location["y"]
    above.send_keys(Keys.ARROW_DOWN)
    below = driver.switch_to.active_element
    assert below.location["y"] > above.location["y"]

    below.send_keys(Keys.ENTER)
    assert below.get_attribute("data-id") in open_statements(driver)


def test_tab_reaches_the_first_node_and_every_control_has_a_name(driver, path):
    from selenium.webdriver.common.keys import Keys

    browser.show(driver, path)
    names = []
    for _ in range(12):
        driver.switch_to.active_element.send_keys(Keys.TAB)
        names.append(driver.switch_to.active_element.accessible_name)
    assert all(names) and any(name.startswith("A1, ") for name in names)


def test_filters_leave_only_rows_of_their_outcome(driver, path, judged):
    browser.show(driver, path)
    driver.find_element("id", "all").click()
    one(driver, ".filter[data-o='SILENT']").click()

    rows = read(driver, "#statements tr[data-o]", "data-o")
    expected = [r for _, r in judged.rows() if r["outcome"] == "SILENT"]
    assert set(rows) == {"SILENT"} and len(rows) == len(expected) > 5
    assert f"{len(expected)} claims" in driver.find_element("id", "shown").text
    one(driver, ".filter[data-o='SILENT']").click()
    assert len(seen(driver, "#statements tr[data-o]")) == len(list(judged.rows()))


def test_the_search_finds_a_chain_by_its_id(driver, path, judged):
    browser.show(driver, path)
    driver.find_element("id", "find").send_keys("e17")

    rows = read(driver, "#statements tr[data-o]", "data-id")
    assert set(rows) == {"E17"}
    assert len(rows) == sum(r["id"] == "E17" for _, r in judged.rows())
    assert "L14" in open_statements(driver)


def test_the_colour_scheme_can_be_changed_and_is_legible_in_both(driver, path, every_status):
    for page_path in (path, every_status):
        for dark in (False, True):
            browser.show(driver, page_path, dark=dark)
            before = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
            assert driver.execute_script(browser.CONTRAST) == []
            driver.find_element("id", "theme").click()
            after = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
            assert (before == "rgb(255, 255, 255)") is not dark and (after == "rgb(255, 255, 255)") is dark


def test_the_contrast_check_finds_pale_text(driver, path):
    browser.show(driver, path)
    driver.execute_script("document.querySelector('h1').style.color = '#bbb'")

    assert any("H1" in found for found in driver.execute_script(browser.CONTRAST))


def test_statuses_differ_in_sign_or_shape_and_failures_stand_first(driver, every_status):
    browser.show(driver, every_status)
    looks = {}
    for node in seen(driver, ".node"):
        sign = node.find_element("css selector", ".sign").text
        dash = node.find_element("css selector", ".box").value_of_css_property("stroke-dasharray")
        looks.setdefault(node.get_attribute("class").split()[1], (sign, dash))
    assert len(set(looks.values())) == len(looks) == 8
    assert driver.find_element("id", "failures").location["y"] < driver.find_element("id", "graph").location["y"]
    assert set(open_statements(driver)) == {"Z2", "Z8"}


def test_hostile_names_are_shown_as_text(driver, tmp_path):
    from rfa.simulation import simulate

    run = simulate(small_setting(name=HOSTILE, fresh=10))
    of = paper(toy("Z1"), toy(HOSTILE), raising("Z2", ValueError(HOSTILE)), title=HOSTILE, notes=lambda run: [HOSTILE])
    found = tmp_path / "report.html"
    found.write_text(page(build(of, run, judge_all(of, run), command=HOSTILE)), encoding="utf-8")
    browser.show(driver, found)

    assert driver.find_element("tag name", "h1").text.startswith(HOSTILE) and HOSTILE in driver.title
    assert len(driver.find_elements("tag name", "script")) == 1 and driver.get_log("browser") == []
    assert driver.find_element("tag name", "body").text.count(HOSTILE) >= 5
    seen(driver, ".node")[1].click()
    assert HOSTILE in open_statements(driver)


def test_without_javascript_everything_can_be_read_and_followed(path, judged):
    browser.need_browser()
    with browser.chromium(script=False) as driver:
        browser.show(driver, path)
        assert not seen(driver, "#filters") and not seen(driver, "#theme")
        assert len(seen(driver, ".node")) == len(judged.statements)
        driver.get(path.as_uri() + "#L14")
        assert "L14" in open_statements(driver)


def test_the_page_of_a_data_set_is_quiet_fits_and_can_be_read_by_all(driver, data_page):
    for width, dark in ((1280, False), (390, True)):
        browser.show(driver, data_page, width, dark)
        assert browser.requests(driver) == [data_page.as_uri()] and driver.get_log("browser") == []
        assert driver.execute_script(browser.OVERFLOW) == [] and driver.execute_script(browser.CONTRAST) == []
        assert HOSTILE in driver.find_element("tag name", "ul").text
        assert not driver.find_elements("tag name", "script")
    assert browser.serious(driver) == []


def test_axe_finds_no_serious_violation(driver, path, every_status):
    for width, dark, one_page, id in (
        (1280, False, path, "L14"),
        (390, True, path, "T1"),
        (1280, True, every_status, "Z4"),
    ):
        browser.show(driver, one_page, width, dark)
        one(driver, f".node[data-id='{id}']").click()
        assert browser.serious(driver) == []


PRINTED = """return {
    wide: getComputedStyle(document.querySelector('.graph.wide')).display,
    narrow: getComputedStyle(document.querySelector('.graph.narrow')).display,
    kept: getComputedStyle(document.querySelector('.graph.wide')).breakInside,
    row: getComputedStyle(document.querySelector('tbody tr')).display,
};"""


def test_on_paper_the_whole_graph_stays_on_one_page_and_tables_are_tables(driver, path):
    browser.show(driver, path, width=700)
    try:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        found = driver.execute_script(PRINTED)
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})

    assert found == {"wide": "block", "narrow": "none", "kept": "avoid", "row": "table-row"}
