import gymnasium as gym
import pytest
from gymnasium import spaces

from rewardsmith.agents.classic.algorithms import (
    ALGORITHMS,
    check_spaces,
    find_algorithm,
    steps_taken,
)
from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.errors import ConfigError, UnknownNameError


class Env(gym.Env):
    def __init__(self, action_space, observation_space=None):
        self.action_space = action_space
        self.observation_space = observation_space or spaces.Box(-1, 1, (2,))


DISCRETE, BOX = spaces.Discrete(3), spaces.Box(-1, 1, (2,))


@pytest.mark.parametrize(
    ("name", "action", "able"),
    [
        ("dqn", BOX, "ppo or a2c or sac or td3 or tqc or two_streams"),
        ("sac", DISCRETE, "ppo or a2c or dqn or two_streams"),
        ("td3", spaces.MultiDiscrete([2, 2]), "ppo or a2c or two_streams"),
        ("tqc", DISCRETE, "ppo or a2c or dqn or two_streams"),
    ],
)
def test_actions_that_an_algorithm_cannot_serve_name_those_that_can(name, action, able):
    with pytest.raises(ConfigError, match=rf"X-v0 with .*Use --algo {able}\."):
        check_spaces(find_algorithm(name), Env(action), "X-v0")


def test_actions_that_nobody_serves():
    with pytest.raises(ConfigError, match="No classic learner can"):
        check_spaces(find_algorithm("ppo"), Env(spaces.Sequence(BOX)), "X-v0")


def test_text_is_for_language_models():
    with pytest.raises(ConfigError, match=r"Use --algo grpo\."):
        check_spaces(find_algorithm("ppo"), Env(spaces.Text(4)), "X-v0")


@pytest.mark.parametrize("seen", [spaces.Text(4), spaces.Dict(a=BOX, b=spaces.Text(4))])
def test_observations_must_be_arrays(seen):
    with pytest.raises(ConfigError, match="sees arrays"):
        check_spaces(find_algorithm("ppo"), Env(DISCRETE, seen), "X-v0")


@pytest.mark.parametrize("name", [n for n in ALGORITHMS if n != "grpo"])
def test_what_serves_passes(name):
    algorithm = find_algorithm(name)
    action = DISCRETE if spaces.Discrete in algorithm.actions else BOX
    check_spaces(algorithm, Env(action, spaces.Dict(a=BOX)), "X-v0")
    assert algorithm.load_class().__name__ == {"two_streams": "TwoStreamPPO"}.get(
        name, name.upper()
    )


def test_an_unknown_algorithm_names_the_near_miss():
    with pytest.raises(UnknownNameError, match=r"Unknown algorithm 'sacc'\. Did you mean 'sac'"):
        find_algorithm("sacc")


@pytest.mark.parametrize(
    ("algo", "hyperparameters", "taken"),
    [
        ("ppo", {"n_steps": 128}, 512),  # rollouts of 2 * 128
        ("two_streams", {"n_steps": 128}, 512),
        ("a2c", {"n_steps": 5}, 300),
        ("dqn", {"train_freq": 4}, 304),
        ("dqn", {"train_freq": [4, "step"]}, 304),
        ("dqn", {"train_freq": [1, "episode"]}, 300),  # nobody knows how long episodes are
    ],
)
def test_steps_are_rounded_up_to_whole_rollouts(algo, hyperparameters, taken):
    spec = make_spec("CartPole-v1", algo=algo, steps=300, n_envs=2, hyperparameters=hyperparameters)
    assert steps_taken(spec) == taken
