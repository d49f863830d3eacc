import numpy as np
import pytest

from rewardsmith import RewardStack
from rewardsmith.errors import ConfigError, RewardsmithError


def test_when_pays_only_where_the_condition_holds(bind, rows):
    stack = bind("when(x > 1, value(10*x))")
    np.testing.assert_allclose(stack.step(rows([0, 2])).total, [0])
    np.testing.assert_allclose(stack.relabel(rows([2, 0, 3, 0])).total, [20, 0, 30])


def test_times_multiplies_progress_by_every_factor(bind, rows):
    stack = bind("times(progress(x), 0.5, 1 - key)")
    np.testing.assert_allclose(stack.relabel(rows([0, 4, 4, 6])).total, [2, 0, 1])
    np.testing.assert_allclose(stack.relabel(rows([0, 4], key=True)).total, [0])


@pytest.mark.parametrize(
    ("options", "path", "paid"),
    [
        ("threshold=3", [0, 1, 3], [1, 2]),
        ("threshold=3, strict=True", [0, 1, 3], [0, 0]),
        ("threshold=3", [0, 5, 2], [0, 0]),
        ("threshold=3, read='max'", [0, 5, 2], [5, -3]),
        ("threshold=7, read='sum'", [0, 5, 2], [5, -3]),
    ],
)
def test_outcome_pays_the_whole_episode_or_nothing(bind, rows, options, path, paid):
    stack = bind(f"outcome(x, value(next(x) - x), {options})")
    assert stack.scope == "episode"
    np.testing.assert_allclose(stack.finish(rows(path)).total, paid)


def test_an_outcome_pays_nothing_before_the_end(bind, rows):
    stack = bind("env + outcome(x, value(1), threshold=0)")
    out = stack.step(rows([1, 2], reward=5.0))
    assert out.total.tolist() == [5.0]
    assert out.terms["outcome"].tolist() == [0.0]


def test_a_tier_counts_only_if_all_above_passed(bind, rows):
    formula = "tiers((x >= 2, value(1)), (x >= 4, value(10)), (x >= 6, value(100)))"
    stack = bind(formula)
    for last, paid in [(1, 1), (2, 11), (3, 11), (4, 111), (9, 111)]:
        np.testing.assert_allclose(stack.finish(rows([0, last])).total, [paid])


def test_tiers_of_terms_pass_by_their_own_sum(bind, rows):
    stack = bind("tiers(value(x), value(10), threshold=3)")
    np.testing.assert_allclose(stack.finish(rows([1, 1, 0])).total, [1, 1])
    np.testing.assert_allclose(stack.finish(rows([1, 2, 0])).total, [11, 12])


def test_single_transitions_cannot_be_relabelled_with_an_outcome(bind, rows):
    stack = bind("outcome(x, value(1))")
    assert stack.relabel(rows([1, 2])).total.tolist() == [0.0]
    with pytest.raises(ConfigError, match="needs whole episodes"):
        stack.entries[0].term.relabel(rows([1, 2]))


@pytest.mark.parametrize(
    "formula",
    [
        "times(env)",
        "tiers(env)",
        "tiers((x, env), env)",
        "outcome(x, env, read='mean')",
        "when(key, outcome(x, env))",
    ],
)
def test_wrong_gates_state_the_rule(bind, formula):
    with pytest.raises(RewardsmithError):
        bind(formula)


@pytest.mark.parametrize(
    ("formula", "rule"),
    [
        ("outcome(x, env, threshold='a')", "threshold of outcome is a finite number. Received 'a'"),
        ("outcome(x, env, threshold=inf)", "Received inf. Write threshold=0.5"),
        ("tiers(env, x, threshold='a')", "threshold of tiers is a finite number. Received 'a'"),
        ("outcome(x, env, strict=1)", "strict of outcome is True or False. Received 1"),
        ("outcome(x, env, 0.5)", r"outcome\(C, T, threshold=0\.5.*Options are written by name"),
        ("outcome(next(x), env)", "unknown"),
        ("env(2)", "called as env"),
    ],
)
def test_wrong_options_state_the_rule(formula, rule):
    with pytest.raises(RewardsmithError, match=rule):
        RewardStack.parse(formula)


def test_an_outcome_gates_a_term_that_compares_a_group(read, turns):
    stack = read("outcome(success, 4*win_rate(x))")
    assert stack.scope == "group"
    group = [turns("a", x=1), turns("a", x=3, success=True), turns("a", x=9)]
    assert [p.total.tolist() for p in stack.finish_group(group)] == [[0], [2], [0]]
    assert stack.step(group[1]).total.tolist() == [0]


def test_tiers_of_terms_that_compare_a_group(read, turns):
    stack = read("tiers((success, majority_vote(action)), (x >= 1, win_rate(x)))")
    group = [turns("7", x=1, success=True), turns("7", x=0), turns("8", x=2, success=True)]
    # the second failed the first tier, so its win rate (0 anyhow) does not count
    assert [float(p.total[0]) for p in stack.finish_group(group)] == [1.5, 1, 1]


def test_step_gates_refuse_terms_that_compare_a_group(read):
    with pytest.raises(ConfigError, match=r"when pays step by step.*scope 'group'"):
        read("when(success, win_rate(x))")
