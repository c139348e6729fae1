"""Report: the document of one judged run, with what is asked of it most: counts, failures, table, files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rfa.verdicts import Outcome

if TYPE_CHECKING:
    import pandas as pd

    from rfa.report.page import Picture

Row = Mapping[str, Any]
Level = Literal["refuted", "undecided", "failed"]
LEVELS: tuple[Level, ...] = ("refuted", "undecided", "failed")
"""When a report fails: `refuted` a claim or link is refuted or cannot be evaluated; `undecided` that, or a
conclusion is undecided; `failed` that, or a conclusion does not hold, promised or not."""


ESTIMATED = "≈"
"""The sign of statements that rest on something that was estimated."""


@dataclass(frozen=True, eq=False)
class Report:
    """The judged run as a document of plain values; `rfa.report.schema` holds its published form.

    Conclusions and links as repaired count; steps that are known to be wrong in print stand apart.
    """

    document: Mapping[str, Any]

    def __getitem__(self, id: str) -> Row:
        """The entry of a statement, or of a claim by its full id; `KeyError` if the report has neither."""
        for statement in self.statements:
            if statement["id"] == id:
                return statement
        for _, row in self.rows():
            if row["id"] == id and "role" in row:
                return row
        raise KeyError(id)

    @property
    def statements(self) -> list[dict[str, Any]]:
        """The entries of all statements, in the order of the paper."""
        return list(self.document["statements"])

    @property
    def name(self) -> str:
        """Name of the setting, or of the file that the run came from."""
        setting = self.document["setting"]
        return str(setting["name"] if setting else Path(self.document["run"]["source"]).stem or "run")

    @property
    def seed(self) -> int | None:
        """Seed of the run, if it was made here."""
        seed: int | None = self.document["seed"]
        return seed

    def rows(self) -> Iterator[tuple[Row, Row]]:
        """Every premise, conclusion and link, with its statement."""
        for statement in self.statements:
            for row in (*statement["claims"], *statement["links"]):
                yield statement, row

    def conclusions(self) -> Iterator[tuple[Row, Row]]:
        """Every conclusion, with its statement."""
        return ((s, r) for s, r in self.rows() if r.get("role") == "conclusion")

    def repaired_links(self) -> Iterator[tuple[Row, Row]]:
        """Every link but those as wrongly printed, with its statement."""
        return ((s, r) for s, r in self.rows() if "role" not in r and not r["printed"])

    @property
    def counts(self) -> dict[str, int]:
        """Number of conclusions by outcome; a statement that could not be evaluated counts once."""
        return _tally([r for _, r in self.conclusions()] + self._unevaluated())

    @property
    def link_counts(self) -> dict[str, int]:
        """Number of links as repaired by outcome."""
        return _tally([r for _, r in self.repaired_links()])

    def _unevaluated(self) -> list[Row]:
        return [s for s in self.statements if s["outcome"] == "ERROR" and not s["claims"]]

    def failures(self, level: Level = "refuted") -> list[tuple[Row, Row]]:
        """The rows that make the report fail at a level of `LEVELS`, with their statements; gravest first."""
        found = [(s, s) for s in self._unevaluated()]
        found += [pair for pair in self.rows() if not pair[1].get("printed") and _breaks(pair[1], level)]
        return sorted(found, key=lambda pair: [o.name for o in Outcome].index(pair[1]["outcome"]))

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        bad, counts = [row for _, row in self.failures()], self.counts
        if bad:
            kinds = {"REFUTED": "refuted", "ERROR": "not evaluated"}
            parts = [(words, [r for r in bad if r["outcome"] == outcome]) for outcome, words in kinds.items()]
            return "; ".join(f"{len(rows)} {words.upper()}: {_names(rows)}" for words, rows in parts if rows) + "."
        told = ", ".join(f"{count} {word(outcome)}{self._in_part(outcome)}" for outcome, count in counts.items())
        start = "Nothing is refuted" if counts.get("CONFIRMED") else "Nothing is refuted, and nothing was exercised"
        return f"{start}: of {sum(counts.values())} conclusions {told or 'none could be judged'}."

    @property
    def caveats(self) -> list[str]:
        """One sentence for each departure from the theorem's setting, and one on what was estimated."""
        departures = self.document.get("departures", [])
        found = [f"Outside the theorem's setting ({d['kind']}): {d['says']}." for d in departures]
        if estimates := self.document.get("estimates"):
            told = ", ".join(f"{name} ({how})" for name, how in estimates.items())
            found.append(f"Estimated, not known: {told}. What rests on an estimate is marked {ESTIMATED}.")
        return found

    def _in_part(self, outcome: str) -> str:
        """How many conclusions have this outcome at some indices and do not hold at others."""
        rows = [row for _, row in self.conclusions() if row["outcome"] == outcome != "SILENT"]
        broken = sum("SILENT" in row["counts"] for row in rows)
        return f" ({broken} of them in part: not promised at other indices, and failing there)" if broken else ""

    def exit_code(self, level: Level = "refuted") -> int:
        """0, or 1 if there are `failures` at this level."""
        return int(bool(self.failures(level)))

    def to_dict(self) -> dict[str, Any]:
        """A copy of the document, ready for JSON."""
        return deepcopy(dict(self.document))

    def to_frame(self) -> pd.DataFrame:
        """One row per premise, conclusion and link."""
        from rfa.report.table import frame

        return frame(self)

    def save(
        self, directory: Path | str, *, fail_on: Level = "refuted", pictures: Sequence[Picture] = ()
    ) -> Path:
        """Write all formats into `directory`, all or nothing; `fail_on` says what JUnit calls a failure.

        `pictures` of the run (`rfa.report.pictures.pictures`) go into the HTML page.
        """
        from rfa.report.files import write

        return write(self, Path(directory), fail_on, pictures)

    def _repr_html_(self) -> str:
        """Verdict, proof graph and table of outcomes, as a notebook shows them."""
        from rfa.report.page import fragment

        return fragment(self)


