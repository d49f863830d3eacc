import numpy as np
import pytest

from rewardsmith.errors import ConfigError


def rows(turns, x, seconds):
    return turns("a", "b", x=x, seconds=seconds)


def test_the_factor_follows_the_growth_of_the_front(read, turns):
    stack = read("hypervolume(x, seconds, weights=(1, 2), every=2)")
    first = rows(turns, 1.0, 0.5)
    assert stack.step(first).total.tolist() == [2, 2]
    stack.update(first)  # the front was empty, now 1 * 0.5
    factor = 0.5 + 1.5 * np.tanh(0.5)
    np.testing.assert_allclose(stack.step(first).total, [2 * factor] * 2)
    stack.update(first)  # nothing new
    np.testing.assert_allclose(stack.step(first).total, [1, 1])
    stack.update(rows(turns, 0.5, 2.0))  # adds 0.5 * (2 - 0.5)
    np.testing.assert_allclose(stack.relabel(first).total, [2 * (0.5 + 1.5 * np.tanh(0.75))] * 2)


def test_windows_gather_rows_and_step_alone_moves_nothing(read, turns):
    stack = read("hypervolume(x, seconds, every=4)")
    batch = rows(turns, [1, 3], [1, 1])
    for _ in range(5):
        assert stack.step(batch).total.tolist() == [2, 4]
    stack.update(batch)
    assert stack.step(batch).total.tolist() == [2, 4]
    stack.update(batch)  # the mean is (2, 1)
    factor = 0.5 + 1.5 * np.tanh(2.0)
    np.testing.assert_allclose(stack.step(batch).total, [2 * factor, 4 * factor])


def test_points_below_the_reference_add_nothing(read, turns):
    stack = read("hypervolume(x, seconds, reference=(5, 5), every=1)")
    stack.update(rows(turns, 1.0, 1.0))
    assert stack.step(rows(turns, 1.0, 1.0)).total.tolist() == [1, 1]


def test_a_saved_state_goes_on_the_same(read, turns):
    rng = np.random.default_rng(0)
    batches = [rows(turns, *rng.random((2, 2))) for _ in range(20)]
    formula = "hypervolume(x, seconds, every=4)"
    whole, half = read(formula), read(formula)
    for batch in batches:
        whole.update(batch)
    for batch in batches[:7]:
        half.update(batch)
    other = read(formula)
    other.load_state_dict(half.state_dict())
    for batch in batches[7:]:
        other.update(batch)
    assert other.step(batches[0]).total.tolist() == whole.step(batches[0]).total.tolist()


@pytest.mark.parametrize(
    "call",
    [
        "hypervolume(x)",
        "hypervolume(x, x, x, x, x, x)",
        "hypervolume(x, x, reference=(1,))",
        "hypervolume(x, x, weights=(1,))",
        "hypervolume(x, x, every=0)",
        "hypervolume(x, win_rate(x))",
    ],
)
def test_wrong_calls_name_the_term(read, call):
    with pytest.raises(ConfigError, match="hypervolume"):
        read(call)
