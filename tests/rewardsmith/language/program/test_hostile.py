"""What has broken other sandboxes, as a formula and as a program: refused, soon, and not run.

RestrictedPython, asteval and simpleeval let text run and take the harm out of it; each case
names where that has failed. Here nothing runs, so that a case passes if it is refused (or is
a harmless tree) within its time.
"""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rewardsmith import RewardStack
from rewardsmith.benchmarks.language_fuzz.grammar import HOSTILE, HOSTILE_LINES, Grammar
from rewardsmith.errors import ConfigError, LanguageError
from rewardsmith.language import format_reward, parse_program, parse_reward

TERMS = ("potential", "tolerance", "clip", "when")

#: expressions; each is tried as a formula, as what a function returns, and inside a call
EXPRESSIONS = [
    # walking from a literal to every class (all three, and every list of escapes)
    "().__class__.__bases__[0].__subclasses__()",
    "''.__class__.__mro__[1].__subclasses__()",
    "(1).__class__.__base__",
    "[].__class__.__base__.__subclasses__()[78].__init__.__globals__['sys']",
    # RestrictedPython issue 142: getattr with a text
    "getattr(getattr([], '__class__'), '__base__')",
    "getattr(f, '__globals__')",
    # RestrictedPython CVE-2023-41039, simpleeval issue 5: format reads attributes
    "'{0.__class__}'.format(f)",
    "'{0.__class__.__init__.__globals__}'.format_map({'0': f})",
    "str.format('{0.__class__}', f)",
    "'%s' % f",
    # asteval CVE-2025-24359: attributes in the format specification of an f-string
    "f'{f.__class__}'",
    "f'{f!r:>{obs.__class__}}'",
    "f'{0:{f.__class__}}'",
    # RestrictedPython CVE-2023-37271, simpleeval issue 138: frames of generators and coroutines
    "(x for x in obs).gi_frame.f_back.f_globals",
    "[x for x in (y.gi_frame for y in obs)]",
    "f.x().cr_frame.f_builtins",
    "f.x.gi_code",
    # simpleeval issue 15: globals of a function that was given
    "abs.__globals__",
    "np.exp.__globals__['sys'].modules",
    "np.sys.modules",
    "np.os.system('true')",
    "np.ctypeslib",
    "np.__builtins__",
    "np.lib.npyio.os",
    "np.testing.run_module_suite()",
    "np.f2py.os",
    # asteval issue 86: __reduce__ gives getattr
    "print.__reduce__()",
    "abs.__reduce_ex__(2)",
    # asteval issue 32: type makes classes, and code objects
    "type(f)",
    "type('X', (), {})",
    "type(f)(1)",
    # numpy reads and writes files
    "np.load('x', allow_pickle=True)",
    "np.fromfile('/etc/passwd')",
    "np.loadtxt('/etc/passwd')",
    "np.savetxt('x', obs)",
    "np.memmap('x')",
    "obs.tofile('x')",
    "obs.dump('x')",
    "np.vectorize(eval)",
    "np.apply_along_axis(print, 0, obs)",
    "np.frompyfunc(print, 1, 1)",
    "np.exp(obs, out=f)",
    "np.sum(obs, initial=9)",
    # simpleeval pull request 199: the operator module; RestrictedPython: string.Formatter
    "operator.attrgetter('__class__')(f)",
    "string.Formatter().format('{0.__class__}', f)",
    # names that do harm by themselves
    *(
        f"{name}('x')"
        for name in ("eval", "exec", "compile", "open", "__import__", "input", "help")
    ),
    *(f"{name}()" for name in ("globals", "locals", "vars", "dir", "exit", "breakpoint", "object")),
    "__builtins__['eval']",
    "__builtins__.eval('1')",
    "lambda: 1",
    "(lambda f: f(f))(lambda f: f(f))",
    "(x := f)",
    "(yield f)",
    "(await f)",
    "max(*obs)",
    "max(**f)",
    "{**f}",
    # time and memory
    "9**9**9",
    "9**9**9**9**9",
    "-9.0**9**9",
    "2**10000000",
    "10**10**10",
    "'a'*10**9",
    "'a'*10**9*10**9",
    "(0,)*10**9",
    "[0]*10**9",
    "1 << 10**9",
    "range(10**9)",
    "sum(range(10**9))",
    "1e400",
    "-1e400",
    "1e308*10",
    "9" * 5000,
    "0x" + "f" * 5000,
    "1" + "_0" * 5000,
    "'" + "a" * 15_000 + "'",
    # depth
    "(" * 70 + "1" + ")" * 70,
    "(" * 5000,
    "[" * 5000,
    "{" * 5000,
    "-" * 15_000 + "1",
    "~" * 15_000 + "1",
    "not " * 3000 + "1",
    "abs(" * 3000 + "1" + ")" * 3000,
    "1" + "**1" * 3000,
    "1" + "<1" * 5000,
    "1 if 1 else " * 1000 + "1",
    "obs" + "[0]" * 3000,
    "f" + ".x" * 5000,
    "f" + "()" * 5000,
    "lambda: " * 1500 + "1",
    "'\\" * 8000,
    # characters that are not what they seem
    "ｅｖａｌ('1')",
    "__ｉｍｐｏｒｔ__('os')",
    "f.__ｃｌａｓｓ__",
    "np.ｌｏａｄ('x')",
    "\ufb01.x",
    "f\u200b.x",
    "f.x \u202e + 1",
    "\ud800",
    "'\ud800'",
    "f.\udfff",
    "f.x\0",
    "\0",
    "f.x\x1a",
    "f.x\x0c\x0b",
    "'\\N{DIGIT ONE}'",
    "b'\\xff'",
    "1j",
    "...",
    "None",
]

