"""A real headless Chromium, with what the page did in it: errors, requests, overflow, contrast."""

import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

OVERFLOW, CONTRAST = (
    Path(__file__).with_name(f"{name}.js").read_text(encoding="utf-8") for name in ("overflow", "contrast")
)


def missing():
    """Why there is no browser, or None."""
    try:
        import selenium  # noqa: F401
    except ImportError:
        return "selenium is not installed"
    return None if CHROMIUM and DRIVER else "chromium and chromedriver are not installed"


def need_browser():
    """Skip the calling module without a browser; fail it under CI, where there has to be one."""
    why = missing()
    if why and os.environ.get("CI"):
        pytest.fail(f"{why}; CI installs chromium and chromium-driver", pytrace=False)
    if why:
        pytest.skip(why)


@contextmanager
def chromium(script=True):
    """A driver; `script=False` turns JavaScript off."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    if not script:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


def show(driver, path: Path, width=1280, dark=False):
    """Open a page at a width and colour scheme, with empty logs."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.get_log("browser"), driver.get_log("performance")
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
    driver.get("about:blank")
    driver.get(path.as_uri())


def requests(driver):
    """Every address that was asked for since `show`, data addresses apart."""
    messages = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    sent = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    return [url for url in sent if not url.startswith("data:")]


def serious(driver):
    """What axe-core finds of serious or critical violations on the page that is shown; skips without axe-core."""
    file = os.environ.get("AXE_CORE")
    if not file:
        pytest.skip("AXE_CORE does not name axe.min.js (npm pack axe-core)")
    driver.set_script_timeout(120)
    driver.execute_script(Path(file).read_text(encoding="utf-8"))
    found = driver.execute_async_script("axe.run().then(arguments[arguments.length - 1])")["violations"]
    return [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")]


def seen(driver, query):
    """The elements that can be seen."""
    look = "return [...document.querySelectorAll(arguments[0])].filter((e) => e.checkVisibility())"
    return driver.execute_script(look, query)


def read(driver, query, attribute):
    """An attribute of all elements that can be seen."""
    get = "return arguments[0].map((e) => e.getAttribute(arguments[1]))"
    return driver.execute_script(get, seen(driver, query), attribute)


def one(driver, query):
    """The only element that can be seen."""
    found = seen(driver, query)
    assert len(found) == 1
    return found[0]
