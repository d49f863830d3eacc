"""Checks an expression against a feature schema before anything runs; infers its shape."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from rewardsmith.errors import LanguageError, near_misses
from rewardsmith.features import FeatureSchema
from rewardsmith.language.compile import NOT_A_NUMBER
from rewardsmith.language.functions import BUILTIN_NAMES, FUNCTIONS, REDUCTIONS
from rewardsmith.language.nodes import Call, Const, Expr, Index, Name, Next, Node
from rewardsmith.language.program.text import is_program
from rewardsmith.language.source import UnknownWordError

#: per-row shape; None if the schema does not say (`obs`, `action`)
Shape = tuple[int, ...] | None


def names(tree: Node) -> frozenset[str]:
    """The features that an expression or a reward reads, at either state.

    >>> from rewardsmith.language import parse_expression
    >>> sorted(names(parse_expression("has_key + next(distance)*action")))
    ['distance', 'has_key']
    """
    used = {node.name for node in tree.walk() if isinstance(node, Name)}
    return frozenset(used.difference(BUILTIN_NAMES))


def builtins_used(tree: Node) -> frozenset[str]:
    """Which of `obs`, `action`, `reward` and `t` it reads."""
    used = {node.name for node in tree.walk() if isinstance(node, Name)}
    return frozenset(used.intersection(BUILTIN_NAMES))


def uses_next(tree: Node) -> bool:
    """Whether `next(...)` stands anywhere in it."""
    return any(isinstance(node, Next) for node in tree.walk())


def validate_expression(
    tree: Expr,
    schema: FeatureSchema,
    *,
    allow_next: bool = True,
    state_only: bool = False,
    source: str = "",
) -> Shape:
    """Check names, arities, shapes, indices and values; return the shape of one row's value.

    A part that can never have a finite value (a log of what is always negative, a division by
    what is always 0 within the schema's bounds) is refused.

    Args:
        tree: the expression.
        schema: the features that may be used, beside `obs`, `action`, `reward` and `t`.
        allow_next: whether `next(...)` may stand in it.
        state_only: it must be a function of one state, as a potential is: neither `next`,
            `action` nor `reward`.
        source: the text that the tree was parsed from, for the caret.

    Returns:
        `()` for a number per row, `(k,)` for a vector, None if it depends on the shape of
        `obs` or `action`, which the schema does not give.

    Raises:
        LanguageError: with a caret; `UnknownWordError` for an unknown feature.
    """
    from rewardsmith.language.inference import refuse_certain  # it checks names and shapes first

    shape = check_expression(
        tree, schema, allow_next=allow_next, state_only=state_only, source=source
    )
    refuse_certain(tree, schema, source=source)
    return shape


def check_state_only(tree: Expr, what: str = "A potential", *, source: str = "") -> None:
    """Raise `LanguageError` unless `tree` reads one state; no schema is needed to tell.

    >>> from rewardsmith.language import parse_expression
    >>> check_state_only(parse_expression("norm(obs) - t"))
    """
    for node in tree.walk():
        if isinstance(node, Next):
            message = f"{what} is a function of one state: next(...) cannot stand in it."
            raise LanguageError(f"{message} Write the feature alone.", source, *node.span)
        if isinstance(node, Name) and node.name in ("action", "reward"):
            message = f"{what} is a function of one state; `{node.name}` is none."
            raise LanguageError(f"{message} Write it of features.", source, *node.span)


def check_expression(
    tree: Expr,
    schema: FeatureSchema,
    *,
    allow_next: bool = True,
    state_only: bool = False,
    source: str = "",
) -> Shape:
    """As `validate_expression`, but for the values: names, arities, shapes and indices alone."""
    return _Checker(schema, allow_next and not state_only, state_only, source).shape(tree)


def check_scalar(tree: Expr, schema: FeatureSchema, *, source: str = "") -> None:
    """Raise `LanguageError` unless `tree` gives one number per row."""
    shape = check_expression(tree, schema, source=source)
    if shape:
        message = f"{NOT_A_NUMBER} Its shape is {shape}."
        raise LanguageError(message, source, *tree.span)


def _is_term(name: str) -> bool:
    from rewardsmith.registry import term_names  # which imports the terms, and they this module

    return name in term_names()


class _Checker:
    def __init__(
        self, schema: FeatureSchema, allow_next: bool, state_only: bool, source: str
    ) -> None:
        self.schema, self.allow_next, self.state_only = schema, allow_next, state_only
        self.source = source
        self.inside_next = False

    def fail(self, message: str, node: Node) -> NoReturn:
        raise LanguageError(message, self.source, *node.span)

    def shape(self, node: Expr) -> Shape:
        """The shape of one row of `node`, checked all the way down."""
        match node:
            case Const():
                return ()
            case Name():
                return self._name(node)
            case Next():
                return self._next(node)
            case Index():
                return self._index(node)
            case Call():
                return self._call(node)
        return self._broadcast(node)

    def _name(self, node: Name) -> Shape:
        if node.name in self.schema and node.name not in ("action", "reward", "t"):
            return self._feature(node)
        if node.name not in BUILTIN_NAMES:
            own = ["env_reward" if n == "reward" else n for n in BUILTIN_NAMES]
            program = is_program(self.source)
            builtin = own if program else BUILTIN_NAMES
            known = list(dict.fromkeys([*self.schema.numeric, *builtin]))
            near = near_misses(node.name, known) or f" Known: {', '.join(known)}."
            if not program and _is_term(node.name):
                near = f" {node.name} is a term: write {node.name}()."
            message = f"Unknown feature {node.name!r}.{near}"
            raise UnknownWordError(message, self.source, *node.span)
        if self.state_only and node.name in ("action", "reward"):
            self.fail(f"A potential is a function of one state; `{node.name}` is none.", node)
        return None if node.name in ("obs", "action") else ()

    def _feature(self, node: Name) -> Shape:
        feature = self.schema[node.name]
        if not feature.numeric:
            numeric = ", ".join(self.schema.numeric) or "none"
            self.fail(
                f"Feature {node.name!r} is text, and expressions compute with numbers. "
                f"Numeric features: {numeric}.",
                node,
            )
        return feature.shape

    def _next(self, node: Next) -> Shape:
        if self.inside_next:
            self.fail("next(next(...)) would be s_{t+2}, which no transition holds.", node)
        if not self.allow_next:
            reason = "A potential is a function of one state" if self.state_only else "Not here"
            self.fail(f"{reason}: next(...) cannot stand in it. Write the feature alone.", node)
        if not {n.name for n in node.walk() if isinstance(n, Name)} - {"action", "reward"}:
            self.fail("next(...) holds something that changes with the state.", node)
        self.inside_next = True
        shape = self.shape(node.of)
        self.inside_next = False
        return shape

    def _index(self, node: Index) -> Shape:
        shape = self.shape(node.of)
        if shape is None:
            return None
        if len(node.index) > len(shape):
            what = "is one number per row" if not shape else f"has shape {shape}"
            self.fail(f"This {what} and cannot be indexed with {list(node.index)}.", node)
        for i, size in zip(node.index, shape, strict=False):
            if not -size <= i < size:
                last = f"Indices run from 0 to {size - 1}, or from -{size} to -1."
                self.fail(f"Index {i} is out of range for shape {shape}. {last}", node)
        return shape[len(node.index) :]

    def _call(self, node: Call) -> Shape:
        signature = FUNCTIONS.get(node.function)
        if signature is None:
            near = near_misses(node.function, FUNCTIONS)
            message = f"Unknown function {node.function!r}.{near}"
            raise UnknownWordError(message, self.source, *node.span)
        if not signature.least <= len(node.args) <= signature.most:
            received = f"Received {len(node.args)} arguments."
            self.fail(f"{node.function} is called as {signature.usage}. {received}", node)
        shape = self._broadcast(node)
        return () if node.function in REDUCTIONS and len(node.args) == 1 else shape

    def _broadcast(self, node: Expr) -> Shape:
        """Elementwise: NumPy's broadcasting, of the rows."""
        shapes = [self.shape(child) for child in node.children() if isinstance(child, Expr)]
        known = [shape for shape in shapes if shape is not None]
        try:
            joint = tuple(np.broadcast_shapes(*known))
        except ValueError:
            listed = " and ".join(str(shape) for shape in known)
            self.fail(f"Shapes {listed} do not fit together, element by element.", node)
        return joint if len(known) == len(shapes) else None
