from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardsmith.errors import (
    BindingError,
    ContractError,
    NonFiniteRewardError,
    PlaceError,
    UnknownNameError,
)
from rewardsmith.stack import RewardStack
from rewardsmith.wrappers import RewardWrapper

RIGHT = 1


def play(env: Any, actions: list[int]) -> list[float]:
    env.reset(seed=0)
    return [env.step(a)[1] for a in actions]


def test_potential_at_termination(chain):
    # gamma 1/2, Phi = place: 1/2*1 - 0, 1/2*2 - 1, and at the end env 1 + (0 - 2).
    env = RewardWrapper(chain(), "env + potential(place)", gamma=0.5)
    assert play(env, [RIGHT] * 3) == [0.5, 0.0, -1.0]


@pytest.mark.parametrize(("bootstraps", "last"), [(True, 0.0), (False, -1.0)])
def test_potential_at_truncation(chain, bootstraps, last):
    # Second step, 1 -> 2, cut by the limit: 1/2*2 - 1 if the learner looks beyond, else 0 - 1.
    env = RewardWrapper(
        chain(limit=2), "env + potential(place)", gamma=0.5, bootstraps_on_truncation=bootstraps
    )
    assert play(env, [RIGHT] * 2) == [0.5, last]


def test_terminated_and_truncated_at_once_is_final(chain):
    env = RewardWrapper(chain(limit=3), "env + potential(place)", gamma=0.5)
    assert play(env, [RIGHT] * 3) == [0.5, 0.0, -1.0]


def test_infos_hold_own_reward_terms_sums_and_means(chain):
    env = RewardWrapper(chain(), "env + 2*place", gamma=0.5)
    env.reset()
    infos = [env.step(RIGHT)[4] for _ in range(3)]
    assert [i["reward_env"] for i in infos] == [0.0, 0.0, 1.0]
    assert [i["reward_terms"] for i in infos] == [
        {"env": 0.0, "place": 0.0},
        {"env": 0.0, "place": 2.0},
        {"env": 1.0, "place": 4.0},
    ]
    assert "reward_episode" not in infos[1]
    assert infos[2]["reward_episode"] == {
        "sum": {"env": 1.0, "place": 6.0},
        "mean": {"env": 1 / 3, "place": 2.0},
        "env": 1.0,
        "length": 3,
    }


def test_second_episode_starts_afresh(chain):
    env = RewardWrapper(chain(), "env + potential(place) + t", gamma=0.5)
    first = play(env, [RIGHT] * 3)
    assert first == play(env, [RIGHT] * 3) == [0.5, 1.0, 1.0]


def test_a_reset_in_mid_episode_drops_the_potential(chain):
    env = RewardWrapper(chain(), "potential(place)", gamma=0.5)
    play(env, [RIGHT, RIGHT])
    assert play(env, [RIGHT]) == [0.5]


def test_observation_serves_as_features(chain):
    env = RewardWrapper(chain(kind="plain"), "env + potential(obs[0])", gamma=0.5)
    assert play(env, [RIGHT] * 3) == [0.5, 0.0, -1.0]


def test_no_env_steps_at_construction(chain):
    bare = chain()
    RewardWrapper(bare, "env + potential(place)")
    assert (bare.steps, bare.resets) == (0, 0)


def test_training_moves_the_clock_and_evaluation_does_not(chain):
    formula = "linear(1, 0, steps=4)*place"
    taught = RewardWrapper(chain(), formula)
    # weights 1, 3/4, 1/2 on places 0, 1, 2
    assert play(taught, [RIGHT] * 3) == [0.0, 0.75, 1.0]
    watched = RewardWrapper(chain(), formula, training=False)
    assert play(watched, [RIGHT] * 3) == [0.0, 1.0, 2.0]
    assert watched.stack.clock.steps == 0


def test_unknown_feature_names_the_near_miss(chain):
    with pytest.raises((UnknownNameError, ValueError), match="Did you mean 'place'"):
        RewardWrapper(chain(), "env + potential(plaec)")


def test_episode_scope_is_refused_with_the_place_that_serves_it(chain):
    with pytest.raises(BindingError, match="RewardRolloutBuffer"):
        RewardWrapper(chain(), "env + outcome(at_goal, place)")


