"""Intrinsic rewards: novelty and the like, one file per term.

Their modules are imported when a formula first calls them, because most need PyTorch.
"""

from rewardsmith.registry import register_later

#: term -> the module of this folder that holds it
TERMS = {
    "adops": "adops",
    "annealed": "annealed",
    "grm": "pbim",
    "icm": "icm",
    "pbim": "pbim",
    "pies": "annealed",
    "rnd": "rnd",
}

for _name, _module in TERMS.items():
    register_later(_name, f"rewardsmith.rewards.intrinsic.{_module}")
