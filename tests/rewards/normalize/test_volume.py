import numpy as np
import pytest

from rewardsmith.rewards.normalize.volume import hypervolume, pareto


def test_boxes_by_hand():
    assert hypervolume([], (0.0, 0.0)) == 0
    assert hypervolume([(2.0,)], (0.5,)) == 1.5
    assert hypervolume([(1.0, 3.0), (2.0, 1.0)], (0.0, 0.0)) == 4
    assert hypervolume([(1.0, 3.0), (2.0, 1.0), (1.0, 1.0)], (0.0, 0.0)) == 4
    assert hypervolume([(2.0, 2.0, 2.0), (1.0, 1.0, 3.0)], (0.0, 0.0, 0.0)) == 9
    assert hypervolume([(-1.0, 5.0)], (0.0, 0.0)) == 0


@pytest.mark.parametrize("axes", [2, 3, 4])
def test_it_agrees_with_counting_random_points(axes):
    rng = np.random.default_rng(axes)
    points = rng.random((6, axes))
    samples = rng.random((200_000, axes))
    counted = np.mean((samples[:, None, :] <= points[None]).all(axis=2).any(axis=1))
    found = hypervolume([tuple(map(float, p)) for p in points], (0.0,) * axes)
    assert found == pytest.approx(counted, abs=0.01)


def test_the_front_keeps_what_nothing_covers():
    assert pareto([(1.0, 1.0), (2.0, 0.0), (1.0, 1.0), (0.5, 1.0)]) == [(1.0, 1.0), (2.0, 0.0)]
