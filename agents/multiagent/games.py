"""PettingZoo games as one Stable-Baselines3 VecEnv: one row per agent of every game."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rewardsmith.errors import require

# Base classes are needed at import; whoever trains on games imports this module first.
_pettingzoo: Any = require("pettingzoo.utils.wrappers", extra="multiagent")
# Not the module itself: it answers no question but for its own wrappers, and doctest asks some.
_vectorize: Any = require("supersuit", extra="multiagent").pettingzoo_env_to_vec_env_v1
_vector: Any = require("supersuit.vector", extra="multiagent")
_sb3: Any = require("supersuit.vector.sb3_vector_wrapper", extra="multiagent")


class EpisodeEnds(_pettingzoo.BaseParallelWrapper):  # type: ignore[misc]
    """Says how each agent's episode ended, in the words that Stable-Baselines3 reads.

    SuperSuit merges the infos of the reset that follows into those of the last step, so that a
    new state's `is_success` would stand beside the old episode's sums: resets tell nothing here.
    """

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Reset; the infos are empty."""
        observations, infos = self.env.reset(seed=seed, options=options)
        return observations, {agent: {} for agent in infos}

    def step(self, actions: dict[str, Any]) -> Any:
        """Step; the info of an agent that was cut off says so, which makes SB3 bootstrap."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        for agent, info in infos.items():
            info["TimeLimit.truncated"] = truncations[agent] and not terminations[agent]
        return observations, rewards, terminations, truncations, infos


class GameVecEnv(_sb3.SB3VecEnvWrapper):  # type: ignore[misc]
    """Several games side by side; row `g*A + a` is agent `a` of game `g` (A agents each).

    All agents share one observation and one action space, and their episodes end together.
    At an episode's end `terminal_observation` and `TimeLimit.truncated` are in the infos.

    Args:
        builders: one function per game, which builds a PettingZoo parallel env.

    Attributes:
        games: the parallel envs, as built.
    """

    def __init__(self, builders: Sequence[Callable[[], Any]]) -> None:
        self.games = [build() for build in builders]
        # Not concat_vec_envs_v1: it makes pickled copies of one env, and a copied reward would
        # have a training clock of its own.
        vectorize = _vectorize
        ends = [EpisodeEnds(game) for game in self.games]
        super().__init__(_vector.ConcatVecEnv([lambda e=e: vectorize(e) for e in ends]))
        self._next_seed: int | None = None

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Seed the next reset: game `g` begins from `seed + g`."""
        self._next_seed = seed
        return [seed] * self.num_envs

    def reset(self) -> Any:
        """Begin new episodes in all games."""
        observations, self.reset_infos = self.venv.reset(seed=self._next_seed)
        self._next_seed = None
        return observations

    def step_wait(self) -> tuple[Any, Any, Any, list[dict[str, Any]]]:
        """Receive the step; rewards as float32 of shape (rows,)."""
        observations, rewards, dones, infos = super().step_wait()
        return observations, np.asarray(rewards, dtype=np.float32), dones, infos
