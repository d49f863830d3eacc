"""Trees -> texts, with as few parentheses as the grammar needs.

`parse_reward(format_reward(tree)) == tree` for every tree that the parser can give.
"""

from __future__ import annotations

import math

from rewardsmith.errors import LanguageError
from rewardsmith.language.nodes import (
    Binary,
    Call,
    Compare,
    Const,
    Expr,
    Index,
    Literal,
    Logic,
    Name,
    Next,
    Schedule,
    Sum,
    Term,
    Unary,
    Weighted,
)
from rewardsmith.language.parser import parse_reward

_OR, _AND, _NOT, _COMPARE, _ADD, _MULTIPLY, _SIGN, _POWER, _ATOM = range(1, 10)
_BINDS = {"+": _ADD, "-": _ADD, "**": _POWER}
#: enough to read back any text of an expression that stands for itself
_TERMS = ("tolerance",)


def format_number(value: float) -> str:
    """The shortest text that reads back as the same number: 1, 0.1, 1e+100, inf.

    >>> [format_number(x) for x in (1.0, 0.1, -2.5, float("inf"))]
    ['1', '0.1', '-2.5', 'inf']
    """
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int) or (
        math.isfinite(value) and value == int(value) and abs(value) < 1e16
    ):
        return str(int(value))
    return repr(float(value))


def format_literal(value: Literal) -> str:
    """An option's value, as written in a formula."""
    if isinstance(value, tuple):
        comma = "," if len(value) == 1 else ""
        return f"({', '.join(map(format_literal, value))}{comma})"
    if isinstance(value, str):
        plain = value.isprintable() and '"' not in value and "\\" not in value
        return f'"{value}"' if plain else repr(value)
    return "None" if value is None else format_number(value)


# --- expressions ---


def format_expression(tree: Expr) -> str:
    """The text of an expression.

    >>> format_expression(Binary("*", Const(2.0), Binary("+", Name("a"), Name("b"))))
    '2*(a + b)'
    """
    return _expression(tree, 0)


def _expression(tree: Expr, least: int) -> str:
    text, binds = _written(tree)
    return text if binds >= least else f"({text})"


def _written(tree: Expr) -> tuple[str, int]:
    """The text of a node and how tightly it binds."""
    match tree:
        case Const(value=value):
            return format_number(value), _ATOM if value >= 0 else _SIGN
        case Name(name=name):
            return name, _ATOM
        case Unary():
            return _unary(tree)
        case Binary():
            return _binary(tree)
        case Compare() | Logic():
            return _truth(tree)
        case Next(of=of):
            return f"next({_expression(of, 0)})", _ATOM
        case Index(of=of, index=index):
            return f"{_expression(of, _ATOM)}[{', '.join(map(str, index))}]", _ATOM
        case Call(function=name, args=args, options=options):
            return f"{name}({_arguments([_expression(e, 0) for e in args], options)})", _ATOM
    raise LanguageError(f"{type(tree).__name__} is not an expression.")


def _unary(tree: Unary) -> tuple[str, int]:
    if tree.op == "not":
        return f"not {_expression(tree.of, _NOT)}", _NOT
    return f"-{_expression(tree.of, _SIGN)}", _SIGN


def _truth(tree: Compare | Logic) -> tuple[str, int]:
    if isinstance(tree, Logic):
        binds = _OR if tree.op == "or" else _AND
        return f" {tree.op} ".join(_expression(e, binds + 1) for e in tree.operands), binds
    parts = [_expression(e, _ADD) for e in tree.operands]
    rest = (f" {op} {part}" for op, part in zip(tree.ops, parts[1:], strict=True))
    return parts[0] + "".join(rest), _COMPARE


def _binary(tree: Binary) -> tuple[str, int]:
    binds = _BINDS.get(tree.op, _MULTIPLY)
    if tree.op == "**":  # binds tighter than a sign on its left, looser than one on its right
        return f"{_expression(tree.left, _ATOM)}**{_expression(tree.right, _SIGN)}", binds
    space = " " if binds == _ADD else ""
    left, right = _expression(tree.left, binds), _expression(tree.right, binds + 1)
    return f"{left}{space}{tree.op}{space}{right}", binds


def _arguments(args: list[str], options: tuple[tuple[str, Literal], ...]) -> str:
    return ", ".join([*args, *(f"{key}={format_literal(value)}" for key, value in options)])


# --- rewards ---


def format_reward(tree: Sum) -> str:
    """The formula of a reward.

    >>> format_reward(parse_reward("1*env+2*0.25*has_key"))
    'env + 0.5*has_key'
    """
    return _sum(tree, explicit=False)


def format_term(term: Term) -> str:
    """The formula of one term, without weight and schedule; `value(...)` is spelled out."""
    if term.term == "env" and not (term.args or term.options or term.name):
        return "env"
    options = term.options if term.name is None else (*term.options, ("name", term.name))
    return f"{term.term}({_arguments([_argument(arg) for arg in term.args], options)})"


def format_schedule(schedule: Schedule) -> str:
    """A schedule, as written in a formula."""
    args = [format_literal(arg) for arg in schedule.args]
    return f"{schedule.kind}({_arguments(args, schedule.options)})"


def _sum(tree: Sum, *, explicit: bool) -> str:
    alone = len(tree.items) == 1
    text = ""
    for item in tree.items:
        addend = _addend(item, alone, explicit)
        # The sign of a weight may join the sum; one inside `-a % b` must not.
        signed = item.weight < 0 or _is_negative_number(item)
        if not text:
            text = addend
        elif addend.startswith("-") and signed:
            text += f" - {addend[1:]}"
        else:
            text += f" + {addend}"
    return text


def _is_negative_number(item: Weighted) -> bool:
    args = item.term.args
    return len(args) == 1 and isinstance(args[0], Const) and item.schedule is None


def _addend(item: Weighted, alone: bool, explicit: bool) -> str:
    prefix = "" if item.weight == 1 else f"{format_number(item.weight)}*"
    if item.weight == -1:
        prefix = "-"
    if item.schedule is not None:
        prefix += f"{format_schedule(item.schedule)}*"
    for text in [] if explicit else _bare(item.term, 0 if alone and not prefix else _MULTIPLY):
        if _reads_back(prefix + text, item):
            return prefix + text
    return prefix + format_term(item.term)


def _bare(term: Term, least: int) -> list[str]:
    """How an expression may stand for itself, without `value(...)`."""
    if term.term != "value" or term.name or term.options or len(term.args) != 1:
        return []
    tree = term.args[0]
    if not isinstance(tree, Expr):
        return []
    return [_expression(tree, least), f"({_expression(tree, 0)})"]


def _reads_back(text: str, item: Weighted) -> bool:
    try:
        return parse_reward(text, _TERMS) == Sum((item,))
    except LanguageError:
        return False


def _argument(arg: object) -> str:
    if isinstance(arg, tuple):
        comma = "," if len(arg) == 1 else ""
        return f"({', '.join(map(_argument, arg))}{comma})"
    if isinstance(arg, Sum):
        # Without a call that only a term can be, it would be read as an expression.
        return _sum(arg, explicit=not any(map(_is_hard, arg.items)))
    if isinstance(arg, Expr):
        return format_expression(arg)
    raise LanguageError(f"A term's argument is an expression or a reward. Received {arg!r}.")


def _is_hard(item: Weighted) -> bool:
    if item.schedule is not None or item.term.name is not None:
        return True
    return item.term.term not in ("value", "tolerance")
