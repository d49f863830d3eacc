import numpy as np
import pytest

from rewardsmith import Learner
from rewardsmith.errors import BindingError, ConfigError
from rewardsmith.language.inference import Givens


def test_the_weights_of_the_paper_by_hand(read, turns):
    # pass rates over 4 turns: 1, 1, 1/4; the first two are one in difficulty, the last is alone
    group = [turns("a", tests=t) for t in ([1, 1, 1], [1, 1, 0])]
    group.append(turns("a", "b", tests=np.array([[1, 1, 0], [1, 1, 0]])))
    stack = read("difficulty_weighted(tests, alpha=2, width=0.01, delta=1)")
    easy, hard = np.exp(-2.0) / (2 + 1), np.exp(-0.5) / (1 + 1)
    paid = [p.total for p in stack.finish_group(group)]
    np.testing.assert_allclose(paid[0], [2 * easy + hard])
    np.testing.assert_allclose(paid[1], [2 * easy])
    np.testing.assert_allclose(paid[2], [2 * easy, 2 * easy])


def test_many_easy_tests_do_not_outweigh_a_hard_one(read, turns):
    # two tests that all pass count as one: more of them add nothing
    group = [turns("a", tests=t) for t in ([1, 1, 1], [1, 1, 0])]
    paid = [float(p.total[0]) for p in read("difficulty_weighted(tests)").finish_group(group)]
    assert paid[1] == pytest.approx(np.exp(-1.0), rel=1e-5)
    assert paid[0] - paid[1] > paid[1]


def test_a_wide_width_and_no_alpha_are_the_plain_share(read, turns):
    group = [turns("a", tests=t) for t in ([1, 1, 0], [1, 0, 0])]
    stack = read("difficulty_weighted(tests, alpha=0, width=1000, delta=0)")
    paid = [float(p.total[0]) for p in stack.finish_group(group)]
    np.testing.assert_allclose(paid, [2 / 3, 1 / 3], rtol=1e-5)


def test_tests_that_differ_in_difficulty_are_worth_the_bound(read, turns):
    # pass rates 1, 2/3, 1/3, each alone in its difficulty: the weight of each is 1 / (1 + delta)
    every = turns("a", "b", "c", tests=np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0]]))
    stack = read("difficulty_weighted(tests, alpha=0, width=1e-9, delta=0.25)")
    np.testing.assert_allclose(stack.finish_group([every])[0].total, [3 / 1.25, 2 / 1.25, 1 / 1.25])
    term = stack.entries[0].term
    found = term.bounds(Givens(term.binding.schema), Learner())
    assert (found.low, found.high) == (0.0, 3 / 1.25)


def test_only_a_vector_feature_will_do(read):
    with pytest.raises(
        BindingError, match=r"difficulty_weighted\(tests\) names a feature of shape"
    ):
        read("difficulty_weighted(x)")


def test_correct_code_is_paid_for_speed(read, turns):
    stack = read("code_speed(success, seconds, 2)")
    episode = turns(*"abcde", seconds=[0, 1, 2, 4, 99], success=True)
    np.testing.assert_allclose(stack.step(episode).total, [1, 0.75, 0.5, 0, 0])
    assert stack.step(turns("a", seconds=0, success=False)).total.tolist() == [-1.0]
    # a reference that took no time tells nothing: the least that correct code is paid
    assert read("code_speed(success, seconds, 0)").step(turns("a", success=True)).total[0] == 0


def test_wrong_options_name_the_term(read):
    with pytest.raises(ConfigError, match="width of difficulty_weighted"):
        read("difficulty_weighted(tests, width=0)")
    with pytest.raises(ConfigError, match="failed of code_speed"):
        read("code_speed(success, seconds, 1, failed='x')")
