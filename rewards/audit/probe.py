"""The probe between an env and the reward that is audited: it sees what the reward sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium as gym


@dataclass(frozen=True)
class Seen:
    """What the env itself said at its last reset or step.

    Args:
        obs: the observation.
        reward: the env's own reward; 0 at a reset.
        terminated, truncated: as the env said, whatever the probe passed on.
        info: the info, before the reward wrote into it.
    """

    obs: Any
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]


class Probe(gym.Wrapper[Any, Any, Any, Any]):
    """Sits inside the reward wrapper; notes the env's own reward and counts its steps.

    Args:
        env: the env without the reward.

    Attributes:
        seen: the env's own words at the last reset or step.
        steps: calls of `step` since the last reset, by whoever made them.
        action: the last one that it was given.
        note: called with the probe right after the env's own reset or step, if set; its value is
            `noted`.
        truncation: `pass` lets the env's time limit through; `hide` and `force` tell the reward
            that no step, or every step that does not terminate, ends by a time limit.
    """

    def __init__(self, env: gym.Env[Any, Any]) -> None:
        super().__init__(env)
        self.seen: Seen | None = None
        self.steps = 0
        self.action: Any = None
        self.note: Callable[[Probe], Any] | None = None
        self.noted: Any = None
        self.truncation = "pass"

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Reset the env."""
        obs, info = self.env.reset(seed=seed, options=options)
        self.seen, self.steps = Seen(obs, 0.0, False, False, dict(info)), 0
        if self.note is not None:
            self.noted = self.note(self)
        return obs, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step the env, and say of the time limit what `truncation` asks for."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        self.steps += 1
        self.action = action
        if self.note is not None:
            self.noted = self.note(self)
        own = float(reward)
        self.seen = Seen(obs, own, bool(terminated), bool(truncated), dict(info))
        if self.truncation != "pass":
            truncated = self.truncation == "force" and not terminated
        return obs, own, bool(terminated), bool(truncated), info
