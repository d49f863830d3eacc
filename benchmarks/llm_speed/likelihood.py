"""What rewards by likelihood cost, in plain forward passes over the sequences that they score."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from rewardsmith import Binding, Feature, FeatureSchema, RewardStack, Scope
from rewardsmith.benchmarks.llm_speed.clock import CLOCKS, now, ratio
from rewardsmith.benchmarks.llm_speed.sizes import Size
from rewardsmith.benchmarks.llm_speed.texts import Texts
from rewardsmith.rewards.likelihood.base import LikelihoodTerm
from rewardsmith.rewards.likelihood.models import policy
from rewardsmith.rewards.likelihood.packing import Pair
from rewardsmith.transition import Floats, Transition

#: forward passes over the sequence that a reward may cost
TARGET = 1.2
_ROLES = "(question, reasoning, answer)"
#: name -> formula; the last is several together
REWARDS = {
    **{
        name: f"{name}{_ROLES}"
        for name in (
            "reference_likelihood", "verifree", "path_faithfulness", "jepo", "r3", "care", "rlpr",
            "rlpr_filtered", "rlp",
        )
    },
    "sar": "sar(question, reasoning)",
    "follow_up_likelihood": "follow_up_likelihood(question, reasoning)",
    "igpo": "igpo(answer)",
    "five together": (
        f"reference_likelihood{_ROLES} + rlpr{_ROLES} + jepo{_ROLES} + r3{_ROLES}"
        f" + path_faithfulness{_ROLES}"
    ),
}  # fmt: skip
#: rewards of episodes of several turns; all others are measured on single turns
DIALOGUES = ("igpo",)
_SCHEMA = FeatureSchema(
    [Feature(name, "a text", dtype="text") for name in ("question", "reasoning", "answer")]
)
_BATCH_TOKENS = 16_384


def measure(size: Size, tokenizer: Any) -> dict[str, Any]:
    """For each reward tokens and seconds, beside one forward pass over the same sequences.

    Texts are new in every round, so that nothing is known yet and all has to be split into
    tokens, which the plain pass is spared.
    """
    model = size.model(tokenizer).to(size.device).eval()
    texts, tokens = Texts(tokenizer, size.texts), Counter(model)
    with policy(model, tokenizer):
        rewards = {name: _measure_one(name, size, texts, tokens) for name in REWARDS}
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "dtype": str(model.dtype).removeprefix("torch."),
        "clock": CLOCKS[size.device],
        "texts": dataclasses.asdict(size.texts),
        "target": TARGET,
        "rewards": rewards,
    }


class Counter:
    """Counts the tokens that go through a model or copies made of it, padding included."""

    def __init__(self, model: Any) -> None:
        self.model, self.tokens = model, 0
        model.register_forward_pre_hook(self._add, with_kwargs=True)

    def __deepcopy__(self, memo: Any) -> Counter:
        # A copy of the model counts here too.
        return self

    def _add(self, module: Any, args: Any, kwargs: Any) -> None:
        self.tokens += kwargs["input_ids"].numel()


def _measure_one(name: str, size: Size, texts: Texts, counter: Counter) -> dict[str, Any]:
    place = Binding(_SCHEMA, num_envs=1, place="benchmark", serves=frozenset(Scope))
    stack = RewardStack.parse(REWARDS[name]).bind(place)
    rows = [
        measure_round(stack, texts.group(turns=name in DIALOGUES), counter, size.device)
        for _ in range(size.rounds + 1)
    ]
    del rows[0]  # warms up, and builds the averaged copies of some terms
    ours, plain = [r["seconds"] for r in rows], [r["plain_seconds"] for r in rows]
    middle = {key: round(statistics.median(r[key] for r in rows), 4) for key in rows[0]}
    tokens = statistics.median(r["tokens"] / r["sequence_tokens"] for r in rows)
    return {**middle, "passes_by_tokens": round(tokens, 3), "passes_by_time": ratio(ours, plain)}


def measure_round(
    stack: RewardStack, episodes: list[Transition], counter: Counter, device: str
) -> dict[str, float]:
    """Tokens and seconds of paying the episodes, and of one plain pass over their sequences.

    Tokens are those that went through the model, padding included, but for `sequence_tokens`,
    which is the least that a plain pass can do.
    """
    terms = [e.term for e in stack.entries if isinstance(e.term, LikelihoodTerm)]
    asked = sequences(terms, episodes)
    marks = [(counter.tokens, now(device))]
    plain_logprobs(counter.model, asked)
    marks.append((counter.tokens, now(device)))
    stack.finish_group(episodes)
    marks.append((counter.tokens, now(device)))
    (padded, plain_seconds), (tokens, seconds) = np.diff(marks, axis=0)
    return {
        "tokens": float(tokens),
        "sequence_tokens": float(sum(map(_length, asked))),
        "plain_tokens": float(padded),
        "seconds": float(seconds),
        "plain_seconds": float(plain_seconds),
    }


def sequences(terms: Sequence[LikelihoodTerm], episodes: Sequence[Transition]) -> list[Pair]:
    """The longest text that is asked about for each turn, or for each episode as a whole."""
    longest: dict[tuple[int, int], Pair] = {}
    for term in terms:
        for number, episode in enumerate(episodes):
            last = len(episode) - 1
            rows = episode.select(slice(-1, None)) if term.scope is Scope.GROUP else episode
            pairs = [term.scorer.pair(query) for query in term.asked(rows)]
            turns = len(rows) if term.scope is Scope.STEP else 1
            for i, pair in enumerate(pairs):
                key = (number, i * turns // len(pairs) if turns > 1 else last)
                longest[key] = max(longest.get(key, pair), pair, key=_length)
    return list(longest.values())


def plain_logprobs(model: Any, pairs: Sequence[Pair]) -> list[Floats]:
    """What a forward pass over whole padded sequences gives: no sharing, no memory, no checks."""
    found: list[Floats] = []
    ordered = sorted(pairs, key=_length)
    most = max(1, _BATCH_TOKENS // _length(ordered[-1]))
    for first in range(0, len(ordered), most):
        found += _plain_batch(model, ordered[first : first + most])
    return found


def _plain_batch(model: Any, pairs: Sequence[Pair]) -> list[Floats]:
    device, width = model.device, _length(pairs[-1])
    ids = torch.tensor([[*c, *a[:-1], *[0] * width][:width] for c, a in pairs], device=device)
    lengths = torch.tensor([[_length(pair)] for pair in pairs], device=device)
    # Logits are computed where any sequence has its continuation, and nowhere else.
    first = min(len(c) for c, _ in pairs) - 1
    keep = torch.arange(first, width, device=device)
    mask = torch.arange(width, device=device)[None] < lengths
    with torch.no_grad():
        logits = model(
            input_ids=ids, attention_mask=mask.long(), logits_to_keep=keep, use_cache=False
        ).logits
    found = []
    for row, (c, a) in zip(logits, pairs, strict=True):
        logps = row[len(c) - 1 - first :][: len(a)].float().log_softmax(-1)
        found.append(logps.gather(-1, torch.tensor(a, device=device)[:, None])[:, 0].cpu().numpy())
    return found


def _length(pair: Pair) -> int:
    return len(pair[0]) + len(pair[1]) - 1
