"""Totals taken apart into named, weighted terms."""

from __future__ import annotations

import pytest

from rewardsmith import RewardStack
from rewardsmith.errors import LanguageError
from rewardsmith.language import format_reward, parse_program


def split(*lines: str) -> str:
    text = "def reward(f, next_f, env_reward):\n" + "\n".join(f"    {line}" for line in lines)
    return format_reward(parse_program(text))


PAIR = 'return total, {"a": a, "b": b}'


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a, b = f.x, f.y", "total = 2 * a - b / 4", PAIR],
         '2*value(x, name="a") - 0.25*value(y, name="b")'),
        (["a, b = f.x, f.y", "total = 0.5 * (a + 3 * b)", PAIR],
         '0.5*value(x, name="a") + 1.5*value(y, name="b")'),
        (["a, b = f.x, f.y", "total = -(a - b)", PAIR],
         '-value(x, name="a") + value(y, name="b")'),
        (["a, b = 0.5 * f.x, f.x + f.y", "total = a + b", PAIR],
         'value(0.5*x, name="a") + value(x + y, name="b")'),
        (["a, b = f.x, f.y", "total = a + b + f.z - 1", PAIR],
         'value(x, name="a") + value(y, name="b") + value(z - 1)'),
        (["a, b = f.x, f.y", "total = env_reward + a", PAIR],
         'env + value(x, name="a") + 0*value(y, name="b")'),
        (["a, b = f.x, f.y", "total = a * b", PAIR],
         '0*value(x, name="a") + 0*value(y, name="b") + x*y'),
        (["a, b = f.x, f.y", "total = a + a + b", PAIR],
         '2*value(x, name="a") + value(y, name="b")'),
        (["a, b = f.x, f.x", "total = a + b", PAIR],
         'value(x, name="a") + value(x, name="b")'),
        (["a, b = 1.0, f.y", "total = a + b", PAIR],
         'value(1, name="a") + value(y, name="b")'),
        (["a, b = env_reward, f.y", "total = a + b", PAIR],
         'env(name="a") + value(y, name="b")'),
        (["return env_reward + f.x, {'env': env_reward}"], "env + x"),
        # the total itself among the components is watched, and alone it is the reward
        (["a = f.x", "total = a + f.y", 'return total, {"a": a, "total": total}'],
         'value(x, name="a") + 0*value(x + y, name="total") + y'),
        (["total = f.x + f.y", 'return total, {"total": total}'],
         'value(x + y, name="total")'),
        # what nobody names stays as it was written
        (["return (f.x + f.y) / 2 + 1, {'z': f.z}"],
         '0*value(z, name="z") + value((x + y)/2 + 1)'),
        (['p = {"a": f.x, "b": f.y}', 'return 2 * p["a"] - p["b"], p'],
         '2*value(x, name="a") - value(y, name="b")'),
        # a dictionary of its own, filled later
        (["a = f.x", 'parts = {"a": a}', 'parts["b"] = f.y', "return a + f.y, parts"],
         'value(x, name="a") + value(y, name="b")'),
    ],
)  # fmt: skip
def test_weighted_sums(lines: list[str], expected: str) -> None:
    assert split(*lines) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a, b = f.x, 0.0", "total = a", "if f.c:", "    b = 10.0", "    total += b", PAIR],
         'value(x, name="a") + value(where(c, 10, 0), name="b")'),
        (["if f.c:", '    return -1.0, {"a": 0.0}', 'return 2 * f.x, {"a": f.x}'],
         '2*value(where(c, 0, x), name="a") + where(c, -1, 0)'),
        (["if f.c:", '    return f.x, {"a": f.x}', 'return 2 * f.y, {"a": f.y}'],
         '0*value(where(c, x, y), name="a") + where(c, x, 2*y)'),
        (["a, b = f.x, f.y", "total = a if f.c else b", PAIR],
         '0*value(x, name="a") + 0*value(y, name="b") + where(c, x, y)'),
    ],
)  # fmt: skip
def test_choices(lines: list[str], expected: str) -> None:
    assert split(*lines) == expected


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['return f.x, {"a": f.x, "a": f.y}'], "Two components are named 'a'"),
        (['p = {"near": f.x}', 'return p["naer"], p'], "Did you mean 'near'"),
        (["return f.x, {f.x: f.x}"], "named by plain text"),
        (['return f.x, {"": f.x}'], "1 to 64 printable"),
        (['return f.x, {"a\\n": f.x}'], "1 to 64 printable"),
        (["return f.x, {" + ",".join(f'"{i}": f.x' for i in range(65)) + "}"], "at most 64"),
        (["return f.x, {'env': f.x}"], "environment's own reward"),
        (["return f.x, f.y"], "A reward ends in `return total`"),
        (['return {"a": f.x}, f.x'], "A reward ends in `return total`"),
        (["return f.x, {'a': (f.x, 1)}"], "this is a tuple"),
        (["if f.c:", '    return 1, {"a": 1}', 'return 1, {"b": 1}'], "same components"),
    ],
)
def test_components_that_are_none(lines: list[str], message: str) -> None:
    with pytest.raises(LanguageError, match=message):
        split(*lines)


def test_weights_add_up_to_the_total() -> None:
    text = """
def reward(f):
    a, b = f.x, 3.0 * f.y
    total = 2 * a - 0.5 * (b - 1)
    return total, {"a": a, "b": b}
"""
    stack = RewardStack.parse(text)
    assert stack.names == ("a", "b", "value")
    # 2*5 - 0.5*(3*4 - 1) = 4.5, by hand
    weights = [item.weight for item in stack.tree.items]
    assert weights == [2.0, -0.5, 1.0]
    assert format_reward(stack.tree).endswith(" + 0.5")
