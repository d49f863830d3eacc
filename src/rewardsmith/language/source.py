"""The text of a formula: size limits, Python's own tree of it, and places for the caret."""

from __future__ import annotations

import ast
import re
import warnings
from bisect import bisect_right
from typing import NoReturn

from rewardsmith.errors import LanguageError, UnknownNameError, near_misses
from rewardsmith.language.nodes import Span

MAX_CHARACTERS = 20_000
MAX_NODES = 2_000
MAX_DEPTH = 60

#: characters that begin nothing in this language, with what to write instead
_FOREIGN = {
    "^": "Powers are written a**b.",
    "&": "Write `and`.",
    "|": "Write `or`.",
    "~": "Write `not`.",
    ":": "There are no slices, lambdas, assignments or dictionaries here.",
    "{": "There are no sets or dictionaries here.",
    "}": "There are no sets or dictionaries here.",
    ";": "A reward is one formula.",
    "@": "Use sum(a*b) for a product of vectors.",
    "\\": "A formula may run over several lines as it is.",
    "$": "",
    "?": "Write where(condition, a, b).",
    "`": "",
}
#: texts (unterminated ones to their end, so that no place is looked at twice) and `!=`
_SPARED = re.compile(r"'(?:\\.|[^'\\\n])*'?|\"(?:\\.|[^\"\\\n])*\"?|!=")
_BLANKED = re.compile(_SPARED.pattern + r"|(?P<blank>#[^\n]*|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029])")


#: a literal whose digits before the exponent are not all 0
_NOT_ZERO = re.compile(r"[\d_.]*[1-9]")
TOO_SMALL = "A number must be 0 or at least 5e-324, the least that a float can hold."


def underflows(value: float, written: str) -> bool:
    """Whether a number that is not 0 as it was written has become 0."""
    return value == 0.0 and _NOT_ZERO.match(written.lower().split("e", 1)[0]) is not None


class UnknownWordError(LanguageError, UnknownNameError):
    """A name in a formula that nothing answers to; the message lists the near misses."""


