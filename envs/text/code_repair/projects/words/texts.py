"""Words and lines."""

from __future__ import annotations

from .codes import LETTERS

STOP = ("a", "an", "and", "of", "the", "to")


def words(text: str) -> list[str]:
    """The words of a text in small letters, signs left out."""
    out = "".join(c if c in LETTERS else " " for c in text.lower())
    return out.split()


def most_common(text: str, least: int) -> list[str]:
    """Words that occur at least so often, most frequent first, stop words left out."""
    counts: dict[str, int] = {}
    for word in words(text):
        if word in STOP:
            continue
        counts[word] = counts.get(word, 0) + 1
    kept = [word for word in counts if counts[word] >= least]
    return sorted(kept, key=lambda word: (-counts[word], word))


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most `width` letters; a longer word has a line of its own."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = ""
        line = line + " " + word if line else word
    if line:
        lines.append(line)
    return lines


def palindrome(text: str) -> bool:
    """Whether the letters read the same from both ends."""
    letters = "".join(words(text))
    for place in range(len(letters) // 2):
        if letters[place] != letters[len(letters) - 1 - place]:
            return False
    return True
