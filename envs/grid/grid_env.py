"""GridEnv: a MiniGrid task whose info carries the features of its true state."""

from __future__ import annotations

import warnings
from collections.abc import Hashable
from typing import Any

import gymnasium as gym

from rewardsmith.feature_env import FeatureEnv

from .observation import observed
from .scene import Scene
from .schema import WITH_DOORS, WITH_KEY, WITH_ROOMS, schema_of

#: actions after which an object may have moved or a door changed: pickup, drop, toggle
_HANDS = (3, 4, 5)


class GridEnv(FeatureEnv):
    """A MiniGrid env with features; observation, reward and episode ends are MiniGrid's.

    Success is a positive reward of MiniGrid's own at termination.

    Args:
        env: the env, observations already chosen.
        kind: the kind of task, as in the catalog.
    """

    def __init__(self, env: gym.Env[Any, Any], kind: str) -> None:
        super().__init__(env)
        self.kind = kind
        world: Any = env.unwrapped
        self._world = world
        self._size = (world.width, world.height)
        self.feature_schema = schema_of(kind, *self._size)
        self._solved = False

    def begin(self) -> None:
        """Read the new world."""
        world = self._world
        if (world.width, world.height) != self._size:
            # KeyCorridor and the like keep their size; a task that does not gets a new schema.
            self._size = (world.width, world.height)
            self.feature_schema = schema_of(self.kind, *self._size)
        self._scene = Scene(world, self.kind)
        self._rooms = self._scene.rooms() if self.kind in WITH_ROOMS else {}
        self._visited: set[int] = set()
        self._solved = False

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step, and note whether hands changed the world."""
        before = self._front() if int(action) in _HANDS else None
        obs, reward, terminated, truncated, info = self.env.step(action)
        if before is not None and before != self._front():
            self._scene.changed()
        self._solved = bool(terminated) and float(reward) > 0
        return obs, float(reward), bool(terminated), bool(truncated), self._described(info)

    def success(self) -> bool:
        """Whether the episode has just ended with a positive reward."""
        return self._solved

    def state_key(self) -> Hashable:
        """Every object of the grid with its state, the agent, and the rooms it has visited."""
        world = self._world
        return (
            tuple(int(i) for i in world.agent_pos),
            int(world.agent_dir),
            _coded(world.carrying),
            tuple(_coded(thing) for thing in world.grid.grid),
            str(world.mission),
            frozenset(self._visited),
        )

    def features(self) -> dict[str, Any]:
        """Every feature of the schema, in its order."""
        world, scene = self._world, self._scene
        here = (int(world.agent_pos[0]), int(world.agent_pos[1]))
        plan = scene.plan(here)
        goal = scene.target() or here
        found: dict[str, Any] = {
            "agent_x": here[0],
            "agent_y": here[1],
            "agent_dir": int(world.agent_dir),
            "goal_x": goal[0],
            "goal_y": goal[1],
            "distance_to_goal": scene.distance(here, goal),
            "distance_to_subgoal": scene.distance(here, plan[0]) if plan else 0,
            "subgoals_left": len(plan),
            "plan_length": scene.plan_length(here),
            "carrying": world.carrying is not None,
        }
        self._add_keys_and_doors(found)
        self._add_surroundings(found, here)
        found["mission"] = str(world.mission)
        return found

    def _add_keys_and_doors(self, found: dict[str, Any]) -> None:
        scene, held = self._scene, self._world.carrying
        locked = scene.locked_at_start
        if self.kind in WITH_KEY:
            found["has_key"] = held is not None and held.type == "key"
            found["door_unlocked"] = any(not d.is_locked for d in locked)
        if self.kind in WITH_DOORS:
            doors = [d for _, d in scene.doors]
            found["door_open"] = any(d.is_open for d in locked or doors)
            found["doors_open"] = sum(d.is_open for d in doors) / max(len(doors), 1)

    def _add_surroundings(self, found: dict[str, Any], here: tuple[int, int]) -> None:
        if self.kind in WITH_ROOMS:
            if here in self._rooms:
                self._visited.add(self._rooms[here])
            found["rooms_visited"] = max(len(self._visited), 1)
        if self.kind == "lava":
            found["in_lava"] = here in self._scene.lava
            found["distance_to_lava"] = _nearest(here, self._scene.lava)
        if self.kind == "obstacles":
            cells = [o.cur_pos for o in self._world.obstacles]
            found["distance_to_obstacle"] = _nearest(here, cells)

    def _front(self) -> tuple[Any, ...]:
        world = self._world
        thing = world.grid.get(*world.front_pos)
        state = (
            (thing.is_open, thing.is_locked) if thing is not None and thing.type == "door" else ()
        )
        return (id(thing), id(world.carrying), *state)


def _coded(thing: Any) -> Hashable:
    """An object as numbers, what it holds included."""
    if thing is None:
        return None
    return tuple(int(i) for i in thing.encode()), _coded(getattr(thing, "contains", None))


def _nearest(here: tuple[int, int], cells: Any) -> int:
    return min(int(abs(here[0] - x) + abs(here[1] - y)) for x, y in cells)


def make_env(
    render_mode: str | None = None,
    *,
    minigrid_id: str,
    kind: str,
    obs: str = "flat",
    **kwargs: Any,
) -> GridEnv:
    """Build a grid task.

    Args:
        render_mode: `rgb_array`, `human` or None.
        minigrid_id: id in MiniGrid's registry.
        kind: the kind of task, as in the catalog.
        obs: `flat` (one-hot vector of the view, the default), `full` (the same of the whole
            grid), `image` (7x7x3) or `dict` (MiniGrid's own, with the mission's text).
        kwargs: passed to the MiniGrid class (`max_steps`, `agent_view_size`, ...).
    """
    import minigrid  # noqa: F401  # registers the ids

    with warnings.catch_warnings():
        # The ids are pinned on purpose; MiniGrid's hint at newer ones is no news.
        warnings.filterwarnings("ignore", message=".*is out of date", category=DeprecationWarning)
        bare = gym.make(minigrid_id, render_mode=render_mode, disable_env_checker=True, **kwargs)
    return GridEnv(observed(bare.unwrapped, obs), kind)
