"""What inference finds: a kind, a severity, a sentence, and its place in the source."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rewardsmith.errors import LanguageError
from rewardsmith.language.format import format_expression
from rewardsmith.language.nodes import NOWHERE, Expr, Node
from rewardsmith.language.program.spoken import format_program
from rewardsmith.language.program.text import is_program

#: kind -> what it says
KINDS = {
    "division-by-zero": "a divisor can be 0",
    "log": "log of 0 or of a negative number",
    "sqrt": "square root of a negative number",
    "power": "a negative number to a fractional power",
    "overflow": "exp overflows",
    "unbounded": "a component that no bound is known for",
    "dead-branch": "a condition that is always true, or always false",
    "no-effect": "a clip, tolerance, min or max that changes nothing",
    "unused-feature": "a feature that is read and never counts",
    "shape": "shapes or names that do not fit the schema",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, or looks wrong, with a reward.

    Args:
        kind: one of `KINDS`.
        severity: `error` (certain) or `warning` (possible).
        message: one or two sentences.
        line, column, width: from 1, from 0, in characters; line 0 if the place is not known.
        source: the text that the place is in.
        component: name of the term, empty for a bare expression.
    """

    kind: str
    severity: str
    message: str
    line: int = 0
    column: int = 0
    width: int = 0
    source: str = ""
    component: str = ""

    def __str__(self) -> str:
        error = LanguageError(self.message, self.source, self.line, self.column, self.width)
        return f"{self.severity} ({self.kind}): {error}"

    def error(self) -> LanguageError:
        """The error that refuses the text for it."""
        return LanguageError(self.message, self.source, self.line, self.column, self.width)

    def as_data(self) -> dict[str, Any]:
        """A mapping for JSON."""
        return asdict(self)


class Report:
    """Gathers findings; a verdict counts only if every visit of its place agrees.

    One place is visited several times where a program calls a helper or unrolls a loop, and
    where a potential is read at both states.
    """

    def __init__(self, source: str = "") -> None:
        self.source, self.component = source, ""
        self._program = is_program(source)
        #: how the source chooses between two numbers
        self.where = "np.where" if self._program else "where"
        #: names that count somewhere, and the parts of this component that have no bounds
        self.read: set[str] = set()
        self.causes: dict[Expr, None] = {}
        self._found: dict[tuple[Any, ...], Finding] = {}
        self._verdicts: dict[tuple[Any, ...], tuple[set[object], str, Node, str]] = {}

    def text(self, node: Expr) -> str:
        """A part as it is named in a sentence, in the words of the source, cut to 60 characters."""
        written = (format_program if self._program else format_expression)(node)
        return f"`{written}`" if len(written) <= 60 else f"`{written[:57]}...`"

    def add(self, kind: str, severity: str, message: str, node: Node) -> None:
        """Note a finding at `node`; the first of its kind and severity at a place counts."""
        key = (kind, severity, self.component, *_place(node))
        self._found.setdefault(key, self._made(kind, severity, message, node, self.component))

    def decide(self, kind: str, verdict: object, message: str, node: Node) -> None:
        """Note how a condition came out on this visit; None says that it is open."""
        key = (kind, self.component, *_place(node))
        seen = self._verdicts.setdefault(key, (set(), message, node, self.component))
        seen[0].add(verdict)

    def refuse(self, error: LanguageError) -> None:
        """Note what does not fit the schema."""
        place = (error.line, error.column, error.width)
        found = Finding("shape", "error", error.message, *place, self.source, self.component)
        self._found.setdefault(("shape", "error", self.component, place), found)

    def has(self, node: Node) -> bool:
        """Whether something was already found at `node`."""
        return any(key[3:] == _place(node) for key in self._found)

    def findings(self) -> list[Finding]:
        """All findings, errors first, then in the order of the source."""
        found = list(self._found.values())
        for (kind, *_), (verdicts, message, node, component) in self._verdicts.items():
            if len(verdicts) == 1 and None not in verdicts:
                found.append(self._made(kind, "warning", message, node, component))
        return sorted(set(found), key=lambda f: (f.severity, f.line, f.column))

    def _made(self, kind: str, severity: str, message: str, node: Node, name: str) -> Finding:
        line, column, width = node.span
        return Finding(kind, severity, message, line, column, width, self.source, name)


def _place(node: Node) -> tuple[Any, ...]:
    return node.span if node.span != NOWHERE else (id(node),)
