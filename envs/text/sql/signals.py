"""How near a query is to the right one: Reasoning-SQL's signals (arXiv 2503.23157), each apart.

All lie in [0, 1]. Its judge by a language model is left out; in its place `result_overlap`
compares what the queries give, which needs no model and is no judgement of meaning.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from .database import Result

_TOKEN = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\d+(?:\.\d+)?|\w+|<=|>=|<>|!=|\|\||\S")


def tokens(sql: str) -> list[str]:
    """The words, numbers, texts and signs of a query; all but texts in small letters.

    >>> tokens("SELECT a.B FROM t WHERE x >= 'Q'")
    ['select', 'a', '.', 'b', 'from', 't', 'where', 'x', '>=', "'Q'"]
    """
    found = _TOKEN.findall(sql.strip().rstrip(";"))
    return [token if token.startswith("'") else token.lower() for token in found]


def ngram_similarity(sql: str, gold: str, n: int = 2) -> float:
    """Jaccard similarity of the sets of n-grams of tokens.

    >>> ngram_similarity("SELECT a FROM t", "SELECT b FROM t")
    0.2
    """
    return jaccard(_ngrams(tokens(sql), n), _ngrams(tokens(gold), n))


def _ngrams(words: list[str], n: int) -> set[tuple[str, ...]]:
    return {tuple(words[i : i + n]) for i in range(len(words) - n + 1)}


def schema_linking(result: Result, gold: Result) -> float:
    """Jaccard similarity of the tables and columns read; 0 for a query that does not compile."""
    if result.problem in ("syntax", "denied"):
        return 0.0
    return jaccard(result.items, gold.items)


def jaccard(first: Iterable[Any], second: Iterable[Any]) -> float:
    """|A & B| / |A | B|, and 1 for two empty sets."""
    one, two = set(first), set(second)
    return len(one & two) / len(one | two) if one | two else 1.0


def same_result(result: Result, gold: Result, *, ordered: bool) -> bool:
    """Whether the rows are the same, as a multiset or, where the order counts, as a list."""
    if result.problem or gold.problem:
        return False
    if ordered:
        return _rounded(result) == _rounded(gold)
    return Counter(_rounded(result)) == Counter(_rounded(gold))


def result_overlap(result: Result, gold: Result) -> float:
    """Jaccard similarity of the multisets of values in two results, wherever they stand.

    Sum of minima over sum of maxima of the counts; 0 after an error.
    """
    if result.problem or gold.problem:
        return 0.0
    have = Counter(value for row in _rounded(result) for value in row)
    want = Counter(value for row in _rounded(gold) for value in row)
    either = (have | want).total()
    return (have & want).total() / either if either else 1.0


def _rounded(result: Result) -> list[tuple[Any, ...]]:
    return [tuple(round(v, 6) if isinstance(v, float) else v for v in row) for row in result.rows]
