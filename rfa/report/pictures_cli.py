"""Commands for pictures: the figures of the paper and the gallery."""

from __future__ import annotations

from pathlib import Path

import click

from rfa.command_line import FAILED, OK, PLACE, paper_option, parsed, quiet_option, set_option
from rfa.errors import InputError


def register(group: click.Group) -> None:
    """Add the commands of this module to the program's."""
    group.add_command(figure)
    group.add_command(gallery)


def _need_matplotlib() -> None:
    from rfa.report.plotting import available

    if not available():
        raise InputError("matplotlib is not installed; expected the extra plots: pip install 'rfa[plots]'")


@click.command()
@click.argument("name", metavar="NUMBER")
@click.option(
    "--out",
    type=PLACE,
    default=Path("reports"),
    metavar="DIR",
    show_default=True,
    help="Where it goes.",
)
@click.option(
    "--format",
    "formats",
    type=click.Choice(("svg", "png", "pdf")),
    multiple=True,
    default=("svg",),
    show_default=True,
    help="May be repeated.",
)
@set_option
@quiet_option
@paper_option
def figure(
    name: str, out: Path, formats: tuple[str, ...], changes: tuple[str, ...], quiet: bool, paper: str | None
) -> int:
    """Draw a figure of the paper from runs of its settings, and compute what the paper says of it.

    \b
    Examples:
      rfa figure 1
      rfa figure 2 --format svg --format png
      rfa figure 2 --set steps=2000
    """
    from rfa import figures
    from rfa.audit import find_paper
    from rfa.progress import bar
    from rfa.report.files import check_writable
    from rfa.report.tables import listed

    _need_matplotlib()
    of = find_paper(paper)
    figures.find(of, name)
    check_writable(out)
    with bar(quiet=quiet) as progress:
        made = figures.make(of, name, changes=parsed(changes), progress=progress)
    written = figures.write(made, out / f"figure-{name}", formats)
    heads = ("said of it", "on these runs", "measured")
    click.echo(listed([dict(zip(heads, figures.told(c), strict=True)) for c in made.claims]))
    if not quiet:
        click.echo(
            f"\nFrom the paper: {made.plot.given}.\nOurs: {made.plot.ours}.\nWritten: {', '.join(map(str, written))}"
        )
    return OK


@click.command()
@click.option(
    "--out",
    type=PLACE,
    default=Path("reports"),
    metavar="DIR",
    show_default=True,
    help="Where the gallery is.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a stored number is not what the code makes.")
@click.option("--only", multiple=True, metavar="PART", help="With --check: these parts only, such as amplification.")
@quiet_option
@paper_option
def gallery(out: Path, check: bool, only: tuple[str, ...], quiet: bool, paper: str | None) -> int:
    """Make the gallery again from its named settings: pictures, figures, README.md and the numbers behind them.

    \b
    Examples:
      rfa gallery
      rfa gallery --check
      rfa gallery --check --only amplification
    """
    from rfa import gallery as made
    from rfa.audit import find_paper
    from rfa.progress import bar
    from rfa.report.files import check_writable

    if only and not check:
        raise InputError("--only PART: expected together with --check; the gallery is made as a whole")
    _need_matplotlib()
    of = find_paper(paper)
    check_writable(out)
    with bar(quiet=quiet) as progress:
        if not check:
            numbers = made.generate(of, out, progress)
            click.echo(f"{out}: {', '.join(numbers)}")
            return OK
        wrong = made.check(of, out, progress, only=only)
    click.echo("\n".join(wrong) or f"{out}: every number looked at is what the code makes")
    return FAILED if wrong else OK
