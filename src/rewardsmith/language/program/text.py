"""The text of a program: size limits, Python's own tree of it, and places for the caret."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from typing import NoReturn

from rewardsmith.errors import LanguageError, near_misses
from rewardsmith.language.nodes import Span
from rewardsmith.language.source import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_NODES,
    UnknownWordError,
)

#: nodes of Python's own tree, statements and annotations included
MAX_PARTS = 4 * MAX_NODES
#: After a syntax error Python tries to read the line from a file of the given name ("<unknown>"
#: if none is given); this one can exist nowhere.
NO_FILE = "/dev/null/program"
#: a line that no formula can hold begins with one of these words
_STATEMENT = re.compile(
    r"^[ \t\f\ufeff]*(?:(?:(?:async[ \t]+)?def|import|from|class)\b|@)", re.MULTILINE
)
_LINE_END = re.compile(r"\r\n|\r|\n")
_NO_TEXT = re.compile("[\0\ud800-\udfff]")
#: Texts and comments, unterminated ones to their end, so that no place is looked at twice.
_STRING = re.compile(
    r"(\"\"\"|''')(?:\\.|(?!\1)[^\\])*(?:\1|\Z)?|#[^\n]*"
    r"|'(?:\\.|[^'\\\n])*'?|\"(?:\\.|[^\"\\\n])*\"?",
    re.DOTALL,
)


def is_program(text: str) -> bool:
    """Whether a text is meant as functions, and not as a formula.

    >>> is_program("def reward(f): return f.x"), is_program("env + potential(x)")
    (True, False)
    """
    return _STATEMENT.search(text) is not None


def dedented(text: str) -> str:
    """A program as its places count it: without the common indentation of all lines."""
    return textwrap.dedent(text.removeprefix("\ufeff"))


class ProgramText:
    """One program and its places.

    Args:
        text: Python's syntax; a common indentation of all lines is taken off.
        name: where it came from (a file), put before every message.
    """

    def __init__(self, text: str, name: str = "") -> None:
        self.name = name
        if len(text) > MAX_CHARACTERS:
            self.text = text[: MAX_CHARACTERS + 160]
            self._lines = _LINE_END.split(self.text)
            before = _LINE_END.split(text[:MAX_CHARACTERS])
            message = f"A program has at most {MAX_CHARACTERS} characters. Received {len(text)}."
            self.fail(message, (len(before), len(before[-1]), 1))
        self.text = dedented(text)
        # Python ends its lines at fewer characters than str.splitlines does.
        self._lines = _LINE_END.split(self.text)

    def parse(self) -> ast.Module:
        """Python's tree of the text, within the limits; `LanguageError` for anything else."""
        self._check_text()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(self.text, filename=NO_FILE)
        except SyntaxError as error:
            self._fail_syntax(error)
        except (RecursionError, MemoryError):
            self.fail(f"A program nests at most {MAX_DEPTH} levels deep. Split it up.")
        except ValueError as error:
            self.fail(f"The text is not a program: {error}.")
        self._check_size(tree)
        return tree

    def span(self, node: ast.AST) -> Span:
        """Line (from 1), column (from 0) and width of a node, in characters."""
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        begin = _characters(text, column)
        if getattr(node, "end_lineno", line) != line:
            return (line, begin, max(len(text) - begin, 1))
        end = _characters(text, getattr(node, "end_col_offset", 0) or 0)
        return (line, begin, max(end - begin, 1))

    def written(self, node: ast.AST) -> str:
        """A node as it stands in the text, if that is on one line."""
        line, column, width = self.span(node)
        return self._lines[line - 1][column : column + width] if line <= len(self._lines) else ""

    def line(self, node: ast.AST) -> str:
        """The whole line that a node begins on, without a comment and spaces behind it."""
        line, _, _ = self.span(node)
        return self._lines[line - 1].split("#")[0].rstrip() if line <= len(self._lines) else ""

    def fail(self, message: str, where: ast.AST | Span | None = None) -> NoReturn:
        """Raise `LanguageError` with a caret at `where`."""
        raise self._error(LanguageError, message, where)

    def fail_unknown(
        self, kind: str, name: str, known: tuple[str, ...], where: ast.AST | Span, hint: str = ""
    ) -> NoReturn:
        """Raise the error for an unknown `kind` (variable, parameter, ...) with near misses."""
        near = near_misses(name, known) or f" Known: {', '.join(sorted(set(known))) or 'none'}."
        raise self._error(UnknownWordError, f"Unknown {kind} {name!r}.{near}{hint}", where)

    def _error(
        self, kind: type[LanguageError], message: str, where: ast.AST | Span | None
    ) -> LanguageError:
        span = self.span(where) if isinstance(where, ast.AST) else where or (1, 0, 1)
        prefix = f"In {self.name}: " if self.name else ""
        # The caret's line must be found by str.splitlines, as LanguageError does.
        text = "\n".join(" ".join(line.splitlines()) for line in self._lines) if self.text else ""
        return kind(prefix + message, text, *span)

    def _check_text(self) -> None:
        if not self.text.strip():
            self.fail("The program is empty. The smallest is: def reward(f): return f.x")
        for number, line in enumerate(self._lines, 1):
            if found := _NO_TEXT.search(line):
                what = (
                    "null characters" if found[0] == "\0" else "halves of characters (surrogates)"
                )
                self.fail(f"A program holds no {what}.", (number, found.start(), 1))
        depth = 0
        for bracket in re.finditer(r"[(\[{]|[)\]}]", _STRING.sub("", self.text)):
            depth += 1 if bracket[0] in "([{" else -1
            if depth > MAX_DEPTH:
                self.fail(f"A program nests at most {MAX_DEPTH} levels deep. Split it up.")

    def _check_size(self, tree: ast.Module) -> None:
        """Bound nodes and depth without recursion."""
        stack: list[tuple[ast.AST, int]] = [(tree, 0)]
        count = 0
        while stack:
            node, depth = stack.pop()
            count += 1
            if count > MAX_PARTS:
                self.fail(f"A program has at most {MAX_PARTS} parts. Split it up.", node)
            # Two more than a formula: the module and the function around it.
            if depth > MAX_DEPTH + 2:
                self.fail(f"A program nests at most {MAX_DEPTH} levels deep. Split it up.", node)
            stack += [(child, depth + 1) for child in ast.iter_child_nodes(node)]

    def _fail_syntax(self, error: SyntaxError) -> NoReturn:
        message = (error.msg or "invalid syntax").removesuffix(".")
        if "Exceeds the limit" in message:
            message = "a number has too many digits"
        line = min(max(error.lineno or 1, 1), len(self._lines))
        column = min(max((error.offset or 1) - 1, 0), len(self._lines[line - 1]))
        self.fail(f"This is not Python: {message}.", (line, column, 1))


def _characters(line: str, offset: int) -> int:
    """Python counts columns in UTF-8 bytes; a caret needs characters."""
    if line.isascii():
        return offset
    return len(line.encode(errors="replace")[:offset].decode(errors="ignore"))
