"""Cells of a map: lists of strings, '#' is a wall."""

from __future__ import annotations

STEPS = [(-1, 0), (0, 1), (1, 0), (0, -1)]


def inside(rows: list[str], row: int, column: int) -> bool:
    """Whether there is such a cell."""
    return 0 <= row < len(rows) and 0 <= column < len(rows[0])


def free(rows: list[str], row: int, column: int) -> bool:
    """Whether one can stand there."""
    if not inside(rows, row, column):
        return False
    return rows[row][column] != "#"


def neighbours(rows: list[str], row: int, column: int) -> list[list[int]]:
    """Free cells beside a cell: up, right, down, left."""
    out = []
    for down, right in STEPS:
        if free(rows, row + down, column + right):
            out.append([row + down, column + right])
    return out


def turn(rows: list[str]) -> list[str]:
    """The map turned by a quarter, clockwise."""
    columns = range(len(rows[0]))
    return ["".join(row[column] for row in reversed(rows)) for column in columns]
