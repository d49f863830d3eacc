"""Shortest paths on a grid, by breadth-first search; one field per target, kept per episode."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

Cell = tuple[int, int]
Field = dict[Cell, int]

_MOVES = ((1, 0), (-1, 0), (0, 1), (0, -1))


def neighbours(cell: Cell) -> Iterator[Cell]:
    """The four cells beside `cell`."""
    x, y = cell
    for dx, dy in _MOVES:
        yield x + dx, y + dy


def distances(target: Cell, passable: Callable[[Cell], bool]) -> Field:
    """Steps to `target` from every cell that can reach it; the target itself need not be passable.

    >>> row = lambda cell: cell[1] == 0 and 0 <= cell[0] < 4
    >>> distances((3, 0), row)
    {(3, 0): 0, (2, 0): 1, (1, 0): 2, (0, 0): 3}
    """
    field, queue = {target: 0}, deque([target])
    while queue:
        cell = queue.popleft()
        for beside in neighbours(cell):
            if beside not in field and passable(beside):
                field[beside] = field[cell] + 1
                queue.append(beside)
    return field


def path(start: Cell, field: Field) -> list[Cell]:
    """The cells after `start` down to the field's target; empty if it cannot be reached."""
    cells: list[Cell] = []
    here = start
    while field.get(here, 0) > 0:
        left = field[here]
        here = next(c for c in neighbours(here) if field.get(c, left) == left - 1)
        cells.append(here)
    return cells
