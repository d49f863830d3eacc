import copy
import warnings

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from minigrid.core.grid import Grid
from minigrid.core.world_object import Ball, Box, Door, Goal, Key, Wall
from stable_baselines3.common.env_checker import check_env as sb3_check_env

from rewardsmith.envs.grid.catalog import ENVS
from rewardsmith.envs.grid.grid_env import make_env
from rewardsmith.errors import ConfigError
from rewardsmith.registration import build_bare, find_entry

LEFT, RIGHT, FORWARD, PICKUP, DROP, TOGGLE, DONE = range(7)


def build(name, **kwargs):
    return build_bare(find_entry(name), **kwargs)


def world(kind, rows, heading=0):
    """A world drawn by hand: # wall, A agent, Goal, yellow Key, Locked yellow door, Door, Ball."""
    ids = {"key_door": "DoorKey-8x8-v0", "rooms": "MultiRoom-N2-S4-v0", "pickup": "UnlockPickup-v0"}
    env = make_env(minigrid_id=f"MiniGrid-{ids[kind]}", kind=kind)
    env.reset(seed=0)
    bare = env.unwrapped
    bare.width, bare.height = len(rows[0]), len(rows)
    bare.grid, bare.carrying, bare.agent_dir = Grid(bare.width, bare.height), None, heading
    for y, row in enumerate(rows):
        for x, mark in enumerate(row):
            thing = {
                "#": Wall,
                "G": Goal,
                "K": lambda: Key("yellow"),
                "L": lambda: Door("yellow", is_locked=True),
                "D": lambda: Door("blue"),
                "B": lambda: Ball("red"),
            }.get(mark, lambda: None)()
            bare.grid.set(x, y, thing)
            if mark == "A":
                bare.agent_pos = (x, y)
            if mark == "B":
                bare.obj = thing
    env.begin()
    return env


def test_the_plan_of_a_door_key_world_by_hand():
    env = world("key_door", ["#######", "#A..L.#", "#K..#G#", "#######"], heading=1)
    f = env.features()
    # key 1 below, from it 1 up and 3 right to the door, then 1 right and 1 down to the goal
    assert (f["distance_to_subgoal"], f["subgoals_left"]) == (1, 3)
    assert f["plan_length"] == 1 + 4 + 2
    assert f["distance_to_goal"] == 5
    assert (f["has_key"], f["door_open"], f["door_unlocked"]) == (False, False, False)
    assert (f["goal_x"], f["goal_y"]) == (5, 2)
    for action, expected in [
        (PICKUP, {"has_key": True, "carrying": True, "subgoals_left": 2, "plan_length": 5}),
        (LEFT, {"agent_dir": 0, "plan_length": 5}),
        (FORWARD, {"agent_x": 2, "plan_length": 4}),
        (FORWARD, {"agent_x": 3, "distance_to_subgoal": 1, "rooms_visited": 1}),
        (TOGGLE, {"door_open": True, "door_unlocked": True, "doors_open": 1.0, "plan_length": 3}),
        (FORWARD, {"agent_x": 4, "subgoals_left": 1, "distance_to_subgoal": 2}),
        (FORWARD, {"agent_x": 5, "rooms_visited": 2}),
        (RIGHT, {"agent_dir": 1}),
    ]:
        _, reward, terminated, _, info = env.step(action)
        assert {k: info["features"][k] for k in expected} == expected
        assert (reward, terminated, info["is_success"]) == (0, False, False)
    _, reward, terminated, _, info = env.step(FORWARD)
    assert terminated
    assert reward > 0
    assert info["is_success"]
    assert info["features"]["plan_length"] == 0


def test_a_dropped_key_must_be_fetched_again():
    env = world("key_door", ["#######", "#KA.L.#", "#...#G#", "#######"], heading=2)
    assert env.step(PICKUP)[4]["features"]["subgoals_left"] == 2
    assert env.step(LEFT)[4]["features"]["has_key"]
    dropped = env.step(DROP)[4]["features"]
    assert not dropped["has_key"]
    # the key now lies below the agent; from (2, 2) to the door are 3 steps
    assert (dropped["subgoals_left"], dropped["distance_to_subgoal"]) == (3, 1)
    assert dropped["plan_length"] == 1 + 3 + 2


def test_a_key_in_a_box_is_part_of_the_plan():
    env = world("pickup", ["########", "#A...L.#", "#....#B#", "########"])
    box = Box("green", contains=Key("yellow"))
    env.unwrapped.grid.set(3, 2, box)
    env.begin()
    f = env.features()
    # 3 to the box, 3 back to the door, 2 to the ball
    assert (f["subgoals_left"], f["plan_length"]) == (3, 8)


