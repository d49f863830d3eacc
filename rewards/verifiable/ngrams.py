"""Words and n-grams of texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

#: longest text that is split, in characters
MOST = 200_000


def words(text: str) -> list[str]:
    """The words between blanks, in small letters; at most the first 200,000 characters count."""
    return text[:MOST].lower().split()


def grams(parts: Sequence[str], n: int) -> Iterator[tuple[str, ...]]:
    """All runs of n parts.

    >>> list(grams(["a", "b", "c"], 2))
    [('a', 'b'), ('b', 'c')]
    """
    return zip(*(parts[i:] for i in range(n)), strict=False)
