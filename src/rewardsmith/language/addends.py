"""How Python's tree is read at the level of the reward: calls, addends, factors."""

from __future__ import annotations

import ast


def called(node: ast.AST) -> str:
    """The name that is called at `node`, empty if none is."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id
    return ""


def addends(node: ast.expr) -> list[tuple[float, ast.expr]]:
    """Signed addends in source order; iterative, for a sum may be long."""
    found: list[tuple[float, ast.expr]] = []
    stack: list[tuple[float, ast.expr]] = [(1.0, node)]
    while stack:
        sign, node = stack.pop()
        match node:
            case ast.BinOp(op=ast.Add() | ast.Sub(), left=left, right=right):
                stack.append((-sign if isinstance(node.op, ast.Sub) else sign, right))
                stack.append((sign, left))
            case ast.UnaryOp(op=ast.USub(), operand=ast.BinOp(op=ast.Add() | ast.Sub()) as of):
                stack.append((-sign, of))
            case _:
                found.append((sign, node))
    return found


def factors_of(node: ast.expr) -> list[tuple[str, ast.expr]]:
    """Factors along the left of `a*b/c`, each with `*` or `/` before it."""
    factors: list[tuple[str, ast.expr]] = []
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
        factors.append(("/" if isinstance(node.op, ast.Div) else "*", node.right))
        node = node.left
    return [("*", node), *reversed(factors)]
