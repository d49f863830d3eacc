"""Which fields of TRL's GRPOConfig a user may set, and to what."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from enum import Enum
from importlib.util import find_spec
from typing import Any

from rewardsmith import checks
from rewardsmith.errors import ConfigError, near_misses

_BATCH = "n_envs and micro_batch"
#: of GRPOConfig, what the run decides itself -> how the user sets it
RESERVED = {
    "output_dir": "--out",
    "seed": "--seed",
    "data_seed": "--seed",
    "max_steps": "--steps",
    "num_train_epochs": "--steps",
    "per_device_train_batch_size": _BATCH,
    "gradient_accumulation_steps": _BATCH,
    "steps_per_generation": _BATCH,
    "generation_batch_size": "n_envs",
    "num_generations": "its own num_generations",
    "max_completion_length": "max_tokens",
    "temperature": "its own temperature",
    "learning_rate": "its own learning_rate",
    "save_strategy": "--resume, for which every run saves",
    "save_only_model": "",
    "eval_strategy": "eval_every",
    "eval_on_start": "",
    "remove_unused_columns": "",
    "loss_type": "its own loss_type",
    "scale_rewards": "credit_options (scale)",
}
#: why there is nothing to set
_WHY = {
    "save_only_model": "--resume needs the optimiser too; export the model to have it alone",
    "eval_on_start": "every run evaluates the model as it came before it trains",
}
#: options whose package TRL looks for only in a folder that is claimed -> the package
_PACKAGES = {"use_liger_kernel": "liger_kernel", "use_vllm": "vllm"}
#: schedules that need no total number of optimiser steps
SCHEDULES = ("constant", "constant_with_warmup", "inverse_sqrt")
_SCHEDULE = "lr_scheduler_type"
_TOLD = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    dict: "a mapping",
    list: "a list",
}


def check_fields(given: Any) -> None:
    """Refuse what is no mapping, what the run owns and what it could not heed.

    Raises:
        ConfigError: says what to set instead.
    """
    if not isinstance(given, Mapping):
        raise ConfigError(f"trl is a mapping of TRL's own fields. Received {given!r}.")
    for name in given:
        if name in RESERVED:
            raise ConfigError(
                f"trl holds what the run does not decide itself. Received {name!r}{_remedy(name)}"
            )
    _check_schedule(given)


def _remedy(name: str) -> str:
    if ours := RESERVED[name]:
        return f", which the run takes from {ours}; set that."
    return f". Leave it out{f': {_WHY[name]}' if name in _WHY else ''}."


def check_kind(name: str, value: Any, hint: Any, default: Any) -> None:
    """Refuse a value of another type: TRL looks at it only in the middle of a run.

    Args:
        name, value: of the field.
        hint: its resolved annotation.
        default: what it is if it is not given.

    Raises:
        ConfigError: says of which type it is.
    """
    kinds = _kinds(hint)
    if value is None or any(_fits(value, kind) for kind in kinds):
        return
    told = " or ".join(dict.fromkeys(_TOLD[k] for k in kinds if k in _TOLD))
    raise ConfigError(
        f"trl's {name} is {told or 'an object that no file can hold'}; its default is {default!r}. "
        f"Received {value!r}."
        + (" YAML reads 1e-3 as a word; write 1.0e-3." if isinstance(value, str) else "")
    )


def check_packages(given: Mapping[str, Any]) -> None:
    """Refuse options whose package is missing.

    Raises:
        ConfigError: names the package.
    """
    for name, package in _PACKAGES.items():
        if given.get(name) and find_spec(package) is None:
            raise ConfigError(
                f"trl's {name} needs the package {package!r}, which is not installed. Received "
                f"{given[name]!r}. Run `pip install {package.replace('_', '-')}`, or leave the "
                "option out."
            )


def _kinds(hint: Any) -> list[Any]:
    """The types that an annotation allows, without what they hold; choices stay as they are."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return [kind for part in typing.get_args(hint) for kind in _kinds(part)]
    return [hint if _is_choice(hint) else typing.get_origin(hint) or hint]


def _is_choice(hint: Any) -> bool:
    return typing.get_origin(hint) is typing.Literal


def _fits(value: Any, kind: Any) -> bool:
    if _is_choice(kind):
        return value in typing.get_args(kind)
    if kind is Any:
        return True
    if isinstance(value, bool):  # Python would take it for a whole number, too
        return kind is bool
    if kind is float:
        return isinstance(value, int | float)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return isinstance(value, str)
    return isinstance(value, Mapping if kind is dict else kind)


def _check_schedule(given: Mapping[str, Any]) -> None:
    """A run ends at its env steps: nobody knows after how many optimiser steps."""
    kind, warmup = given.get(_SCHEDULE, "constant"), given.get("warmup_steps", 0)
    if kind not in SCHEDULES:
        raise ConfigError(
            f"{_SCHEDULE} of trl is one of {', '.join(SCHEDULES)}: a run ends at its env steps, so "
            "a schedule over all optimiser steps or over evaluations of TRL's has nothing to go "
            f"by. Received {kind!r}.{near_misses(str(kind), SCHEDULES)}"
        )
    warmup = checks.number("warmup_steps of trl", warmup, least=0)
    if 0 < warmup < 1:
        raise ConfigError(
            "warmup_steps of trl counts optimiser steps: a run ends at its env steps, so a share "
            f"of all optimiser steps is unknown. Received {warmup}. Give a number of at least 1."
        )
    if warmup and kind == "constant":
        raise ConfigError(
            f"warmup_steps of trl needs a schedule that heeds it. Received {warmup:g} with the "
            f"schedule constant. Set {_SCHEDULE}: constant_with_warmup."
        )
