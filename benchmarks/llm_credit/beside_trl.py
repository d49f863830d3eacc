"""TRL's own GRPOTrainer on given rewards, to read the advantages that it computes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from rewardsmith.agents.llm.quiet import hush, quiet
from rewardsmith.errors import require
from rewardsmith.transition import Floats

#: what a prompt and a completion are made of; what they say is of no account here
WORDS = ("<pad>", "<eos>", "a", "b", "c", "d")


def trl_advantages(
    rewards: Floats,
    generations: int,
    *,
    scale: str = "group",
    aggregation: str = "sum_then_normalize",
    weights: list[float] | None = None,
) -> Floats:
    """Advantages of one training step of TRL's GRPOTrainer on a random model.

    Args:
        rewards: shape (N, K), what K reward functions shall give N completions.
        generations: completions per prompt; N is a multiple.
        scale: `scale_rewards` of GRPOConfig.
        aggregation: `multi_objective_aggregation` of GRPOConfig.
        weights: `reward_weights` of GRPOConfig.

    Returns:
        Shape (N,), in float32 as TRL computes them.
    """
    trl = require("trl", extra="llm")
    callback = require("transformers.trainer_callback", extra="llm")
    hush()
    with quiet(), tempfile.TemporaryDirectory() as folder:
        config = trl.GRPOConfig(
            output_dir=folder,
            per_device_train_batch_size=len(rewards),
            num_generations=generations,
            max_completion_length=2,
            max_steps=1,
            scale_rewards=scale,
            multi_objective_aggregation=aggregation,
            reward_weights=weights,
            report_to=[],
            use_cpu=True,
            bf16=False,
            save_strategy="no",
            disable_tqdm=True,
            logging_strategy="no",
        )
        trainer = trl.GRPOTrainer(
            model=_model(),
            reward_funcs=[_function(column, k) for k, column in enumerate(rewards.T)],
            args=config,
            train_dataset=_prompts(len(rewards) // generations),
            processing_class=_tokenizer(Path(folder)),
        )
        trainer.remove_callback(callback.PrinterCallback)
        trainer.train()
        return np.array(list(trainer._logs["advantages"]), dtype=np.float64)


def _function(column: Floats, k: int) -> Any:
    def reward(completions: list[str], **_: Any) -> list[float]:
        assert len(completions) == len(column)
        return [float(r) for r in column]

    reward.__name__ = f"reward_{k}"
    return reward


def _prompts(count: int) -> Any:
    datasets = require("datasets", extra="llm")
    return datasets.Dataset.from_dict({"prompt": ["a b"] * count})


def _model() -> Any:
    transformers = require("transformers", extra="llm")
    config = transformers.Qwen2Config(
        vocab_size=len(WORDS), hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=32,
        pad_token_id=0, eos_token_id=1, bos_token_id=None,
    )  # fmt: skip
    return transformers.Qwen2ForCausalLM(config)


def _tokenizer(folder: Path) -> Any:
    tokenizers = require("tokenizers", extra="llm")
    transformers = require("transformers", extra="llm")
    inner = tokenizers.Tokenizer(
        tokenizers.models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="a")
    )
    inner.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    path = folder / "tokenizer.json"
    inner.save(str(path))
    return transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(path), pad_token="<pad>", eos_token="<eos>", unk_token="a"
    )
