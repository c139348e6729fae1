"""Entry point of rfa's pytest plugin. It costs nothing until --rfa or `rfa = true` asks for it, and then loads it.

Where nobody asks, tests marked with `statement` are skipped: bodies without their searches would pass for nothing.
"""

from __future__ import annotations

import pytest

OPTIONS = ("paper", "inside", "outside", "C", "runs", "links", "max_examples")
MARKER = f"statement(what, *, {', '.join(OPTIONS)}): judge a statement, itself or by its id, on generated runs"
OFF = "rfa is off: pytest --rfa, or `rfa = true` in the ini file"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, each of which turns the plugin on; all but --rfa-replay may stand in the ini file."""
    group = parser.getgroup("rfa", "rfa: statements of a paper on generated runs")
    group.addoption("--rfa", action="store_true", help="Run tests marked with `statement` on generated runs.")
    group.addoption("--rfa-profile", metavar="NAME", help="dev, ci (the same runs every time) or nightly (many).")
    group.addoption("--rfa-examples", metavar="DIR", help="Where counterexamples are kept and tried again.")
    group.addoption("--rfa-replay", metavar="JSON", help="Judge this one run only, as printed by a failure.")
    parser.addini("rfa", type="bool", default=False, help="Whether the plugin is on without --rfa.")
    parser.addini("rfa_profile", help="The default of --rfa-profile.")
    parser.addini("rfa_examples", help="The default of --rfa-examples.")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and load the plugin itself where it is asked for."""
    config.addinivalue_line("markers", MARKER)
    if not is_on(config):
        return
    try:
        from rfa.testing import plugin
    except ModuleNotFoundError as why:
        raise pytest.UsageError(f"--rfa: {why}; install rfa[testing]") from None
    config.pluginmanager.register(plugin, "rfa-statements")


def is_on(config: pytest.Config) -> bool:
    """Whether the ini file or one of the options asks for the plugin."""
    asked = [config.getoption(name) for name in ("rfa_profile", "rfa_examples", "rfa_replay")]
    return bool(config.getoption("rfa") or config.getini("rfa") or any(option is not None for option in asked))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the tests of statements where the plugin is off; a mark of that name without a statement is another's."""
    for item in [] if is_on(config) else items:
        if any(marker.args for marker in item.iter_markers("statement")):
            item.add_marker(pytest.mark.skip(reason=OFF))
