"""Normalisers: rewards put in relation to their group, to references and to each other.

Their modules are imported when a formula first calls them.
"""

from rewardsmith.registry import register_later

#: term -> the module of this folder that holds it
TERMS = {
    "centred": "centred",
    "clip_process": "process",
    "delta_process": "process",
    "ensemble": "ensemble",
    "gdpo": "gdpo",
    "hypervolume": "hypervolume",
    "par": "par",
    "renorm": "renorm",
    "trust": "trust",
    "win_rate": "win_rate",
}

for _name, _module in TERMS.items():
    register_later(_name, f"rewardsmith.rewards.normalize.{_module}")
