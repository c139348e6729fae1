"""The record of a run: every number that the papers say of it, to compare with the numbers that are on file.

    python -m tests.checks.recorded            write the records of all runs anew, after a change that is meant

A record is one CSV file for each run: the sides, slack, rounding error and witness of every claim and link, sums over
their index sets, and what tables, notes, ledgers and rates say. A change of one constant, mask, time or error term of a
check changes some of them. That the numbers on file are right is shown elsewhere: by the tests of each statement, and
by `rfa.recheck`, which computes the sides again from the arrays of the run in exact arithmetic.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, partial, wraps
from pathlib import Path

import numpy as np
import pandas as pd

from rfa import Run
from rfa.papers import DoesNotApply
from rfa.verdicts import Outcome, evaluate
from tests.checks.recorded_runs import RUNS, made

FOLDER = Path(__file__).with_name("record")
NUMBERS = ("lhs", "rhs", "slack", "error", "sum_lhs", "sum_rhs", "sum_error", "premises", "tightest", "scale")
RTOL, RTOL_ERROR = 1e-6, 2e-2
"""How far numbers may move from machine to machine: sides and sums, rounding errors."""
RESIDUE = 16
"""A number of up to so many times its rounding error is nothing but rounding, and written as 0."""
CANCELLED = 1e-9
"""A sum of terms that are larger by more than this factor is nothing but rounding."""
LARGEST_ROUNDING = 1e-9
"""Larger errors are of sampling, not of rounding."""
WORDS = {"says", "name", "symbol", "inequality", "step", "gap", "where_used", "id", "relation", "witness"}
"""Fields that no number depends on, and places, which ties leave open."""
PLACES = (36.0, 1e30)
"""Constants C at which functions of C are recorded."""


PIECES = "pieces"
RECORDS = (*RUNS, PIECES)


# ---- rows ---------------------------------------------------------------------------------------------------------


def record(name: str, of: Collection[str] | None = None) -> pd.DataFrame:
    """A record by its name, one row for each claim, number or text; or what is defined in some modules alone."""
    rows = of_pieces(of) if name == PIECES else of_run(made(name), of)
    return pd.DataFrame(list(rows), columns=["what", "text", *NUMBERS]).fillna({"text": ""})


def of_run(run: Run, of: Collection[str] | None) -> Iterator[dict]:
    """Everything that both papers say of a run."""
    from checks import PAPER
    from checks.explicit import PAPER as EXPLICIT

    for paper in (PAPER, EXPLICIT):
        yield from claims(paper, run, of)
        yield from tables(paper, run, of)


def of_pieces(of: Collection[str] | None) -> Iterator[dict]:
    """What functions of checks give at chosen arguments."""
    from tests.checks.pieces import pieces

    return rows_of(pieces(), of)


def claims(paper, run: Run, of: Collection[str] | None) -> Iterator[dict]:
    """A row for each claim and link of a paper."""
    for statement in paper.results if trained_at_all(run) else ():
        if not asked_for(statement.claims, of):
            continue
        found = evaluate(statement, run)
        if found.outcome is not None:
            yield {"what": f"{paper.name} {statement.id}", "text": f"{found.outcome.name} {found.reason}"}
        for claim, verdict in (*found.premises, *found.conclusions, *found.links):
            yield {"what": f"{paper.name} {statement.id} {claim.id}", **of_claim(claim, verdict)}


def of_claim(claim, verdict) -> dict:
    """What a claim says and how it is judged."""
    if verdict.outcome in (Outcome.ERROR, Outcome.NOT_APPLICABLE):
        return {"text": f"{verdict.outcome.name} {verdict.reason}"}
    numbers, at = of_sums(claim) if claim.shape else {}, claim.worst()
    words = [verdict.outcome.name, claim.relation, *counted(verdict)]
    if at is not None and alone(claim, at):
        numbers |= of_place(claim, at)
        words += [f"{a}={i}" for a, i in zip(claim.axes, at, strict=True)]
    if claim.probability < 1:
        words += [f"p={claim.probability:.9g}", "sure" * claim.sure]
    words.append(
        "needs all" if claim.needs is None else f"needs {' '.join(f'{p.id} {p.relation}' for p in claim.needs)}"
    )
    rest = {"premises": of_premises(claim), "tightest": claim.tightest_constant}
    return {"text": " ".join(words), **numbers, **rest, "scale": inside(claim, claim.scale)}


def counted(verdict) -> list[str]:
    """Indices by outcome, where rounding leaves none of them open."""
    open_ = verdict.counts[Outcome.UNDECIDED]
    return [] if open_ else [f"{o.name.lower()}:{k}" for o, k in verdict.counts.items() if k]


def of_place(claim, at) -> dict[str, float]:
    """The numbers of a claim at one index."""
    lhs, rhs = claim.sides(at)
    gap, error = (float(full(x, claim)[at]) for x in (claim.gap, claim.error))
    slack = {} if claim.relation == "==" else {"slack": float(claim.slack[at]) if kept(gap, error) else 0.0}
    return {
        "lhs": kept(lhs, full(claim.lhs.error, claim)[at]), "rhs": kept(rhs, full(claim.rhs.error, claim)[at]),
        "error": error, **slack,
    }  # fmt: skip


def of_sums(claim) -> dict[str, float]:
    """Sums over the index set of a claim, and of its premises over theirs."""
    sides = {f"sum_{name}": full(getattr(claim, name).value, claim) for name in ("lhs", "rhs")}
    sums = {name: inside(claim, np.where(nothing(claim, side), 0.0, side)) for name, side in sides.items()}
    return sums | {"sum_error": inside(claim, claim.error)}


def nothing(claim, side) -> np.ndarray:
    """Which entries of a side are rounding alone, or nothing beside its largest and the scale of the claim."""
    error, largest = full(claim.error, claim), np.abs(side[claim.domain]).max(initial=0.0)
    small = (np.abs(side) <= RESIDUE * error) & (error < LARGEST_ROUNDING)
    return small | (np.abs(side) < 1e-12 * np.maximum(largest, full(claim.scale, claim)))


def of_premises(claim) -> float:
    """A number for the premises of a claim, wherever they hold or fail."""
    gaps = [np.where(np.abs(p.gap) <= RESIDUE * p.error, 0.0, p.gap) for p in claim.needs or ()]
    sums = [inside(p, gap) + inside(p, p.scale) for p, gap in zip(claim.needs or (), gaps, strict=True)]
    return sum(k * one for k, one in enumerate(sums, 1))


def full(values, claim):
    """Values on the full index set of a claim."""
    return np.broadcast_to(values, claim.shape)


def inside(claim, values) -> float:
    """The sum over the index set, of finite entries alone, with weights that tell neighbours apart."""
    taken = full(values, claim)[claim.domain]
    taken = np.where(np.isfinite(taken), taken, 0.0) * (1 + np.arange(taken.size) % 7 / 7)
    return float(taken.sum()) if abs(taken.sum()) > CANCELLED * np.abs(taken).sum() else 0.0


def alone(claim, at) -> bool:
    """Whether the index of least slack is the only one, beyond rounding."""
    gap, error = (float(full(x, claim)[at]) for x in (claim.gap, claim.error))
    slack = np.sort(claim.slack[claim.domain], axis=None)
    next_one = slack.size == 1 or slack[1] - slack[0] > 1e-7 * abs(slack[0])
    return bool(next_one and claim.relation != "==" and (kept(gap, error) or not claim.shape))


def kept(value: float, error: float) -> float:
    """A number, or 0 where it is nothing but rounding."""
    return 0.0 if error < LARGEST_ROUNDING and abs(value) <= RESIDUE * error else float(value)


def tables(paper, run: Run, of: Collection[str] | None) -> Iterator[dict]:
    """Notes, tables, ledgers and rates of a paper on a run."""
    for row in rows_of(sources(paper, run), of):
        yield {**row, "what": f"{paper.name} {row['what']}"}


def rows_of(sources: Iterator[tuple], of: Collection[str] | None) -> Iterator[dict]:
    """A row for each number and text in what functions give at their arguments, by name."""
    for name, function, *given in sources:
        if not asked_for(function, of):
            continue
        try:
            told = function(*given)
        except DoesNotApply as why:
            told = f"does not apply: {why}"
        for path, value in flat(told):
            yield (
                {"what": name + path, "lhs": value}
                if isinstance(value, float)
                else {"what": name + path, "text": value}
            )


def trained_at_all(run: Run) -> bool:
    """Whether there is more than sample and start, of which only the certificate speaks."""
    return run.last > run.first


def asked_for(function, of: Collection[str] | None) -> bool:
    """Whether a function is defined in one of some modules."""
    return of is None or getattr(function, "__module__", __name__) in {*of, __name__}


def sources(paper, run: Run) -> Iterator[tuple]:
    """By name, the functions that say something of a run besides claims, and their arguments."""
    if paper.certify:
        yield "certificate", certificate, paper.certify, run
    if not trained_at_all(run):
        return
    yield "notes", listed(paper.notes), run
    yield "constants", paper.constants, run
    yield from ((f"ledger{k}", one, run) for k, one in enumerate(paper.ledgers))
    for one in paper.scalings:
        yield f"scaling {one.id}", one.measure, run
        yield f"scaling {one.id} claimed", partial(claimed, one)
    if run.setting is not None and paper.default:
        yield from ((f"assumptions {C}", paper.assumptions, run.setting, C) for C in (None, 36.0))
        yield "rates", paper.exact_rates, run.setting
        yield from ((f"figure {name}", figure, plot, run) for name, plot in paper.figures.items())


def listed(function):
    """A function that gives what another yields."""

    @wraps(function)
    def shown(*given):
        return list(function(*given))

    return shown


def claimed(scaling) -> list:
    """What is claimed of an order of growth."""
    return [scaling.along, scaling.exponent, scaling.relation, scaling.values, scaling.base]


def certificate(certify, run: Run) -> dict:
    """A guarantee as plain numbers and words."""
    return certify(run).to_dict()


def figure(plot, run: Run) -> list:
    """What a figure measures on a run and says of it, and the steps that it keeps."""
    measured = plot.measure(run)
    return [measured, list(plot.claims([measured])), list(plot.keep(run.setting))]


def flat(value, path: str = "") -> Iterator[tuple[str, str | float]]:
    """The numbers and texts inside anything, with the way to each."""
    if is_dataclass(value):
        value = {f.name: getattr(value, f.name) for f in fields(value) if f.name not in WORDS}
    if isinstance(value, Mapping):
        for key, inside in value.items():
            yield from flat(inside, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for k, inside in enumerate(value):
            yield from flat(inside, f"{path}.{k}")
    elif isinstance(value, np.ndarray):
        yield from ((f"{path}.{name}", float(x)) for name, x in (("sum", value.sum()), ("squares", (value**2).sum())))
    elif callable(value):
        yield from flat([value(C) for C in PLACES], path)
    elif isinstance(value, bool | str | np.bool_) or value is None:
        yield path, str(value)
    else:
        yield path, float(value)


# ---- on file ------------------------------------------------------------------------------------------------------


def written(table: pd.DataFrame) -> str:
    """A record as text."""
    return table.to_csv(index=False, float_format="%.7g", lineterminator="\n")


@cache
def on_file(name: str) -> pd.DataFrame:
    """The record of a run on file."""
    kinds = {"what": str, "text": str}
    table = pd.read_csv(FOLDER / f"{name}.csv", dtype=kinds, keep_default_na=False, na_values=[""], encoding="utf-8")
    return table.fillna({"text": ""})


def differences(name: str, of: Collection[str] | None = None) -> list[str]:
    """Where the record of a run (or of some modules on it) differs from the one on file: a line for each row."""
    old, new = on_file(name), record(name, of)
    if of is not None:
        old = old[old["what"].isin(new["what"])]
    if list(old["what"]) != list(new["what"]):
        gone, come = set(old["what"]) - set(new["what"]), set(new["what"]) - set(old["what"])
        return [f"gone: {w}" for w in sorted(gone)] + [f"new: {w}" for w in sorted(come)] or ["another order"]
    differ = old["text"].to_numpy() != new["text"].to_numpy()
    for number in NUMBERS:
        a, b = old[number].to_numpy(float), new[number].to_numpy(float)
        rtol = RTOL_ERROR if "error" in number else RTOL
        differ = differ | ~np.isclose(a, b, rtol=rtol, atol=1e-9 if number == "slack" else 1e-280, equal_nan=True)
    return [f"{old.iloc[k].to_dict()} is now {new.iloc[k].to_dict()}" for k in np.flatnonzero(differ)]


def main() -> None:
    """Write all records."""
    FOLDER.mkdir(exist_ok=True)
    for name in RECORDS:
        (FOLDER / f"{name}.csv").write_text(written(record(name)), encoding="utf-8")
        print(f"{name}: {len(on_file(name))} rows")


if __name__ == "__main__":
    main()
