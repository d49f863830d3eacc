"""Bugs that people make, put into a text at one place, by its syntax tree.

The text is changed, not the tree, so that all other lines stay as they were.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARE: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">"),
    ast.LtE: ("<",),
    ast.Gt: (">=", "<"),
    ast.GtE: (">",),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
_SIGN: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_BINARY: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.FloorDiv: ("//", "%"),
    ast.Mod: ("%", "//"),
}


@dataclass(frozen=True)
class Mutation:
    """One bug: line `line` (from 1) of the text is `before` and becomes `after`.

    Args:
        kind: off by one, wrong operator, wrong logic, missing case.
        count: lines taken away, 1 for a replaced one; `after` is then None.
    """

    kind: str
    line: int
    before: str
    after: str | None
    count: int = 1

    def applied(self, text: str) -> str:
        """The text with the bug in it."""
        lines = text.split("\n")
        put = [] if self.after is None else [self.after]
        lines[self.line - 1 : self.line - 1 + self.count] = put
        return "\n".join(lines)


def mutations(text: str) -> list[Mutation]:
    """Every bug of these kinds that fits in functions of the text, in order of place."""
    lines, found = text.split("\n"), []
    for function in ast.parse(text).body:
        if isinstance(function, ast.FunctionDef):
            alone = _alone(function)
            for node in ast.walk(function):
                bugs = list(_of(node, lines))
                found += [bug for bug in bugs if bug.after is not None or id(node) not in alone]
    unique = {(m.line, m.after): m for m in found}
    return sorted(unique.values(), key=lambda m: (m.line, m.after or ""))


def _alone(function: ast.FunctionDef) -> set[int]:
    """The statements that are the whole of a block, which must not become empty."""
    blocks = [getattr(node, "body", None) for node in ast.walk(function)]
    return {id(block[0]) for block in blocks if isinstance(block, list) and len(block) == 1}


def _of(node: ast.AST, lines: list[str]) -> Iterator[Mutation]:
    if isinstance(node, ast.Compare):
        yield from _compared(node, lines)
    elif isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        old, new = _BINARY[type(node.op)]
        yield from _between(lines, node.left, node.right, old, new, "wrong operator")
    elif isinstance(node, ast.AugAssign) and type(node.op) in _BINARY:
        old, new = (sign + "=" for sign in _BINARY[type(node.op)])
        yield from _between(lines, node.target, node.value, old, new, "wrong operator")
    elif isinstance(node, ast.BoolOp):
        old, new = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        yield from _between(lines, node.values[0], node.values[1], old, new, "wrong logic")
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _changed(lines, node, node.operand.col_offset, "", "wrong logic")
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        for value in (node.value - 1, node.value + 1):
            yield _changed(lines, node, node.end_col_offset or 0, str(value), "off by one")
    elif isinstance(node, ast.If):
        yield from _missing(lines, node)


def _compared(node: ast.Compare, lines: list[str]) -> Iterator[Mutation]:
    lefts = [node.left, *node.comparators]
    for left, op, right in zip(lefts, node.ops, node.comparators, strict=False):
        for sign in _COMPARE.get(type(op), ()):
            yield from _between(lines, left, right, _SIGN[type(op)], sign, "wrong operator")


def _between(
    lines: list[str], left: ast.expr, right: ast.expr, old: str, new: str, kind: str
) -> Iterator[Mutation]:
    """`new` for `old` between two operands, if all stands in one line."""
    if left.end_lineno != right.lineno or left.end_col_offset is None:
        return
    line = lines[right.lineno - 1]
    middle = line[left.end_col_offset : right.col_offset]
    if middle.count(old) == 1:
        changed = middle.replace(old, new)
        after = line[: left.end_col_offset] + changed + line[right.col_offset :]
        yield Mutation(kind, right.lineno, line, after)


def _changed(lines: list[str], node: ast.expr, stop: int, put: str, kind: str) -> Mutation:
    """`put` from the node's beginning to column `stop` of its line."""
    line = lines[node.lineno - 1]
    return Mutation(kind, node.lineno, line, line[: node.col_offset] + put + line[stop:])


def _missing(lines: list[str], node: ast.If) -> Iterator[Mutation]:
    """Leave out a case of two lines that leaves the function or goes on to the next item."""
    ends = isinstance(node.body[0], ast.Return | ast.Continue)
    if ends and len(node.body) == 1 and not node.orelse and node.end_lineno == node.lineno + 1:
        before = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        yield Mutation("missing case", node.lineno, before, None, 2)
