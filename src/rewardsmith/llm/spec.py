"""A client in one short line, as a formula names it."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from rewardsmith.errors import ConfigError, MissingExtraError, near_misses

from .budget import Budgeted
from .cached import Cached
from .openai_client import OpenAIClient
from .protocol import Client
from .recorded import Recorded
from .retrying import Retrying
from .transformers_client import TransformersClient

FORMS = (
    "openai:MODEL@URL",
    "transformers:PATH",
    "recorded:FILE.jsonl",
    "recorded:FILE.jsonl|CLIENT",
    "cached:FILE.sqlite|CLIENT",
    "budget:requests=N&tokens=N&cost=X|CLIENT",
    "retry:attempts=N|CLIENT",
)


@lru_cache(maxsize=32)
def client(spec: str) -> Client:
    """The client of a spec; equal specs share one client, its budget included.

    A spec is `KIND:NAME`, with options after `?` as in a URL, and around another client with
    `|`: the left one asks the right one.

        openai:gpt-x@http://127.0.0.1:8000/v1?timeout=30&concurrency=4
        cached:replies.sqlite|budget:requests=1000|transformers:/models/judge?device=cuda

    Raises:
        ConfigError: it is none; lists the forms.
    """
    first, bar, rest = spec.partition("|")
    kind, colon, name = first.partition(":")
    makers = _AROUND if bar else _ALONE
    if not colon or kind not in makers:
        raise _wrong(spec, kind)
    try:
        return makers[kind](name, client(rest)) if bar else makers[kind](name, None)
    except MissingExtraError:
        raise
    except (TypeError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(f"The client {first!r} has an option that it cannot: {error}.") from error


def _openai(name: str, _: Any) -> Client:
    name, options = _options(name)
    model, _at, url = name.partition("@")
    if not model:
        raise _wrong(f"openai:{name}", "openai")
    return OpenAIClient(model, url or None, **options)


def _transformers(name: str, _: Any) -> Client:
    path, options = _options(name)
    if not path:
        raise _wrong(f"transformers:{name}", "transformers")
    return TransformersClient(path, **options)


def _recorded(name: str, inner: Client | None) -> Client:
    path, options = _options(name)
    return Recorded(path, inner, **options)


_ALONE: dict[str, Callable[[str, Any], Client]] = {
    "openai": _openai,
    "transformers": _transformers,
    "recorded": _recorded,
}
_AROUND: dict[str, Callable[[str, Any], Client]] = {
    "recorded": _recorded,
    "cached": Cached,
    "budget": lambda name, inner: Budgeted(inner, **_options(f"?{name}")[1]),
    "retry": lambda name, inner: Retrying(inner, **_options(f"?{name}")[1]),
}


def _options(text: str) -> tuple[str, dict[str, Any]]:
    name, _, query = text.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    return name, {key: _value(value) for key, value in pairs}


def _value(text: str) -> Any:
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _wrong(spec: str, kind: str) -> ConfigError:
    hint = near_misses(kind, {**_ALONE, **_AROUND})
    return ConfigError(
        f"A client is one of {', '.join(FORMS)}. Received {spec!r}.{hint} Options follow a ?, as "
        "in transformers:PATH?device=cuda&dtype=bfloat16."
    )
