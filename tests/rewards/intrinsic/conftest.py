"""Terms bound to small places, and steps to feed them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from rewardsmith import Binding, Feature, FeatureSchema, Learner, RewardStack, Scope
from rewardsmith.transition import Transition

SCHEMA = FeatureSchema(
    [Feature("x", "a number"), Feature("y", "a number"), Feature("word", "text", dtype="text")]
)


@pytest.fixture
def place() -> Callable[..., Any]:
    """The one term of a formula, bound to envs that see `size` numbers and have 3 actions."""

    def make(formula: str, num_envs: int = 2, size: int = 4, **given: Any) -> Any:
        box = spaces.Box(-np.inf, np.inf, (size,))
        options = {"observation_space": box, "action_space": spaces.Discrete(3), **given}
        serves = frozenset(Scope)
        binding = Binding(SCHEMA, Learner(gamma=0.9), num_envs, "test", serves, **options)
        stack = RewardStack.parse(formula).bind(binding)
        return stack.entries[0].term

    return make


@pytest.fixture
def step_of() -> Callable[..., Transition]:
    """A transition of N rows from observations (N, size) to the next ones."""

    def make(obs: Any, next_obs: Any, action: Any = 0, **given: Any) -> Transition:
        obs, next_obs = np.asarray(obs, dtype=float), np.asarray(next_obs, dtype=float)
        n = len(obs)
        none = np.zeros(n, dtype=bool)
        columns: dict[str, Any] = {
            "terminated": none.copy(),
            "truncated": none.copy(),
            "features": {"x": obs[:, 0], "y": obs[:, -1]},
            "next_features": {"x": next_obs[:, 0], "y": next_obs[:, -1]},
            "t": np.zeros(n, dtype=np.int64),
            **given,
        }
        actions = np.broadcast_to(np.asarray(action), (n,)).copy()
        return Transition(obs, actions, next_obs, np.zeros(n), **columns)

    return make


@pytest.fixture
def walk(step_of: Any) -> Callable[..., list[Transition]]:
    """Random steps of N envs: each goes on from where the last one arrived."""

    def make(length: int, num_envs: int = 2, size: int = 4, seed: int = 0) -> list[Transition]:
        rng = np.random.default_rng(seed)
        places = rng.normal(size=(length + 1, num_envs, size))
        actions = rng.integers(3, size=(length, num_envs))
        return [step_of(places[i], places[i + 1], actions[i]) for i in range(length)]

    return make
