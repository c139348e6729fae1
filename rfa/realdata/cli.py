"""The command `rfa data`: real data as the paper's task."""

from __future__ import annotations

from pathlib import Path

import click

from rfa.command_line import OK, PLACE, file_name, json_option, paper_option, quiet_option, write_json


@click.command()
@click.argument("what", metavar="digits|FILE")
@click.option("--classes", metavar="A,B,C,D", default="", help="Classes of y for +mu1, -mu1, +mu2, -mu2.")
@click.option("--out", type=PLACE, metavar="DIR", help="Where the reports go.")
@click.option("-m", "--neurons", type=click.IntRange(2), default=100, show_default=True, help="Neurons, an even count.")
@click.option("-K", "--K", "K", type=click.IntRange(1), default=10, show_default=True, help="Step size 1/(4K).")
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), default=0, show_default=True, help="Of start and hold-out.")
@click.option("--links/--no-links", default=True, help="Judge the links of the proofs as well.")
@json_option
@quiet_option
@paper_option
def data(
    what: str, classes: str, out: Path | None, neurons: int, K: int, seed: int, links: bool,
    json_path: str | None, quiet: bool, paper: str | None,
) -> int:  # fmt: skip
    """Train on real data and say what they leave of the theorem: which assumptions fail, what survives.

    FILE is CSV or Parquet with a column y (else the last one) of classes, NPZ with X and y, or NPY with the classes in
    the last column. Four classes stand for the clusters: those of --classes, or the four whose means are nearest to a
    cross. In data with labels -1 and +1 the four clusters are sought. `digits` is scikit-learn's (extra `data`).

    \b
    Examples:
      rfa data digits
      rfa data digits --classes 0,1,2,3 --out out/
      rfa data my-table.csv --json -
    """
    from rfa.audit import find_paper
    from rfa.errors import InputError
    from rfa.progress import bar
    from rfa.realdata.page import write
    from rfa.realdata.sources import read
    from rfa.realdata.study import Training, study
    from rfa.realdata.task import make_task
    from rfa.report.files import check_places

    if neurons % 2:
        raise InputError(f"--neurons {neurons}: expected an even number, half of either sign")
    of, folder = find_paper(paper), out or Path("reports") / f"data-{file_name(Path(what).stem)}"
    check_places(folder, json_path)
    task = make_task(read(what), [name.strip() for name in classes.split(",") if name.strip()], seed)
    with bar(quiet=quiet) as progress:
        found = study(task, of, Training(m=neurons, K=K, seed=seed), links=links, progress=progress)
    write(found, folder)
    if not write_json(found.to_dict(), json_path):
        from rfa.realdata.page import facts

        lines = [f"{task.name}: {', '.join(task.classes)} as +mu1, -mu1, +mu2, -mu2", *facts(found)["verdict"]]
        click.echo("\n".join(lines[1:2] if quiet else [*lines, f"Report: {folder / 'data.html'}"]))
    return OK
