"""The texts of one run: each from its own seed, so that any can be made again alone."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

from rewardsmith.benchmarks.language_fuzz.grammar import HOSTILE, HOSTILE_LINES, Grammar

_WORDS = (
    *(
        "env",
        "f",
        "x",
        "obs",
        "potential",
        "tolerance",
        "np",
        ".",
        "exp",
        "next_f",
        "reward",
        "def ",
    ),
    *("(", ")", "[", "]", "{", "}", ",", "=", "+", "-", "*", "**", "/", "//", "%", "<", "==", ":"),
    *("0", "1", "2.5", "1e309", "9**9", "'a'", '"', "'''", "inf", "True", "None", "not ", "and "),
    *("if ", "else ", "elif ", "lambda ", "for ", "in ", "return ", "\n", "\n    ", "#", " ", ";"),
    *("async ", "await ", "yield ", "import ", "class ", "try:", "except", "with ", "global ", "@"),
    *("f'{", "}'", "\\", "\0", "é", "\ud800", "\ufb01", "\t", "\r", "\x0c", "->", ":=", "...", "$"),
)


def program(rng: random.Random) -> str:
    """A program, some of it not of the language."""
    return Grammar(rng.randrange, hostile=rng.random() < 0.7).program()


def formula(rng: random.Random) -> str:
    """A formula, some of it not of the language."""
    return Grammar(rng.randrange, hostile=rng.random() < 0.7).formula()


def broken(rng: random.Random) -> str:
    """A program with pieces cut out, doubled, moved and replaced."""
    text = Grammar(rng.randrange).program()
    for _ in range(1 + rng.randrange(4)):
        begin = rng.randrange(len(text) + 1)
        end = min(begin + rng.randrange(12), len(text))
        piece = (
            "",
            text[begin:end] * rng.randrange(1, 40),
            rng.choice(_WORDS),
            rng.choice(HOSTILE),
            "\n" + rng.choice(HOSTILE_LINES) + "\n",
            text[rng.randrange(len(text) + 1) :][:20],
        )[rng.randrange(6)]
        text = text[:begin] + piece + text[end:]
        text = text or "f"
    return text


def words(rng: random.Random) -> str:
    """Words of both languages in any order, some many times over."""
    parts = [
        rng.choice(_WORDS) * (rng.randrange(1, 200) if rng.random() < 0.05 else 1)
        for _ in range(rng.randrange(1, 40))
    ]
    head = "def reward(f):\n    return " if rng.random() < 0.3 else ""
    return head + ("" if rng.random() < 0.5 else " ").join(parts)


def raw(rng: random.Random) -> str:
    """Bytes, read as UTF-8 with what is none kept as surrogates, or as Latin-1."""
    data = rng.randbytes(rng.randrange(1, 200))
    if rng.random() < 0.5:
        data = bytes(byte % 128 for byte in data)
    encoding = "utf-8" if rng.random() < 0.7 else "latin-1"
    text = data.decode(encoding, errors="surrogateescape")
    return "def reward(f):\n " + text if rng.random() < 0.3 else text


KINDS: Mapping[str, Callable[[random.Random], str]] = MappingProxyType(
    {"program": program, "formula": formula, "broken": broken, "words": words, "raw": raw}
)


def text_of(seed: int, case: int) -> tuple[str, str]:
    """Kind and text of one case."""
    kind = tuple(KINDS)[case % len(KINDS)]
    return kind, KINDS[kind](random.Random(f"{seed}/{case}"))
