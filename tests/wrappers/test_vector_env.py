from __future__ import annotations

from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import rewardsmith
from rewardsmith.errors import ContractError, PlaceError
from rewardsmith.wrappers import RewardVectorWrapper, RewardWrapper

RIGHT = np.array([1, 1])
FORMULA = "env + potential(place)"
# One episode right along the chain at gamma 1/2; see test_gymnasium_env.
EPISODE = [0.5, 0.0, -1.0]


def vector(chain: Any, mode: AutoresetMode, formula: str = FORMULA, **options: Any) -> Any:
    envs = SyncVectorEnv([chain] * 2, autoreset_mode=mode)
    return RewardVectorWrapper(envs, formula, gamma=0.5, **options)


def test_next_step_dummy_is_not_paid(chain):
    env = vector(chain, AutoresetMode.NEXT_STEP)
    env.reset()
    steps = [env.step(RIGHT) for _ in range(7)]
    assert [s[1][0] for s in steps] == [*EPISODE, 0.0, *EPISODE]
    dummy = steps[3][4]
    assert dummy["_reward_env"].tolist() == [False, False]
    assert dummy["reward_terms"]["potential"].tolist() == [0.0, 0.0]
    assert env.stack.clock.steps == 12  # six true steps of two envs


def test_next_step_dummy_of_one_env_alone(chain):
    env = vector(chain, AutoresetMode.NEXT_STEP, "env + potential(place) + t")
    env.reset()
    # The second env turns back once, so it ends two steps later.
    actions = [(1, 1), (1, 0), (1, 1), (1, 1), (1, 1), (1, 1)]
    paid = np.array([env.step(np.array(a))[1] for a in actions])
    assert paid[:, 0].tolist() == [0.5, 1.0, 1.0, 0.0, 0.5, 1.0]
    # second env: 0>1, 1>0, 0>1, 1>2, 2>3, dummy, with t = 0..4 added
    assert paid[:, 1].tolist() == [0.5, -1.0 + 1, 0.5 + 2, 0.0 + 3, 1 - 2.0 + 4, 0.0]


def test_same_step_pays_the_true_final_state(chain):
    env = vector(chain, AutoresetMode.SAME_STEP)
    env.reset()
    steps = [env.step(RIGHT) for _ in range(6)]
    assert [s[1][1] for s in steps] == EPISODE * 2
    assert env.last_transition.next_features["place"].tolist() == [3.0, 3.0]
    assert env.last_transition.next_obs.tolist() == [[3.0], [3.0]]
    assert steps[-1][0].tolist() == [[0.0], [0.0]]


@pytest.mark.parametrize(("bootstraps", "last"), [(True, 0.0), (False, -1.0)])
def test_truncation_in_same_step(chain, bootstraps, last):
    env = vector(partial(chain, 2), AutoresetMode.SAME_STEP, bootstraps_on_truncation=bootstraps)
    env.reset()
    assert [env.step(RIGHT)[1][0] for _ in range(4)] == [0.5, last, 0.5, last]


def test_disabled_resets_by_mask(chain):
    env = vector(chain, AutoresetMode.DISABLED)
    with pytest.raises(PlaceError, match="first reset begins episodes in all"):
        env.reset(options={"reset_mask": np.array([True, False])})
    env.reset()
    env.step(np.array([1, 0]))
    env.step(RIGHT)
    _, paid, terminated, _, _ = env.step(RIGHT)
    assert terminated.tolist() == [True, False]
    assert paid.tolist() == [-1.0, 0.0]
    with pytest.raises(PlaceError, match=r"\[0\] have ended"):
        env.step(RIGHT)
    env.reset(options={"reset_mask": terminated})
    # The first begins again; the second goes on from 2 to its end.
    assert env.step(RIGHT)[1].tolist() == [0.5, -1.0]


def test_episode_sums_and_masks(chain):
    env = vector(chain, AutoresetMode.SAME_STEP, "env + 2*place")
    env.reset()
    env.step(np.array([1, 0]))
    assert "reward_episode" not in env.step(RIGHT)[4]
    infos = env.step(RIGHT)[4]
    assert infos["_reward_episode"].tolist() == [True, False]
    episode = infos["reward_episode"]
    assert episode["sum"]["place"].tolist() == [6.0, 0.0]
    assert episode["mean"]["place"].tolist() == [2.0, 0.0]
    assert episode["env"].tolist() == [1.0, 0.0]
    assert episode["length"].tolist() == [3, 0]


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("kind", ["chain", "plain"])
def test_features_and_observations_give_the_same(chain, mode, kind):
    formula = FORMULA if kind == "chain" else "env + potential(obs[0])"
    env = vector(partial(chain, None, kind), mode, formula)
    env.reset()
    assert [env.step(RIGHT)[1][0] for _ in range(3)] == EPISODE


def run(env: Any, mode: AutoresetMode, steps: int) -> np.ndarray[Any, Any]:
    """True steps of a vector env, with actions that depend on env and time."""
    env.reset(seed=[11, 12])
    counts, paid = np.zeros(2, int), [[], []]
    while min(map(len, paid)) < steps:
        actions = (counts + np.arange(2)) % 3
        _, rewards, terminated, truncated, infos = env.step(actions)
        for i in np.flatnonzero(infos["_reward_env"]):
            paid[i].append(rewards[i])
            counts[i] += 1
        if mode is AutoresetMode.DISABLED and (terminated | truncated).any():
            env.reset(options={"reset_mask": terminated | truncated})
    return np.array([p[:steps] for p in paid])


