"""The reward language: text -> typed nodes -> closures, never executed."""

from rewardsmith.language.compile import compile_expression
from rewardsmith.language.parser import as_sum, parse_argument, parse_expression, parse_reward

__all__ = [
    "as_sum",
    "compile_expression",
    "parse_argument",
    "parse_expression",
    "parse_reward",
]
