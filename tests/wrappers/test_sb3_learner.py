from __future__ import annotations

import re
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecNormalize

import rewardsmith
from rewardsmith.errors import BindingError, PlaceError
from rewardsmith.stack import RewardStack
from rewardsmith.wrappers import (
    RewardReplayBuffer,
    RewardRolloutBuffer,
    RewardVecEnv,
    check_learner,
)

FORMULA = "env + potential(place)"
LATE = "env + outcome(at_goal, place)"


def ppo(env: Any, gamma: float = 0.5, **options: Any) -> PPO:
    return PPO("MlpPolicy", env, gamma=gamma, n_steps=8, batch_size=8, device="cpu", **options)


def dqn(env: Any, **options: Any) -> DQN:
    given = {"gamma": 0.5, "buffer_size": 20, "learning_starts": 100, "device": "cpu"}
    return DQN("MlpPolicy", env, **{**given, **options})


@pytest.mark.parametrize("wrap", [lambda env: env, VecNormalize])
def test_the_discount_of_a_reward_in_a_vec_env(chains, wrap):
    env = wrap(RewardVecEnv(chains(), FORMULA, gamma=0.99))
    check_learner(ppo(env, 0.99))
    with pytest.raises(BindingError, match=r"gamma=0\.99 in the reward.*gamma=0\.95 in PPO"):
        check_learner(ppo(env, 0.95))


@pytest.mark.parametrize("kind", [DummyVecEnv, partial(SubprocVecEnv, start_method="fork")])
def test_the_discount_of_rewards_in_the_envs_themselves(kind):
    build = partial(rewardsmith.make, "MountainCar-v0", "potential", gamma=0.99)
    env = kind([build, build])
    try:
        check_learner(ppo(env, 0.99))
        with pytest.raises(BindingError, match=r"0\.99.*0\.95"):
            check_learner(ppo(env, 0.95))
    finally:
        env.close()


def test_an_env_that_sb3_puts_into_a_vec_env():
    env = rewardsmith.make("MountainCar-v0", "potential", gamma=0.99)
    with pytest.raises(BindingError, match=r"0\.99.*0\.98"):
        check_learner(dqn(env, gamma=0.98))


def test_time_limits(chains):
    env = RewardVecEnv(chains(), FORMULA, gamma=0.5, bootstraps_on_truncation=False)
    with pytest.raises(BindingError, match="PPO, which bootstraps at time limits"):
        check_learner(ppo(env))
    with pytest.raises(BindingError, match="handle_timeout_termination=True in DQN"):
        check_learner(dqn(env))
    check_learner(dqn(env, replay_buffer_kwargs={"handle_timeout_termination": False}))


def test_n_steps_that_sb3_ignores(chains):
    env = RewardVecEnv(chains(), FORMULA, gamma=0.5)
    parts: dict[str, Any] = {"env": env}
    with pytest.warns(UserWarning, match="n_steps=3"):
        model = dqn(
            env, n_steps=3, replay_buffer_class=RewardReplayBuffer, replay_buffer_kwargs=parts
        )
    with pytest.raises(BindingError, match=r"'n_steps': 3, 'gamma': 0\.5"):
        check_learner(model)
    parts |= {"n_steps": 3, "gamma": 0.5}
    check_learner(
        dqn(env, replay_buffer_class=RewardReplayBuffer, replay_buffer_kwargs=parts),
    )
    check_learner(dqn(env, n_steps=3))  # SB3's own buffer, of rewards as they were paid


def test_nobody_pays_the_terms_of_episode_scope(chains):
    env = RewardVecEnv(chains(), LATE, gamma=0.5, episode_terms="buffer")
    with pytest.raises(PlaceError, match="Received RolloutBuffer in PPO"):
        check_learner(ppo(env))
    parts: dict[str, Any] = {
        "rollout_buffer_class": RewardRolloutBuffer,
        "rollout_buffer_kwargs": {"env": env},
    }
    check_learner(ppo(env, **parts))
    with pytest.raises(PlaceError, match="Received RolloutBuffer in A2C"):  # a second learner
        check_learner(A2C("MlpPolicy", env, gamma=0.5, device="cpu"))


def test_a_model_loaded_without_its_buffer(chains, tmp_path):
    env = RewardVecEnv(chains(), LATE, gamma=0.5, episode_terms="buffer")
    parts: dict[str, Any] = {
        "rollout_buffer_class": RewardRolloutBuffer,
        "rollout_buffer_kwargs": {"env": env},
    }
    ppo(env, **parts).save(tmp_path / "model.zip", exclude=list(parts))
    loaded = PPO.load(
        tmp_path / "model.zip", env=env, device="cpu", rollout_buffer_class=None,
        rollout_buffer_kwargs={},
    )  # fmt: skip
    with pytest.raises(PlaceError, match="to load"):
        check_learner(loaded)


def test_what_cannot_be_compared(chains):
    with pytest.raises(PlaceError, match="DummyVecEnv without one"):
        check_learner(ppo(chains()))
    with pytest.raises(PlaceError, match="str without one"):
        check_learner("PPO")
    with pytest.raises(PlaceError, match="no place"):
        check_learner(ppo(chains()), RewardStack.parse(FORMULA))
    with pytest.raises(PlaceError, match=r"venv\.stack.*'env'"):
        check_learner(ppo(chains()), "env")  # type: ignore[arg-type]


def test_the_example_of_the_page_runs_and_learns_under_the_discount_it_says():
    page = (Path(__file__).parents[2] / "docs" / "rewards.md").read_text(encoding="utf-8")
    (example,) = (
        block
        for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        if "check_learner" in block
    )
    command = [sys.executable, "-W", "error", "-c"]
    done = subprocess.run([*command, example], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    other = example.replace("gamma=0.98, n_steps", "gamma=0.9, n_steps")
    done = subprocess.run([*command, other], capture_output=True, text=True, check=False)
    assert "gamma=0.98 in the reward's place and gamma=0.9 in" in done.stderr
