"""Reading expressions of a program."""

from __future__ import annotations

import ast
import math
from abc import abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

from rewardsmith.errors import near_misses
from rewardsmith.language.functions import BUILTIN_NAMES, FUNCTIONS
from rewardsmith.language.nodes import Const, Expr, Name
from rewardsmith.language.program.state import State
from rewardsmith.language.program.table import measures
from rewardsmith.language.program.values import Components, Features, Items, Unset, Value, Variables
from rewardsmith.language.program.vocabulary import (
    NUMPY_CONSTANTS,
    NUMPY_NAMES,
    PLAIN_NAMES,
    REMEDIES,
)
from rewardsmith.language.source import TOO_SMALL, underflows

#: what an entry function may take, as `name: what it is`
PARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "f": "the features at s_t, read as f.distance",
        "next_f": "the features at s_{t+1}, read as next_f.distance",
        "action": "a_t",
        "obs": "the observation at s_t",
        "next_obs": "the observation at s_{t+1}",
        "env_reward": "the environment's own reward",
        "t": "steps since the episode began",
    }
)
_BINARY: Mapping[type[ast.AST], str] = MappingProxyType(
    {
        ast.Add: "+",
        ast.Sub: "-",
        ast.Mult: "*",
        ast.Div: "/",
        ast.FloorDiv: "//",
        ast.Mod: "%",
        ast.Pow: "**",
    }
)
_COMPARE: Mapping[type[ast.AST], str] = MappingProxyType(
    {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
)
#: features of these names cannot be told from the language's own words
_TAKEN: Mapping[str, str] = MappingProxyType(
    {
        "env": "Write env_reward, a parameter, for the environment's own reward.",
        "reward": "Write env_reward, a parameter, for the environment's own reward.",
        "action": "Write action, a parameter.",
        "t": "Write t, a parameter.",
    }
)


class Expressions(State):
    """Expressions -> values."""

    @abstractmethod
    def call(self, node: ast.Call, scope: Variables) -> Value:
        """The value of a call."""

    def number(self, node: ast.expr, scope: Variables) -> Expr:
        """The number (or vector) at `node`."""
        return self.as_number(self.value(node, scope), node)

    def value(self, node: ast.expr, scope: Variables) -> Value:
        """The value at `node`."""
        with self.nested(node):
            return self._value(node, scope)

    def _value(self, node: ast.expr, scope: Variables) -> Value:
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                return self._name(node, scope)
            case ast.Attribute():
                return self._attribute(node, scope)
            case ast.Subscript():
                return self._subscript(node, scope)
            case ast.Tuple() | ast.List():
                return self.items(tuple(self.value(e, scope) for e in node.elts), node)
            case ast.Dict():
                return self._components(node, scope)
            case ast.IfExp():
                return self._choice(node, scope)
            case ast.Call():
                return self.call(node, scope)
        return self._operation(node, scope)

    # --- names ---

    def _constant(self, node: ast.Constant) -> Expr:
        if isinstance(node.value, str):
            self.fail("Text may stand only as the name of a component: {'name': value}.", node)
        if not isinstance(node.value, int | float):
            self.fail(f"A number is needed here. Received {node.value!r:.40}.", node)
        if underflows(node.value, self.text.written(node)):
            self.fail(TOO_SMALL, node)
        return self.finite(node.value, node)

    def finite(self, value: float, node: ast.AST) -> Const:
        """A number of the text."""
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.fail("A number must be finite and below 1.8e308.", node)
        return self.table.const(number, self.span(node))

    def _name(self, node: ast.Name, scope: Variables) -> Value:
        name = node.id
        found = scope.get(name, self.constants.get(name))
        if found is None:
            self._unknown(node, scope)
        if isinstance(found, Unset):
            self.fail(found.why, node)
        if isinstance(found, Name) and found.name in BUILTIN_NAMES:  # a parameter, at its use
            return self.table.name(found.name, self.span(node))
        return found

    def _unknown(self, node: ast.Name, scope: Variables) -> NoReturn:
        name = node.id
        if name == "np" or name in self.helpers or name in PLAIN_NAMES:
            usage = "np.exp(x)" if name == "np" else f"{name}(...)"
            self.fail(f"`{name}` is no value. Write {usage}.", node)
        if name in PARAMETERS:
            what = f"`{name}` ({PARAMETERS[name]}) is no parameter of this function."
            self.fail(f"{what} Add it: def ...({name}, ...).", node)
        if name in REMEDIES:
            self.fail(REMEDIES[name], node)
        hint = f" A feature of that name is read as f.{name}."
        self.text.fail_unknown("variable", name, (*scope, *self.constants), node, hint)

    # --- dots and indices ---

    def _attribute(self, node: ast.Attribute, scope: Variables) -> Value:
        if (name := self.numpy_name(node, scope)) is not None:
            if name in NUMPY_CONSTANTS:
                return self.table.const(NUMPY_CONSTANTS[name], self.span(node))
            self.fail_numpy(name, node)
        base = self.value(node.value, scope)
        if isinstance(base, Features):
            return self._feature(base, node)
        rule = "Only np, f and next_f have a dot."
        hint = f" Write np.{node.attr}(x)." if node.attr in NUMPY_NAMES else ""
        self.fail(f"{rule}{hint or ' Features are read as f.distance.'}", node)

    def _feature(self, base: Features, node: ast.Attribute) -> Expr:
        name = node.attr
        if name in _TAKEN:
            self.fail(f"`{name}` is no feature's name. {_TAKEN[name]}", node)
        if name in FUNCTIONS or name in ("next", "inf", "nan"):
            rule = f"A feature named {name!r} cannot be read, for it is a word of the language."
            self.fail(f"{rule} Use its place in the observation, as in obs[0].", node)
        span = self.span(node)
        feature = self.table.name(name, span)
        return self.table.next(feature, span) if base.ahead else feature

    def numpy_name(self, node: ast.expr, scope: Variables) -> str | None:
        """`linalg.norm` for np.linalg.norm, None for what does not begin with `np`."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in scope or node.id in self.constants:
            return None
        if node.id in ("numpy", "math", "torch", "jnp", "jax"):
            self.fail(f"`{node.id}` is not here. Write np.{parts[0] if parts else 'exp'}.", node)
        return ".".join(reversed(parts)) if node.id == "np" else None

    def fail_numpy(self, name: str, node: ast.AST) -> NoReturn:
        """Raise the error for an `np.<name>` that is none, or is no value."""
        if name == "inf":
            self.fail("np.inf may stand only in an option, as in bounds=(0, np.inf).", node)
        if name in NUMPY_NAMES:
            self.fail(f"np.{name} is a function. Write np.{name}(...).", node)
        if name in REMEDIES:
            self.fail(f"np.{name} is not part of the language. {REMEDIES[name]}", node)
        near = near_misses(name, NUMPY_NAMES) or f" Known: {', '.join(sorted(NUMPY_NAMES))}."
        self.fail(f"np.{name} is not part of the language.{near}", node)

    def _subscript(self, node: ast.Subscript, scope: Variables) -> Value:
        base = self.value(node.value, scope)
        if isinstance(base, Features):
            self.fail("Features are read with a dot, as in f.distance.", node)
        if isinstance(base, Components):
            return self._component(base, node.slice)
        if isinstance(base, Items):
            position = self.whole(self.number(node.slice, scope), node.slice)
            if not -len(base.items) <= position < len(base.items):
                rule = f"This tuple has {len(base.items)} elements."
                self.fail(f"{rule} Received the index {position}.", node.slice)
            return base.items[position]
        of = self.as_number(base, node.value)
        if isinstance(of, Const):
            self.fail("A number cannot be indexed.", node)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if not parts:
            self.fail("An index is a whole number, as in obs[0].", node)
        index = tuple(self.whole(self.number(part, scope), part) for part in parts)
        return self.table.index(of, index, self.span(node))

    def _component(self, base: Components, key: ast.expr) -> Expr:
        name = self.component_name(key)
        if name not in base.items:
            self.text.fail_unknown("component", name, tuple(base.items), key)
        return base.items[name]

    def _components(self, node: ast.Dict, scope: Variables) -> Components:
        found: dict[str, Expr] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            name = self.component_name(key or node)
            if name in found:
                self.fail(f"Two components are named {name!r}. Give each its own name.", value)
            found[name] = self.number(value, scope)
        return self.components(found, node)

    # --- operators ---

    def _choice(self, node: ast.IfExp, scope: Variables) -> Value:
        condition = self.truth(node.test, scope)
        if isinstance(condition, Const):
            return self.value(node.body if condition.value else node.orelse, scope)
        a, b = self.value(node.body, scope), self.value(node.orelse, scope)
        found = self.choose.value(condition, a, b, self.span(node), "this")
        if isinstance(found, Unset):
            self.fail("Both sides of `if ... else` must be of one kind, such as two numbers.", node)
        return found

    def _operation(self, node: ast.expr, scope: Variables) -> Expr:
        span = self.span(node)
        match node:
            case ast.BinOp():
                left, right = self.number(node.left, scope), self.number(node.right, scope)
                return self.binary(node.op, left, right, node)
            case ast.UnaryOp(op=ast.UAdd()):
                return self.number(node.operand, scope)
            case ast.UnaryOp(op=ast.USub()):
                return self.table.unary("-", self.number(node.operand, scope), span)
            case ast.UnaryOp(op=ast.Not()):
                return self.table.unary("not", self.truth(node.operand, scope), span)
            case ast.Compare():
                operands = [self.number(n, scope) for n in (node.left, *node.comparators)]
                ops = tuple(_COMPARE[type(op)] for op in node.ops)
                return self.table.compare(ops, operands, span)
            case ast.BoolOp():
                return self._logic(node, scope, as_value=True)
        self.fail(f"{type(node).__name__} is not part of the reward language.", node)

    def binary(self, op: ast.operator, left: Expr, right: Expr, node: ast.AST) -> Expr:
        """`left op right`."""
        if isinstance(op, ast.Add):
            return self.table.add(left, right, self.span(node))
        return self.table.binary(_BINARY[type(op)], left, right, self.span(node))

    def truth(self, node: ast.expr, scope: Variables) -> Expr:
        """What `node` says as a condition."""
        if not isinstance(node, ast.BoolOp):
            return self.number(node, scope)
        with self.nested(node):
            return self._logic(node, scope, as_value=False)

    def _logic(self, node: ast.BoolOp, scope: Variables, *, as_value: bool) -> Expr:
        """`and`, `or`: what follows a part that decides is not read, as in Python."""
        decides = isinstance(node.op, ast.Or)
        parts: list[Expr] = []
        for operand in node.values:
            part = self.truth(operand, scope)
            if as_value and measures(part):
                rule = "`and` and `or` give 1 or 0 here, not one of their sides."
                self.fail(f"{rule} Write `a if a else b`, or compare it: a != 0.", operand)
            if not isinstance(part, Const):
                parts.append(part)
            elif bool(part.value) is decides:
                parts.append(self.table.one if decides else self.table.zero)
                break
        if not parts:
            return self.table.zero if decides else self.table.one
        if isinstance(parts[-1], Const):
            return parts[-1]
        if as_value and len(parts) == 1:
            return self.table.compare(("!=",), (parts[0], self.table.zero), self.span(node))
        return self.table.logic("or" if decides else "and", parts, self.span(node))
