"""The command `rfa certify`: what sample and first weights alone guarantee, before any training."""

from __future__ import annotations

import click

from rfa.command_line import (
    FAILED,
    OK,
    chosen_setting,
    json_option,
    paper_option,
    parsed,
    quiet_option,
    seed_option,
    set_option,
    write_json,
)
from rfa.errors import InputError
from rfa.papers import DoesNotApply, Paper
from rfa.run import Run


@click.command()
@click.argument("what", metavar="[NAME|FILE.toml|RUN.npz]", required=False)
@seed_option
@set_option
@json_option
@quiet_option
@paper_option
def certify(
    what: str | None, seed: int | None, changes: tuple[str, ...], json_path: str | None, quiet: bool, paper: str | None
) -> int:
    """What the sample and the first weights alone guarantee of gradient descent, without training.

    Of a setting the sample and start are drawn; of a run file only these are looked at (one state in W is enough).
    Exit code 0 if the conclusion is guaranteed, 1 if a condition fails or lies within rounding.

    \b
    Examples:
      rfa certify explicit
      rfa certify my-data.npz --json -
    """
    from rfa.guarantees import guaranteed
    from rfa.report.tables import guarantee_table

    of = certifying(paper)
    run = start_of(what, of, changes, seed)
    try:
        found = guaranteed(of, run)
    except DoesNotApply as why:
        raise InputError(f"no certificate: {why}") from None
    if not write_json(found.to_dict(), json_path):
        click.echo(found.sentence if quiet else guarantee_table(found))
    return OK if found.given else FAILED


def certifying(name: str | None) -> Paper:
    """The named paper, else the first one that certifies."""
    from rfa.audit import find_paper
    from rfa.papers import find_papers

    if name is not None:
        return find_paper(name)
    return next((p for p in find_papers().values() if p.certify is not None), find_paper())


def start_of(what: str | None, paper: Paper, changes: tuple[str, ...], seed: int | None) -> Run:
    """The sample and first weights of a setting or a run file."""
    from rfa.audit import acceptance
    from rfa.progress import bar
    from rfa.runfile import load_run
    from rfa.simulation import start

    if what is not None and what.endswith(".npz"):
        return load_run(what, only_start=True, **parsed(changes))
    setting = chosen_setting(what, paper, changes, seed)
    with bar() as progress:
        return start(setting, accept=acceptance(setting, paper, progress))
