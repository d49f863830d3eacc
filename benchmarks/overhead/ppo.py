"""PPO's steps per second on 16 DoorKey envs, with and without a stack, side by side."""

from __future__ import annotations

import statistics
import time
from typing import Any

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from rewardsmith.benchmarks.overhead.stack import FORMULA
from rewardsmith.registration import build_bare, find_entry
from rewardsmith.wrappers.sb3_vec_env import RewardVecEnv

ENV_ID = "rewardsmith/DoorKey-8x8-v0"
NUM_ENVS = 16


def bare_envs() -> VecEnv:
    """The unshaped envs: features are computed, no reward is changed."""
    entry = find_entry(ENV_ID)
    assert entry is not None
    return DummyVecEnv([lambda: build_bare(entry) for _ in range(NUM_ENVS)])


def learner(shaped: bool) -> PPO:
    """PPO with one rollout of 128 steps per env."""
    envs: Any = bare_envs()
    if shaped:
        envs = RewardVecEnv(envs, FORMULA, gamma=0.99)
    return PPO("MlpPolicy", envs, n_steps=128, batch_size=256, gamma=0.99, seed=0, device="cpu")


def steps_per_second(model: PPO, steps: int) -> float:
    """Env steps per second of the process's own CPU time, over `steps` steps of training.

    Everything runs in one thread of one process, so that CPU time is what a quiet machine's
    clock would show, and a busy one cannot blur the ratio.
    """
    start = time.process_time()
    model.learn(steps, reset_num_timesteps=False)
    return steps / (time.process_time() - start)


def measure(repeats: int = 15, rollouts: int = 4) -> dict[str, Any]:
    """Median steps/s of both, taken in turns, and the median of their paired ratios."""
    steps = NUM_ENVS * 128 * rollouts
    models = {"unshaped": learner(False), "shaped": learner(True)}
    for model in models.values():
        steps_per_second(model, NUM_ENVS * 128)
    rates: dict[str, list[float]] = {"unshaped": [], "shaped": []}
    for turn in range(repeats):
        # Whoever goes second finds warmer caches, so they take turns at that too.
        for name in sorted(models, reverse=bool(turn % 2)):
            rates[name].append(steps_per_second(models[name], steps))
    pairs = [s / p for s, p in zip(rates["shaped"], rates["unshaped"], strict=True)]
    return {
        "env": ENV_ID,
        "num_envs": NUM_ENVS,
        "clock": "CPU seconds of the one process",
        "unshaped_steps_per_s": round(statistics.median(rates["unshaped"])),
        "shaped_steps_per_s": round(statistics.median(rates["shaped"])),
        "ratios": [round(r, 4) for r in pairs],
        "median_ratio": round(statistics.median(pairs), 4),
    }
