"""What a user may set of a language model's training, and TRL's configuration made of it."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from rewardsmith import checks
from rewardsmith.agents.classic.spec import RunSpec, check_keys
from rewardsmith.agents.llm.processes import count
from rewardsmith.agents.llm.quiet import quiet
from rewardsmith.agents.llm.trl_fields import (
    RESERVED,
    check_fields,
    check_kind,
    check_packages,
)
from rewardsmith.errors import ConfigError, near_misses

#: TRL's, as its documentation has them
LOSSES = ("grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo")
DTYPES = ("auto", "float32", "bfloat16")
INTERFACES = ("line", "tools")
_ONE_OF = {"interface": INTERFACES, "loss_type": LOSSES, "dtype": DTYPES}
_WHOLE = {"num_generations": 2, "max_tokens": 1, "max_line_tokens": 1, "lora": 0}
_WHOLE_OR_NONE = {"lora_alpha": 1, "micro_batch": 1}


@dataclass(frozen=True)
class LanguageSettings:
    """Hyperparameters of `--algo grpo`.

    Args:
        model: see `rewardsmith.agents.llm.models.load_model`.
        interface: `line`, where a turn is a line of text, or `tools`, where it is a message that
            calls tools; for models and chat templates that do so.
        credit: how rewards become advantages of turns (`rewardsmith.agents.llm.credit`).
        credit_options: keywords of that method.
        num_generations: rollouts of one task, at least 2; they form a group.
        max_tokens: of a completion, the environment's words included.
        max_line_tokens: of one line or message; 32, and 128 with tools.
        learning_rate: of AdamW; it stays constant, unless `trl` holds another `lr_scheduler_type`
            (`constant_with_warmup` with `warmup_steps`, or `inverse_sqrt`).
        temperature: of sampling in training, above 0.
        loss_type: TRL's: grpo, dr_grpo, dapo, bnpo, cispo, sapo, luspo, vespo.
        micro_batch: rollouts per backward pass of a process; all at once if None.
        dtype: `auto`, `float32` or `bfloat16`.
        lora: LoRA's rank; 0 trains all weights.
        lora_alpha: LoRA's scale; twice the rank if None.
        report_to: TRL's loggers beside the run's own tables, e.g. `[tensorboard, wandb]`.
        trl: any further field of TRL's GRPOConfig (`beta`, `num_iterations`, `use_vllm`, ...).
    """

    model: str = ""
    interface: str = "line"
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
        self._check_numbers()
        for name, allowed in _ONE_OF.items():
            value = getattr(self, name)
            if value not in allowed:
                raise ConfigError(
                    f"{name} is one of {', '.join(allowed)}. Received {value!r}."
                    f"{near_misses(str(value), allowed)}"
                )
        if not isinstance(self.credit, str):
            raise ConfigError(f"credit is a method's name. Received {self.credit!r}.")
        if not isinstance(self.credit_options, Mapping):
            raise ConfigError(
                f"credit_options is a mapping of options. Received {self.credit_options!r}."
            )
        listed = isinstance(self.report_to, list | tuple)
        if not listed or not all(isinstance(name, str) for name in self.report_to):
            raise ConfigError(
                f"report_to is a list of loggers, e.g. [tensorboard]. Received {self.report_to!r}."
            )
        check_fields(self.trl)

    def _check_numbers(self) -> None:
        for name, least in _WHOLE.items():
            object.__setattr__(self, name, checks.whole(name, getattr(self, name), least=least))
        for name, least in _WHOLE_OR_NONE.items():
            if getattr(self, name) is not None:
                object.__setattr__(self, name, checks.whole(name, getattr(self, name), least=least))
        # YAML reads 1e-5 as a word
        for name, write in (("learning_rate", "1.0e-5"), ("temperature", "1.0")):
            checks.number(name, getattr(self, name), above=0, write=write)
        if self.max_line_tokens > self.max_tokens:
            raise ConfigError(
                "A completion holds at least one line: max_line_tokens <= max_tokens. "
                f"Received {self.max_line_tokens} and {self.max_tokens}."
            )

    @classmethod
    def of(cls, spec: RunSpec, *, processes: int | None = None) -> LanguageSettings:
        """The settings of a run.

        Args:
            spec: the run.
            processes: that share its rollouts; those of this launch if None.

        Raises:
            ConfigError: a setting that there is not, or the rollouts make no whole groups.
        """
        check_keys("grpo's hyperparameters", spec.hyperparameters, cls.names())
        given = dict(spec.hyperparameters)
        if given.get("interface") == "tools":
            given.setdefault("max_line_tokens", 128)  # a call in JSON is longer than a command
        found = cls(**given)
        found.rollouts(spec, processes or count())
        return found

    def rollouts(self, spec: RunSpec, processes: int) -> int:
        """How many rollouts each process plays at a time.

        Raises:
            ConfigError: a process would play part of a group, or learn from part of a batch.
        """
        if spec.n_envs % (self.num_generations * processes):
            times = f" times the number of processes ({processes})" if processes > 1 else ""
            raise ConfigError(
                f"Rollouts come in whole groups: n_envs is a multiple of num_generations "
                f"({self.num_generations}){times}. Received n_envs={spec.n_envs}."
            )
        each = spec.n_envs // processes
        if each % (self.micro_batch or each):
            raise ConfigError(
                f"micro_batch divides {'n_envs' if processes == 1 else 'rollouts of a process'} "
                f"({each}). Received {self.micro_batch}."
            )
        return each

    @classmethod
    def names(cls) -> list[str]:
        """Names of the settings."""
        return [f.name for f in dataclasses.fields(cls)]


def trl_config(spec: RunSpec, settings: LanguageSettings, folder: Path) -> Any:
    """TRL's GRPOConfig of a run.

    Raises:
        ConfigError: `trl` holds a field that GRPOConfig has not, a value that it does not take, or
            an option whose package is missing.
    """
    import torch
    from trl import GRPOConfig

    fields = inspect.signature(GRPOConfig).parameters
    known, hints = set(fields) - set(RESERVED), get_type_hints(GRPOConfig)
    check_keys("trl (fields of TRL's GRPOConfig)", settings.trl, sorted(known))
    for name, value in settings.trl.items():
        check_kind(name, value, hints[name], fields[name].default)
    check_packages(settings.trl)
    each = settings.rollouts(spec, count())
    micro = settings.micro_batch or each
    given: dict[str, Any] = {
        "use_cpu": not torch.cuda.is_available(),
        "bf16": False,
        "gradient_checkpointing": False,
        "lr_scheduler_type": "constant",
        "logging_steps": 1,
        "disable_tqdm": True,
        "ignore_data_skip": True,
        # every weight takes part in every line; to look for others costs a walk each time
        "ddp_find_unused_parameters": False if count() > 1 else None,
        "report_to": list(settings.report_to) or "none",
        **settings.trl,
    }
    try:
        with quiet():
            return _config(GRPOConfig, spec, settings, folder, (micro, each // micro), given)
    # An option may name a file, or need a package, whose name the message then holds.
    except (AttributeError, ImportError, OSError, TypeError, ValueError) as error:
        raise ConfigError(
            f"trl holds fields of TRL's GRPOConfig, with values that it takes. Received "
            f"{dict(settings.trl)}: {error}."
        ) from error


def _config(
    kind: Any,
    spec: RunSpec,
    settings: LanguageSettings,
    folder: Path,
    batch: tuple[int, int],
    given: Any,
) -> Any:
    micro, parts = batch
    return kind(
        output_dir=str(folder),
        seed=spec.seed,
        # The run stops itself, at its env steps.
        max_steps=2**31 - 1,
        per_device_train_batch_size=micro,
        gradient_accumulation_steps=parts,
        steps_per_generation=parts,
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
