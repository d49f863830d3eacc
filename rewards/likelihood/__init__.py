"""Rewards read from a language model's own probabilities.

Their modules are imported when a formula first calls them, because they need PyTorch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from rewardsmith.registry import register_later

if TYPE_CHECKING:
    from rewardsmith.rewards.likelihood.models import bind_policy, policy, unbind_policy
    from rewardsmith.rewards.likelihood.scorer import Query, Scorer

__all__ = ["Query", "Scorer", "bind_policy", "policy", "unbind_policy"]

#: term -> the module of this folder that holds it
TERMS = {
    "care": "care",
    "follow_up_likelihood": "follow_up",
    "igpo": "information_gain",
    "jepo": "reference",
    "path_faithfulness": "path",
    "r3": "reflection",
    "reference_likelihood": "reference",
    "rlp": "rlp",
    "rlpr": "rlpr",
    "rlpr_filtered": "rlpr",
    "sar": "sar",
    "verifree": "reference",
}

for _name, _module in TERMS.items():
    register_later(_name, f"rewardsmith.rewards.likelihood.{_module}")


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "scorer" if name in ("Query", "Scorer") else "models"
    return getattr(importlib.import_module(f"{__name__}.{module}"), name)
