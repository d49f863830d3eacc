from __future__ import annotations

import copy
import math
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_sb3

from rewardsmith.envs.gui.miniwob_env import MiniWoBEnv, make_env
from rewardsmith.errors import ConfigError, ContractError
from rewardsmith.testing import check_env as check_contract


def button(env: MiniWoBEnv, text: str) -> Any:
    return next(e for e in env.elements if e.text == text)


def test_text_env_passes_gymnasiums_check(text_env: MiniWoBEnv) -> None:
    check_env(text_env, skip_render_check=True)


def test_index_env_passes_both_checks(index_env: MiniWoBEnv) -> None:
    check_env(index_env, skip_render_check=True)
    check_env_sb3(index_env)


@pytest.mark.parametrize(("text", "raw"), [("ONE", 1.0), ("TWO", -1.0)])
def test_the_button_clicked_decides(text_env: MiniWoBEnv, text: str, raw: float) -> None:
    _, info = text_env.reset(seed=3)
    assert info["features"]["instruction"] == "Click button ONE."
    assert not info["is_success"]
    ref = button(text_env, text).ref
    _, reward, terminated, truncated, info = text_env.step(f"click {ref}")
    text_env.feature_schema.validate(info["features"])
    assert (reward, terminated, truncated) == (raw, True, False)
    assert info["features"]["raw_reward"] == raw
    assert info["features"]["clicked"] == text
    assert info["is_success"] == (text == "ONE")
    with pytest.raises(gym.error.ResetNeeded, match="reset"):
        text_env.step("wait")


def test_a_click_at_pixels_hits_the_button(text_env: MiniWoBEnv) -> None:
    text_env.reset(seed=3)
    one, two = button(text_env, "ONE"), button(text_env, "TWO")
    apart = abs(one.left - two.left) > 41 or abs(one.top - two.top) > 41
    assert apart, "choose a seed whose buttons do not overlap"
    x, y = one.centre
    _, reward, *_, info = text_env.step(f"click {x:.0f} {y:.0f}")
    assert reward == 1.0
    assert info["features"]["pointer_to_target"] == pytest.approx(0.0, abs=1.0)


def test_expert_wins_every_episode(index_env: MiniWoBEnv) -> None:
    for seed in range(5):
        index_env.reset(seed=seed)
        *_, info = index_env.step(index_env.expert_action())
        assert info["is_success"]


def test_pointer_distance_is_euclidean(text_env: MiniWoBEnv) -> None:
    _, info = text_env.reset(seed=3)
    x, y = button(text_env, "ONE").centre
    assert info["features"]["pointer_to_target"] == pytest.approx(math.hypot(x, y))
    features = text_env.step("click 0 209")[4]["features"]
    assert features["pointer_to_target"] == pytest.approx(math.hypot(x, y - 209))
    assert (features["pointer_x"], features["pointer_y"], features["clicks"]) == (0, 209, 1)


@pytest.mark.parametrize("line", ["foo", "click -1", "click 99", "click 300 10", "\n"])
def test_what_cannot_be_done_gets_a_hint(text_env: MiniWoBEnv, line: str) -> None:
    _, before = text_env.reset(seed=3)
    text, reward, terminated, _, after = text_env.step(line)
    assert "Use `click REF`" in text
    assert (reward, terminated) == (0.0, False)
    assert before["features"].pop("understood")
    assert not after["features"].pop("understood")
    assert after["features"] == before["features"]


def test_random_play_obeys_the_schema(index_env: MiniWoBEnv) -> None:
    index_env.action_space.seed(0)
    _, info = index_env.reset(seed=0)
    for _ in range(40):
        keys = set(info["features"])
        obs, _, done, _, info = index_env.step(index_env.action_space.sample())
        index_env.feature_schema.validate(info["features"])
        assert set(info["features"]) == keys
        assert index_env.observation_space.contains(obs)
        if done:
            _, info = index_env.reset()


def test_the_seed_draws_the_page(text_env: MiniWoBEnv) -> None:
    first = [text_env.reset(seed=s)[0] for s in (1, 2)]
    assert first[0] != first[1]
    assert [text_env.reset(seed=s)[0] for s in (1, 2)] == first


def test_mask_and_empty_slots(index_env: MiniWoBEnv) -> None:
    index_env.reset(seed=0)
    np.testing.assert_array_equal(index_env.action_masks(), [True, True, False, False])
    _, reward, terminated, _, info = index_env.step(3)
    assert (reward, terminated, info["features"]["clicks"]) == (0.0, False, 0)


def test_it_keeps_the_contract_and_refuses_a_copy(index_env: MiniWoBEnv) -> None:
    report = check_contract(index_env, episodes=2, steps=5)
    assert {f.name for f in report.unchecked} == {"deep copy", "rendering", "task reward"}
    with pytest.raises(ContractError, match="lives in a browser"):
        copy.deepcopy(index_env)


def test_render_shows_two_buttons(text_env: MiniWoBEnv) -> None:
    text_env.reset(seed=3)
    image = text_env.render()
    assert image.shape == (210, 160, 3)
    assert image.dtype == np.uint8
    one = button(text_env, "ONE")
    patch = image[int(one.top) + 2 : int(one.top) + 38, int(one.left) + 2 : int(one.left) + 38]
    background = image[200:209, 1:5]
    assert len(np.unique(patch)) > 2  # a frame and letters
    assert len(np.unique(background)) < len(np.unique(patch))


@pytest.mark.parametrize("bad", [{"actions": "idx"}, {"obs": "dom"}, {"max_elements": 0}])
def test_bad_settings_are_refused_before_a_browser_starts(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="Received"):
        make_env(**bad)
