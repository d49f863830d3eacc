"""The features of a TextWorld game, read from the game's true state."""

from __future__ import annotations

import re
from typing import Any

from rewardsmith.envs.text.base import COMMON
from rewardsmith.features import Feature, FeatureSchema

from .commands import clean

_ROOM = re.compile(r"-=\s*(.*?)\s*=-")

SCHEMA = FeatureSchema(
    [
        *COMMON,
        Feature("score", "points so far", low=0, dtype="int"),
        Feature("max_score", "points that the game can give", low=0, dtype="int"),
        Feature("won", "the goal is reached", dtype="bool"),
        Feature("lost", "the game ended without it", dtype="bool"),
        Feature(
            "steps_left", "length of the remaining winning policy", low=0, unit="steps", dtype="int"
        ),
        Feature("quest_length", "steps_left at the start", low=1, unit="steps", dtype="int"),
        Feature(
            "intermediate_reward",
            "TextWorld's own: 1 if the last command shortened the winning policy or won, -1 if it "
            "lengthened it or lost",
            low=-1,
            high=1,
            dtype="int",
        ),
        Feature("moves", "commands that the game carried out", low=0, unit="steps", dtype="int"),
        Feature("inventory_size", "things carried", low=0, unit="things", dtype="int"),
        Feature("n_admissible", "commands that the game would carry out now", low=0, dtype="int"),
        Feature("location", "name of the room", dtype="text"),
        Feature("description", "what `look` says", dtype="text"),
        Feature("inventory", "what `inventory` says", dtype="text"),
        Feature("objective", "the task in words", dtype="text"),
    ]
)


def features_of(state: Any) -> dict[str, Any]:
    """The features that TextWorld's game state alone determines."""
    room = _ROOM.search(state.description)
    return {
        "score": int(state.score),
        "max_score": int(state.max_score),
        "won": bool(state.won),
        "lost": bool(state.lost),
        "moves": int(state.moves),
        "inventory_size": _carried(state._facts),
        "location": room.group(1) if room else "",
        "description": clean(state.description),
        "inventory": clean(state.inventory),
        "objective": state.objective,
    }


def _carried(facts: list[Any]) -> int:
    return sum(f.name == "in" and f.arguments[1].name == "I" for f in facts)
