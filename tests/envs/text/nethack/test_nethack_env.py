from __future__ import annotations

import copy
import importlib
from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import pytest
from gymnasium.utils.env_checker import check_env

pytest.importorskip("nle")

from rewardsmith.envs.text.nethack.nethack_env import NetHackEnv, make_env, tasks
from rewardsmith.errors import ConfigError, ContractError, UnknownNameError
from rewardsmith.testing import check_env as check_contract


@pytest.fixture
def build() -> Iterator[Any]:
    envs: list[NetHackEnv] = []

    def make(**kwargs: Any) -> NetHackEnv:
        envs.append(make_env(**kwargs))
        return envs[-1]

    yield make
    for env in envs:
        env.close()


def test_the_expert_goes_down_the_stairs_of_the_whole_game(build: Any) -> None:
    env = build(task="NetHackScore-v0")
    env.reset(options={"task": 6})
    lines = []
    while env.features()["depth"] == 1 and len(lines) < 40:
        lines.append(env.expert_line())
        env.step(lines[-1])
    assert (lines[-1], env.features()["depth"]) == ("down", 2)


def test_the_expert_walks_to_the_stairs(build: Any) -> None:
    env = build()
    _, info = env.reset(options={"task": 0})
    # The room is 5 by 5, the start in one corner, the stairs in the other: 4 diagonal steps.
    assert info["features"]["stairs_distance"] == 4
    rewards, ends, distances = [], [], []
    for _ in range(4):
        _, reward, end, truncated, info = env.step(env.expert_action())
        env.feature_schema.validate(info["features"])
        assert not truncated
        rewards.append(reward)
        ends.append(end)
        distances.append(info["features"]["stairs_distance"])
    assert (rewards, ends) == ([0, 0, 0, 1], [False, False, False, True])
    assert distances[:3] == [3, 2, 1]
    assert info["is_success"]


@pytest.mark.parametrize("task", ["SimpleCrossingS9N2", "LavaCrossingS9N3", "LavaCrossingS19N17"])
def test_crossings_are_made_and_crossed(build: Any, task: str) -> None:
    env = build(task=f"MiniHack-{task}-v0")
    first, _ = env.reset(options={"task": 0})
    assert env.reset(options={"task": 1})[0] != first == env.reset(options={"task": 0})[0]
    for _ in range(60):
        _, reward, end, _, info = env.step(env.expert_line())
        if end:
            break
    assert (reward, end, info["is_success"]) == (1.0, True, True)
    assert (
        importlib.import_module("minihack.envs.minigrid").gym is gym
    )  # as MiniHack has it, once the map is made


def test_walking_into_nothing_costs_the_tasks_own_penalty(build: Any) -> None:
    env = build()
    env.reset(options={"task": 0})
    _, reward, *_, info = env.step("north")
    assert reward == pytest.approx(-0.01)
    assert info["features"]["game_time"] == 1


@pytest.mark.parametrize("task", ["MiniHack-MultiRoom-N2-v0", "MiniHack-Eat-v0", "NetHackScore-v0"])
def test_a_task_is_the_same_in_a_new_env(build: Any, task: str) -> None:
    texts = []
    for _ in range(2):
        env = build(task=task)
        env.reset(options={"task": 1})
        texts.append([env.reset(options={"task": 0})[0], env.step("east")[0]])
    assert texts[0] == texts[1]
    assert env.reset(options={"task": 1})[0] != texts[0][0]


def test_questions_are_answered_with_letters(build: Any) -> None:
    env = build(task="NetHackScore-v0")
    _, info = env.reset(options={"task": 0})
    assert info["features"]["inventory"].count(": ") == info["features"]["inventory_size"]
    text, *_, info = env.step("eat")
    assert text.startswith("What do you want to eat?")
    assert info["features"]["asked"]
    assert info["admissible_commands"][-1] == "escape"
    text, _, _, _, info = env.step("north")
    letter = info["admissible_commands"][0]
    text, *_, info = env.step(letter)
    assert not info["features"]["asked"]
    assert f"{letter}: " in info["features"]["inventory"] or "finished" in text


def test_a_word_with_a_direction_is_two_keys(build: Any) -> None:
    env = build(task="NetHackScore-v0")
    env.reset(options={"task": 0})
    where = env.features()["blstats"][:2]
    text, *_, info = env.step("kick north")
    assert not info["features"]["asked"]
    assert "direction" not in text
    assert (info["features"]["blstats"][:2] == where).all()


@pytest.mark.parametrize("line", ["fly", " ", "north north", "e", "9" * 200])
def test_other_lines_get_a_hint_and_change_nothing(build: Any, line: str) -> None:
    env = build(invalid_cost=0.5)
    _, before = env.reset(options={"task": 0})
    text, reward, ended, _, after = env.step(line)
    assert "Try one of: north" in text
    assert (reward, ended) == (-0.5, False)
    for name in ("game_time", "stairs_distance", "hit_points"):
        assert before["features"][name] == after["features"][name]


def test_train_and_test_games_differ(build: Any) -> None:
    task = "MiniHack-Room-Random-15x15-v0"
    texts = [
        {build(task=task, split=split).reset(options={"task": k})[0] for k in range(3)}
        for split in ("train", "test")
    ]
    assert not texts[0] & texts[1]


def test_tasks_that_cannot_be_played_are_refused_with_the_reason(build: Any) -> None:
    assert len(tasks()) == 164
    with pytest.raises(UnknownNameError, match="Did you mean 'MiniHack-Room-5x5-v0'"):
        build(task="MiniHack-Rom-5x5-v0")
    with pytest.raises(ConfigError, match="downloaded"):
        build(task="MiniHack-Boxoban-Medium-v0")
    with pytest.raises(ConfigError, match="refuses seeds"):
        build(task="NetHackChallenge-v0")


def follow_expert(env: NetHackEnv, steps: int) -> None:
    for _ in range(steps):
        env.step(env.expert_line())


def test_without_stairs_there_is_no_expert(build: Any) -> None:
    env = build(task="MiniHack-Eat-v0")
    env.reset(options={"task": 0})
    with pytest.raises(ConfigError, match="staircase"):
        follow_expert(env, 100)


def test_it_keeps_the_contract_and_refuses_a_copy(build: Any) -> None:
    check_env(build(), skip_render_check=True)
    report = check_contract(build(actions="index", obs="hash"), episodes=2, steps=20)
    assert report.ok
    with pytest.raises(ContractError, match="cannot be copied"):
        copy.deepcopy(build())
