"""The named rewards, on a walk over a room of 5 by 5, and on one down NetHack's first stairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("nle")

from rewardsmith import Binding, Scope
from rewardsmith.envs.text.nethack.nethack_env import NetHackEnv, make_env
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import find_entry


@pytest.fixture
def paid(pay: Any) -> Iterator[Any]:
    env = make_env()
    yield lambda name, lines: pay("MiniHack-v0", name, env, lines).total
    env.close()


THERE, BACK = "southeast", "northwest"


def test_potential_along_the_way(paid: Any) -> None:
    # Phi is -4, -3, -2 and -1 over 79, and 0 at the end.
    phi = np.array([-4, -3, -2, -1, 0]) / 79
    expected = np.array([0, 0, 0, 1]) + 0.99 * phi[1:] - phi[:-1]
    np.testing.assert_allclose(paid("potential", [THERE] * 4), expected)
    np.testing.assert_allclose(paid("sparse", [THERE] * 4), [0, 0, 0, 1])


def test_gated_pays_only_with_success(paid: Any) -> None:
    assert paid("gated", [THERE] * 4).sum() > 1
    np.testing.assert_allclose(paid("gated", [THERE] * 3), 0)


def test_biased_pays_for_walking_to_and_fro(paid: Any) -> None:
    np.testing.assert_allclose(
        paid("biased", [THERE, BACK, THERE, BACK]), np.array([1, 0, 1, 0]) / 79
    )


# Ten steps without stairs in sight, then they are 7 steps away; down, up again, and down.
DISTANCES = np.array([79] * 11 + [7, 6, 5, 4, 3, 2, 1, 0] + [79, 0, 79])
DEPTHS = np.array([1] * 19 + [2, 1, 2])
DESCENTS = np.array([0] * 18 + [1, 0, 1])
DOWN_TWICE = ["expert"] * 19 + ["up", "down"]


@pytest.fixture
def deep(pay: Any) -> Iterator[Any]:
    env = make_env(task="NetHackScore-v0", max_commands=24)
    yield lambda name: pay("NetHack-v0", name, env, DOWN_TWICE, options={"task": 6})
    env.close()


def test_the_whole_game_pays_its_score_and_takes_for_lost_time(deep: Any) -> None:
    total, episode = deep("sparse")
    before, after = episode.features, episode.next_features
    idle = after["game_time"] == before["game_time"]
    points = np.where(DESCENTS.cumsum() * DESCENTS == 1, 50, 0)  # 50 for a depth reached first
    np.testing.assert_array_equal(after["score"] - before["score"], points)
    np.testing.assert_allclose(total, points - 0.01 * idle)
    np.testing.assert_array_equal([*before["depth"], after["depth"][-1]], DEPTHS)
    np.testing.assert_array_equal([*before["stairs_distance"], 79], DISTANCES)


def test_the_whole_game_shaped_by_depth_and_stairs(deep: Any) -> None:
    total, episode = deep("potential")
    phi = DEPTHS - DISTANCES / 79
    np.testing.assert_allclose(total, episode.env_reward + 0.99 * phi[1:] - phi[:-1])


def test_going_up_and_down_pays_again_and_again_but_not_the_dead(deep: Any) -> None:
    for name in ("biased", "gated"):
        total, episode = deep(name)
        np.testing.assert_allclose(total, episode.env_reward + DESCENTS)
    dead = {**episode.next_features, "alive": np.arange(21) < 20}
    entry = find_entry("rewardsmith/NetHack-v0")
    assert entry is not None
    stack = named_rewards(entry)["gated"].stack()
    stack.bind(Binding(NetHackEnv.feature_schema, serves=frozenset({Scope.STEP, Scope.EPISODE})))
    out = stack.finish(replace(episode, next_features=dead))
    np.testing.assert_allclose(out.total, episode.env_reward)
