"""The named rewards, on two attempts worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("reasoning_gym")

from rewardsmith import Binding, Scope, Transition
from rewardsmith.envs.text.reasoning.reasoning_env import make_env
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import find_entry


def paid(name: str, lines: list[str]) -> Any:
    env = make_env(attempts=2)
    _, info = env.reset(seed=0)
    features, rewards, ends = [info["features"]], [], []
    for line in lines:
        _, reward, end, _, info = env.step(env.expert_action() if line == "expert" else line)
        features.append(info["features"])
        rewards.append(reward)
        ends.append(end)
    columns = {k: np.array([f[k] for f in features]) for k in features[0]}
    episode = Transition(
        obs=None,
        action=np.array(lines),
        next_obs=None,
        env_reward=np.array(rewards),
        terminated=np.array(ends),
        truncated=np.zeros(len(lines), dtype=bool),
        features={k: v[:-1] for k, v in columns.items()},
        next_features={k: v[1:] for k, v in columns.items()},
        env_index=np.zeros(len(lines), dtype=np.int64),
        t=np.arange(len(lines)),
    )
    entry = find_entry("rewardsmith/Reasoning-v0")
    assert entry is not None
    stack = named_rewards(entry)[name].stack()
    stack.bind(Binding(env.feature_schema, serves=frozenset({Scope.STEP, Scope.EPISODE})))
    return stack.finish(episode).total


# "no" scores 0, the expert's answer 1; Phi is -1, -1, and 0 at the end; one attempt is left.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("sparse", [0, 1]),
        ("potential", [1 - 0.99, 1 + 1]),
        ("gated", [0.1, 1]),
        ("biased", [0, 1.5]),
    ],
)
def test_pay_of_a_wrong_and_a_right_answer(name: str, expected: list[float]) -> None:
    np.testing.assert_allclose(paid(name, ["no", "expert"]), expected)


def test_gated_pays_nothing_beside_the_score_without_success() -> None:
    np.testing.assert_allclose(paid("gated", ["no", "no"]), [0, 0])
