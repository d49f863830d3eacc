"""A cache of replies in SQLite, safe between processes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from .protocol import Client, Reply, Request

TABLE = "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT)"


class Cached:
    """Asks a client only for what no process has asked it before.

    Replies that are sampled are kept too: the same request gives the same reply. A request
    with another seed is another request.

    Args:
        path: the SQLite file.
        client: who is asked.
    """

    def __init__(self, path: str | Path, client: Client) -> None:
        self.path, self.client = Path(path), client
        self.hits = self.misses = 0
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as database:
            database.execute(TABLE)

    @property
    def model(self) -> str:
        """The client's."""
        return self.client.model

    def complete(self, requests: Sequence[Request]) -> list[Reply]:
        """Cached replies; the client's for requests that are new, each asked once."""
        keys = [request.key(self.model) for request in requests]
        known = self._read(keys)
        new = {k: r for k, r in zip(keys, requests, strict=True) if k not in known}
        self.hits, self.misses = self.hits + len(keys) - len(new), self.misses + len(new)
        if new:
            found = dict(zip(new, self.client.complete(list(new.values())), strict=True))
            self._write(found)
            known.update(found)
        return [known[key] for key in keys]

    def _read(self, keys: Sequence[str]) -> dict[str, Reply]:
        query = "SELECT reply FROM replies WHERE key = ?"
        with self._open() as database:
            rows = {key: database.execute(query, (key,)).fetchone() for key in dict.fromkeys(keys)}
        return {key: Reply.from_json(json.loads(row[0])) for key, row in rows.items() if row}

    def _write(self, found: dict[str, Reply]) -> None:
        rows = [(key, json.dumps(reply.to_json())) for key, reply in found.items()]
        with self._open() as database:
            database.executemany("INSERT OR IGNORE INTO replies VALUES (?, ?)", rows)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        # A connection per call: SQLite's are bound to their thread and do not survive a fork.
        connection = sqlite3.connect(self.path, timeout=60)
        try:
            with connection:
                yield connection
        finally:
            connection.close()
