"""The experiments are ones that can run."""

from __future__ import annotations

import pytest

from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.benchmarks.intrinsic.learning.__main__ import PACKAGE
from rewardsmith.benchmarks.shaping.__main__ import experiments

KNOWN = experiments(PACKAGE)


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_every_reward_of_an_experiment_can_be_trained(name: str) -> None:
    spec = dict(KNOWN[name])
    env_id, rewards = spec.pop("env_id"), spec.pop("rewards")
    assert spec.pop("seeds") >= 3
    for formula in rewards.values():
        assert make_spec(env_id, reward=formula, **spec).steps == spec["steps"]
