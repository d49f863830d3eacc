"""The named rewards, on episodes whose terms are worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rewardsmith import RewardStack, Scope
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import find_entry

STEP, EPISODE = Scope.STEP, Scope.EPISODE
NAMES = ("sparse", "potential", "gated", "biased")


def reward(name: str) -> RewardStack:
    entry = find_entry("rewardsmith/TextWorld-Coin-v0")
    assert entry is not None
    return named_rewards(entry)[name].stack()


@pytest.fixture
def paid(pay: Any) -> Any:
    return lambda name, env, lines: pay("TextWorld-Coin-v0", name, env, lines, seed=0).total


# Level 3: the winning policy has 3 commands, so that Phi is -1, -2/3, -1/3 and 0 at the end.
GAMMA = 0.99
SHAPING = [1 - GAMMA * 2 / 3, 2 / 3 - GAMMA / 3, 1 / 3]


def test_sparse_and_potential_along_the_expert(build: Any, paid: Any) -> None:
    win = ["expert"] * 3
    np.testing.assert_allclose(paid("sparse", build(), win), [0, 0, 1])
    np.testing.assert_allclose(paid("potential", build(), win), np.array([0, 0, 1]) + SHAPING)


def test_gated_pays_only_winners(build: Any, paid: Any) -> None:
    np.testing.assert_allclose(paid("gated", build(), ["expert"] * 3), [1 / 6, 1 / 6, 1 + 1 / 6])
    np.testing.assert_allclose(paid("gated", build(), ["expert"] * 2), [0, 0])


def test_biased_pays_for_walking_back_and_forth(build: Any, paid: Any) -> None:
    env = build()
    env.reset(seed=0)
    back = {"north": "south", "south": "north", "east": "west", "west": "east"}
    there = env.expert_action()
    loop = [there, f"go {back[there.split()[1]]}"] * 2
    np.testing.assert_allclose(paid("biased", env, loop), [1 / 6, 0, 1 / 6, 0])
    # The potential takes back on the way home what it paid on the way there, but for gamma.
    assert paid("potential", env, loop).sum() < 0.1


@pytest.mark.parametrize(
    ("name", "scope", "guarantee"),
    [
        ("sparse", STEP, "invariant"),
        ("potential", STEP, "invariant"),
        ("gated", EPISODE, "biased"),
        ("biased", STEP, "biased"),
    ],
)
def test_scope_and_guarantee(name: str, scope: Scope, guarantee: str) -> None:
    stack = reward(name)
    assert (stack.scope, stack.guarantee.value) == (scope, guarantee)
