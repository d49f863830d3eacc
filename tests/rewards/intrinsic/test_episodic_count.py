from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rewardsmith
from rewardsmith.errors import BindingError, ConfigError
from rewardsmith.storage import load_state, save_state
from rewardsmith.transition import stack

#: the pay of a second visit
HALF = 1 / np.sqrt(2)


@pytest.fixture
def move(step_of: Any) -> Any:
    """A step of N slots from places on a line to others."""

    def make(before: Any, after: Any, **given: Any) -> Any:
        ones = np.ones(4)
        return step_of(np.outer(before, ones), np.outer(after, ones), **given)

    return make


def test_visits_of_an_episode_by_hand(place: Any, move: Any) -> None:
    term = place("episodic_count(x)")
    # Slot 0 goes 0, 1, 0, 1; slot 1 goes 1, 2, 3, 3. The starts count as visited.
    steps = [move([0, 1], [1, 2]), move([1, 2], [0, 3]), move([0, 3], [1, 3])]
    assert [term.step(s).tolist() for s in steps] == [[1, 1], [HALF, 1], [HALF, HALF]]
    term.reset(np.array([False, True]))
    # Slot 1 begins anew at 3; slot 0 goes on.
    assert term.step(move([1, 3], [1, 2])).tolist() == [pytest.approx(3**-0.5), 1]
    assert term.step(move([1, 2], [7, 3])).tolist() == [1, HALF]
    inverse = place("episodic_count(x, decay='inverse')", num_envs=1)
    assert [inverse.step(move([0], [x]))[0] for x in (0, 1, 0, 0)] == [1 / 2, 1, 1 / 3, 1 / 4]


def test_rows_may_be_fewer_than_slots_and_in_any_order(place: Any, walk: Any) -> None:
    steps, together, apart = walk(30, num_envs=3), place("episodic_count(x)", 3), None
    apart = place("episodic_count(x)", 3)
    for step in steps:
        for features in (step.features, step.next_features):
            features["x"] = features["x"].round()
        expected = together.step(step)
        for rows in ([2, 0], [1]):
            part = step.select(rows)
            part.env_index = np.array(rows)
            assert np.array_equal(apart.step(part), expected[rows])
    with pytest.raises(BindingError, match=r"Received 2 rows for 3 slots without env_index"):
        apart.step(steps[0].select([0, 1]))


def test_a_whole_episode_is_paid_beside_the_slots(place: Any, move: Any) -> None:
    term = place("episodic_count(x)")
    term.step(move([0, 1], [1, 2]))
    episode = stack([move([a], [b]) for a, b in ((1, 1), (1, 5), (5, 1))])
    assert term.finish(episode).tolist() == [HALF, 1, pytest.approx(3**-0.5)]
    assert term.step(move([1, 2], [0, 2])).tolist() == [HALF, HALF]


def test_a_slot_is_bounded(place: Any, move: Any) -> None:
    term = place("episodic_count(x, capacity=8)", num_envs=1)
    for i in range(100):
        term.step(move([i], [i + 1]))
        assert len(term.visits.tables[0]) <= 8
    assert term.step(move([0], [100])).tolist() == [HALF]  # the newest is still there


def test_a_resumed_term_goes_on(place: Any, walk: Any, tmp_path: Any) -> None:
    steps, formula = walk(60), "episodic_count(x, decimals=0)"
    whole, half, rest = place(formula), place(formula), place(formula)
    expected = [whole.step(s).tolist() for s in steps]
    found = [half.step(s).tolist() for s in steps[:29]]
    save_state(tmp_path / "state.npz", half.state_dict())
    rest.load_state_dict(load_state(tmp_path / "state.npz"))
    assert found + [rest.step(s).tolist() for s in steps[29:]] == expected
    assert min(expected[-1]) < 0.5
    with pytest.raises(ConfigError, match=r"Received \(2, 1\), here are \(3, 1\)"):
        place(formula, num_envs=3).load_state_dict(half.state_dict())


def test_stored_steps_cannot_be_paid_anew(place: Any, move: Any) -> None:
    term = place("episodic_count(x)")
    assert term.remembers
    assert not term.learns
    with pytest.raises(BindingError, match=r"episodic_count\(x\) pays by what came earlier"):
        term.relabel(move([0, 0], [1, 1]))


@pytest.mark.parametrize("mode", ["NextStep", "SameStep", "Disabled"])
def test_each_episode_of_a_vector_env_counts_anew(mode: str) -> None:
    """The same actions in every episode are paid the same in every episode."""
    env = rewardsmith.make(
        "rewardsmith/Empty-5x5-v0",
        reward="env + episodic_count(on=[agent_x, agent_y])",
        num_envs=2,
        autoreset_mode=mode,
        max_episode_steps=5,
    )
    env.reset(seed=0)
    actions = [2, 0, 2, 1, 2]  # forward, left, against the wall, right, forward
    episodes = []
    for _ in range(3):
        paid = [env.step(np.array([a, a]))[4]["reward_terms"]["episodic_count"] for a in actions]
        episodes.append(np.array(paid))
        if mode == "NextStep":
            env.step(np.array([0, 0]))
        elif mode == "Disabled":
            env.reset(options={"reset_mask": np.array([True, True])})
    # (1, 1) -> (2, 1), twice there without moving, still there, (3, 1)
    by_hand = [1, HALF, 3**-0.5, 4**-0.5, 1]
    for paid in episodes:
        np.testing.assert_allclose(paid, np.outer(by_hand, [1, 1]))
    env.close()
