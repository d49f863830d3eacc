"""What a MiniGrid world holds, and what is left to do in it."""

from __future__ import annotations

from typing import Any

from .distance import Cell, Field, distances, path

#: how deep keys behind locked doors may be nested
_DEPTH = 6


class Scene:
    """An episode's world: targets, doors, keys, and the plan from each cell to success.

    Walls and lava block; doors, keys, balls and boxes do not, because the agent can open or
    move them. Distances are steps between neighbouring cells, turns not counted. The world's
    static part is read at once; call `changed` when an object was moved or a door was opened.

    Args:
        env: the unwrapped MiniGrid env, after reset.
        kind: the kind of task, as in the catalog.
    """

    def __init__(self, env: Any, kind: str) -> None:
        self.env, self.kind = env, kind
        self.far: int = env.width * env.height
        self._fields: dict[Cell, Field] = {}
        self._cells = [(i % env.width, i // env.width) for i in range(self.far)]
        solid = {"wall", "lava"}
        self._open = {
            cell
            for cell, thing in zip(self._cells, env.grid.grid, strict=True)
            if thing is None or thing.type not in solid
        }
        things = self.things()
        self.doors = [(cell, thing) for cell, thing in things if thing.type == "door"]
        self.locked_at_start = [thing for _, thing in self.doors if thing.is_locked]
        self.lava = [cell for cell, thing in things if thing.type == "lava"]
        self.goals = [cell for cell, thing in things if thing.type == "goal"]
        self.changed()

    def things(self) -> list[tuple[Cell, Any]]:
        """Every object in the grid with its cell."""
        grid = self.env.grid.grid
        return [(c, t) for c, t in zip(self._cells, grid, strict=True) if t is not None]

    def changed(self) -> None:
        """Forget what depends on movable objects and doors."""
        self._plans: dict[Cell, list[Cell]] = {}
        self._keys: dict[str, Cell] | None = None

    # --- distances ----------------------------------------------------------------------

    def distance(self, start: Cell, target: Cell) -> int:
        """Steps from `start` to `target`; the number of all cells if there is no way."""
        return self._field(target).get(start, self.far)

    def _field(self, target: Cell) -> Field:
        if target not in self._fields:
            self._fields[target] = distances(target, self._open.__contains__)
        return self._fields[target]

    # --- the plan -----------------------------------------------------------------------

    def target(self) -> Cell | None:
        """The cell where success waits; None once the wanted object is carried."""
        env = self.env
        if self.kind == "unlock":
            return self._cell_of(env.door)
        if self.kind == "pickup":
            return None if env.carrying is env.obj else self._cell_of(env.obj)
        if self.kind == "door":
            return _cell(env.target_pos)
        return self.goals[0]

    def plan(self, start: Cell) -> list[Cell]:
        """Cells to reach in turn: keys, the locked doors that they open, the final target."""
        if start not in self._plans:
            target = self.target()
            held = self.env.carrying
            color = held.color if held is not None and held.type == "key" else None
            self._plans[start] = (
                [] if target is None else self._plan(start, target, color, set(), 0)[0]
            )
        return self._plans[start]

    def plan_length(self, start: Cell) -> int:
        """Steps to walk through the whole plan."""
        total = 0
        for stop in self.plan(start):
            total += self.distance(start, stop)
            start = stop
        return total

    def _plan(
        self, start: Cell, target: Cell, held: str | None, opened: set[Cell], depth: int
    ) -> tuple[list[Cell], str | None]:
        stops: list[Cell] = []
        for door, color in self._locked_on(path(start, self._field(target))):
            if door in opened or depth >= _DEPTH:
                continue
            key = self._key_cells().get(color)
            if held != color and key is not None:
                opened.add(door)
                there, held = self._plan(start, key, held, opened, depth + 1)
                stops += there
                held = color
            opened.add(door)
            stops.append(door)
            start = door
        if not stops or stops[-1] != target:
            stops.append(target)
        return stops, held

    def _locked_on(self, cells: list[Cell]) -> list[tuple[Cell, str]]:
        locked = {c: d.color for c, d in self.doors if d.is_locked}
        return [(c, locked[c]) for c in cells if c in locked]

    def _key_cells(self) -> dict[str, Cell]:
        """Where the key of each colour lies, in the open or in a box."""
        if self._keys is None:
            self._keys = {}
            for cell, thing in self.things():
                inside = thing.contains if thing.type == "box" else thing
                if inside is not None and inside.type == "key":
                    self._keys[inside.color] = cell
        return self._keys

    def _cell_of(self, wanted: Any) -> Cell | None:
        for cell, thing in self.things():
            if thing is wanted:
                return cell
        return None if self.env.carrying is wanted else _cell(self.env.agent_pos)

    # --- rooms --------------------------------------------------------------------------

    def rooms(self) -> dict[Cell, int]:
        """A room's number for every open cell that is no doorway; doorways part the rooms."""
        doorways = {c for c, _ in self.doors} or self._gaps()
        left = {c for c in self._open if c not in doorways}
        rooms: dict[Cell, int] = {}
        number = 0
        while left:
            found = distances(min(left), left.__contains__)
            rooms.update(dict.fromkeys(found, number))
            left -= found.keys()
            number += 1
        return rooms

    def _gaps(self) -> set[Cell]:
        """Open cells between two walls: the doorways of a world without doors."""

        def gap(x: int, y: int) -> bool:
            beside = {(x - 1, y), (x + 1, y)} & self._open
            above = {(x, y - 1), (x, y + 1)} & self._open
            return (not beside and len(above) == 2) or (not above and len(beside) == 2)

        return {c for c in self._open if gap(*c)}


def _cell(position: Any) -> Cell:
    return int(position[0]), int(position[1])
