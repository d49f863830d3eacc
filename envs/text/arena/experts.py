"""Scripted players of some of TextArena's games."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import reduce
from operator import xor
from typing import Any

_STEPS = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}


def guess_the_number(game: Any) -> str:
    """Bisection of what the hints leave open."""
    return f"[{_inside(game.state.game_state['guess_history'], game.min_number, game.max_number)}]"


def _inside(history: list[tuple[int, str]], low: int, high: int) -> int:
    for guess, hint in history:
        low, high = (low, min(high, guess - 1)) if hint == "lower" else (max(low, guess + 1), high)
    return (low + high) // 2


def frozen_lake(game: Any) -> str:
    """The first step of a shortest way round the holes."""
    state = game.state.game_state
    grid, start, goal = state["grid"], tuple(state["player_pos"]), tuple(state["goal_pos"])
    queue: deque[tuple[tuple[int, int], str]] = deque([(start, "")])
    seen = {start}
    while queue:
        (row, column), first = queue.popleft()
        if (row, column) == goal:
            return f"[{first}]"
        for name, (down, right) in _STEPS.items():
            there = (row + down, column + right)
            inside = 0 <= there[0] < len(grid) and 0 <= there[1] < len(grid)
            if inside and there not in seen and grid[there[0]][there[1]] != "H":
                seen.add(there)
                queue.append((there, first or name))
    return "[up]"


def tower_of_hanoi(game: Any) -> str:
    """The next move of the shortest way to the tower C, from wherever the disks are."""
    towers = game.state.game_state["towers"]
    at = {disk: name for name, disks in towers.items() for disk in disks}
    goal, move = "C", ""
    for disk in sorted(at, reverse=True):
        if at[disk] != goal:
            move = f"[{at[disk]} {goal}]"
            (goal,) = {*towers} - {at[disk], goal}  # where the smaller ones must be meanwhile
    return move


def nim(game: Any) -> str:
    """Leave piles whose exclusive or is 0, if there is a way; else take one object."""
    piles = game.state.game_state["piles"]
    odd = reduce(xor, piles)
    for i, pile in enumerate(piles):
        if pile ^ odd < pile:
            return f"[{i} {pile - (pile ^ odd)}]"
    return f"[{piles.index(max(piles))} 1]"


def sudoku(game: Any) -> str:
    """The first empty cell's number, of the solution that the puzzle was made from."""
    board = game.state.game_state["board"]
    cells = ((i, j) for i, row in enumerate(board) for j, n in enumerate(row) if n == 0)
    row, column = next(cells)
    return f"[{row + 1} {column + 1} {game.full_grid[row][column]}]"


def peg_jump(game: Any) -> str:
    """The next of the jumps that leave one peg, found depth first; any jump if there are none."""
    board, dead = game.state.game_state["board"], set[tuple[bool, ...]]()

    def first(pegs: tuple[bool, ...]) -> str:
        for start, over, end in game.ALLOWED_MOVES:
            if pegs[start] and pegs[over] and not pegs[end]:
                after = [(p and i not in (start, over)) or i == end for i, p in enumerate(pegs)]
                if sum(after) == 1 or (tuple(after) not in dead and first(tuple(after))):
                    return f"[{start} {end}]"
        dead.add(pegs)
        return ""

    return first(tuple(board)) or "[1 4]"


EXPERTS: dict[str, Callable[[Any], str]] = {
    "GuessTheNumber": guess_the_number,
    "FrozenLake": frozen_lake,
    "Nim": nim,
    "PegJump": peg_jump,
    "Sudoku": sudoku,
    "TowerOfHanoi": tower_of_hanoi,
}
