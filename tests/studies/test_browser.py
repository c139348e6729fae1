"""The pages of studies, sweeps, violations, break points and scalings in a real browser."""

import re

import pytest
from click.testing import CliRunner

from rfa.command_line import Commands
from rfa.studies.cli import register
from tests.report import browser
from tests.report.browser import one, read, seen
from tests.studies.toy import tiny

HOSTILE = "<script>alert(1)</script>\x1b[31m" + "x" * 170
KINDS = ("study", "sweep", "violations", "breakpoint", "scaling")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A page of every kind, made by its command: of coins, in a setting with a hostile name."""
    folder = tmp_path_factory.mktemp("pages")
    base, grid = folder / "tiny.toml", folder / "grid.toml"
    base.write_text(tiny(name=HOSTILE, delta=0.4).to_toml())
    grid.write_text(f'base = "{base}"\nstatements = ["NEAR"]\ntrials = 2\n[grid]\nn = [4, 8]\nsigma = [0.1, 0.9]\n')
    far = ("--set", "C=30.0", "--tries", 24)
    commands = {
        "study": (base, "--trials", 5),
        "sweep": (grid,),
        "violations": (
            base, "--trials", 2, *far, "--break", "GOAL.short", "--map-of", "GOAL", "--map", "s=0.1:1:2", "--map",
            "n=4:8:2", "--map-trials", 2,
        ),
        "breakpoint": (base, *far, "--claim", "GOAL.short", "--along", "A"),
        "scaling": ("--trials", 1),
    }  # fmt: skip
    group = Commands("rfa")
    register(group)
    for name, words in commands.items():
        rest = ("--workers", 0, "--out", folder / name, "--paper", "tests.studies.toy:PAPER")
        done = CliRunner().invoke(group, [name, *map(str, (*words, *rest))])
        assert done.exit_code in (0, 1) and (folder / name / "report.html").is_file(), done.output
    return {name: folder / name / "report.html" for name in commands}


@pytest.fixture(scope="module")
def driver():
    browser.need_browser()
    with browser.chromium() as made:
        yield made


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_is_quiet_asks_for_nothing_and_fits(driver, pages, kind, width):
    browser.show(driver, pages[kind], width, dark=width == 390)
    assert browser.requests(driver) == [pages[kind].as_uri()]
    assert driver.get_log("browser") == []
    assert driver.execute_script(browser.OVERFLOW) == []
    assert driver.execute_script(browser.CONTRAST) == []
    assert len(driver.find_elements("tag name", "script")) == 1
    assert browser.serious(driver) == []


@pytest.mark.parametrize("kind", ["study", "violations", "breakpoint"])
def test_a_hostile_name_is_shown_as_text(driver, pages, kind):
    browser.show(driver, pages[kind])
    shown = driver.find_element("tag name", "h1").text
    assert shown.startswith("<script>alert(1)</script> [31mxxx") and "\x1b" not in driver.page_source


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("study", "REFUTED"), ("sweep", "REFUTED"), ("violations", "fails"), ("breakpoint", "FAILS"),
     ("scaling", "CONFIRMED")],
)  # fmt: skip
def test_filters_and_the_search_leave_only_what_is_asked_for(driver, pages, kind, outcome):
    browser.show(driver, pages[kind])
    rows = len(seen(driver, "table.sheet tbody tr"))
    expected = len(re.findall(f'<tr data-o="{outcome}"', pages[kind].read_text(encoding="utf-8")))
    button = one(driver, f".filter[data-o='{outcome}']")
    button.click()
    assert read(driver, "table.sheet tbody tr", "data-o") == [outcome] * expected and 0 < expected <= rows
    assert driver.find_element("id", "shown").text == f"{expected} of {rows} rows"
    button.click()
    driver.find_element("id", "find").send_keys("no such row")
    assert seen(driver, "table.sheet tbody tr") == []


def test_without_javascript_a_page_can_be_read(pages):
    browser.need_browser()
    with browser.chromium(script=False) as quiet:
        for path in pages.values():
            browser.show(quiet, path)
            assert not seen(quiet, "#filters") and not seen(quiet, "#theme")
            assert len(seen(quiet, "tbody tr")) == path.read_text(encoding="utf-8").count("<tr") - len(
                seen(quiet, "thead tr")
            )