def run_single(env: Any, slot: int, steps: int) -> list[float]:
    env.reset(seed=11 + slot)
    paid = []
    for i in range(steps):
        _, reward, terminated, truncated, _ = env.step((i + slot) % 3)
        paid.append(reward)
        if terminated or truncated:
            env.reset()
    return paid


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_sync_async_and_single_envs_agree_step_by_step(mode):
    formula, steps = "env + potential(height) + 0.1*car_velocity*t", 230
    make = partial(rewardsmith.make, "MountainCar-v0", reward=formula)
    expected = [run_single(make(), slot, steps) for slot in range(2)]
    for kind in ("sync", "async"):
        env = make(num_envs=2, vectorization_mode=kind, autoreset_mode=mode)
        assert isinstance(env, RewardVectorWrapper)
        np.testing.assert_allclose(run(env, mode, steps), expected, rtol=0, atol=1e-12)
        env.close()


def test_an_env_that_does_not_copy_its_observations(chain):
    envs = SyncVectorEnv(
        [partial(chain, None, "plain")] * 2, copy=False, autoreset_mode=AutoresetMode.SAME_STEP
    )
    env = RewardVectorWrapper(envs, "env + potential(obs[0]) + obs[0]", gamma=0.5)
    env.reset()
    # obs[0] at s_t adds 0, 1, 2
    assert [env.step(RIGHT)[1][0] for _ in range(3)] == [0.5, 1.0, 1.0]


def test_components_add_up_and_nothing_is_stepped_at_construction(chain):
    envs = SyncVectorEnv([chain] * 2)
    env = RewardVectorWrapper(envs, "env + potential(place) - 0.5*place + step_cost(0.1)")
    assert [(e.steps, e.resets) for e in envs.envs] == [(0, 0)] * 2
    env.reset()
    for _ in range(9):
        _, paid, _, _, infos = env.step(RIGHT)
        terms = [v for k, v in infos["reward_terms"].items() if not k.startswith("_")]
        np.testing.assert_allclose(np.sum(terms, axis=0), paid)


def test_reward_inside_equals_reward_outside(chain):
    inside = SyncVectorEnv(
        [lambda: RewardWrapper(chain(), FORMULA, gamma=0.5)] * 2,
        autoreset_mode=AutoresetMode.SAME_STEP,
    )
    inside.reset()
    assert [inside.step(RIGHT)[1][0] for _ in range(6)] == EPISODE * 2


def test_an_env_that_hides_how_it_resets(chain):
    envs = SyncVectorEnv([chain])
    del envs.metadata["autoreset_mode"]
    with pytest.raises(PlaceError, match="autoreset_mode"):
        RewardVectorWrapper(envs, "env")


def test_infos_as_lists_go_around(chain):
    lists = gym.wrappers.vector.DictInfoToList
    inside = RewardVectorWrapper(lists(gym.vector.SyncVectorEnv([chain])), "env")
    with pytest.raises(PlaceError, match="DictInfoToList"):
        inside.reset()
    around = lists(vector(chain, AutoresetMode.NEXT_STEP))
    around.reset()
    assert [info["reward_env"] for info in around.step(RIGHT)[4]] == [0.0, 0.0]


def test_a_feature_that_the_vector_env_would_cut_is_refused(chain):
    class Whole(type(chain())):
        """Gives its place as an int, which Gymnasium would make of other envs' floats too."""

        def _info(self) -> dict[str, Any]:
            info = super()._info()
            return {**info, "features": {**info["features"], "place": self.place}}

    env = RewardVectorWrapper(SyncVectorEnv([Whole, chain]), FORMULA)
    with pytest.raises(ContractError, match=r"int64 for 'place', which is declared 'float'"):
        env.reset()


class Parts(gym.Env[Any, Any]):
    """Ends after `length` steps; observes the steps taken, as a part of a part."""

    observation_space = spaces.Dict(
        {"at": spaces.Tuple((spaces.Discrete(9), spaces.Box(0, 9, (2,))))}
    )
    action_space = spaces.Tuple((spaces.Discrete(3), spaces.Discrete(5)))

    def __init__(self, length: int) -> None:
        self.length, self.n = length, 0

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.n = 0
        return self._obs(), {}

    def step(self, action: Any) -> Any:
        self.n += 1
        return self._obs(), 1.0, self.n == self.length, False, {}

    def _obs(self) -> Any:
        return {"at": (self.n, np.full(2, self.n, np.float32))}


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_rows_of_tuples_belong_to_envs(mode):
    envs = SyncVectorEnv([partial(Parts, 2), partial(Parts, 3)], autoreset_mode=mode)
    env = RewardVectorWrapper(envs, "env + step_cost(0.25)")
    env.reset()
    actions = (np.array([0, 2]), np.array([3, 4]))
    env.step(actions)
    _, paid, terminated, _, _ = env.step(actions)
    tr = env.last_transition
    assert [tuple(map(int, row)) for row in tr.action] == [(0, 3), (2, 4)]
    assert [row[0] for row in tr.next_obs["at"]] == [2, 2]
    if mode is AutoresetMode.DISABLED:
        env.reset(options={"reset_mask": terminated})
    # Now the first env's step may be a dummy, and the second's is not.
    assert paid.tolist() == [0.75, 0.75]
    first = 0.0 if mode is AutoresetMode.NEXT_STEP else 0.75
    assert env.step(actions)[1].tolist() == [first, 0.75]
    chosen = env.last_transition.select(np.array([False, True]))
    assert [tuple(map(int, row)) for row in chosen.action] == [(2, 4)]
