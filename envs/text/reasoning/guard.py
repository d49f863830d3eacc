"""Which answers may reach a scorer that would run them.

Some of reasoning-gym's scorers give the answer to Python's `eval`, or to sympy's `parse_expr`,
which evals too. An answer is a model's text, so that only lists of plain words (for the former)
and small arithmetic (for the latter) are handed on; every other answer scores 0 unread.
"""

from __future__ import annotations

import ast
import re

#: data sets whose scorer evals the answer; without parentheses, dots and operators nothing is
#: called, looked up or computed
LISTS = frozenset({"string_insertion", "spiral_matrix", "binary_matrix", "n_queens"})
#: data sets whose scorer gives the answer to sympy
FORMULAS = frozenset(
    {"simple_integration", "intermediate_integration", "polynomial_multiplication"}
) | {"puzzle24", "countdown"}

_LIST = re.compile(r"""[\w\s,\[\]'"-]*""", re.ASCII)
_FORMULA = re.compile(r"[A-Za-z0-9\s+\-*/().]*")
_FUNCTIONS = frozenset(
    ("sin", "cos", "tan", "exp", "log", "ln", "sqrt", "asin", "acos", "atan", "sinh", "cosh"),
) | {"tanh", "Abs"}
_CONSTANTS = frozenset({"pi", "E"})
LONGEST, LARGEST_POWER, DEEPEST_POWER = 400, 64, 2
_Operators = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)


def harmless(dataset: str, answer: str) -> bool:
    """Whether the scorer of `dataset` may see `answer`.

    >>> harmless("countdown", "39 - 14 + 93"), harmless("countdown", "exit()")
    (True, False)
    >>> harmless("spiral_matrix", "__import__('os').system('ls')")
    False
    """
    if dataset in LISTS:
        return _LIST.fullmatch(answer) is not None and "__" not in answer
    return dataset not in FORMULAS or _small_formula(answer)


def _small_formula(text: str) -> bool:
    if len(text) > LONGEST or not _FORMULA.fullmatch(text):
        return False
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return _allowed(tree.body, powers=0)


def _allowed(node: ast.expr, powers: int) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and len(str(node.value)) <= 24
    if isinstance(node, ast.Name):
        return len(node.id) == 1 or node.id in _CONSTANTS
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.USub | ast.UAdd) and _allowed(node.operand, powers)
    if isinstance(node, ast.Call):
        named = isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS
        return named and len(node.args) == 1 and _allowed(node.args[0], powers)
    return isinstance(node, ast.BinOp) and _allowed_operation(node, powers)


def _allowed_operation(node: ast.BinOp, powers: int) -> bool:
    if not isinstance(node.op, _Operators):
        return False
    if isinstance(node.op, ast.Pow):
        # 9**9**9 has 370 million digits: exponents are small numbers, towers low.
        powers += 1
        if powers > DEEPEST_POWER or not _small_exponent(node.right):
            return False
    return _allowed(node.left, powers) and _allowed(node.right, powers)


def _small_exponent(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return _small_exponent(node.operand)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        return _small_exponent(node.left) and _small_exponent(node.right)
    if isinstance(node, ast.Name):
        return True  # a symbol: nothing is multiplied out
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and abs(node.value) <= LARGEST_POWER
    )
