"""Tokens per second of training with credit by turn, beside plain GRPO on the same rollouts."""

from __future__ import annotations

import copy
import gc
import tempfile
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers.trainer_callback import PrinterCallback
from trl import GRPOConfig, GRPOTrainer

from rewardsmith.agents.llm.quiet import hush, quiet
from rewardsmith.agents.llm.slot import Rollout
from rewardsmith.agents.llm.trainer import TurnGRPOTrainer
from rewardsmith.benchmarks.llm_speed.clock import CLOCKS, now, ratio
from rewardsmith.benchmarks.llm_speed.lockstep import Lockstep
from rewardsmith.benchmarks.llm_speed.recorded import ENV_ID, REWARD, Replay, record
from rewardsmith.benchmarks.llm_speed.sizes import Size

#: ours / plain, in tokens per second
TARGET = 0.97


class _Timed(TurnGRPOTrainer):
    """Notes how long credit itself takes."""

    credit_seconds: list[float]

    def _turn_advantages(self, out: Any) -> torch.Tensor:
        begun = now(self.args.device.type)
        advantages = super()._turn_advantages(out)
        self.credit_seconds.append(now(self.args.device.type) - begun)
        return advantages


def measure(size: Size, tokenizer: Any) -> dict[str, Any]:
    """Both trainers' tokens per second and the median of paired ratios ours / plain."""
    hush()
    count = fill(size, tokenizer) if size.fills else size.rollouts
    result = _compare(size, tokenizer, count, steps=size.steps)
    return {"env": ENV_ID, "reward": REWARD, "credit": "turn", **result}


def fill(size: Size, tokenizer: Any) -> int:
    """The largest doubling of `rollouts` that both can train on without running out of memory."""
    count = size.rollouts
    while 2 * count <= size.most and _fits(size, tokenizer, 2 * count):
        count *= 2
    return count


def _fits(size: Size, tokenizer: Any, count: int) -> bool:
    fits = True
    try:
        _compare(size, tokenizer, count, steps=1)
    except torch.OutOfMemoryError:
        fits = False
    # Only now has the error let go of the trainers.
    gc.collect()
    torch.cuda.empty_cache()
    return fits


def _compare(size: Size, tokenizer: Any, count: int, steps: int) -> dict[str, Any]:
    rollouts = record(tokenizer, count, size.generations, size.max_tokens)
    model = size.model(tokenizer)
    with tempfile.TemporaryDirectory() as folder, quiet():
        args = _config(size, count, steps + 2, Path(folder))
        sides: dict[str, Any] = {
            "plain": plain_trainer(copy.deepcopy(model), tokenizer, rollouts, args),
            "ours": turn_trainer(copy.deepcopy(model), tokenizer, rollouts, args),
        }
        seconds = Lockstep(sides, size.device).run()
    return {**_facts(model, rollouts), **_figures(size, seconds, rollouts, sides["ours"])}


def _figures(
    size: Size, seconds: dict[str, list[float]], rollouts: list[Rollout], ours: _Timed
) -> dict[str, Any]:
    tokens = sum(len(r.prompt) + len(r.completion) for r in rollouts)
    middle = {name: sorted(found)[len(found) // 2] for name, found in seconds.items()}
    credit = sorted(ours.credit_seconds)[len(ours.credit_seconds) // 2]
    return {
        "clock": CLOCKS[size.device],
        "plain_tokens_per_s": round(tokens / middle["plain"], 1),
        "ours_tokens_per_s": round(tokens / middle["ours"], 1),
        "target": TARGET,
        # tokens are the same, so the ratio of speeds is that of seconds, upside down
        "ratio": ratio(seconds["plain"], seconds["ours"]),
        "credit_ms": round(1e3 * credit, 2),
        "step_ms": round(1e3 * middle["ours"], 1),
    }


def _facts(model: Any, rollouts: list[Rollout]) -> dict[str, Any]:
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "dtype": str(model.dtype).removeprefix("torch."),
        "rollouts": len(rollouts),
        "turns": sum(len(r.episode.turns) for r in rollouts),
        "tokens": sum(len(r.prompt) + len(r.completion) for r in rollouts),
    }


def plain_trainer(model: Any, tokenizer: Any, rollouts: list[Rollout], args: Any) -> Any:
    """TRL's own GRPOTrainer on given rollouts, each paid its episode's reward."""
    totals = [r.episode.total for r in rollouts]

    def reward(**_: Any) -> list[float]:
        return totals

    def replay(prompts: list[Any], trainer: Any) -> dict[str, Any]:
        return {
            "prompt_ids": [r.prompt for r in rollouts],
            "completion_ids": [r.completion for r in rollouts],
            "env_mask": [r.mask for r in rollouts],
            "logprobs": None,
        }

    trainer = GRPOTrainer(
        model=model,
        args=args,
        processing_class=tokenizer,
        reward_funcs=[reward],
        rollout_func=replay,
        train_dataset=Dataset.from_dict({"prompt": ["play"] * 4096}),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def turn_trainer(model: Any, tokenizer: Any, rollouts: list[Rollout], args: Any) -> _Timed:
    """Ours, on the same."""
    place: Any = Replay(rollouts)
    trainer = _Timed(model, tokenizer, place, args, credit_method="turn")
    trainer.credit_seconds = []
    return trainer


def _config(size: Size, count: int, steps: int, folder: Path) -> Any:
    return GRPOConfig(
        output_dir=str(folder),
        per_device_train_batch_size=count,
        num_generations=size.generations,
        max_completion_length=size.max_tokens,
        max_steps=steps,
        learning_rate=1e-6,
        loss_type="dr_grpo",
        use_cpu=size.device == "cpu",
        bf16=False,
        gradient_checkpointing=False,
        lr_scheduler_type="constant",
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        remove_unused_columns=False,
    )
