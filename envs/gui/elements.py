"""What stands on the page: clickable elements, as text and as numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 160, 210
DIAGONAL = math.hypot(WIDTH, HEIGHT)
PER_ELEMENT = 8
_LEAF = 3  # position in MiniWoB++'s flags
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Element:
    """A clickable element.

    Args:
        ref: MiniWoB++'s number, positive (text nodes have negative ones and cannot be clicked).
        tag: lower-case tag, with the type of an input, e.g. `input_text`.
        text: its text or value.
        left, top, width, height: in pixels of the 160 x 210 task.
        match: share of its words that stand in the instruction, 0..1; 0 without words.
    """

    ref: int
    tag: str
    text: str
    left: float
    top: float
    width: float
    height: float
    match: float

    @property
    def centre(self) -> tuple[float, float]:
        """x and y of its middle, in pixels."""
        return self.left + self.width / 2, self.top + self.height / 2

    def covers(self, x: float, y: float) -> bool:
        """Whether the point lies on it."""
        inside = self.left <= x <= self.left + self.width
        return inside and self.top <= y <= self.top + self.height

    def vector(self) -> list[float]:
        """Eight numbers in 0..1: present, left, top, width, height, button, input, match."""
        place = (self.left / WIDTH, self.top / HEIGHT, self.width / WIDTH, self.height / HEIGHT)
        kind = (float(self.tag == "button"), float(self.tag.startswith(("input", "textarea"))))
        return [1.0, *(min(max(p, 0.0), 1.0) for p in place), *kind, self.match]

    def line(self) -> str:
        """One line of the text observation."""
        x, y = self.centre
        return f'[{self.ref}] {self.tag} "{self.text}" at ({x:.0f}, {y:.0f})'


def word_match(text: str, instruction: str) -> float:
    """Share of the words of `text` that stand in `instruction`, whatever their case.

    >>> word_match("Button ONE", "Click button ONE."), word_match("TWO", "Click button ONE.")
    (1.0, 0.0)
    """
    words, told = _WORD.findall(text.lower()), set(_WORD.findall(instruction.lower()))
    return sum(w in told for w in words) / len(words) if words else 0.0


def clickable(dom: Iterable[Mapping[str, Any]], instruction: str) -> list[Element]:
    """The visible leaves that are not text nodes, in reading order (by top, then left)."""
    elements = [
        _element(e, instruction) for e in dom if int(e["ref"]) > 0 and int(e["flags"][_LEAF])
    ]
    visible = [e for e in elements if e.width > 0 and e.height > 0]
    return sorted(visible, key=lambda e: (e.top, e.left, e.ref))


def _element(raw: Mapping[str, Any], instruction: str) -> Element:
    text = " ".join((raw["text"] or raw["value"]).split())
    left, top, width, height = (float(raw[k][0]) for k in ("left", "top", "width", "height"))
    match = word_match(text, instruction)
    return Element(int(raw["ref"]), raw["tag"], text, left, top, width, height, match)


def target(elements: Sequence[Element]) -> Element | None:
    """The element that matches the instruction best; None if none shares a word with it."""
    best = max(elements, key=lambda e: e.match, default=None)
    return best if best is not None and best.match > 0 else None


def matrix(elements: Sequence[Element], slots: int) -> NDArray[np.float32]:
    """The first `slots` elements, eight numbers each, then zeros; shape (8 * slots,)."""
    rows = np.zeros((slots, PER_ELEMENT), np.float32)
    for row, element in zip(rows, elements, strict=False):
        row[:] = element.vector()
    return rows.ravel()
