"""The watch: hand-made windows, and PPO that really farms."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

import rewardsmith
from rewardsmith.agents.classic.watch import EpisodeWindow, Look, RewardHackingWarning, RewardWatch
from rewardsmith.errors import ConfigError, PlaceError


def _window(proxy: np.ndarray, true: np.ndarray, alpha: float = 0.001) -> Look:
    window = EpisodeWindow(len(proxy), alpha)
    for p, t in zip(proxy, true, strict=True):
        window.add({"env": t, "bonus": p - t}, t)
    return window.look()


UP = np.arange(40.0)


@pytest.mark.parametrize(
    ("proxy", "true", "hacking"),
    [
        (UP, -UP, True),
        (UP, UP, False),
        (-UP, -UP, False),
        (UP, 0 * UP, False),
        (0 * UP, -UP, False),
    ],
)
def test_only_a_rise_beside_a_fall_is_hacking(
    proxy: np.ndarray, true: np.ndarray, hacking: bool
) -> None:
    assert _window(proxy, true).hacking == hacking


def test_figures_of_a_window() -> None:
    window = EpisodeWindow(20)
    window.add({"env": 1.0, "bonus": 3.0}, 1.0)
    window.add({"env": 0.0, "bonus": 2.0}, 0.0)
    window.add({"env": -1.0, "bonus": 4.0}, -1.0)
    look = window.look()
    assert (look.episodes, look.true, look.proxy) == (3, 0.0, 3.0)
    # Mean absolute pay: env 2/3, bonus 3.
    assert look.shares == pytest.approx({"env": 2 / 11, "bonus": 9 / 11})
    # Proxies 4, 2, 3 against 1, 0, -1: covariance 0.5 of deviations 1 and 1.
    assert look.correlation == pytest.approx(0.5)
    assert not look.hacking  # the window is not full


def test_false_alarms_are_rare() -> None:
    rng = np.random.default_rng(0)
    alarms = [_window(rng.normal(size=40), rng.normal(size=40), 0.05).hacking for _ in range(400)]
    assert np.mean(alarms) < 0.05


@pytest.mark.parametrize(("size", "alpha"), [(5, 0.01), (True, 0.01), (50, 0.0), (50, 0.9)])
def test_a_window_of_no_use_is_refused(size: int, alpha: float) -> None:
    with pytest.raises(ConfigError):
        EpisodeWindow(size, alpha)


def _train(reward: str, watch: RewardWatch) -> None:
    def build() -> gym.Env:  # type: ignore[type-arg]
        return rewardsmith.make("rewardsmith/Bicycle-v0", reward=reward)  # type: ignore[no-any-return]

    env = DummyVecEnv([build] * 8)
    model = PPO("MlpPolicy", env, n_steps=64, batch_size=128, seed=0, device="cpu")
    model.learn(24_000, callback=watch)
    env.close()


def test_it_warns_when_ppo_learns_to_farm() -> None:
    watch = RewardWatch(100)
    with pytest.warns(RewardHackingWarning, match="may be hacked"):
        _train("approach", watch)
    assert watch.window.look().shares["progress"] > 0.5


def test_it_is_silent_under_a_potential() -> None:
    seen: list[Look] = []
    watch = RewardWatch(100, on_warning=seen.append)
    _train("potential", watch)
    assert seen == []
    assert watch.warned == 0
    assert watch.window.full


def test_an_env_without_a_reward_around_it_is_refused() -> None:
    model = PPO("MlpPolicy", DummyVecEnv([lambda: gym.make("CartPole-v1")]), device="cpu")
    with pytest.raises(PlaceError, match="reward_episode"):
        model.learn(256, callback=RewardWatch())


@pytest.mark.parametrize(
    "options",
    [
        {"alpha": "x"}, {"alpha": None}, {"alpha": 0}, {"alpha": float("nan")}, {"every": "x"},
        {"every": 0}, {"every": -5}, {"every": float("nan")}, {"every": True}, {"every": 1.5},
        {"on_warning": 5}, {"on_warning": "x"}, {"window": 20.0}, {"window": None},
    ],
)  # fmt: skip
def test_a_watch_refuses_at_once_what_it_cannot_use(options):
    with pytest.raises(ConfigError, match="Received"):
        RewardWatch(**options)


@pytest.mark.parametrize(
    ("terms", "true"),
    [(None, 1), ({"a": "x"}, 1), ({"a": 1.0}, None), ([1.0], 1.0), ({"a": [1.0]}, 1.0)],
)
def test_an_episode_is_numbers(terms, true):
    with pytest.raises(ConfigError, match=r"An episode is a mapping .* Received"):
        EpisodeWindow(20).add(terms, true)


@pytest.mark.parametrize(
    "info", [{"reward_episode": 5}, {"reward_episode": {}}, {}, {1: 2, "a": 3}]
)
def test_an_info_without_an_episode_is_told(info):
    with pytest.raises(PlaceError, match="Received an info"):
        RewardWatch(20, every=np.int64(1)).note(info)
