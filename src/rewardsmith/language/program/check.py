"""What of Python may stand in a program at all: an allow-list of nodes, before any is read."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

from rewardsmith.language.program.text import ProgramText

_ALLOWED: tuple[type[ast.AST], ...] = (
    *(ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.Assign),
    *(ast.AugAssign, ast.AnnAssign, ast.If, ast.For, ast.Pass, ast.Expr, ast.Constant),
    *(ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Dict, ast.Call),
    *(ast.keyword, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp),
    *(ast.expr_context, ast.boolop, ast.unaryop, ast.operator, ast.cmpop),
)
_NO_IMPORT = "Nothing is imported: `np` and the features are there already. Delete the line."
#: the one import that says what holds anyway; it is read over, and nothing is imported
_NUMPY = "import numpy as np"
_NO_COMPREHENSION = "There are no comprehensions. Write a `for` over a literal range or tuple."
#: Python that is not in the language, with the reason and what to write instead
_REFUSED: Mapping[type[ast.AST], str] = MappingProxyType(
    {
        ast.Import: _NO_IMPORT,
        ast.ImportFrom: _NO_IMPORT,
        ast.While: "A `while` may never end. Write `for i in range(10):` with a literal number.",
        ast.Break: "Loops are written out and run to their end. Guard the rest with an `if`.",
        ast.Continue: "Loops are written out and run to their end. Guard the rest with an `if`.",
        ast.Try: "Nothing here raises, so there is nothing to `try`. Guard with an `if`.",
        ast.TryStar: "Nothing here raises, so there is nothing to `try`. Guard with an `if`.",
        ast.Raise: "A reward raises nothing. Return a number for every state.",
        ast.Assert: "A reward asserts nothing. Return a number for every state.",
        ast.With: "There is nothing to open here. Write its body without the `with`.",
        ast.AsyncWith: "There is nothing to open here. Write its body without the `with`.",
        ast.ClassDef: "There are no classes. Write functions.",
        ast.Lambda: "There are no lambdas. Write a function with `def`.",
        ast.ListComp: _NO_COMPREHENSION,
        ast.SetComp: _NO_COMPREHENSION,
        ast.DictComp: "There are no comprehensions. Write {'name': value} in full.",
        ast.GeneratorExp: _NO_COMPREHENSION,
        ast.Set: "There are no sets. Write a tuple, as in (a, b).",
        ast.Global: "Functions share constants only. Pass values as parameters and return them.",
        ast.Nonlocal: "Functions share constants only. Pass values as parameters and return them.",
        ast.Delete: "Nothing can be deleted; a name may be assigned anew.",
        ast.Yield: "A reward returns once. Write `return`.",
        ast.YieldFrom: "A reward returns once. Write `return`.",
        ast.Await: "There is nothing to await. Write a plain function.",
        ast.AsyncFunctionDef: "There is nothing to await. Write a plain `def`.",
        ast.AsyncFor: "There is nothing to await. Write a plain `for`.",
        ast.JoinedStr: "There are no f-strings. Components have fixed names.",
        ast.NamedExpr: "There is no :=. Assign on a line of its own.",
        ast.Starred: "Nothing can be unpacked with *. Write the parts out.",
        ast.Match: "There is no `match`. Write if, elif and else.",
        ast.Slice: "There are no slices. Take single elements, as in obs[0], obs[1].",
    }
)
_OPERATORS: Mapping[type[ast.AST], str] = MappingProxyType(
    {
        ast.MatMult: "Use np.sum(a * b) for a product of vectors.",
        ast.BitAnd: "Write `and`.",
        ast.BitOr: "Write `or`.",
        ast.BitXor: "Powers are written a**b.",
        ast.Invert: "Write `not`.",
        ast.LShift: "Write a * 2**b.",
        ast.RShift: "Write a // 2**b.",
        ast.Is: "Write ==.",
        ast.IsNot: "Write !=.",
        ast.In: "Write the comparisons out, as in x == 1 or x == 2.",
        ast.NotIn: "Write the comparisons out, as in x != 1 and x != 2.",
    }
)
_ANNOTATION = (ast.Name, ast.Attribute, ast.Subscript, ast.Tuple, ast.List, ast.Constant, ast.BinOp)
_TYPES = "A type is written as in `x: float` or `-> tuple[float, dict[str, float]]`."


def check_tree(text: ProgramText, tree: ast.Module) -> None:
    """Raise `LanguageError` at the first node, in source order, that is no part of a program.

    `import numpy as np` as a line of its own at the top level is taken out of the tree.
    """
    tree.body = [node for node in tree.body if not _says_np(text, node)]
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        _check_node(text, node)
        stack += reversed(_children(text, node))


def _says_np(text: ProgramText, node: ast.stmt) -> bool:
    return isinstance(node, ast.Import) and text.line(node) == _NUMPY


def _check_node(text: ProgramText, node: ast.AST) -> None:
    if not isinstance(node, _ALLOWED):
        _refuse(text, node)
    match node:
        case ast.FunctionDef():
            _check_function(text, node)
        case ast.For(orelse=[first, *_]):
            text.fail("A `for` has no `else` here. Put the lines behind the loop.", first)
        case ast.keyword(arg=None):
            text.fail("Nothing can be unpacked with **. Write the options out.", node)
    _check_operators(text, node)
    for name in _identifiers(node):
        if name.startswith("__"):
            text.fail(f"Names with two underscores in front are Python's own: {name!r}.", node)


def _check_operators(text: ProgramText, node: ast.AST) -> None:
    match node:
        case ast.UnaryOp(op=op) | ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _OPERATORS:
            text.fail(f"This operator is not part of the language. {_OPERATORS[type(op)]}", node)
        case ast.Compare(ops=ops):
            for sign in ops:
                if type(sign) in _OPERATORS:
                    hint = _OPERATORS[type(sign)]
                    text.fail(f"Comparisons are <, <=, >, >=, == and !=. {hint}", node)


def _check_function(text: ProgramText, node: ast.FunctionDef) -> None:
    if node.decorator_list:
        text.fail("A function has no decorators. Delete the line.", node.decorator_list[0])
    args = node.args
    if args.vararg or args.kwarg or args.kwonlyargs or args.posonlyargs:
        where = args.vararg or args.kwarg or (*args.kwonlyargs, *args.posonlyargs)[0]
        text.fail("Parameters are plain names: no *, ** or /.", where)


def _identifiers(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(id=name) | ast.FunctionDef(name=name) | ast.arg(arg=name):
            return [name]
        case ast.Attribute(attr=name):
            return [name]
        case ast.keyword(arg=str(name)):
            return [name]
    return []


def _children(text: ProgramText, node: ast.AST) -> list[ast.AST]:
    """All children but types, which say nothing here."""
    types = {id(t) for t in _annotations(node)}
    for annotation in _annotations(node):
        for part in ast.walk(annotation):
            if isinstance(part, ast.expr) and not isinstance(part, _ANNOTATION):
                text.fail(_TYPES, part)
    return [child for child in ast.iter_child_nodes(node) if id(child) not in types]


def _annotations(node: ast.AST) -> list[ast.expr]:
    match node:
        case ast.FunctionDef(returns=ast.expr() as annotation):
            return [annotation]
        case ast.arg(annotation=ast.expr() as annotation):
            return [annotation]
        case ast.AnnAssign(annotation=annotation):
            return [annotation]
    return []


def _refuse(text: ProgramText, node: ast.AST) -> NoReturn:
    default = f"{type(node).__name__} is not part of the reward language."
    text.fail(_REFUSED.get(type(node), default), node)
