"""Real worlds, played to the end: the plan, the features on the way, and how episodes end."""

import copy

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from rewardsmith.envs.grid.catalog import ENVS
from rewardsmith.registration import build_bare, find_entry

LEFT, RIGHT, FORWARD, PICKUP, DROP, TOGGLE, DONE = range(7)
#: a ball bars a door in these, and the expert does not clear doors
BARRED = ("1Dlhb", "2Dlhb", "1Q", "2Q", "Full")
SOLVABLE = [
    e
    for e in ENVS
    if e.kwargs["kind"] != "obstacles" and not any(f"Maze-{b}-" in e.id for b in BARRED)
]


def build(name, **kwargs):
    return build_bare(find_entry(name), **kwargs)


def place(env, x, y, heading):
    world = env.unwrapped
    world.agent_pos, world.agent_dir = (x, y), heading


@pytest.mark.parametrize("entry", SOLVABLE, ids=lambda e: e.id)
def test_who_follows_the_plan_succeeds(entry, expert):
    for seed in range(3):
        env = build_bare(entry)
        env.reset(seed=seed)
        steps = list(expert(env))
        assert not any(info["is_success"] for *_, info in steps[:-1])
        _, reward, terminated, info = steps[-1]
        assert terminated
        assert reward > 0
        assert info["is_success"]


@pytest.mark.parametrize("size", ["5x5", "6x6", "8x8", "16x16"])
@pytest.mark.parametrize("seed", range(5))
def test_the_features_of_door_key_turn_with_the_deed(size, seed, expert):
    env = build(f"DoorKey-{size}-v0")
    before = env.reset(seed=seed)[1]["features"]
    assert (before["has_key"], before["door_open"], before["subgoals_left"]) == (False, False, 3)
    done = set()
    for action, _, _, info in expert(env):
        done.add(action)
        now = info["features"]
        assert now["has_key"] == (PICKUP in done)
        assert now["door_open"] == now["door_unlocked"] == (TOGGLE in done)
        assert now["subgoals_left"] == 3 - now["has_key"] - now["door_open"]
        nearer = before["plan_length"] - now["plan_length"]
        # a key is taken from the cell before it: 1 there and 1 back are saved, or nothing is
        allowed = {FORWARD: {1}, PICKUP: {0, 2}}.get(action, {0})
        assert nearer in allowed
        before = now
    assert {PICKUP, TOGGLE, FORWARD} <= done
    # reaching the goal is the episode's end, not a subgoal that was struck off before it
    assert (before["distance_to_goal"], before["plan_length"]) == (0, 0)


def shortest(env, target):
    """Steps to `target` from every cell, by SciPy's Dijkstra."""
    world = env.unwrapped
    cells = [(x, y) for y in range(world.height) for x in range(world.width)]
    number = {cell: i for i, cell in enumerate(cells)}
    solid = {c for c in cells if (t := world.grid.get(*c)) and t.type in ("wall", "lava")}
    edges = [
        (number[c], number[n])
        for c in cells
        for n in ((c[0] + 1, c[1]), (c[0], c[1] + 1))
        if n in number and not {c, n} & solid
    ]
    rows, columns = np.array(edges).T
    graph = coo_array((np.ones(len(edges)), (rows, columns)), shape=(len(cells), len(cells)))
    return dict(zip(cells, dijkstra(graph, directed=False, indices=number[target]), strict=True))


@pytest.mark.parametrize("name", ["LavaCrossingS11N5", "FourRooms", "DoorKey-8x8", "MultiRoom-N6"])
@pytest.mark.parametrize("seed", range(3))
def test_distances_agree_with_dijkstra(name, seed):
    env = build(f"{name}-v0")
    f = env.reset(seed=seed)[1]["features"]
    world = env.unwrapped
    steps = shortest(env, (f["goal_x"], f["goal_y"]))
    reachable = [c for c, d in steps.items() if np.isfinite(d)]
    assert len(reachable) > 5
    for x, y in reachable:
        place(env, x, y, 0)
        assert env.features()["distance_to_goal"] == steps[x, y]
    walled = next(c for c, d in steps.items() if np.isinf(d))
    place(env, *walled, 0)
    assert env.features()["distance_to_goal"] == world.width * world.height


