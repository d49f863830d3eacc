"""The grid family: MiniGrid tasks, by id."""

from __future__ import annotations

from rewardsmith.catalog import EnvEntry

#: name -> (MiniGrid id, kind of task, rewards file, arguments of the MiniGrid class)
_TASKS: dict[str, tuple[str, str, str, dict[str, int]]] = {}


def _add(kind: str, rewards: str, names: dict[str, str], **kwargs: int) -> None:
    for name, minigrid_id in names.items():
        _TASKS[name] = (f"MiniGrid-{minigrid_id}", kind, rewards, kwargs)


def _same(pattern: str, *parts: str, version: str = "v0") -> dict[str, str]:
    return {pattern.format(p): f"{pattern.format(p)}-{version}" for p in parts}


_add("goal", "goal.yaml", _same("Empty-{}", "5x5", "6x6", "8x8", "16x16"))
_add("goal", "goal.yaml", {"FourRooms": "FourRooms-v0"})
_add("key_door", "key_door.yaml", _same("DoorKey-{}", "5x5", "6x6", "8x8", "16x16"))
_add("key_door", "key_door.yaml", {"LockedRoom": "LockedRoom-v0"})
_add("unlock", "unlock.yaml", {"Unlock": "Unlock-v0"})
_add("pickup", "pickup.yaml", {"UnlockPickup": "UnlockPickup-v0"})
_add(
    "pickup",
    "pickup.yaml",
    _same("KeyCorridor{}", "S3R1", "S3R2", "S3R3", "S4R3", "S5R3", "S6R3"),
)
_add("pickup", "pickup.yaml", _same("ObstructedMaze-{}", "1Dl", "1Dlh", "1Dlhb", "2Dl", "2Dlh"))
_add(
    "pickup",
    "pickup.yaml",
    _same("ObstructedMaze-{}", "2Dlhb", "1Q", "2Q", "Full", version="v1"),
)
_add("rooms", "rooms.yaml", {"MultiRoom-N2-S4": "MultiRoom-N2-S4-v0"})
for _rooms in (3, 5):
    _add(
        "rooms",
        "rooms.yaml",
        {f"MultiRoom-N{_rooms}-S5": "MultiRoom-N4-S5-v1"},
        minNumRooms=_rooms,
        maxNumRooms=_rooms,
    )
_add("rooms", "rooms.yaml", {"MultiRoom-N4-S5": "MultiRoom-N4-S5-v1"})
_add("rooms", "rooms.yaml", {"MultiRoom-N6": "MultiRoom-N6-v0"})
_add("lava", "lava.yaml", _same("LavaCrossing{}", "S9N1", "S9N2", "S9N3", "S11N5"))
_add(
    "obstacles",
    "obstacles.yaml",
    {f"DynamicObstacles-{s}": f"Dynamic-Obstacles-{s}-v0" for s in ("5x5", "6x6", "8x8", "16x16")},
)
_add("door", "door.yaml", _same("GoToDoor-{}", "5x5", "6x6", "8x8"))

_SUMMARY = {
    "goal": "walk to the green goal",
    "key_door": "fetch the key, open the locked door, walk to the goal",
    "unlock": "fetch the key and open the locked door",
    "pickup": "fetch the key, open the locked door, pick up the object behind it",
    "rooms": "walk through a chain of rooms with closed doors to the goal",
    "lava": "walk to the goal past deadly lava",
    "obstacles": "walk to the goal between moving obstacles",
    "door": "stand before the door of the colour that the mission names, and say done",
}

ENVS: tuple[EnvEntry, ...] = tuple(
    EnvEntry(
        id=f"rewardsmith/{name}-v0",
        family="grid",
        factory="rewardsmith.envs.grid.grid_env:make_env",
        kwargs={"minigrid_id": minigrid_id, "kind": kind, **kwargs},
        rewards=rewards,
        summary=_SUMMARY[kind],
    )
    for name, (minigrid_id, kind, rewards, kwargs) in sorted(_TASKS.items())
)
