"""A scripted player that walks to the staircase down, exploring until it is seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Set

from .scene import _COMPASS, Scene

_WALKABLE = frozenset(map(ord, ".#<>$%?!=()[*_"))


def direction(scene: Scene, visited: Set[tuple[int, int]] = frozenset()) -> str | None:
    """The next step's compass word, or None if no staircase and nothing unknown is reachable.

    A breadth-first search over the cells that are known to be walkable; it ends at the nearest
    staircase down, else at the nearest cell beside one that nobody has seen. Cells of `visited`
    have shown what is beside them.
    """
    start = (scene.row, scene.column)
    first: dict[tuple[int, int], str] = {start: ""}
    visited = {start, *visited}
    queue, frontier = deque([start]), None
    while queue:
        here = queue.popleft()
        if scene.chars[here] == ord(">") and here != start:
            return first[here]
        if frontier is None and here not in visited and _beside_unknown(scene, here):
            frontier = here
        for (down, right), name in _COMPASS.items():
            there = (here[0] + down, here[1] + right)
            if there not in first and _passable(scene, here, there):
                first[there] = first[here] or name
                queue.append(there)
    return first[frontier] if frontier else None


def _passable(scene: Scene, here: tuple[int, int], there: tuple[int, int]) -> bool:
    rows, columns = scene.chars.shape
    if not (0 <= there[0] < rows and 0 <= there[1] < columns):
        return False
    diagonal = here[0] != there[0] and here[1] != there[1]
    door = _door(scene, there) or _door(scene, here)
    walkable = int(scene.chars[there]) in _WALKABLE or _door(scene, there)
    return walkable and not (diagonal and door)  # nobody squeezes diagonally through a door


def _door(scene: Scene, cell: tuple[int, int]) -> bool:
    return scene.at(*cell) in ("open door", "closed door", "doorway", "broken door")


def _beside_unknown(scene: Scene, cell: tuple[int, int]) -> bool:
    return any(not scene.at(cell[0] + down, cell[1] + right) for down, right in _COMPASS)
