"""What all readers of one program share: its text, its nodes, its functions and constants."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from rewardsmith.language.nodes import Const, Expr, Span
from rewardsmith.language.program.table import NodeTable
from rewardsmith.language.program.text import ProgramText
from rewardsmith.language.program.values import (
    Chooser,
    Components,
    Features,
    Items,
    Unset,
    Value,
    Variables,
)

#: how deep expressions, statements and calls may nest while they are read
MAX_NESTING = 100
MAX_TUPLE_DEPTH = 8
MAX_COMPONENTS = 64


class State:
    """The base of the readers."""

    def __init__(self, text: ProgramText) -> None:
        self.text = text
        self.table = NodeTable(text)
        self.choose = Chooser(self.table)
        self.constants: Variables = {}
        self.helpers: dict[str, ast.FunctionDef] = {}
        self._nesting = 0

    @contextmanager
    def nested(self, node: ast.AST) -> Iterator[None]:
        """One step of work, one level deeper."""
        self.table.spend(node)
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            rule = f"A program nests at most {MAX_NESTING} levels deep, calls included."
            self.fail(f"{rule} Split it up.", node)
        yield
        self._nesting -= 1

    def fail(self, message: str, where: ast.AST | Span) -> NoReturn:
        """Raise `LanguageError` with a caret at `where`."""
        self.text.fail(message, where)

    def span(self, node: ast.AST) -> Span:
        """The place of a node."""
        return self.text.span(node)

    def as_number(self, value: Value, node: ast.AST) -> Expr:
        """`value`, if it is one."""
        match value:
            case Items():
                self.fail("A number is needed here, and this is a tuple. Take one with [i].", node)
            case Features(ahead=ahead):
                name = "next_f" if ahead else "f"
                self.fail(f"A number is needed here. Features are read as {name}.distance.", node)
            case Components():
                self.fail("A dictionary of components may stand only in `return`.", node)
            case Unset(why=why):
                self.fail(why, node)
        return value

    def items(self, values: tuple[Value, ...], node: ast.AST) -> Items:
        """A tuple, which nests a little only."""
        found = Items(values)
        if found.depth > MAX_TUPLE_DEPTH:
            self.fail(f"Tuples nest at most {MAX_TUPLE_DEPTH} levels deep.", node)
        return found

    def whole(self, value: Expr, node: ast.AST) -> int:
        """The value of a whole number that is known in advance."""
        if not isinstance(value, Const) or value.value != int(value.value):
            self.fail("A whole number is needed here that is known in advance, as 0 or -1.", node)
        if abs(value.value) >= 2**31:
            self.fail("A whole number is below 2**31 here.", node)
        return int(value.value)

    def components(self, found: dict[str, Expr], node: ast.AST) -> Components:
        """Named components, not too many."""
        if len(found) > MAX_COMPONENTS:
            self.fail(f"A reward has at most {MAX_COMPONENTS} components.", node)
        return Components(found)

    def component_name(self, node: ast.AST) -> str:
        """The text that names a component."""
        name = node.value if isinstance(node, ast.Constant) else None
        if not isinstance(name, str):
            self.fail("Components are named by plain text: {'name': value}.", node)
        if not (name.isprintable() and name.strip() == name and 0 < len(name) <= 64):
            self.fail("A component's name is 1 to 64 printable characters.", node)
        return name
