from __future__ import annotations

import numpy as np

from rewardsmith.transition import Transition
from rewardsmith.wrappers.history import EpisodeHistory


def step(*values: float) -> Transition:
    no = np.zeros(len(values), dtype=bool)
    x = np.array(values)
    return Transition(None, x, None, x, no, no, {"x": x}, {"x": x + 1}, t=x.astype(int))


def test_episodes_of_two_slots_that_begin_at_different_times():
    history = EpisodeHistory(2)
    history.add(step(0, 10))
    history.add(step(1, 11))
    assert history.episode(1).env_reward.tolist() == [10.0, 11.0]
    history.reset(np.array([False, True]))
    history.add(step(2, 12))
    whole = history.episode(0)
    assert whole.env_reward.tolist() == [0.0, 1.0, 2.0]
    assert whole.next_features["x"].tolist() == [1.0, 2.0, 3.0]
    assert whole.t.tolist() == [0, 1, 2]
    assert history.episode(1).env_reward.tolist() == [12.0]


def test_steps_that_no_slot_needs_are_dropped():
    history = EpisodeHistory(2)
    for i in range(3):
        history.add(step(i, i))
    history.reset(np.array([True, False]))
    history.add(step(3, 3))
    assert len(history.steps) == 4
    history.reset(np.array([False, True]))
    assert len(history.steps) == 1
    assert history.episode(0).env_reward.tolist() == [3.0]
