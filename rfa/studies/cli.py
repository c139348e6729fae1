"""Commands for many runs; `register(group)` adds them to the program's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from rfa.audit import find_setting, paper_options
from rfa.command_line import FAILED, OK, json_option, quiet_option, seed_option, write_text
from rfa.errors import InputError
from rfa.papers import Paper
from rfa.progress import bar
from rfa.setting import checked
from rfa.studies import output, pages
from rfa.studies.candidates import Candidate, make_run
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
    paper_option,
    setting_of,
    show,
    work_options,
)
from rfa.studies.export import export as table_of
from rfa.studies.falsify import AXES, falsify
from rfa.studies.rates import LEVEL
from rfa.studies.replay import mark_line, replay
from rfa.studies.scaling import chosen_scalings, run_scalings
from rfa.studies.storage import Store
from rfa.studies.study import MOST, Plan, run_study
from rfa.studies.summary import Rates, rates_of
from rfa.studies.sweeps import Sweep, read_sweep, run_sweep
from rfa.studies.trials import Mark, check_claims, chosen_statements, load_paper, statement_marks
from rfa.studies.violations_cli import break_point, violations
from rfa.verdicts import Outcome


@click.command(epilog=EXIT_CODES)
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
@work_options
def study(
    what: str | None, seed: int | None, changes: tuple[str, ...], trials: int | None, until_decided: bool, most: int,
    only: tuple[str, ...], level: float, paper: str | None, **options: Any,
) -> int:  # fmt: skip
    """Independent runs of one setting: how often does each statement hold?

    \b
    Examples:
      rfa study feasible --trials 100 --only WHP
      rfa study quick --set draw_until= --until-decided --only L5a --level 0.001
    """
    if (trials is None) == (not until_decided):
        raise InputError("give either --trials N or --until-decided")
    named, work = paper_named(paper, what), Work(**options)
    of, setting = load_paper(named), setting_of(what, changes, seed, named)
    plan = Plan(setting, named, trials, chosen_statements(of, only), level, most)
    folder = work.folder("study", setting.name)
    file = folder / FILE
    rates: Rates = carried_out(partial(run_study, plan, file), file, trials, work)
    text = output.rates_markdown(f"Rates: {setting.name}", rates, file)
    page = pages.study_page(rates, of, file, command_line())
    bad = not pages.sound(rates)
    return delivered(folder, Shown("rfa.rates/1", rates, text, page, pages.sentence(rates), bad), work)


@click.command(epilog=EXIT_CODES)
@click.argument("file", metavar="FILE.toml", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@seed_option
@work_options
def sweep(file: Path, seed: int | None, paper: str | None, **options: Any) -> int:
    """A grid over coordinates, keys and laws (FILE.toml): one tidy table.

    \b
    Example of a file:
      base = "feasible"
      statements = ["L12", "L14"]
      trials = 20
      [grid]
      "sigma*sqrt(d)" = [0.01, 0.1, 1.0]
      eta = { from = 0.001, to = 0.1, points = 5 }
    """
    named, work = paper_named(paper), Work(**options)
    of = load_paper(named)
    grid = read_sweep(read_text(file), named, lambda n: find_setting(n, of), seed)
    folder = work.folder("sweep", file.stem)
    carried_out(partial(run_sweep, grid, folder / FILE), folder / FILE, grid.size, work)
    with Store.open(folder / FILE) as store:
        rows = table_of(store, folder / "table.csv")
        points = sweep_points(store, grid)
    text = f"{sweep_markdown(grid, points)}\n{rows} rows in {folder / 'table.csv'}"
    page = pages.sweep_page(file.stem, grid, points, of, command_line())
    bad = not all(pages.sound(rates) for _, rates in points)
    data = {"axes": grid.axes, "points": [{"changes": changes, "rates": rates} for changes, rates in points]}
    return delivered(folder, Shown("rfa.sweep/1", data, text, page, pages.sweep_sentence(points), bad), work)


def read_text(file: Path) -> str:
    """A text file in UTF-8; `InputError` if it is none."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as why:
        raise InputError(f"{file}: cannot be read: {' '.join(str(why).split())}") from None


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


