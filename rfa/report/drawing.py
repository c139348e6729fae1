"""The proof graph as shapes on a plane: boxes, arrows and their text, ready for an SVG template."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rfa.report.layers import Edge, Layout, layout
from rfa.report.model import Row


@dataclass(frozen=True)
class Form:
    """Measures of a drawing in pixels: how many columns, the box, the gaps, and the letters of a line of title."""

    name: str
    columns: int
    width: int
    height: int
    across: int
    down: int
    letters: int


WIDE = Form("wide", 8, 138, 74, 9, 50, 19)
NARROW = Form("narrow", 3, 116, 82, 8, 36, 16)

MARGIN = 6
"""Room around the drawing for the outlines of its boxes."""

SPREAD = 0.36
"""The part of a box on each side of its middle over which arrows end."""

SHAPES = {
    "confirmed": "round", "confirmed alone": "round", "true for another reason": "hexagon", "beyond": "pill",
    "silent": "pill", "undecided": "slant", "refuted": "octagon", "error": "octagon", "does not apply": "plain",
    "holds": "plain", "fails": "plain",
}  # fmt: skip
"""Shape of the box of each status."""

MARKS = {
    "confirmed": "✓", "confirmed alone": "(✓)", "true for another reason": "≈", "beyond": "+", "silent": "·",
    "undecided": "?", "refuted": "✗", "error": "!", "does not apply": "–", "holds": "✓", "fails": "✗",
    "not applicable": "–",
}  # fmt: skip
"""Sign of each status and outcome, so that no meaning hangs on colour."""


@dataclass(frozen=True)
class Box:
    """One statement: place and size, outline as an SVG path, and its lines of title."""

    id: str
    status: str
    x: float
    y: float
    width: int
    height: int
    outline: str
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Arrow:
    """One use: from the statement that is used to the one that uses it."""

    source: str
    target: str
    implied: bool
    path: str


@dataclass(frozen=True)
class Drawing:
    """The whole graph in one form."""

    form: Form
    width: float
    height: float
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


def draw(statements: Sequence[Row], form: Form) -> Drawing:
    """The graph of the statements of a document."""
    plan = layout(resolved(statements), form.columns)
    corner = {id: _corner(place, form) for id, place in plan.place.items()}
    boxes = tuple(_box(s, corner[s["id"]], form) for s in statements)
    width = plan.columns * (form.width + form.across) - form.across + 2 * MARGIN
    height = plan.rows * (form.height + form.down) - form.down + 2 * MARGIN
    return Drawing(form, width, height, boxes, _arrows(plan, corner, form))


def resolved(statements: Sequence[Row]) -> dict[str, tuple[str, ...]]:
    """What each statement uses, as ids of statements: a claim or a chain stands for the statement that has it."""
    owner: dict[str, str] = {}
    for s in statements:
        for part in (*s["links"], *s["claims"]):
            owner.setdefault(part["id"], s["id"])
    owner |= {s["id"]: s["id"] for s in statements}
    return {s["id"]: tuple(owner[u] for u in s["uses"] if u in owner) for s in statements}


def _corner(place: tuple[float, int], form: Form) -> tuple[float, float]:
    column, row = place
    return MARGIN + column * (form.width + form.across), MARGIN + row * (form.height + form.down)


def _box(statement: Row, corner: tuple[float, float], form: Form) -> Box:
    status = statement["status"]["word"]
    lines = textwrap.wrap(statement["title"], form.letters, max_lines=3, placeholder="…")
    shape = outline(SHAPES.get(status, "plain"), *corner, form.width, form.height)
    return Box(statement["id"], status, *corner, form.width, form.height, shape, statement["title"], tuple(lines))


def outline(shape: str, x: float, y: float, w: float, h: float) -> str:
    """A box of one of the shapes as an SVG path."""
    if shape in ("round", "pill", "plain"):
        r = {"round": 9.0, "pill": 22.0, "plain": 0.0}[shape]
        arc = f"a{r:g} {r:g} 0 0 1"
        return (
            f"M{x + r:g} {y:g}h{w - 2 * r:g}{arc} {r:g} {r:g}v{h - 2 * r:g}{arc} {-r:g} {r:g}"
            f"h{2 * r - w:g}{arc} {-r:g} {-r:g}v{2 * r - h:g}{arc} {r:g} {-r:g}z"
        )
    if shape == "slant":
        return f"M{x + 10:g} {y:g}h{w - 10:g}l-10 {h:g}h{10 - w:g}z"
    side = 12.0 if shape == "octagon" else h / 2
    reach = 12.0 if shape == "octagon" else 10.0
    straight = h - 2 * side
    return (
        f"M{x + reach:g} {y:g}h{w - 2 * reach:g}l{reach:g} {side:g}v{straight:g}l{-reach:g} {side:g}"
        f"h{2 * reach - w:g}l{-reach:g} {-side:g}v{-straight:g}z"
    )


def _arrows(plan: Layout, corner: Mapping[str, tuple[float, float]], form: Form) -> tuple[Arrow, ...]:
    leave = _ends(plan.edges, corner, form, outgoing=True)
    arrive = _ends(plan.edges, corner, form, outgoing=False)
    found = []
    for edge in sorted(plan.edges, key=lambda e: not e.implied):
        x0, x1 = leave[edge], arrive[edge]
        y0, y1 = corner[edge.source][1] + form.height, corner[edge.target][1]
        bend = max(form.down * 0.7, (y1 - y0) * 0.35)
        path = f"M{x0:.0f} {y0:.0f}C{x0:.0f} {y0 + bend:.0f} {x1:.0f} {y1 - bend:.0f} {x1:.0f} {y1 - 3:.0f}"
        found.append(Arrow(edge.source, edge.target, edge.implied, path))
    return tuple(found)


def _ends(
    edges: Sequence[Edge], corner: Mapping[str, tuple[float, float]], form: Form, *, outgoing: bool
) -> dict[Edge, float]:
    """Where each arrow ends along its box: side by side in the order of the boxes at the other end."""
    groups: dict[str, list[Edge]] = {}
    for edge in edges:
        groups.setdefault(edge.source if outgoing else edge.target, []).append(edge)
    ends = {}
    for id, group in groups.items():
        group.sort(key=lambda e: corner[e.target if outgoing else e.source][0])
        for k, edge in enumerate(group):
            offset = (k - (len(group) - 1) / 2) / max(len(group), 3)
            ends[edge] = corner[id][0] + form.width * (0.5 + 2 * SPREAD * offset)
    return ends
