"""Layers of a proof: where each statement stands so that everything it uses stands above it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 24
"""Passes over the rows that pull every node towards the mean place of its neighbours."""

Uses = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Edge:
    """`source` is used by `target`; `implied` if it also follows through other statements in between."""

    source: str
    target: str
    implied: bool


@dataclass(frozen=True)
class Layout:
    """`place` is (x, row) of each node, x in columns from the left; `columns` and `rows` are the size of the whole."""

    place: Mapping[str, tuple[float, int]]
    edges: tuple[Edge, ...]
    columns: int
    rows: int


def layout(uses: Uses, columns: int) -> Layout:
    """Rows of at most `columns` nodes; a node stands below all that it uses (cycles are cut at their last edge)."""
    uses = without_cycles(uses)
    edges = tuple(Edge(u, v, u in _beyond(v, uses)) for v, used in uses.items() for u in used)
    layers = _ordered(_layers(uses), [e for e in edges if not e.implied] or list(edges))
    rows = [part for layer in layers for part in _split(layer, columns)]
    width = max((len(row) for row in rows), default=1)
    place = {id: ((width - len(row)) / 2 + k, r) for r, row in enumerate(rows) for k, id in enumerate(row)}
    return Layout(place, edges, width, len(rows))


def without_cycles(uses: Uses) -> dict[str, tuple[str, ...]]:
    """The same graph over its own nodes, without edges that close a cycle."""
    kept: dict[str, tuple[str, ...]] = dict.fromkeys(uses, ())
    for id, used in uses.items():
        for one in dict.fromkeys(used):
            if one in kept and one != id and id not in _above(one, kept):
                kept[id] = (*kept[id], one)
    return kept


def _above(id: str, uses: Uses) -> set[str]:
    """Everything that a node rests on."""
    found: set[str] = set()
    waiting = list(uses[id])
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(uses[one])
    return found


def _beyond(id: str, uses: Uses) -> set[str]:
    """What a node reaches through at least one statement in between."""
    return {far for near in uses[id] for far in _above(near, uses)}


def _layers(uses: Uses) -> list[list[str]]:
    """Nodes by the length of the longest way down to them; one that uses nothing stands just above its first user."""
    depth: dict[str, int] = {}
    for id in sorted(uses, key=lambda one: len(_above(one, uses))):
        depth[id] = max((depth[u] + 1 for u in uses[id]), default=0)
    users: dict[str, list[str]] = {id: [v for v, used in uses.items() if id in used] for id in uses}
    last = max(depth.values(), default=0)
    for id, used in uses.items():
        if not used:
            depth[id] = min((depth[v] - 1 for v in users[id]), default=last)
    return [[id for id in uses if depth[id] == k] for k in range(last + 1)]


def _ordered(layers: list[list[str]], edges: Sequence[Edge]) -> list[list[str]]:
    """The layers with their nodes in an order with few crossings."""
    near: dict[str, list[str]] = {}
    for edge in edges:
        near.setdefault(edge.source, []).append(edge.target)
        near.setdefault(edge.target, []).append(edge.source)
    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else reversed(layers):
            at = {id: k - (len(row) - 1) / 2 for row in layers for k, id in enumerate(row)}
            layer.sort(key=lambda id, at=at: _mean([at[other] for other in near.get(id, [])], at[id]))  # type: ignore[misc]
    return layers


def _mean(places: Sequence[float], alone: float) -> float:
    return sum(places) / len(places) if places else alone


def _split(layer: Sequence[str], columns: int) -> list[Sequence[str]]:
    """A layer as rows of nearly equal length, each at most `columns` long."""
    count = -(-len(layer) // columns)
    ends = [round(k * len(layer) / count) for k in range(count + 1)] if count else [0]
    return [layer[a:b] for a, b in pairwise(ends)]
