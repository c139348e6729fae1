"""Commands on how far the assumptions of a paper are, and can be, overstepped."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from rfa.errors import InputError
from rfa.studies import output
from rfa.studies.assumptions import judged_at
from rfa.studies.breakpoints import TESTS
from rfa.studies.console import FILE, carried_out, chosen, command_line, common, setting_of
from rfa.studies.sweeps import values_of
from rfa.studies.trials import check_claims, load_paper
from rfa.studies.violations import Wish, break_claims, check_axes, report_breaks, report_violations, sought
from rfa.studies.violations_output import breaks_markdown, violations_markdown, write_map
from rfa.studies.violations_pages import breaks_page, violations_page

tries_option = click.option(
    "--tries", type=click.IntRange(16), default=256, show_default=True, help="Most runs per tested value."
)


@click.command()
@chosen
@click.option("--trials", type=click.IntRange(1), default=10, show_default=True, help="Runs for the rates.")
@click.option(
    "--break", "claims", multiple=True, metavar="CLAIM", help="Seek break points of this conclusion."
)
@tries_option
@click.option("--map", "axes", multiple=True, metavar="COORDINATE=FROM:TO:POINTS", help="Two of them: a map.")
@click.option("--map-of", default="", metavar="ID", help="Statement or claim that the map shows.")
@click.option(
    "--map-trials", type=click.IntRange(1), default=5, show_default=True, help="Runs per place of the map."
)
@common
def violations(
    name: str | None, changes: tuple[str, ...], trials: int, claims: tuple[str, ...], tries: int,
    axes: tuple[str, ...], map_of: str, map_trials: int, out: Path | None, resume: bool, workers: int,
    executor: str, paper: str,
) -> None:  # fmt: skip
    """Which assumptions a setting oversteps, by what factor, what rests on them, and what breaks in fact.

    Steps are those of the setting; with --set steps=T a long run is judged up to the time the paper speaks of.

    \b
    Examples:
      rfa violations figure-1
      rfa violations feasible --set sigma*sqrt(d)=0.5 --break L12.nac.on
      rfa violations feasible --map sigma*sqrt(d)=0.01:3:9 --map eta=0.01:0.4:5 --map-of T1.train.clean
    """
    setting, of = setting_of(name, changes, paper), load_paper(paper)
    if len(axes) not in (0, 2) or bool(axes) != bool(map_of):
        raise InputError("a map needs two --map COORDINATE=FROM:TO:POINTS and --map-of ID")
    map_axes = tuple(map_axis(text) for text in axes)
    check_claims(of, [*claims, *([map_of] if map_of else [])])
    wish = Wish(setting, paper, trials, claims, (), tries, map_axes, map_of, map_trials)
    folder = out or Path("reports") / f"violations-{setting.name}"
    places = len(map_axes[0][1]) * len(map_axes[1][1]) * map_trials if map_axes else 0
    report = carried_out(
        partial(report_violations, wish, folder / FILE), folder / FILE, trials + places, at_most=most_tests(wish),
        resume=resume, executor=executor, workers=workers,
    )  # fmt: skip
    text = violations_markdown(report, folder / FILE)
    output.write_json(folder / "report.json", "rfa.violations/1", report)
    output.write_whole(folder / "report.md", text)
    shown = violations_page(report, of, folder / FILE, command_line())
    output.write_whole(folder / "report.html", shown)
    for number, one in enumerate(report.maps, 1):
        write_map(folder, number, one)
    click.echo(text)


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


@click.command(name="breakpoint")
@chosen
@click.option("--claim", "claims", multiple=True, required=True, metavar="CLAIM", help="The conclusion.")
@click.option("--along", multiple=True, metavar="ID", help="Overstep this assumption only.")
@tries_option
@common
def break_point(
    name: str | None, changes: tuple[str, ...], claims: tuple[str, ...], along: tuple[str, ...], tries: int,
    out: Path | None, resume: bool, workers: int, executor: str, paper: str,
) -> None:  # fmt: skip
    """How far each assumption can be overstepped before a conclusion holds with rate 1 − delta no more.

    Of a paper that certifies (`--paper explicit`) also how far the conclusion is guaranteed before training.

    \b
    Examples:
      rfa breakpoint feasible --claim L12.nac.on --along A2
      rfa breakpoint explicit --paper explicit --claim conclusion.noisy --along A4
    """
    setting, of = setting_of(name, changes, paper), load_paper(paper)
    check_claims(of, claims)
    wish = Wish(setting, paper, 1, claims, along, tries)
    folder = out or Path("reports") / f"breakpoint-{setting.name}"
    breaks = carried_out(
        partial(report_breaks, wish, folder / FILE), folder / FILE, None, at_most=most_tests(wish),
        resume=resume, executor=executor, workers=workers,
    )  # fmt: skip
    output.write_json(folder / "report.json", "rfa.breakpoints/1", {"breaks": breaks, "level": wish.level / 2})
    text = breaks_markdown(breaks, wish.level / 2)
    output.write_whole(folder / "report.md", f"# Break points: {setting.name}\n\n{text}")
    shown = breaks_page(breaks, setting, of, wish.level / 2, command_line())
    output.write_whole(folder / "report.html", shown)
    click.echo(text)
