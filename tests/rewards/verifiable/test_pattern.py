import random
import re
import time

import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.verifiable.pattern import Pattern

PATTERNS = [
    "(a+)+b", "a*b?c", "[a-c]{2,4}", "(a|b)*c", "(?:ab|c)+", "[^a]*", "a{3}", r"\d+\w\s?", "a|",
    "(a|b|)+c?", ".*a.*", "a{0,2}b{1,}", r"[\d ]+", r"\S*", r"[^\d]b", r"a\.\*", "[]a]+", "[a-]+",
]  # fmt: skip


@pytest.mark.parametrize("source", PATTERNS)
def test_it_agrees_with_pythons_re_on_random_texts(source):
    rng, pattern = random.Random(0), Pattern(source)
    for _ in range(500):
        text = "".join(rng.choice("abc1 .*]-\n") for _ in range(rng.randrange(7)))
        assert pattern.matches(text) == bool(re.fullmatch(source, text, re.DOTALL)), text


@pytest.mark.parametrize("source", ["(a+)+b", "(a|a)*b", "(.*)(.*)(.*)x", "(a?){50}a{50}b"])
def test_what_makes_backtracking_explode_takes_linear_time(source):
    start = time.perf_counter()
    assert not Pattern(source).matches("a" * 50_000)
    assert time.perf_counter() - start < 3.0


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (r"(a)\1", "Backreferences"),
        ("(?=a)b", "would need backtracking"),
        ("^a$", "the whole text is matched"),
        ("(a", r"a \( without"),
        ("a)", r"a \) without"),
        ("[a", r"a \[ without"),
        ("*a", "nothing to repeat"),
        ("a+?", "repetition of a repetition"),
        ("a{2,1}", "before its beginning"),
        ("[b-a]", "before its beginning"),
        ("a{b}", "begins no count"),
        ("a{99999}", "begins no count"),
        ("a\\", "a backslash at its end"),
        ("((a{90}){90}){90}", "at most 1000 states"),
        ("(" * 30 + "a" + ")" * 30, "Nest less"),
        ("", "1 to 500 characters"),
        ("a" * 501, "1 to 500 characters"),
    ],
)
def test_what_is_not_safe_is_refused_with_its_place(source, problem):
    with pytest.raises(ConfigError, match=problem):
        Pattern(source)
