"""The command `rfa recheck`: a report against its run file, by formulas of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rfa.command_line import FAILED, OK, json_option, quiet_option, write_json
from rfa.errors import InputError

if TYPE_CHECKING:
    from rfa.recheck.compare import Recheck

PRINTED = "printed"
"""The paper whose claims have formulas here."""


@click.command()
@click.argument("report", metavar="REPORT", type=click.Path(path_type=Path))
@click.argument("run", metavar="RUN.npz", type=click.Path(path_type=Path))
@json_option
@quiet_option
def recheck(report: Path, run: Path, json_path: str | None, quiet: bool) -> int:
    """Compute every witness of a report again from the run file, in 80 digits.

    REPORT is a report.json, RUN.npz the run it is about. Nothing is shared with the engine or the checks: both sides
    of every claim come from a second set of formulas, and every index is gone through for a worse one where that
    takes seconds. Links are compared with themselves alone. Weights of steps that the file lacks are made again by
    gradient descent from the last stored step; --keep of `rfa verify` stores them.

    Exit code 0 if nothing differs, 1 if something does, 2 for bad input. What was not computed again is listed with
    the reason.

    \b
    Examples:
      rfa verify quick --save-run run.npz --keep all --out out/
      rfa recheck out/report.json run.npz
    """
    from rfa.progress import bar

    with bar(quiet=quiet) as progress:
        found, facts = rechecked(report, run, progress)
    result = document(found, facts)
    if not write_json(result, json_path):
        click.echo(sentence(result) if quiet else "\n".join(shown(result)))
    return FAILED if result["differs"] else OK


def rechecked(report: Path, run: Path, progress: Any = None) -> tuple[Recheck, list[tuple[str, str]]]:
    """The claims of a report file against a run file, and the facts about the run that differ."""
    from rfa.npz import read_arrays
    from rfa.recheck.compare import recheck as compare
    from rfa.recheck.exact import high_precision
    from rfa.recheck.files import check_arrays, exact_run, wrong_facts
    from rfa.report.schema import read

    document, arrays = read(report).document, read_arrays(run)
    if document["paper"]["name"] != PRINTED:
        raise InputError(
            f"{report}: a report of the paper {document['paper']['name']!r}; formulas are known for {PRINTED!r} alone"
        )
    if away := document.get("departures"):
        told = "; ".join(departure["says"] for departure in away)
        raise InputError(f"{report}: the run is not in the setting of the paper, whose formulas are known here: {told}")
    try:
        check_arrays(arrays)
        with high_precision():
            exact = exact_run(arrays, document)
            facts = list(wrong_facts(arrays, document, exact))
            return compare(document["statements"], exact, progress), facts
    except ValueError as why:
        raise InputError(f"{run}: {why}") from None


def document(found: Recheck, facts: list[tuple[str, str]]) -> dict[str, Any]:
    """The result as plain values."""
    return {
        "computed_again": found.done,
        "at_every_index": found.scanned,
        "one_side_only": found.partly,
        "not_rechecked": found.skipped,
        "links_compared_with_themselves": found.links,
        "differs": [{"where": where, "what": what} for where, what in (*facts, *found.wrong)],
    }


def sentence(result: Mapping[str, Any]) -> str:
    """What became of the report in one sentence."""
    done, skipped = len(result["computed_again"]), len(result["not_rechecked"])
    partly, differs = len(result["one_side_only"]), result["differs"]
    told = f"{len(differs)} differ" if len(differs) != 1 else "1 differs"
    verdict = told if differs else "Nothing differs"
    return (
        f"{verdict}: of {done + partly + skipped} claims {done} computed again, {len(result['at_every_index'])} of "
        f"them at every index, {partly} by one side, {skipped} not; {result['links_compared_with_themselves']} links "
        "compared with themselves."
    )


def shown(result: Mapping[str, Any]) -> Iterator[str]:
    """The result as lines."""
    for one in result["differs"]:
        yield f"{one['where']}: {one['what']}"
    for title, reasons in (("By one side only", result["one_side_only"]), ("Not rechecked", result["not_rechecked"])):
        for reason in Counter(reasons.values()):
            names = ", ".join(name for name, why in reasons.items() if why == reason)
            yield f"{title}: {names}: {reason}."
    yield sentence(result)
