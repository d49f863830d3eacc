"""The audit end to end: fixtures with known verdicts, broken wrappers, envs without a table."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardsmith.envs.fixtures import cases
from rewardsmith.errors import ConfigError
from rewardsmith.rewards.audit import Verdict, audit

DOORKEY = "rewardsmith/DoorKey-5x5-v0"


@pytest.mark.parametrize("case", cases(), ids=lambda c: c.name)
def test_every_fixture_gets_its_verdict(case: Any) -> None:
    result = audit(
        case.env_id,
        reward=case.reward,
        gamma=case.gamma,
        episodes=8,
        bootstraps_on_truncation=case.bootstraps,
    )
    assert result.verdict == case.audited
    assert set(case.hazards) <= {h.name for h in result.hazards}
    if result.regret is not None and case.regret is not None:
        assert result.regret == pytest.approx(case.regret, abs=1e-6)


class Shaped(gym.Wrapper[Any, Any, Any, Any]):
    """Potential shaping by hand in DoorKey, with places for mistakes."""

    gamma, zeroed, clip, timeout = 0.99, True, np.inf, False

    def potential(self, obs: Any, info: dict[str, Any]) -> float:
        return 0.1 * (5.0 - float(info["features"]["plan_length"]))

    def reset(self, **kwargs: Any) -> Any:
        obs, info = self.env.reset(**kwargs)
        self.last = self.potential(obs, info)
        return obs, info

    def step(self, action: Any) -> Any:
        obs, reward, terminated, truncated, info = self.env.step(action)
        phi = self.potential(obs, info)
        if (terminated and self.zeroed) or (truncated and self.timeout):
            phi = 0.0
        paid = float(reward) + self.gamma * phi - self.last
        self.last = phi
        return obs, float(np.clip(paid, -self.clip, self.clip)), terminated, truncated, info


class KeepsPotential(Shaped):
    zeroed = False


class OtherGamma(Shaped):
    gamma = 0.95


class Clips(Shaped):
    clip = 0.1


class TimeoutEnds(Shaped):
    timeout = True


def _named(reward: Any, **options: Any) -> Any:
    import rewardsmith

    return audit(lambda: rewardsmith.make(DOORKEY), reward=reward, episodes=6, **options)


def test_a_sound_wrapper_is_invariant_and_its_declared_potential_holds() -> None:
    result = _named(Shaped)
    assert (result.verdict, result.regret, result.exit_status) == (Verdict.INVARIANT, 0.0, 0)
    assert result.check("declared potential").status == "passed"
    assert result.hazards == ()
    assert not result.cause


@pytest.mark.parametrize(
    ("wrapper", "verdict", "words"),
    [
        (KeepsPotential, Verdict.OPTIMUM_KEPT, "not 0 at termination"),
        (OtherGamma, Verdict.CHANGED, "uses gamma 0.95 and the learner 0.99"),
        (Clips, Verdict.OPTIMUM_KEPT, "is cut below -0.1 and above 0.1"),
        (TimeoutEnds, Verdict.OPTIMUM_KEPT, "At a time limit the potential is taken as 0"),
    ],
)
def test_each_fault_of_a_wrapper_is_named(wrapper: Any, verdict: Verdict, words: str) -> None:
    result = _named(wrapper)
    assert result.verdict == verdict
    assert words in result.cause
    assert result.remedy


def test_pay_for_approach_alone_is_farmed() -> None:
    result = audit(DOORKEY, reward="env + 0.1*progress(-plan_length)", episodes=6)
    assert (result.verdict, result.regret, result.exit_status) == (Verdict.CHANGED, 1.0, 1)
    assert "approach" in result.cause
    assert result.loop is not None
    assert result.loop.own == 0.0
    assert result.loop.paid > 0


def test_an_annealed_reward_is_judged_where_its_schedules_end() -> None:
    result = audit(DOORKEY, reward="env + linear(1, 0, steps=1000)*0.5*has_key", episodes=6)
    assert result.verdict == Verdict.INVARIANT
    (hazard,) = (h for h in result.hazards if h.name == "WHILE ANNEALING")
    assert "at step 0 the reward is CHANGED" in hazard.sentence


class Twice(gym.Wrapper[Any, Any, Any, Any]):
    def step(self, action: Any) -> Any:
        self.env.step(action)
        return self.env.step(action)


class Stochastic(gym.RewardWrapper[Any, Any]):
    def reward(self, reward: Any) -> float:
        return float(reward) + float(np.random.default_rng().normal())


class Best(gym.Wrapper[Any, Any, Any, Any]):
    """Pays for a new record: it remembers the record, and clears it at a reset."""

    def reset(self, **kwargs: Any) -> Any:
        self.best = 0
        return self.env.reset(**kwargs)

    def step(self, action: Any) -> Any:
        obs, reward, terminated, truncated, info = self.env.step(action)
        bonus, self.best = 0.1 * max(0, int(obs) - self.best), max(self.best, int(obs))
        return obs, float(reward) + bonus, terminated, truncated, info


class LeftOver(gym.Wrapper[Any, Any, Any, Any]):
    count = 0

    def step(self, action: Any) -> Any:
        obs, reward, terminated, truncated, info = self.env.step(action)
        self.count += 1
        return obs, float(reward) + 1e-3 * self.count, terminated, truncated, info


class Swallows(gym.Wrapper[Any, Any, Any, Any]):
    def step(self, action: Any) -> Any:
        obs, reward, terminated, truncated, info = self.env.step(action)
        return obs, reward, False, truncated or terminated, info


class NotFinite(gym.RewardWrapper[Any, Any]):
    def reward(self, reward: Any) -> float:
        return float("nan")


@pytest.mark.parametrize(
    ("wrapper", "hazard"),
    [
        (Twice, "STEPS TWICE"),
        (Stochastic, "STOCHASTIC REWARD"),
        (Best, "HIDDEN STATE"),
        (LeftOver, "STATE LEFT OVER"),
        (Swallows, "ENDS CHANGED"),
        (NotFinite, "NOT FINITE"),
    ],
)
def test_a_broken_wrapper_is_a_finding_not_a_traceback(wrapper: Any, hazard: str) -> None:
    result = audit("FrozenLake-v1", reward=wrapper, episodes=8, max_states=2000)
    assert hazard in {h.name for h in result.hazards}
    assert all(h.sentence and h.remedy for h in result.hazards)


class Endless(gym.Env[Any, Any]):
    observation_space = gym.spaces.Discrete(3)
    action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.x = 0
        return 0, {}

    def step(self, action: Any) -> Any:
        self.x = (self.x + int(action)) % 3
        return self.x, float(self.x == 2), False, False, {}


def test_an_env_whose_episodes_never_end_is_a_finding() -> None:
    result = audit(Endless, reward="env", episodes=2)
    assert "NEVER ENDS" in {h.name for h in result.hazards}


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ("CartPole-v1", "hardly recur"),
        ("Pendulum-v1", "needs Discrete"),
        ("rewardsmith/DynamicObstacles-5x5-v0", "draws random numbers"),
    ],
)
def test_an_env_without_a_table_says_why_and_is_sampled(env: str, words: str) -> None:
    result = audit(env, reward="env", episodes=6)
    assert (result.verdict, result.exit_status) == (Verdict.INCONCLUSIVE, 2)
    assert words in result.check("exact").sentence
    assert result.check("contract").status == "passed"


def test_the_black_box_path_never_proves() -> None:
    for case in cases():
        result = audit(case.env_id, reward=case.reward, gamma=case.gamma, episodes=4, max_states=1)
        assert result.verdict == Verdict.INCONCLUSIVE, case.name


def test_a_reward_of_episode_scope_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"step by step.*'outcome'"):
        audit(DOORKEY, reward="env + outcome(reward > 0, 0.1*has_key)")


@pytest.mark.parametrize("gamma", [0.0, 1.0, -1, 2.0, True, "0.9", float("nan")])
def test_gamma_must_lie_between_0_and_1(gamma: Any) -> None:
    with pytest.raises(ConfigError, match="between 0 and 1"):
        audit("FrozenLake-v1", reward="env", gamma=gamma)


@pytest.mark.parametrize("option", ["episodes", "seeds", "max_states"])
def test_counts_are_whole_numbers(option: str) -> None:
    with pytest.raises(ConfigError, match=f"{option} is a whole number"):
        audit("FrozenLake-v1", reward="env", **{option: 0})


def test_an_env_instance_is_refused() -> None:
    with pytest.raises(ConfigError, match="builds a fresh env"):
        audit(gym.make("FrozenLake-v1"), reward="env")  # type: ignore[arg-type]


@pytest.mark.parametrize("reward", [dict, lambda env: gym.make("FrozenLake-v1"), lambda: None])
def test_a_reward_that_wraps_nothing_is_refused(reward: Any) -> None:
    with pytest.raises(ConfigError):
        audit("FrozenLake-v1", reward=reward)


class Raises(gym.Wrapper[Any, Any, Any, Any]):
    def step(self, action: Any) -> Any:
        raise KeyError("distance")


def test_a_wrapper_that_raises_is_named() -> None:
    with pytest.raises(ConfigError, match=r"Step 0 .* raised KeyError: 'distance'"):
        audit("FrozenLake-v1", reward=Raises, episodes=2)


def test_a_game_of_several_agents_is_refused() -> None:
    pytest.importorskip("mpe2", reason="needs the extra rewardsmith[multiagent]")
    with pytest.raises(ConfigError, match="several agents cannot be audited"):
        audit("rewardsmith/SimpleSpread-v0", reward="env")


def test_preferences_are_replayed() -> None:
    # In CliffWalking, going up once (-1) is better than stepping off the cliff (-100).
    pair = {"better": {"seed": 0, "actions": [0]}, "worse": {"seed": 0, "actions": [1]}}
    result = audit("CliffWalking-v1", reward="env", episodes=2, preferences=[pair] * 100)
    assert result.check("trajectory alignment").values["tau_b"] == pytest.approx(1.0)
    turned = audit("CliffWalking-v1", reward="-env", episodes=2, preferences=[pair] * 100)
    assert turned.check("trajectory alignment").values["tau_b"] == pytest.approx(-1.0)
    few = audit("CliffWalking-v1", reward="env", episodes=2, preferences=[pair] * 99)
    assert "at least 100" in few.check("trajectory alignment").sentence


def test_a_preference_of_another_form_is_refused() -> None:
    with pytest.raises(ConfigError, match="A preference is a mapping"):
        audit("CliffWalking-v1", reward="env", episodes=2, preferences=[{"better": 1}] * 100)
