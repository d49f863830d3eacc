"""Log-probabilities of texts under a causal language model: the one place that runs it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from rewardsmith import checks
from rewardsmith.errors import ConfigError
from rewardsmith.transition import Floats

from .packing import EVEN, Pair, Row, batches, pack

#: how many results are remembered until the model changes
MEMORY = 100_000


@dataclass(frozen=True)
class Query:
    """What is the probability of `continuation` after `context`?

    Args:
        context: pieces of text; each is split into tokens by itself, so that contexts which
            begin with the same pieces begin with the same tokens.
        continuation: the text asked about.
        chat: whether the first piece is a user's message, to be put into the model's template.
    """

    context: tuple[str, ...]
    continuation: str
    chat: bool = False


@dataclass
class Work:
    """What scoring has cost so far.

    Args:
        forwards: calls of the model.
        tokens: tokens computed, padding left out.
        padding: tokens of padding.
        plain: tokens that one forward pass per query would have computed.
    """

    forwards: int = 0
    tokens: int = 0
    padding: int = 0
    plain: int = 0


class Scorer:
    """Scores continuations in batches, with everything that queries share computed once.

    Results equal those of an unbatched forward pass over context and continuation, up to
    rounding. No gradient flows, and dropout is off while it runs.

    Args:
        model: a causal language model of transformers, or None until one is set.
        tokenizer: its tokenizer.
        row_tokens: longest row that shared sequences may be laid into.
        batch_tokens: most tokens of one forward pass, padding included.

    `model` may be set at any time. Results are remembered until it is, or until its weights
    change in place; who writes weights behind torch's back calls `changed()`.
    """

    def __init__(
        self,
        model: Any = None,
        tokenizer: Any = None,
        *,
        row_tokens: int = 4096,
        batch_tokens: int = 16384,
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.row_tokens = checks.whole("row_tokens of a scorer", row_tokens, least=1)
        self.batch_tokens = checks.whole("batch_tokens of a scorer", batch_tokens, least=1)
        self.work = Work()
        self._known: dict[Pair, Floats] = {}
        self._version: tuple[int, int] = (0, 0)
        self._ids: dict[tuple[str, str], tuple[int, ...]] = {}

    def logprobs(self, queries: Sequence[Query]) -> list[Floats]:
        """Per query the log-probability of each token of its continuation, float64.

        Raises:
            ConfigError: there is no model yet, or a sequence is longer than it can take.
        """
        self._check_model()
        pairs = [self.pair(query) for query in queries]
        new = [p for p in dict.fromkeys(pairs) if p not in self._known and p[1]]
        if len(self._known) + len(new) > MEMORY:
            self.changed()
            new = [p for p in dict.fromkeys(pairs) if p[1]]
        if new:
            self._compute(new)
        return [self._known[p].copy() if p[1] else np.zeros(0) for p in pairs]

    def changed(self) -> None:
        """Forget all results."""
        self._known.clear()

    def pair(self, query: Query) -> Pair:
        """Its token ids."""
        pieces = [self._tokens(text, "plain") for text in query.context if text]
        if query.chat and query.context:
            pieces[:1] = [self._tokens(query.context[0], "chat")]
        context = tuple(token for piece in pieces for token in piece)
        if not query.chat:
            context = (*self._start(context), *context)
        return context, self._tokens(query.continuation, "plain")

    def _start(self, context: tuple[int, ...]) -> tuple[int, ...]:
        """The token before all text: the model's own, or for want of one any that ends a text."""
        begin = self.tokenizer.bos_token_id
        if begin is None and not context:
            begin = self.tokenizer.eos_token_id
            begin = self.tokenizer.pad_token_id if begin is None else begin
            if begin is None:
                raise ConfigError(
                    "Scoring a text without context needs a token to begin with. The tokenizer "
                    "has no bos, eos or pad token; give it one."
                )
        return () if begin is None else (begin,)

    def _tokens(self, text: str, how: str) -> tuple[int, ...]:
        key = (text, how)
        if key not in self._ids:
            if len(self._ids) > MEMORY:
                self._ids.clear()
            if how == "chat":
                message = [{"role": "user", "content": text}]
                text = self.tokenizer.apply_chat_template(
                    message, tokenize=False, add_generation_prompt=True
                )
            self._ids[key] = tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        return self._ids[key]

    def _check_model(self) -> None:
        if self.model is None or self.tokenizer is None:
            raise ConfigError(
                "This reward scores texts with the policy that is being trained, and none is "
                "bound. Train with --agent llm, call rewardsmith.rewards.likelihood.bind_policy("
                "model, tokenizer), or name a model: model='/path/to/model'."
            )
        version = version_of(self.model)
        if version != self._version:
            self._version = version
            self.changed()

    def _compute(self, pairs: list[Pair]) -> None:
        self._check_lengths(pairs)
        rows = pack(
            pairs, row_tokens=self.row_tokens, share=shares(self.model), even=evens(self.model)
        )
        self.work.plain += sum(len(c) + len(a) for c, a in pairs)
        for batch in batches(rows, self.batch_tokens):
            with _evaluating(self.model), torch.no_grad():
                self._run(batch, pairs)

    def _run(self, batch: list[Row], pairs: list[Pair]) -> None:
        device = next(self.model.parameters()).device
        width = max(map(len, batch))
        needed = sorted({int(i) for row in batch for at in row.reads.values() for i in at})
        column = {at: i for i, at in enumerate(needed)}
        keep = torch.tensor(needed, device=device)
        logits = self._logits(batch, width, keep, device)
        self.work.forwards += 1
        self.work.tokens += sum(map(len, batch))
        self.work.padding += width * len(batch) - sum(map(len, batch))
        for logit, row in zip(logits, batch, strict=True):
            for index, at in row.reads.items():
                columns = torch.tensor([column[int(i)] for i in at], device=device)
                self._known[pairs[index]] = _gather(logit[columns], pairs[index][1])

    def _logits(self, batch: list[Row], width: int, keep: Any, device: Any) -> Any:
        pad = [0] * width
        ids = torch.tensor([(r.tokens + pad)[:width] for r in batch], device=device)
        places = torch.tensor([(r.depths + pad)[:width] for r in batch], device=device)
        inputs = {"input_ids": ids, "position_ids": places, "use_cache": False}
        inputs["attention_mask"] = _mask(batch, width, self.model.dtype, device)
        taken = inspect.signature(_inner(self.model).forward).parameters
        if "position_ids" not in taken:
            del inputs["position_ids"]
        if "logits_to_keep" in taken:
            return self.model(**inputs, logits_to_keep=keep).logits
        return self.model(**inputs).logits[:, keep]

    def _check_lengths(self, pairs: list[Pair]) -> None:
        limit = getattr(self.model.config, "max_position_embeddings", None)
        longest = max(len(context) + len(continuation) - 1 for context, continuation in pairs)
        if limit is not None and longest > limit:
            raise ConfigError(
                f"The model takes sequences of at most {limit} tokens. Received one of {longest} "
                "with its continuation; shorten the texts (max_text of the environment), or use "
                "a model that takes more."
            )


