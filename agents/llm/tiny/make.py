"""Build a small model and warm it up: supervised learning on the expert's lines, through TRL."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rewardsmith import checks
from rewardsmith.agents.llm.dialogue import Dialogue
from rewardsmith.agents.llm.quiet import hush, quiet
from rewardsmith.agents.llm.tiny.build import build_model, build_tokenizer
from rewardsmith.agents.llm.tiny.experts import Played, as_tokens, expert_episodes, instructions_of
from rewardsmith.errors import ConfigError, require
from rewardsmith.storage import write_json


@dataclass(frozen=True)
class WarmUp:
    """How a small model is made; fewer `episodes` or `epochs` leave more to learn by reward.

    Args:
        size: one of `SIZES`.
        vocabulary: tokens of the tokenizer, at most.
        episodes: of the expert; failed ones are left out.
        slips: chance that a turn is any admissible command in place of the expert's: the model
            then knows how commands look, and less about which to give.
        epochs, batch_size, learning_rate: of supervised learning.
        max_tokens: of an episode; longer ones are cut after a whole line.
        seed: of weights and order.
    """

    size: str = "medium"
    vocabulary: int = 1024
    episodes: int = 300
    slips: float = 0.0
    epochs: int = 3
    batch_size: int = 8
    learning_rate: float = 3e-3
    max_tokens: int = 1024
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("episodes", "epochs", "batch_size", "max_tokens"):
            checks.whole(name, getattr(self, name), least=1)
        checks.number("learning_rate", self.learning_rate, above=0)
        if not 0.0 <= checks.number("slips", self.slips) <= 1.0:
            raise ConfigError(f"slips is a chance in [0, 1]. Received {self.slips!r}.")


@dataclass(frozen=True)
class TinyModel:
    """What was made.

    Args:
        path: the folder of model and tokenizer.
        parameters: of the model.
        episodes: of the expert.
        loss: mean cross-entropy of the expert's tokens in the last epoch, in nats.
    """

    path: Path
    parameters: int
    episodes: int
    loss: float


def make_tiny_model(
    env_id: str,
    out: str | Path,
    warm_up: WarmUp | None = None,
    *,
    env_kwargs: Mapping[str, Any] | None = None,
) -> TinyModel:
    """A model of a few million parameters that has seen the expert of `env_id`.

    Args:
        env_id: an environment of text with an expert.
        out: folder for model and tokenizer; must be empty or new.
        warm_up: how it is made.
        env_kwargs: keywords of the environment.

    Raises:
        ConfigError: no expert, a folder that holds other files, a number out of range.
    """
    target, how = Path(out), warm_up or WarmUp()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(
            f"A new model needs an empty folder. Received {target}, which holds files. Choose "
            "another --out."
        )
    require("trl", extra="llm")
    kwargs = dict(env_kwargs or {})
    played = list(expert_episodes(env_id, how.episodes, kwargs, slips=how.slips))
    played = [p for p in played if p.success or how.slips]
    if not played:
        raise ConfigError(
            f"The expert of {env_id} should solve its tasks. It solved none of {how.episodes}; "
            "ask for more episodes."
        )
    instructions = instructions_of(env_id, kwargs)
    tokenizer = build_tokenizer(_texts(instructions, played), how.vocabulary)
    model = build_model(tokenizer, how.size, how.seed)
    dialogue = Dialogue(tokenizer, instructions)
    loss = _learn(model, tokenizer, [as_tokens(p, dialogue, how.max_tokens) for p in played], how)
    about = {"env_id": env_id, **asdict(how), "episodes": len(played), "loss": loss}
    _save(model, tokenizer, target, about)
    return TinyModel(target, model.num_parameters(), len(played), loss)


def _texts(instructions: str, played: list[Played]) -> list[str]:
    return [instructions, *(t for p in played for t in (*p.observations, *p.lines))]


def _learn(
    model: Any, tokenizer: Any, episodes: list[tuple[list[int], list[int]]], how: WarmUp
) -> float:
    import torch
    from datasets import Dataset
    from transformers.trainer_callback import PrinterCallback
    from trl import SFTTrainer

    torch.set_num_threads(1)
    hush()
    rows = {"input_ids": [e[0] for e in episodes], "completion_mask": [e[1] for e in episodes]}
    with tempfile.TemporaryDirectory() as work, quiet():
        trainer = SFTTrainer(
            model=model,
            processing_class=tokenizer,
            train_dataset=Dataset.from_dict(rows),
            args=_config(work, how),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    return float(losses[-1])


def _config(work: str, how: WarmUp) -> Any:
    import torch
    from trl import SFTConfig

    return SFTConfig(
        output_dir=work,
        num_train_epochs=how.epochs,
        per_device_train_batch_size=how.batch_size,
        learning_rate=how.learning_rate,
        lr_scheduler_type="cosine",
        completion_only_loss=True,
        max_length=None,
        seed=how.seed,
        use_cpu=not torch.cuda.is_available(),
        bf16=False,
        gradient_checkpointing=False,
        save_strategy="no",
        report_to="none",
        logging_strategy="epoch",
        log_level="error",
        disable_tqdm=True,
    )


def _save(model: Any, tokenizer: Any, target: Path, about: dict[str, Any]) -> None:
    """The whole folder appears at once."""
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        model.save_pretrained(work)
        tokenizer.save_pretrained(work)
        write_json(work / "rewardsmith.json", about)
        work.chmod(0o755)
        if target.exists():
            target.rmdir()
        work.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
