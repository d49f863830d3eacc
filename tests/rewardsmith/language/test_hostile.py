"""Text that means harm, or nothing: only `LanguageError`, and soon."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewardsmith.errors import ConfigError, LanguageError
from rewardsmith.language import (
    compile_expression,
    format_reward,
    parse_expression,
    parse_reward,
    reward_from_yaml,
)

HOSTILE = [
    "__import__('os').system('true')",
    "().__class__.__bases__[0].__subclasses__()",
    "''.__class__.__mro__[1]",
    "(1).__class__",
    "obs.__class__",
    "obs.tofile",
    "np.load('x')",
    "getattr(obs, 'tofile')",
    "globals()['x']",
    "vars()",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'eval')",
    "open('/etc/passwd')",
    "print(1)",
    "breakpoint()",
    "input()",
    "lambda: 1",
    "(lambda f: f(f))(lambda f: f(f))",
    "[x for x in obs]",
    "{x for x in obs}",
    "{1: 2}",
    "sum(x for x in obs)",
    "(yield)",
    "(yield from x)",
    "await x",
    "(x := 1)",
    "f'{obs.__class__}'",
    "f'{obs!r:>{width}}'",
    "'%s' % obs",
    "'a' * 10**9",
    "obs['__class__']",
    "obs[__class__]",
    "obs[abs(1)]",
    "obs[...]",
    "obs[:, 0]",
    "obs[::1000]",
    "max(*obs)",
    "max(**obs)",
    "abs(abs)",
    "abs(abs)(1)",
    "(abs)(1)(2)",
    "potential(abs)",
    "env.unwrapped",
    "env[0]",
    "next(env)",
    "import os",
    "x; import os",
    "x\nimport os",
    "x = 1",
    "x += 1",
    "del x",
    "assert x",
    "return x",
    "class A: pass",
    "def f(): pass",
    "9**9**9**9",
    "-9**9**9**9",
    "9.0**9**9 * env",
    "2**10000000",
    "10**(10**10)",
    "(-8)**0.5",
    "1/0",
    "0/0",
    "0 % 0",
    "1 << 1000000000",
    "1e308*10",
    "exp(1000)",
    "log(0)",
    "max(exp(1e6), 1)",
    "potential(x, n=9**9**9)",
    "potential(x, n=1/0)",
    "potential(x, n=" + "9" * 4000 + ")",
    "0x" + "f" * 5000,
    "1" + "_0" * 5000,
    "nan",
    "inf",
    "-inf",
    "1j*x",
    "tolerance(x, bounds=(0, 1), margin=9**9**9)",
    "(" * 5000,
    "[" * 5000,
    "(" * 5000 + "x" + ")" * 5000,
    "abs(" * 3000 + "x",
    "f(" * 59,
    "[x," * 59,
    "(a, b=" * 59,
    "((a)(" * 25,
    "x[" * 59,
    "x if " * 3000 + "x",
    "not " * 4999 + "x",
    "-" * 19_000 + "x",
    "x**" * 6000 + "x",
    "x<" * 9000 + "x",
    "x and " * 3000 + "x",
    "x + " * 4500 + "x",
    "tiers(" * 61 + "x" + ")" * 61,
    "x" * 20_001,
    "'" * 9999,
    "'\\" * 9999,
    '"""' + "x" * 1000,
    "\\" * 1000,
    "#" * 1000,
    "\0",
    "x\0",
    "\ud800",
    "x + \udfff",
    "\u202ex",
    "\ufeffx + (",
    "x\x0b+",
    "٣ + (",
    "`x`",
    "x?",
    "x->y",
    "x<>y",
    "print x",
    "...",
    ",",
    "x,",
    "x,y",
    "*x",
    "**x",
    "@x",
    "\t",
    "\n",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:40]))
def test_it_is_refused_at_once(text: str) -> None:
    # CPU time, and far more than it takes: this finds texts that hang, not slow machines.
    begin = time.process_time()
    with pytest.raises(LanguageError):
        parse_reward(text, ["potential", "tiers"])
    assert time.process_time() - begin < 1


def test_dunder_names_are_features_that_no_schema_has() -> None:
    # A name is looked up among the features alone, so this reaches nothing.
    run = compile_expression(parse_expression("__builtins__"))
    assert callable(run)


_words = st.sampled_from(
    [
        *("env", "x", "obs", "potential", "tolerance", "clip", "min", "next", "linear", "value"),
        *("(", ")", "[", "]", ",", "=", "+", "-", "*", "**", "/", "//", "%", "<", "==", "!="),
        *("0", "1", "2.5", "1e309", "9**9", "'a'", "name", "inf", "True", "None", "not", "and"),
        *("if", "else", "lambda", "for", "in", ".", ":", "{", "}", "#", "\n", " ", "é", "\0", "\\"),
    ]
)


TERMS = ("potential", "tolerance", "clip", "tiers")


def _only_language_errors(text: str) -> None:
    try:
        tree = parse_reward(text, TERMS)
    except LanguageError as error:
        str(error)  # it can be shown
        return
    assert parse_reward(format_reward(tree), TERMS) == tree


@settings(max_examples=400, deadline=None)
@given(words=st.lists(_words, max_size=14))
def test_nothing_but_language_errors_from_shuffled_words(words: list[str]) -> None:
    _only_language_errors("".join(words))
    _only_language_errors(" ".join(words))


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=40))
def test_nothing_but_language_errors_from_any_text(text: str) -> None:
    _only_language_errors(text)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60) | st.lists(_words, max_size=8).map(" ".join))
def test_nothing_but_our_errors_from_any_yaml(text: str) -> None:
    for yaml in (text, f"terms:\n  a: {text}", f"terms: {{a: {{value: {text}}}}}"):
        with suppress(ConfigError, LanguageError):
            reward_from_yaml(yaml, TERMS)
