"""Which of several processes this is: `accelerate launch` and `torchrun` say so in variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from rewardsmith.errors import ConfigError

T = TypeVar("T")
#: what both launchers set beside WORLD_SIZE
_LAUNCH = ("RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


def count() -> int:
    """How many processes train one model; 1 without a launcher."""
    return max(_read("WORLD_SIZE", 1), 1)


def rank() -> int:
    """The number of this one, from 0; a job that is alone may have any RANK of its scheduler's."""
    return _read("RANK", 0) if count() > 1 else 0


def is_main() -> bool:
    """Whether this process writes the run's folder and talks to the user."""
    return rank() == 0


def check_alone(who: str) -> None:
    """Refuse a launcher of several processes.

    Raises:
        ConfigError: there is one; names `who` cannot be among several.
    """
    if count() > 1:
        raise ConfigError(
            f"{who} runs in one process. Received WORLD_SIZE={count()}, which launchers set; "
            "several are for `rewardsmith train --agent llm`. Without one, `unset WORLD_SIZE`."
        )


def check_launch(trl: Mapping[str, Any]) -> None:
    """Refuse what several processes cannot do here.

    Args:
        trl: fields of TRL's GRPOConfig that the user set.

    Raises:
        ConfigError: half a launch; several machines; weights that are split over processes; vLLM.
    """
    if count() == 1:
        return
    _check_whole()
    rule, received = "", ""
    if _read("LOCAL_WORLD_SIZE", count()) != count():
        rule = "All processes of a run are on one machine, for they share its folder"
        received = f"{count()} processes, of which {_read('LOCAL_WORLD_SIZE', 1)} are here"
    # Episodes differ in length, and these generate together, token by token: one would wait.
    split = [n for n in ("DEEPSPEED", "FSDP", "MEGATRON_LM") if _is_set(f"ACCELERATE_USE_{n}")]
    split += [n for n in ("deepspeed", "fsdp", "use_vllm") if trl.get(n)]
    if split:
        rule = (
            "Each of several processes holds the whole model and plays by itself (plain data "
            "parallelism)"
        )
        received = ", ".join(split)
    if rule:
        raise ConfigError(
            f"{rule}. Received {received}. Use `accelerate launch --multi_gpu --num_machines 1` "
            "without it, or one process."
        )


def _check_whole() -> None:
    """What is left in a shell of another job looks like a launch, and would wait for the others."""
    missing = [name for name in _LAUNCH if not os.environ.get(name)]
    if missing or rank() >= count():
        told = ", ".join(f"{n}={os.environ.get(n, '')}" for n in ("WORLD_SIZE", *_LAUNCH))
        raise ConfigError(
            "A launcher of several processes says how many there are, which this is (RANK below "
            f"WORLD_SIZE) and where they meet. Received {told}. Start them with torchrun or "
            "accelerate launch; for one process `unset WORLD_SIZE`."
        )


def together(mine: list[T]) -> list[T]:
    """The items of all processes, in the order of their numbers; every process gets all."""
    if count() == 1:
        return mine
    from accelerate.utils import gather_object

    found: list[T] = gather_object(mine)
    return found


def wait() -> None:
    """Until all processes are here."""
    if count() > 1:
        from accelerate import PartialState

        PartialState().wait_for_everyone()


def saved_count(checkpoint: Path) -> int:
    """How many processes wrote a checkpoint."""
    return 1 + len(list(checkpoint.glob("process-*.npz")))


def _read(name: str, default: int) -> int:
    value = os.environ.get(name, "")
    return int(value) if value.isdecimal() else default


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on")
