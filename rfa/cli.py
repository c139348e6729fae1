"""The command `rfa`: verify, check, list, explain, assumptions, constants.

Exit codes: 0 nothing fails at the level of --fail-on; 1 something does; 2 bad input, told in one line;
130 interrupted; 141 the reader of a pipe went away.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rfa.errors import InputError
from rfa.report.model import LEVELS, Level, Report
from rfa.setting import Setting, parse_value

if TYPE_CHECKING:
    from rfa.papers import Paper

OK, FAILED, BAD_INPUT, INTERRUPTED, NO_READER = 0, 1, 2, 130, 141
EXIT_CODES = """
\b
Exit codes:
  0    nothing fails at the level of --fail-on
  1    something does
  2    bad input: one line on standard error, nothing written
  130  interrupted
"""


@dataclass(frozen=True)
class Output:
    """What a judging command does with its report."""

    out: Path | None
    fail_on: Level
    links: bool | None
    json_path: str | None
    quiet: bool


class Commands(click.Group):
    """A group of commands whose every failure is one line on standard error and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe and an interruption end it quietly."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return NO_READER
        except KeyboardInterrupt:
            return _tell("interrupted; nothing half-written is left", INTERRUPTED)
        except InputError as why:
            return _tell(str(why), BAD_INPUT)
        return code

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Parse and run; wrong usage is bad input like any other."""
        with contextlib.suppress(AttributeError):
            sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
        try:
            code = super().main(*args, standalone_mode=False, **extra) or OK  # type: ignore[call-overload]
        except click.ClickException as why:
            code = _tell(why.format_message(), BAD_INPUT)
        except click.Abort:
            code = _tell("interrupted", INTERRUPTED)
        if standalone_mode:
            sys.exit(code)
        return code


def _tell(message: str, code: int) -> int:
    line = "".join(c if c.isprintable() else " " for c in message)
    click.echo(f"rfa: {' '.join(line.split())}", err=True)
    return code


def option_group(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options as one decorator."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


paper_option = click.option(
    "--paper", metavar="NAME", help="An installed paper (default: the paper as printed)."
)
json_option = click.option(
    "--json", "json_path", metavar="PATH", help="Also write JSON to PATH; - is standard output."
)
quiet_option = click.option(
    "--quiet", "-q", is_flag=True, help="Only the verdict in one sentence, no progress."
)
set_option = click.option(
    "--set",
    "changes",
    metavar="KEY=VALUE",
    multiple=True,
    help="Replace one key of the setting; may be repeated.",
)
seed_option = click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Seed of everything random.")
setting_argument = click.argument("what", metavar="[NAME|FILE.toml]", required=False)
report_options = option_group(
    click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Where the reports go (default reports/...)."),
    click.option(
        "--fail-on", type=click.Choice(LEVELS), default="refuted", show_default=True,
        help="Exit 1 if a claim is refuted or cannot be evaluated; a conclusion is undecided; or one fails.",
    ),
    click.option(
        "--links/--no-links", default=None, help="Print the links of the proofs as well / do not judge them."
    ),
    json_option, set_option, quiet_option, paper_option,
)  # fmt: skip


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
    "--save-run", type=click.Path(path_type=Path), metavar="FILE.npz", help="Also write the run itself."
)
@report_options
def verify(
    what: str | None,
    seed: int | None,
    save_run: Path | None,
    changes: tuple[str, ...],
    paper: str | None,
    **options: Any,
) -> int:
    """Simulate a setting and test every statement of the paper on the run.

    NAME is a setting of the paper (see `rfa list`), FILE.toml one of your own; without either, the default one.

    \b
    Examples:
      rfa verify
      rfa verify quick --set noise=half-space --set eta=1e-3
      rfa verify my.toml --seed 7 --out out/ --fail-on undecided
    """
    from rfa.progress import bar
    from rfa.report.files import check_writable
    from rfa.runfile import save_run as write_run
    from rfa.verify import find_paper, replay_command, simulate, verify as judged

    of, output = find_paper(paper), Output(**options)
    setting = chosen_setting(what, of, changes, seed)
    out = output.out or Path("reports") / f"{file_name(setting.name)}-seed{setting.seed}"
    check_writable(out)
    with bar(quiet=output.quiet) as progress:
        run = simulate(setting, paper=of, progress=progress)
        command = replay_command(run, of, what)
        report = judged(run, paper=of, links=output.links is not False, progress=progress, command=command)
    if save_run is not None:
        write_run(run, save_run)
    return finish(report, out, output)


@main.command(epilog=EXIT_CODES)
@click.argument("path", metavar="RUN.npz", type=click.Path(path_type=Path))
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

    from rfa.progress import bar
    from rfa.report.files import check_writable
    from rfa.runfile import load_run
    from rfa.verify import find_paper, verify as judged

    of, output = find_paper(paper), Output(**options)
    out = output.out or Path("reports") / file_name(path.stem)
    check_writable(out)
    given = [part for change in changes for part in ("--set", change)] + (["--paper", paper] if paper else [])
    with bar(quiet=output.quiet) as progress:
        run = load_run(path, progress=lambda done, total: progress("reading", done, total), **parsed(changes))
        command = shlex.join(["rfa", "check", str(path), *given])
        links = output.links is not False
        report = judged(run, paper=of, links=links, progress=progress, command=command)
    return finish(report, out, output)


@main.command("list")
@click.option("--links", is_flag=True, help="Every link of every chain of the proofs.")
@json_option
@paper_option
def list_(links: bool, json_path: str | None, paper: str | None) -> int:
    """List the statements of the paper and its settings, or every link of its proofs.

    \b
    Examples:
      rfa list
      rfa list --links | grep E20
    """
    from rfa import listing
    from rfa.report.tables import listed
    from rfa.verify import find_paper, named_settings

    of = find_paper(paper)
    rows = list(listing.links(of, listing.example_run(of))) if links else listing.statements(of)
    if write_json(rows, json_path):
        return OK
    click.echo(listed(rows))
    if not links:
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
    from rfa.listing import explained
    from rfa.verify import find_paper

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
    """The assumptions of the paper at a setting: both sides, slack, the C each allows, the nearest sizes that fit.

    \b
    Examples:
      rfa assumptions feasible
      rfa assumptions my.toml --C 100
    """
    from dataclasses import asdict

    from rfa.report.tables import assumption_table
    from rfa.setting import checked
    from rfa.verify import find_paper

    of = find_paper(paper)
    if of.assumptions is None:
        raise InputError(f"paper {of.name!r} has no table of assumptions")
    setting = chosen_setting(what, of, changes, seed)
    table = of.assumptions(setting, None if C is None else checked("C", C))
    if not write_json(asdict(table), json_path):
        click.echo(assumption_table(table, setting.name))
    return OK


def chosen_setting(what: str | None, paper: Paper, changes: tuple[str, ...], seed: int | None) -> Setting:
    """The setting that a command line asks for."""
    from rfa.verify import find_setting

    setting = find_setting(what, paper).override(**parsed(changes))
    return setting if seed is None else setting.override(seed=seed)


def parsed(changes: tuple[str, ...]) -> dict[str, Any]:
    """The values of KEY=VALUE options."""
    found = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or not key.strip():
            raise InputError(f"--set {change}: expected KEY=VALUE, for example --set eta=0.01")
        found[key.strip()] = parse_value(key.strip(), value.strip())
    return found


def finish(report: Report, out: Path, output: Output) -> int:
    """Write and print a report; the exit code."""
    from rfa.report.schema import to_json
    from rfa.report.terminal import shown

    report.save(out, fail_on=output.fail_on)
    if output.json_path not in (None, "-"):
        write_text(to_json(report), Path(str(output.json_path)))
    if output.json_path == "-":
        click.echo(to_json(report), nl=False)
    elif output.quiet:
        click.echo(report.sentence)
    else:
        click.echo(shown(report, out, links=bool(output.links)))
    return report.exit_code(output.fail_on)


def write_json(data: Any, path: str | None) -> bool:
    """Write `data` as JSON to `path` (- is standard output); whether it was asked for."""
    if path is None:
        return False
    text = json.dumps(finite(data), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if path == "-":
        click.echo(text, nl=False)
    else:
        write_text(text, Path(path))
    return True


def write_text(text: str, path: Path) -> None:
    """Write one text file, whole or not at all."""
    from rfa.report.files import replacing

    with replacing(path) as fresh:
        fresh.write_text(text, encoding="utf-8", newline="\n")


def finite(data: Any) -> Any:
    """The same data with null for numbers that JSON cannot carry."""
    if isinstance(data, Mapping):
        return {key: finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [finite(value) for value in data]
    if isinstance(data, float):
        return data if abs(data) < float("inf") else None
    return data


def file_name(name: str) -> str:
    """A name as a directory may have it: letters, digits, dots and dashes."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name).strip(".-")
    return kept[:80] or "run"
