"""Arithmetic expressions as trees, with exact rational values; no text is ever executed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

OPERATORS = "+-*/"
_LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2}
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+|\s*/\s*[0-9]+)?")
_OPERAND = r"(-?[0-9]+(?:\.[0-9]+)?|\(\s*-?[0-9]+(?:\.[0-9]+|\s*/\s*[0-9]+)?\s*\))"
_STEP = re.compile(rf"\s*{_OPERAND}\s*([-+*/])\s*{_OPERAND}\s*=([^=]*)")


@dataclass(frozen=True)
class Leaf:
    """A number."""

    value: Fraction


@dataclass(frozen=True)
class Node:
    """An operator of `OPERATORS` between two trees."""

    op: str
    left: Tree
    right: Tree


Tree = Leaf | Node


@dataclass(frozen=True)
class Step:
    """One claimed intermediate result: left op right = result."""

    op: str
    left: Fraction
    right: Fraction
    result: Fraction


def apply(op: str, left: Fraction, right: Fraction) -> Fraction:
    """The exact value; ZeroDivisionError for a division by 0."""
    if op == "+":
        return left + right
    if op == "-":
        return left - right
    return left * right if op == "*" else left / right


def value(tree: Tree) -> Fraction:
    """The exact value of the whole tree."""
    if isinstance(tree, Leaf):
        return tree.value
    return apply(tree.op, value(tree.left), value(tree.right))


def size(tree: Tree) -> int:
    """The number of operators, that is, of steps to the value."""
    return 0 if isinstance(tree, Leaf) else 1 + size(tree.left) + size(tree.right)


def depth(tree: Tree) -> int:
    """Operators on the longest way from the root to a number."""
    return 0 if isinstance(tree, Leaf) else 1 + max(depth(tree.left), depth(tree.right))


def number(x: Fraction) -> str:
    """`5`, `-5` or `3/4`."""
    return str(x.numerator) if x.denominator == 1 else f"{x.numerator}/{x.denominator}"


def text(tree: Tree) -> str:
    """The tree as it is written, such that reading from left to right gives it back.

    >>> text(Node("*", Leaf(Fraction(2)), Node("+", Leaf(Fraction(3)), Leaf(Fraction(-1)))))
    '2 * (3 + (-1))'
    """
    if isinstance(tree, Leaf):
        return number(tree.value)
    left, right = _inside(tree.left, tree.op, right=False), _inside(tree.right, tree.op, right=True)
    return f"{left} {tree.op} {right}"


def _inside(tree: Tree, op: str, *, right: bool) -> str:
    if isinstance(tree, Leaf):
        bare = tree.value >= 0 and tree.value.denominator == 1
    else:
        bare = _LEVEL[tree.op] > _LEVEL[op] or (not right and _LEVEL[tree.op] == _LEVEL[op])
    return text(tree) if bare else f"({text(tree)})"


def canonical(tree: Tree) -> str:
    """The same text for expressions that differ only in the order or the brackets of sums and
    of products, so that `3 + 4` and `4 + 3` are one content."""
    if isinstance(tree, Leaf):
        return number(tree.value)
    if tree.op in "+*":
        return f"{tree.op}({','.join(sorted(map(canonical, _chain(tree, tree.op))))})"
    return f"{tree.op}({canonical(tree.left)},{canonical(tree.right)})"


def _chain(tree: Tree, op: str) -> list[Tree]:
    if isinstance(tree, Leaf) or tree.op != op:
        return [tree]
    return _chain(tree.left, op) + _chain(tree.right, op)


def next_step(tree: Tree) -> Step:
    """The leftmost innermost step of a tree that has an operator."""
    if not isinstance(tree, Node):
        raise ValueError(f"A number has no step. Received {tree}.")
    for side in (tree.left, tree.right):
        if isinstance(side, Node):
            return next_step(side)
    left, right = value(tree.left), value(tree.right)
    return Step(tree.op, left, right, apply(tree.op, left, right))


def reduced(tree: Tree, step: Step) -> Tree | None:
    """The tree after the leftmost place where `step`'s left side stands is worked out (sums and
    products in either order), or None where it stands nowhere. `step.result` is not read."""
    if isinstance(tree, Leaf):
        return None
    if isinstance(tree.left, Leaf) and isinstance(tree.right, Leaf):
        return Leaf(value(tree)) if _same(tree, step) else None
    if (left := reduced(tree.left, step)) is not None:
        return Node(tree.op, left, tree.right)
    if (right := reduced(tree.right, step)) is not None:
        return Node(tree.op, tree.left, right)
    return None


def _same(tree: Node, step: Step) -> bool:
    sides, claimed = (value(tree.left), value(tree.right)), (step.left, step.right)
    turned = tree.op in "+*" and sides == claimed[::-1]
    return tree.op == step.op and (sides == claimed or turned)


def read_number(line: str) -> Fraction | None:
    """A whole number, decimal or fraction, in brackets or not; None if it is none of them."""
    line = line.strip()
    if line.startswith("(") and line.endswith(")"):
        line = line[1:-1].strip()
    if not _NUMBER.fullmatch(line):
        return None
    try:
        return Fraction("".join(line.split()))
    except (ZeroDivisionError, ValueError):  # 1/0; more digits than Python reads
        return None


def read_step(line: str) -> Step | None:
    """`12*3 = 36` as a step; None if it has another form.

    >>> read_step("(-1) + 3 = 2").right
    Fraction(3, 1)
    """
    match = _STEP.fullmatch(line)
    if match is None:
        return None
    left, right, result = (read_number(match[i]) for i in (1, 3, 4))
    if left is None or right is None or result is None:
        return None
    return Step(match[2], left, right, result)
