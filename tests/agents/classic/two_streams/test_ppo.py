from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.utils import obs_as_tensor
from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize

from rewardsmith.agents.classic.two_streams import TwoStreamPPO
from rewardsmith.errors import BindingError, ConfigError, PlaceError
from rewardsmith.wrappers import RewardVecEnv

SETTINGS = {"n_steps": 32, "batch_size": 32, "n_epochs": 3, "seed": 3, "device": "cpu"}
NAMED = {"streams": {"intrinsic": ["value"]}}


def cart_poles(formula: str = "env + potential(-abs(obs[2]))") -> RewardVecEnv:
    # Poles fall after some 20 steps: both terminations and truncations happen.
    makers = [lambda: gym.make("CartPole-v1", max_episode_steps=15)] * 3
    return RewardVecEnv(DummyVecEnv(makers), formula, gamma=0.99)


def with_one_head(model: TwoStreamPPO) -> dict[str, torch.Tensor]:
    state = model.policy.state_dict()
    return {k.replace("value_net.extrinsic", "value_net"): v for k, v in state.items()}


def test_without_intrinsic_terms_it_is_ppo(keep):
    plain, rollouts = PPO("MlpPolicy", cart_poles(), **SETTINGS), type(keep)()
    plain.learn(3 * 96, rollouts)
    ours = TwoStreamPPO("MlpPolicy", cart_poles(), **SETTINGS).learn(3 * 96, keep)
    assert ours.intrinsic_terms == ()
    assert sum(r["episode_starts"].sum() for r in keep.rollouts) > 6
    for rollout, expected in zip(keep.rollouts, rollouts.rollouts, strict=True):
        for name in ("rewards", "values", "advantages", "returns"):
            np.testing.assert_allclose(rollout[name], expected[name], atol=1e-6, rtol=1e-6)
    state = with_one_head(ours)
    for name, weights in plain.policy.state_dict().items():
        torch.testing.assert_close(state[name], weights, atol=1e-6, rtol=1e-6)
    logged, expected = ours.logger.name_to_value, plain.logger.name_to_value
    assert {k for k in logged if "train/" in k} == {k for k in expected if "train/" in k}
    for name in ("train/value_loss", "train/explained_variance", "train/approx_kl"):
        assert logged[name] == pytest.approx(expected[name], rel=1e-3)


class Whole(BaseCallback):
    """GAE by SB3 of both streams as one: the sum of rewards, the sum of values."""

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        model: Any = self.model
        both, seen = model.rollout_buffer, obs_as_tensor(self.locals["new_obs"], "cpu")
        spaces = model.observation_space, model.action_space
        one = RolloutBuffer(32, *spaces, "cpu", gae_lambda=0.95, gamma=0.99, n_envs=3)
        one.rewards = both.rewards + both.intrinsic.rewards
        one.values = both.values + both.intrinsic.values
        one.episode_starts = both.episode_starts
        policy = model.policy
        with torch.no_grad():
            last = policy.predict_values(seen) + policy.predict_intrinsic_values(seen)
        one.compute_returns_and_advantage(last, self.locals["dones"])
        np.testing.assert_allclose(both.advantages, one.advantages, atol=1e-5)
        self.ends = int(both.episode_starts[1:].sum())


def test_streams_that_are_alike_add_up_to_one():
    model = TwoStreamPPO(
        "MlpPolicy",
        cart_poles("env + value(obs[0]*obs[1])"),
        **NAMED,
        **SETTINGS,
        episodic_intrinsic=True,
        advantage_coef_intrinsic=1.0,
    )
    whole = Whole()
    model.learn(96, whole)
    assert whole.ends > 3


# The rollout of test_buffers.py: R_E - V_E and R_I - V_I are its advantages.
HEADS = ((1.0, 1.0), (-1.0, 4.0))
PLACES = np.array([[0, 4], [1, 5], [0, 4]])
EXTRINSIC = np.array([[0.75, -1.375], [-1.0, -1.5], [1.0, -1.0]])
INTRINSIC = np.array([[-237 / 64, 351 / 64], [-29 / 16, 111 / 16], [-13 / 4, 15 / 4]])


@pytest.mark.parametrize("clip_range_vf", [None, 100.0])
@pytest.mark.parametrize(("given", "weight"), [({"vf_coef_intrinsic": 2.0}, 2.0), ({}, 0.25)])
def test_each_head_descends_its_own_loss(walks, learner, given, weight, clip_range_vf):
    policy = {"net_arch": [], "optimizer_class": torch.optim.SGD}
    rest = {"gamma_intrinsic": 0.25, "gae_lambda_intrinsic": 1.0, "clip_range_vf": clip_range_vf}
    rate = {"learning_rate": 0.125, "max_grad_norm": 1e9, "vf_coef": 0.25, "policy_kwargs": policy}
    model = learner(walks(), HEADS, **NAMED, **rest, **rate, **given).learn(6)
    heads = model.policy.value_net
    # d/dw of c * mean((R - V)^2) with V = w*p + b is -2c * mean((R - V) * p)
    for head, (slope, offset), error, c in (
        (heads.extrinsic, HEADS[0], EXTRINSIC, 0.25),
        (heads.intrinsic, HEADS[1], INTRINSIC, weight),
    ):
        step = 0.125 * 2 * c
        assert head.weight.item() == pytest.approx(slope + step * np.mean(error * PLACES), abs=1e-5)
        assert head.bias.item() == pytest.approx(offset + step * np.mean(error), abs=1e-5)


