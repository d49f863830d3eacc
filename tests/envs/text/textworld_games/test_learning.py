"""A small learner gets better than chance on a coin game, through indices and hashed text."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium.wrappers import TimeLimit
from stable_baselines3 import PPO

LIMIT, EPISODES = 12, 20


def success_rate(env: Any, choose: Any) -> float:
    wins = 0
    for episode in range(EPISODES):
        obs, info = env.reset(seed=episode)
        done = False
        while not done:
            obs, _, terminated, truncated, info = env.step(choose(obs))
            done = terminated or truncated
        wins += info["is_success"]
    return wins / EPISODES


def test_ppo_beats_random_play(build: Any) -> None:
    env = TimeLimit(build(actions="index", obs="hash"), LIMIT)
    rng = np.random.default_rng(0)
    chance = success_rate(env, lambda obs: rng.integers(8))
    settings = {"n_steps": 128, "batch_size": 64, "learning_rate": 2e-3, "ent_coef": 0.01}
    model = PPO("MlpPolicy", env, seed=0, device="cpu", **settings)
    model.learn(3000)
    learned = success_rate(env, lambda obs: model.predict(obs, deterministic=True)[0])
    assert chance < 0.6
    assert learned >= 0.9
