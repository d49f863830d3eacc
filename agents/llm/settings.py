"""What a user may set of a language model's training, and TRL's configuration made of it."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rewardsmith import checks
from rewardsmith.agents.classic.spec import RunSpec, check_keys
from rewardsmith.agents.llm.quiet import quiet
from rewardsmith.errors import ConfigError, near_misses

#: of GRPOConfig, what the run decides itself
RESERVED = frozenset(
    {
        "output_dir",
        "seed",
        "data_seed",
        "max_steps",
        "num_train_epochs",
        "per_device_train_batch_size",
        "gradient_accumulation_steps",
        "steps_per_generation",
        "generation_batch_size",
        "num_generations",
        "max_completion_length",
        "temperature",
        "learning_rate",
        "save_strategy",
        "eval_strategy",
        "remove_unused_columns",
        "loss_type",
        "scale_rewards",
    }
)
#: TRL's, as its documentation has them
LOSSES = ("grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo")


@dataclass(frozen=True)
class LanguageSettings:
    """Hyperparameters of `--algo grpo`.

    Args:
        model: see `rewardsmith.agents.llm.models.load_model`.
        credit: how rewards become advantages of turns (`rewardsmith.agents.llm.credit`).
        credit_options: keywords of that method.
        num_generations: rollouts of one task, at least 2; they form a group.
        max_tokens: of a completion, the environment's words included.
        max_line_tokens: of one line.
        learning_rate: of AdamW; it stays constant.
        temperature: of sampling in training, above 0.
        loss_type: TRL's: grpo, dr_grpo, dapo, bnpo, cispo, sapo, luspo, vespo.
        micro_batch: rollouts per backward pass; all at once if None.
        dtype: `auto`, `float32` or `bfloat16`.
        lora: LoRA's rank; 0 trains all weights.
        lora_alpha: LoRA's scale; twice the rank if None.
        report_to: TRL's loggers beside the run's own tables, e.g. `[tensorboard, wandb]`.
        trl: any further field of TRL's GRPOConfig (`beta`, `num_iterations`, `use_vllm`, ...).
    """

    model: str = ""
    credit: str = "turn"
    credit_options: Mapping[str, Any] = field(default_factory=dict)
    num_generations: int = 8
    max_tokens: int = 768
    max_line_tokens: int = 32
    learning_rate: float = 1e-5
    temperature: float = 1.0
    loss_type: str = "dr_grpo"
    micro_batch: int | None = None
    dtype: str = "auto"
    lora: int = 0
    lora_alpha: int | None = None
    report_to: tuple[str, ...] = ()
    trl: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.model or not isinstance(self.model, str):
            raise ConfigError(
                "A language agent needs a model. Give --model with a folder, a .gguf file, "
                "smollm2 or a hub's id; `rewardsmith tiny-model ENV --out DIR` makes a small one."
            )
        checks.whole("num_generations", self.num_generations, least=2)
        for name in ("max_tokens", "max_line_tokens"):
            checks.whole(name, getattr(self, name), least=1)
        checks.whole("lora", self.lora, least=0)
        for name in ("lora_alpha", "micro_batch"):
            if getattr(self, name) is not None:
                checks.whole(name, getattr(self, name), least=1)
        if self.loss_type not in LOSSES:
            raise ConfigError(
                f"loss_type is one of {', '.join(LOSSES)}. Received {self.loss_type!r}."
                f"{near_misses(str(self.loss_type), LOSSES)}"
            )
        if not isinstance(self.credit_options, Mapping):
            raise ConfigError(
                f"credit_options is a mapping of options. Received {self.credit_options!r}."
            )
        for name in ("learning_rate", "temperature"):
            checks.number(name, getattr(self, name), above=0)

    @classmethod
    def of(cls, spec: RunSpec) -> LanguageSettings:
        """The settings of a run.

        Raises:
            ConfigError: a setting that there is not, or the rollouts make no whole groups.
        """
        check_keys("grpo's hyperparameters", spec.hyperparameters, cls.names())
        found = cls(**dict(spec.hyperparameters))
        if spec.n_envs % found.num_generations:
            raise ConfigError(
                f"Rollouts come in whole groups: n_envs is a multiple of num_generations "
                f"({found.num_generations}). Received n_envs={spec.n_envs}."
            )
        return found

    @classmethod
    def names(cls) -> list[str]:
        """Names of the settings."""
        return [f.name for f in dataclasses.fields(cls)]


def trl_config(spec: RunSpec, settings: LanguageSettings, folder: Path) -> Any:
    """TRL's GRPOConfig of a run.

    Raises:
        ConfigError: `trl` holds a field that GRPOConfig has not, or that the run decides.
    """
    import torch
    from trl import GRPOConfig

    fields = inspect.signature(GRPOConfig).parameters
    known = set(fields) - RESERVED
    check_keys("trl (fields of TRL's GRPOConfig)", settings.trl, sorted(known))
    for name, value in settings.trl.items():
        _check_kind(name, value, fields[name].default)
    micro = settings.micro_batch or spec.n_envs
    if spec.n_envs % micro:
        raise ConfigError(
            f"micro_batch divides n_envs ({spec.n_envs}). Received {settings.micro_batch}."
        )
    given: dict[str, Any] = {
        "use_cpu": not torch.cuda.is_available(),
        "bf16": False,
        "gradient_checkpointing": False,
        "lr_scheduler_type": "constant",
        "logging_steps": 1,
        "disable_tqdm": True,
        "ignore_data_skip": True,
        "report_to": list(settings.report_to) or "none",
        **settings.trl,
    }
    try:
        with quiet():
            return _config(GRPOConfig, spec, settings, folder, micro, given)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"trl holds fields of TRL's GRPOConfig, with values that it takes. Received "
            f"{dict(settings.trl)}: {error}."
        ) from error


def _check_kind(name: str, value: Any, default: Any) -> None:
    """TRL looks at a value only when it needs it, in the middle of a run."""
    kinds = {bool: bool, int: int, float: (int, float)}
    kind: Any = kinds.get(type(default), object)
    if value is not None and not isinstance(value, kind):
        raise ConfigError(
            f"trl's {name} is like its default, {default!r}. Received {value!r}."
            + (" YAML reads 1e-3 as a word; write 1.0e-3." if isinstance(value, str) else "")
        )


def _config(
    kind: Any, spec: RunSpec, settings: LanguageSettings, folder: Path, micro: int, given: Any
) -> Any:
    return kind(
        output_dir=str(folder),
        seed=spec.seed,
        # The run stops itself, at its env steps.
        max_steps=2**31 - 1,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=spec.n_envs // micro,
        steps_per_generation=spec.n_envs // micro,
        num_generations=settings.num_generations,
        max_completion_length=settings.max_tokens,
        temperature=settings.temperature,
        learning_rate=settings.learning_rate,
        loss_type=settings.loss_type,
        scale_rewards="group",
        save_strategy="no",
        eval_strategy="no",
        remove_unused_columns=False,
        **given,
    )
