"""Rewards that a language model gives as a judge.

Their modules are imported when a formula first calls them.
"""

from rewardsmith.registry import register_later

#: term -> the module of this folder that holds it
TERMS = {
    "judge_pairwise": "pairwise",
    "judge_principles": "rubric",
    "judge_rubric": "rubric",
    "judge_yes": "yes",
}

for _name, _module in TERMS.items():
    register_later(_name, f"rewardsmith.rewards.judge.{_module}")
