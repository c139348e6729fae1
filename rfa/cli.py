"""The command `rfa`: verify, check, recheck, list, explain, assumptions, constants.

Exit codes: 0 nothing fails at the level of --fail-on; 1 something does; 2 bad input, told in one line;
130 interrupted; 141 the reader of a pipe went away.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from rfa.certify import certify
from rfa.command_line import (
    EXIT_CODES,
    OK,
    PLACE,
    Commands,
    Output,
    chosen_setting,
    file_name,
    finish,
    finish_all,
    json_option,
    paper_option,
    parsed,
    quiet_option,
    report_options,
    seed_option,
    set_option,
    setting_argument,
    steps_to_keep,
    write_json,
)
from rfa.errors import InputError
from rfa.realdata.cli import data
from rfa.recheck.command import recheck
from rfa.report import pictures_cli
from rfa.studies.cli import register


@click.group(
    cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="rfa", message="%(prog)s %(version)s")
@click.pass_context
def main(ctx: click.Context) -> int:
    """Train the network of a paper, log every step, and test every statement of the paper on the run.

    \b
    Examples:
      rfa verify                      the default setting of the paper, every statement
      rfa verify feasible --seed 3    another setting of the paper
      rfa check my-run.npz            the same checks on a run made elsewhere
      rfa explain L14                 a statement in words
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
    return OK


@main.command(epilog=EXIT_CODES)
@setting_argument
@seed_option
@click.option(
    "--save-run", type=PLACE, metavar="FILE.npz", help="Also write the run itself."
)
@click.option(
    "--keep", metavar="STEPS", help="Steps whose weights the run file keeps besides 0, 1, T and the last: 2,5,9 or all."
)
@report_options
def verify(
    what: str | None,
    seed: int | None,
    save_run: Path | None,
    keep: str | None,
    changes: tuple[str, ...],
    paper: str | None,
    **options: Any,
) -> int:
    """Simulate a setting and test every statement of the paper on the run.

    NAME is a setting of a paper (see `rfa list`), FILE.toml one of your own; the default is the paper's.
    With --paper both the run is judged by every installed paper, and the proofs are set side by side.

    \b
    Examples:
      rfa verify
      rfa verify quick --set noise=half-space --set eta=1e-3
      rfa verify my.toml --seed 7 --out out/ --fail-on undecided
      rfa verify explicit --paper both
      rfa verify quick --save-run run.npz --keep all
    """
    from rfa.audit import chosen_papers, replay_command, simulate, verify as judged
    from rfa.progress import bar
    from rfa.report.files import check_places
    from rfa.runfile import save_run as write_run

    papers, output = chosen_papers(paper, what), Output(**options)
    setting = chosen_setting(what, papers[0], changes, seed)
    out = output.out or Path("reports") / f"{file_name(setting.name)}-seed{setting.seed}"
    check_places(out, output.json_path, save_run)
    with bar(quiet=output.quiet) as progress:
        run = simulate(setting, paper=papers[0], keep=steps_to_keep(keep, setting), progress=progress)
        links = output.links is not False
        kept = f" --keep {keep}" if keep else ""
        commands = [replay_command(run, of, what) + kept for of in papers]
        reports = [
            judged(run, paper=of, links=links, progress=progress, command=command)
            for of, command in zip(papers, commands, strict=True)
        ]
    if save_run is not None:
        write_run(run, save_run)
    if len(papers) > 1:
        return finish_all(papers, reports, run, out, output)
    return finish(reports[0], out, output, papers[0], run)


@main.command(epilog=EXIT_CODES)
@click.argument("path", metavar="RUN.npz", type=PLACE)
@report_options
def check(path: Path, changes: tuple[str, ...], paper: str | None, **options: Any) -> int:
    """Test every statement of the paper on a run file, made here (--save-run) or elsewhere.

    --set gives or replaces its parameters: sigma, eta, omega_init, delta, C0, C, a6_power, relu_at_zero.

    \b
    Examples:
      rfa check run.npz
      rfa check run.npz --set C0=50 --set sigma=1e-6 --json -
    """
    import shlex

    from rfa.audit import find_paper, verify as judged
    from rfa.progress import bar
    from rfa.report.files import check_places
    from rfa.runfile import load_run

    of, output = find_paper(paper), Output(**options)
    out = output.out or Path("reports") / file_name(path.stem)
    check_places(out, output.json_path)
    given = [part for change in changes for part in ("--set", change)] + (["--paper", paper] if paper else [])
    with bar(quiet=output.quiet) as progress:
        run = load_run(path, progress=lambda done, total: progress("reading", done, total), **parsed(changes))
        command = shlex.join(["rfa", "check", str(path), *given])
        links = output.links is not False
        report = judged(run, paper=of, links=links, progress=progress, command=command)
    return finish(report, out, output, of, run)


