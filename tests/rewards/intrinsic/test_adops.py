from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rewardsmith import RewardStack
from rewardsmith.errors import PlaceError
from rewardsmith.rewards.audit import audit
from rewardsmith.rewards.tabular import TabularMDP
from rewardsmith.wrappers import RewardWrapper


def test_by_hand(bind: Any, rows: Any) -> None:
    """V_E = 10 s, V_I = s, gamma = gamma_I = .5, from s = 2 to s = 4 with r = 0 and r = -1.

    Q_E = 0 + 20 = V_E: paid max(F, 2 - 2). Q_E = 19 < 20: paid min(F, 0 + 1 - .25).
    """
    stack = bind("adops(x, epsilon=0.25)", gamma=0.5)
    term: Any = stack.entries[0].term
    term.attach(lambda obs: (10 * obs, obs), gamma=0.5)
    episode = rows([2, 4])
    for pay, reward, expected in ((2, 0, 2), (-3, 0, 0), (2, -1, 0.75), (-3, -1, -3)):
        episode.env_reward[:] = reward
        episode.features["x"] = np.array([float(pay)])
        assert stack.step(episode).total.tolist() == [expected]
        assert stack.relabel(episode).total.tolist() == [expected]


@pytest.mark.parametrize(("keep", "floor"), [("True", 0), ("False", -5)])
def test_what_is_better_by_hand(bind: Any, rows: Any, keep: str, floor: float) -> None:
    """From s = 2 to s = 4 as above, r = 5: Q_E = 25, better than V_E = 20 by 5.

    The paper (Forbes et al. 2025): max(F, 2 - 2 + 20 - 25); with the advantage kept, max(F, 0).
    """
    stack = bind(f"adops(x, keep_advantage={keep})", gamma=0.5)
    term: Any = stack.entries[0].term
    term.attach(lambda obs: (10 * obs, obs), gamma=0.5)
    better = rows([2, 4], reward=5.0)
    for pay in (2.0, -3.0, -9.0):
        better.features["x"] = np.array([pay])
        assert stack.step(better).total.tolist() == [max(pay, floor)]


def test_the_future_of_an_ended_episode_is_worth_nothing(bind: Any, rows: Any) -> None:
    stack = bind("adops(x)", gamma=0.5)
    term: Any = stack.entries[0].term
    term.attach(lambda obs: (obs, obs), gamma=0.5)
    ended = rows([2, 4], reward=2.0, terminated=True)  # Q_E = 2 = V_E; room = V_I = 2
    ended.features["x"] = np.array([-1.0])
    assert stack.step(ended).total.tolist() == [2.0]


@pytest.mark.parametrize("seed", range(40))
def test_with_exact_critics_the_optimal_actions_stay(bind: Any, rows: Any, seed: int) -> None:
    """On deterministic MDPs, values by an exact solver; V_I by iterating to a fixed point."""
    rng = np.random.default_rng(seed)
    states, actions, gamma = 6, 3, 0.8
    after = rng.integers(states, size=(states, actions))
    dynamics = np.eye(states)[after]
    reward = rng.normal(size=(states, actions, 1)) * np.ones(states)
    mdp = TabularMDP(dynamics, reward, np.zeros(states, dtype=bool), gamma, np.zeros(states))
    q = mdp.q_values()
    bonus = rng.normal(size=(states, actions)) * 3
    stack = bind(f"adops(x, keep_advantage={seed % 2 == 0})", gamma=gamma)
    term: Any = stack.entries[0].term
    intrinsic = np.zeros(states)
    term.attach(lambda obs: (q.max(axis=1)[obs], intrinsic[obs]), gamma=gamma)

    def shaped() -> Any:
        s, a = np.divmod(np.arange(states * actions), actions)
        batch = rows(np.zeros(states * actions + 1))
        batch.obs, batch.next_obs = s, after[s, a]
        batch.env_reward[:] = reward[s, a, 0]
        batch.features["x"] = bonus[s, a]
        return stack.relabel(batch).total.reshape(states, actions)

    best = q.argmax(axis=1)
    for _ in range(200):  # V_I of the policy that is optimal for the task
        intrinsic = (shaped() + gamma * intrinsic[after])[np.arange(states), best]
    total = q + shaped() + gamma * intrinsic[after]
    assert (total.argmax(axis=1) == best).all()
    np.testing.assert_array_less(
        np.delete(total.ravel(), best + actions * np.arange(states)),
        np.repeat(total.max(axis=1), actions - 1),
    )


def test_without_a_critic_it_says_who_has_one(bind: Any, rows: Any) -> None:
    told = r"adops holds its child .* no critic, as in an audit.*two_streams.*attach\("
    with pytest.raises(PlaceError, match=told):
        bind("adops(x)").step(rows([1, 2]))
    assert RewardStack.parse("env + 0.1*adops(rnd())").guarantee == "asymptotic"


def test_an_audit_asks_for_a_critic_and_takes_a_wrapper_with_one() -> None:
    reward, options = "env + 0.1*adops(count())", {"gamma": 0.9, "episodes": 2}
    with pytest.raises(PlaceError, match="an audit takes a function that wraps the env so"):
        audit("CliffWalking-v1", reward=reward, **options)

    def wrapped(env: Any) -> Any:
        outer = RewardWrapper(env, reward, gamma=0.9)
        term: Any = outer.stack.entries[1].term
        term.attach(lambda obs: (np.zeros(len(obs)), np.zeros(len(obs))), gamma=0.9)
        return outer

    assert audit("CliffWalking-v1", reward=wrapped, **options).verdict
