"""Rewards that are no function of the transition, and wrappers that change more than rewards.

None of these may be called INVARIANT: in each, what the reward does shows only on steps that
random play hardly ever makes.
"""

from __future__ import annotations

import random
from typing import Any, ClassVar

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.toy_text.frozen_lake import FrozenLakeEnv

from rewardsmith.rewards.audit import AuditResult, Verdict, audit

TOTAL = 0


class Lock(gym.Env[Any, Any]):
    """A chain of 12: one of two actions leads on, the other back to 0; the end pays 1."""

    size = 12

    def __init__(self) -> None:
        self.observation_space = gym.spaces.Discrete(self.size)
        self.action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.x = 0
        return self.x, {}

    def step(self, action: Any) -> Any:
        self.x = self.x + 1 if action == (self.x * 7) % 3 % 2 else 0
        ended = self.x == self.size - 1
        return self.x, float(ended), ended, False, {}


class Paying(gym.Wrapper[Any, Any, Any, Any]):
    """Subclasses add to the reward."""

    last: Any = 0
    t = 0

    def reset(self, **options: Any) -> Any:
        self.last, info = self.env.reset(**options)
        self.t = 0
        return self.last, info

    def step(self, action: Any) -> Any:
        obs, reward, terminated, truncated, info = self.env.step(action)
        paid = float(reward) + self.pay(obs, terminated or truncated)
        self.last, self.t = obs, self.t + 1
        return obs, paid, terminated, truncated, info

    def pay(self, obs: Any, ended: bool) -> float:
        return 0.0


class Late(Paying):
    """Pays from step 60 on."""

    def pay(self, obs: Any, ended: bool) -> float:
        return 10.0 * (self.t >= 60)


class Lifetime(Paying):
    """Pays after 200,000 steps of all episodes."""

    steps_of_all = 0

    def pay(self, obs: Any, ended: bool) -> float:
        self.steps_of_all += 1
        return 5.0 * (self.steps_of_all > 200_000)


class SecondVisit(Paying):
    """Pays for coming to 9 again."""

    visits = 0

    def reset(self, **options: Any) -> Any:
        self.visits = 0
        return super().reset(**options)

    def pay(self, obs: Any, ended: bool) -> float:
        self.visits += obs == 9
        return 5.0 * (obs == 9 and self.visits >= 2)


class Module(Paying):
    """Counts in a module's variable."""

    def pay(self, obs: Any, ended: bool) -> float:
        global TOTAL  # noqa: PLW0603  # the fault under test
        TOTAL += 1
        return 5.0 * (TOTAL > 10**9)


class Class(Paying):
    """Counts in the class."""

    seen: ClassVar[list[int]] = [0]

    def pay(self, obs: Any, ended: bool) -> float:
        self.seen[0] += 1
        return 5.0 * (self.seen[0] > 10**9)


class Clock(Paying):
    """Reads the time limit."""

    def pay(self, obs: Any, ended: bool) -> float:
        return 5.0 * (self.env.get_wrapper_attr("_elapsed_steps") > 350)


class Dice(Paying):
    """Draws at one far state."""

    def pay(self, obs: Any, ended: bool) -> float:
        return random.random() if obs == 9 else 0.0


class Cuts(Paying):
    """Ends episodes at a far state."""

    def step(self, action: Any) -> Any:
        obs, reward, terminated, truncated, info = super().step(action)
        return obs, reward, terminated or obs == 9, truncated, info


class Swallows(Paying):
    """Keeps the end to itself."""

    def step(self, action: Any) -> Any:
        obs, reward, _, truncated, info = super().step(action)
        return obs, reward, False, truncated, info


class Steers(Paying):
    """Takes another action at a far state."""

    def step(self, action: Any) -> Any:
        return super().step(1 - action if self.last == 9 else action)


class Starts(Paying):
    """Puts the env elsewhere at the start."""

    def reset(self, **options: Any) -> Any:
        obs, info = super().reset(**options)
        self.unwrapped.x = 9  # type: ignore[attr-defined]
        return obs, info


class Moves(Paying):
    """Puts the env back at a far state."""

    def pay(self, obs: Any, ended: bool) -> float:
        if obs == 9:
            self.unwrapped.x = 0  # type: ignore[attr-defined]
        return 0.0


def _closure(env: Any) -> Any:
    return gym.wrappers.TransformReward(env, lambda r: r + 5 * (env.unwrapped.x == 9))


def limited() -> Any:
    return gym.wrappers.TimeLimit(Lock(), 400)


def judged(reward: Any, env: Any = limited) -> AuditResult:
    return audit(env, reward=reward, gamma=0.9, episodes=8)


