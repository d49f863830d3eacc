import numpy as np
import pytest

from rewardsmith.agents.llm.credit import credit
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.errors import ConfigError


def episode(*rewards):
    return Episode(tuple(Turn(t, "line", t, t + 1, float(r)) for t, r in enumerate(rewards)))


#: returns-to-go: (7, 6, 4), (3), (6, 4)
GROUP = [episode(1, 2, 4), episode(3), episode(2, 4)]


def lists(found):
    return [a.tolist() for a in found]


def test_ended_episodes_count_as_nothing_by_hand():
    found = credit(GROUP, [0, 0, 0])
    # turn 0: others' means 4.5, 6.5, 5; turn 1: (0 + 4)/2, (6 + 0)/2; turn 2: 0
    assert lists(found) == [[2.5, 4.0, 4.0], [-3.5], [1.0, 1.0]]


def test_baseline_of_those_still_going_by_hand():
    found = credit(GROUP, [0, 0, 0], baseline="alive")
    assert lists(found) == [[2.5, 2.0, 4.0], [-3.5], [1.0, -2.0]]


def test_baseline_of_the_start_by_hand():
    found = credit(GROUP, [0, 0, 0], baseline="start")
    assert lists(found) == [[2.5, 1.5, -0.5], [-3.5], [1.0, -1.0]]


def test_no_baseline_is_the_discounted_return_to_go():
    found = credit(GROUP, [0, 0, 0], baseline="none", gamma=0.5)
    assert lists(found) == [[3.0, 4.0, 4.0], [3.0], [4.0, 4.0]]


@pytest.mark.parametrize("baseline", ["zero", "alive", "start"])
def test_a_baseline_does_not_depend_on_its_own_episode(baseline):
    """What the leave-one-out proof rests on: b_t = G_t - A_t stays when the episode changes."""
    other = [episode(9, -5, 1, 0, 2), *GROUP[1:]]
    kept = [
        np.array([7.0, 6.0, 4.0]) - credit(GROUP, [0, 0, 0], baseline=baseline)[0],
        np.array([7.0, -2.0, 3.0, 2.0, 2.0]) - credit(other, [0, 0, 0], baseline=baseline)[0],
    ]
    assert kept[0] == pytest.approx(kept[1][:3])


@pytest.mark.parametrize("baseline", ["zero", "alive", "start"])
def test_groups_do_not_see_each_other(baseline):
    alone = credit(GROUP, [0, 0, 0], baseline=baseline)
    mixed = [GROUP[0], episode(50, 60), GROUP[1], GROUP[2], episode(70)]
    found = credit(mixed, [3, 1, 3, 3, 1], baseline=baseline)
    assert lists([found[0], found[2], found[3]]) == lists(alone)


def test_equal_pay_per_turn_credits_going_on():
    """Centring rewards turn by turn would give 0 everywhere here."""
    long, short = credit([episode(1, 1, 1), episode(1)], [0, 0])
    assert long.tolist() == [2.0, 2.0, 1.0]
    assert short.tolist() == [-2.0]


def test_pay_at_the_end_of_equally_long_episodes_is_the_leave_one_out_of_the_outcome():
    found = credit([episode(0, 1), episode(0, 0), episode(0, 0)], [0, 0, 0])
    assert lists(found) == [[1.0, 1.0], [-0.5, -0.5], [-0.5, -0.5]]


def test_scales_divide_by_the_deviation_of_all_turns():
    episodes = [*GROUP, episode(10), episode(30)]
    group = [0, 0, 0, 1, 1]
    plain = credit(episodes, group)
    flat = np.concatenate(plain)
    batch = credit(episodes, group, scale="batch", epsilon=0.0)
    assert np.concatenate(batch) == pytest.approx(flat / flat.std(ddof=1))
    grouped = credit(episodes, group, scale="group", epsilon=0.5)
    first = flat[:6] / (flat[:6].std(ddof=1) + 0.5)
    assert np.concatenate(grouped[:3]) == pytest.approx(first)
    assert np.concatenate(grouped[3:]) == pytest.approx(
        [-20 / (800**0.5 + 0.5), 20 / (800**0.5 + 0.5)]
    )


def test_a_turn_of_reward_zero_keeps_its_credit():
    found = credit([episode(0, 0, 1), episode(0, 0, 0)], [0, 0])
    assert lists(found) == [[1.0, 1.0, 1.0], [-1.0, -1.0, -1.0]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"baseline": "aliv"}, "Did you mean 'alive'"),
        ({"scale": "batches"}, "Did you mean 'batch'"),
        ({"epsilon": -1}, "epsilon of turn"),
    ],
)
def test_options_that_are_none(options, words):
    with pytest.raises(ConfigError, match=words):
        credit(GROUP, [0, 0, 0], **options)
