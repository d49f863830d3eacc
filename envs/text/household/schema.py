"""The features of a household game, read from the game's true state."""

from __future__ import annotations

from rewardsmith.envs.text.base import COMMON
from rewardsmith.features import Feature, FeatureSchema

SCHEMA = FeatureSchema(
    [
        *COMMON,
        Feature("plan_length", "commands that a shortest plan needs", low=0, dtype="int"),
        Feature("first_plan_length", "plan_length at the start", low=1, dtype="int"),
        Feature("subgoals_reached", "sub-goals of the task reached", low=0, high=4, dtype="int"),
        Feature("subgoals", "sub-goals that the task has", low=2, high=4, dtype="int"),
        Feature("holding_target", "a thing of the task's kind is in the hand", dtype="bool"),
        Feature("places_seen", "receptacles looked into or onto", low=0, dtype="int"),
        Feature("n_admissible", "commands that can be carried out now", low=0, dtype="int"),
        Feature("n_facts", "facts that hold", low=0, dtype="int"),
        Feature("kind", "kind of task: pick, examine, clean, heat, cool or two", dtype="text"),
        Feature("target", "kind of thing that the task is about", dtype="text"),
        Feature("location", "the receptacles at which the player stands", dtype="text"),
        Feature("inventory", "what is in the hand", dtype="text"),
        Feature("objective", "the task in words", dtype="text"),
        Feature("facts", "every fact that changes, in the player's names", dtype="text"),
    ]
)
