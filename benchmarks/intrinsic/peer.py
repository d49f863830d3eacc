"""RLeXplore's side. Run by `serve.py` with the peer's Python; imports nothing of rewardsmith."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import VectorEnv

Samples = dict[str, torch.Tensor]
#: the names of its arrays, and ours
KEYS = {
    "observations": "obs",
    "actions": "action",
    "rewards": "t",
    "terminateds": "terminated",
    "truncateds": "truncated",
    "next_observations": "next_obs",
}
CLASSES = {
    "disagreement": "Disagreement",
    "re3": "RE3",
    "e3b": "E3B",
    "rnd": "RND",
    "pseudo_count": "PseudoCounts",
    "icm": "ICM",
    "ride": "RIDE",
    "ngu": "NGU",
}


class NoiseEnvs(VectorEnv[Any, Any, Any]):
    """Envs for the peer's constructors, which step them to learn their observations' scale."""

    def __init__(self, work: dict[str, Any]) -> None:
        self.num_envs, shape = work["num_envs"], tuple(work["obs_shape"])
        self.single_observation_space = spaces.Box(0, work["high"], shape, np.float32)
        self.single_action_space = spaces.Discrete(work["actions"])
        generator = torch.Generator().manual_seed(work["seed"])
        size = (self.num_envs, *shape)
        self.seen = torch.randint(0, work["high"] + 1, size, generator=generator).float()
        self.steps = 0

    def reset(self, **_: Any) -> Any:
        """The first observations."""
        return self.seen, {}

    def step(self, actions: Any) -> Any:
        """Other observations of the same numbers."""
        self.steps += self.num_envs
        self.seen = self.seen.roll(1, dims=-1)
        nothing = torch.zeros(self.num_envs)
        return self.seen, nothing, nothing.bool(), nothing.bool(), {}


def loader(data: dict[str, Any]) -> Callable[[int], Samples]:
    """Puts a rollout into one set of tensors, float32 as the peer's own env wrapper gives them."""
    shapes = {key: data[name].shape[1:] for key, name in KEYS.items()}
    samples = {key: torch.zeros(shape) for key, shape in shapes.items()}

    def load(number: int) -> Samples:
        for key, name in KEYS.items():
            samples[key].numpy()[:] = data[name][number]
        return samples

    return load


def build(
    work: dict[str, Any], term: str, formula: str
) -> tuple[Callable[[Samples], None], dict[str, Any]]:
    """The peer's reward with its own defaults; `formula` is ours and not used."""
    library: Any = importlib.import_module("rllte.xplore.reward")
    envs = NoiseEnvs(work)
    reward = getattr(library, CLASSES[term])(envs, device="cpu")
    if term == "ngu" and not hasattr(reward, "mrs"):
        # As shipped (1.0.1) its compute() reads a setting that its constructor never keeps.
        reward.mrs = 5.0

    def run(samples: Samples) -> None:
        for step in zip(*samples.values(), strict=True):
            reward.watch(*step)
        reward.compute(samples, sync=True)

    return run, {"env_steps_of_construction": envs.steps}
