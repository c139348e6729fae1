"""What the commands of `rfa` share: options, one-line errors with exit codes, reading and writing."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rfa.errors import InputError
from rfa.report.model import LEVELS, Level, Report
from rfa.setting import Setting, parse_value

if TYPE_CHECKING:
    from rfa.papers import Paper
    from rfa.run import Run

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
    pictures: bool
    format: str


class Place(click.Path):
    """A path that is not empty."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, which `click.Path` would make the current directory of an empty text."""
        if value == "":
            self.fail("it is empty; expected a file or directory", param, ctx)
        return super().convert(value, param, ctx)


PLACE = Place(path_type=Path)


class Commands(click.Group):
    """A group of commands whose every failure is one line on standard error and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe and an interruption end it quietly."""
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _drop_output()
            return NO_READER
        except KeyboardInterrupt:
            return _tell("interrupted; nothing half-written is left", INTERRUPTED)
        except InputError as why:
            return _tell(str(why), BAD_INPUT)
        return code

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Parse and run; wrong usage is bad input like any other."""
        _reopen_closed()
        with contextlib.suppress(AttributeError):
            sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
        try:
            code = super().main(*args, standalone_mode=False, **extra) or OK  # type: ignore[call-overload]
            sys.stdout.flush()
        except OSError as why:
            _drop_output()
            code = _tell(f"{why.filename or 'standard output'}: {why.strerror or why}", BAD_INPUT)
        except MemoryError as why:
            code = _tell(f"memory: {why or 'there is not enough'}; lower n, m or d", BAD_INPUT)
        except click.ClickException as why:
            code = _tell(why.format_message(), BAD_INPUT)
        except click.Abort:
            code = _tell("interrupted", INTERRUPTED)
        if standalone_mode:
            sys.exit(code)
        return code


def _reopen_closed() -> None:
    """A stream that whoever started the program has closed swallows what is written: the work is done all the same."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode, closefd=False))


def _tell(message: str, code: int) -> int:
    line = "".join(c if c.isprintable() else " " for c in message)
    with contextlib.suppress(OSError):
        click.echo(f"rfa: {' '.join(line.split())}", err=True)
    return code


def _drop_output() -> None:
    """Nothing more is written to standard output, not even what it has buffered."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _place(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """A file for output, checked before the work begins."""
    from rfa.report.files import check_file

    check_file(value)
    return value


def option_group(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options as one decorator."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


paper_option = click.option(
    "--paper", metavar="NAME", help="An installed paper (default: that of the setting, else the one as printed)."
)
json_option = click.option(
    "--json", "json_path", metavar="PATH", callback=_place, help="Also write JSON to PATH; - is standard output."
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
    click.option("--out", type=PLACE, metavar="DIR", help="Where the reports go."),
    click.option(
        "--fail-on", type=click.Choice(LEVELS), default="refuted", show_default=True,
        help="Exit 1 if a claim is refuted or cannot be evaluated; a conclusion is undecided; or one fails.",
    ),
    click.option(
        "--links/--no-links", default=None, help="Print the links of the proofs as well / do not judge them."
    ),
    click.option(
        "--pictures/--no-pictures", default=True, help="Pictures of the run in report.html (needs matplotlib)."
    ),
    click.option(
        "--format", type=click.Choice(("text", "github")), default="text",
        help="Print a table, or annotations and a job summary for GitHub Actions.",
    ),
    json_option, set_option, quiet_option, paper_option,
)  # fmt: skip


def chosen_setting(what: str | None, paper: Paper, changes: tuple[str, ...], seed: int | None) -> Setting:
    """The setting that a command line asks for."""
    from rfa.audit import find_setting

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


def steps_to_keep(text: str | None, setting: Setting) -> range | list[int]:
    """The steps that --keep names: numbers from 0 to the last step with commas between, or all."""
    last = setting.total_steps
    if text is None:
        return []
    if text == "all":
        return range(last + 1)
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 20 and int(part) <= last for part in parts):
        raise InputError(f"--keep {text}: expected step numbers from 0 to {last} with commas between, or all")
    return [int(part) for part in parts]


def finish(report: Report, out: Path, output: Output, paper: Paper, run: Run) -> int:
    """Write and print a report of a run; the exit code."""
    from rfa.report.github import commands, summarize
    from rfa.report.pictures import pictures
    from rfa.report.schema import to_json
    from rfa.report.terminal import shown

    drawn = pictures(paper, run) if output.pictures else []
    report.save(out, fail_on=output.fail_on, pictures=drawn)
    if output.json_path not in (None, "-"):
        write_text(to_json(report), Path(str(output.json_path)))
    if output.json_path == "-":
        click.echo(to_json(report), nl=False)
    elif output.format == "github":
        summarize(report)
        click.echo("\n".join(commands(report, output.fail_on)))
    elif output.quiet:
        click.echo(report.sentence)
    else:
        click.echo(shown(report, out, links=bool(output.links)))
    return report.exit_code(output.fail_on)


def finish_all(papers: Sequence[Paper], reports: Sequence[Report], run: Run, out: Path, output: Output) -> int:
    """Write the reports of several papers on one run, each in a directory of its name; the gravest exit code."""
    from rfa.audit import needed_C
    from rfa.report.comparison import comparison, sections, title
    from rfa.report.github import commands, summarize
    from rfa.report.page import comparison_page
    from rfa.report.pictures import pictures

    for paper, report in zip(papers, reports, strict=True):
        drawn = pictures(paper, run) if output.pictures else []
        report.save(out / paper.name, fail_on=output.fail_on, pictures=drawn)
    needed, goals = needed_C(papers, run), {paper.name: paper.goals for paper in papers}
    side_by_side = comparison(reports, needed, goals)
    write_text(side_by_side, out / "comparison.md")
    names, tables = [paper.name for paper in papers], sections(reports, needed, goals)
    write_text(comparison_page(title(reports), names, tables), out / "comparison.html")
    if output.json_path is not None:
        write_json([report.document for report in reports], output.json_path)
    if output.format == "github":
        summarize(*reports)
        click.echo("\n".join(line for report in reports for line in commands(report, output.fail_on)))
    elif output.json_path != "-":
        told = [f"{paper.name}: {report.sentence}" for paper, report in zip(papers, reports, strict=True)]
        click.echo("\n".join(told) if output.quiet else f"{side_by_side}\nReports: {out}")
    return max(report.exit_code(output.fail_on) for report in reports)


def write_json(data: Any, path: str | None) -> bool:
    """Write `data` as JSON to `path` (- is standard output); whether nothing else may go to standard output."""
    if path is None:
        return False
    text = json.dumps(finite(data), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    if path == "-":
        click.echo(text, nl=False)
    else:
        write_text(text, Path(path))
    return path == "-"


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
    """A name as a directory may have it: letters of any script, digits, dots and dashes, at most 200 bytes."""
    kept = "".join(c if c.isalnum() or c in "._-" else "-" for c in name).strip(".-")
    return kept[:50] or "run"
