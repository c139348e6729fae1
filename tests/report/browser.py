"""A real headless Chromium, with what the page did in it: errors, requests, overflow, contrast."""

import json
import os
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

OVERFLOW = """
const width = document.documentElement.clientWidth;
const outside = (e) => { const r = e.getBoundingClientRect(); return r.width > 0 && (r.right > width + 1 || r.left < -1); };
const hidden = (e) => e.closest('.skip') || (e.closest('thead') && getComputedStyle(e.closest('thead')).position === 'absolute');
return [document.documentElement.scrollWidth > width ? 'page' : '',
        ...[...document.querySelectorAll('body *')].filter((e) => outside(e) && !hidden(e)).map((e) => e.outerHTML.slice(0, 120))]
       .filter(Boolean);
"""

CONTRAST = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
const rgba = (c) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, w, k) => {
  const x = c[k] / 255; return sum + w * (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4); }, 0);
const ground = (e) => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] > 250) return c; } return [255, 255, 255]; };
const found = [];
for (const e of document.querySelectorAll('body *')) {
  const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!own || e.closest('script,style,.skip') || !e.getClientRects().length) continue;
  const style = getComputedStyle(e), svg = e instanceof SVGElement;
  const box = svg && e.closest('.node') && e.closest('.node').querySelector('.box');
  const ink = light(rgba(svg ? style.fill : style.color)), back = light(box ? rgba(getComputedStyle(box).fill) : ground(e));
  const ratio = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
  if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${e.tagName}.${e.className} ${e.textContent.trim().slice(0, 40)}`);
}
return [...new Set(found)];
"""


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
