import numpy as np
import pytest

from rewardsmith.errors import ConfigError


def test_each_term_is_normalised_on_its_own(read, turns):
    # totals of x: 0, 2, 4: mean 2, sample std 2; of seconds: 3, 0, 0: mean 1, sample std sqrt(3)
    stack = read("gdpo(x, seconds, weights=(1, -2), epsilon=1e-12)")
    group = [turns("a", x=0, seconds=3), turns("a", "b", x=1), turns("a", x=4)]
    paid = [float(p.total.sum()) for p in stack.finish_group(group)]
    root = np.sqrt(3)
    np.testing.assert_allclose(paid, [-1 - 4 / root, 0 + 2 / root, 1 + 2 / root])


def test_equal_totals_and_groups_of_one_pay_nothing(read, turns):
    stack = read("gdpo(x, seconds)")
    assert [p.total[0] for p in stack.finish_group([turns("a", x=3)] * 3)] == [0, 0, 0]
    assert stack.finish(turns("a", x=3)).total.tolist() == [0]


@pytest.mark.parametrize("call", ["gdpo()", "gdpo(x, weights=(1, 2))", "gdpo(x, epsilon=0)"])
def test_wrong_calls_name_the_term(read, call):
    with pytest.raises(ConfigError, match="gdpo"):
        read(call)
