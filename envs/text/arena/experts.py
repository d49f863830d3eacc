"""Scripted players of some of TextArena's games."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
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


EXPERTS: dict[str, Callable[[Any], str]] = {
    "GuessTheNumber": guess_the_number,
    "FrozenLake": frozen_lake,
}
