"""Expressions drawn at random, split into train and test by their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from rewardsmith.errors import ConfigError

from .expression import OPERATORS, Leaf, Node, Tree, apply, canonical

_TRIES = 2000
#: longest expression, in characters; an observation holds 4096
LONGEST = 3500
_LARGEST = 10**15


@dataclass(frozen=True)
class Settings:
    """What determines the expressions.

    Args:
        operators: some of `+-*/`.
        low, high: smallest and largest number that is written, within +-10^15.
        min_length, max_length: how many numbers an expression has, at least 2.
        max_depth: operators on the longest way down, at least 1.
        whole: every intermediate value is a whole number; otherwise divisions give fractions.
    """

    operators: str = "+-*"
    low: int = 0
    high: int = 20
    min_length: int = 2
    max_length: int = 5
    max_depth: int = 4
    whole: bool = True

    def __post_init__(self) -> None:
        if not self.operators or not set(self.operators) <= set(OPERATORS):
            raise ConfigError(
                f"operators are some of {OPERATORS!r}. Received {self.operators!r}; write '+-'."
            )
        if not -_LARGEST <= self.low <= self.high <= _LARGEST:
            raise ConfigError(
                "Numbers lie in low..high, within +-10^15. "
                f"Received low={self.low}, high={self.high}."
            )
        if self.max_depth < 1 or not 2 <= self.min_length <= self.max_length:
            raise ConfigError(
                "Lengths are 2 <= min_length <= max_length, and max_depth is at least 1. Received "
                f"{self.min_length}..{self.max_length} numbers, max_depth={self.max_depth}."
            )
        self._check_room()

    def _check_room(self) -> None:
        if self.max_length > 2 ** min(self.max_depth, 20):
            raise ConfigError(
                f"An expression of depth {self.max_depth} has at most {2**self.max_depth} numbers. "
                f"Received max_length={self.max_length}; raise max_depth or lower max_length."
            )
        digits = max(len(str(self.low)), len(str(self.high)))
        if self.max_length * (digits + 7) > LONGEST:
            raise ConfigError(
                f"An expression is at most {LONGEST} characters long. {self.max_length} numbers "
                f"of {digits} digits could need {self.max_length * (digits + 7)}; lower "
                "max_length, low or high."
            )


def side(tree: Tree) -> int:
    """0 for an expression of the train split, 1 for one of the test split.

    It is read off the content alone, so that no expression is in both, whatever the seeds.
    """
    return hashlib.sha256(canonical(tree).encode()).digest()[0] & 1


def draw(settings: Settings, task_seed: int) -> Tree:
    """The expression of a task: of the train split for an even seed, of test for an odd one.

    Raises:
        ConfigError: the settings allow (almost) no expression of this split.
    """
    rng = np.random.default_rng(task_seed)
    for _ in range(_TRIES):
        length = int(rng.integers(settings.min_length, settings.max_length + 1))
        grown = _grow(settings, rng, length, settings.max_depth)
        if grown is not None and side(grown[0]) == task_seed % 2:
            return grown[0]
    raise ConfigError(
        f"The settings must allow many expressions in either split. {_TRIES} draws gave none of "
        f"{settings}; widen low..high, max_length or operators."
    )


def _grow(
    settings: Settings, rng: np.random.Generator, length: int, depth: int
) -> tuple[Tree, Fraction] | None:
    if length == 1:
        drawn = Fraction(int(rng.integers(settings.low, settings.high + 1)))
        return Leaf(drawn), drawn
    room = 2 ** min(depth - 1, 20)
    count = int(rng.integers(max(1, length - room), min(length - 1, room) + 1))
    left = _grow(settings, rng, count, depth - 1)
    right = _grow(settings, rng, length - count, depth - 1)
    if left is None or right is None:
        return None
    fitting = [op for op in settings.operators if _fits(settings, op, left[1], right[1])]
    if not fitting:
        return None
    op = fitting[int(rng.integers(len(fitting)))]
    return Node(op, left[0], right[0]), apply(op, left[1], right[1])


def _fits(settings: Settings, op: str, left: Fraction, right: Fraction) -> bool:
    if op != "/":
        return True
    return right != 0 and (not settings.whole or (left / right).denominator == 1)