@pytest.mark.parametrize(
    ("reward", "finding"),
    [
        (Late, "HIDDEN STATE"),
        (Lifetime, "HIDDEN STATE"),
        (SecondVisit, "HIDDEN STATE"),
        (Module, "copies share it: TOTAL of Module.pay"),
        (Class, "copies share it: Class.seen"),
        (Clock, "HIDDEN STATE"),
        (Dice, "STOCHASTIC REWARD"),
        (_closure, "holds an env of its own (env in _closure"),
        (Cuts, "ENDS CHANGED"),
        (Swallows, "ENDS CHANGED"),
        (Steers, "ACTIONS CHANGED"),
        (Moves, "STATE CHANGED"),
        (Starts, "STATE CHANGED"),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_no_proof_for_what_is_no_function_of_the_transition(reward: Any, finding: str) -> None:
    result = judged(reward)
    assert result.verdict == Verdict.INCONCLUSIVE
    found = [h.name for h in result.hazards]
    assert finding in found or finding in result.check("exact").sentence


class Remembers(Paying):
    """Keeps logs that it is not paid by, and a potential that it is."""

    log: Any = ()

    def pay(self, obs: Any, ended: bool) -> float:
        self.log = (*self.log[-4:], obs)
        return 0.9 * (0.0 if obs == Lock.size - 1 else -obs) + self.last


class First(Paying):
    """Pays once, on the first step of an episode: the same for every policy."""

    def pay(self, obs: Any, ended: bool) -> float:
        first, self.t = self.t == 0, 1
        return 3.0 * first


@pytest.mark.parametrize("reward", [Remembers, First])
def test_a_memory_that_does_no_harm_is_proved_harmless(reward: Any) -> None:
    result = judged(reward)
    assert (result.verdict, result.regret) == (Verdict.INVARIANT, 0.0)


class Told(Lock):
    """The same chain, its place in an attribute that is named like a clock."""

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        gym.Env.reset(self, seed=seed)
        self.steps = 0
        return 0, {}

    def step(self, action: Any) -> Any:
        self.steps = self.steps + 1 if action == (self.steps * 7) % 3 % 2 else 0
        ended = self.steps == self.size - 1
        return self.steps, float(ended), ended, False, {}


class Slotted:
    """A simulator without a `__dict__`."""

    __slots__ = ("x",)

    def __init__(self) -> None:
        self.x = 0


class Adapter(Told):
    """Its simulator in an attribute called env."""

    def __init__(self) -> None:
        super().__init__()
        self.env = Slotted()

    @property
    def steps(self) -> int:
        return self.env.x

    @steps.setter
    def steps(self, value: int) -> None:
        self.env.x = value


@pytest.mark.parametrize("env", [Lock, Told, Adapter])
@pytest.mark.parametrize("reward", ["env + 5*(next(obs) == 9)", None], ids=["formula", "wrapper"])
def test_states_are_told_apart_wherever_the_env_keeps_them(env: Any, reward: Any) -> None:
    class Nine(Paying):
        def pay(self, obs: Any, ended: bool) -> float:
            return 5.0 * (obs == 9)

    result = judged(reward or Nine, lambda: gym.wrappers.TimeLimit(env(), 400))
    assert (result.verdict, result.regret) == (Verdict.CHANGED, pytest.approx(1.0))


class Key(gym.Wrapper[Any, Any, Any, Any]):
    """The goal of FrozenLake pays only after cell 3 was seen."""

    def reset(self, **options: Any) -> Any:
        self.had = False
        return super().reset(**options)

    def step(self, action: Any) -> Any:
        obs, reward, terminated, truncated, info = super().step(action)
        self.had = self.had or obs == 3
        return obs, float(reward) * self.had, terminated, truncated, info


class Wrong(FrozenLakeEnv):
    """Pays what the table does not say."""

    def step(self, action: Any) -> Any:
        obs, reward, *rest = super().step(action)
        return obs, float(reward) + (obs == 1), *rest


class Sticky(gym.Wrapper[Any, Any, Any, Any]):
    """Takes the last action again."""

    last = 0

    def step(self, action: Any) -> Any:
        action, self.last = self.last, action
        return super().step(action)


def lake(*wrappers: Any) -> Any:
    env: Any = gym.make("FrozenLake-v1", is_slippery=False)
    for wrapper in wrappers:
        env = wrapper(env)
    return env


def test_wrappers_around_a_toy_text_env_are_part_of_its_state() -> None:
    result = judged("env + 10*(next(obs) == 15)", lambda: lake(Key))
    assert result.verdict == Verdict.CHANGED  # the short way does not lead by cell 3
    assert result.check("exact").values["states"] > 16


def test_a_formula_that_reads_the_time_from_the_observation_is_followed_in_time() -> None:
    late = "env + 0.5*(next(obs)[1] > 50)"
    result = judged(late, lambda: gym.wrappers.TimeAwareObservation(lake(), flatten=True))
    assert result.verdict != Verdict.INVARIANT


@pytest.mark.parametrize(
    ("env", "words"),
    [
        (lambda: Wrong(is_slippery=False), "P is not what its step does"),
        (lambda: lake(Sticky), "changes the actions of an env"),
    ],
)
def test_a_table_that_is_not_what_steps_do_is_not_believed(env: Any, words: str) -> None:
    result = judged("env", env)
    assert result.verdict == Verdict.INCONCLUSIVE
    assert words in result.check("exact").sentence


class Same(Lock):
    def __deepcopy__(self, memo: Any) -> Any:
        return self


class Slips(Lock):
    """One step in 300 slips, at one far state."""

    def step(self, action: Any) -> Any:
        if self.x == 9 and self.np_random.random() < 1 / 300:
            self.x = -1
        return super().step(action)


class Many(Lock):
    def __init__(self) -> None:
        super().__init__()
        self.action_space = gym.spaces.Discrete(10**7)


@pytest.mark.parametrize(
    ("env", "words"),
    [
        (Same, "gives the same env again"),
        (Slips, "draws random numbers"),
        (Many, "10,000,000 actions"),
    ],
)
def test_what_the_search_cannot_trust_it_says(env: Any, words: str) -> None:
    result = judged("env", env)
    assert result.verdict == Verdict.INCONCLUSIVE
    assert words in result.check("exact").sentence


class Death(gym.Env[Any, Any]):
    """A chain of 4 to a goal of 1; a third action ends the episode at a huge price."""

    def __init__(self, price: float) -> None:
        self.price = price
        self.observation_space, self.action_space = gym.spaces.Discrete(5), gym.spaces.Discrete(3)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.x = 0
        return 0, {}

    def step(self, action: Any) -> Any:
        if action == 2:
            return self.x, -self.price, True, False, {}
        self.x = min(4, max(0, self.x + (1 if action else -1)))
        return self.x, float(self.x == 4), self.x == 4, False, {}


@pytest.mark.parametrize("price", [1e6, 1e8, 1e10])
def test_a_huge_reward_hides_no_fault(price: float) -> None:
    """5 a step for not ending: the task is never finished, whatever else is in the rewards."""
    result = judged("env + 5*(next(obs) < 4)", lambda: Death(price))
    assert result.verdict in (Verdict.CHANGED, Verdict.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        ("1e-9*env + potential(obs)", Verdict.INVARIANT),
        ("1e-10*env", Verdict.INVARIANT),
        ("env + 1e8*potential(obs)", Verdict.INVARIANT),
        ("-1e-9*env", Verdict.CHANGED),
        ("0*env + potential(obs)", Verdict.CHANGED),
    ],
)
def test_scales_far_apart_are_told_apart(formula: str, verdict: Verdict) -> None:
    assert judged(formula).verdict == verdict


def test_a_declared_potential_that_is_no_number_does_not_hold() -> None:
    class Declares(Paying):
        def potential(self, obs: Any, info: Any) -> float:
            return float("nan")

    check = judged(Declares).check("declared potential")
    assert check.status == "failed"


def test_what_is_too_near_to_rounding_has_no_verdict() -> None:
    class Single(Paying):
        """A potential to nine digits."""

        def pay(self, obs: Any, ended: bool) -> float:
            phi = 0.0 if obs == Lock.size - 1 else np.sin(obs)
            return float(round(0.9 * phi - np.sin(self.last), 10))

    result = judged(Single)
    assert result.verdict == Verdict.INCONCLUSIVE
    assert "fault or rounding" in result.check("exact").sentence


class Approach(Paying):
    """Pays for coming nearer to the last cell, ends of episodes included, and nothing else."""

    def pay(self, obs: Any, ended: bool) -> float:
        return 0.1 * max(0, (obs // 4 + obs % 4) - (self.last // 4 + self.last % 4))


@pytest.mark.parametrize("slippery", [False, True])
def test_approach_alone_is_named_where_steps_slip_too(slippery: bool) -> None:
    result = judged(Approach, lambda: FrozenLakeEnv(is_slippery=slippery))
    assert result.verdict in (Verdict.CHANGED, Verdict.OPTIMUM_KEPT)
    assert result.hazards[0].name == "ONE-SIDED"
