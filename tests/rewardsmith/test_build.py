import pytest

from rewardsmith import RewardStack, RewardTerm, registry
from rewardsmith.errors import ConfigError


class Odd(RewardTerm):
    """A stranger's term whose constructor checks nothing."""

    term_name = "odd"

    def __init__(self, child, *, power=1):
        self.power = int(power)


@pytest.mark.parametrize("power", ["'a'", "inf", "None"])
def test_a_constructor_that_fails_is_an_error_of_ours_with_the_call(monkeypatch, power):
    monkeypatch.setitem(registry._terms, "odd", Odd)
    with pytest.raises(
        ConfigError, match=r"called as odd\(child, power=1\), could not be built of"
    ):
        RewardStack.parse(f"odd(x, power={power})")
