import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards import Clip, Normalize, Potential, Scale, Tanh


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("scale(value(x), -2)", [2, 0, -6]),
        ("clip(value(x), 0, 2)", [0, 0, 2]),
        ("tanh(value(x))", np.tanh([-1, 0, 3])),
        ("clip(env + x, 0, 2)", [0, 1, 2]),
    ],
)
def test_transforms_by_hand(bind, rows, formula, expected):
    reward = 1.0 if "env" in formula else 0.0
    np.testing.assert_allclose(bind(formula).relabel(rows([-1, 0, 3, 0], reward)).total, expected)


def test_normalize_divides_by_the_deviation_of_all_values_seen(bind, rows):
    stack = bind("normalize(value(x))", num_envs=2)
    seen = []
    for pair in ([1.0, 5.0], [3.0, 11.0], [-2.0, 0.5]):
        step = rows([*pair, 0])
        stack.step(step)
        stack.update(step)
        seen.extend(pair)
    expected = np.array([7.0]) / np.sqrt(np.var(seen) + 1e-8)
    np.testing.assert_allclose(stack.relabel(rows([7, 0])).total, expected, rtol=1e-12)


def test_normalize_learns_only_in_update_and_does_not_leak_across_episodes(bind, rows):
    stack = bind("normalize(value(x), center=True)")
    for _ in range(3):
        assert stack.step(rows([5, 0])).total.tolist() == [5.0]
    paid = []
    for ended in (False, True):
        stack = bind("normalize(value(x))")
        for x in (1.0, 2.0, 4.0):
            step = rows([x, 0], truncated=ended)
            last = float(stack.step(step).total[0])
            stack.update(step)
            stack.reset(np.array([ended]))
        paid.append(last)
    assert paid[0] == paid[1]


def test_normalize_saves_and_resumes_bit_identically(bind, rows, tmp_path):
    one, two = bind("normalize(value(x))"), bind("normalize(value(x))")
    for x in (1.0, 2.5, -4.0):
        one.step(rows([x, 0]))
        one.update(rows([x, 0]))
    one.save(tmp_path / "state.npz")
    two.load(tmp_path / "state.npz")
    assert two.step(rows([3, 0])).total[0] == one.step(rows([3, 0])).total[0]
    assert two.clock.steps == 3


@pytest.mark.parametrize(
    ("formula", "rule"),
    [
        ("normalize(x, epsilon=-1)", r"epsilon of normalize is a finite number > 0\. Received -1"),
        ("normalize(x, epsilon=0)", r"> 0\. Received 0\. Write epsilon=1e-8"),
        ("normalize(x, epsilon='a')", "Received 'a'"),
        ("normalize(x, epsilon=inf)", "Received inf"),
        ("normalize(x, center=2)", "center of normalize is True or False. Received 2"),
        ("normalize(x, 1)", "Options are written by name"),
        ("scale(env, x)", r"k of scale\(T, k\) is a number.*Received the expression `x`"),
        ("clip(env, x, 1)", r"lo of clip\(T, lo, hi\) is a number"),
        ("scale(env)", r"called as scale\(T, k\).*scale\(env\)"),
        ("step_cost(x)", r"c of step_cost\(c\) is a number"),
    ],
)
def test_wrong_options_state_the_rule_and_what_was_received(bind, formula, rule):
    with pytest.raises(ConfigError, match=rule):
        bind(formula)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Scale("x", float("nan")),
        lambda: Scale("x", float("inf")),
        lambda: Clip("x", 0, float("nan")),
        lambda: Normalize("x", epsilon=float("nan")),
        lambda: Scale("x", True),
    ],
)
def test_python_options_are_finite_numbers_too(build):
    with pytest.raises(ConfigError, match="finite number"):
        build()


def test_only_scale_leaves_its_claim_to_the_term_inside():
    assert Clip.guarantee == Normalize.guarantee == Tanh.guarantee == "biased"
    assert Scale.decided_by_parts == {"scope", "guarantee"}
    assert Scale("x", 2).guarantee == "biased"
    assert Scale(Potential("x"), 2).guarantee == "invariant"


def test_clip_wants_its_bounds_in_order(bind):
    with pytest.raises(ConfigError, match=r"low <= high. Received \(2, 1\)"):
        bind("clip(env, 2, 1)")


@pytest.mark.parametrize(
    ("formula", "paid"),
    [
        # win rates of the totals 1, 3, 3: 0, 3/4, 3/4
        ("scale(win_rate(x), 4)", [0, 3, 3]),
        ("clip(win_rate(x), 0.1, 0.5)", [0.1, 0.5, 0.5]),
        ("tanh(win_rate(x))", np.tanh([0, 0.75, 0.75])),
        ("normalize(win_rate(x))", [0, 0.75, 0.75]),
    ],
)
def test_transforms_of_a_term_that_compares_a_group(read, turns, formula, paid):
    stack = read(formula)
    assert stack.scope == "group"
    group = [turns("a", x=1), turns("a", x=3), turns("a", x=3)]
    np.testing.assert_allclose([float(p.total[0]) for p in stack.finish_group(group)], paid)
    assert stack.step(group[0]).total.tolist() == [0]
