"""Python that is not in the language, with what to write instead."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType

from rewardsmith.errors import near_misses
from rewardsmith.language.functions import FUNCTIONS

_REFUSED: Mapping[type[ast.AST], str] = MappingProxyType(
    {
        ast.IfExp: "There is no `if`. Write where(condition, a, b).",
        ast.Tuple: "A tuple may stand only in an option, or as a pair in tiers(...).",
        ast.List: "A list may not stand here. Options take tuples, as in bounds=(0, 1).",
        ast.JoinedStr: "There are no f-strings.",
        ast.Starred: "Arguments cannot be unpacked with *.",
        ast.ListComp: "There are no comprehensions. Write sum(x), mean(x), any(x) or all(x).",
        ast.GeneratorExp: "There are no comprehensions. Write sum(x), mean(x), any(x) or all(x).",
    }
)
#: how Python's libraries are called, and other words of theirs for functions of ours
_MODULES = ("np", "numpy", "math", "torch", "jnp")
_OTHER_NAMES = {"maximum": "max", "minimum": "min", "absolute": "abs", "fabs": "abs"}


def refusal(node: ast.AST) -> str:
    """Why `node` is refused, and what to write.

    >>> refusal(ast.parse("np.exp(x)", mode="eval").body.func)
    'A dot is not part of the language. Write exp(x), not np.exp(x).'
    """
    if isinstance(node, ast.Attribute):
        return f"A dot is not part of the language. {_without_dot(node)}"
    return _REFUSED.get(type(node), f"{type(node).__name__} is not part of the reward language.")


def _without_dot(node: ast.Attribute) -> str:
    """For a library's function, an array's method, or an attribute of a name."""
    name, module = node.attr, node.value.id if isinstance(node.value, ast.Name) else ""
    known = _OTHER_NAMES.get(name, name)
    if known in FUNCTIONS:
        called = f"{module}.{name}(x)" if module in _MODULES else f"x.{name}()"
        return f"Write {known}(x), not {called}."
    if module in _MODULES:
        near = near_misses(name, FUNCTIONS) or f" Known: {', '.join(sorted(FUNCTIONS))}."
        return f"Functions are called by their names alone.{near}"
    return "Features and terms have no attributes: write a name alone."
