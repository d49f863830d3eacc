import numpy as np

from rewardsmith import Binding, Feature, FeatureSchema, RewardStack, Scope
from rewardsmith.transition import Transition

SCHEMA = FeatureSchema([Feature("x", "a number")])


def bound(formula):
    return RewardStack.parse(formula).bind(Binding(SCHEMA, serves=frozenset(Scope)))


def episode(*x):
    n, flags = len(x), np.zeros(len(x), bool)
    values = np.array(x, float)
    return Transition(
        values, np.zeros(n), values, np.ones(n), flags, flags, {"x": values}, {"x": values}
    )


def test_a_sum_inside_a_term_is_paid_group_by_group():
    stack = bound("scale(win_rate(x) + 2*env + 0.5*x, 10)")
    assert stack.scope == "group"
    paid = stack.finish_group([episode(1, 2), episode(5)])
    # totals 3 and 5: win rates 0 and 1 on the last row; env 1 a row
    assert paid[0].total.tolist() == [10 * (2 + 0.5), 10 * (2 + 1)]
    assert paid[1].total.tolist() == [10 * (1 + 2 + 2.5)]


def test_weights_of_schedules_are_those_of_the_clock():
    stack = bound("scale(linear(1, 0, steps=4)*win_rate(x) + x, 1)")
    group = [episode(1), episode(3)]
    assert [p.total.tolist() for p in stack.finish_group(group)] == [[1], [4]]
    stack.update(episode(0, 0))
    assert [p.total.tolist() for p in stack.finish_group(group)] == [[1], [3.5]]
