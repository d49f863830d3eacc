"""The folder of one run: which files it holds, and when a run may use it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.errors import ConfigError
from rewardsmith.storage import write_json


@dataclass(frozen=True)
class Result:
    """The outcome of a finished run.

    Args:
        final_success: share of evaluation episodes solved, in [0, 1]; None if the env does
            not say what success is.
        final_return: mean undiscounted return of the env's own reward.
        env_steps: env steps taken in training.
        seconds: wall time of training, over all its parts if it was resumed.
    """

    final_success: float | None
    final_return: float
    env_steps: int
    seconds: float
    status: str = "finished"


class RunFolder:
    """Paths inside one run's folder."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.spec = self.path / "spec.json"
        self.result = self.path / "result.json"
        self.eval_csv = self.path / "eval.csv"
        self.terms_csv = self.path / "terms.csv"
        self.logs = self.path / "logs"
        self.checkpoints = self.path / "checkpoints"

    def claim(self, spec: RunSpec, *, resume: bool) -> None:
        """Take the folder for this run.

        Raises:
            ConfigError: if it holds another run, or this one and `resume` is False.
        """
        if self.path.exists() and not self.path.is_dir():
            raise ConfigError(f"A run's output is a folder. Received the file {self.path}.")
        if self.spec.exists():
            self._check_same(spec, resume)
        elif self.path.is_dir() and any(self.path.iterdir()):
            raise ConfigError(
                f"A new run needs an empty folder. Received {self.path}, which holds other "
                "files. Choose another --out."
            )
        else:
            spec.write(self.spec)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process; the lock ends with the process, however it ends.

        Raises:
            ConfigError: another process trains in it now.
        """
        try:
            with FileLock(self.path / ".lock", timeout=0):
                yield
        except Timeout:
            raise ConfigError(
                f"A run's folder belongs to one process at a time. Received {self.path}, in which "
                "another process trains now. Wait for it, or choose another --out."
            ) from None

    def _check_same(self, spec: RunSpec, resume: bool) -> None:
        other = RunSpec.read(self.spec)
        if other.hash != spec.hash:
            raise ConfigError(
                f"A folder holds one run. Received {self.path}, which holds another: "
                f"{_difference(other, spec)}. Choose another --out, or delete the folder."
            )
        if not resume:
            state = "finished" if self.result.exists() else "begun"
            raise ConfigError(
                f"{self.path} holds this very run, {state}. Add --resume to continue it, "
                "choose another --out, or delete the folder."
            )

    def finished(self) -> Result | None:
        """The result if the run is finished."""
        try:
            return Result(**json.loads(self.result.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write_result(self, result: Result) -> None:
        """Mark the run as finished; the last thing written."""
        write_json(self.result, asdict(result))


def _difference(old: RunSpec, new: RunSpec) -> str:
    a: dict[str, Any] = old.to_dict()
    b = new.to_dict()
    return "; ".join(f"{k} is {a[k]!r} there, {b[k]!r} here" for k in a if a[k] != b[k])
