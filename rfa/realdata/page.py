"""The report on a data set: a page and a Markdown file that explain themselves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rfa.command_line import write_json, write_text
from rfa.realdata.study import Study, Survival
from rfa.report.page import environment, figure, text

FILES = ("data.html", "data.md", "data.json")


def facts(study: Study) -> dict[str, Any]:
    """What both forms of the report are made of, in words."""
    met = sum(m.holds is True for m in study.geometry)
    survived = [s for s in study.survivals if s.held == 1]
    return {
        "study": study, "task": study.task, "verdict": list(_verdict(study)), "met": met,
        "assumed": list(study.assumptions), "survived": survived,
        "partly": [s for s in study.survivals if s.held is not None and 0 < s.held < 1],
        "lost": [s for s in study.survivals if s.held == 0], "percent": percent, "told": told,
    }  # fmt: skip


def percent(x: float) -> str:
    """A share as a percentage that is 100 only if nothing is missing."""
    return "100 %" if x == 1 else f"{min(100 * x, 99.9):.1f} %"


def told(survival: Survival) -> str:
    """Whether anything was promised of a statement, and kept, in words."""
    if survival.refuted:
        return f"promised, and broken at {survival.refuted} places"
    if not survival.promised:
        return "not promised here"
    return "promised and right" if survival.everywhere else "promised at some places, and right there"


def _verdict(study: Study) -> Iterator[str]:
    network, linear = (study.accuracy[name] for name in (*study.accuracy,) if "⟨" not in name)
    unmet = [m.name for m in study.geometry if m.holds is False]
    broken = sum(row["holds"] is False for row in study.assumptions)
    start, first, last = study.alignment
    yield (
        f"{len(unmet)} of {len(study.geometry)} properties that the theorem asks of the clusters are not met"
        f"{': ' + ', '.join(unmet) if unmet else ''}. Of its {len(study.assumptions)} numbered assumptions {broken} "
        f"fail{', so the theorem itself promises nothing here; single lemmas may' if unmet or broken else ''}."
    )
    yield (
        f"The network learns all the same: it is right on {percent(network[0])} of the training samples and on "
        f"{percent(network[1])} of the held-out ones; the best linear classifier on {percent(linear[1])}."
        if network[1] > max(0.6, linear[1])
        else f"The network is right on {percent(network[1])} of the held-out samples, the best linear classifier on "
        f"{percent(linear[1])}."
    )
    if study.task.copies:
        yield (
            f"{study.task.copies} of the {len(study.task.test.y)} held-out samples are copies of training "
            "samples: what is right on them says nothing about new data."
        )
    if linear[1] > 0.6:
        yield (
            "That a linear classifier does well shows that these classes are no true XOR: on the theorem's clusters "
            "(if symmetric) none is better than guessing, because opposite clusters have the same label."
        )
    yield (
        f"Its neurons turn towards the class means, which is the amplification the paper is about: their mean cosine "
        f"with their own centre is {start:.2f} at the start, {first:.2f} after one step and {last:.2f} at the end."
    )


def page(study: Study) -> str:
    """The report as one page without outside parts."""
    return environment().get_template("data.html").render(**facts(study), style=text("style.css"))


def markdown(study: Study) -> str:
    """The same in Markdown."""
    from rfa.report.markdown import escape, table

    known = facts(study)
    lines = [f"# {escape(study.task.name)} as an XOR of four clusters", ""]
    lines += [f"{escape(text)}\n" for text in known["verdict"]]
    placed = ", ".join(f"{name} as {centre}" for name, centre in zip(study.task.classes, NAMES, strict=True))
    lines += [f"Classes: {escape(placed)}", ""]
    lines += ["## What the theorem asks of the clusters", ""]
    head = ("property", "the theorem asks", "these data", "met")
    lines += table(head, ((m.name, m.asked, m.measured, MET[m.holds]) for m in study.geometry))
    lines += ["", "## Its numbered assumptions", ""]
    rows = ((r["id"], r["says"], figure(r["lhs"]), figure(r["rhs"]), MET[r["holds"]]) for r in study.assumptions)
    lines += table(("assumption", "says", "left", "right", "met"), rows)
    lines += ["", "## Right labels", ""]
    shares = ((name, percent(a), percent(b)) for name, (a, b) in study.accuracy.items())
    lines += table(("classifier", "training", "held out"), shares)
    lines += ["", "## What survives", ""]
    cells = (
        (s.id, s.title, "–" if s.held is None else percent(s.held), told(s)) for s in study.survivals
    )
    lines += table(("statement", "title", "holds at", "promise"), cells)
    return "\n".join([*lines, "", f"Departures and estimates: {escape(' '.join(study.report.caveats) or 'none')}", ""])


NAMES = ("+μ1", "−μ1", "+μ2", "−μ2")
MET = {True: "yes", False: "no", None: "–"}


def write(study: Study, folder: Path) -> None:
    """All files of the report, beside those of the judged run."""
    study.report.save(folder)
    write_text(markdown(study), folder / "data.md")
    write_json(study.to_dict(), str(folder / "data.json"))
    write_text(page(study), folder / "data.html")
