import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.redistribution import redistribute


def test_sum_and_differences_are_kept():
    found = redistribute(1.0, np.array([0.0, 3.0, 0.0]))
    assert found == pytest.approx([-2 / 3, 7 / 3, -2 / 3])
    assert redistribute(0.5, np.array([0.25, 0.25])).tolist() == [0.25, 0.25]


@pytest.mark.parametrize(
    ("total", "given"),
    [(1.0, []), (float("nan"), [1.0]), (1.0, [float("inf")]), (1.0, [[1.0]])],
)
def test_refusals(total, given):
    with pytest.raises(ConfigError, match="redistribute takes a finite total"):
        redistribute(total, np.array(given))