def test_once_the_object_is_carried_nothing_is_left():
    env = world("pickup", ["#####", "#A.B#", "#####"])
    assert env.features()["plan_length"] == 2
    env.step(FORWARD)
    _, reward, terminated, _, info = env.step(PICKUP)
    assert terminated
    assert reward > 0
    f = info["features"]
    assert (f["plan_length"], f["subgoals_left"], f["distance_to_goal"]) == (0, 0, 0)


def test_closed_doors_count_as_open_in_distances_and_part_rooms():
    env = world("rooms", ["#######", "#A.D.G#", "#######"])
    f = env.features()
    assert (f["distance_to_goal"], f["doors_open"], f["rooms_visited"]) == (4, 0.0, 1)
    env.step(FORWARD)
    assert env.step(TOGGLE)[4]["features"]["doors_open"] == 1.0
    env.step(FORWARD)
    assert env.step(FORWARD)[4]["features"]["rooms_visited"] == 2


def test_lava_is_never_walked_through():
    env = build("LavaCrossingS9N1-v0")
    for seed in range(5):
        _, info = env.reset(seed=seed)
        f = info["features"]
        steps = abs(f["goal_x"] - f["agent_x"]) + abs(f["goal_y"] - f["agent_y"])
        assert f["distance_to_goal"] >= steps
        assert f["distance_to_lava"] >= 1


def test_four_rooms_are_parted_by_their_gaps():
    env = build("FourRooms-v0")
    env.reset(seed=1)
    assert len(set(env._rooms.values())) == 4


@pytest.mark.parametrize("entry", ENVS, ids=lambda e: e.id)
def test_features_keep_to_the_schema_and_copies_go_on_alone(entry):
    env = build_bare(entry)
    rng = np.random.default_rng(0)
    _, info = env.reset(seed=3)
    env.feature_schema.validate(info["features"])
    for _ in range(100):
        _, _, terminated, truncated, info = env.step(int(rng.integers(env.action_space.n)))
        env.feature_schema.validate(info["features"])
        if terminated or truncated:
            _, info = env.reset()
    before, twin = dict(info["features"]), copy.deepcopy(env)
    for action in (LEFT, FORWARD, FORWARD, LEFT, FORWARD, FORWARD):
        if action < env.action_space.n and any(twin.step(action)[2:4]):
            break
    assert env.features() == before


@pytest.mark.parametrize("entry", ENVS, ids=lambda e: e.id)
def test_both_env_checkers_pass(entry):
    env = build_bare(entry)
    with warnings.catch_warnings():
        # Gymnasium asks for unwrapped envs; ours is a wrapper that adds features.
        warnings.filterwarnings("ignore", message=".*is different from the unwrapped version")
        check_env(env, skip_render_check=True)
    sb3_check_env(env)


@pytest.mark.parametrize(
    ("obs", "shape"), [("flat", (49 * 21 + 10,)), ("image", (7, 7, 3)), ("full", (25 * 21 + 10,))]
)
def test_every_observation_fits_its_space(obs, shape):
    env = build("DoorKey-5x5-v0", obs=obs)
    first, _ = env.reset(seed=0)
    assert first.shape == shape
    assert env.observation_space.contains(first)


def test_the_flat_view_tells_states_apart_exactly_where_minigrid_does():
    flat, plain = build("DoorKey-6x6-v0"), build("DoorKey-6x6-v0", obs="dict")
    seen = {}
    rng = np.random.default_rng(0)
    one, two = flat.reset(seed=0)[0], plain.reset(seed=0)[0]
    for _ in range(200):
        key = (two["image"].tobytes(), int(two["direction"]))
        assert seen.setdefault(one.tobytes(), key) == key
        action = int(rng.integers(7))
        one, two = flat.step(action)[0], plain.step(action)[0]
    assert len(set(seen.values())) == len(seen)


def test_the_missions_colour_is_in_the_flat_view():
    env = build("GoToDoor-5x5-v0")
    first, _ = env.reset(seed=0)
    assert first[-6:].sum() == 1


def test_frames_are_rendered():
    env = build("DoorKey-5x5-v0", render_mode="rgb_array")
    env.reset(seed=0)
    assert env.render().ndim == 3


def test_an_unknown_observation_is_refused_with_the_near_miss():
    with pytest.raises(ConfigError, match="Did you mean 'flat'"):
        build("DoorKey-5x5-v0", obs="flt")


def test_one_seed_gives_one_world():
    one, two = build("KeyCorridorS3R3-v0"), build("KeyCorridorS3R3-v0")
    assert one.reset(seed=5)[1]["features"] == two.reset(seed=5)[1]["features"]
    assert isinstance(one, gym.Wrapper)