#: statements; each stands in a function and at the top level
STATEMENTS = [
    "import os",
    "import os as np",
    "from os import *",
    "from __future__ import annotations",
    "from numpy.f2py import os",
    "class A: pass",
    "class A(metaclass=type): x = eval('1')",
    # RestrictedPython CVE-2025-22153: the names of try/except*
    "try: 1/0\nexcept* ZeroDivisionError as np: pass",
    "try: raise f\nexcept Exception as e: e.__traceback__.tb_frame",
    # RestrictedPython CVE-2024-47532: AttributeError.obj, name
    "try: f.x\nexcept AttributeError as e: e.obj",
    "while True: pass",
    "for i in range(10**9): pass",
    "for i in range(10**30): pass",
    "for i in range(256):\n    for j in range(256):\n        for k in range(256): x = 1",
    "for x.y in (1, 2): pass",
    "for np in (1, 2): pass",
    "with open('x') as f: pass",
    "global np",
    "nonlocal np",
    "del np",
    "raise SystemExit",
    "assert eval('1')",
    "np.exp = eval",
    "f.__class__ = int",
    "f.x = 1",
    "obs[0] = 1",
    "np = 1",
    "np: int = 1",
    "x: eval('1') = 1",
    "x: (yield) = 1",
    "(x): __import__('os') = 1",
    "x = x = eval",
    "x, *y = obs",
    "@eval\ndef g(): pass",
    "def g(x=eval('1')): pass",
    "def g(x: eval('1')): pass",
    "def g(*a, **k): return a",
    "def g(x): return g(x)",
    "def np(): pass",
    "def __init__(): pass",
    "async def g(): await f",
    "lambda: 1",
    "match f:\n    case {'a': x, **rest}: pass",
    "print(f)",
    "exit()",
    "if __name__ == '__main__': import os",
    "x = [1]\nx.append(x)",
    "type X = int",
    "return eval",
    "yield f",
    "\\",
    "'''",
    "x = " + "(" * 90,
    "if 1:\n" + "".join(" " * i + "if 1:\n" for i in range(1, 99)) + " " * 99 + "x = 1",
    "x = 1\n" * 6000,
    "x = 1; " * 2500,
    "pass\n" * 4000,
    *(
        opener * 58
        for opener in ("f(", "[", "{", "{a:", "(a, b=", "((a)(", "f(a=", "x[", "lambda x=(")
    ),
]


def refused(text: str, read: object = parse_program) -> None:
    """It is refused, or a tree that its own formula gives back, in less than its time."""
    begin = time.process_time()
    with suppress(LanguageError):
        tree = parse_program(text) if read is parse_program else parse_reward(text, TERMS)
        assert parse_reward(format_reward(tree), TERMS) == tree
    # CPU time, and far more than it takes: this finds texts that hang, not slow machines.
    assert time.process_time() - begin < 5