@click.command(name="falsify", epilog=EXIT_CODES)
@click.argument("claim")
@chosen
@click.option(
    "--evaluations", type=click.IntRange(1), default=300, show_default=True, help="Runs to look at."
)
@click.option("--at-C", "C", type=float, help="Only settings that satisfy all assumptions at this C.")
@click.option("--replay", "again", help="Make one candidate again, as printed by a search.")
@json_option
@quiet_option
@paper_option
def falsify_command(
    claim: str, what: str | None, seed: int | None, changes: tuple[str, ...], evaluations: int, C: float | None,
    again: str | None, json_path: str | None, quiet: bool, paper: str | None,
) -> int:  # fmt: skip
    """Search for a counterexample to a statement (or one of its claims) where its premises hold.

    --seed is that of the search; --set changes the setting from which it starts.

    \b
    Examples:
      rfa falsify L14
      rfa falsify L12.nac.on feasible --evaluations 1000 --seed 1
    """
    named = paper_named(paper, what)
    of = load_paper(named)
    if again is not None:
        marks = candidate_marks(of, claim, Candidate.of(again))
        show(output.document("rfa.candidate/1", {"marks": [m._asdict() for m in marks]}),
             "\n".join(mark_line(m) for m in marks), json_path)  # fmt: skip
        return FAILED if any(m.outcome == Outcome.REFUTED.name for m in marks) else OK
    if claim.lower() not in {s.id.lower() for s in of.results}:
        check_claims(of, [claim])
    start = setting_of(what, changes, None, named)
    with bar(quiet=quiet) as progress:
        found = falsify(
            of, claim, start, evaluations, seed=seed or 0, C=None if C is None else checked("C", C),
            progress=lambda done, slack: progress("searching", done, evaluations),
        )  # fmt: skip
    where = f"looked at {', '.join(AXES)}, seeds, cluster laws, noise laws and planted first weights"
    text = [*output.found_lines(found, paper_options(of, paper)), f"{where}; finding none proves nothing"]
    sentence = [f.says for f in found]
    show(output.document("rfa.search/1", {"found": found}), "\n".join(sentence if quiet else text), json_path)
    return FAILED if any(f.refuted for f in found) else OK


def candidate_marks(paper: Paper, claim: str, candidate: Candidate) -> list[Mark]:
    """The verdicts of one candidate on the claims asked for; `InputError` if there are none."""
    run, wanted = make_run(candidate), claim.lower()
    marks = [m for s in paper.results if wanted.startswith(s.id.lower()) for m in statement_marks(s, run)]
    found = [m for m in marks if m.role == "conclusion" and m.claim.lower().startswith(wanted)]
    if not found:
        raise InputError(f"{claim}: no such conclusion on this candidate")
    return found


@click.command(epilog=EXIT_CODES)
@click.option("--only", multiple=True, metavar="ID", help="These scalings only.")
@click.option("--trials", type=click.IntRange(1), default=4, show_default=True, help="Runs per value.")
@seed_option
@work_options
def scaling(only: tuple[str, ...], trials: int, seed: int | None, paper: str | None, **options: Any) -> int:
    """Fitted exponents against the claimed orders of growth.

    \b
    Examples:
      rfa scaling
      rfa scaling --only movement --trials 8
    """
    named, work = paper_named(paper), Work(**options)
    of = load_paper(named)
    chosen_scalings(of, only)
    folder = work.folder("scaling", named)
    plan = partial(run_scalings, named, folder / FILE, trials=trials, only=only, seed=seed or 0)
    verdicts = carried_out(plan, folder / FILE, None, work)
    for drawn in pages.power_pictures(verdicts):
        write_text(drawn.svg, folder / f"{drawn.name}.svg")
    text, page = output.scalings_markdown(verdicts), pages.scaling_page(verdicts, of, command_line())
    bad = any(v.outcome in pages.BAD for v in verdicts)
    shown = Shown("rfa.scaling/1", {"verdicts": verdicts}, text, page, pages.scaling_sentence(verdicts), bad)
    return delivered(folder, shown, work)


@click.command(name="replay", epilog=EXIT_CODES)
@click.argument("file", metavar="STUDY", type=click.Path(exists=True, path_type=Path))
@click.argument("row", type=click.IntRange(0))
@json_option
@quiet_option
def replay_row(file: Path, row: int, json_path: str | None, quiet: bool) -> int:
    """Make one row of a study again and compare it bit for bit; a difference is an error.

    \b
    Example:
      rfa replay reports/study-feasible 17
    """
    done = replay(file / FILE if file.is_dir() else file, row)
    if done.differences:
        told = [*done.differences[:5], *([done.note] if done.note else [])]
        raise InputError(f"row {row} differs: " + "; ".join(told))
    if done.note:
        click.echo(done.note, err=True)
    failing = [mark_line(mark) for mark in done.failing]
    error = [f"error: {done.trial.error}"] if done.trial.error else []
    same = f"row {row}: the same, {len(done.trial.marks)} marks, seed {done.trial.task.setting.seed}"
    data = {"row": row, "error": done.trial.error, "marks": [m._asdict() for m in done.trial.marks]}
    show(output.document("rfa.replay/1", data), same if quiet else "\n".join([*failing, *error, same]), json_path)
    return OK


@click.command()
@click.argument("file", metavar="STUDY", type=click.Path(exists=True, path_type=Path))
@click.argument("to", metavar="TABLE.csv|TABLE.parquet", type=click.Path(dir_okay=False, path_type=Path))
@quiet_option
def export(file: Path, to: Path, quiet: bool) -> int:
    """The tidy table of a study as CSV or Parquet.

    \b
    Example:
      rfa export reports/study-feasible rows.parquet
    """
    with Store.open(file / FILE if file.is_dir() else file) as store:
        rows = table_of(store, to)
    if not quiet:
        click.echo(f"{rows} rows in {to}")
    return OK


def register(group: click.Group) -> None:
    """Add the commands of this module to a group."""
    for command in (study, sweep, violations, break_point, falsify_command, scaling, replay_row, export):
        group.add_command(command)
