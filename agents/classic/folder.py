"""The folder of one run: which files it holds, and when a run may use it."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.errors import ConfigError
from rewardsmith.storage import write_json

logger = logging.getLogger("rewardsmith")
LOCK = ".lock"
#: what follows from the number of steps
_FROM_STEPS = {"steps", "eval_every", "hyperparameters"}


@dataclass(frozen=True)
class Result:
    """The outcome of a finished run.

    Args:
        final_success: share of evaluation episodes solved, in [0, 1]; None if the env does
            not say what success is.
        final_return: mean undiscounted return of the env's own reward.
        env_steps: env steps taken in training.
        seconds: wall time of training, over all its parts if it was resumed.
        warned: env steps at which the watch began to warn of a hacked reward.
    """

    final_success: float | None
    final_return: float
    env_steps: int
    seconds: float
    status: str = "finished"
    warned: list[int] = field(default_factory=list)


@contextmanager
def hold(path: Path) -> Iterator[None]:
    """Hold the folder `path` for this process; it is created, and its parents.

    The lock ends with the process, however it ends.

    Raises:
        ConfigError: another process holds it, or it cannot be written.
    """
    if path.exists() and not path.is_dir():
        raise ConfigError(f"A run's output is a folder. Received the file {path}.")
    lock = FileLock(path / LOCK, timeout=0)
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise ConfigError(
            f"A run's folder belongs to one process at a time. Received {path}, in which "
            "another process trains now. Wait for it, or choose another --out."
        ) from None
    except (OSError, NotImplementedError) as error:
        raise ConfigError(
            f"A run must be able to write to its folder. Received {path}: {error}. Choose "
            "another --out, or make this one writable."
        ) from error
    try:
        yield
    finally:
        lock.release()


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

    @property
    def progressed(self) -> bool:
        """Whether there is anything to continue: a checkpoint or a result."""
        return self.result.exists() or any(self.checkpoints.glob("step-*"))

    def check(self, spec: RunSpec, *, resume: bool) -> None:
        """Whether `claim` would take the folder; nothing is written.

        Raises:
            ConfigError: it holds another run, or this one and `resume` is False. A run that
                ended before its first checkpoint does not count.
        """
        if self.path.exists() and not self.path.is_dir():
            raise ConfigError(f"A run's output is a folder. Received the file {self.path}.")
        if self.spec.exists():
            other = RunSpec.read(self.spec)  # raises for a file that is not ours
            if self.progressed:
                self._check_same(other, spec, resume)
        elif self.path.is_dir() and any(p.name != LOCK for p in self.path.iterdir()):
            raise ConfigError(
                f"A new run needs an empty folder. Received {self.path}, which holds other "
                "files. Choose another --out."
            )

    def claim(self, spec: RunSpec, *, resume: bool) -> None:
        """Take the folder for this run; hold it (`locked`) meanwhile.

        Raises:
            ConfigError: as `check`.
        """
        self.check(spec, resume=resume)
        if not self.progressed:
            if self.spec.exists():
                self._begin_anew()
            spec.write(self.spec)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process; see `hold`."""
        with hold(self.path):
            yield

    def _begin_anew(self) -> None:
        # A run follows from its spec: without a checkpoint there is nothing to be lost.
        rest = (self.eval_csv, self.terms_csv, self.logs, self.checkpoints)
        if any(p.exists() for p in rest):
            logger.warning(
                "%s holds a run that ended before its first checkpoint; it is replaced.", self.path
            )
        for path in rest:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)

    def _check_same(self, other: RunSpec, spec: RunSpec, resume: bool) -> None:
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
    differing = [k for k in a if a[k] != b[k]]
    told = "; ".join(f"{k} is {a[k]!r} there, {b[k]!r} here" for k in differing)
    if "steps" in differing and set(differing) <= _FROM_STEPS:
        told += (
            ". A run cannot be lengthened or cut: its schedules, its evaluations and its replay "
            "buffer follow from --steps, so that it would differ from its first step on"
        )
    return told
