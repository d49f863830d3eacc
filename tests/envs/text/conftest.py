"""What tests of rewards in environments of text share: a played episode, and its pay."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pytest

from rewardsmith import Binding, RewardStack, Scope, Transition
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import find_entry

STEP_AND_EPISODE = frozenset({Scope.STEP, Scope.EPISODE})


class Paid(NamedTuple):
    """What each turn was paid, and the episode."""

    total: Any
    episode: Transition


def _play(env: Any, lines: Iterable[str], **reset: Any) -> Transition:
    """Play lines, at most to the episode's end; `expert` stands for the expert's. A row a turn."""
    _, info = env.reset(**(reset or {"options": {"task": 0}}))
    states, said, rewards, ended = [info["features"]], [], [], False
    for given in lines:
        said.append(env.expert_line() if given == "expert" else given)
        _, reward, ended, _, info = env.step(said[-1])
        states.append(info["features"])
        rewards.append(reward)
        if ended:
            break
    columns = {name: np.array([state[name] for state in states]) for name in states[0]}
    count = len(said)
    return Transition(
        obs=None,
        action=np.array(said),
        next_obs=None,
        env_reward=np.array(rewards, dtype=np.float64),
        terminated=np.arange(count) == (count - 1 if ended else -1),
        truncated=np.zeros(count, dtype=bool),
        features={name: column[:-1] for name, column in columns.items()},
        next_features={name: column[1:] for name, column in columns.items()},
        env_index=np.zeros(count, dtype=np.int64),
        t=np.arange(count),
    )


def _pay(env_id: str, name: str, env: Any, lines: Iterable[str], **reset: Any) -> Paid:
    """Play, and pay the episode by one of the rewards beside the environment."""
    entry = find_entry(f"rewardsmith/{env_id}")
    assert entry is not None
    episode = _play(env, lines, **reset)
    stack = named_rewards(entry)[name].stack()
    out = stack.bind(Binding(env.feature_schema, serves=STEP_AND_EPISODE)).finish(episode)
    np.testing.assert_allclose(sum(out.terms.values()), out.total)
    return Paid(out.total, episode)


def _pay_group(formula: str, env: Any, episodes: Iterable[Iterable[str]]) -> list[Any]:
    """Play several episodes of one task, and pay them as a group by a formula."""
    stack = RewardStack.parse(formula)
    stack.bind(Binding(env.feature_schema, serves=STEP_AND_EPISODE | {Scope.GROUP}))
    return [out.total for out in stack.finish_group([_play(env, lines) for lines in episodes])]


@pytest.fixture(scope="session")
def play() -> Callable[..., Transition]:
    return _play


@pytest.fixture(scope="session")
def pay() -> Callable[..., Paid]:
    return _pay


@pytest.fixture(scope="session")
def pay_group() -> Callable[..., list[Any]]:
    return _pay_group
