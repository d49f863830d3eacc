import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards import Tolerance


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"margin": "a"}, "margin is a finite number >= 0. Received 'a'"),
        ({"bounds": (1, 0)}, "low <= high"),
        ({"sigmoid": "round"}, "sigmoid is one of"),
    ],
)
def test_options_given_in_python_are_checked_too(options, rule):
    with pytest.raises(ConfigError, match=rule):
        Tolerance("x", **options)