def test_gamma_outside_its_range(chain):
    with pytest.raises(BindingError, match=r"\[0, 1\]"):
        RewardWrapper(chain(), "env", gamma=1.1)


def test_one_stack_in_two_places(chain):
    stack = RewardStack.parse("env + potential(place)")
    RewardWrapper(chain(), stack)
    with pytest.raises(PlaceError, match="one place"):
        RewardWrapper(chain(), stack)


def test_step_before_reset(chain):
    with pytest.raises(PlaceError, match="reset"):
        RewardWrapper(chain(), "env").step(RIGHT)


def test_nan_names_term_and_features(chain):
    env = RewardWrapper(chain(), "env + 1/place")
    with pytest.raises(NonFiniteRewardError, match=r"place: 0\.0"):
        play(env, [RIGHT])
    assert play(RewardWrapper(chain(), "env + 1/place", on_nan="zero"), [RIGHT] * 2) == [0.0, 1.0]


def test_compute_reward_of_a_goal_env_is_forwarded(chain):
    env = RewardWrapper(chain(kind="goal"), "env + potential(-gap)")
    assert env.compute_reward(np.array([1.0]), np.array([3.0]), {}) == -1.0


def test_spec_rebuilds_the_wrapper():
    env = RewardWrapper(gym.make("CartPole-v1"), "env + potential(-abs(obs[2]))", gamma=0.9)
    again = gym.make(env.spec)
    assert isinstance(again, RewardWrapper)
    assert again.stack.binding.learner.gamma == 0.9
    assert play(again, [0, 1]) == play(env, [0, 1])


BOX = gym.spaces.Box(0, 1, (2,))


@pytest.mark.parametrize(
    "space",
    [
        gym.spaces.Tuple((gym.spaces.Discrete(2), BOX)),
        gym.spaces.Sequence(BOX),
        gym.spaces.Graph(BOX, gym.spaces.Discrete(3)),
        gym.spaces.OneOf((BOX, gym.spaces.Discrete(2))),
    ],
)
def test_actions_whose_parts_differ_in_shape(space):
    class Parts(gym.Env[Any, Any]):
        observation_space = gym.spaces.Box(0, 1, (1,))
        action_space = space

        def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
            return np.zeros(1, np.float32), {}

        def step(self, action: Any) -> Any:
            return np.zeros(1, np.float32), 1.0, False, False, {}

    env = RewardWrapper(Parts(), "env + step_cost(0.25)")
    env.reset()
    space.seed(1)
    action = space.sample()
    assert env.step(action)[1] == 0.75
    assert env.last_transition.action[0] is action


def test_a_step_without_an_episode(chain):
    env = RewardWrapper(chain(), "env + potential(place)")
    with pytest.raises(PlaceError, match="Call reset"):
        env.step(1)
    assert env.unwrapped.steps == 0
    env.reset()
    for _ in range(3):
        env.step(1)
    with pytest.raises(PlaceError, match="Autoreset"):
        env.step(1)
    env.reset()
    env.step(1)


class Keeps(gym.Wrapper[Any, Any, Any, Any]):
    """An env that gives one dict as every info."""

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.info: dict[str, Any] = {}

    def reset(self, **options: Any) -> Any:
        obs, info = self.env.reset(**options)
        self.info.update(info)
        return obs, self.info

    def step(self, action: Any) -> Any:
        *rest, info = self.env.step(action)
        self.info.update(info)
        return (*rest, self.info)


def test_an_env_that_keeps_its_info(chain):
    env = RewardWrapper(Keeps(chain()), "env")
    ends = []
    for _ in range(2):
        env.reset()
        ends += ["reward_episode" in env.step(1)[4] for _ in range(3)]
    assert ends == [False, False, True] * 2


class Objectives(gym.Wrapper[Any, Any, Any, Any]):
    def step(self, action: Any) -> Any:
        obs, reward, *rest = self.env.step(action)
        return (obs, np.array([reward, 0.0]), *rest)


def test_a_reward_of_two_objectives_is_refused(chain):
    env = RewardWrapper(Objectives(chain()), "env")
    env.reset()
    with pytest.raises(ContractError, match="one number"):
        env.step(1)
