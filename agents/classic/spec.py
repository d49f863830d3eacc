"""RunSpec: everything a training run depends on, so that a run is a function of its spec."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from rewardsmith import checks
from rewardsmith.errors import ConfigError, near_misses
from rewardsmith.nonfinite import POLICIES
from rewardsmith.storage import write_json

_LARGEST_SEED = 2**32 - 1
NORMALIZE = ("none", "obs", "obs+reward")


@dataclass(frozen=True)
class RunSpec:
    """One training run, with every default filled in; equal specs give equal runs.

    Args:
        env_id: id of a registered environment.
        reward: the reward's formula in full (a name would change meaning with its file).
        algo: ppo, a2c, dqn, sac, td3, tqc or two_streams.
        steps: env steps to train for, over all envs; on-policy learners finish the rollout.
        seed: seeds the learner, the training envs and exploration; in [0, 2**32).
        gamma: the discount of learner and reward, in [0, 1].
        n_envs: training envs stepped side by side.
        eval_every: env steps between two evaluations.
        eval_episodes: episodes per evaluation, on fixed seeds.
        deterministic_eval: whether evaluation takes the policy's mode or samples from it.
        normalize: `none`, `obs` or `obs+reward`: running normalisation outside the reward.
        on_nan: what a NaN or infinite term becomes: `raise`, `zero` or `last`.
        env_kwargs: keywords for the environment.
        hyperparameters: keywords for the learner.
    """

    env_id: str
    reward: str
    algo: str
    steps: int
    seed: int
    gamma: float
    n_envs: int
    eval_every: int
    eval_episodes: int
    deterministic_eval: bool
    normalize: str = "none"
    on_nan: str = "raise"
    env_kwargs: Mapping[str, Any] = field(default_factory=dict)
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("steps", "n_envs", "eval_every", "eval_episodes"):
            _check_int(name, getattr(self, name), 1)
        checks.truth("deterministic_eval", self.deterministic_eval)
        _check_int("seed", self.seed, 0)
        if self.seed > _LARGEST_SEED:
            raise ConfigError(
                f"seed is a whole number from 0 to {_LARGEST_SEED}, as NumPy's is. Received "
                f"{self.seed}."
            )
        if not isinstance(self.gamma, int | float) or not 0.0 <= self.gamma <= 1.0:
            raise ConfigError(f"gamma is a number in [0, 1]. Received {self.gamma!r}.")
        for name, allowed in (("normalize", NORMALIZE), ("on_nan", POLICIES)):
            value = getattr(self, name)
            if value not in allowed:
                hint = near_misses(str(value), allowed)
                raise ConfigError(f"{name} is one of {allowed}. Received {value!r}.{hint}")

    @property
    def hash(self) -> str:
        """SHA-256 over all fields: two runs with one hash are the same run."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """Plain data; `RunSpec.from_dict` gives the spec back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> RunSpec:
        """The spec in `data`; raises `ConfigError` for a key that is no field."""
        known = [f.name for f in fields(cls)]
        check_keys("A run's spec", data, known)
        try:
            return cls(**data)
        except TypeError as error:
            raise ConfigError(f"A run's spec holds {known}. Received {sorted(data)}.") from error

    def write(self, path: Path) -> None:
        """Write the spec as JSON, atomically."""
        write_json(path, self.to_dict())

    @classmethod
    def read(cls, path: Path) -> RunSpec:
        """Read what `write` wrote; raises `ConfigError` if the file is not a spec."""
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"{path} must be a run's spec in JSON. Received: {error}.") from error
        return cls.from_dict(data)


def check_keys(what: str, data: Any, known: list[str]) -> None:
    """Raise `ConfigError` with near misses unless `data` is a mapping with known keys."""
    if not isinstance(data, Mapping):
        raise ConfigError(f"{what} is a mapping of settings. Received {type(data).__name__}.")
    for key in data:
        if key not in known:
            raise ConfigError(
                f"{what} has no setting {key!r}.{near_misses(str(key), known)} "
                f"It has: {', '.join(known)}."
            )


def _check_int(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(f"{name} is a whole number, at least {least}. Received {value!r}.")
