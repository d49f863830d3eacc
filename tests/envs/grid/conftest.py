"""A scripted expert: it follows an env's plan with a search of its own for each leg."""

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import pytest

LEFT, RIGHT, FORWARD, PICKUP, DROP, TOGGLE, DONE = range(7)
AHEAD = ((1, 0), (0, 1), (-1, 0), (0, -1))


def beside(cell: Any, heading: int) -> tuple[int, int]:
    dx, dy = AHEAD[heading % 4]
    return int(cell[0]) + dx, int(cell[1]) + dy


def first_heading(world: Any, stop: tuple[int, int]) -> int:
    """Which way the first step to `stop` goes; objects that lie about are walked round."""
    start = beside(beside(world.agent_pos, 0), 2)
    via: dict[tuple[int, int], int] = {}
    queue = deque([start])
    while stop not in via:
        cell = queue.popleft()
        for heading in range(4):
            near = beside(cell, heading)
            if near == start or near in via or not enterable(world, near, stop):
                continue
            via[near] = via.get(cell, heading)
            queue.append(near)
    return via[stop]


def enterable(world: Any, cell: tuple[int, int], stop: tuple[int, int]) -> bool:
    if not (0 <= cell[0] < world.width and 0 <= cell[1] < world.height):
        return False
    thing = world.grid.get(*cell)
    return cell == stop or thing is None or thing.type in ("door", "goal")


def put_down(world: Any) -> list[int]:
    for turns in range(4):
        if world.grid.get(*beside(world.agent_pos, world.agent_dir + turns)) is None:
            return [RIGHT] * turns + [DROP]
    raise AssertionError("no free cell to drop on")


def next_actions(env: Any) -> list[int]:
    world = env.unwrapped
    here = beside(beside(world.agent_pos, 0), 2)
    stop = next(cell for cell in env._scene.plan(here) if cell != here)
    heading = first_heading(world, stop)
    if turns := (heading - world.agent_dir) % 4:
        return [RIGHT] * turns if turns < 3 else [LEFT]
    thing = world.grid.get(*beside(here, heading))
    if thing is None or thing.type == "goal":
        return [FORWARD]
    if thing.type == "door":
        return [DONE] if env.kind == "door" else [FORWARD if thing.is_open else TOGGLE]
    if thing.type == "box" and thing is not world.obj:
        return [TOGGLE]
    return [PICKUP] if world.carrying is None else put_down(world)


def play(env: Any) -> Iterator[tuple[int, float, bool, dict[str, Any]]]:
    """Action, reward, termination and info of each step until the episode ends."""
    while True:
        for action in next_actions(env):
            _, reward, terminated, truncated, info = env.step(action)
            yield action, reward, terminated, info
            if terminated or truncated:
                return


@pytest.fixture
def expert() -> Callable[[Any], Iterator[tuple[int, float, bool, dict[str, Any]]]]:
    return play
