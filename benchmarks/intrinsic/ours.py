"""Our side: a term driven step by step, as a place drives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces

from rewardsmith import Binding, FeatureSchema, Learner, RewardStack
from rewardsmith.transition import Transition


def loader(data: dict[str, Any]) -> Callable[[int], list[Transition]]:
    """Puts a rollout into one set of arrays and gives its steps."""
    arrays = {name: np.zeros(stored.shape[1:], stored.dtype) for name, stored in data.items()}
    steps = [_step(arrays, t) for t in range(len(arrays["t"]))]

    def load(number: int) -> list[Transition]:
        for name, array in arrays.items():
            array[:] = data[name][number]
        return steps

    return load


def _step(arrays: dict[str, Any], t: int) -> Transition:
    n = arrays["t"].shape[1]
    return Transition(
        arrays["obs"][t],
        arrays["action"][t],
        arrays["next_obs"][t],
        np.zeros(n),
        arrays["terminated"][t],
        arrays["truncated"][t],
        {"obs": arrays["obs"][t]},
        {"obs": arrays["next_obs"][t]},
        env_index=np.arange(n),
        t=arrays["t"][t],
    )


def build(
    work: dict[str, Any], term: str, formula: str
) -> tuple[Callable[[list[Transition]], None], dict[str, Any]]:
    """The one term of `formula`, bound to the workload's slots."""
    box = spaces.Box(0, work["high"], tuple(work["obs_shape"]), np.dtype(work["dtype"]).type)
    place = Binding(
        FeatureSchema.from_space(box),
        Learner(),
        num_envs=work["num_envs"],
        observation_space=box,
        action_space=spaces.Discrete(work["actions"]),
    )
    stack = RewardStack.parse(formula).bind(place)
    reward = stack.entries[-1].term

    def run(steps: list[Transition]) -> None:
        for tr in steps:
            reward.step(tr)
            reward.update(tr)
            stack.clock.steps += len(tr)
            done = tr.terminated | tr.truncated
            if done.any():
                reward.reset(done)

    return run, {"formula": stack.formula}
