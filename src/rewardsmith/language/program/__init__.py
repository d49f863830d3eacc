"""Rewards as functions: `def reward(f, action, next_f)` lowered to the nodes of a formula."""

from rewardsmith.language.program.parse import parse_program
from rewardsmith.language.program.text import dedented, is_program

__all__ = ["dedented", "is_program", "parse_program"]
