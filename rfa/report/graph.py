"""The graph of the proof: what each result uses, its status from its own verdict and its ancestors'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rfa.verdicts import Outcome, first_of

SUPPOSITIONS = ("ASSUMPTION", "CONDITION")
"""Kinds of statements that only suppose: they hold or fail, and promise nothing."""

WORDS = {
    "confirmed": "confirmed, and so is everything it rests on",
    "confirmed alone": "confirmed under its own premises; something it rests on fails or was not tested",
    "true for another reason": "confirmed although something its proof uses is refuted",
    "beyond": "true although a premise fails",
    "silent": "not true, and not promised: a premise fails",
    "undecided": "within the error of rounding or sampling, or a matter of probability",
    "refuted": "the premises hold and the conclusion fails",
    "error": "could not be evaluated",
    "does not apply": "the run lacks what it speaks of",
    "holds": "a supposition that holds",
    "fails": "a supposition that fails",
}
"""What each status word means."""


@dataclass(frozen=True)
class Node:
    """A result, or a chain that a result cites; `because` are the ancestors that its status is due to."""

    id: str
    title: str
    outcome: str
    uses: tuple[str, ...]
    status: str
    because: tuple[str, ...]


def graph(statements: Sequence[Mapping[str, Any]]) -> list[Node]:
    """The nodes of the graph, the statements in their order and then the chains that they cite."""
    chains = {use: _of_chain(use, statements) for s in statements for use in s["uses"]}
    cited = {use: outcome for use, outcome in chains.items() if outcome is not None}
    own = {s["id"]: s["outcome"] for s in statements} | cited
    uses = {s["id"]: tuple(dict.fromkeys(_resolve(use, own) for use in s["uses"])) for s in statements}
    parents = {id: tuple(p for p in found if p and p != id) for id, found in uses.items()}
    kinds = {s["id"]: s["kind"] for s in statements}
    titles = {s["id"]: s["title"] for s in statements}
    nodes = []
    for id, outcome in own.items():
        above = {a: own[a] for a in own if a in ancestors(id, parents)}
        word, because = status(kinds.get(id, "DET"), outcome, above)
        nodes.append(Node(id, titles.get(id, ""), outcome, parents.get(id, ()), word, because))
    return nodes


def ancestors(id: str, parents: Mapping[str, Sequence[str]]) -> set[str]:
    """Everything that `id` rests on, directly or not."""
    found: set[str] = set()
    waiting = list(parents.get(id, ()))
    while waiting:
        one = waiting.pop()
        if one not in found and one != id:
            found.add(one)
            waiting.extend(parents.get(one, ()))
    return found


def status(kind: str, outcome: str, above: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The status word of a node and the ancestors it is due to, from its outcome and theirs."""
    if kind in SUPPOSITIONS and outcome in ("CONFIRMED", "SILENT"):
        return ("holds" if outcome == "CONFIRMED" else "fails"), ()
    if outcome != "CONFIRMED":
        return outcome.lower() if outcome != "NOT_APPLICABLE" else "does not apply", ()
    if refuted := tuple(a for a, of in above.items() if of == "REFUTED"):
        return "true for another reason", refuted
    if weaker := tuple(a for a, of in above.items() if of != "CONFIRMED"):
        return "confirmed alone", weaker
    return "confirmed", ()


def _of_chain(id: str, statements: Sequence[Mapping[str, Any]]) -> str | None:
    """The outcome of a chain over its links but the printed slips; None if there is no such chain."""
    links = [k for s in statements for k in s["links"] if k["id"] == id and not k["printed"]]
    return first_of(Outcome[k["outcome"]] for k in links).name if links else None


def _resolve(use: str, own: Mapping[str, str]) -> str:
    """The node that a `uses` entry means: itself, the statement of a claim id, or "" if there is none."""
    return next((id for id in (use, use.split(".")[0]) if id in own), "")
