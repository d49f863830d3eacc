"""Files of a small repository, edits of single lines, and what has changed."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

_EDIT = re.compile(r"\s*(replace|insert|delete)\s+(\S+?)\s+(\d+)\s*(?::(.*))?$", re.IGNORECASE)


@dataclass(frozen=True)
class Edit:
    """One line of a file: `replace` it, `insert` before it, `delete` it.

    Args:
        line: from 1; `insert` also takes the number after the last.
        text: without a bar, it has the indentation of the line at this place unless it brings
            its own; all after a bar (`|`) is taken as it stands.
    """

    kind: str
    file: str
    line: int
    text: str = ""

    def applied(self, source: str) -> str:
        """The source with the edit.

        Raises:
            ValueError: a line that is not there; says which are.
        """
        lines = lines_of(source)
        last = len(lines) + (self.kind == "insert")
        if not 1 <= self.line <= last:
            raise ValueError(f"{self.file} has lines 1 to {len(lines)}")
        place = self.line - 1
        old = lines[place] if place < len(lines) else ""
        if self.kind == "replace":
            lines[place] = indented(self.text, old)
        elif self.kind == "insert":
            lines.insert(place, indented(self.text, old))
        else:
            del lines[place]
        return "".join(line + "\n" for line in lines)

    def __str__(self) -> str:
        text = "" if self.kind == "delete" else f": {self.text}"
        return f"{self.kind} {self.file} {self.line}{text}"


def lines_of(source: str) -> list[str]:
    """The lines of a text of which each ends with a line feed."""
    return source.split("\n")[:-1]


def indented(text: str, old: str) -> str:
    """`text` as a line of code in the place of `old`; see `Edit`.

    >>> indented("x = 1", "    y = 2"), indented("|x = 1", "    y = 2")
    ('    x = 1', 'x = 1')
    """
    if text.startswith("|"):
        return text[1:]
    if not text.strip() or text[0].isspace():
        return text.rstrip()
    return old[: len(old) - len(old.lstrip())] + text.rstrip()


def read_edit(line: str) -> Edit | None:
    """The edit that a line of the agent stands for, or None."""
    found = _EDIT.match(line)
    if found is None or (found[4] is None) != (found[1].lower() == "delete"):
        return None
    text = (found[4] or "").removeprefix(" ")
    return Edit(found[1].lower(), found[2], int(found[3][:9]), text)


def edit_for(kind: str, file: str, line: int, wanted: str, old: str) -> Edit:
    """The edit after which the line reads `wanted`, written as short as the rules allow."""
    short = wanted.strip()
    text = short if short and indented(short, old) == wanted else "|" + wanted
    return Edit(kind, file, line, text)


def first_difference(file: str, source: str, wanted: str) -> Edit | None:
    """The first edit on the way from `source` to `wanted`; None if they are equal."""
    have, want = lines_of(source), lines_of(wanted)
    matcher = difflib.SequenceMatcher(None, have, want, autojunk=False)
    for tag, start, stop, begin, end in matcher.get_opcodes():
        old = have[start] if start < len(have) else ""
        if tag == "delete":
            return Edit("delete", file, start + 1)
        if tag == "insert":
            return edit_for("insert", file, start + 1, want[begin], old)
        if tag == "replace":
            if stop - start > end - begin:
                return Edit("delete", file, start + 1)
            return edit_for("replace", file, start + 1, want[begin], old)
    return None


def numbered(source: str) -> str:
    """The source with the numbers of its lines."""
    lines = lines_of(source)
    return "\n".join(f"{number:3} {line}" for number, line in enumerate(lines, 1))


def diff(before: dict[str, str], after: dict[str, str]) -> str:
    """The unified diff of all files, without context; empty if nothing has changed."""
    parts: list[str] = []
    for name, text in before.items():
        old, new = text.splitlines(), after[name].splitlines()
        parts += difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm="", n=0)
    return "\n".join(parts)


def lines_changed(before: dict[str, str], after: dict[str, str]) -> int:
    """Lines added and taken away, over all files."""
    marks = [line for line in diff(before, after).split("\n") if line[:1] in ("+", "-")]
    return sum(not line.startswith(("+++ ", "--- ")) for line in marks)
