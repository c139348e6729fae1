"""Commands on how far the assumptions of a paper are, and can be, overstepped."""

from __future__ import annotations

import shlex
from dataclasses import replace
from functools import partial
from typing import Any

import click

from rfa.errors import InputError
from rfa.studies.assumptions import judged_at
from rfa.studies.breakpoints import TESTS
from rfa.studies.console import (
    EXIT_CODES,
    FILE,
    Shown,
    Work,
    carried_out,
    chosen,
    command_line,
    delivered,
    paper_named,
    setting_of,
    work_options,
)
from rfa.studies.pages import sound
from rfa.studies.sweeps import values_of
from rfa.studies.trials import check_claims, load_paper
from rfa.studies.violations import check_axes, report_breaks, report_violations
from rfa.studies.violations_output import breaks_markdown, violations_markdown, write_map
from rfa.studies.violations_pages import breaks_page, breaks_sentence, violations_page, violations_sentence
from rfa.studies.wishes import Wish, break_claims, default_claims, sought

tries_option = click.option(
    "--tries", type=click.IntRange(16), default=256, show_default=True, help="Most runs per tested value."
)


@click.command(epilog=EXIT_CODES)
@chosen
@click.option("--trials", type=click.IntRange(1), default=10, show_default=True, help="Runs for the rates.")
@click.option(
    "--break", "claims", multiple=True, metavar="CLAIM",
    help="Seek break points of this conclusion (default: of what the paper is for, if a run takes milliseconds).",
)
@click.option("--no-breaks", is_flag=True, help="Seek no break points.")
@tries_option
@click.option("--map", "axes", multiple=True, metavar="COORDINATE=FROM:TO:POINTS", help="Two of them: a map.")
@click.option("--map-of", default="", metavar="ID", help="Statement or claim that the map shows.")
@click.option(
    "--map-trials", type=click.IntRange(1), default=5, show_default=True, help="Runs per place of the map."
)
@work_options
def violations(
    what: str | None, seed: int | None, changes: tuple[str, ...], trials: int, claims: tuple[str, ...],
    no_breaks: bool, tries: int, axes: tuple[str, ...], map_of: str, map_trials: int, paper: str | None, **options: Any,
) -> int:  # fmt: skip
    """Which assumptions a setting oversteps, by what factor, what rests on them, and what breaks in fact.

    Steps are those of the setting; with --set steps=T a long run is judged up to the time the paper speaks of.

    \b
    Examples:
      rfa violations figure-1
      rfa violations feasible --set sigma*sqrt(d)=0.5 --break L12.nac.on
      rfa violations feasible --map sigma*sqrt(d)=0.01:3:9 --map eta=0.01:0.4:5 --map-of T1.train.clean
    """
    if len(axes) not in (0, 2) or bool(axes) != bool(map_of):
        raise InputError("a map needs two --map COORDINATE=FROM:TO:POINTS and --map-of ID")
    if no_breaks and claims:
        raise InputError("give either --break CLAIM or --no-breaks")
    named, work = paper_named(paper, what), Work(**options)
    of, setting = load_paper(named), setting_of(what, changes, seed, named)
    map_axes = tuple(map_axis(text) for text in axes)
    check_claims(of, [*claims, *([map_of] if map_of else [])])
    wish = Wish(setting, named, trials, claims, (), tries, map_axes, map_of, map_trials)
    if not claims and not no_breaks:
        wish = replace(wish, claims=default_claims(wish, of))
    folder = work.folder("violations", setting.name)
    file = folder / FILE
    places = len(map_axes[0][1]) * len(map_axes[1][1]) * map_trials if map_axes else 0
    report = carried_out(
        partial(report_violations, wish, file), file, trials + places, work, at_most=most_tests(wish)
    )
    for number, one in enumerate(report.maps, 1):
        write_map(folder, number, one)
    again = f"{command_line()} {shlex.join(word for goal in of.goals for word in ('--break', goal))}"
    text = violations_markdown(report, file, again if of.goals else "")
    page, bad = violations_page(report, of, file, command_line()), not sound(report.rates)
    return delivered(folder, Shown("rfa.violations/1", report, text, page, violations_sentence(report), bad), work)


def most_tests(wish: Wish) -> int:
    """The most trials that the break points can take."""
    paper = load_paper(wish.paper)
    claims = break_claims(wish, paper)
    return len(claims) * TESTS * wish.tries * len(sought(wish, paper, judged_at(paper, wish.setting))) if claims else 0


def map_axis(text: str) -> tuple[str, tuple[float, ...]]:
    """An axis of a map: COORDINATE=FROM:TO:POINTS, evenly spaced on the logarithmic scale."""
    name, _, span = text.partition("=")
    check_axes([name])
    try:
        low, high, points = span.split(":")
        return name, values_of(name, {"from": float(low), "to": float(high), "points": int(points)})
    except ValueError:
        raise InputError(f"--map {text}: expected COORDINATE=FROM:TO:POINTS") from None


@click.command(name="breakpoint", epilog=EXIT_CODES)
@chosen
@click.option("--claim", "claims", multiple=True, required=True, metavar="CLAIM", help="The conclusion.")
@click.option("--along", multiple=True, metavar="ID", help="Overstep this assumption only.")
@tries_option
@work_options
def break_point(
    what: str | None, seed: int | None, changes: tuple[str, ...], claims: tuple[str, ...], along: tuple[str, ...],
    tries: int, paper: str | None, **options: Any,
) -> int:  # fmt: skip
    """How far each assumption can be overstepped before a conclusion holds with rate 1 − delta no more.

    Of a paper that certifies (`--paper explicit`) also how far the conclusion is guaranteed before training.

    \b
    Examples:
      rfa breakpoint feasible --claim L12.nac.on --along A2
      rfa breakpoint explicit --claim conclusion.noisy --along A4
    """
    named, work = paper_named(paper, what), Work(**options)
    of, setting = load_paper(named), setting_of(what, changes, seed, named)
    check_claims(of, claims)
    wish = Wish(setting, named, 1, claims, along, tries)
    folder = work.folder("breakpoint", setting.name)
    breaks = carried_out(
        partial(report_breaks, wish, folder / FILE), folder / FILE, None, work, at_most=most_tests(wish)
    )
    level = wish.level / 2
    text = f"# Break points: {setting.name}\n\n{breaks_markdown(breaks, level, setting)}"
    page = breaks_page(breaks, setting, of, level, command_line())
    data = {"breaks": breaks, "level": level}
    return delivered(folder, Shown("rfa.breakpoints/1", data, text, page, breaks_sentence(breaks)), work)
