"""A part of a tree as a program writes it: next_f.x, np.exp(...), env_reward."""

from __future__ import annotations

from dataclasses import replace

from rewardsmith.language.format import format_expression
from rewardsmith.language.nodes import Binary, Call, Compare, Expr, Index, Logic, Name, Next, Unary

_OWN = {"reward": "env_reward", "action": "action", "t": "t"}
#: functions that a program has under other names, by the number of arguments
_NAMES = {("norm", 1): "np.linalg.norm", ("min", 2): "np.minimum", ("max", 2): "np.maximum"}


def format_program(tree: Expr) -> str:
    """The expression in the words of a reward written as functions.

    >>> from rewardsmith.language.parser import parse_expression
    >>> format_program(parse_expression("norm(next(arm) - goal)*reward + max(t, obs[0])"))
    'np.linalg.norm(next_f.arm - f.goal)*env_reward + np.maximum(t, obs[0])'
    """
    return format_expression(_spoken(tree, ahead=False))


def _spoken(tree: Expr, *, ahead: bool) -> Expr:
    match tree:
        case Name(name="obs"):
            return Name("next_obs") if ahead else tree
        case Name(name=name):
            return Name(_OWN.get(name) or f"{'next_f' if ahead else 'f'}.{name}")
        case Next(of=of):
            return _spoken(of, ahead=True)
        case Unary(of=of) | Index(of=of):
            return replace(tree, of=_spoken(of, ahead=ahead))
        case Binary(left=left, right=right):
            both = (_spoken(e, ahead=ahead) for e in (left, right))
            return Binary(tree.op, *both)
        case Compare(operands=operands) | Logic(operands=operands):
            return replace(tree, operands=tuple(_spoken(e, ahead=ahead) for e in operands))
        case Call(function=name, args=args):
            usual = name if name == "tolerance" else f"np.{name}"
            known = _NAMES.get((name, len(args)), usual)
            spoken = tuple(_spoken(e, ahead=ahead) for e in args)
            return Call(known, spoken, tree.options)
    return tree
