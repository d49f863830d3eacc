"""Laying envs out as tables: toy-text `P`, copies of a grid, and what cannot be laid out."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import rewardsmith
from rewardsmith.rewards.audit.subject import Subject, reward_of
from rewardsmith.rewards.audit.tabularise import replayed, tabularise
from rewardsmith.rewards.audit.trust import NotTabular
from rewardsmith.wrappers.gymnasium_env import RewardWrapper


class Wrapped(RewardWrapper):
    """A stack as a stranger's wrapper: the search runs it instead of asking it."""

    formula = "env"

    def __init__(self, env: Any) -> None:
        super().__init__(env, self.formula, gamma=0.99)


def _subject(env: str, reward: Any) -> Subject:
    return Subject(lambda: rewardsmith.make(env), reward_of(reward, env), 0.99, name=env)


def test_a_toy_text_env_is_its_own_table() -> None:
    tabled = tabularise(_subject("FrozenLake-v1", "env + 0.5*obs"))
    table, known = tabled.table, gym.make("FrozenLake-v1").unwrapped
    number = {i: int(seen.obs) for i, seen in enumerate(tabled.graph.states)}
    merged: dict[tuple[int, int, int], float] = {}
    for s, actions in known.P.items():  # type: ignore[attr-defined]
        for a, outcomes in actions.items():
            for p, after, _, _ in outcomes:
                merged[s, a, int(after)] = merged.get((s, a, int(after)), 0.0) + p
    found = {
        (number[s], a, number[n]): p
        for s, a, n, p in zip(table.s, table.a, table.after, table.p, strict=True)
    }
    assert found == pytest.approx({k: v for k, v in merged.items() if k[0] in set(_open(known))})
    assert table.proxy - table.reward == pytest.approx([0.5 * number[s] for s in table.s])


def _open(env: Any) -> list[int]:
    """States from which an episode goes on."""
    return [i for i, tile in enumerate(env.desc.ravel()) if tile in b"SF"]


@pytest.mark.parametrize("env", ["CliffWalking-v1", "rewardsmith/DoorKey-5x5-v0"])
def test_a_stack_and_its_wrapper_give_one_table(env: str) -> None:
    formula = "env - 0.1*potential(obs)" if "Cliff" in env else "env - 0.1*potential(plan_length)"
    wrapper = type("Same", (Wrapped,), {"formula": formula})
    asked = tabularise(_subject(env, formula)).table
    run = tabularise(_subject(env, wrapper)).table
    for name in ("s", "a", "after", "p", "reward"):
        assert np.array_equal(getattr(asked, name), getattr(run, name))
    assert asked.proxy == pytest.approx(run.proxy, abs=1e-12)
    assert run.cut is None  # at a time limit it pays what it pays anywhere


def test_paths_lead_to_their_states() -> None:
    tabled = tabularise(_subject("rewardsmith/DoorKey-5x5-v0", "env"))
    solved = int(np.flatnonzero(tabled.table.success)[0])  # type: ignore[arg-type]
    seed, actions = replayed(tabled.graph, solved)
    env = rewardsmith.make("rewardsmith/DoorKey-5x5-v0")
    env.reset(seed=seed)
    steps = [env.step(a) for a in actions]
    assert steps[-1][2]
    assert steps[-1][4]["is_success"]


def test_two_seeds_are_two_starts_of_one_table() -> None:
    one = tabularise(_subject("rewardsmith/DoorKey-5x5-v0", "env")).table
    two = tabularise(_subject("rewardsmith/DoorKey-5x5-v0", "env"), seeds=(0, 1)).table
    assert two.states > one.states
    assert np.sort(two.start)[-2:].tolist() == [0.5, 0.5]


class Uncopyable(gym.Wrapper[Any, Any, Any, Any]):
    def __deepcopy__(self, memo: Any) -> Any:
        raise RuntimeError("a socket")


class Coin(gym.Env[Any, Any]):
    """Random successors and no table."""

    observation_space = gym.spaces.Discrete(5)
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.x = 0
        return 0, {}

    def step(self, action: Any) -> Any:
        self.x = int(self.np_random.integers(5))
        return self.x, 0.0, self.x == 4, False, {}


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Uncopyable(gym.make("FrozenLake-v1")), "cannot be copied .RuntimeError: a socket"),
        (Coin, "draws random numbers, and it exposes no table P"),
        (lambda: gym.make("MountainCar-v0"), "hardly recur"),
        (lambda: gym.make("Pendulum-v1"), "needs Discrete"),
        (lambda: gym.make("CliffWalking-v1"), "more than 10 states"),
    ],
)
def test_what_cannot_be_laid_out_says_why(build: Any, words: str) -> None:
    wrapper = type("Any", (gym.Wrapper,), {})
    with pytest.raises(NotTabular, match=words):
        tabularise(Subject(build, wrapper, 0.99), max_states=10 if "10" in words else 3000)
