"""Redistribution: an episode's reward, paid where a model says it was earned.

Terms are imported when a formula first calls them.
"""

from rewardsmith.registry import register_later
from rewardsmith.rewards.redistribution.shares import redistribute

__all__ = ["redistribute"]

#: term -> the module of this folder that holds it
TERMS = {"spa": "spa"}

for _name, _module in TERMS.items():
    register_later(_name, f"rewardsmith.rewards.redistribution.{_module}")
