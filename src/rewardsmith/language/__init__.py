"""The reward language: text -> typed nodes -> closures, never executed."""

from rewardsmith.language.compile import compile_expression, compile_many
from rewardsmith.language.data import reward_to_data, reward_to_yaml
from rewardsmith.language.digest import tree_hash
from rewardsmith.language.format import (
    format_expression,
    format_reward,
    format_schedule,
    format_term,
)
from rewardsmith.language.functions import BUILTIN_NAMES, FUNCTIONS, SCHEDULES
from rewardsmith.language.labels import derived_label, labels
from rewardsmith.language.parser import as_sum, parse_argument, parse_expression, parse_reward
from rewardsmith.language.program import dedented, is_program, parse_program
from rewardsmith.language.read import reward_from_data, reward_from_yaml
from rewardsmith.language.source import UnknownWordError
from rewardsmith.language.tolerance import SIGMOIDS
from rewardsmith.language.validate import (
    builtins_used,
    check_state_only,
    names,
    uses_next,
    validate_expression,
)

__all__ = [
    "BUILTIN_NAMES",
    "FUNCTIONS",
    "SCHEDULES",
    "SIGMOIDS",
    "UnknownWordError",
    "as_sum",
    "builtins_used",
    "check_state_only",
    "compile_expression",
    "compile_many",
    "dedented",
    "derived_label",
    "format_expression",
    "format_reward",
    "format_schedule",
    "format_term",
    "is_program",
    "labels",
    "names",
    "parse_argument",
    "parse_expression",
    "parse_program",
    "parse_reward",
    "reward_from_data",
    "reward_from_yaml",
    "reward_to_data",
    "reward_to_yaml",
    "tree_hash",
    "uses_next",
    "validate_expression",
]