def version_of(model: Any) -> tuple[int, int]:
    """What differs when a model is another, or its weights were changed in place."""
    return id(model), sum(p._version for p in model.parameters())


def evens(model: Any) -> float:
    """The length at which attention over a row costs as much as a layer's products.

    Of a transformer of width h whose feed-forward part is 3 h wide, a layer does 13 h^2
    multiplications a token and 2 h for each token that it attends to: even at 6.5 h. Attention
    with a mask of one's own runs at about half the speed of the products.
    """
    width = getattr(model.config, "hidden_size", None)
    return 3.0 * width if width else EVEN


def shares(model: Any) -> bool:
    """Whether a model can be told, token by token, what to attend to.

    Not flash attention, which takes no such mask, nor layers with a window or a recurrent
    state, where a token's place in the row matters.
    """
    config = model.config
    windowed = getattr(config, "sliding_window", None) is not None
    default = "sliding_attention" if windowed else "full_attention"
    kinds = set(getattr(config, "layer_types", None) or [default])
    attention = getattr(config, "_attn_implementation", None) or "eager"
    parameters = inspect.signature(_inner(model).forward).parameters
    return (
        kinds <= {"full_attention"}
        and attention in ("eager", "sdpa")
        and "position_ids" in parameters
    )


def _inner(model: Any) -> Any:
    """The model inside wrappers of data parallelism and PEFT, whose forward names arguments."""
    while hasattr(model, "module"):
        model = model.module
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def _mask(batch: list[Row], width: int, dtype: Any, device: Any) -> Any:
    """(B, L) of ones where all rows are plain sequences, else (B, 1, L, L), added to the logits."""
    if all(row.is_chain for row in batch):
        return torch.tensor([[1] * len(r) + [0] * (width - len(r)) for r in batch], device=device)
    seen = np.zeros((len(batch), width, width), dtype=bool)
    seen[:, range(width), range(width)] = True  # padding sees itself: no row of nothing
    for i, row in enumerate(batch):
        seen[i, : len(row), : len(row)] = row.visible()
    allowed = torch.from_numpy(seen).to(device)[:, None]
    blocked = torch.full((), torch.finfo(dtype).min, dtype=dtype, device=device)
    return torch.where(allowed, torch.zeros((), dtype=dtype, device=device), blocked)


def _gather(logits: Any, targets: tuple[int, ...]) -> Floats:
    exact = logits if logits.dtype == torch.float64 else logits.float()
    chosen = exact.gather(-1, torch.tensor(targets, device=exact.device)[:, None])[:, 0]
    values: Floats = (chosen - exact.logsumexp(-1)).double().cpu().numpy()
    return values


@contextmanager
def _evaluating(model: Any) -> Iterator[None]:
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
