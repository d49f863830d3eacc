"""One way to drive a Gymnasium env and a PettingZoo parallel env."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: the name of the only agent of a Gymnasium env
ALONE = ""


@dataclass
class Moment:
    """What an env says at a reset (reward None) or at a step, agent -> value."""

    obs: dict[str, Any]
    info: dict[str, Mapping[str, Any]]
    reward: dict[str, Any] | None = None
    terminated: dict[str, Any] | None = None
    truncated: dict[str, Any] | None = None

    @property
    def over(self) -> bool:
        """Whether every agent's episode has ended."""
        if self.terminated is None or self.truncated is None:
            return False
        return all(self.terminated[a] or self.truncated[a] for a in self.terminated)


class Driver:
    """Drives an env with one agent."""

    parallel = False

    def __init__(self, env: Any) -> None:
        self.env = env

    def spaces(self) -> dict[str, tuple[Any, Any]]:
        """Agent -> (observation space, action space)."""
        return {ALONE: (self.env.observation_space, self.env.action_space)}

    def seed_actions(self, seed: int) -> None:
        """Make `sample` repeatable."""
        for i, (_, actions) in enumerate(self.spaces().values()):
            actions.seed(seed + i)

    def sample(self) -> Any:
        """A random action."""
        return self.env.action_space.sample()

    def reset(self, seed: int | None = None) -> Moment:
        """Begin an episode."""
        obs, info = self.env.reset(seed=seed)
        return Moment({ALONE: obs}, {ALONE: info})

    def step(self, action: Any) -> Moment:
        """Take a step."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        return Moment(
            {ALONE: obs}, {ALONE: info}, {ALONE: reward}, {ALONE: terminated}, {ALONE: truncated}
        )

    def attribute(self, name: str) -> Any:
        """An attribute of the env or of any wrapper inside it; None if nobody has it."""
        getter = getattr(self.env, "get_wrapper_attr", None)
        try:
            return getter(name) if getter else getattr(self.env, name)
        except AttributeError:
            return None

    def copied(self) -> Driver:
        """A driver of a deep copy, in the same state."""
        return type(self)(copy.deepcopy(self.env))


class ParallelDriver(Driver):
    """Drives a PettingZoo parallel env."""

    parallel = True

    def spaces(self) -> dict[str, tuple[Any, Any]]:
        """Agent -> (observation space, action space)."""
        env = self.env
        return {a: (env.observation_space(a), env.action_space(a)) for a in env.possible_agents}

    def sample(self) -> Any:
        """A random action of every agent that still plays."""
        return {a: self.env.action_space(a).sample() for a in self.env.agents}

    def reset(self, seed: int | None = None) -> Moment:
        """Begin an episode."""
        return Moment(*self.env.reset(seed=seed))

    def step(self, action: Any) -> Moment:
        """Take a step."""
        obs, reward, terminated, truncated, info = self.env.step(action)
        return Moment(obs, info, reward, terminated, truncated)


def drive(env: Any) -> Driver:
    """The driver for this kind of env."""
    return ParallelDriver(env) if hasattr(env, "possible_agents") else Driver(env)
