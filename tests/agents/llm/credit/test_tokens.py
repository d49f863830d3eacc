import time

import numpy as np
import pytest

from rewardsmith.agents.llm.credit import token_advantages
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.errors import ConfigError


def episode(*spans):
    return Episode(tuple(Turn(t, "line", a, b, 0.0) for t, (a, b) in enumerate(spans)))


def test_spans_by_hand():
    episodes = [episode((0, 2), (3, 4)), episode((1, 1), (1, 5))]
    found = token_advantages([np.array([1.0, 2.0]), np.array([9.0, -1.0])], episodes, 5)
    assert found.tolist() == [[1, 1, 0, 2, 0], [0, -1, -1, -1, -1]]


def test_no_episodes():
    assert token_advantages([], [], 7).shape == (0, 7)


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ([(0, 3), (2, 4)], r"Received \[2, 4\) in episode 1, after a turn that ends at 3"),
        ([(0, 9)], r"within 8 tokens"),
        ([(3, 2)], r"Received \[3, 2\)"),
        ([(-1, 2)], r"Received \[-1, 2\)"),
    ],
)
def test_spans_that_cannot_be(spans, words):
    episodes = [episode((0, 8)), episode(*spans)]
    per_turn = [np.zeros(1), np.zeros(len(spans))]
    with pytest.raises(ConfigError, match=words):
        token_advantages(per_turn, episodes, 8)


def test_numbers_that_differ():
    with pytest.raises(ConfigError, match="one advantage per turn"):
        token_advantages([np.zeros(2)], [episode((0, 1))], 4)


def test_against_a_loop_and_in_time():
    rng = np.random.default_rng(0)
    episodes = []
    for _ in range(512):
        cuts = np.sort(rng.choice(4097, size=40, replace=False))
        episodes.append(episode(*zip(cuts[::2].tolist(), cuts[1::2].tolist(), strict=True)))
    per_turn = [rng.normal(size=20) for _ in episodes]
    start = time.process_time()
    found = token_advantages(per_turn, episodes, 4096)
    assert time.process_time() - start < 0.2
    for row, values, e in zip(found[:20], per_turn, episodes, strict=False):
        expected = np.zeros(4096)
        for value, turn in zip(values, e.turns, strict=True):
            expected[turn.start : turn.stop] = value
        assert (row == expected).all()
