"""Each construct of a program, against the formula that says the same."""

from __future__ import annotations

import pytest

from rewardsmith.errors import LanguageError
from rewardsmith.language import format_reward, parse_program, parse_reward, tree_hash


def body(*lines: str, parameters: str = "f, next_f, action, obs, next_obs, env_reward, t") -> str:
    return f"def reward({parameters}):\n" + "\n".join(f"    {line}" for line in lines)


def formula(text: str) -> str:
    tree = parse_program(text)
    assert parse_reward(format_reward(tree), ["potential", "tolerance"]) == tree
    return format_reward(tree)


def returned(expression: str) -> str:
    return formula(body(f"return {expression}"))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("f.x", "x"),
        ("next_f.x", "next(x)"),
        ("next_f.position[1]", "next(position[1])"),
        ("next_f.a - f.a", "value(next(a) - a)"),
        ("obs[0]", "obs[0]"),
        ("obs[-1]", "obs[-1]"),
        ("obs[0, 2]", "obs[0, 2]"),
        ("obs[1 + 1]", "obs[2]"),
        ("next_obs[3]", "next(obs[3])"),
        ("action", "action"),
        ("action[0]", "action[0]"),
        ("t", "t"),
        ("env_reward", "env"),
        ("env_reward / 2", "0.5*env"),
        ("f.x * env_reward", "x*reward"),
        ("2 * f.x", "2*x"),
        ("f.a if f.c > 1 else -f.b", "where(c > 1, a, -b)"),
        ("1.0 if f.c else 0.0", "where(c, 1, 0)"),
        ("0 < f.x <= 1", "0 < x <= 1"),
        ("f.a and not f.b or f.c", "a and not b or c"),
        ("+f.x", "x"),
        ("f.x ** 2", "x**2"),
        ("f.a // 2 % 3", "a//2%3"),
        ("True", "1"),
        ("-0.0", "0"),
        ("np.pi > 3", "1"),
        ("2 ** 3 + 1", "9"),
        ("abs(f.x)", "abs(x)"),
        ("np.abs(f.x)", "abs(x)"),
        ("np.absolute(f.x)", "abs(x)"),
        ("np.exp(-f.x)", "exp(-x)"),
        ("np.square(f.x)", "x*x"),
        ("np.power(f.x, 3)", "x**3"),
        ("np.minimum(f.a, f.b)", "min(a, b)"),
        ("np.maximum(f.a, f.b)", "max(a, b)"),
        ("min(f.a, f.b, 1)", "min(a, b, 1)"),
        ("max(obs)", "max(obs)"),
        ("np.max(obs)", "max(obs)"),
        ("np.clip(f.x, 0, 1)", "clip(x, 0, 1)"),
        ("np.clip(f.x, a_min=0, a_max=1)", "clip(x, 0, 1)"),
        ("np.where(f.c, f.a, 0)", "where(c, a, 0)"),
        ("np.linalg.norm(f.p - f.q)", "norm(p - q)"),
        ("norm(f.p)", "norm(p)"),
        ("np.sum(f.p * f.q)", "sum(p*q)"),
        ("np.dot(f.p, f.q)", "sum(p*q)"),
        ("np.mean(obs)", "mean(obs)"),
        ("np.any(obs > 1)", "any(obs > 1)"),
        ("np.logical_and(f.a, f.b)", "a and b"),
        ("np.logical_not(f.a)", "not a"),
        ("np.hypot(f.a, f.b)", "sqrt(a*a + b*b)"),
        ("np.log1p(f.x)", "log(1 + x)"),
        ("float(f.x)", "x"),
        ("bool(f.x)", "x != 0"),
        ("sum((f.a, f.b, 1))", "value(a + b + 1)"),
        ("np.mean((f.a, f.b))", "(a + b)/2"),
        ("np.linalg.norm((f.a, f.b))", "sqrt(a*a + b*b)"),
        ("any((f.a, f.b))", "a != 0 or b != 0"),
        ("max((f.a, f.b))", "max(a, b)"),
        ("max((f.a,))", "a"),
        ("len((1, 2, 3))", "3"),
        ("(f.a, f.b)[1]", "b"),
        ("(f.a, f.b)[-2]", "a"),
        ("((1, f.a), 2)[0][1]", "a"),
        (
            "tolerance(f.x, bounds=(0, 1), margin=2, sigmoid='linear')",
            'value(tolerance(x, bounds=(0, 1), margin=2, sigmoid="linear"))',
        ),
        ("tolerance(f.x, (0, np.inf), 1)", "value(tolerance(x, bounds=(0, inf), margin=1))"),
        ("tolerance(f.x, (-float('inf'), 1))", "value(tolerance(x, bounds=(-inf, 1)))"),
    ],
)
def test_expressions(expression: str, expected: str) -> None:
    found = returned(expression)
    known = ["tolerance"]
    assert parse_reward(found, known) == parse_reward(expected, known), found


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["x = f.a", "x += f.b", "return x"], "value(a + b)"),
        (["x = f.a", "x *= f.b", "return x"], "a*b"),
        (["x: float = f.a", "y: int", "return x"], "a"),
        (["a, (b, c) = f.a, (f.b, f.c)", "return a * b - c"], "value(a*b - c)"),
        (["x = y = f.a", "return x * y"], "a*a"),
        (["a, b = f.a, f.b", "a, b = b, a", "return a / b"], "b/a"),
        (["'''Text.'''", "pass", "return f.a"], "a"),
        (["total = 0.0", "for i in range(3):", "    total += obs[i]", "return total"],
         "value(obs[0] + obs[1] + obs[2])"),
        (["x = 0", "for i in range(4, 0, -2):", "    x += i * obs[i]", "return x"],
         "value(4*obs[4] + 2*obs[2])"),
        (["x = 0", "for w in (0.5, 0.25):", "    x += w * f.a", "return x"],
         "value(0.5*a + 0.25*a)"),
        (["x = 0", "for i, w in enumerate((2, 3)):", "    x += w * obs[i]", "return x"],
         "value(2*obs[0] + 3*obs[1])"),
        (["x = 0", "for a, b in zip((f.a, f.b), (1, 2)):", "    x += a ** b", "return x"],
         "value(a**1 + b**2)"),
        (["x = 1", "for i in range(0):", "    x = f.a", "return x"], "1"),
        (["x = 0", "for i in range(3):", "    if i != 1:", "        x += obs[i]", "return x"],
         "value(obs[0] + obs[2])"),
        (["if f.c:", "    x = f.a", "else:", "    x = f.b", "return x"], "where(c, a, b)"),
        (["x = f.a", "if f.c:", "    x = 2", "return x"], "where(c, 2, a)"),
        (["x = f.a", "if f.c:", "    x += 2", "return x"], "value(a + where(c, 2, 0))"),
        (["x = f.a", "if f.c:", "    x -= f.b", "else:", "    x += 1", "return x"],
         "value(a + where(c, -b, 1))"),
        (["if f.c:", "    x = 1", "elif f.d:", "    x = 2", "else:", "    x = 3", "return x"],
         "where(c, 1, where(d, 2, 3))"),
        (["if f.c:", "    return f.a", "return f.b"], "where(c, a, b)"),
        (["if f.c:", "    if f.d:", "        return f.a", "x = f.b", "return x"],
         "where(c, where(d, a, b), b)"),
        (["for i in range(2):", "    if obs[i] > 0:", "        return i + 1", "return 0"],
         "where(obs[0] > 0, 1, where(obs[1] > 0, 2, 0))"),
        (["for i in range(200):", "    if i == 150:", "        return f.a", "return 0"], "a"),
        (["p = (f.a, f.b) if f.c else (1, 2)", "return p[1]"], "where(c, b, 2)"),
        (["norm = f.a", "return norm"], "a"),
    ],
)  # fmt: skip
def test_statements(lines: list[str], expected: str) -> None:
    assert formula(body(*lines)) == format_reward(parse_reward(expected, ["tolerance"]))


