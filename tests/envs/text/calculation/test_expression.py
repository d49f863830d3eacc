from __future__ import annotations

from fractions import Fraction

import pytest

from rewardsmith.envs.text.calculation.expression import (
    Leaf,
    Node,
    Step,
    Tree,
    canonical,
    depth,
    next_step,
    read_number,
    read_step,
    reduced,
    size,
    text,
    value,
)
from rewardsmith.envs.text.calculation.generator import Settings, draw, side
from rewardsmith.errors import ConfigError


def leaf(x: float) -> Leaf:
    return Leaf(Fraction(x))


def node(left: Tree | float, op: str, right: Tree | float) -> Node:
    sides = (s if isinstance(s, Leaf | Node) else leaf(s) for s in (left, right))
    return Node(op, *sides)


@pytest.mark.parametrize(
    ("tree", "written", "worth"),
    [
        (node(node(1, "+", 2), "*", 3), "(1 + 2) * 3", 9),
        (node(1, "+", node(2, "*", 3)), "1 + 2 * 3", 7),
        (node(node(8, "-", 3), "-", 2), "8 - 3 - 2", 3),
        (node(8, "-", node(3, "-", 2)), "8 - (3 - 2)", 7),
        (node(8, "/", node(4, "/", 2)), "8 / (4 / 2)", 4),
        (node(-1, "-", -2), "(-1) - (-2)", 1),
        (node(0.5, "*", 4), "(1/2) * 4", 2),
    ],
)
def test_trees_are_written_as_they_are_worked_out(tree: Node, written: str, worth: int) -> None:
    assert text(tree) == written
    assert value(tree) == worth


def test_values_are_exact() -> None:
    third = node(1, "/", 3)
    assert value(node(node(third, "+", third), "+", third)) == 1


def test_size_and_depth() -> None:
    tree = node(node(1, "+", 2), "*", node(3, "-", node(4, "+", 5)))
    assert (size(tree), depth(tree)) == (4, 3)


def test_canonical_ignores_order_and_brackets_of_sums_and_products_alone() -> None:
    assert canonical(node(node(1, "+", 2), "+", 3)) == canonical(node(3, "+", node(2, "+", 1)))
    assert canonical(node(2, "*", 3)) == canonical(node(3, "*", 2))
    assert canonical(node(2, "-", 3)) != canonical(node(3, "-", 2))
    assert canonical(node(2, "*", node(3, "+", 4))) != canonical(node(node(2, "*", 3), "+", 4))


def test_a_step_is_worked_out_at_its_leftmost_place() -> None:
    tree = node(node(1, "+", 2), "*", node(2, "+", 1))
    first = reduced(tree, Step("+", Fraction(2), Fraction(1), Fraction(3)))
    assert first is not None
    assert text(first) == "3 * (2 + 1)"
    assert reduced(tree, Step("*", Fraction(3), Fraction(3), Fraction(9))) is None
    assert next_step(first) == Step("+", Fraction(2), Fraction(1), Fraction(3))


@pytest.mark.parametrize(
    ("line", "number"),
    [("12", 12), (" -3 ", -3), ("0.25", Fraction(1, 4)), ("( 6 / 4 )", Fraction(3, 2))],
)
def test_numbers_are_read(line: str, number: Fraction) -> None:
    assert read_number(line) == number


@pytest.mark.parametrize("line", ["", "1 2", "1/0", "1e3", "--1", "nan", "()", "1/2/3", "9" * 4400])
def test_what_is_no_number_is_none(line: str) -> None:
    assert read_number(line) is None


def test_steps_are_read_with_signs() -> None:
    assert read_step("5--3 = 8") == Step("-", Fraction(5), Fraction(-3), Fraction(8))
    assert read_step("5 - 3 - 1 = 1") is None


TINY = Settings("+-", 0, 9, 2, 3, 2)


def test_train_and_test_share_no_expression() -> None:
    train = {canonical(draw(TINY, seed)) for seed in range(0, 3000, 2)}
    test = {canonical(draw(TINY, seed)) for seed in range(1, 3000, 2)}
    assert min(len(train), len(test)) > 300
    assert not train & test


def test_the_split_reads_content_and_is_even() -> None:
    assert side(node(3, "+", 4)) == side(node(4, "+", 3))
    sides = [side(node(a, "-", b)) for a in range(40) for b in range(40)]
    assert 0.45 < sum(sides) / len(sides) < 0.55  # 4 standard deviations are 0.05


def test_settings_bound_what_is_drawn() -> None:
    drawn = [draw(Settings("*/", 2, 12, 3, 6, 3), seed) for seed in range(100)]
    assert all(3 <= size(t) + 1 <= 6 and depth(t) <= 3 for t in drawn)
    assert all(value(t).denominator == 1 for t in drawn)
    assert {size(t) + 1 for t in drawn} == {3, 4, 5, 6}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"operators": "+%"}, "operators are some of"),
        ({"operators": ""}, "operators are some of"),
        ({"low": 5, "high": 4}, "low..high"),
        ({"min_length": 1}, "Lengths are"),
        ({"max_length": 5, "max_depth": 2}, "raise max_depth"),
        ({"max_length": 400, "max_depth": 400}, "characters long"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Settings(**settings)  # type: ignore[arg-type]


def test_settings_without_both_splits_are_refused() -> None:
    other = 1 - side(node(1, "+", 1))
    with pytest.raises(ConfigError, match="many expressions"):
        draw(Settings("+", 1, 1, 2, 2, 1), other)
