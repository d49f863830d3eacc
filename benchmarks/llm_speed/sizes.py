"""How large the model and the batches are: for two CPU cores, for a GPU, for a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from rewardsmith.agents.llm.tiny.build import build_model
from rewardsmith.errors import require

#: tokens of Qwen2's own vocabulary; that the tokenizer at hand knows fewer does no harm
_QWEN2_VOCABULARY = 151_936


@dataclass(frozen=True)
class TextSizes:
    """What rewards by likelihood are to score, sizes in tokens.

    Args:
        episodes: of one task, which share their first question.
        turns: of an episode, where it has several; `question` and `reasoning` are split among
            them then.
        question, reasoning, answer: lengths; of reasoning the mean, from half to one and a half.
    """

    episodes: int = 8
    turns: int = 6
    question: int = 160
    reasoning: int = 240
    answer: int = 8


@dataclass(frozen=True)
class Size:
    """What is measured.

    Args:
        name: of the size.
        model: tokenizer -> an untrained model.
        rollouts: in a training batch, groups of `generations`.
        generations: rollouts of one task.
        max_tokens: of a rollout's completion.
        steps: training steps measured of either trainer.
        rounds: times that each reward is measured.
        texts: that rewards score.
        device: of torch.
        fills: whether to double `rollouts` until the card is full, or `most` are reached.
    """

    name: str
    model: Callable[[Any], Any]
    rollouts: int = 8
    generations: int = 4
    max_tokens: int = 384
    steps: int = 16
    rounds: int = 7
    texts: TextSizes = TextSizes()
    device: str = "cpu"
    fills: bool = False
    most: int = 4096


def on_cpu() -> Size:
    """A Qwen2 of 1.4 million parameters in float32, for one thread."""
    return Size("cpu", lambda tokenizer: build_model(tokenizer, "medium"))


def on_gpu() -> Size:
    """A Qwen2 with the shape of its 0.5B in bfloat16, and batches that fill the card."""
    return Size(
        "gpu", half_billion, generations=8, max_tokens=1024, steps=10,
        texts=TextSizes(episodes=64, question=320, reasoning=640), device="cuda", fills=True,
    )  # fmt: skip


def for_tests() -> Size:
    """The GPU's path at a size for one core: bfloat16, growing batches."""
    return Size(
        "test", lambda tokenizer: build_model(tokenizer, "small").to(torch.bfloat16),
        rollouts=2, generations=2, max_tokens=48, steps=2,
        rounds=1, texts=TextSizes(2, 2, 12, 16, 3),
        fills=True, most=4,
    )  # fmt: skip


def half_billion(tokenizer: Any) -> Any:
    """Qwen2-0.5B's configuration with random weights, in bfloat16: 494 million parameters."""
    transformers = require("transformers", extra="llm")
    config = transformers.Qwen2Config(
        vocab_size=_QWEN2_VOCABULARY,
        hidden_size=896,
        intermediate_size=4864,
        num_hidden_layers=24,
        num_attention_heads=14,
        num_key_value_heads=2,
        max_position_embeddings=32_768,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        eos_token_id=tokenizer.eos_token_id,
        bos_token_id=None,
    )
    torch.manual_seed(0)
    return transformers.Qwen2ForCausalLM(config).to(torch.bfloat16)
