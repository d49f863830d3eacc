"""SimpleSpread: agents that cover landmarks together, with features for each agent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rewardsmith.errors import ContractError, require
from rewardsmith.features import Feature, FeatureSchema

# A base class is needed at import: the catalog names this module by string, so that only
# those who build the env need the extra.
_pettingzoo: Any = require("pettingzoo.utils.wrappers", extra="multiagent")

#: mpe2's own capture radius
COVERED = 0.1
Parallel = tuple[
    dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]
]


def _schema(agents: int) -> FeatureSchema:
    return FeatureSchema(
        [
            Feature("agent_position", "own position; landmarks lie within [-1, 1]", (2,)),
            Feature("agent_velocity", "own velocity, per time unit of ten steps", (2,)),
            Feature(
                "distance_to_landmark", "distance to the landmark nearest to oneself", (), 0, np.inf
            ),
            Feature(
                "mean_landmark_distance",
                "mean over the landmarks of the distance to the nearest agent (same for all)",
                (),
                0,
                np.inf,
            ),
            Feature(
                "coverage", "share of landmarks within 0.1 of some agent (same for all)", (), 0, 1
            ),
            Feature(
                "collisions",
                "number of other agents that this one touches",
                (),
                0,
                agents - 1,
                "agents",
                "int",
            ),
        ]
    )


class SimpleSpread(_pettingzoo.BaseParallelWrapper):  # type: ignore[misc]
    """mpe2's simple_spread_v3 as a PettingZoo parallel env (Lowe et al. 2017).

    Every agent's info holds `features` (of the state reached) and `is_success`, at reset and at
    step; `feature_schema` is the same for every agent. Rewards are the task's own.
    Success: every landmark has an agent within 0.1, now; the same for all agents.

    Args:
        render_mode: None, `rgb_array` or `human`.
        N: number of agents, and of landmarks.
        max_cycles: the env truncates after this many steps.
        kwargs: passed to mpe2 (`local_ratio`, `continuous_actions`, ...).

    Raises:
        MissingExtraError: pettingzoo or mpe2 is not installed (raised on import).
    """

    def __init__(
        self, render_mode: str | None = None, N: int = 3, max_cycles: int = 25, **kwargs: Any
    ) -> None:
        # The package's top-level module of versioned names warns that it is deprecated.
        mpe = require("mpe2.simple_spread.simple_spread", extra="multiagent")
        super().__init__(
            mpe.parallel_env(N=N, max_cycles=max_cycles, render_mode=render_mode, **kwargs)
        )
        self.feature_schema = _schema(N)

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Reset; infos describe the first state."""
        observations, infos = self.env.reset(seed=seed, options=options)
        return observations, self._described(infos)

    def step(self, actions: dict[str, Any]) -> Parallel:
        """Step all agents; infos describe the state reached."""
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        rewards = {agent: float(r) for agent, r in rewards.items()}
        return observations, rewards, terminations, truncations, self._described(infos)

    def features(self, agent: str) -> dict[str, Any]:
        """Values by name for one agent; see `feature_schema`."""
        world = self.unwrapped.world
        me = self.possible_agents.index(agent)
        to_landmarks = self._distances()
        nearest = to_landmarks.min(axis=0)
        return {
            "agent_position": np.array(world.agents[me].state.p_pos, dtype=np.float64),
            "agent_velocity": np.array(world.agents[me].state.p_vel, dtype=np.float64),
            "distance_to_landmark": float(to_landmarks[me].min()),
            "mean_landmark_distance": float(nearest.mean()),
            "coverage": float(np.mean(nearest < COVERED)),
            "collisions": self._collisions(me),
        }

    def success(self) -> bool:
        """Whether every landmark is covered now."""
        return bool(np.all(self._distances().min(axis=0) < COVERED))

    def _distances(self) -> NDArray[np.float64]:
        """Distances of shape (agents, landmarks)."""
        world = self.unwrapped.world
        agents = np.array([a.state.p_pos for a in world.agents])
        landmarks = np.array([m.state.p_pos for m in world.landmarks])
        gaps = agents[:, None, :] - landmarks[None, :, :]
        return np.asarray(np.linalg.norm(gaps, axis=-1), dtype=np.float64)

    def _collisions(self, me: int) -> int:
        agents = self.unwrapped.world.agents
        mine = agents[me]
        others = [a for i, a in enumerate(agents) if i != me]
        gaps = [np.linalg.norm(a.state.p_pos - mine.state.p_pos) for a in others]
        return sum(bool(g < a.size + mine.size) for g, a in zip(gaps, others, strict=True))

    def _described(self, infos: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        success = self.success()
        return {
            agent: {**info, "features": self.features(agent), "is_success": success}
            for agent, info in infos.items()
        }

    def __deepcopy__(self, memo: dict[int, Any]) -> SimpleSpread:
        # mpe2's own copy silently builds a fresh env with another state: worse than none.
        raise ContractError(
            "A copy of SimpleSpread must continue from the same state, but mpe2's envs copy only "
            "their arguments. Make a second env and replay the seed and actions instead."
        )
