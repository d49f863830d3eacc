import numpy as np
import pytest

from rewardsmith.errors import BindingError, ConfigError


def test_hard_tests_weigh_more_by_hand(read, turns):
    # pass rates over 4 episodes: 1, 1/2, 1/4 -> weights max(1 - rho, .1): .1, .5, .75
    group = [turns("a", tests=t) for t in ([1, 1, 1], [1, 1, 0], [1, 0, 0], [1, 0, 0])]
    paid = read("difficulty_weighted(tests)").finish_group(group)
    total = 0.1 + 0.5 + 0.75
    np.testing.assert_allclose(
        [p.total[0] for p in paid], [1, 0.6 / total, 0.1 / total, 0.1 / total]
    )


def test_each_turn_is_paid_for_its_own_tests(read, turns):
    episode = turns("a", "b", tests=np.array([[0, 0, 0], [1, 0, 0]]))
    paid = read("difficulty_weighted(tests, least=0)").finish_group([episode, turns("c")])
    # rho of the first test 1/2, of the others 0: weights .5, 1, 1
    np.testing.assert_allclose(paid[0].total, [0, 0.5 / 2.5])
    np.testing.assert_allclose(paid[1].total, [0])


def test_tests_that_all_pass_weigh_the_same(read, turns):
    group = [turns("a", tests=[1, 1, 1])] * 2
    paid = read("difficulty_weighted(tests, least=0)").finish_group(group)
    assert [p.total[0] for p in paid] == [1.0, 1.0]


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
    with pytest.raises(ConfigError, match="least of difficulty_weighted"):
        read("difficulty_weighted(tests, least=-1)")
    with pytest.raises(ConfigError, match="failed of code_speed"):
        read("code_speed(success, seconds, 1, failed='x')")
