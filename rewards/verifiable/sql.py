"""SQL compared as text: n-grams and the tables and columns that are named.

Nothing is executed here; whether a query runs, and gives the right rows, is for the environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rewardsmith import checks
from rewardsmith.registry import register_term

from .base import TextTerm
from .ngrams import grams

#: longest query that is read, in characters
MOST = 50_000

# Possessive, and open-ended or bounded where a closing sign may be missing: always linear.
_TOKEN = re.compile(
    r"'(?:[^']|'')*+(?:'|$)|\"(?P<quoted>[^\"]{0,128}+)\"|`(?P<ticked>[^`]{0,128}+)`"
    r"|\[(?P<boxed>[^\[\]]{0,128}+)\]"
    r"|(?P<word>[^\W\d]\w*+)|[0-9]++(?:\.[0-9]++)?+|<>|[<>!=]=|\|\||[^\s\w]"
)
_COMMENT = re.compile(r"--[^\n]*+|/\*(?:[^*]|\*(?!/))*+(?:\*/)?+")
_RESERVED = (
    "select from where join inner left right full outer cross on using as and or not in is null "
    "like between exists case when then else end group by having order asc desc limit offset "
    "distinct union all intersect except with recursive values insert into update set delete "
    "create table view index drop alter primary key foreign references default unique check "
    "count sum avg min max abs round cast coalesce ifnull length lower upper substr trim replace "
    "date datetime strftime julianday over partition row_number rank integer real text true "
    "false natural glob escape iif nullif total group_concat"
)
_KEYWORDS = frozenset(_RESERVED.split())


@register_term("sql_ngrams")
class SqlNgrams(TextTerm):
    """Pays the Jaccard similarity of two queries' n-grams, in [0, 1].

    Reasoning-SQL (arXiv 2503.23157), n-gram similarity: |A & B| / |A | B| over the sets of n-grams
    of tokens. Second-hand for details: tokens here are words in small letters, numbers, strings
    and signs, comments left out; n = 2.

    Args:
        action: the query; one in a ```sql fence is found.
        reference: the right query.
        n: tokens in an n-gram.
    """

    lies = (0.0, 1.0)

    def __init__(self, action: Any, reference: Any, *, n: int = 2) -> None:
        super().__init__(action, reference)
        self._n = checks.whole(f"n of {self.who}", n, least=1, write="n=2")

    def score(self, *texts: str) -> float:
        """|A & B| / |A | B|; 0 for an empty query."""
        given, right = (set(grams(tokens(text), self._n)) for text in texts)
        return _overlap(given, right)


@register_term("sql_schema")
class SqlSchema(TextTerm):
    """Pays the Jaccard similarity of the tables and columns that two queries name, in [0, 1].

    Reasoning-SQL (arXiv 2503.23157), schema linking: |A & B| / |A | B| over the schema items used.
    Second-hand for details: an item here is a name (a word that is no keyword, or a quoted one) in
    small letters, wherever it stands; aliases count unless `schema` is given.

    Args:
        action: the query; one in a ```sql fence is found.
        reference: the right query.
        schema: a text that names all tables and columns, e.g. the CREATE statements; other names
            then do not count.
    """

    lies = (0.0, 1.0)

    def __init__(self, action: Any, reference: Any, schema: Any = None) -> None:
        super().__init__(action, reference, *([] if schema is None else [schema]))

    def score(self, *texts: str) -> float:
        """|A & B| / |A | B|; 0 for a query that names nothing."""
        given, right = names(texts[0]), names(texts[1])
        if len(texts) == 3:
            known = names(texts[2])
            given, right = given & known, right & known
        return _overlap(given, right)


def _overlap(given: set[Any], right: set[Any]) -> float:
    return len(given & right) / len(given | right) if given and right else 0.0


def tokens(text: str) -> list[str]:
    """A query's tokens, in small letters but for strings."""
    return [t if t.startswith("'") else t.lower() for t, _ in _tokens(text)]


def names(text: str) -> set[str]:
    """The names in a query, in small letters."""
    return {name.lower() for _, name in _tokens(text) if name and name.lower() not in _KEYWORDS}


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Each token, and the name that it is (empty if it is none)."""
    for found in _TOKEN.finditer(_COMMENT.sub(" ", _query(text))):
        quoted = found["quoted"] or found["ticked"] or found["boxed"] or ""
        yield quoted or found[0], quoted or found["word"] or ""


def _query(text: str) -> str:
    _, fence, inside = text[:MOST].rpartition("```sql")
    return inside.partition("```")[0] if fence else text[:MOST].strip().rstrip(";")
