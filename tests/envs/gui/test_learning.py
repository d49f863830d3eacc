"""A small learner gets better than chance at clicking the button that the instruction names."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from gymnasium.wrappers import TimeLimit
from numpy.typing import NDArray

from rewardsmith.envs.gui.elements import PER_ELEMENT
from rewardsmith.envs.gui.miniwob_env import MiniWoBEnv

LIMIT = 10
Table = defaultdict[tuple[float, ...], NDArray[np.float64]]


def matches(obs: NDArray[np.float32]) -> tuple[float, ...]:
    """What tells the elements apart: how well each matches the instruction."""
    return tuple(obs.reshape(-1, PER_ELEMENT)[:, -1].tolist())


def play(env: TimeLimit, table: Table, episodes: int, epsilon: float, rate: float) -> float:
    """Tabular Q-learning (Watkins 1989) with discount 0.9; the share of episodes won."""
    rng, wins = np.random.default_rng(0), 0
    for episode in range(episodes):
        obs, info = env.reset(seed=episode)
        done = False
        while not done:
            values = table[matches(obs)]
            best = int(rng.choice(np.flatnonzero(values == values.max())))
            action = int(rng.integers(4)) if rng.random() < epsilon else best
            obs, reward, terminated, truncated, info = env.step(action)
            goal = reward if terminated else 0.9 * table[matches(obs)].max()
            values[action] += rate * (float(goal) - values[action])
            done = terminated or truncated
        wins += bool(info["is_success"])
    return wins / episodes


def test_q_learning_beats_random_play(index_env: MiniWoBEnv) -> None:
    env = TimeLimit(index_env, LIMIT)
    chance = play(env, defaultdict(lambda: np.zeros(4)), 40, epsilon=1.0, rate=0.0)
    table: Table = defaultdict(lambda: np.zeros(4))
    play(env, table, 60, epsilon=0.3, rate=0.5)
    learned = play(env, table, 20, epsilon=0.0, rate=0.0)
    assert 0.2 < chance < 0.8
    assert learned >= 0.95
