"""What intrinsic rewards pay and take back, by hand and on random episodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rewardsmith
from rewardsmith import RewardStack
from rewardsmith.errors import BindingError, ConfigError


def played(stack: Any, episode: Any) -> list[float]:
    """Step by step, as a place does."""
    paid = []
    for i in range(len(episode)):
        step = episode.select(slice(i, i + 1))
        paid.append(float(stack.step(step).total[0]))
        stack.update(step)
    stack.reset(np.ones(1, dtype=bool))
    return paid


def test_pbim_takes_all_back_at_the_end_by_hand(bind: Any, rows: Any) -> None:
    # F = 1, 2, 3 and then the end: -(1/g^3 + 2/g^2 + 3/g) at g = .5 is -(8 + 8 + 6).
    stack = bind("pbim(x)", gamma=0.5)
    episode = rows([1, 2, 3, 9, 0])
    episode.terminated[-1] = True
    assert played(stack, episode) == [1.0, 2.0, 3.0, -22.0]


def test_grm_takes_each_back_after_its_delay_by_hand(bind: Any, rows: Any) -> None:
    # delay 2, g = .5: F_t - 4 F_{t-2}; at the end -(2 F_{t-1} + 4 F_{t-2}).
    stack = bind("grm(x, delay=2)", gamma=0.5)
    episode = rows([1, 2, 3, 4, 9, 0])
    episode.terminated[-1] = True
    assert played(stack, episode) == [1.0, 2.0, 3 - 4.0, 4 - 8.0, -(8.0 + 12.0)]


@pytest.mark.parametrize("term", ["pbim(x)", "grm(x, delay=1)", "grm(x, delay=3)", "grm(x)"])
@pytest.mark.parametrize("seed", range(5))
def test_discounted_sums_of_terminated_episodes_are_zero(
    bind: Any, rows: Any, term: str, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    stack = bind(term, gamma=0.9)
    for length in rng.integers(1, 20, size=4):
        episode = rows(rng.normal(size=length + 1))
        episode.terminated[-1] = True
        total = sum(0.9**t * x for t, x in enumerate(played(stack, episode)))
        assert total == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("term", ["pbim(x)", "grm(x, delay=2)"])
def test_nothing_is_taken_back_where_the_learner_bootstraps(
    bind: Any, rows: Any, term: str
) -> None:
    cut = rows([1, 2, 3])
    cut.truncated[-1] = True
    assert played(bind(term, gamma=0.5), cut)[-1] == 2.0
    paid = played(bind(term, gamma=0.5, bootstraps_on_truncation=False), cut)
    assert paid[0] + 0.5 * paid[1] == 0.0


@pytest.mark.parametrize("term", ["pbim(x)", "grm(x, delay=2)"])
def test_slots_owe_for_themselves(bind: Any, rows: Any, term: str) -> None:
    together, apart = bind(term, num_envs=2, gamma=0.9), [bind(term, gamma=0.9) for _ in range(2)]
    rng = np.random.default_rng(0)
    for t in range(12):
        step = rows(rng.normal(size=3))
        step.terminated[:] = [t == 4, t == 9]
        both = together.step(step).total
        for i, stack in enumerate(apart):
            one = step.select(slice(i, i + 1))
            assert stack.step(one).total[0] == both[i]
            stack.reset(one.terminated)
        together.reset(step.terminated)


@pytest.mark.parametrize("term", ["pbim(x)", "grm(x, delay=2)"])
def test_state_goes_on_and_a_whole_episode_is_paid_alike(bind: Any, rows: Any, term: str) -> None:
    episode = rows([1, 2, 3, 4, 0])
    episode.terminated[-1] = True
    whole = bind(term, gamma=0.5)
    first, second = bind(term, gamma=0.5), bind(term, gamma=0.5)
    paid = []
    for i in range(len(episode)):
        stack = first if i < 2 else second
        if i == 2:
            second.load_state_dict(first.state_dict())
        paid.append(float(stack.step(episode.select(slice(i, i + 1))).total[0]))
    assert whole.finish(episode).total.tolist() == paid


@pytest.mark.parametrize("term", ["pbim(x)", "grm(x, delay=1)", "grm(x, delay=2)"])
@pytest.mark.parametrize("seed", range(3))
def test_every_action_loses_the_same(bind: Any, rows: Any, term: str, seed: int) -> None:
    """Q'(h, a) - Q(h, a) is one number for all actions, at every history of a small task.

    All histories of 4 steps, 2 actions and 2 outcomes each; the last step terminates. So the
    optimal policies are the same ones (Ng et al. 1999, proof of theorem 1).
    """
    rng = np.random.default_rng(seed)
    gamma, depth = 0.8, 4
    chances = rng.dirichlet(np.ones(2), size=(depth, 2))
    stack = bind(term, gamma=gamma)

    def shaped(path: tuple[float, ...]) -> list[float]:
        episode = rows([*path, 0.0])
        episode.terminated[-1] = len(path) == depth
        return played(stack, episode)

    def values(path: tuple[float, ...]) -> list[tuple[float, float]]:
        """(Q, Q') of both actions after a path, under the task's optimal policy."""
        found = []
        for a in range(2):
            own = bent = 0.0
            for outcome in range(2):
                x = float(np.sin(7 * sum(path) + 3 * a + outcome + seed))
                chance, longer = chances[len(path), a, outcome], (*path, x)
                reward, ahead = np.cos(5 * x), (0.0, 0.0)
                if len(longer) < depth:
                    later = values(longer)
                    ahead = max(later)  # by Q
                own += chance * (reward + gamma * ahead[0])
                bent += chance * (reward + shaped(longer)[-1] + gamma * ahead[1])
            found.append((own, bent))
        losses = [bent - own for own, bent in found]
        assert losses[0] == pytest.approx(losses[1], abs=1e-9)
        return found

    values(())
    assert RewardStack.parse(f"env + 0.1*{term}").guarantee == "invariant"


def test_what_cannot_be_paid_back_is_refused(bind: Any, rows: Any) -> None:
    with pytest.raises(BindingError, match=r"divides by the discount"):
        bind("pbim(x)", gamma=0.0)
    with pytest.raises(ConfigError, match=r"put the gate around it"):
        RewardStack.parse("pbim(outcome(x > 0, x))")
    with pytest.raises(ConfigError, match=r"delay of grm is a whole number >= 1. Received 0"):
        RewardStack.parse("grm(x, delay=0)")
    with pytest.raises(BindingError, match=r"single stored steps cannot"):
        bind("grm(x)").relabel(rows([1, 2]))
    stack = bind("pbim(x, limit=100)", gamma=0.5)
    with pytest.raises(ConfigError, match=r"grows as gamma\^-T .* Use grm"):
        played(stack, rows([1.0] * 20))


def test_around_a_learned_term_in_a_vector_env() -> None:
    formula = "env + 0.1*grm(rnd(update_every=32, warmup=0), delay=5)"
    env = rewardsmith.make("rewardsmith/Empty-5x5-v0", reward=formula, gamma=0.9, num_envs=2)
    env.reset(seed=0)
    env.action_space.seed(0)
    sums = np.zeros(2)
    worth, ended = np.ones(2), 0
    for _ in range(1500):
        _, _, terminated, truncated, infos = env.step(env.action_space.sample())
        alive = ~np.asarray(infos.get("_reset", np.zeros(2, dtype=bool)))
        sums += worth * infos["reward_terms"]["grm"] * alive
        worth *= 0.9
        for i in np.flatnonzero(terminated):
            assert sums[i] == pytest.approx(0.0, abs=1e-9)
            ended += 1
        for i in np.flatnonzero(terminated | truncated):
            sums[i], worth[i] = 0.0, 1 / 0.9  # the next step only resets
    env.close()
    assert ended > 3