def _breaks(row: Row, level: Level) -> bool:
    if row["outcome"] in ("ERROR", "REFUTED"):
        return True
    if row.get("role") != "conclusion":
        return False
    return (level == "undecided" and row["outcome"] == "UNDECIDED") or (level == "failed" and row["holds"] is False)


def marked(statement: Row, text: str) -> str:
    """`text` with the sign of a statement that rests on an estimate, if this one does."""
    return f"{text} {ESTIMATED}" if statement.get("estimated") else text


def label(row: Row) -> str:
    """The id of a claim, the id and members of a link."""
    return f"{row['id']} {row['from']}→{row['to']}" if "from" in row else str(row["id"])


def at(row: Row) -> str:
    """The witness in words: `t=3, j=17`."""
    return ", ".join(f"{axis}={index}" for axis, index in row.get("witness", {}).items())


def word(outcome: str) -> str:
    """An outcome in lower case words."""
    return outcome.lower().replace("_", " ")


def premises(row: Row, most: int | None = None) -> str:
    """What became of the premises of a conclusion or link: where they hold, which fail and by what factor.

    `most` is the number of failing premises that are named; those that fail by most come first.
    """
    if row["outcome"] in ("ERROR", "NOT_APPLICABLE"):
        return "–"
    parts = [_promised(row) + named(row["failing"], most)] if row["failing"] else []
    parts += ["undecided: " + ", ".join(row["open"])] if row["open"] else []
    return "; ".join(parts) or "hold"


def named(failing: Sequence[Row], most: int | None = None) -> str:
    """Failing premises with the factors by which they fail, worst first."""
    worst = sorted(failing, key=lambda f: -(f["factor"] or 0))
    told = [f["id"] + ("" if f["factor"] is None else f" (×{f['factor']:.3g})") for f in worst[:most]]
    more = len(worst) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")


def _promised(row: Row) -> str:
    count = sum(row["counts"].get(outcome, 0) for outcome in ("CONFIRMED", "REFUTED"))
    return f"hold at {count} of {sum(row['counts'].values())}; " if count else "fail: "


def conclusion(row: Row) -> str:
    """Whether a claim `holds`, `fails` or is `open` within its error; `–` where it was not judged."""
    if row["outcome"] == "NOT_APPLICABLE":
        return "–"
    return {True: "holds", False: "fails", None: "open" if row["slack"] is not None else "–"}[row["holds"]]


def _names(rows: list[Row]) -> str:
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return ", ".join(label(row) for row in rows[:5]) + more


def _tally(rows: list[Row]) -> dict[str, int]:
    counts = Counter(row["outcome"] for row in rows)
    return {outcome.name: counts[outcome.name] for outcome in Outcome if counts[outcome.name]}
