"""What a client is asked and what it answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

from rewardsmith import checks
from rewardsmith.errors import ConfigError

ROLES = ("system", "user", "assistant")


@dataclass(frozen=True)
class Message:
    """One message of a chat.

    Args:
        role: `system`, `user` or `assistant`.
        content: its text.
    """

    role: str
    content: str

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise ConfigError(f"A message's role is one of {ROLES}. Received {self.role!r}.")


@dataclass(frozen=True)
class Request:
    """One chat to be continued.

    Args:
        messages: the chat so far, the newest last.
        max_tokens: most tokens of each reply, at least 1.
        temperature: 0 is greedy.
        n: replies wanted.
        seed: of the sampling; None leaves it to the client.
        top_logprobs: log-probabilities wanted of the likeliest tokens at each position, 0 none.
        stop: texts at which a reply ends.
    """

    messages: tuple[Message, ...]
    max_tokens: int = 256
    temperature: float = 0.0
    n: int = 1
    seed: int | None = None
    top_logprobs: int = 0
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.messages:
            raise ConfigError("A request holds at least one message. Received none.")
        checks.whole("max_tokens of a request", self.max_tokens, least=1)
        checks.whole("n of a request", self.n, least=1)
        checks.whole("top_logprobs of a request", self.top_logprobs, least=0)
        checks.number("temperature of a request", self.temperature, least=0)

    def key(self, model: str) -> str:
        """A hash of all that decides the reply, hexadecimal; `model` names who is asked."""
        text = json.dumps([model, asdict(self)], sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()


def chat(user: str, *, system: str = "", **settings: Any) -> Request:
    """A request of one user message, after a system message if there is one.

    >>> chat("Hello", system="Be brief.", max_tokens=8).messages[0].role
    'system'
    """
    first = (Message("system", system),) if system else ()
    return Request((*first, Message("user", user)), **settings)


#: of one position: token text -> log-probability, the likeliest tokens only
TopLogprobs = Mapping[str, float]


@dataclass(frozen=True)
class Reply:
    """What came back for one request.

    Args:
        texts: n replies.
        top_logprobs: per reply, per position, the likeliest tokens; None if not asked for.
        prompt_tokens, completion_tokens: as the server counts them, over all n; 0 if unknown.
    """

    texts: tuple[str, ...]
    top_logprobs: tuple[tuple[TopLogprobs, ...], ...] | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reply:
        """What `to_json` gave, perhaps through a file."""
        tops = data.get("top_logprobs")
        return cls(
            tuple(str(t) for t in data["texts"]),
            None if tops is None else tuple(tuple(dict(p) for p in reply) for reply in tops),
            int(data.get("prompt_tokens", 0)),
            int(data.get("completion_tokens", 0)),
        )


@runtime_checkable
class Client(Protocol):
    """Whoever answers chats. `model` names it in caches and recordings, never with a secret."""

    @property
    def model(self) -> str:
        """The name under which replies are kept."""
        ...

    def complete(self, requests: Sequence[Request]) -> list[Reply]:
        """One reply per request, in order.

        Raises:
            ClientError: no reply could be had; says why and what to do.
        """
        ...
