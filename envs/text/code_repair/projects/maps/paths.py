"""Ways through a map."""

from __future__ import annotations

from .grid import free, neighbours


def reach(rows: list[str], row: int, column: int) -> dict[str, int]:
    """Steps to every cell that can be reached, by 'row,column'."""
    if not free(rows, row, column):
        return {}
    steps = {f"{row},{column}": 0}
    edge = [[row, column]]
    for cell in edge:
        here = steps[f"{cell[0]},{cell[1]}"]
        for down, right in neighbours(rows, cell[0], cell[1]):
            if f"{down},{right}" not in steps:
                steps[f"{down},{right}"] = here + 1
                edge.append([down, right])
    return steps


def distance(rows: list[str], start: list[int], goal: list[int]) -> int:
    """Steps from start to goal, -1 without a way."""
    steps = reach(rows, start[0], start[1])
    return steps.get(f"{goal[0]},{goal[1]}", -1)


def farthest(rows: list[str], start: list[int]) -> int:
    """Steps to the farthest cell; -1 if the start is a wall."""
    steps = reach(rows, start[0], start[1])
    if not steps:
        return -1
    return max(steps.values())


def dead_ends(rows: list[str]) -> int:
    """Free cells with just one free neighbour."""
    count = 0
    for row in range(len(rows)):
        for column in range(len(rows[0])):
            if free(rows, row, column) and len(neighbours(rows, row, column)) == 1:
                count += 1
    return count
