"""A recorded game holds a picture per state and means over the agents."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("mpe2")
from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.multiagent.playback import play_game
from rewardsmith.envs.multiagent.simple_spread import SimpleSpread


class Right:
    """A policy that always moves right (action 2)."""

    def predict(self, obs: Any, deterministic: bool) -> tuple[Any, None]:
        return np.full(len(obs), 2), None


def test_a_game_in_which_all_move_right() -> None:
    spec = make_spec(
        "rewardsmith/SimpleSpread-v0",
        reward="env + 2*next(collisions)",
        env_kwargs={"max_cycles": 5},
    )
    played = play_game(spec, Right(), seed=7)
    env, own, touched = SimpleSpread(max_cycles=5), [], []
    env.reset(seed=7)
    while env.agents:
        _, rewards, _, _, infos = env.step(dict.fromkeys(env.agents, 2))
        own.append(sum(rewards.values()) / 3)
        touched.append(sum(2 * i["features"]["collisions"] for i in infos.values()) / 3)
    assert played.env_rewards == pytest.approx(own)
    assert list(played.terms) == ["env", "value"]
    assert played.terms["env"] == pytest.approx(own)
    assert played.terms["value"] == pytest.approx(touched)
    assert len(played.frames) == 6
    assert played.frames[0].shape == (700, 700, 3)
    assert not np.array_equal(played.frames[0], played.frames[-1])
    assert played.success == 0
