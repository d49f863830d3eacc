"""The named rewards, on a walk over the diagonal of a room of 5 by 5."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("nle")

from rewardsmith import Binding, Scope, Transition
from rewardsmith.envs.text.nethack.nethack_env import make_env
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import find_entry


def paid(name: str, lines: list[str]) -> Any:
    env = make_env()
    _, info = env.reset(options={"task": 0})
    features, rewards, ends = [info["features"]], [], []
    for line in lines:
        _, reward, end, _, info = env.step(line)
        features.append(info["features"])
        rewards.append(reward)
        ends.append(end)
    env.close()
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
    entry = find_entry("rewardsmith/MiniHack-v0")
    assert entry is not None
    stack = named_rewards(entry)[name].stack()
    stack.bind(Binding(env.feature_schema, serves=frozenset({Scope.STEP, Scope.EPISODE})))
    return stack.finish(episode).total


THERE, BACK = "southeast", "northwest"


def test_potential_along_the_way() -> None:
    # Phi is -4, -3, -2 and -1 over 79, and 0 at the end.
    phi = np.array([-4, -3, -2, -1, 0]) / 79
    expected = np.array([0, 0, 0, 1]) + 0.99 * phi[1:] - phi[:-1]
    np.testing.assert_allclose(paid("potential", [THERE] * 4), expected)
    np.testing.assert_allclose(paid("sparse", [THERE] * 4), [0, 0, 0, 1])


def test_gated_pays_only_with_success() -> None:
    assert paid("gated", [THERE] * 4).sum() > 1
    np.testing.assert_allclose(paid("gated", [THERE] * 3), 0)


def test_biased_pays_for_walking_to_and_fro() -> None:
    np.testing.assert_allclose(
        paid("biased", [THERE, BACK, THERE, BACK]), np.array([1, 0, 1, 0]) / 79
    )