def test_constants_and_helpers_are_written_out() -> None:
    text = '''
"""A reward."""

SCALE: float = 4
WEIGHTS = (0.5, 2)

def near(x, scale=SCALE):
    if x > 10:
        return 0.0
    return np.exp(-x / scale)

def pair(state):
    return state.a, state.b

def reward(f, next_f):
    a, b = pair(next_f)
    return WEIGHTS[0] * near(a) + near(x=b, scale=1)
'''
    assert formula(text) == (
        "value(0.5*where(next(a) > 10, 0, exp(-next(a)/4)) + "
        "where(next(b) > 10, 0, exp(-next(b)/1)))"
    )


def test_a_potential_is_added_to_what_is_paid() -> None:
    assert formula("def potential(f):\n    return 0.5 * f.x") == "env + potential(0.5*x)"
    both = "def potential(f): return f.x\ndef reward(f): return f.y"
    assert formula(both) == "y + potential(x)"


def test_the_same_reward_has_the_same_hash_in_both_spellings() -> None:
    tree = parse_program("def reward(f):\n    d = 2.0 * f.x\n    return d")
    assert tree_hash(tree) == tree_hash(parse_reward("2*x", []))


def test_indented_text_and_a_byte_order_mark_are_read() -> None:
    assert formula("\n    def reward(f):\n        return f.x\n") == "x"
    assert formula("\ufeffdef reward(f): return f.x") == "x"


def test_a_chain_of_ifs_grows_by_a_step_for_each() -> None:
    lines = ["total = f.x"]
    for i in range(12):
        lines += [f"if obs[{i}] > 0:", f"    total += {i + 1}"]
    found = formula(body(*lines, "return total"))
    assert found.count("where") == 12


@pytest.mark.parametrize(
    "lines",
    [
        ["x = f.x", *["x = x + x"] * 50, "return x"],
        ["x = f.x", "for i in range(250):", "    for j in range(250):", "        x = x * x",
         "return x"],
        ["x = f.x", *["x = x if x > 0 else x * x"] * 40, "return x"],
        ["x = (f.x,)", *["x = (x, x)"] * 50, "return x[0]"],
        ["x = f.x", "for i in range(250):", "    x = abs(x) + 1", "return x"],
        ["for i in range(250):", "  for j in range(250):", "    for k in range(250):",
         "      pass", "return f.x"],
    ],
)  # fmt: skip
def test_what_blows_up_is_refused_while_it_is_read(lines: list[str]) -> None:
    with pytest.raises(LanguageError, match="at most"):
        parse_program(body(*lines))


def test_helpers_that_double_are_refused() -> None:
    helpers = "".join(f"def h{i}(x):\n    return h{i - 1}(x) + h{i - 1}(x)\n" for i in range(1, 40))
    with pytest.raises(LanguageError, match="at most"):
        parse_program(f"def h0(x): return x\n{helpers}def reward(f): return h39(f.x)")
