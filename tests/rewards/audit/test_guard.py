"""What strangers' envs and wrappers do wrong is told as rule, received and remedy."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.audit import Verdict, audit
from rewardsmith.rewards.audit.given import number


class Chain(gym.Env[Any, Any]):
    """States 0 to 5, action 1 goes right and 0 left; pays 1 at 5, which ends the episode."""

    def __init__(self) -> None:
        self.observation_space = gym.spaces.Discrete(6)
        self.action_space = gym.spaces.Discrete(2)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.x = 0
        return self.x, {}

    def step(self, action: Any) -> Any:
        self.x = min(5, max(0, self.x + (1 if action else -1)))
        return self.x, float(self.x == 5), self.x == 5, False, {}


def env(**methods: Any) -> type[Chain]:
    """The chain with other methods."""
    return type("Mine", (Chain,), methods)


def wrapper(**methods: Any) -> Any:
    return type("Mine", (gym.Wrapper,), methods)


def stepping(place: int, value: Any) -> Any:
    """A step that gives `value` at `place` of its five values."""

    def step(self: Any, action: Any) -> Any:
        told = self.env.step(action) if isinstance(self, gym.Wrapper) else Chain.step(self, action)
        return (*told[:place], value, *told[place + 1 :])

    return step


def boom(*args: Any, **kwargs: Any) -> Any:
    raise KeyError("boom")


def refusal(build: Any, reward: Any = gym.Wrapper) -> str:
    with pytest.raises(ConfigError) as caught:
        audit(build, reward=reward, episodes=4)
    return str(caught.value)


NO_REWARDS = [
    None, "abc", "3.5", np.array([1.0]), np.array([1.0, 2.0]), 1j, np.complex128(1), [1.0],
    10**400, {}, object(),
]  # fmt: skip


@pytest.mark.parametrize("paid", NO_REWARDS, ids=lambda v: repr(v)[:20])
def test_what_is_no_number_is_no_reward_of_a_wrapper_or_an_env(paid: Any) -> None:
    for message in (
        refusal(Chain, wrapper(step=stepping(1, paid))),
        refusal(env(step=stepping(1, paid))),
        refusal(env(step=stepping(1, paid)), "env + obs"),
    ):
        assert message.startswith("A reward is one real number")
        assert "was paid" in message
        assert "of Mine" in message


@pytest.mark.parametrize("paid", [1, True, np.float32(1), np.int64(1), np.array(1.0), 1.0])
def test_what_is_one_number_is_a_reward(paid: Any) -> None:
    assert number(paid, "it") == 1.0
    assert type(number(paid, "it")) is float


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        ({"reset": boom}, r"reset\(seed=0\) of Mine around Chain raised KeyError: 'boom'"),
        ({"step": boom}, r"Step 0 of Mine .* raised KeyError: 'boom'"),
        ({"close": boom}, "raised KeyError: 'boom' \\(in boom, line"),
        ({"__init__": boom}, "raised KeyError: 'boom'"),
        ({"__init__": lambda self, env: None}, r"call super\(\).__init__\(env\)"),
        (
            {"step": lambda s, a: s.env.step(a)[:4]},
            r"step\(\) of Mine around Chain gave 4 values; split",
        ),
        ({"step": lambda s, a: None}, r"step\(\) of Mine around Chain gave None; return all five"),
        (
            {"step": stepping(4, None)},
            r"An info is a dict. step\(\) of Mine around Chain gave None",
        ),
        ({"step": stepping(4, {"reward_terms": [1]})}, r"reward_terms.* is a dict .*\[1\]"),
        ({"step": stepping(4, {"reward_terms": {"a": "x"}})}, "reward_terms.*was paid 'x'"),
        ({"reset": lambda s, **k: s.env.reset(**k)[0]}, r"reset\(\) of Mine around Chain gave 0"),
        ({"reset": lambda s: s.env.reset()}, r"Write reset\(self, \*, seed=None"),
    ],
)
def test_a_faulty_wrapper_is_told_what_is_wrong(methods: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        audit(Chain, reward=wrapper(**methods), episodes=4)


@pytest.mark.parametrize(
    ("methods", "said"),
    [
        ({"reset": boom}, "around Mine raised KeyError: 'boom'"),
        ({"step": boom}, "raised KeyError: 'boom' \\(in boom, line"),
        ({"close": boom}, "raised KeyError: 'boom' \\(in boom, line"),
        ({"reset": lambda s: (0, {})}, r"Write reset\(self, \*, seed=None, options=None\)"),
        ({"reset": lambda s, **k: 0}, r"gives \(obs, info\).* gave 0"),
        ({"step": lambda s, a: (0, 0.0, True, {})}, "split its `done`"),
        ({"step": stepping(2, np.array([True, False]))}, "terminated of Mine is one truth value"),
        ({"step": stepping(4, None)}, "An info is a dict"),
        ({"step": stepping(4, {"is_success": np.array([1, 2])})}, "is_success.*one truth value"),
        ({"state_key": boom}, r"state_key\(\) of Mine raised KeyError: 'boom'"),
        ({"state_key": lambda s, x: 1}, r"missing 1 required .* Write state_key\(self\)"),
        ({"state_key": lambda s: [s.x]}, r"state_key\(\) of Mine gave \[0\]"),
    ],
)
@pytest.mark.parametrize("reward", [gym.Wrapper, "env + obs"])
def test_a_faulty_env_is_told_what_is_wrong(
    methods: dict[str, Any], said: str, reward: Any
) -> None:
    with pytest.raises(ConfigError, match=said):
        audit(env(**methods), reward=reward, episodes=4)


def test_features_that_vanish_are_told() -> None:
    def reset(self: Any, **kwargs: Any) -> Any:
        return Chain.reset(self, **kwargs)[0], {"features": {"near": 1.0}}

    assert "after near at its reset" in refusal(env(reset=reset))
    said = refusal(env(reset=reset, step=stepping(4, {"features": 3})))
    assert "Received 3" in said
    assert "after near at its reset" in said


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (boom, "It raised KeyError: 'boom' \\(in boom"),
        (lambda size: Chain(), r"missing 1 required .* lambda: MyEnv\(8\)"),
        (lambda: None, "Received NoneType; return the env"),
        (gym.Env, "Received NoneType from Env; set it"),
        (env(__init__=lambda self: setattr(self, "action_space", [0, 1])), "Received list from"),
    ],
)
def test_what_builds_no_env_is_told(build: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        audit(build, reward=gym.Wrapper, episodes=4)


def test_an_env_whose_copy_is_none_is_only_sampled() -> None:
    result = audit(
        lambda: gym.wrappers.TimeLimit(env(__deepcopy__=lambda self, memo: None)(), 30),
        reward=gym.Wrapper,
        episodes=4,
    )
    assert result.verdict == Verdict.INCONCLUSIVE
    assert "its __deepcopy__ gives" in result.check("exact").sentence


def test_what_a_stranger_raised_is_chained() -> None:
    with pytest.raises(ConfigError) as caught:
        audit(env(close=boom), reward="env", episodes=4)
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_sound_env_passes_with_a_state_key_of_its_own() -> None:
    build = env(state_key=lambda self: (self.x,))
    result = audit(lambda: gym.wrappers.TimeLimit(build(), 30), reward="env", episodes=4)
    assert result.verdict == Verdict.INVARIANT


def tabled(outcomes: Any) -> Any:
    """One state from which both actions end, and a table `P` that says what they lead to."""

    class Tabled(Chain):
        def __init__(self) -> None:
            super().__init__()
            end = {a: [(1.0, 1, 0.0, True)] for a in (0, 1)}
            self.P = {0: {0: outcomes, 1: [(1.0, 1, 1.0, True)]}, 1: end}

        def reset(self, **kwargs: Any) -> Any:
            self.s = 0
            return super().reset(**kwargs)

        def step(self, action: Any) -> Any:
            self.s = 1
            return 1, 1.0, True, False, {}

    return Tabled


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([(0.5, 1, 1.0, True)], r"which sum to 0.5 at P\[0\]\[0\] of Tabled"),
        ([(1.0, 1, 1.0, True)] * 2, "which sum to 2 at"),
        ([(-1.0, 1, 1.0, True), (2.0, 1, 1.0, True)], "not negative and sum to 1"),
        ([(float("nan"), 1, 1.0, True)], "which sum to nan"),
        ([("x", 1, 1.0, True)], "Received .*'x'"),
        ([(1.0, 1)], r"Received \[\(1.0, 1\)\]"),
        ([], "which sum to 0"),
        (None, "Received None"),
    ],
)
def test_a_table_is_a_distribution(outcomes: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        audit(tabled(outcomes), reward="env", episodes=2)


def test_a_table_whose_chances_sum_to_one_to_rounding_is_read() -> None:
    thirds = [(1 / 3, 1, 1.0, True)] * 3
    assert audit(tabled(thirds), reward="env", episodes=2).verdict == Verdict.INVARIANT


def test_a_table_may_list_its_actions() -> None:
    class Listed(tabled([(1.0, 1, 1.0, True)])):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.P = {s: list(actions.values()) for s, actions in self.P.items()}

    assert audit(Listed, reward="env", episodes=2).verdict == Verdict.INVARIANT


def test_what_is_called_p_and_is_no_table_is_left_alone() -> None:
    build = env(P={"a": 3})
    result = audit(lambda: gym.wrappers.TimeLimit(build(), 30), reward="env", episodes=2)
    assert result.verdict == Verdict.INVARIANT


def test_a_path_that_is_no_reward_file_is_told(tmp_path: Any) -> None:
    for reward in (str(tmp_path), f"{tmp_path}/"):
        with pytest.raises(ConfigError, match=r"named \.yaml, \.yml or \.py.* Received the path"):
            audit(Chain, reward=reward, episodes=2)
