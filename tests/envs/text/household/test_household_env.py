from __future__ import annotations

import copy
import itertools
import os
import random
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from rewardsmith.envs.text.household.chores import KINDS
from rewardsmith.errors import ConfigError, ContractError, UnknownNameError
from rewardsmith.testing import check_env as check_contract


@pytest.mark.parametrize("chore", KINDS)
def test_the_expert_does_every_chore_by_a_shortest_plan(build: Any, chore: str) -> None:
    env = build(chore=chore, split="test", actions="index", obs="hash")
    _, info = env.reset(options={"task": 1})
    env.feature_schema.validate(info["features"])
    left = info["features"]["plan_length"]
    assert left == info["features"]["first_plan_length"] > 0
    rewards = []
    for expected in range(left - 1, -1, -1):
        _, reward, done, _, info = env.step(env.expert_action())
        env.feature_schema.validate(info["features"])
        rewards.append(reward)
        assert info["features"]["plan_length"] == expected
        assert done == info["is_success"] == (expected == 0)
    assert rewards == [0.0] * (left - 1) + [1.0]
    assert info["features"]["subgoals_reached"] == info["features"]["subgoals"]


@pytest.mark.parametrize("chore", ["heat", "two", "examine"])
def test_no_command_shortens_a_plan_by_more_than_itself(build: Any, chore: str) -> None:
    """With the expert's one less each step and 0 only at the goal, this makes it a distance."""
    env, rng = build(chore=chore), random.Random(0)
    left = env.reset(options={"task": 2})[1]["features"]["plan_length"]
    for _ in range(40):
        moves = [c for c in env.admissible_commands if not c.startswith("go")]
        line = rng.choice(moves if rng.random() < 0.5 else env.admissible_commands)
        line = env.expert_line() if rng.random() < 0.3 else line
        _, _, done, _, info = env.step(line)
        now = info["features"]["plan_length"]
        assert now >= left - 1
        assert (now == 0) == done
        left = env.reset(options={"task": 2})[1]["features"]["plan_length"] if done else now


@pytest.mark.parametrize("line", ["dance", "take sun 1 from sky 1", "go to", "quit; look"])
def test_a_line_that_is_no_command_costs_and_changes_nothing(build: Any, line: str) -> None:
    env = build(chore="pick")
    _, before = env.reset(seed=0)
    text, reward, terminated, _, after = env.step(line)
    assert text.startswith("Nothing happens.")
    assert "Try one of: " in text
    assert (reward, terminated) == (-0.01, False)
    same = [k for k in before["features"] if k not in ("understood", "turns")]
    assert {k: after["features"][k] for k in same} == {k: before["features"][k] for k in same}


def test_capitals_and_spaces_do_not_matter(build: Any) -> None:
    env = build(chore="pick")
    env.reset(seed=0)
    line = env.expert_line()
    assert env.step("  " + line.upper().replace(" ", "  "))[4]["features"]["understood"]


_PRINT = """
from rewardsmith.envs.text.household.household_env import make_env
env = make_env(copies=2, clutter=2)
print(env.reset(options={"task": 5})[0])
for _ in range(3):
    _, _, _, _, info = env.step(env.expert_line())
    print(info)
"""


def test_two_processes_tell_the_same_story() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", _PRINT],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert "Your task is to" in told[0]


def test_envs_do_not_share_a_state(build: Any) -> None:
    one, two = build(chore="pick"), build(chore="pick")
    one.reset(seed=0), two.reset(seed=0)
    before = two.features()
    one.step(one.expert_line())
    assert two.features() == before
    assert two.step(two.expert_line())[4]["features"] == one.features()


def test_a_closed_env_can_be_played_again(build: Any) -> None:
    env = build(chore="pick")
    first = env.reset(seed=3)[0]
    env.close()
    assert env.admissible_commands == []
    assert env.reset(seed=3)[0] == first


def test_it_keeps_the_contract_and_refuses_a_copy(build: Any) -> None:
    env = build(chore="pick", n_tasks=2)
    report = check_contract(env, episodes=2, steps=8)
    assert {f.name for f in report.unchecked} == {"deep copy", "rendering", "task reward"}
    with pytest.raises(ContractError, match="cannot be copied"):
        copy.deepcopy(env)


def test_bad_settings_are_refused(build: Any) -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'heat'"):
        build(chore="haet")
    with pytest.raises(ConfigError, match="split"):
        build(split="dev", games="nowhere")
    with pytest.raises(ConfigError, match="Received nowhere"):
        build(games="nowhere")


def test_rewards_along_the_expert_are_those_worked_out_by_hand(build: Any, pay: Any) -> None:
    env = build(chore="pick")

    def paid(name: str) -> Any:
        return pay("Household-v0", name, env, itertools.repeat("expert")).total

    n = env.reset(options={"task": 0})[1]["features"]["plan_length"]
    wins = np.arange(n) == n - 1
    left = np.arange(n, 0, -1) / n  # Phi = -left; 0 at the end
    np.testing.assert_allclose(paid("sparse"), wins)
    after = np.append(left[1:], 0.0)
    np.testing.assert_allclose(paid("potential"), wins + left - 0.99 * after)
    np.testing.assert_allclose(paid("biased"), wins + 0.5 / n)
    # Two sub-goals of two, half a point in all, and only because the episode is won.
    assert paid("gated").sum() == pytest.approx(1.5)
