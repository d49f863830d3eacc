"""Checkpoints: whole folders that appear at once, so that the last one is always readable."""

from __future__ import annotations

import logging
import os
import random
import shutil
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from rewardsmith.errors import ConfigError
from rewardsmith.storage import load_state, save_state

logger = logging.getLogger("rewardsmith")
KEPT = 2
_STATE = "state.npz"


def write_checkpoint(
    folder: Path, env_steps: int, fill: Callable[[Path], None], state: Mapping[str, Any]
) -> Path:
    """Write `step-<env_steps>` under `folder`, atomically, and keep the last two.

    Args:
        folder: holds a run's checkpoints.
        env_steps: names the checkpoint.
        fill: writes its own files into the path it gets.
        state: counters and the like; the random states are added.

    Raises:
        ConfigError: the disk is full or cannot be written; earlier checkpoints are whole.
    """
    target = folder / f"step-{env_steps:012d}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".part-{uuid.uuid4().hex}"
        temporary.mkdir()
        try:
            fill(temporary)
            save_state(temporary / _STATE, {**state, "random": random_state()})
            _sync(temporary)
            _replace(temporary, target)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    except OSError as error:
        raise ConfigError(_cannot_write(folder, error)) from error
    _forget_old(folder)
    return target


def list_checkpoints(folder: Path) -> list[Path]:
    """The checkpoints under `folder`, newest first."""
    return sorted(folder.glob("step-*"), reverse=True)


def read_newest(folder: Path, load: Callable[[Path, dict[str, Any]], Any]) -> Any:
    """What `load(path, state)` gives for the newest checkpoint that can be read, or None."""
    for path in list_checkpoints(folder):
        try:
            return load(path, load_state(path / _STATE))
        except Exception as error:  # damaged files fail in as many ways as there are readers
            logger.warning("Checkpoint %s cannot be read (%s); trying the one before.", path, error)
    return None


def random_state() -> dict[str, Any]:
    """The random states of Python, NumPy and torch as plain data."""
    version, numbers, gauss = random.getstate()
    kind, keys, position, has_gauss, cached = np.random.get_state()
    return {
        "python": [version, np.asarray(numbers, dtype=np.int64), gauss],
        "numpy": [kind, keys, position, has_gauss, cached],
        "torch": torch.get_rng_state().numpy(),
    }


def set_random_state(state: Mapping[str, Any]) -> None:
    """Put back what `random_state` gave."""
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(int(n) for n in numbers), gauss))
    np.random.set_state(tuple(state["numpy"]))
    torch.set_rng_state(torch.from_numpy(state["torch"]))


def _replace(temporary: Path, target: Path) -> None:
    # A folder can be renamed only onto nothing; the same step comes twice when a resumed run
    # had been killed between its checkpoint and the next.
    if target.exists():
        shutil.rmtree(target)
    os.replace(temporary, target)


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def _forget_old(folder: Path) -> None:
    for path in list_checkpoints(folder)[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)
    for path in folder.glob(".part-*"):
        shutil.rmtree(path, ignore_errors=True)


def _cannot_write(folder: Path, error: OSError) -> str:
    last = next(iter(list_checkpoints(folder)), None)
    kept = f"The last one, {last}, is whole" if last else "There is no earlier one"
    return (
        f"A checkpoint could not be written under {folder}: {error}. {kept}. Free some space "
        "and run the same command with --resume."
    )
