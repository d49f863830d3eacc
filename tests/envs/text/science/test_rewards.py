"""The named rewards, along the gold path of the first task and on episodes that fail."""

from __future__ import annotations

from itertools import repeat
from typing import Any

import numpy as np
import pytest

from rewardsmith.envs.text.science.science_env import ScienceWorldEnv


@pytest.fixture
def paid(pay: Any, world: ScienceWorldEnv) -> Any:
    return lambda name, lines: pay("ScienceWorld-v0", name, world, lines)


WIN = repeat("expert")  # find a living thing: 10 commands
# ScienceWorld's score after each of them; the sub-goals in order are two, met with the 6th
# command (focus on the animal) and the last (move it to the box).
SCORES = np.array([0, 8, 25, 25, 25, 25, 75, 83, 83, 83, 100])
DONE = np.array([0] * 6 + [1] * 4 + [2])
FAILED = ["open door to kitchen", "go to kitchen", "focus on air"]


def test_sparse_is_the_change_of_the_score(paid: Any) -> None:
    total, episode = paid("sparse", WIN)
    np.testing.assert_array_equal([*episode.features["subgoals_done"], 2], DONE)
    np.testing.assert_allclose(total, np.diff(SCORES) / 100)
    np.testing.assert_allclose(paid("sparse", FAILED).total, [0.08, 0.17, -1.25])


def test_potential_counts_open_sub_goals(paid: Any) -> None:
    phi = np.append(DONE[:-1] / 2 - 1, 0.0)  # -1, then -1/2, and 0 at the end
    expected = np.diff(SCORES) / 100 + 0.99 * phi[1:] - phi[:-1]
    np.testing.assert_allclose(paid("potential", WIN).total, expected)
    shaping = [1 - 0.99, 1 - 0.99, 1]  # of the episode that fails at once: Phi ends at 0 too
    np.testing.assert_allclose(
        paid("potential", FAILED).total, np.array([0.08, 0.17, -1.25]) + shaping
    )


def test_gated_pays_half_a_point_to_those_who_win(paid: Any) -> None:
    halves = 0.5 * np.diff(DONE) / 2
    np.testing.assert_allclose(paid("gated", WIN).total, np.diff(SCORES) / 100 + halves)
    # the first sub-goal is met, but the episode is not won
    half_way = paid("gated", ["expert"] * 6).total
    np.testing.assert_allclose(half_way, np.diff(SCORES)[:6] / 100)


def test_biased_pays_for_the_same_sub_goal_twice(paid: Any) -> None:
    _, episode = paid("sparse", ["expert"] * 6)
    again = [*episode.action, "reset task", *episode.action]
    total, episode = paid("biased", again)
    assert episode.terminated.sum() == 0
    np.testing.assert_allclose((total - episode.env_reward)[[5, 6, 12]], [0.25, 0, 0.25])
    assert (total - episode.env_reward).sum() == pytest.approx(0.5)
    assert episode.env_reward.sum() == pytest.approx(0.75)  # the task itself pays but once