class Source:
    """One formula and its places.

    Args:
        text: the formula; it may run over several lines and hold `#` comments.
        name: where it came from (a file, a YAML key), put before every message.
    """

    def __init__(self, text: str, name: str = "") -> None:
        # Files of some editors begin with a byte order mark, and so does what is pasted from them.
        text = text.removeprefix("\ufeff")
        self.text, self.name = text, name
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        # One line for Python's parser: comments and line ends become blanks, places stay.
        flat = _BLANKED.sub(lambda m: " " * len(m[0]) if m["blank"] else m[0], text)
        self._flat = flat.strip()
        self._lead = len(flat) - len(flat.lstrip())

    def parse(self, *, sum_at_top: bool = False) -> ast.expr:
        """Python's tree of the text, within the limits; `LanguageError` for anything else."""
        self._check_text()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(self._flat, mode="eval").body
        except SyntaxError as error:
            self._fail_syntax(error)
        except (RecursionError, MemoryError):
            self.fail(f"A formula nests at most {MAX_DEPTH} levels deep. Split it up.")
        except ValueError as error:
            self.fail(f"The text is not a formula: {error}.")
        self._check_tree(tree, sum_at_top)
        return tree

    def span(self, node: ast.AST) -> Span:
        """Line, column and width of a node of the tree."""
        begin = self._characters(getattr(node, "col_offset", 0))
        end = self._characters(getattr(node, "end_col_offset", 0) or 0)
        return self.place(self._lead + begin, end - begin)

    def written(self, node: ast.AST) -> str:
        """A node of the tree as it stands in the text, if that is on one line."""
        line, column, width = self.span(node)
        begin = self._starts[line - 1] + column
        return self.text[begin : begin + width]

    def place(self, offset: int, width: int = 1) -> Span:
        """Line (from 1), column (from 0) and width of a stretch of characters."""
        line = max(bisect_right(self._starts, offset, hi=max(len(self._starts) - 1, 1)), 1)
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else start
        rest = len(self.text[start:end].rstrip("\r\n")) - (offset - start)
        return (line, offset - start, max(min(width, rest), 1))

    def fail(self, message: str, where: ast.AST | Span | None = None) -> NoReturn:
        """Raise `LanguageError` with a caret at `where`."""
        raise self._error(LanguageError, message, where)

    def fail_unknown(
        self, kind: str, name: str, known: tuple[str, ...], where: ast.AST, hint: str = ""
    ) -> NoReturn:
        """Raise the error for an unknown `kind` (function, term, ...) with its near misses."""
        near = near_misses(name, known) or f" Known: {', '.join(sorted(set(known)))}."
        raise self._error(UnknownWordError, f"Unknown {kind} {name!r}.{near}{hint}", where)

    def _error(
        self, kind: type[LanguageError], message: str, where: ast.AST | Span | None
    ) -> LanguageError:
        span = self.span(where) if isinstance(where, ast.AST) else where or (1, 0, 1)
        prefix = f"In {self.name}: " if self.name else ""
        return kind(prefix + message, self.text, *span)

    def _characters(self, offset: int) -> int:
        """Python counts columns in UTF-8 bytes; a caret needs characters."""
        if self._flat.isascii():
            return offset
        return len(self._flat.encode()[:offset].decode(errors="ignore"))

    def _check_text(self) -> None:
        if len(self.text) > MAX_CHARACTERS:
            message = f"A formula has at most {MAX_CHARACTERS} characters."
            self.fail(f"{message} Received {len(self.text)}.", self.place(MAX_CHARACTERS))
        if "\0" in self.text:
            self.fail("A formula holds no null characters.", self.place(self.text.index("\0")))
        if not self._flat:
            self.fail("The formula is empty. The smallest reward is `env`.")
        bare = _SPARED.sub(lambda m: " " * len(m[0]), self._flat)
        for offset, character in enumerate(bare):
            if character in _FOREIGN or character == "!":
                hint = _FOREIGN.get(character, "Write `not`, or != for unequal.")
                where = self.place(self._lead + offset)
                self.fail(f"{character!r} is not part of the reward language. {hint}", where)
        self._check_brackets(bare)

    def _check_brackets(self, bare: str) -> None:
        depth = 0
        for offset, character in enumerate(bare):
            depth += (character in "([") - (character in ")]")
            if depth > MAX_DEPTH:
                where = self.place(self._lead + offset)
                self.fail(f"A formula nests at most {MAX_DEPTH} levels deep. Split it up.", where)

    def _check_tree(self, tree: ast.expr, sum_at_top: bool) -> None:
        """Bound nodes and depth without recursion; a long sum of terms is not deep."""
        stack: list[tuple[ast.AST, int, bool]] = [(tree, 0, sum_at_top)]
        count = 0
        while stack:
            node, depth, on_top = stack.pop()
            count += isinstance(node, ast.expr)
            if count > MAX_NODES:
                self.fail(f"A formula has at most {MAX_NODES} parts. Split it up.", node)
            if depth > MAX_DEPTH:
                self.fail(f"A formula nests at most {MAX_DEPTH} levels deep. Split it up.", node)
            on_top = (
                on_top and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)
            )
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr | ast.keyword | ast.comprehension):
                    left = on_top and isinstance(node, ast.BinOp) and child is node.left
                    stack.append((child, depth if left else depth + 1, left))

    def _fail_syntax(self, error: SyntaxError) -> NoReturn:
        if "Exceeds the limit" in error.msg:
            self.fail("This is not a formula: a number has too many digits.")
        if not error.offset:  # the text ended too early
            where = self.place(self._lead + len(self._flat) - 1)
            self.fail("This is not a formula: it ends too early, after this.", where)
        width = (error.end_offset or 0) - error.offset
        message = error.msg.split(". ", maxsplit=1)[0]
        if self._flat[error.offset - 1 : error.offset] == "=":
            message = "equality is written =="
        if "." in self._flat[max(error.offset - 2, 0) : error.offset]:
            message = "a dot stands only inside a number, as in 0.5"
        where = self.place(self._lead + error.offset - 1, width)
        self.fail(f"This is not a formula: {message}.", where)
