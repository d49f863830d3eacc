"""Any server that speaks OpenAI's chat completions: hosted ones, vLLM, llama.cpp, Ollama."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rewardsmith import checks
from rewardsmith.errors import ClientError, TransientClientError, require

from .protocol import Reply, Request

#: what a local server, which asks for no key, is given
NO_KEY = "none"
_KEYS = re.compile(r"\b(sk|key|pk)-[\w*.-]+")


class OpenAIClient:
    """Chat completions over HTTP, several at a time; retries and backoff are the library's.

    The key comes from the environment alone, and no error, log line, cache or recording
    holds it.

    Args:
        name: the model's name on the server.
        base_url: e.g. `http://127.0.0.1:8000/v1`; None takes OPENAI_BASE_URL or OpenAI's own.
        key_variable: the environment variable with the key; unset is fine with a `base_url`.
        timeout: seconds per attempt.
        retries: further attempts after a timeout, a lost connection, 408, 409, 429 or 5xx.
        concurrency: requests under way at once.
    """

    def __init__(
        self,
        name: str,
        base_url: str | None = None,
        *,
        key_variable: str = "OPENAI_API_KEY",
        timeout: float = 60.0,
        retries: int = 4,
        concurrency: int = 8,
    ) -> None:
        openai = require("openai", extra="openai")
        self.name, self.base_url = name, base_url or os.environ.get("OPENAI_BASE_URL")
        self.concurrency = checks.whole("concurrency of openai", concurrency, least=1)
        self._errors: Any = openai
        self._client = openai.OpenAI(
            api_key=self._key(key_variable),
            base_url=self.base_url,
            timeout=checks.number("timeout of openai", timeout, above=0),
            max_retries=checks.whole("retries of openai", retries, least=0),
        )

    @property
    def model(self) -> str:
        """Name and address."""
        return f"openai:{self.name}" + (f"@{self.base_url}" if self.base_url else "")

    def complete(self, requests: Sequence[Request]) -> list[Reply]:
        """One reply per request, in order."""
        with ThreadPoolExecutor(min(self.concurrency, max(len(requests), 1))) as pool:
            return list(pool.map(self._one, requests))

    def _key(self, variable: str) -> str:
        key = os.environ.get(variable, "")
        if not key and not self.base_url:
            raise ClientError(
                f"OpenAI's own server needs a key in the environment variable {variable}, which is "
                "not set. Set it, or name a server: openai:MODEL@http://127.0.0.1:8000/v1."
            )
        return key or NO_KEY

    def _one(self, request: Request) -> Reply:
        openai = self._errors
        try:
            answer = self._client.chat.completions.create(**self._arguments(request))
        except (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError) as e:
            raise TransientClientError(self._failure(e)) from None
        except openai.OpenAIError as e:
            raise ClientError(self._failure(e)) from None
        return _reply(answer, request, self.model)

    def _arguments(self, request: Request) -> dict[str, Any]:
        arguments: dict[str, Any] = {
            "model": self.name,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "n": request.n,
        }
        if request.seed is not None:
            arguments["seed"] = request.seed
        if request.stop:
            arguments["stop"] = list(request.stop)
        if request.top_logprobs:
            arguments |= {"logprobs": True, "top_logprobs": request.top_logprobs}
        return arguments

    def _failure(self, error: Exception) -> str:
        # `from None` and this: a server may repeat the key in what it says.
        said = str(error).replace(self._client.api_key, "***")[:500]
        return (
            f"{self.model} did not answer: {type(error).__name__}: {_KEYS.sub('***', said)}. Check "
            "the address, the model's name and the key in the environment."
        )


def _reply(answer: Any, request: Request, model: str) -> Reply:
    choices = answer.choices or []
    if len(choices) != request.n:
        raise ClientError(
            f"{model} was asked for {request.n} replies and gave {len(choices)}. Ask for n=1, or "
            "use a server that samples several."
        )
    usage = answer.usage
    return Reply(
        tuple(choice.message.content or "" for choice in choices),
        tuple(_tops(choice, model) for choice in choices) if request.top_logprobs else None,
        usage.prompt_tokens if usage else 0,
        usage.completion_tokens if usage else 0,
    )


def _tops(choice: Any, model: str) -> tuple[dict[str, float], ...]:
    if choice.logprobs is None or choice.logprobs.content is None:
        raise ClientError(
            f"{model} gave no log-probabilities, which were asked for. Use a server that gives "
            "them (vLLM, llama.cpp), or a transformers client."
        )
    return tuple({t.token: t.logprob for t in p.top_logprobs} for p in choice.logprobs.content)
