"""The report as one HTML page: offline, readable without JavaScript, made from the document alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any

from rfa.report.comparison import Section
from rfa.report.drawing import MARKS, NARROW, WIDE, draw
from rfa.report.graph import SUPPOSITIONS, WORDS
from rfa.report.markdown import promised
from rfa.report.maths import maths
from rfa.report.model import Report, Row, conclusion, label, premises, word

if TYPE_CHECKING:
    from jinja2 import Environment

KINDS = {
    "ASSUMPTION": "assumption", "CONDITION": "condition", "DET": "holds for every run",
    "DET|GR": "holds on every good run", "WHP-init": "with high probability over the start",
    "WHP-sample": "with high probability over the sample", "WHP-both": "with high probability over sample and start",
    "POP": "speaks of the distribution", "TEXT": "said in passing, promises nothing",
}  # fmt: skip
"""What each kind of statement is, in words."""

CENTRES = ("+μ1", "−μ1", "+μ2", "−μ2")
MOST_NAMED = 5
"""Failing premises that are named beside an outcome; the table of premises has them all."""
RELATIONS = {"<=": "≤", ">=": "≥", "==": "="}
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True)
class Picture:
    """A picture as SVG text with its title and a caption that says what is drawn."""

    name: str
    title: str
    caption: str
    svg: str

    @property
    def uri(self) -> str:
        """The picture as a data URI."""
        from base64 import b64encode

        return "data:image/svg+xml;base64," + b64encode(self.svg.encode()).decode()


def page(report: Report, pictures: Sequence[Picture] = ()) -> str:
    """The whole page; `pictures` are put behind the statements."""
    clean = Report(plain(report.document))
    return environment().get_template("report.html").render(**_context(clean), pictures=pictures)


def comparison_page(head: str, names: Sequence[str], sections: Sequence[Section]) -> str:
    """Several papers on one run as a page of tables, with links to the reports in the directories `names`."""
    tables = [Section(*plain([s.title, s.head, s.rows])) for s in sections]
    template = environment().get_template("comparison.html")
    return template.render(
        title=plain(head), names=names, sections=tables, prose=("says", "note", "step", "what it does"),
        style=text("style.css"),
    )  # fmt: skip


def fragment(report: Report) -> str:
    """Verdict, graph and table of outcomes without a page around them, for notebooks."""
    clean = Report(plain(report.document))
    return environment().get_template("notebook.html").render(**_context(clean))


@cache
def environment() -> Environment:
    """The templates, in which every text from outside is escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("rfa.report", "html"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "maths": maths, "figure": figure, "at": at, "word": word, "label": label, "premises": premises,
        "conclusion": conclusion, "mark": mark, "slug": slug, "outcome_of": outcome_of,
        "relation": lambda r: RELATIONS.get(r, r),
    }  # fmt: skip
    made.globals |= {"promised": promised, "MOST_NAMED": MOST_NAMED}
    return made


def plain(value: Any) -> Any:
    """The same data with a space for every character that a page could not show."""
    if isinstance(value, str):
        return "".join(c if c.isprintable() or c == "\n" else " " for c in value)
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def figure(x: float | None) -> str:
    """A number with four digits, powers of ten written out, or a dash."""
    if x is None:
        return "–"
    digits, _, power = f"{x + 0.0:.4g}".partition("e")
    return (digits + (f"·10{str(int(power)).translate(RAISED)}" if power else "")).replace("-", "−")


def at(row: Row) -> str:
    """The witness in words, centres by their names."""
    named = {"mu": "μ", "nu": "ν"}
    return ", ".join(
        f"{named[axis]} = {CENTRES[k]}" if axis in named and 0 <= k < 4 else f"{axis} = {k}"
        for axis, k in row.get("witness", {}).items()
    )


def mark(status: str) -> str:
    """The sign of a status or outcome."""
    return MARKS.get(word(status), "·")


def outcome_of(row: Sequence[Any]) -> str:
    """The outcome that a row of cells is filtered by: its first chip."""
    return next((str(cell["chip"]) for cell in row if isinstance(cell, Mapping) and "chip" in cell), "")


def slug(text: str) -> str:
    """A word as a CSS class."""
    return "".join(c if c.isalnum() else "-" for c in text.lower())


