"""What is refused: where, why, and what to write instead."""

from __future__ import annotations

import pytest

from rewardsmith.errors import LanguageError
from rewardsmith.language import UnknownWordError, is_program, parse_program


def refused(text: str) -> LanguageError:
    with pytest.raises(LanguageError) as caught:
        parse_program(text)
    return caught.value


#: a line in the body of `def reward(f, obs)`, the column of the caret (from 1), the message
LINES = [
    ("return f.x.y", 12, "Only np, f and next_f have a dot"),
    ("return f.x.sum()", 12, "Write np.sum"),
    ("return f.__dict__", 12, "two underscores"),
    ("return f.reward", 12, "Write env_reward"),
    ("return f.exp", 12, "word of the language"),
    ("return f['x']", 12, "read with a dot"),
    ("return f", 12, "Features are read as f.distance"),
    ("return np", 12, "Write np.exp"),
    ("return np.exp", 12, "np.exp is a function"),
    ("return np.expp(f.x)", 12, "Did you mean 'exp'"),
    ("return np.inf", 12, "only in an option"),
    ("return np.array((1, 2))", 12, "Write a tuple"),
    ("return torch.exp(f.x)", 12, "Write np.exp"),
    ("return math.pi", 12, "Write np.pi"),
    ("return np.exp(f.x, out=f.y)", 24, "Write exp"),
    ("return np.sum(obs, axis=0)", 24, "Leave out 'axis'"),
    ("return np.minimum(f.x)", 12, "Write minimum"),
    ("return np.exp(*obs)", 19, "unpacked with"),
    ("return np.exp(**obs)", 19, "unpacked with"),
    ("return distance", 12, "read as f.distance"),
    ("return action", 12, "Add it: def"),
    ("return next(f.x)", 12, "next_f.distance"),
    ("return print(f.x)", 12, "prints nothing"),
    ("print(f.x)", 5, "prints nothing"),
    ("f.x", 5, "does nothing"),
    ("return getattr(f, 'x')", 12, "Features are read as"),
    ("return absolute(f.x)", 12, "Write np.absolute"),
    ("return tolerence(f.x)", 12, "Did you mean 'tolerance'"),
    ("return tolerance(f.x, margin=f.y)", 34, "known in advance"),
    ("return tolerance(f.x, margins=1)", 27, "Did you mean 'margin'"),
    ("return tolerance(f.x, sigmoid='round')", 12, "sigmoid is one of"),
    ("return (lambda: 1)()", 13, "no lambdas"),
    ("return abs(f.x)(1)", 12, "Only named functions"),
    ("return [x for x in obs]", 12, "literal range or tuple"),
    ("return {f.x}", 12, "no sets"),
    ("return f'{f.x}'", 12, "no f-strings"),
    ("return 'text'", 12, "name of a component"),
    ("return None", 12, "A number is needed"),
    ("return 1j", 12, "A number is needed"),
    ("return ...", 12, "A number is needed"),
    ("return 1e999", 12, "finite"),
    ("return 1 / 0", 12, "not a finite number"),
    ("return obs[0:2]", 16, "no slices"),
    ("return obs[f.x]", 16, "known in advance"),
    ("return obs[0.5]", 16, "whole number"),
    ("return (1, 2)[2]", 19, "2 elements"),
    ("return 3[0]", 12, "cannot be indexed"),
    ("return (1, 2) + f.x", 12, "Take one with"),
    ("return f.x @ f.y", 12, r"np.sum\(a \* b\)"),
    ("return f.x & f.y", 12, "Write `and`"),
    ("return ~f.x", 12, "Write `not`"),
    ("return f.x is 1", 12, "Write =="),
    ("return f.x in (1, 2)", 12, "comparisons out"),
    ("return f.x or 0.5", 19, "give 1 or 0"),
    ("return (y := f.x)", 13, "no :="),
    ("return", 5, "needs a value"),
    ("x = f.x", 0, "returns nothing"),
    ("f.x = 1", 5, "Features cannot be changed"),
    ("obs[0] = 1", 5, "not elements"),
    ("f.x += 1", 5, "Features cannot be changed"),
    ("np = 1", 5, "keeps its meaning"),
    ("x, y = obs", 5, "Only a tuple can be taken apart"),
    ("x, y = 1, 2, 3", 5, "Received 3"),
    ("x, *y = 1, 2, 3", 8, "unpacked with"),
    ("del f", 5, "Nothing can be deleted"),
    ("global x", 5, "constants only"),
    ("import os", 5, "Delete the line"),
    ("from os import path", 5, "Delete the line"),
    ("assert f.x", 5, "asserts nothing"),
    ("raise ValueError", 5, "raises nothing"),
    ("yield f.x", 5, "returns once"),
    ("await f.x", 5, "nothing to await"),
    ("while f.x: pass", 5, "for i in range"),
    ("for x in obs: pass", 14, "literal range or a tuple"),
    ("for i in range(f.x): pass", 20, "known in advance"),
    ("for i in range(10**9): pass", 14, "at most 256 turns"),
    ("for i in range(0, 1, 0): pass", 26, "not 0"),
    ("for i in range(2): break", 24, "Guard the rest"),
    ("try: pass\n    except: pass", 5, "Guard with an"),
    ("with f: pass", 5, "nothing to open"),
    ("class A: pass", 5, "no classes"),
    ("def g(x): return x", 5, "top level"),
    ("async def g(x): return x", 5, "nothing to await"),
    ("match f.x:\n        case 1: pass", 5, "if, elif and else"),
    ("@f\n    def g(): pass", 6, "no decorators"),
    ("if f.x:\n        y = 1\n    return y", 12, "y = 0.0"),
    ("if f.x:\n        return 1", 8, "Add one at the end"),
    ("y = (1, 2) if f.x else 1", 9, "one kind"),
]


