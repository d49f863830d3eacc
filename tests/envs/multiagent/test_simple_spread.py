import copy
from typing import Any

import numpy as np
import pytest
import yaml

from rewardsmith.envs.multiagent import catalog
from rewardsmith.errors import ContractError

pytest.importorskip("mpe2")
from pettingzoo.test import parallel_api_test, parallel_seed_test

from rewardsmith.envs.multiagent.simple_spread import SimpleSpread

AGENTS = ["agent_0", "agent_1", "agent_2"]


def place(env: SimpleSpread, agents: Any, landmarks: Any) -> None:
    world = env.unwrapped.world
    for entity, at in zip([*world.agents, *world.landmarks], [*agents, *landmarks], strict=True):
        entity.state.p_pos = np.array(at, dtype=float)
        entity.state.p_vel = np.zeros(2)


def still(env: SimpleSpread) -> dict[str, int]:
    return dict.fromkeys(env.agents, 0)


def test_pettingzoos_contract() -> None:
    parallel_api_test(SimpleSpread(), num_cycles=100)
    parallel_seed_test(SimpleSpread, num_cycles=50)


def test_every_info_obeys_the_schema_to_the_last_step() -> None:
    env = SimpleSpread()
    _, infos = env.reset(seed=0)
    steps = 0
    while env.agents:
        actions = {a: env.action_space(a).sample() for a in env.agents}
        _, rewards, terminations, truncations, infos = env.step(actions)
        steps += 1
        assert sorted(infos) == AGENTS
        for agent in AGENTS:
            env.feature_schema.validate(infos[agent]["features"])
            assert type(infos[agent]["is_success"]) is bool
            assert type(rewards[agent]) is float
    assert steps == 25
    assert all(truncations.values())
    assert not any(terminations.values())


def test_features_of_a_known_state() -> None:
    env = SimpleSpread()
    env.reset(seed=0)
    # agents at (0,0), (0.2,0) (they touch: radius 0.15 each) and (0,1)
    place(env, [(0, 0), (0.2, 0), (0, 1)], [(0, 0.05), (0, 0.6), (-0.5, 1)])
    first = env.features("agent_0")
    np.testing.assert_array_equal(first["agent_position"], [0, 0])
    assert first["distance_to_landmark"] == pytest.approx(0.05)
    assert first["collisions"] == 1
    # nearest agents: 0.05, 0.4 and 0.5
    assert first["mean_landmark_distance"] == pytest.approx(0.95 / 3)
    assert first["coverage"] == pytest.approx(1 / 3)
    third = env.features("agent_2")
    assert third["distance_to_landmark"] == pytest.approx(0.4)
    assert third["collisions"] == 0
    assert third["coverage"] == first["coverage"]


def test_infos_describe_the_state_reached() -> None:
    env = SimpleSpread()
    env.reset(seed=0)
    place(env, [(-1, 0), (0, 0), (1, 0)], [(-1, 1), (0, 1), (1, 1)])
    # A step moves by the old velocity, then sets v = 0.75 v + 5 * 0.1 (action 2: to the right).
    env.step({**still(env), "agent_2": 2})
    *_, infos = env.step(still(env))
    np.testing.assert_allclose(infos["agent_2"]["features"]["agent_position"], [1.05, 0])
    np.testing.assert_allclose(infos["agent_2"]["features"]["agent_velocity"], [0.375, 0])
    np.testing.assert_allclose(infos["agent_0"]["features"]["agent_position"], [-1, 0])


def test_own_reward_is_kept() -> None:
    env = SimpleSpread()
    env.reset(seed=0)
    place(env, [(-1, 0), (0, 0), (1, 0)], [(-1, 1), (0, 1), (1, 1)])
    _, rewards, *_ = env.step(still(env))
    # half local (no collision) and half shared: three landmarks at distance 1
    assert rewards == dict.fromkeys(AGENTS, pytest.approx(-1.5))


def test_success_is_every_landmark_covered() -> None:
    env = SimpleSpread()
    _, infos = env.reset(seed=0)
    assert not infos["agent_0"]["is_success"]
    spots = [(-1.0, 0.0), (0.0, 0.0), (1.0, 0.0)]
    place(env, spots, [spots[1], spots[2], spots[0]])
    *_, infos = env.step(still(env))
    assert all(infos[a]["is_success"] for a in AGENTS)
    assert infos["agent_0"]["features"]["coverage"] == 1
    place(env, spots, [spots[1], spots[2], (-1.0, 0.11)])
    *_, infos = env.step(still(env))
    assert not any(infos[a]["is_success"] for a in AGENTS)


def test_more_agents_widen_the_schema() -> None:
    env = SimpleSpread(N=5)
    env.reset(seed=0)
    assert env.feature_schema["collisions"].high == 4
    place(env, [(0, 0)] * 5, [(0, 0)] * 5)
    assert env.features("agent_4")["collisions"] == 4


def test_renders() -> None:
    env = SimpleSpread(render_mode="rgb_array")
    env.reset(seed=0)
    assert env.render().shape == (700, 700, 3)
    env.close()


def test_catalog_names_the_factory_and_a_complete_rewards_file() -> None:
    (entry,) = catalog.ENVS
    assert entry.max_episode_steps is None, "the env truncates by itself"
    path = catalog.__file__.replace("catalog.py", entry.rewards)
    with open(path) as file:
        named = yaml.safe_load(file)
    assert {"sparse", "potential", "gated", "biased"} <= set(named)
    assert all(set(reward) == {"doc", "formula"} for reward in named.values())


def test_refuses_to_be_copied() -> None:
    env = SimpleSpread()
    env.reset(seed=0)
    with pytest.raises(ContractError, match="replay the seed"):
        copy.deepcopy(env)
