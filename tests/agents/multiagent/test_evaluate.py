"""Games are evaluated by their own rewards, on the same seeds every time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("mpe2")
from rewardsmith.agents.classic.evaluate import FIRST_SEED
from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.multiagent.evaluate import GameEvaluator
from rewardsmith.envs.multiagent.simple_spread import SimpleSpread

EPISODES = 22  # more than the games that are held at once


class Right:
    """A policy that always moves right (action 2)."""

    def predict(self, obs: Any, deterministic: bool) -> tuple[Any, None]:
        return np.full(len(obs), 2), None


def by_hand(seed: int) -> float:
    """Mean over the agents of the return of one game in which all move right."""
    env = SimpleSpread()
    env.reset(seed=seed)
    total = 0.0
    while env.agents:
        _, rewards, _, _, _ = env.step(dict.fromkeys(env.agents, 2))
        total += sum(rewards.values()) / 3
    return total


def test_the_return_is_the_mean_over_agents_of_the_games_own_reward() -> None:
    spec = make_spec(
        "rewardsmith/SimpleSpread-v0", reward="env + step_cost(9)", eval_episodes=EPISODES
    )
    evaluator = GameEvaluator(spec)
    try:
        first, second = evaluator.run(Right()), evaluator.run(Right())
    finally:
        evaluator.close()
    assert first == second
    assert first.length == 25
    assert first.episodes == EPISODES
    assert first.success == 0
    assert first.env_return == pytest.approx(
        np.mean([by_hand(FIRST_SEED + i) for i in range(EPISODES)])
    )
