"""The features of each kind of grid task."""

from __future__ import annotations

from rewardsmith.features import Feature, FeatureSchema

#: kinds whose world has a key; rooms parted by doors or gaps
WITH_KEY = ("key_door", "unlock", "pickup")
WITH_DOORS = (*WITH_KEY, "rooms", "door")
WITH_ROOMS = ("key_door", "pickup", "rooms", "goal")


def schema_of(kind: str, width: int, height: int) -> FeatureSchema:
    """The schema of a kind of task on a grid of `width` times `height` cells.

    A distance where there is no way (out of lava, say) is `width * height`, more than any way is
    long.
    """
    cells = width * height
    features = [
        Feature("agent_x", "column of the agent", (), 0, width - 1, "cells", "int"),
        Feature("agent_y", "row of the agent", (), 0, height - 1, "cells", "int"),
        Feature("agent_dir", "heading: 0 right, 1 down, 2 left, 3 up", (), 0, 3, "", "int"),
        Feature("goal_x", "column of the final target", (), 0, width - 1, "cells", "int"),
        Feature("goal_y", "row of the final target", (), 0, height - 1, "cells", "int"),
        _steps(
            "distance_to_goal",
            f"steps to the final target, doors taken as open; {cells} if there is no way",
            cells,
        ),
        _steps("distance_to_subgoal", "steps to the next subgoal: key, locked door, target", cells),
        Feature(
            "subgoals_left", "keys, locked doors and target still to reach", (), 0, 40, "", "int"
        ),
        _steps("plan_length", "steps to walk through all subgoals that are left", 40 * cells),
        Feature("carrying", "something is carried", dtype="bool"),
    ]
    if kind in WITH_KEY:
        features.append(Feature("has_key", "a key is carried", dtype="bool"))
        features.append(Feature("door_unlocked", "a locked door was unlocked", dtype="bool"))
    if kind in WITH_DOORS:
        doc = "a door is open that was locked (where none was: any door)"
        features.append(Feature("door_open", doc, dtype="bool"))
        features.append(Feature("doors_open", "share of all doors that are open", (), 0, 1))
    if kind in WITH_ROOMS:
        features.append(
            Feature("rooms_visited", "rooms entered in this episode", (), 1, cells, "rooms", "int")
        )
    if kind == "lava":
        features.append(Feature("in_lava", "the agent stepped into lava", dtype="bool"))
        features.append(_steps("distance_to_lava", "columns plus rows to the nearest lava", cells))
    if kind == "obstacles":
        doc = "columns plus rows to the nearest moving obstacle"
        features.append(_steps("distance_to_obstacle", doc, cells))
    features.append(Feature("mission", "what MiniGrid asks for", dtype="text"))
    return FeatureSchema(features)


def _steps(name: str, doc: str, high: int) -> Feature:
    return Feature(name, doc, (), 0, high, "cells", "int")
