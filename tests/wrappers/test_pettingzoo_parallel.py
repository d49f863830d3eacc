from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

pytest.importorskip("pettingzoo")
from pettingzoo import ParallelEnv

import rewardsmith
from rewardsmith.errors import ConfigError, ContractError, PlaceError
from rewardsmith.features import Feature, FeatureSchema
from rewardsmith.wrappers import RewardParallelWrapper


class Walkers(ParallelEnv):  # type: ignore[misc]
    """Two walkers; `fast` moves 2 places a step and `slow` 1, each until place 4 (pays 1)."""

    metadata = {"name": "walkers"}  # noqa: RUF012
    feature_schema: Any = FeatureSchema([Feature("place", "place", (), 0, 4)])

    def __init__(self, limit: int = 10) -> None:
        self.possible_agents, self.limit = ["fast", "slow"], limit
        self.steps = 0

    def observation_space(self, agent: str) -> Any:
        return spaces.Box(0, 4, (1,), np.float32)

    def action_space(self, agent: str) -> Any:
        return spaces.Discrete(2)

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        self.agents, self.count = list(self.possible_agents), 0
        self.place = dict.fromkeys(self.agents, 0.0)
        return self._obs(self.agents), self._infos(self.agents)

    def step(self, actions: dict[str, Any]) -> Any:
        now, self.count, self.steps = list(self.agents), self.count + 1, self.steps + 1
        for agent in now:
            self.place[agent] += (2 if agent == "fast" else 1) * actions[agent]
        ended = {a: self.place[a] >= 4 for a in now}
        cut = {a: self.count >= self.limit and not ended[a] for a in now}
        self.agents = [a for a in now if not ended[a] and not cut[a]]
        rewards = {a: float(ended[a]) for a in now}
        return self._obs(now), rewards, ended, cut, self._infos(now)

    def _obs(self, agents: list[str]) -> Any:
        return {a: np.array([self.place[a]], np.float32) for a in agents}

    def _infos(self, agents: list[str]) -> Any:
        return {a: {"features": {"place": self.place[a]}, "is_success": False} for a in agents}


class Unlike(Walkers):
    feature_schema = None

    def observation_space(self, agent: str) -> Any:
        return spaces.Box(0, 4, (1 if agent == "fast" else 2,), np.float32)


def play(env: Any) -> list[tuple[dict[str, float], dict[str, Any]]]:
    env.reset(seed=0)
    steps = []
    while env.agents:
        _, rewards, _, _, infos = env.step(dict.fromkeys(env.agents, 1))
        steps.append((rewards, infos))
    return steps


def test_each_agent_has_its_own_potential_and_one_leaves_early():
    env = RewardParallelWrapper(Walkers(), "env + potential(place)", gamma=0.5)
    # fast: 0>2, 2>4 (end): 1/2*2 - 0, env 1 + 0 - 2
    # slow: 0>1, 1>2, 2>3, 3>4 (end): 1/2 - 0, 1 - 1, 3/2 - 2, env 1 + 0 - 3
    expected = [
        {"fast": 1.0, "slow": 0.5},
        {"fast": -1.0, "slow": 0.0},
        {"slow": -0.5},
        {"slow": -2.0},
    ]
    assert [rewards for rewards, _ in play(env)] == expected
    assert [rewards for rewards, _ in play(env)] == expected


@pytest.mark.parametrize(("bootstraps", "last"), [(True, 0.0), (False, -1.0)])
def test_truncation(bootstraps, last):
    env = RewardParallelWrapper(
        Walkers(limit=2), "env + potential(place)", gamma=0.5, bootstraps_on_truncation=bootstraps
    )
    expected = [{"fast": 1.0, "slow": 0.5}, {"fast": -1.0, "slow": last}]
    assert [rewards for rewards, _ in play(env)] == expected
    # Nothing of slow's Phi = 2 at the limit is left over.
    assert [rewards for rewards, _ in play(env)] == expected


def test_infos_of_each_agent():
    steps = play(RewardParallelWrapper(Walkers(), "env + 2*place"))
    fast, slow = steps[1][1]["fast"], steps[1][1]["slow"]
    assert fast["reward_terms"] == {"env": 1.0, "place": 4.0}
    assert slow["reward_terms"] == {"env": 0.0, "place": 2.0}
    assert "reward_episode" not in slow
    assert fast["reward_episode"] == {
        "sum": {"env": 1.0, "place": 4.0},
        "mean": {"env": 0.5, "place": 2.0},
        "env": 1.0,
        "length": 2,
    }
    assert steps[3][1]["slow"]["reward_episode"]["sum"] == {"env": 1.0, "place": 12.0}
    assert [i["slow"]["reward_env"] for _, i in steps] == [0.0, 0.0, 0.0, 1.0]


def test_observations_serve_as_features():
    bare = Walkers()
    bare.feature_schema = None
    with_obs = RewardParallelWrapper(bare, "env + potential(obs[0])", gamma=0.5)
    with_feature = RewardParallelWrapper(Walkers(), "env + potential(place)", gamma=0.5)
    assert [r for r, _ in play(with_obs)] == [r for r, _ in play(with_feature)]


def test_agents_that_observe_differently_need_features():
    with pytest.raises(PlaceError, match="alike"):
        RewardParallelWrapper(Unlike(), "env + potential(obs[0])")


