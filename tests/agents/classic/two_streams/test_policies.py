from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.envs import FakeImageEnv, IdentityEnvBox, SimpleMultiObsEnv
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import DummyVecEnv

from rewardsmith.agents.classic.two_streams import TwoStreamPPO
from rewardsmith.errors import ConfigError
from rewardsmith.wrappers import RewardVecEnv

SETTINGS = {"n_steps": 8, "batch_size": 16, "n_epochs": 1, "device": "cpu", "seed": 1}
KINDS: dict[str, Any] = {
    "MlpPolicy": lambda: IdentityEnvBox(ep_length=5),
    "CnnPolicy": lambda: FakeImageEnv(screen_height=36, screen_width=36, n_channels=1),
    "MultiInputPolicy": lambda: SimpleMultiObsEnv(random_start=False),
}


def rewarded(kind: str) -> RewardVecEnv:
    return RewardVecEnv(DummyVecEnv([KINDS[kind]] * 2), "env + value(1 + t)")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_observation_has_two_heads(kind, keep, tmp_path):
    named = {"streams": {"intrinsic": ["value"]}}
    model = TwoStreamPPO(kind, rewarded(kind), **named, **SETTINGS)
    before = model.policy.value_net.intrinsic.weight.clone()
    model.learn(32, keep)
    assert keep.rollouts[0]["rewards_intrinsic"][:2].tolist() == [[1, 1], [2, 2]]
    assert not torch.equal(before, model.policy.value_net.intrinsic.weight)
    model.save(tmp_path / "model.zip")
    again = TwoStreamPPO.load(tmp_path / "model.zip")
    seen = model.policy.obs_to_tensor(model.get_env().reset())[0]
    with torch.no_grad():
        values = model.policy(seen)[1]
        assert values.shape == (2, 2)
        np.testing.assert_array_equal(again.policy.predict_values(seen), values[:, :1])
        np.testing.assert_array_equal(again.policy.predict_intrinsic_values(seen), values[:, 1:])


@pytest.mark.parametrize("kind", KINDS)
def test_policy_and_first_head_begin_as_ppos(kind):
    ours = TwoStreamPPO(kind, rewarded(kind), **SETTINGS).policy.state_dict()
    theirs = PPO(kind, rewarded(kind), **SETTINGS).policy.state_dict()
    assert len(ours) == len(theirs) + 2
    for name, weights in theirs.items():
        mine = name if name in ours else name.replace("value_net", "value_net.extrinsic")
        assert torch.equal(ours[mine], weights)


def test_a_policy_with_one_head_is_refused():
    with pytest.raises(ConfigError, match="ActorCriticPolicy; name one of MlpPolicy"):
        TwoStreamPPO(ActorCriticPolicy, rewarded("MlpPolicy"), **SETTINGS)


def test_states_that_only_the_second_head_tells_apart(walks, learner):
    policy = learner(walks(), ((0.0, 1.0), (1.0, 0.0))).policy
    with torch.no_grad():
        values = policy(torch.tensor([[2.0], [5.0]]))[1]
    assert values.tolist() == [[1, 2], [1, 5]]
