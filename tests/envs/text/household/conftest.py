"""The games need the alfworld package's files and its planner's library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rewardsmith.envs.text.household.household_env import HouseholdEnv, make_env

pytest.importorskip("fast_downward")
pytest.importorskip("textworld.envs.pddl")


@pytest.fixture
def build() -> Iterator[Any]:
    """`make_env` of small rooms, whose envs are closed at the end of the test."""
    envs: list[HouseholdEnv] = []

    def make(**kwargs: Any) -> HouseholdEnv:
        envs.append(make_env(**{"copies": 1, "clutter": 2, "max_commands": 64, **kwargs}))
        return envs[-1]

    yield make
    for env in envs:
        env.close()