@pytest.mark.parametrize(("name", "rooms"), [("N2-S4", 2), ("N3-S5", 3), ("N4-S5", 4), ("N6", 6)])
def test_the_way_through_a_chain_of_rooms_enters_each(name, rooms, expert):
    env = build(f"MultiRoom-{name}-v0")
    assert env.reset(seed=2)[1]["features"]["rooms_visited"] == 1
    entered = [info["features"]["rooms_visited"] for *_, info in expert(env)]
    assert entered == sorted(entered)
    assert entered[-1] == rooms


def test_a_step_into_lava_is_no_success():
    env = build("LavaCrossingS9N1-v0")
    env.reset(seed=0)
    x, y = next((x, y) for x, y in env._scene.lava if (x - 1, y) in env._scene._open)
    place(env, x - 1, y, 0)
    before = env.features()
    assert (before["in_lava"], before["distance_to_lava"]) == (False, 1)
    _, reward, terminated, _, info = env.step(FORWARD)
    assert (reward, terminated, info["is_success"]) == (0, True, False)
    f = info["features"]
    assert (f["in_lava"], f["distance_to_lava"]) == (True, 0)
    # no way leads out of lava: the distance is capped at the 9x9 cells
    assert f["distance_to_goal"] == 81


def test_a_collision_is_no_success():
    env = build("DynamicObstacles-5x5-v0")
    env.reset(seed=0)
    for _ in range(2):
        assert env.step(RIGHT)[2] is False
    # the agent stands in the upper left corner and now faces the wall
    _, reward, terminated, _, info = env.step(FORWARD)
    assert (reward, terminated, info["is_success"]) == (-1, True, False)


def test_done_away_from_the_door_is_no_success():
    env = build("GoToDoor-8x8-v0")
    env.reset(seed=0)
    place(env, 3, 3, 0)
    assert env.features()["distance_to_goal"] > 1
    _, reward, terminated, _, info = env.step(DONE)
    assert (reward, terminated, info["is_success"]) == (0, True, False)


def test_running_out_of_steps_is_no_success():
    env = build("DoorKey-5x5-v0", max_steps=3)
    env.reset(seed=0)
    ends = [env.step(LEFT)[2:] for _ in range(3)]
    assert [truncated for _, truncated, _ in ends] == [False, False, True]
    assert not any(terminated or info["is_success"] for terminated, _, info in ends)


def run(env, actions):
    """Everything that the env shows while `actions` are taken, resets included."""
    shown = []
    for action in actions:
        obs, reward, terminated, truncated, info = env.step(int(action))
        shown.append((obs.tobytes(), reward, terminated, truncated, info))
        if terminated or truncated:
            obs, info = env.reset()
            shown.append((obs.tobytes(), info))
    return shown


@pytest.mark.parametrize("entry", ENVS, ids=lambda e: e.id)
def test_a_copy_goes_on_as_the_original_does(entry):
    env = build_bare(entry)
    env.reset(seed=1)
    actions = np.random.default_rng(1).integers(env.action_space.n, size=120)
    run(env, actions[:40])
    twin = copy.deepcopy(env)
    ahead = run(twin, actions[40:])
    # the original comes second: had the copy touched its world or its dice, it would differ
    assert run(env, actions[40:]) == ahead


@pytest.mark.parametrize("name", ["DoorKey-8x8", "DynamicObstacles-8x8", "ObstructedMaze-2Dlhb"])
def test_a_seed_fixes_the_episodes(name):
    def episodes(seed):
        env = build(f"{name}-v0")
        env.reset(seed=seed)
        return run(env, np.random.default_rng(0).integers(env.action_space.n, size=100))

    assert episodes(4) == episodes(4)
    assert episodes(4) != episodes(5)
