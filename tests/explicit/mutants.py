"""Every small mistake that can be made in a function: its source with one place changed, compiled in its module.

A term dropped, a sign or an inequality turned, maximum and minimum exchanged, one bound or centre in the place of
another, an index or a number off by one, a branch always or never taken.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cached_property

SWAPPED = {
    "most_g": "least_g", "least_g": "most_g", "clean": "noisy", "noisy": "clean", "own": "other", "other": "own",
    "v0": "b0", "b0": "v0", "d1": "dp", "dp": "d1", "G": "d1", "P": "beta", "beta": "P", "spent": "own",
    "lower": "upper", "grown": "first_gain", "last_gain": "grown", "wrong_end": "own_half",
    "clean_size": "noisy_size", "noisy_size": "clean_size", "positive": "in_J",
}  # fmt: skip
"""Attributes of the same kind that could be taken for each other."""
ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
CALLS = {"largest": "least", "least": "largest", "max": "min", "min": "max", "all": "any", "any": "all"}
TURNED = {ast.Lt: ast.Gt, ast.Gt: ast.Lt, ast.LtE: ast.GtE, ast.GtE: ast.LtE}
EDGE = {ast.Lt: ast.LtE, ast.Gt: ast.GtE, ast.LtE: ast.Lt, ast.GtE: ast.Gt}


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand wrongly in the place of a node."""
    for rule in (in_arithmetic, in_choices, in_calls, in_names, in_numbers):
        yield from rule(node)


def in_arithmetic(node: ast.AST) -> Iterator[ast.AST]:
    """One operand alone, or another operation."""
    match node:
        case ast.BinOp(left, op, right):
            yield from (left, right)
            if type(op) in ARITHMETIC:
                yield ast.BinOp(left, ARITHMETIC[type(op)](), right)
        case ast.UnaryOp(_, operand):
            yield operand


def in_choices(node: ast.AST) -> Iterator[ast.AST]:
    """A condition alone, a branch always taken, an inequality turned or (not) strict."""
    match node:
        case ast.BoolOp(_, values):
            yield from values
        case ast.IfExp(_, body, orelse):
            yield from (body, orelse)
        case ast.Compare(left, [op], right) if type(op) in TURNED:
            yield from (ast.Compare(left, [kind[type(op)]()], right) for kind in (TURNED, EDGE))


def in_calls(node: ast.AST) -> Iterator[ast.AST]:
    """The other extreme, or one of several numbers alone."""
    match node:
        case ast.Call(ast.Name(name), args, keywords) if name in CALLS:
            yield ast.Call(ast.Name(CALLS[name], ast.Load()), args, keywords)
            yield from (a for a in args if len(args) > 1 and not isinstance(a, ast.Starred))
        case ast.Call(ast.Attribute(inner, name), args, keywords) if name in CALLS:
            yield ast.Call(ast.Attribute(inner, CALLS[name], ast.Load()), args, keywords)


def in_names(node: ast.AST) -> Iterator[ast.AST]:
    """A number of the same kind, or that of the opposing centre."""
    match node:
        case ast.Attribute(inner, name) if name in SWAPPED:
            yield ast.Attribute(inner, SWAPPED[name], ast.Load())
        case ast.Subscript(inner, ast.Name("mu")):
            yield ast.Subscript(inner, ast.parse("OPPOSITE[mu]", mode="eval").body, ast.Load())
        case ast.Subscript(ast.Name("OPPOSITE"), index):
            yield index


def in_numbers(node: ast.AST) -> Iterator[ast.AST]:
    """One more, or the other truth."""
    match node:
        case ast.Constant(bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(int(value)):
            yield ast.Constant(value + 1)


def mutants(function: Callable) -> Iterator[tuple[str, Callable]]:
    """Every mutant of a function with its changed line."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    places = [
        (node, field, k)
        for node in ast.walk(tree.body[0])
        for field, value in ast.iter_fields(node)
        if field not in ("annotation", "returns", "decorator_list")
        for k in (range(len(value)) if isinstance(value, list) else (None,))
    ]
    for node, field, k in places:
        old = getattr(node, field) if k is None else getattr(node, field)[k]
        if not isinstance(old, ast.expr):
            continue
        for new in changes(old):
            _put(node, field, k, deepcopy(new))
            told = f"{function.__name__}: {ast.unparse(old)} → {ast.unparse(new)}"
            yield told, _compiled(tree, function)
            _put(node, field, k, old)


def _put(node: ast.AST, field: str, k: int | None, value: ast.AST) -> None:
    if k is None:
        setattr(node, field, value)
    else:
        getattr(node, field)[k] = value


def _compiled(tree: ast.Module, function: Callable) -> Callable:
    bare = deepcopy(tree)
    bare.body[0].decorator_list = []
    space: dict = {}
    exec(compile(ast.fix_missing_locations(bare), "<mutant>", "exec"), function.__globals__, space)
    return space[function.__name__]


def planted(owner, name: str, mutant: Callable):
    """What to put in the place of `name` on a module or class: the mutant, as a kept property where it was one."""
    if not isinstance(vars(owner)[name], cached_property):
        return mutant
    kept = cached_property(mutant)
    kept.__set_name__(owner, name)
    return kept


def source_of(owner, name: str) -> Callable:
    """The plain function behind a name of a module or class."""
    found = vars(owner)[name]
    return found.func if isinstance(found, cached_property) else found
