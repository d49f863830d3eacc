"""Replies from a file: what was asked once need not be asked again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rewardsmith.errors import ClientError

from .lines import append_lines, read_lines
from .protocol import Client, Reply, Request


class Recorded:
    """Replays a JSONL file, and records through another client what the file lacks.

    Each line is `{"key": ..., "reply": {...}}`, with the key of `Request.key`. Lines are
    appended whole and under a lock, so several processes may record into one file.

    Args:
        path: the file.
        client: who is asked for what is missing; None replays only.
        model: whose replies the file holds, if there is no client; empty takes the file's own.
    """

    def __init__(self, path: str | Path, client: Client | None = None, model: str = "") -> None:
        self.path, self.client = Path(path), client
        if client is None and not self.path.exists():
            raise ClientError(
                f"A recorded client replays a file. There is none at {self.path}. Record one: "
                f"recorded:{self.path}|openai:MODEL@URL."
            )
        rows = read_lines(self.path)
        self._replies = {str(row["key"]): Reply.from_json(row["reply"]) for row in rows}
        own = str(rows[0].get("model", "")) if rows else ""
        self._model = client.model if client else (model or own)

    @property
    def model(self) -> str:
        """Whose replies they are."""
        return self._model

    def complete(self, requests: Sequence[Request]) -> list[Reply]:
        """Recorded replies; the client's for requests that are new."""
        keys = [request.key(self._model) for request in requests]
        new = {k: r for k, r in zip(keys, requests, strict=True) if k not in self._replies}
        if new:
            self._record(new)
        return [self._replies[key] for key in keys]

    def _record(self, new: dict[str, Request]) -> None:
        if self.client is None:
            request = next(iter(new.values()))
            raise ClientError(
                f"{self.path} holds no reply to {len(new)} of the requests; the first ends in "
                f"{request.messages[-1].content[-120:]!r}. Record it: "
                f"recorded:{self.path}|CLIENT, with the client that is to answer."
            )
        replies = self.client.complete(list(new.values()))
        found = dict(zip(new, replies, strict=True))
        append_lines(
            self.path,
            [
                {"key": key, "model": self._model, "reply": reply.to_json()}
                for key, reply in found.items()
            ],
        )
        self._replies.update(found)
