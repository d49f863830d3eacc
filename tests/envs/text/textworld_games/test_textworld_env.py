from __future__ import annotations

import copy
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_sb3

from rewardsmith.envs.text.textworld_games.textworld_env import (
    TextWorldEnv,
    make_cooking,
    make_custom,
    make_treasure,
)
from rewardsmith.errors import ConfigError, ContractError
from rewardsmith.testing import check_env as check_contract


def play_expert(env: TextWorldEnv) -> list[tuple[float, bool, dict[str, Any]]]:
    _, info = env.reset(seed=0)
    env.feature_schema.validate(info["features"])
    steps, done = [], False
    while not done and len(steps) < 30:
        _, reward, done, truncated, info = env.step(env.expert_action())
        env.feature_schema.validate(info["features"])
        assert not truncated
        steps.append((reward, done, info))
    return steps


def test_text_env_passes_gymnasiums_check(build: Any) -> None:
    check_env(build(), skip_render_check=True)


@pytest.mark.parametrize(("actions", "obs"), [("index", "hash"), ("text", "hash")])
def test_hash_env_passes_gymnasiums_check(build: Any, actions: str, obs: str) -> None:
    check_env(build(actions=actions, obs=obs), skip_render_check=True)


def test_index_env_passes_sb3s_check(build: Any) -> None:
    check_env_sb3(build(actions="index", obs="hash"))


@pytest.mark.parametrize("actions", ["text", "index"])
def test_expert_wins_and_score_deltas_add_up(build: Any, actions: str) -> None:
    steps = play_expert(build(actions=actions))
    # Level 3: two rooms to walk, then the coin. Each command nears it.
    assert [info["features"]["intermediate_reward"] for _, _, info in steps] == [1, 1, 1]
    assert [reward for reward, _, _ in steps] == [0.0, 0.0, 1.0]
    assert [info["features"]["steps_left"] for _, _, info in steps] == [2, 1, 0]
    assert [info["is_success"] for _, _, info in steps] == [False, False, True]
    last = steps[-1][2]["features"]
    assert last["score"] == last["max_score"] == sum(reward for reward, _, _ in steps)
    assert last["inventory_size"] == 1
    assert last["won"]
    assert not last["lost"]


def test_walking_back_lengthens_the_remaining_policy(build: Any) -> None:
    env = build()
    env.reset()
    back = {"north": "south", "south": "north", "east": "west", "west": "east"}
    first = env.expert_action()
    assert env.step(first)[4]["features"]["steps_left"] == 2
    after = env.step("go " + back[first.split()[1]])[4]["features"]
    assert (after["steps_left"], after["intermediate_reward"]) == (3, -1)
    assert env.step("dance")[4]["features"]["intermediate_reward"] == 0


def test_random_play_obeys_the_schema(build: Any) -> None:
    env = build(actions="index", obs="hash")
    env.action_space.seed(0)
    _, info = env.reset(seed=0)
    keys = set(info["features"])
    for _ in range(60):
        obs, _, done, _, info = env.step(env.action_space.sample())
        env.feature_schema.validate(info["features"])
        assert set(info["features"]) == keys
        assert env.observation_space.contains(obs)
        assert info["features"]["n_admissible"] == len(info["admissible_commands"])
        if done:
            env.reset()


@pytest.mark.parametrize("line", ["xyzzy", "restart", "quit", "take bottle", " ", "look. quit"])
def test_unknown_commands_get_a_hint_and_change_nothing(build: Any, line: str) -> None:
    env = build()
    _, before = env.reset(seed=0)
    text, reward, terminated, truncated, after = env.step(line)
    assert "Try one of: " in text
    assert all(command in text for command in before["admissible_commands"])
    assert (reward, terminated, truncated) == (-0.01, False, False)
    same = [k for k in before["features"] if k not in ("understood", "turns")]
    assert (before["features"]["understood"], after["features"]["understood"]) == (True, False)
    assert {k: after["features"][k] for k in same} == {k: before["features"][k] for k in same}
    assert len(play_expert(env)) == 3


def test_random_strings_never_crash_it(build: Any) -> None:
    env = build()
    env.action_space.seed(1)
    env.reset(seed=1)
    for _ in range(20):
        text, *_ = env.step(env.action_space.sample())
        assert env.observation_space.contains(text)


def test_index_beyond_the_commands_does_nothing(build: Any) -> None:
    env = build(actions="index", obs="hash")
    obs, info = env.reset(seed=0)
    mask = env.action_masks()
    assert mask.sum() == len(info["admissible_commands"])
    after, reward, *_, info = env.step(7)
    assert reward == -0.01
    assert not info["features"]["understood"]
    np.testing.assert_array_equal(obs, after)


def test_the_seed_chooses_the_game(build: Any) -> None:
    env = build(n_tasks=2)
    drawn = [env.reset(seed=s)[1]["task"] for s in range(6)]
    assert set(drawn) == {0, 1}
    assert [env.reset(seed=s)[1]["task"] for s in range(6)] == drawn
    texts = [env.reset(options={"task": i})[0] for i in (0, 1)]
    assert texts[0] != texts[1]
    assert env.reset(options={"task": 0})[0] == texts[0]
    with pytest.raises(ConfigError, match=r"0\.\.1"):
        env.reset(options={"task": 2})


def test_first_text_has_the_objective_and_no_banner(build: Any) -> None:
    env = build(render_mode="ansi")
    text, info = env.reset(seed=0)
    assert text.startswith(info["features"]["objective"])
    assert f"-= {info['features']['location']} =-" in text
    assert "$$" not in text
    assert env.render() == text


def test_the_picture_follows_the_text(build: Any) -> None:
    env = build(render_mode="rgb_array")
    env.reset(seed=0)
    first = env.render()
    env.step("inventory")
    assert first.shape == env.render().shape == (320, 480, 3)
    assert (first != env.render()).any()


def test_it_keeps_the_contract_and_refuses_a_copy(build: Any) -> None:
    env = build()
    report = check_contract(env, episodes=2, steps=10)
    assert {f.name for f in report.unchecked} == {"deep copy", "rendering", "task reward"}
    with pytest.raises(ContractError, match="cannot be copied"):
        copy.deepcopy(env)


def test_a_step_after_the_end_asks_for_reset(build: Any) -> None:
    env = build()
    play_expert(env)
    with pytest.raises(gym.error.ResetNeeded, match="reset"):
        env.step("look")


@pytest.mark.parametrize("bad", [{"actions": "idx"}, {"obs": "bag"}, {"n_tasks": 0}, {"level": 0}])
def test_bad_settings_are_refused(build: Any, bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="Received"):
        build(**bad)


KINDS: list[tuple[Any, dict[str, Any]]] = [
    (make_treasure, {"level": 5}),
    (make_cooking, {}),
    (make_custom, {"world_size": 2, "nb_objects": 4, "quest_length": 2}),
]


@pytest.mark.parametrize(("factory", "settings"), KINDS)
def test_every_kind_is_won_by_its_expert(factory: Any, settings: dict[str, Any]) -> None:
    env = factory(n_tasks=1, max_commands=48, actions="index", **settings)
    steps = play_expert(env)
    last = steps[-1][2]["features"]
    assert last["won"]
    # The score that the steps paid is all that the game gives.
    assert sum(reward for reward, _, _ in steps) == last["max_score"] == last["score"]
    assert len(steps) == last["quest_length"]
    env.close()


def test_splits_have_other_games(build: Any) -> None:
    train, test = build(), build(split="test")
    assert train.reset(seed=0)[0] != test.reset(seed=0)[0]
