"""Entry point of rfa's pytest plugin. It costs nothing until --rfa or `rfa = true` asks for it, and then loads it."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options; each but --rfa-replay may stand in the ini file."""
    group = parser.getgroup("rfa", "rfa: statements of a paper on generated runs")
    group.addoption("--rfa", action="store_true", help="Run tests marked with `statement` on generated runs.")
    group.addoption("--rfa-profile", metavar="NAME", help="dev, ci (the same runs every time) or nightly (many).")
    group.addoption("--rfa-examples", metavar="DIR", help="Where counterexamples are kept and tried again.")
    group.addoption("--rfa-replay", metavar="JSON", help="Judge this one run only, as printed by a failure.")
    parser.addini("rfa", type="bool", default=False, help="Whether the plugin is on without --rfa.")
    parser.addini("rfa_profile", help="The default of --rfa-profile.")
    parser.addini("rfa_examples", help="The default of --rfa-examples.")


def pytest_configure(config: pytest.Config) -> None:
    """Load the plugin itself where it is asked for."""
    if not (config.getoption("rfa") or config.getini("rfa")):
        return
    try:
        from rfa.testing import plugin
    except ModuleNotFoundError as why:
        raise pytest.UsageError(f"--rfa: {why}; install rfa[testing]") from None
    config.pluginmanager.register(plugin, "rfa-statements")
