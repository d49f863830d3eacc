"""Intrinsic rewards: novelty and the like, one file per term.

Their modules are imported when a formula first calls them, because most need PyTorch.
"""

from rewardsmith.registry import register_later

#: term -> the module of this folder that holds it
TERMS = {
    "adops": "adops",
    "annealed": "annealed",
    "count": "count",
    "disagreement": "disagreement",
    "e3b": "e3b",
    "deir": "deir",
    "empowerment": "empowerment",
    "episodic_count": "episodic_count",
    "grm": "pbim",
    "icm": "icm",
    "noveld": "noveld",
    "novelty": "novelty",
    "ngu": "ngu",
    "pbim": "pbim",
    "pies": "annealed",
    "pseudo_count": "pseudo_count",
    "re3": "re3",
    "ride": "ride",
    "rnd": "rnd",
    "simhash": "simhash",
}

for _name, _module in TERMS.items():
    register_later(_name, f"rewardsmith.rewards.intrinsic.{_module}")
