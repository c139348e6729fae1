"""Commands for many runs; `register(group)` adds them to the program's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from rfa.audit import paper_options
from rfa.errors import InputError
from rfa.papers import Paper
from rfa.studies import output, pages
from rfa.studies.console import FILE, REFUTED, carried_out, chosen, command_line, common, setting_of, told
from rfa.studies.export import export as table_of
from rfa.studies.falsify import AXES, Candidate, falsify, make_run
from rfa.studies.rates import LEVEL
from rfa.studies.replay import mark_line, replay
from rfa.studies.scaling import ScalingVerdict, run_scalings
from rfa.studies.storage import Store
from rfa.studies.study import MOST, Plan, run_study
from rfa.studies.summary import Rates, rates_of
from rfa.studies.sweeps import Sweep, read_sweep, run_sweep
from rfa.studies.trials import chosen_statements, load_paper, statement_marks
from rfa.studies.violations_cli import break_point, violations


@click.command()
@chosen
@click.option("--trials", type=click.IntRange(1), help="Number of runs, fixed beforehand.")
@click.option("--until-decided", is_flag=True, help="Run until every claimed probability is decided.")
@click.option(
    "--most",
    type=click.IntRange(1),
    default=MOST,
    show_default=True,
    help="Most trials with --until-decided.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="ID",
    help="Judge these statements only; WHP: all that hold with a probability.",
)
@click.option(
    "--level",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=LEVEL,
    show_default=True,
    help="Error probability of the whole report.",
)
@common
def study(
    name: str | None, changes: tuple[str, ...], trials: int | None, until_decided: bool, most: int,
    only: tuple[str, ...], level: float, out: Path | None, resume: bool, workers: int, executor: str,
    paper: str,
) -> None:  # fmt: skip
    """Independent runs of one setting: how often does each statement hold?"""
    if (trials is None) == (not until_decided):
        raise InputError("give either --trials N or --until-decided")
    setting = setting_of(name, changes, paper)
    plan = Plan(setting, paper, trials, chosen_statements(load_paper(paper), only), level, most)
    folder = out or Path("reports") / f"study-{setting.name}"
    rates: Rates = carried_out(
        partial(run_study, plan, folder / FILE),
        folder / FILE,
        trials,
        resume=resume,
        executor=executor,
        workers=workers,
    )
    write_rates(folder, setting.name, rates, load_paper(paper))
    raise SystemExit(REFUTED if any(r.outcome.name in ("REFUTED", "ERROR") for r in rates.rates) else 0)


def write_rates(folder: Path, name: str, rates: Rates, paper: Paper) -> None:
    """report.json, report.md and report.html of a study, the second also on the terminal."""
    text = output.rates_markdown(f"Rates: {name}", rates, folder / FILE)
    output.write_json(folder / "report.json", "rfa.rates/1", rates)
    output.write_whole(folder / "report.md", text)
    output.write_whole(folder / "report.html", pages.study_page(rates, paper, folder / FILE, command_line()))
    click.echo(text)


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@common
def sweep(file: Path, out: Path | None, resume: bool, workers: int, executor: str, paper: str) -> None:
    """A grid over coordinates, keys and laws (FILE.toml): one tidy table."""
    from rfa.audit import find_setting

    grid = read_sweep(file.read_text(encoding="utf-8"), paper, lambda n: find_setting(n, load_paper(paper)))
    folder = out or Path("reports") / f"sweep-{file.stem}"
    carried_out(
        partial(run_sweep, grid, folder / FILE),
        folder / FILE,
        grid.size,
        resume=resume,
        executor=executor,
        workers=workers,
    )
    with Store.open(folder / FILE) as store:
        rows = table_of(store, folder / "table.csv")
        points = sweep_points(store, grid)
    text = sweep_markdown(grid, points)
    output.write_whole(folder / "report.md", text)
    shown = pages.sweep_page(file.stem, grid, points, load_paper(paper), command_line())
    output.write_whole(folder / "report.html", shown)
    click.echo(text + f"\n{rows} rows in {folder / 'table.csv'}")


def sweep_points(store: Store, grid: Sweep) -> list[pages.Point]:
    """The changes and rates of every point."""
    paper = load_paper(grid.paper)
    return [
        (changes, rates_of(store, paper, point, level=LEVEL, method="exact"))
        for point, changes in enumerate(grid.points())
    ]


def sweep_markdown(grid: Sweep, points: Sequence[pages.Point]) -> str:
    """Failures of every conclusion at every point."""
    rows = [
        (*changes.values(), r.claim, r.outcome.name, r.counts.failed, r.counts.trials, r.least_slack)
        for changes, rates in points
        for r in rates.rates
    ]
    head = (*grid.axes, "claim", "outcome", "failed", "trials", "least slack")
    return f"# Sweep\n\n{output.table(head, rows)}"


@click.command(name="falsify")
@click.argument("claim")
@click.argument("name", required=False)
@click.option(
    "--set", "changes", multiple=True, metavar="KEY=VALUE", help="Change a key or coordinate of the base."
)
@click.option(
    "--evaluations", type=click.IntRange(1), default=300, show_default=True, help="Runs to look at."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the search.")
@click.option("--at-C", "C", type=float, help="Only settings that satisfy all assumptions at this C.")
@click.option("--replay", "again", help="Make one candidate again, as printed by a search.")
@click.option("--paper", default="printed", show_default=True, help="Entry point, or module:attribute.")
@told
def falsify_command(
    claim: str, name: str | None, changes: tuple[str, ...], evaluations: int, seed: int, C: float | None,
    again: str | None, paper: str,
) -> None:  # fmt: skip
    """Search for a counterexample to a statement (or one of its claims) where its premises hold."""
    of = load_paper(paper)
    if again is not None:
        for line in candidate_lines(of, claim, Candidate.of(again)):
            click.echo(line)
        return
    found = falsify(of, claim, setting_of(name, changes, paper), evaluations, seed=seed, C=C)
    click.echo("\n".join(output.found_lines(found, paper_options(of, paper))))
    click.echo(
        f"looked at {', '.join(AXES)}, seeds, cluster laws, noise laws and planted first weights; "
        "finding none proves nothing"
    )
    raise SystemExit(REFUTED if any(f.refuted for f in found) else 0)


def candidate_lines(paper: Any, claim: str, candidate: Candidate) -> list[str]:
    """The verdicts of one candidate on the claims asked for."""
    run = make_run(candidate)
    marks = [
        m for s in paper.results if claim.lower().startswith(s.id.lower()) for m in statement_marks(s, run)
    ]
    wanted = [m for m in marks if m.role == "conclusion" and m.claim.lower().startswith(claim.lower())]
    return [mark_line(m) for m in wanted]


@click.command()
@click.option("--only", multiple=True, metavar="ID", help="These scalings only.")
@click.option("--trials", type=click.IntRange(1), default=4, show_default=True, help="Runs per value.")
@common
def scaling(
    only: tuple[str, ...],
    trials: int,
    out: Path | None,
    resume: bool,
    workers: int,
    executor: str,
    paper: str,
) -> None:
    """Fitted exponents against the claimed orders of growth."""
    folder = out or Path("reports") / "scaling"
    verdicts = carried_out(
        partial(run_scalings, paper, folder / FILE, trials=trials, only=only),
        folder / FILE,
        None,
        resume=resume,
        executor=executor,
        workers=workers,
    )
    write_scalings(folder, verdicts, load_paper(paper))


def write_scalings(folder: Path, verdicts: Sequence[ScalingVerdict], paper: Paper) -> None:
    """report.json, report.md, report.html and a picture of every fit; the second also on the terminal."""
    text = output.scalings_markdown(verdicts)
    output.write_json(folder / "report.json", "rfa.scaling/1", {"verdicts": verdicts})
    output.write_whole(folder / "report.md", text)
    output.write_whole(folder / "report.html", pages.scaling_page(verdicts, paper, command_line()))
    for drawn in pages.power_pictures(verdicts):
        output.write_whole(folder / f"{drawn.name}.svg", drawn.svg)
    click.echo(text)


@click.command(name="replay")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.argument("row", type=click.IntRange(0))
@told
def replay_row(file: Path, row: int) -> None:
    """Make one row of a study again and compare it bit for bit."""
    done = replay(file / FILE if file.is_dir() else file, row)
    for mark in done.failing:
        click.echo(mark_line(mark))
    if done.trial.error:
        click.echo(f"error: {done.trial.error}")
    if done.differences:
        told = [*done.differences[:5], *([done.note] if done.note else [])]
        raise InputError(f"row {row} differs: " + "; ".join(told))
    if done.note:
        click.echo(done.note, err=True)
    click.echo(f"row {row}: the same, {len(done.trial.marks)} marks, seed {done.trial.task.setting.seed}")


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.argument("to", type=click.Path(dir_okay=False, path_type=Path))
@told
def export(file: Path, to: Path) -> None:
    """The tidy table of a study as CSV or Parquet."""
    with Store.open(file / FILE if file.is_dir() else file) as store:
        click.echo(f"{table_of(store, to)} rows in {to}")


def register(group: click.Group) -> None:
    """Add the commands of this module to a group."""
    for command in (study, sweep, violations, break_point, falsify_command, scaling, replay_row, export):
        group.add_command(command)
