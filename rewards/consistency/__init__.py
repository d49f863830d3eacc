"""Rewards without a reference: the answers of a group's episodes are held against each other.

Their modules are imported when a formula first calls them.
"""

from rewardsmith.registry import register_later

#: term -> the module of this folder that holds it
TERMS = {"co_reward": "co_reward", "majority_vote": "majority_vote"}

for _name, _module in TERMS.items():
    register_later(_name, f"rewardsmith.rewards.consistency.{_module}")