@pytest.mark.parametrize("text", EXPRESSIONS, ids=lambda text: ascii(text[:40]))
def test_expressions(text: str) -> None:
    for formula in (text, f"env + 2*({text})", f"potential(abs({text}))"):
        with pytest.raises(LanguageError):
            parse_reward(formula, TERMS)
    for line in (f"return {text}", f"x = abs({text})", f"for i in {text}: pass", text):
        with pytest.raises(LanguageError):
            parse_program(f"def reward(f, obs):\n    {line}\n")
    with pytest.raises(LanguageError):
        parse_program(f"X = {text}\ndef reward(f): return X")


@pytest.mark.parametrize("text", STATEMENTS, ids=lambda text: ascii(text[:40]))
def test_statements(text: str) -> None:
    with pytest.raises(LanguageError):
        parse_reward(text, TERMS)
    inside = "".join(f"    {line}\n" for line in text.split("\n"))
    refused(f"def reward(f, obs):\n{inside}    return f.x\n")
    refused(f"{text}\ndef reward(f, obs): return f.x\n")
    refused(f"def reward(f, obs):\n    return f.x\n{text}\n")


@pytest.mark.parametrize("name", ["gi_code", "x" * 15_000, "f_globals", "mro", "tofile"])
def test_a_feature_of_any_name_is_looked_up_among_the_features_alone(name: str) -> None:
    assert RewardStack.parse(f"def reward(f): return f.{name}").needs == {name}


@pytest.mark.parametrize("text", [*EXPRESSIONS, *STATEMENTS], ids=lambda text: ascii(text[:40]))
def test_a_stack_says_no_with_an_error_of_ours(text: str) -> None:
    for whole in (text, f"def reward(f): return {text}", f"def reward(f):\n {text}"):
        if whole.endswith((".py", ".yaml", ".yml")):
            continue
        with suppress(LanguageError, ConfigError):
            RewardStack.parse(whole)


def test_nothing_is_opened_imported_or_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # After a syntax error Python reads the line from the file "<unknown>", if there is one.
    (tmp_path / "<unknown>").write_text("secret\n")
    monkeypatch.chdir(tmp_path)
    events: list[tuple[str, object]] = []
    armed = [True]

    def note(event: str, args: tuple[object, ...]) -> None:
        if armed[0] and event not in ("compile", "builtins.id", "sys._getframe", "import"):
            events.append((event, args[:1]))

    sys.addaudithook(note)  # hooks stay for good, so this one is disarmed
    try:
        for text in (*EXPRESSIONS, *STATEMENTS):
            with suppress(LanguageError):
                parse_program(f"def reward(f, obs):\n    return {text}")
    finally:
        armed[0] = False
    assert {event for event in events if event != ("open", ("/dev/null/program",))} == set()


@pytest.mark.parametrize("depth", [0, 500, 600, 700, 800])
def test_a_caller_deep_in_the_stack_gets_an_error_of_ours(depth: int) -> None:
    inner = "abs(" * 50 + "{}" + ")" * 50
    program = f"def reward(f): return {inner.format('f.x')}"

    def descend(levels: int) -> None:
        if levels:
            return descend(levels - 1)
        with suppress(LanguageError):
            parse_program(program)
        with suppress(LanguageError):
            parse_reward(inner.format("x"), TERMS)

    descend(depth)  # a RecursionError would fail the test


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_programs_of_the_grammar_with_harm_mixed_in(data: st.DataObject) -> None:
    grammar = Grammar(lambda n: data.draw(st.integers(0, n - 1)), hostile=True)
    text = grammar.program()
    refused(text)
    refused(text, parse_reward)


@settings(max_examples=150, deadline=None)
@given(
    parts=st.lists(
        st.sampled_from(
            [*HOSTILE, *HOSTILE_LINES, "return f.x", "x = f.x", "\n", "if f.x:", "    "]
        ),
        max_size=8,
    ),
    joint=st.sampled_from(["\n    ", " ", "", "\n", ", ", " + "]),
)
def test_pieces_in_any_order(parts: list[str], joint: str) -> None:
    refused("def reward(f, obs):\n    " + joint.join(parts))


@settings(max_examples=250, deadline=None)
@given(data=st.binary(max_size=120), head=st.sampled_from(["", "def reward(f):\n return ", "f."]))
@example(data=b"\xef\xbb\xbf\xef\xbb\xbf", head="")
def test_any_bytes(data: bytes, head: str) -> None:
    for encoding in ("utf-8", "latin-1"):
        text = head + data.decode(encoding, errors="surrogateescape")
        refused(text)
        refused(text, parse_reward)
