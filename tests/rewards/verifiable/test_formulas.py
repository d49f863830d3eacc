import os
import sys
import time

import numpy as np
import pytest

from rewardsmith.errors import ConfigError, MissingExtraError, UnknownNameError
from rewardsmith.rewards.verifiable import formulas
from rewardsmith.rewards.verifiable.formulas import FORMULAS
from rewardsmith.rewards.verifiable.math_worker import plain, watch
from rewardsmith.rewards.verifiable.stated import LONGEST

pytest.importorskip("math_verify")
STACK = "numeric_match(action, answer, verifier='math_verify', seconds=20)"


@pytest.mark.parametrize(
    ("answer", "truth", "same"),
    [
        (r"\frac{1}{2}", "0.5", True),
        ("1/2", r"\dfrac{2}{4}", True),
        (r"50\%", "0.5", True),
        ("0.3333", "1/3", False),
        (r"\sqrt{8}", r"2\sqrt{2}", True),
        (r"\{1, 2, 3\}", r"\{3,1,2\}", True),
        (r"\{1, 2\}", r"\{1, 2, 3\}", False),
        ("[0, 1)", "[0,1)", True),
        ("[0, 1]", "[0, 1)", False),
        (r"(0,1) \cup (1,2)", r"(0,2) \setminus \{1\}", True),
        ("x = 3", "3", True),
        ("x^2 - 1", "(x-1)(x+1)", True),
        ("x^2 + 1", "(x-1)(x+1)", False),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}", True),
        (r"-\infty", r"\infty", False),
        ("1,234", "1234", True),
        ("", "1", False),
        ("}{", "1", False),
    ],
)
def test_formulas_are_compared_by_their_meaning(answer, truth, same):
    assert FORMULAS.same(answer, truth, 20) is same


def test_the_term_finds_the_formula_in_a_text(read, turns):
    lines = [
        r"Half of it, so \boxed{\frac{1}{2}}, not 3.",
        "It is $0.5$ metres.",
        r"First \(x = 2\), then \[ \frac{3}{6} \]",
        "I add.\n#### 0.5",
        "2 or\n1/2.",
        "It is $0.6$.",
        "",
    ]
    stack = read(STACK)
    paid = stack.step(turns(*lines, answer=r"The answer: $\tfrac12$")).total
    np.testing.assert_array_equal(paid, [1, 1, 1, 1, 1, 0, 0])


@pytest.mark.parametrize(
    "bomb",
    ["10^{10^{10}}", "9^{9^{9^{9}}}", "(10^{10})!", "2^{2^{2^{2^{2^{2^{2}}}}}}", "{" * 400],
)
def test_what_takes_too_long_is_worth_nothing_and_stops_nobody(bomb):
    FORMULAS.same("1", "1", 20)  # has started
    begun = time.monotonic()
    assert FORMULAS.same(bomb, "7", 1.0) is False
    assert time.monotonic() - begun < 3
    assert FORMULAS.same("14/2", "7", 20) is True


@pytest.mark.parametrize(
    "text",
    ["1+" * 10**6 + "1", "$" * 10**6, "\\boxed{" * 10**5, "\\frac{" * 10**5, "\\(" * 10**6],
    ids=lambda text: text[:6],
)
def test_very_long_texts_are_no_formulas(read, turns, text):
    begun = time.monotonic()
    assert read(STACK).step(turns(text, answer="1")).total.tolist() == [0.0]
    assert time.monotonic() - begun < 3
    assert FORMULAS.same("1" * (LONGEST + 1), "1", 20) is False


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').mkdir('{0}')",
        "\\text{{__import__('os').mkdir('{0}')}}",
        "\\operatorname{{exec}}(\\text{{open('{0}','w')}})",
        "x_{{__import__('os').mkdir('{0}')}}",
        "().__class__.__base__.__subclasses__()",
    ],
)
def test_code_is_not_run(tmp_path, text):
    target = tmp_path / "made"
    assert FORMULAS.same(text.format(target), "1", 20) is False
    assert not target.exists()


def test_the_worker_reads_no_python_and_touches_nothing():
    with pytest.raises(SyntaxError):
        plain("__import__('os').getcwd()")
    for event, details in {
        "os.system": ("ls",),
        "subprocess.Popen": ("ls",),
        "socket.connect": (None, None),
        "open": ("file", "w", os.O_WRONLY | os.O_CREAT),
    }.items():
        with pytest.raises(PermissionError, match="not for formulas"):
            watch(event, details)
    watch("open", ("module.pyc", "rb", os.O_RDONLY))


def test_mistakes_are_told(read, turns, monkeypatch):
    with pytest.raises(ConfigError, match=r"(?s)reference.*Received ''.*exact_match"):
        read(STACK).step(turns("7", answer=""))
    with pytest.raises(UnknownNameError, match="Did you mean 'math_verify'"):
        read("numeric_match(action, answer, verifier='mathverify')")
    with pytest.raises(ConfigError, match="seconds of numeric_match"):
        read("numeric_match(action, answer, verifier='math_verify', seconds=0)")
    monkeypatch.setattr(formulas.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "math_verify", None)
    with pytest.raises(MissingExtraError, match=r"rewardsmith\[math\]"):
        read(STACK)
