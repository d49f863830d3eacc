"""Reading calls of a program: the language's functions, np's, and the program's own."""

from __future__ import annotations

import ast
import math
from abc import abstractmethod
from typing import Any, NoReturn

from rewardsmith.errors import near_misses
from rewardsmith.language.functions import FUNCTIONS
from rewardsmith.language.nodes import Const, Expr, Literal
from rewardsmith.language.program.expressions import Expressions
from rewardsmith.language.program.text import ProgramText
from rewardsmith.language.program.values import Items, Unset, Value, Variables
from rewardsmith.language.program.vocabulary import (
    NUMPY,
    NUMPY_NAMES,
    NUMPY_REDUCTIONS,
    PLAIN,
    PLAIN_NAMES,
    REDUCTIONS,
    REMEDIES,
    Function,
)
from rewardsmith.language.tolerance import check_tolerance

ENTRIES = ("reward", "potential")


class Calls(Expressions):
    """Calls -> values."""

    def __init__(self, text: ProgramText) -> None:
        super().__init__(text)
        self._running: list[str] = []

    @abstractmethod
    def run_function(self, node: ast.FunctionDef, scope: Variables) -> Value:
        """What a function of the program returns with these variables."""

    def call(self, node: ast.Call, scope: Variables) -> Value:
        """The value of a call."""
        if isinstance(node.func, ast.Attribute):
            return self._dotted(node, node.func, scope)
        if not isinstance(node.func, ast.Name):
            self.fail("Only named functions may be called, as in abs(x).", node.func)
        name = node.func.id
        if name in scope or name in self.constants:
            if isinstance(unset := scope.get(name), Unset):
                self.fail(unset.why, node.func)
            self.fail(f"`{name}` is a value here and cannot be called.", node.func)
        if name in self.helpers:
            return self._helper(node, self.helpers[name], scope)
        if name in PLAIN:
            return self._function(node, PLAIN[name], scope)
        if name in REDUCTIONS:
            return self._reduction(node, REDUCTIONS[name], name, scope)
        if name == "tolerance":
            return self._tolerance(node, scope)
        if name == "len":
            return self._length(node, scope)
        self._unknown_function(name, node.func)

    def _unknown_function(self, name: str, node: ast.Name) -> NoReturn:
        if name in ENTRIES:
            self.fail(
                f"`{name}` is not called: of what the functions `reward` and `potential` return, "
                "the first is paid, and gamma * potential(next_f) - potential(f) is added by "
                "itself, with 0 at the end of an episode.",
                node,
            )
        if name in REMEDIES:
            self.fail(f"`{name}` is not part of the language. {REMEDIES[name]}", node)
        known = (*PLAIN_NAMES, *self.helpers)
        hint = f" Write np.{name}." if name in NUMPY_NAMES else ""
        self.text.fail_unknown("function", name, known, node, hint)

    def _dotted(self, node: ast.Call, func: ast.Attribute, scope: Variables) -> Value:
        name = self.numpy_name(func, scope)
        if name is None:
            hint = f" Write np.{func.attr}(x)." if func.attr in NUMPY_NAMES else ""
            self.fail(f"Values have no methods: `.{func.attr}(...)`.{hint}", func)
        if name in NUMPY:
            return self._function(node, NUMPY[name], scope)
        if name in NUMPY_REDUCTIONS:
            return self._reduction(node, NUMPY_REDUCTIONS[name], f"np.{name}", scope)
        self.fail_numpy(name, func)

    # --- functions of numbers ---

    def _function(self, node: ast.Call, function: Function, scope: Variables) -> Expr:
        found: dict[str, ast.expr] = dict(zip(function.parameters, node.args, strict=False))
        for keyword in node.keywords:
            name = str(keyword.arg)
            if name not in function.parameters or name in found:
                self.fail(f"Write {function.usage}. Received the argument {name!r}.", keyword)
            found[name] = keyword.value
        if len(node.args) > len(function.parameters) or len(found) < len(function.parameters):
            received = len(node.args) + len(node.keywords)
            self.fail(f"Write {function.usage}. Received {received} arguments.", node)
        args = tuple(
            self._argument(found[name], i, scope, function) for i, name in enumerate(found)
        )
        return function.build(self.table, args, self.span(node))

    def _argument(
        self, node: ast.expr, position: int, scope: Variables, function: Function
    ) -> Expr:
        asks = function.usage.startswith(("where", "logical"))
        return self.truth(node, scope) if asks and position == 0 else self.number(node, scope)

    def _reduction(self, node: ast.Call, name: str, shown: str, scope: Variables) -> Expr:
        if node.keywords:
            key = node.keywords[0]
            rule = f"{shown} takes all elements of one row together."
            self.fail(f"{rule} Leave out {str(key.arg)!r}.", key)
        values = [self.value(arg, scope) for arg in node.args]
        if len(values) == 1 and isinstance(values[0], Items):
            return self._reduced(node, name, values[0])
        numbers = [self.as_number(v, n) for v, n in zip(values, node.args, strict=True)]
        if not numbers or (len(numbers) > 1 and shown not in ("min", "max")):
            usage = FUNCTIONS[name].usage if shown in ("min", "max") else f"{shown}(x)"
            self.fail(f"Write {usage}. Received {len(numbers)} arguments.", node)
        return self._most(node, name, numbers)

    def _most(self, node: ast.Call, name: str, numbers: list[Expr]) -> Expr:
        if len(numbers) > FUNCTIONS["min"].most:
            self.fail(f"{name} takes at most {FUNCTIONS['min'].most} numbers.", node)
        return self.table.call(name, numbers, self.span(node))

    def _reduced(self, node: ast.Call, name: str, items: Items) -> Expr:
        """A reduction of a tuple of numbers."""
        span, table = self.span(node), self.table
        numbers = [self.as_number(item, node) for item in items.items]
        if not numbers:
            self.fail(f"{name} needs at least one number. Received an empty tuple.", node)
        if name in ("min", "max"):
            return self._most(node, name, numbers) if len(numbers) > 1 else numbers[0]
        if name in ("any", "all"):
            truths = [table.compare(("!=",), (n, table.zero), span) for n in numbers]
            return table.logic("or" if name == "any" else "and", truths, span)
        if name == "norm":
            numbers = [table.binary("*", n, n, span) for n in numbers]
        total = numbers[0]
        for number in numbers[1:]:
            total = table.add(total, number, span)
        if name == "norm":
            return table.call("sqrt", (total,), span)
        if name == "mean":
            return table.binary("/", total, table.const(len(numbers), span), span)
        return total

    def _length(self, node: ast.Call, scope: Variables) -> Expr:
        value = self.value(node.args[0], scope) if len(node.args) == 1 else None
        if not isinstance(value, Items) or node.keywords:
            self.fail("len takes one tuple.", node)
        return self.table.const(len(value.items), self.span(node))

    # --- tolerance ---

    def _tolerance(self, node: ast.Call, scope: Variables) -> Expr:
        signature = FUNCTIONS["tolerance"]
        if not 1 <= len(node.args) <= 1 + len(signature.options):
            self.fail(f"Write {signature.usage}. Received {len(node.args)} arguments.", node)
        given: dict[str, ast.expr] = dict(zip(signature.options, node.args[1:], strict=False))
        for keyword in node.keywords:
            name = str(keyword.arg)
            if name not in signature.options or name in given:
                near = near_misses(name, signature.options)
                self.fail(f"Write {signature.usage}.{near} Received {name!r}.", keyword)
            given[name] = keyword.value
        options = {name: self._literal(value, scope) for name, value in given.items()}
        try:
            check_tolerance(**dict[str, Any](options))
        except ValueError as error:
            self.fail(f"tolerance: {error}", node)
        x = self.number(node.args[0], scope)
        return self.table.call("tolerance", (x,), self.span(node), tuple(options.items()))

    def _literal(self, node: ast.expr, scope: Variables) -> Literal:
        """The value of an option: a number, infinite ones included, a word, or a tuple."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.Tuple | ast.List):
            return tuple(self._literal(item, scope) for item in node.elts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            if self._infinite(node.operand, scope):
                return -math.inf
        elif self._infinite(node, scope):
            return math.inf
        return self._plain(self.value(node, scope), node)

    def _infinite(self, node: ast.expr, scope: Variables) -> bool:
        if isinstance(node, ast.Attribute):
            return self.numpy_name(node, scope) == "inf"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            arg = node.args[0] if len(node.args) == 1 else None
            return node.func.id == "float" and isinstance(arg, ast.Constant) and arg.value == "inf"
        return isinstance(node, ast.Name) and node.id == "inf" and "inf" not in scope

    def _plain(self, value: Value, node: ast.expr) -> Literal:
        if isinstance(value, Const):
            return value.value
        if isinstance(value, Items):
            return tuple(self._plain(item, node) for item in value.items)
        self.fail("An option of tolerance is a number or a tuple of them, known in advance.", node)

    # --- the program's own functions ---

    def _helper(self, node: ast.Call, function: ast.FunctionDef, scope: Variables) -> Value:
        arguments = self._bound(node, function)
        given = {name: self.value(arg, scope) for name, arg in arguments.items()}
        parameters = [arg.arg for arg in function.args.args]
        defaults = function.args.defaults
        for name, default in zip(
            parameters[len(parameters) - len(defaults) :], defaults, strict=True
        ):
            if name not in given:
                given[name] = self.value(default, {})
        if missing := [name for name in parameters if name not in given]:
            self.fail(f"{function.name} needs the argument {missing[0]!r}.", node)
        if function.name in self._running:
            rule = f"{function.name!r} calls itself, and calls are written out."
            self.fail(f"{rule} Write a `for` over a literal range instead.", node)
        return self.run_function(function, given)

    def _bound(self, node: ast.Call, function: ast.FunctionDef) -> dict[str, ast.expr]:
        parameters = [arg.arg for arg in function.args.args]
        if len(node.args) > len(parameters):
            takes = f"{function.name} takes ({', '.join(parameters)})."
            self.fail(f"{takes} Received {len(node.args)} arguments.", node)
        found = dict(zip(parameters, node.args, strict=False))
        for keyword in node.keywords:
            name = str(keyword.arg)
            if name not in parameters:
                near = near_misses(name, parameters)
                takes = f"{function.name} takes ({', '.join(parameters)})."
                self.fail(f"{takes} Received {name!r}.{near}", keyword)
            if name in found:
                self.fail(f"{function.name} received the argument {name!r} twice.", keyword)
            found[name] = keyword.value
        return found
