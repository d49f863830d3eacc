import numpy as np
import pytest

from rewardsmith import RewardStack
from rewardsmith.errors import BindingError, ConfigError, LanguageError
from rewardsmith.rewards import Potential


def test_the_difference_by_hand(bind, rows):
    stack = bind("potential(2*x)", gamma=0.5)
    # .5 * 2*3 - 2*1 = 1;  .5 * 2*(-1) - 2*3 = -7
    np.testing.assert_allclose(stack.relabel(rows([1, 3, -1])).total, [1.0, -7.0])


def test_a_terminal_state_has_no_potential(bind, rows):
    stack = bind("potential(x)", gamma=0.5)
    ended = stack.relabel(rows([1, 3], terminated=True, truncated=True)).total
    np.testing.assert_allclose(ended, [-1.0])


@pytest.mark.parametrize(("bootstraps", "expected"), [(True, 0.5), (False, -1.0)])
def test_truncation_keeps_the_potential_only_for_a_learner_that_bootstraps(
    bind, rows, bootstraps, expected
):
    stack = bind("potential(x)", gamma=0.5, bootstraps_on_truncation=bootstraps)
    np.testing.assert_allclose(stack.relabel(rows([1, 3], truncated=True)).total, [expected])


def test_frame_skip_discounts_once_per_frame(bind, rows):
    stack = bind("potential(x, frame_skip=3)", gamma=0.5)
    np.testing.assert_allclose(stack.relabel(rows([1, 8])).total, [0.125 * 8 - 1])


def test_a_time_indexed_potential_reads_the_time_of_each_end(bind, rows):
    # Phi(s, t) = t * x: t is 0, 1 before and 1, 2 after.
    stack = bind("potential(t*x)", gamma=0.5)
    np.testing.assert_allclose(stack.relabel(rows([5, 3, 2])).total, [1.5 - 0, 2.0 - 3])


def test_a_changing_potential_is_subtracted_as_it_was_added(bind, rows):
    # Phi fades from 1 to 0 over 4 steps: weights on arrival 1, 1, 3/4.
    stack = bind("potential(x, anneal=4)", gamma=0.5)
    episode = rows([4, 4, 4])
    paid = []
    for i in range(2):
        step = episode.select(slice(i, i + 1))
        paid.append(float(stack.step(step).total[0]))
        stack.update(step)
    assert paid == pytest.approx([0.5 * 4 - 4, 0.5 * 3 - 4])


def test_slots_keep_their_own_cache_and_reset_forgets_it(bind, rows):
    stack = bind("potential(x)", num_envs=2, gamma=1.0)
    step = rows([0, 0, 0])
    step.features, step.next_features = {"x": np.array([1.0, 2.0])}, {"x": np.array([10.0, 20.0])}
    np.testing.assert_allclose(stack.step(step).total, [9, 18])
    stack.reset(np.array([True, False]))
    step.features, step.next_features = {"x": np.array([5.0, 20.0])}, {"x": np.array([6.0, 21.0])}
    np.testing.assert_allclose(stack.step(step).total, [1, 1])


def test_trajectory_credit_is_refused_with_the_reason(bind):
    with pytest.raises(BindingError, match=r"does nothing under trajectory-level credit"):
        bind("env + potential(x)", credit="trajectory")


@pytest.mark.parametrize(
    ("formula", "column"),
    [
        ("potential(next(x))", 10),
        ("potential(x - next(x))", 14),
        ("env + potential(reward)", 16),
        ("env + potential(x*action)", 18),
        ("env + clip(potential(next(x)), 0, 1)", 21),
        ("env + progress(next(x))", 15),
    ],
)
def test_a_potential_of_more_than_one_state_is_refused_before_it_is_bound(formula, column):
    with pytest.raises(LanguageError, match="function of one state") as caught:
        RewardStack.parse(formula)
    assert caught.value.column == column
    assert caught.value.source == formula


@pytest.mark.parametrize("phi", ["next(x)", "reward", "norm(action)"])
def test_a_potential_of_more_than_one_state_cannot_be_built_in_python(phi):
    with pytest.raises(LanguageError, match="function of one state"):
        Potential(phi)


def test_yaml_is_refused_alike():
    with pytest.raises(LanguageError, match="function of one state"):
        RewardStack.parse({"terms": {"env": "env", "p": {"potential": "next(x)"}}})


@pytest.mark.parametrize(
    ("formula", "rule"),
    [
        ("potential(x, frame_skip=0)", "whole number >= 1. Received 0"),
        ("potential(x, frame_skip=1.5)", "Received 1.5"),
        ("potential(x, frame_skip=inf)", "Received inf. Write frame_skip=4"),
        ("potential(x, frame_skip=True)", "Received True"),
        ("potential(x, frame_skip='a')", "Received 'a'"),
        ("potential(x, anneal=-1)", "anneal of potential.*>= 0. Received -1"),
        ("potential(x, anneal=inf)", "Received inf. Write anneal=100000"),
        ("potential(x, anneal='a')", "Received 'a'"),
        ("potential(x, 2)", r"called as potential\(E, frame_skip=1, anneal=0\).*stands in front"),
        ("potential(env)", "one state. Received the term `env`"),
        ("potential(clip(env, 0, 1))", r"Received the term `clip\(env, 0, 1\)`"),
        ("potential(x, wieght=2)", r"Did you mean 'weight'\?.*0\.5\*potential"),
    ],
)
def test_bad_calls_state_the_rule(formula, rule):
    with pytest.raises(ConfigError, match=rule):
        RewardStack.parse(formula)


def test_a_misspelt_key_of_yaml_has_its_near_miss():
    with pytest.raises(ConfigError, match=r"Did you mean 'weight'.*a key of its own in YAML"):
        RewardStack.parse({"terms": {"p": {"potential": "x", "wieght": 2}}})