def anchors(statements: Iterable[Row]) -> dict[str, str]:
    """The place on the page of each statement: its id if that can stand in an address."""
    plain_ids = {s["id"] for s in statements if s["id"].isascii() and s["id"].replace("-", "").isalnum()}
    return {s["id"]: s["id"] if s["id"] in plain_ids else f"_{k}" for k, s in enumerate(statements)}


def _context(report: Report) -> dict[str, Any]:
    document, statements = report.document, report.statements
    present = dict.fromkeys(s["status"]["word"] for s in statements)
    return {
        "report": report,
        "document": document,
        "style": text("style.css"),
        "script": text("theme.js") + text("script.js"),
        "drawings": [draw(statements, form) for form in (WIDE, NARROW)],
        "anchors": anchors(statements),
        "statements": [_statement(report, s) for s in statements],
        "legend": {status: WORDS[status] for status in WORDS if status in present},
        "failures": report.failures(),
        "broken": sum(row["holds"] is False for _, row in report.conclusions()),
        "undecided": [p for p in report.failures("undecided") if p[1]["outcome"] == "UNDECIDED"],
        "ledgers": [waterfall(ledger) for ledger in document["ledgers"]],
        "outcomes": sorted({row["outcome"] for _, row in report.rows()} | {s["outcome"] for s in statements}),
    }


@cache
def text(name: str) -> str:
    """A file beside the templates, to be put into a page as it is."""
    from markupsafe import Markup

    return Markup(files("rfa.report").joinpath("html", name).read_text(encoding="utf-8"))


def _statement(report: Report, statement: Row) -> dict[str, Any]:
    """One statement as the template wants it."""
    document = report.document
    supposes = statement["kind"] in SUPPOSITIONS
    rows = [c for c in statement["claims"] if c["role"] == "conclusion"]
    return {
        **statement,
        "estimated": statement.get("estimated", []),
        "supposes": supposes,
        "kind_words": KINDS[statement["kind"]],
        "paragraphs": [" ".join(part.split()) for part in statement["words"].split("\n\n") if part.strip()],
        "premises": [c for c in statement["claims"] if c["role"] == "premise"],
        "conclusions": rows,
        "used_by": [s["id"] for s in document["statements"] if statement["id"] in s["uses"]],
        "chains": [chain(id, list(links)) for id, links in groupby(statement["links"], key=lambda k: k["id"])],
        "gap_texts": _texts(document["gaps"], [*statement["gaps"], *(k["gap"] for k in statement["links"])]),
        "reading_texts": _texts(document["readings"], statement["readings"]),
        "ledgers": [waterfall(x) for x in document["ledgers"] if x["claim"] in {c["id"] for c in rows}],
    }


def _texts(texts: Mapping[str, str], ids: Iterable[str]) -> dict[str, str]:
    return {id: texts.get(id, "") for id in dict.fromkeys(ids) if id}


def chain(id: str, links: Sequence[Row]) -> dict[str, Any]:
    """A chain with the place of each link in its waterfall: start and length in percent of all orders of magnitude.

    Every factor is taken at the worst index of its own link, so that their product is more than the chain loses at
    any one index.
    """
    lengths = [_orders(link["loss"]) if not link["printed"] else 0.0 for link in links]
    whole, begun, bars = sum(lengths), 0.0, []
    for length in lengths:
        bars.append((100 * begun / whole, 100 * length / whole) if whole > 0 and length > 0 else None)
        begun += length
    return {"id": id, "links": list(zip(links, bars, strict=True)), "drawn": any(bars)}


def _orders(factor: float | None) -> float:
    return max(0.0, math.log10(factor)) if factor else 0.0


def waterfall(ledger: Row) -> dict[str, Any]:
    """A loss ledger with its bars: start and length in percent of the way from the measured to the proved value."""
    values = [ledger["measured"], *(e["after"] for e in ledger["entries"])]
    logs = [math.log10(v) for v in values]
    span = max(logs) - min(logs) or 1.0
    places = [100 * (max(logs) - x) / span for x in logs]
    bars = [(min(a, b), abs(b - a), b < a) for a, b in pairwise(places)]
    return {**ledger, "bars": list(zip(ledger["entries"], bars, strict=True))}
