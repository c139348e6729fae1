"""Mutants of a module: its syntax tree with one place changed as a slip of the pen would change it.

The mutators know the field: a step off by one, a weakened constant, a dropped absolute value, a swapped cluster, a
bound that is strict or not, a missing term, clean samples for all, a premise that is forgotten.
"""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

STRICTER = {"<=": "<", "<": "<=", ">=": ">", ">": ">="}
TURNED = {"<=": ">=", "<": ">", ">=": "<=", ">": "<", "==": "<="}
COMPARED = {
    ast.GtE: (ast.Gt, ast.LtE), ast.Gt: (ast.GtE, ast.Lt), ast.LtE: (ast.Lt, ast.GtE), ast.Lt: (ast.LtE, ast.Gt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}  # fmt: skip
SWAPPED = {
    "minimum": "maximum", "maximum": "minimum", "min": "max", "max": "min", "any": "all", "all": "any",
    "argmin": "argmax", "argmax": "argmin", "le": "ge", "ge": "le", "clean_size": "noisy_size",
    "noisy_size": "clean_size", "own": "other", "other": "own", "own_min": "opposing_max", "opposing_max": "own_min",
    "HOLDS": "FAILS", "FAILS": "HOLDS",
}  # fmt: skip
LATER = {"T", "K", "n_s", "last"}
"""Times that may be off by one."""
FORGOTTEN = {"needs", "where", "scale", "probability", "axis"}
"""Keywords that may be forgotten."""
SEMANTIC_TEXT = {*TURNED}
NOT_MUTATED = {"uses", "gaps", "readings", "kind", "note", "fmt", "strict"}
"""Keywords of metadata, which say nothing about numbers, and assertions."""
OWN_INVERSE = re.compile(r"(\by|y_clean|label|LABEL|CENTRE_SIGN|QUALITY|centre_label\(\w+\)|signs\(\w+\))(\[.*\])?\)?$")
"""What is 1 or -1: to divide by it is to multiply by it."""


@dataclass(frozen=True)
class Mutant:
    """One changed place: the module, the function, the kind of the slip, what it was and what it is."""

    module: Path
    place: str
    kind: str
    before: str
    after: str
    make: Callable[[], str]

    @property
    def name(self) -> str:
        """Text that names it whatever moves around it."""
        return f"{self.module}:{self.place}: {self.before} → {self.after}"


Change = tuple[str, ast.AST]


def mutants(path: Path) -> list[Mutant]:
    """All mutants of a module, each with a name of its own."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found, names = [], Counter[str]()
    for node, place, way in _places(tree):
        for kind, changed in _changes(node):
            before, after = _short(node), _short(changed)
            names[place + before + after] += 1
            count = names[place + before + after]
            make = partial(_with, tree, way, node, changed)
            found.append(Mutant(path, place if count == 1 else f"{place} #{count}", kind, before, after, make))
    return found


def _short(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:100] if not isinstance(node, ast.keyword) else f"{node.arg}=…"


Parents = tuple[tuple[ast.AST, str, int | None], ...]
SKIPPED = {"annotation", "returns", "decorator_list", "bases", "type_params"}
"""Fields of a syntax tree that no number depends on."""


def _places(node: ast.AST, place: str = "", way: Parents = ()) -> Iterator[tuple[ast.AST, str, Parents]]:
    """Every node that says something at run time, with its function and the way to it."""
    if _silent(node):
        return
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        place = f"{place}.{node.name}" if place else node.name
    if place and way:
        yield node, place, way
    for field, value in ast.iter_fields(node):
        if field not in SKIPPED and not (field == "args" and isinstance(node, ast.FunctionDef | ast.Lambda)):
            for k, child in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(child, ast.AST):
                    yield from _places(child, place, (*way, (node, field, k if isinstance(value, list) else None)))


def _silent(node: ast.AST) -> bool:
    """Docstrings, messages of errors and metadata: texts that no number depends on."""
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    bare = isinstance(node, ast.AnnAssign) and node.value is None
    metadata = isinstance(node, ast.keyword) and node.arg in NOT_MUTATED
    return text or bare or metadata or isinstance(node, ast.Raise | ast.JoinedStr | ast.Import | ast.ImportFrom)


def _with(tree: ast.Module, way: Parents, node: ast.AST, changed: ast.AST) -> str:
    """The source with one node replaced."""
    parent, field, k = way[-1]
    siblings = getattr(parent, field)
    try:
        if k is None:
            setattr(parent, field, changed)
        elif isinstance(changed, ast.Pass) and isinstance(node, ast.keyword):
            siblings[k : k + 1] = []
        else:
            siblings[k] = changed
        return ast.unparse(ast.fix_missing_locations(tree))
    finally:
        if k is None:
            setattr(parent, field, node)
        elif isinstance(changed, ast.Pass) and isinstance(node, ast.keyword):
            siblings.insert(k, node)
        else:
            siblings[k] = node


def _changes(node: ast.AST) -> Iterator[Change]:
    for mutator in MUTATORS:
        yield from mutator(node)


def _comparison(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for op in COMPARED.get(type(node.ops[0]), ()):
            changed = copy.copy(node)
            changed.ops = [op()]
            yield "comparison", changed


def _relation(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Constant) and node.value in SEMANTIC_TEXT:
        for table in (STRICTER, TURNED):
            if node.value in table:
                yield "relation", ast.Constant(table[str(node.value)])


def _number(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        if isinstance(node.value, int):
            yield "off by one", ast.Constant(node.value + 1)
        if node.value and (node.value != 1 or isinstance(node.value, float)):
            yield "constant", ast.Constant(node.value * 2)
        if node.value:
            yield "constant", ast.Constant(node.value / 2 if isinstance(node.value, float) else node.value - 1)


def _arithmetic(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.BinOp) or any(_is_text(side) for side in (node.left, node.right)):
        return
    swaps = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitAnd: ast.BitOr,
             ast.BitOr: ast.BitAnd}  # fmt: skip
    if type(node.op) in swaps and not (isinstance(node.op, ast.Mult) and OWN_INVERSE.search(ast.unparse(node.right))):
        yield "operation", ast.BinOp(node.left, swaps[type(node.op)](), node.right)
    if isinstance(node.op, ast.Add | ast.Sub | ast.BitAnd | ast.BitOr):
        yield "missing term", node.left
        yield "missing term", node.right


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _sign(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.UnaryOp):
        yield {ast.Invert: "clean for all", ast.Not: "negation"}.get(type(node.op), "sign"), node.operand


def _absolute(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name) and len(node.args) == 1:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
        if name in ("abs", "sqrt", "rounded", "cumsum"):
            yield "dropped " + name, node.args[0]


def _names(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Attribute):
        if node.attr in SWAPPED:
            yield "swapped", ast.Attribute(node.value, SWAPPED[node.attr], node.ctx)
        if node.attr in LATER and ast.unparse(node.value) in ("run", "self"):
            yield "off by one", ast.BinOp(node, ast.Sub(), ast.Constant(1))
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in SWAPPED:
        yield "swapped", ast.Name(SWAPPED[node.id], node.ctx)
    elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "OPPOSITE":
        yield "swapped cluster", node.slice
    elif isinstance(node, ast.Subscript) and ast.unparse(node.slice).endswith("OPPOSITE"):
        yield "swapped cluster", node.value


def _logic(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BoolOp):
        yield "logic", ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for value in node.values:
            yield "missing term", value
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield "logic", ast.Constant(not node.value)
    elif isinstance(node, ast.IfExp):
        yield "branch", node.body
        yield "branch", node.orelse


def _forgotten(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.keyword) and node.arg in FORGOTTEN:
        yield "forgotten", ast.Pass()


MUTATORS: tuple[Callable[[ast.AST], Iterator[Change]], ...] = (
    _comparison, _relation, _number, _arithmetic, _sign, _absolute, _names, _logic, _forgotten,
)  # fmt: skip
