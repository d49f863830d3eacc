"""A model on this machine, through transformers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rewardsmith import checks
from rewardsmith.errors import require

from .loading import load_causal, resolve_device
from .protocol import Reply, Request


class TransformersClient:
    """Generates with a causal language model, in batches padded on the left.

    Sampling with a seed is repeatable for the same batch of requests; the numbers drawn for one
    request depend on those beside it.

    Args:
        path: a folder, or an id on a hub where there is one.
        device: e.g. `cpu`, `cuda`; `auto` takes a GPU if there is one.
        dtype: e.g. `bfloat16`; `auto` takes the one that the model was saved in.
        batch_size: replies generated at once.
        loaded: a model and its tokenizer, instead of loading them from `path`.
    """

    def __init__(
        self,
        path: str,
        *,
        device: str = "auto",
        dtype: str = "auto",
        batch_size: int = 16,
        loaded: tuple[Any, Any] | None = None,
    ) -> None:
        self.path, self.device, self.dtype = path, resolve_device(device), dtype
        self._torch: Any = require("torch", extra="llm")
        self.batch_size = checks.whole("batch_size of transformers", batch_size, least=1)
        self._loaded = loaded

    @property
    def model(self) -> str:
        """The path; dtype and device change replies in the last digits only."""
        return f"transformers:{self.path}"

    def complete(self, requests: Sequence[Request]) -> list[Reply]:
        """One reply per request, in order; requests with the same settings share batches."""
        replies: dict[int, Reply] = {}
        for rows in self._batches(requests):
            batch = [requests[i] for i in rows]
            replies.update(zip(rows, self._generate(batch), strict=True))
        return [replies[i] for i in range(len(requests))]

    def _batches(self, requests: Sequence[Request]) -> Iterator[list[int]]:
        alike: dict[Any, list[int]] = {}
        for i, r in enumerate(requests):
            settings = (r.max_tokens, r.temperature, r.n, r.seed, r.top_logprobs, r.stop)
            alike.setdefault(settings, []).append(i)
        for rows in alike.values():
            size = max(self.batch_size // requests[rows[0]].n, 1)
            yield from (rows[i : i + size] for i in range(0, len(rows), size))

    def _generate(self, batch: Sequence[Request]) -> list[Reply]:
        if self._loaded is None:
            self._loaded = load_causal(self.path, self.device, self.dtype)
        model, tokenizer = self._loaded
        inputs, pad = self._inputs(batch, tokenizer, model.device)
        start, first = inputs["input_ids"].shape[1], batch[0]
        with self._torch.random.fork_rng(enabled=first.seed is not None):
            if first.seed is not None:
                self._torch.manual_seed(first.seed)
            with self._torch.no_grad():
                out = model.generate(**inputs, **_settings(first, pad))
        new = out.sequences[:, start:]
        tops = self._tops(out, new, tokenizer, first) if first.top_logprobs else None
        copies = len(new) // len(batch)  # one if greedy, n if sampled
        return [
            self._reply(i, request, new[i * copies : (i + 1) * copies], inputs, tokenizer, tops)
            for i, request in enumerate(batch)
        ]

    def _inputs(
        self, batch: Sequence[Request], tokenizer: Any, device: Any
    ) -> tuple[dict[str, Any], int]:
        ids = [prompt_ids(request, tokenizer) for request in batch]
        known = (tokenizer.pad_token_id, tokenizer.eos_token_id, 0)
        pad = next(token for token in known if token is not None)
        width = max(map(len, ids))
        rows = [[pad] * (width - len(row)) + row for row in ids]
        mask = [[0] * (width - len(row)) + [1] * len(row) for row in ids]
        tensor = self._torch.tensor
        inputs = {"input_ids": rows, "attention_mask": mask}
        return {name: tensor(value, device=device) for name, value in inputs.items()}, pad

    def _reply(
        self, i: int, request: Request, new: Any, inputs: Any, tokenizer: Any, tops: Any
    ) -> Reply:
        texts = [_until(tokenizer.decode(t, skip_special_tokens=True), request.stop) for t in new]
        copies, repeat = len(new), request.n // len(new)
        mine = tuple(tops[i * copies : (i + 1) * copies]) * repeat if tops else None
        ends = {tokenizer.eos_token_id, tokenizer.pad_token_id}
        made = sum(token not in ends for row in new.tolist() for token in row)
        asked = int(inputs["attention_mask"][i].sum())
        return Reply(tuple(texts) * repeat, mine, asked, made * repeat)

    def _tops(self, out: Any, new: Any, tokenizer: Any, request: Request) -> list[Any]:
        """Per sequence and position, the likeliest tokens by the model's own logits."""
        logits = self._torch.stack(out.logits, dim=1).float()
        best = logits.log_softmax(-1).topk(min(request.top_logprobs, logits.shape[-1]), dim=-1)
        return [
            tuple(
                {tokenizer.decode([t]): v for t, v in zip(ids, values, strict=True)}
                for ids, values in zip(*position, strict=True)
            )
            for position in zip(best.indices.tolist(), best.values.tolist(), strict=True)
        ]


def prompt_ids(request: Request, tokenizer: Any) -> list[int]:
    """Token ids of the chat, ready for the assistant's turn.

    A tokenizer without a chat template gets `role: content` lines and `assistant:`.
    """
    if tokenizer.chat_template:
        messages = [{"role": m.role, "content": m.content} for m in request.messages]
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        return list(tokenizer(text, add_special_tokens=False)["input_ids"])
    lines = [f"{m.role}: {m.content}" for m in request.messages]
    return list(tokenizer("\n".join([*lines, "assistant:"]))["input_ids"])


def _settings(request: Request, pad: int) -> dict[str, Any]:
    sampled = request.temperature > 0
    settings: dict[str, Any] = {
        "max_new_tokens": request.max_tokens,
        "do_sample": sampled,
        "pad_token_id": pad,
        "return_dict_in_generate": True,
        "output_logits": request.top_logprobs > 0,
    }
    if sampled:  # the model's own top_k and the like would change what is sampled from
        settings |= {"temperature": request.temperature, "num_return_sequences": request.n}
        settings |= {"top_k": 0, "top_p": 1.0}
    return settings


def _until(text: str, stops: Sequence[str]) -> str:
    ends = [text.find(stop) for stop in stops if stop in text]
    return text[: min(ends)] if ends else text
