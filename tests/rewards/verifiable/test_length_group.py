import numpy as np
import pytest

from rewardsmith.errors import ConfigError, RewardsmithError


def paid(stack, group):
    return [float(p.total.sum()) for p in stack.finish_group(group)]


def test_drpo_weights_the_correct_by_shortness(read, turns):
    stack = read("length_drpo(action, success, most=2, temperature=1)")
    group = [turns("w", success=True), turns("w", "w w", success=True), turns("w", success=False)]
    # lengths 1 and 3: exp(-0.5), exp(-1.5), scaled to add up to 2
    weights = np.exp([-0.5, -1.5])
    np.testing.assert_allclose(paid(stack, group), [*(2 * weights / weights.sum()), 0])


def test_drpo_pays_nothing_where_nobody_is_right_and_does_not_overflow(read, turns):
    stack = read("length_drpo(action, success, most=1, temperature=0.0001)")
    assert paid(stack, [turns("w"), turns("w w")]) == [0, 0]
    group = [turns("w" * 10, success=True), turns("w " * 9999, success=True)]
    assert paid(stack, group) == [2, 0]


def test_lambda_is_plain_in_hard_groups_and_penalises_in_easy_ones(read, turns):
    stack = read("length_lambda(action, success, ratio=0.6, strength=0.5)")
    hard = [turns("w", success=True), turns("w w w", success=False)]
    assert paid(stack, hard) == [1, 0]
    # correct lengths 1 and 3: mean 2, std 1, so -1 and +1
    easy = [turns("w", success=True), turns("w w w", success=True), turns("w", success=False)]
    sigmoid = 1 / (1 + np.exp(1))
    expected = [1 - 0.5 * sigmoid, 1 - 0.5 * (1 - sigmoid), 0]
    np.testing.assert_allclose(paid(stack, easy), expected)


def test_equal_lengths_are_average(read, turns):
    stack = read("length_lambda(action, success, strength=0.5)")
    assert paid(stack, [turns("w", success=True)] * 2) == [0.75, 0.75]


def test_only_the_last_row_is_paid(read, turns):
    out = read("length_lambda(action, success, ratio=1)").finish(turns("w", "w", success=True))
    assert out.total[0] == 0
    assert out.total[1] > 0


@pytest.mark.parametrize("options", ["ratio=2", "strength=-1", "unit='lines'"])
def test_wrong_options_name_the_term(read, options):
    with pytest.raises(ConfigError, match="length_lambda"):
        read(f"length_lambda(action, success, {options})")


def test_the_condition_is_read_at_the_end_without_next(read):
    with pytest.raises(RewardsmithError, match="next"):
        read("length_drpo(action, next(success))")
