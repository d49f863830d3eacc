import numpy as np
import pytest

from rewardsmith.errors import ConfigError, NonFiniteRewardError


def test_staged_and_smooth_by_hand(read, turns):
    x = [-1, 0.5, 0.75, 1, 2]
    options = "edges=(0.5, 1), pays=(0.2, 1)"
    staged = read(f"zones(x, {options})").step(turns(*"abcde", x=x)).total
    np.testing.assert_allclose(staged, [0, 0.2, 0.2, 1, 1])
    smooth = read(f"zones(x, {options}, smooth=True)").step(turns(*"abcde", x=x)).total
    np.testing.assert_allclose(smooth, [0.2, 0.2, 0.6, 1, 1])


def test_nan_is_not_the_best_zone(read, turns):
    with pytest.raises(NonFiniteRewardError, match="zones"):
        read("zones(x)").step(turns("a", x=np.nan))


@pytest.mark.parametrize(
    "options",
    ["edges=(1, 0.5), pays=(0, 1)", "edges=(0, 1), pays=(1,)", "edges=(0, 0), pays=(0, 1)",
     "edges=(0, 1), pays=(1, 0)", "edges=(), pays=()", "edges=(0, 'a'), pays=(0, 1)"],
)  # fmt: skip
def test_zones_rise(read, options):
    with pytest.raises(ConfigError, match="zones"):
        read(f"zones(x, {options})")