def test_nothing_is_stepped_at_construction_and_the_clock_counts_agents():
    bare = Walkers()
    env = RewardParallelWrapper(bare, "env + potential(place)")
    assert bare.steps == 0
    play(env)
    assert env.stack.clock.steps == 6


def test_the_registered_game():
    pytest.importorskip("mpe2")
    env = rewardsmith.make("rewardsmith/SimpleSpread-v0", reward="potential", gamma=0.9)
    assert isinstance(env, RewardParallelWrapper)
    rewards, infos = play(env)[-1]
    for agent in env.possible_agents:
        assert rewards[agent] == pytest.approx(sum(infos[agent]["reward_terms"].values()))
        assert infos[agent]["reward_episode"]["length"] == 25
    with pytest.raises(ConfigError, match="SuperSuit"):
        rewardsmith.make("rewardsmith/SimpleSpread-v0", num_envs=2)


def test_a_step_before_the_first_reset():
    env = RewardParallelWrapper(Walkers(), "env")
    with pytest.raises(PlaceError, match="Call reset"):
        env.step({"fast": 1, "slow": 1})


class Shift(Walkers):
    """`slow` is away at first, joins at the end of step 1, leaves at that of step 3, joins at 5."""

    def reset(self, seed: int | None = None, options: Any = None) -> Any:
        super().reset(seed, options)
        self.agents = ["fast"]
        return self._obs(self.agents), self._infos(self.agents)

    def step(self, actions: dict[str, Any]) -> Any:
        self.count += 1
        for agent in actions:
            self.place[agent] += 1
        seen = list(actions)
        if self.count in (1, 5):
            seen.append("slow")
            self.place["slow"] = 2.0 * self.count
        leaves = {a: a == "slow" and self.count == 3 for a in seen}
        self.agents = [a for a in seen if not leaves[a]]
        nothing = dict.fromkeys(seen, 0.0)
        return self._obs(seen), nothing, leaves, dict.fromkeys(seen, False), self._infos(seen)


def test_an_agent_that_joins_late_and_again():
    env = RewardParallelWrapper(Shift(), "env + potential(place)", gamma=0.5)
    env.reset()
    rows = []
    for _ in range(6):
        _, rewards, _, _, infos = env.step(dict.fromkeys(env.agents, 1))
        rows.append((rewards.get("slow"), infos.get("slow", {}).get("reward_episode")))
    # It joins at 2: nothing is paid for that. 3/2 - 2, then the end: 0 - 3. At 10: 11/2 - 10.
    assert [paid for paid, _ in rows] == [0.0, -0.5, -3.0, None, 0.0, -4.5]
    assert rows[2][1]["length"] == 2
    assert rows[2][1]["sum"]["potential"] == -3.5


@pytest.mark.parametrize("actions", [{"fast": 1}, {}, {"fast": 1, "slo": 1}, [1, 1], None])
def test_every_live_agent_acts(actions):
    bare = Walkers()
    env = RewardParallelWrapper(bare, "env + potential(place)")
    env.reset()
    with pytest.raises(PlaceError, match=r"slow"):
        env.step(actions)
    assert bare.steps == 0


@pytest.mark.parametrize("part", range(4))
def test_an_agent_without_a_part_of_its_step(part):
    class Forgets(Walkers):
        def step(self, actions: dict[str, Any]) -> Any:
            back = super().step(actions)
            del back[part]["slow"]
            return back

    names = ["observations", "rewards", "terminations", "truncations"]
    env = RewardParallelWrapper(Forgets(), "env")
    env.reset()
    with pytest.raises(ContractError, match=rf"'slow' in {names[part]};"):
        env.step({"fast": 1, "slow": 1})


def test_an_env_that_does_not_list_its_agents():
    bare = Walkers()
    bare.possible_agents = []
    with pytest.raises(PlaceError, match="possible_agents"):
        RewardParallelWrapper(bare, "env")


def test_agents_that_share_one_info():
    class Shares(Walkers):
        feature_schema = None

        def _infos(self, agents: list[str]) -> Any:
            shared: dict[str, Any] = {}
            return {agent: shared for agent in agents}

    steps = play(RewardParallelWrapper(Shares(), "env + 2*obs[0]"))
    infos = steps[1][1]
    assert infos["fast"]["reward_terms"]["env"] == 1.0
    assert infos["slow"]["reward_terms"]["env"] == 0.0
    assert "reward_episode" not in infos["slow"]


def test_agents_unlike_each_other_under_a_reward_that_reads_neither():
    class UnlikeActions(Unlike):
        def step(self, actions: dict[str, Any]) -> Any:
            return super().step({agent: a[0] for agent, a in actions.items()})

        def action_space(self, agent: str) -> Any:
            return spaces.Box(0, 1, (1 if agent == "fast" else 2,), np.float32)

        def _obs(self, agents: list[str]) -> Any:
            return {a: np.zeros(self.observation_space(a).shape, np.float32) for a in agents}

    env = RewardParallelWrapper(UnlikeActions(), "env - 0.5")
    env.reset()
    rewards = env.step({"fast": np.ones(1), "slow": np.ones(2)})[1]
    assert rewards == {"fast": -0.5, "slow": -0.5}
    with pytest.raises(PlaceError, match="reads the action"):
        RewardParallelWrapper(UnlikeActions(), "env - sum(action)")
