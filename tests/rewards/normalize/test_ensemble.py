import numpy as np
import pytest

from rewardsmith.errors import ConfigError


@pytest.mark.parametrize(
    ("options", "paid"),
    [
        # rows (0, 2) and (3, 1): means 1 and 2, variances 1 and 1
        ("", [0, 1]),
        (", how='mean'", [1, 2]),
        (", how='uwo', penalty=0.25", [0.75, 1.75]),
    ],
)
def test_ways_to_join_by_hand(read, turns, options, paid):
    stack = read(f"ensemble(x, seconds{options})")
    episode = turns("a", "b", x=[0, 3], seconds=[2, 1])
    assert stack.scope == "step"
    for total in (
        stack.step(episode).total,
        stack.relabel(episode).total,
        stack.finish(episode).total,
        stack.finish_group([episode])[0].total,
    ):
        np.testing.assert_allclose(total, paid)


def test_terms_of_a_group_widen_its_scope(read, turns):
    stack = read("ensemble(win_rate(x), majority_vote(action))")
    assert stack.scope == "group"
    group = [turns("7", x=1), turns("7", x=0), turns("8", x=2)]
    assert [float(p.total[0]) for p in stack.finish_group(group)] == [0.5, 0, 0]


@pytest.mark.parametrize(
    "call", ["ensemble(x)", "ensemble(x, x, how='max')", "ensemble(x, x, penalty=-1)"]
)
def test_wrong_calls_name_the_term(read, call):
    with pytest.raises(ConfigError, match="ensemble"):
        read(call)