def test_the_heads_learn_different_values(walks, learner):
    # Walks of two steps that pay 1 and 3 a step. The one from 0 terminates: V_E is 1 + 1/2 and
    # 1; the other is cut, and goes on for the learner: V_E is 1/(1 - 1/2). Curiosity sees no
    # end: V_I is 3/(1 - 3/4) everywhere.
    env = walks("env + value(3)")
    deep = {"policy_kwargs": {"net_arch": [32]}, "learning_rate": 1e-2, "n_epochs": 20}
    sized = {"n_steps": 8, "batch_size": 16, "gamma_intrinsic": 0.75, "gae_lambda": 0.95}
    model = learner(env, **NAMED, **deep, **sized).learn(60 * 16)
    seen = torch.tensor([[0.0], [1.0], [4.0], [5.0]])
    with torch.no_grad():
        extrinsic = model.policy.predict_values(seen).flatten().tolist()
        intrinsic = model.policy.predict_intrinsic_values(seen).flatten().tolist()
    assert extrinsic == pytest.approx([1.5, 1, 2, 2], abs=0.15)
    assert intrinsic == pytest.approx([12] * 4, rel=0.05)


def test_a_saved_learner_is_the_same_and_learns_on(tmp_path, walks, learner, keep):
    given = {"gamma_intrinsic": 0.25, "episodic_intrinsic": True, "vf_coef_intrinsic": 1.0}
    model = learner(walks(), HEADS, **NAMED, **given, advantage_coef=2.0).learn(6)
    model.save(tmp_path / "model.zip")
    again = TwoStreamPPO.load(tmp_path / "model.zip", env=walks())
    assert again.intrinsic_terms == ("value",)
    for name in ("gamma_intrinsic", "episodic_intrinsic", "vf_coef_intrinsic", "streams"):
        assert getattr(again, name) == getattr(model, name)
    model.set_env(walks())
    # Every walk is alike, whatever is done: what both learn next differs by nothing.
    for each in (model, again):
        torch.manual_seed(0)
        np.random.seed(0)
        each.learn(6, keep, reset_num_timesteps=False)
    for name in ("rewards_intrinsic", "values_intrinsic", "advantages"):
        np.testing.assert_array_equal(keep.rollouts[0][name], keep.rollouts[1][name])
    for ours, theirs in zip(model.policy.parameters(), again.policy.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_learner_without_an_env_still_acts(tmp_path, walks, learner):
    learner(walks(), **NAMED).save(tmp_path / "model.zip")
    again = TwoStreamPPO.load(tmp_path / "model.zip")
    assert again.intrinsic_terms == ("value",)
    assert again.predict(np.zeros((2, 1), np.float32))[0].shape == (2,)


def test_another_env_brings_its_own_streams(walks, learner, keep):
    model = learner(walks("env"), HEADS)
    model.set_env(walks())
    assert model.intrinsic_terms == ()
    model.streams = {"intrinsic": ["value"]}
    model.set_env(walks())
    model.learn(6, keep)
    assert keep.rollouts[0]["rewards_intrinsic"][1].tolist() == [1, 5]
    model.streams = None
    model.set_env(walks("env"))
    model.learn(6, keep)
    assert not keep.rollouts[1]["rewards_intrinsic"].any()
    assert keep.rollouts[1]["rewards"][:, 0].tolist() == [1, 1, 1]


def test_functions_and_lists_are_callbacks_too(walks, learner, keep):
    calls = []

    def note(local, _):
        calls.append(local["rewards"].tolist())
        return True

    model = learner(walks(), **NAMED)
    model.learn(6, note)
    assert calls == [[1, 5], [2, 6], [1, 5]]  # what was paid in both streams
    model.learn(6, [keep])
    assert keep.rollouts[0]["rewards_intrinsic"].any()


@pytest.mark.parametrize(
    "wrong",
    [
        {"gamma_intrinsic": 1.1},
        {"gamma_intrinsic": None},
        {"gae_lambda_intrinsic": -0.1},
        {"advantage_coef": -1.0},
        {"advantage_coef_intrinsic": "1"},
        {"vf_coef_intrinsic": float("nan")},
    ],
)
def test_a_setting_out_of_its_range_is_refused(walks, learner, wrong):
    [(name, value)] = wrong.items()
    with pytest.raises(ConfigError, match=f"{name} of two streams.*Received {value!r}"):
        learner(walks(), **wrong)


def test_a_value_loss_weighed_against_none_is_refused(walks, learner):
    with pytest.raises(ConfigError, match=r"vf_coef=0\.0 and vf_coef_intrinsic=1"):
        learner(walks(), vf_coef=0.0, vf_coef_intrinsic=1)


def test_the_discount_of_the_extrinsic_stream_is_the_rewards(walks, learner):
    with pytest.raises(BindingError, match=r"gamma=0\.5 in the reward's place and gamma=0\.9"):
        learner(walks(), gamma=0.9)


def test_an_env_without_a_reward_is_refused(learner):
    with pytest.raises(PlaceError, match=r"build it with RewardVecEnv\(venv, reward\)"):
        learner(DummyVecEnv([lambda: gym.make("CartPole-v1")] * 2))


def test_a_running_scale_of_the_sum_is_refused(walks, learner):
    with pytest.raises(PlaceError, match="normalize: obs"):
        learner(VecNormalize(walks(), gamma=0.5))
    learner(VecNormalize(walks(), norm_reward=False), **NAMED).learn(6)


def test_rewards_that_something_else_has_changed_are_refused(walks, learner):
    class Doubled(VecNormalize):
        def step_wait(self):
            obs, rewards, dones, infos = super().step_wait()
            return obs, 2 * rewards, dones, infos

    with pytest.raises(PlaceError, match="The model received other rewards"):
        learner(Doubled(walks(), norm_reward=False), **NAMED).learn(6)
