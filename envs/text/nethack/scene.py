"""What a player sees, in words: things with their place, the eight neighbouring cells, the status.

Captions of this kind stand in for the screen in Motif (Klissarov et al. 2023, arXiv:2310.00166)
and ONI (Zheng et al. 2024, arXiv:2410.23022), whose judges read NetHack's messages.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

_COMPASS = {
    (-1, 0): "north",
    (0, 1): "east",
    (1, 0): "south",
    (0, -1): "west",
    (-1, 1): "northeast",
    (1, 1): "southeast",
    (1, -1): "southwest",
    (-1, -1): "northwest",
}
_PLAIN = ("floor of a room", "dark part of a room", "wall", "corridor", "lit corridor", "stone")
NEAREST = 16  # things that are named
FARTHEST = 79  # columns of the map


def text_of(row: NDArray[Any]) -> str:
    """A zero-terminated row of characters as a str."""
    return bytes(row).partition(b"\0")[0].decode("latin-1").strip()


class Scene:
    """One observation of NetHack: `screen_descriptions`, `chars`, `blstats`, `message`.

    Args:
        obs: these arrays.
        stairs: (row, column) of the staircases down that this level has shown before; whoever
            stands on one hides it.
    """

    def __init__(
        self, obs: dict[str, NDArray[Any]], stairs: Set[tuple[int, int]] = frozenset()
    ) -> None:
        self.column, self.row = int(obs["blstats"][0]), int(obs["blstats"][1])
        self.chars = obs["chars"]
        self._descriptions = obs["screen_descriptions"]
        self.message = text_of(obs["message"])
        places = np.argwhere(self.chars == ord(">"))
        here = {(self.row, self.column)} & stairs
        self.stairs = here | {(int(row), int(column)) for row, column in places}

    def at(self, row: int, column: int) -> str:
        """What the player knows of a cell; empty for nothing."""
        rows, columns = self.chars.shape
        if not (0 <= row < rows and 0 <= column < columns):
            return ""
        return text_of(self._descriptions[row, column])

    def things(self) -> list[tuple[int, str, int, int]]:
        """(distance, what, rows south, columns east) of all but plain cells, nearest first."""
        found = []
        for row, column in np.argwhere(self.chars != ord(" ")):
            down, right = int(row) - self.row, int(column) - self.column
            what = self.at(int(row), int(column))
            if (down, right) != (0, 0) and what and what not in _PLAIN:
                found.append((max(abs(down), abs(right)), what, down, right))
        return sorted(found)

    def stairs_distance(self) -> int:
        """Moves, if nothing is in the way, to the nearest staircase down that is seen; 0 on it."""
        ways = (max(abs(row - self.row), abs(col - self.column)) for row, col in self.stairs)
        return min(ways, default=FARTHEST)

    def sentence(self) -> str:
        """The message, the things in sight and the neighbouring cells."""
        lines = [self.message] if self.message else []
        things = [f"{what} ({_place(down, right)})" for _, what, down, right in self.things()]
        lines.append(f"You see: {', '.join(things[:NEAREST]) or 'nothing of note'}.")
        around: dict[str, list[str]] = {}
        for (down, right), name in _COMPASS.items():
            what = self.at(self.row + down, self.column + right) or "nothing known"
            around.setdefault(what, []).append(name)
        lines.append(". ".join(f"{w.capitalize()}: {', '.join(n)}" for w, n in around.items()))
        return "\n".join(lines) + "."


def _place(down: int, right: int) -> str:
    """
    >>> _place(2, -1), _place(0, 3)
    ('2 south, 1 west', '3 east')
    """
    parts = []
    if down:
        parts.append(f"{abs(down)} {'south' if down > 0 else 'north'}")
    if right:
        parts.append(f"{abs(right)} {'east' if right > 0 else 'west'}")
    return ", ".join(parts)
