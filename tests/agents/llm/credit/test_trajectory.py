import numpy as np
import pytest

from rewardsmith.agents.llm.credit import credit
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.errors import ConfigError


def episode(*rewards):
    return Episode(tuple(Turn(t, "line", t, t + 1, float(r)) for t, r in enumerate(rewards)))


GROUP = [episode(1, 2), episode(1), episode(0, 0, 5)]


def test_grpo_by_hand():
    found = credit(GROUP, [0, 0, 0], method="trajectory")
    # returns 3, 1, 5: mean 3, std (n - 1) 2
    assert found[0].tolist() == [0.0, 0.0]
    assert found[1] == pytest.approx([-2 / 2.0001], rel=1e-12)
    assert found[2] == pytest.approx([2 / 2.0001] * 3, rel=1e-12)


def test_scale_none_and_batch_by_hand():
    two = [*GROUP, episode(10), episode(20)]
    group = [0, 0, 0, 1, 1]
    none = credit(two, group, method="trajectory", scale="none")
    assert [a[0] for a in none] == [0.0, -2.0, 2.0, -5.0, 5.0]
    spread = np.std([3, 1, 5, 10, 20], ddof=1)
    batch = credit(two, group, method="trajectory", scale="batch")
    assert [a[0] for a in batch] == pytest.approx([x / (spread + 1e-4) for x in (0, -2, 2, -5, 5)])


def test_discounting():
    found = credit(GROUP, [0, 0, 0], method="trajectory", gamma=0.5, scale="none")
    # returns 2, 1, 1.25
    assert [a[0] for a in found] == pytest.approx([2 - 4.25 / 3, 1 - 4.25 / 3, 1.25 - 4.25 / 3])


def test_a_group_of_equal_returns_teaches_nothing():
    found = credit([episode(0.1), episode(0.1), episode(0.1)], [0, 0, 0], method="trajectory")
    assert np.concatenate(found) == pytest.approx(np.zeros(3), abs=1e-12)
    same = [episode(2), episode(2)]
    for scale in ("group", "batch"):
        bare = credit(same, [0, 0], method="trajectory", scale=scale, epsilon=0.0)
        assert np.concatenate(bare).tolist() == [0.0, 0.0]


def test_exact_potential_shaping_adds_the_same_to_every_rollout():
    potential = [0.3, 0.9, 0.5]  # of s_0, s_1, s_2; 0 at the end
    shaped = []
    for e in GROUP:
        after = [*potential[1 : len(e.turns)], 0.0]
        pay = [r + b - a for r, a, b in zip(e.rewards, potential, after, strict=False)]
        shaped.append(episode(*pay))
    plain = credit(GROUP, [0, 0, 0], method="trajectory")
    found = credit(shaped, [0, 0, 0], method="trajectory")
    assert np.concatenate(found) == pytest.approx(np.concatenate(plain), abs=1e-9)
    by_turn = [credit(group, [0, 0, 0], method="turn") for group in (GROUP, shaped)]
    assert np.abs(np.concatenate(by_turn[0]) - np.concatenate(by_turn[1])).max() > 0.1


def test_scale_of_another_name():
    with pytest.raises(ConfigError, match=r"none\. Received True"):
        credit(GROUP, [0, 0, 0], method="trajectory", scale=True)