@main.command("list")
@click.option("--links", is_flag=True, help="Every link of every chain of the proofs.")
@click.option("--symbols", is_flag=True, help="The symbols of the paper with their names in the code.")
@json_option
@paper_option
def list_(links: bool, symbols: bool, json_path: str | None, paper: str | None) -> int:
    """List the statements of the paper and its settings, every link of its proofs, or the symbols in the code.

    \b
    Examples:
      rfa list
      rfa list --links | grep E20
      rfa list --symbols
    """
    from rfa import listing
    from rfa.audit import find_paper, named_settings
    from rfa.report.tables import listed

    of = find_paper(paper)
    if symbols:
        rows = listing.symbols()
    else:
        rows = list(listing.links(of, listing.example_run(of))) if links else listing.statements(of)
    if write_json(rows, json_path):
        return OK
    click.echo(listed(rows))
    if not links and not symbols:
        click.echo(f"\nSettings: {', '.join(named_settings(of))} (default {of.default_setting})")
    return OK


@main.command()
@click.argument("id", metavar="ID")
@paper_option
def explain(id: str, paper: str | None) -> int:
    """Say what a statement, claim, chain, gap or reading is, what it needs and what it uses.

    \b
    Examples:
      rfa explain L14
      rfa explain E20
      rfa explain G5
    """
    from rfa.audit import find_paper
    from rfa.listing import explained

    click.echo(explained(find_paper(paper), id))
    return OK


@main.command()
@setting_argument
@click.option("--C", "C", type=float, help="The constant at which the assumptions are judged.")
@seed_option
@set_option
@json_option
@paper_option
def assumptions(
    what: str | None,
    C: float | None,
    seed: int | None,
    changes: tuple[str, ...],
    json_path: str | None,
    paper: str | None,
) -> int:
    """The assumptions of the paper at a setting: both sides, slack, the C each allows, the nearest sizes.

    \b
    Examples:
      rfa assumptions feasible
      rfa assumptions my.toml --C 100
    """
    from dataclasses import asdict

    from rfa.audit import find_paper
    from rfa.report.tables import assumption_table
    from rfa.setting import checked

    of = find_paper(paper)
    if of.assumptions is None:
        raise InputError(f"paper {of.name!r} has no table of assumptions")
    setting = chosen_setting(what, of, changes, seed)
    table = of.assumptions(setting, None if C is None else checked("C", C))
    if not write_json(asdict(table), json_path):
        click.echo(assumption_table(table, setting.name))
    return OK


@main.command()
@click.argument("what", metavar="[NAME|FILE.toml|RUN.npz]", required=False)
@seed_option
@set_option
@json_option
@quiet_option
@paper_option
def constants(
    what: str | None,
    seed: int | None,
    changes: tuple[str, ...],
    json_path: str | None,
    quiet: bool,
    paper: str | None,
) -> int:
    """Every constant of the paper against a run: printed, the value that works there, exact for the law.

    Then how large C has to be for the proof as written and as repaired, step by step.

    \b
    Examples:
      rfa constants quick
      rfa constants run.npz --json constants.json
    """
    from rfa.audit import find_paper, simulate
    from rfa.papers import DoesNotApply
    from rfa.progress import bar
    from rfa.report.tables import constants_table
    from rfa.runfile import load_run

    of = find_paper(paper)
    if of.constants is None:
        raise InputError(f"paper {of.name!r} has no table of constants")
    with bar(quiet=quiet) as progress:
        if what is not None and what.endswith(".npz"):
            run = load_run(what, **parsed(changes))
        else:
            run = simulate(chosen_setting(what, of, changes, seed), paper=of, progress=progress)
        try:
            table = of.constants(run)
        except DoesNotApply as why:
            raise InputError(f"no table of constants: {why}") from None
    if not write_json(table.to_dict(), json_path):
        click.echo(constants_table(table))
    return OK


register(main)
pictures_cli.register(main)
main.add_command(certify)
main.add_command(data)
main.add_command(recheck)