@pytest.mark.parametrize(("line", "column", "message"), LINES, ids=lambda x: str(x)[:30])
def test_lines(line: str, column: int, message: str) -> None:
    text = f"def reward(f, obs):\n    {line}\n"
    with pytest.raises(LanguageError, match=message) as caught:
        parse_program(text)
    if column:
        assert caught.value.line > 1
        assert caught.value.column + 1 == column


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("UPPER = 0.3", "Received no function"),
        ("def compute(f): return f.x", "Name the one that is paid `reward`"),
        ("def reward(f):", "This is not Python"),
        ("def reward(f) return 1", "This is not Python"),
        ("def reward(f): return f.x\n\0", "null"),
        ("print(1)\ndef reward(f): return f.x", "prints nothing"),
        ("if 1: x = 1\ndef reward(f): return f.x", "functions and constants only"),
        ("x = f.x\ndef reward(f): return x", "Unknown variable|no parameter"),
        ("def reward(f): return f.x\ndef reward(f): return f.y", "defined twice"),
        ("def reward(f, f2): return f.x", "Known, in any order"),
        ("def reward(f, f): return f.x", "Two parameters"),
        ("def reward(f, np): return f.x", "there already"),
        ("def reward(f=1): return f.x", "no defaults"),
        ("def reward(*f): return f.x", "plain names"),
        ("def reward(f, /): return f.x", "plain names"),
        ("def reward(f, *, t): return f.x", "plain names"),
        ("def reward(f, **k): return f.x", "plain names"),
        ("def potential(f, action): return f.x", "function of one state"),
        ("def potential(f): return f.x, {'a': 1}", "returns one number"),
        ("def reward(f): return potential(f)\ndef potential(f): return f.x", "is not called"),
        ("def g(x): return g(x)\ndef reward(f): return g(f.x)", "calls itself"),
        (
            "def g(x): return h(x)\ndef h(x): return g(x)\ndef reward(f): return g(f.x)",
            "calls itself",
        ),
        ("def g(x): return x\ndef reward(f): return g()", "needs the argument 'x'"),
        ("def g(x): return x\ndef reward(f): return g(1, 2)", "Received 2 arguments"),
        ("def g(x): return x\ndef reward(f): return g(1, x=2)", "twice"),
        ("def g(x): return x\ndef reward(f): return g(xx=2)", "Did you mean 'x'|takes"),
        ("def g(x): return x\ndef reward(f): return g", "is no value"),
        ("def range(x): return x\ndef reward(f): return f.x", "`range` keeps its meaning"),
        ("def enumerate(x): return x\ndef reward(f): return f.x", "`enumerate` keeps its"),
        ("def zip(x): return x\ndef reward(f): return f.x", "`zip` keeps its meaning"),
        (
            "range = 2.0\ndef reward(f):\n    for i in range(3):\n        pass\n    return f.x",
            "`range` is a value here",
        ),
        (f"A = {'9' * 5000}\ndef reward(f): return A*f.x", "a number has too many digits"),
        ("def reward(f): return 1e-400*f.x", "A number must be 0 or at least 5e-324"),
        ("def reward(f): return 0.0001e-999*f.x", "A number must be 0 or at least 5e-324"),
        ("def reward(f: __import__('os')): return f.x", "A type is written as"),
        ("def reward(f) -> (lambda: 1): return f.x", "A type is written as"),
    ],
)
def test_programs(text: str, message: str) -> None:
    with pytest.raises(LanguageError, match=message):
        parse_program(text)


def test_unknown_words_name_the_near_misses() -> None:
    error = refused("def reward(nextf):\n    return nextf.x")
    assert isinstance(error, UnknownWordError)
    assert "Did you mean 'next_f'" in str(error)
    assert "env_reward: the environment's own reward" in str(error)


def test_the_caret_stands_under_the_place_in_characters() -> None:
    error = refused("def reward(f):\n    größe = f.x + f['y']\n    return größe")
    assert str(error).splitlines()[1:] == [
        "  at line 2, column 19",
        "        größe = f.x + f['y']",
        "                      ^^^^^^",
    ]


def test_the_file_is_named() -> None:
    with pytest.raises(LanguageError, match=r"^In my\.py: "):
        parse_program("def reward(f): return g", "my.py")


def test_a_program_that_is_too_long_is_called_one_and_shows_where() -> None:
    head = "#" * 19_990 + "\n"
    text = head + "def reward(f):\n    return f.x\n"
    assert is_program(text)
    error = refused(text)
    assert error.message == f"A program has at most 20000 characters. Received {len(text)}."
    # 19,991 characters stand before line 2, so its tenth is the first too many.
    assert str(error).splitlines()[1:] == [
        "  at line 2, column 10",
        "    def reward(f):",
        "             ^",
    ]


def test_the_largest_number_of_digits_is_not_named_by_pythons_settings() -> None:
    assert "set_int_max_str_digits" not in str(refused(f"def reward(f): return {'9' * 5000}"))


def test_numbers_that_are_zero_or_tiny_are_read() -> None:
    assert parse_program("def reward(f): return 0e-999 + 0.0*f.x + 5e-324*f.y + 0x0")
