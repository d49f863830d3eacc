"""A full-text index in memory, by SQLite's FTS5."""

from __future__ import annotations

import re
import sqlite3
from typing import Any

from rewardsmith.errors import ConfigError

from .documents import Document

_WORD = re.compile(r"\w+")
_FIND = """
SELECT rowid FROM documents WHERE documents MATCH ?
ORDER BY title = ? COLLATE NOCASE DESC, bm25(documents, 10.0, 1.0), rowid LIMIT ?
"""


class Index:
    """Ranks documents for words: BM25 with the title counted ten times, an exact title first.

    It is built at the first search and shared by no copy: copies build their own.

    Raises:
        ConfigError: this Python's SQLite was built without FTS5.
    """

    def __init__(self, documents: tuple[Document, ...]) -> None:
        self.documents = documents
        self._database: sqlite3.Connection | None = None

    def search(self, line: str, limit: int) -> list[Document]:
        """The best `limit` documents that have any word of `line`; none for a line without words.

        Only letters and digits are read, each word in quotes, so that no line is a query of its
        own.
        """
        words = dict.fromkeys(_WORD.findall(line))
        if not words:
            return []
        match = " OR ".join(f'"{word}"' for word in words)
        rows = self._opened().execute(_FIND, (match, " ".join(line.split()), limit))
        return [self.documents[row[0] - 1] for row in rows.fetchall()]

    def close(self) -> None:
        """Free the database; the next search builds it anew."""
        if self._database is not None:
            self._database.close()
        self._database = None

    def __reduce__(self) -> tuple[Any, ...]:
        return Index, (self.documents,)

    def __del__(self) -> None:
        self.close()

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            # an env may be made in one thread and stepped in another, one after the other
            self._database = sqlite3.connect(":memory:", check_same_thread=False)
            self._fill(self._database)
        return self._database

    def _fill(self, database: sqlite3.Connection) -> None:
        try:
            database.execute("CREATE VIRTUAL TABLE documents USING fts5(title, text)")
        except sqlite3.OperationalError as error:
            raise ConfigError(
                f"Searching needs an SQLite with FTS5. Received {sqlite3.sqlite_version}, which "
                f"says {error}; use a Python whose sqlite3 has it."
            ) from error
        rows = [(i + 1, d.title, d.text) for i, d in enumerate(self.documents)]
        database.executemany("INSERT INTO documents(rowid, title, text) VALUES (?, ?, ?)", rows)
