"""Arithmetic, worked out step by step."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from rewardsmith.envs.text.base import COMMON, Reply, TextGame
from rewardsmith.envs.text_space import shortened
from rewardsmith.features import Feature, FeatureSchema

from .expression import (
    Leaf,
    Step,
    apply,
    depth,
    next_step,
    number,
    read_number,
    read_step,
    reduced,
    size,
    text,
    value,
)
from .generator import Settings, draw

SCHEMA = FeatureSchema(
    [
        *COMMON,
        Feature("steps_needed", "operators of the expression", low=1, unit="steps", dtype="int"),
        Feature("steps_correct", "operators worked out so far", low=0, unit="steps", dtype="int"),
        Feature("steps_left", "operators still to work out", low=0, unit="steps", dtype="int"),
        Feature("share_left", "steps_left over steps_needed", low=0, high=1),
        Feature("steps_wrong", "steps that were false or fitted nowhere", low=0, dtype="int"),
        Feature("answered", "an answer was given", dtype="bool"),
        Feature(
            "distance",
            "log10(1 + |answer - truth|); the answer counts as 0 until one is given",
            low=0,
            high=5000,
        ),
        Feature("length", "numbers in the expression", low=2, dtype="int"),
        Feature("depth", "operators on the longest way down", low=1, dtype="int"),
        Feature("digits", "digits of the value (numerator and denominator)", low=1, dtype="int"),
        Feature("expression", "the expression as it was asked", dtype="text"),
        Feature("remaining", "the expression as far as it is worked out", dtype="text"),
        Feature("truth", "the exact value", dtype="text"),
        Feature("answer", "the answer given, empty before", dtype="text"),
    ]
)


class CalculationEnv(TextGame):
    """Work out an expression: `step: 12*3 = 36` any number of times, then `answer: N`.

    A step is correct if its left side stands in what remains (two numbers with an operator
    between) and its result is exact; then the expression shrinks. The reward is 1 for the exact
    answer, which may be whole, decimal or a fraction, and the answer ends the episode.

    Train and test share no expression, not even in another order of sums and products.

    Args:
        operators, low, high, min_length, max_length, max_depth, whole: see `Settings`.
        **common: as `TextGame`; `actions='index'` is refused, for lines are free text.
    """

    feature_schema = SCHEMA
    lists_commands = False
    max_line = 4096
    instructions = (
        "Work out the expression. Each turn, write one line: either a step of two numbers, such as "
        "`step: 12 * 3 = 36`, or the value of the whole expression, such as `answer: 40`. Steps "
        "are optional and shorten the expression. You can answer once. Fractions are written 3/4; "
        "in a step, put fractions and negative numbers in brackets."
    )

    def __init__(
        self,
        *,
        operators: str = "+-*",
        low: int = 0,
        high: int = 20,
        min_length: int = 2,
        max_length: int = 5,
        max_depth: int = 4,
        whole: bool = True,
        **common: Any,
    ) -> None:
        self._settings = Settings(operators, low, high, min_length, max_length, max_depth, whole)
        super().__init__(**common)

    def _begin(self, task_seed: int) -> str:
        self._asked = self._left = draw(self._settings, task_seed)
        self._truth = value(self._asked)
        self._wrong = 0
        self._answer: Fraction | None = None
        return f"Compute {text(self._asked)}"

    def _play(self, line: str) -> Reply:
        kind, colon, rest = line.strip().partition(":")
        if not colon or kind.strip().lower() not in ("step", "answer"):
            return Reply("", understood=False)
        return self._step(rest) if kind.strip().lower() == "step" else self._answered(rest)

    def _step(self, claim: str) -> Reply:
        step = read_step(claim)
        if step is None:
            return Reply("A step has two numbers and a result.", understood=False)
        rest = reduced(self._left, step)
        if rest is None:
            return self._mistake(f"{_left_side(step)} does not stand in it.")
        if apply(step.op, step.left, step.right) != step.result:
            return self._mistake(f"{_left_side(step)} is not {number(step.result)}.")
        self._left = rest
        return Reply(f"Right. Left: {text(rest)}")

    def _mistake(self, said: str) -> Reply:
        self._wrong += 1
        return Reply(f"{said} Left: {text(self._left)}")

    def _answered(self, claim: str) -> Reply:
        given = read_number(claim)
        if given is None:
            return Reply("An answer is a number.", understood=False)
        self._answer = given
        won = given == self._truth
        said = "Right" if won else "Wrong"
        return Reply(f"{said}: it is {number(self._truth)}.", float(won), terminated=True)

    def _hint(self, line: str) -> str:
        return f"{shortened(line)} is not a line of the form `step: 12 * 3 = 36` or `answer: 40`."

    def _success(self) -> bool:
        return self._answer is not None and self._answer == self._truth

    def _caption(self) -> str:
        done = size(self._asked) - size(self._left)
        told = "none" if self._answer is None else number(self._answer)
        return (
            f"Asked: {text(self._asked)}. Left: {text(self._left)}. Steps done: {done} of "
            f"{size(self._asked)}, wrong: {self._wrong}. Answer: {told}."
        )

    def _features(self) -> dict[str, Any]:
        needed, left = size(self._asked), size(self._left)
        given = self._answer
        return {
            "steps_needed": needed,
            "steps_correct": needed - left,
            "steps_left": left,
            "share_left": left / needed,
            "steps_wrong": self._wrong,
            "answered": given is not None,
            "distance": log_distance(given or Fraction(0), self._truth),
            "length": needed + 1,
            "depth": depth(self._asked),
            "digits": sum(c.isdigit() for c in number(self._truth)),
            "expression": text(self._asked),
            "remaining": text(self._left),
            "truth": number(self._truth),
            "answer": "" if given is None else number(given),
        }

    def expert_line(self) -> str:
        """The leftmost innermost step; the answer once none is left."""
        if isinstance(self._left, Leaf):
            return f"answer: {number(self._left.value)}"
        step = next_step(self._left)
        return f"step: {_left_side(step)} = {number(step.result)}"


def log_distance(given: Fraction, truth: Fraction) -> float:
    """log10(1 + |given - truth|), for numbers of any size."""
    gap = 1 + abs(given - truth)
    return max(0.0, math.log10(gap.numerator) - math.log10(gap.denominator))


def make_env(render_mode: str | None = None, **kwargs: Any) -> CalculationEnv:
    """Build the env; keywords as `CalculationEnv`.

    Raises:
        ConfigError: for a setting out of range.
    """
    return CalculationEnv(render_mode=render_mode, **kwargs)


def _left_side(step: Step) -> str:
    sides = [
        number(x) if x >= 0 and x.denominator == 1 else f"({number(x)})"
        for x in (step.left, step.right)
    ]
    return f"{sides[0]} {step.op} {sides[1]}"
