"""Games in SB3's VecEnv: rows, seeds, ends, and bootstrapping where a game is cut off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("mpe2")
pytest.importorskip("supersuit")
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback

from rewardsmith.agents.multiagent.games import GameVecEnv
from rewardsmith.envs.multiagent.simple_spread import SimpleSpread
from rewardsmith.wrappers.pettingzoo_parallel import RewardParallelWrapper

AGENTS = ["agent_0", "agent_1", "agent_2"]
LIMIT = 4
REWARD = "env + potential(-5*mean_landmark_distance) + 0.5*tolerance(distance_to_landmark)"


def paid() -> RewardParallelWrapper:
    return RewardParallelWrapper(SimpleSpread(max_cycles=LIMIT), REWARD, gamma=0.9)


@pytest.fixture
def venv() -> Any:
    games = GameVecEnv([paid, paid])
    games.seed(5)
    yield games
    games.close()


def actions(step: int) -> Any:
    return np.random.default_rng(step).integers(5, size=6)


def test_rows_are_the_agents_of_each_game_from_its_own_seed(venv: Any) -> None:
    first = venv.reset()
    assert first.shape == (6, 18)
    for game in range(2):
        observations, _ = SimpleSpread().reset(seed=5 + game)
        for agent, name in enumerate(AGENTS):
            np.testing.assert_array_equal(first[3 * game + agent], observations[name])
    assert not np.array_equal(venv.reset(), first)  # only one reset is seeded


def test_an_episode_is_that_of_bare_games_and_its_components_add_up(venv: Any) -> None:
    venv.reset()
    bare = [SimpleSpread(max_cycles=LIMIT) for _ in range(2)]
    for game, env in enumerate(bare):
        env.reset(seed=5 + game)
    sums = np.zeros((6, 3))
    for step in range(LIMIT):
        chosen = actions(step)
        _, rewards, dones, infos = venv.step(chosen)
        for row, info in enumerate(infos):
            terms = list(info["reward_terms"].values())
            assert rewards[row] == pytest.approx(sum(terms), abs=1e-5)
            sums[row] += terms
        played = [
            e.step(dict(zip(AGENTS, chosen[3 * g : 3 * g + 3], strict=True)))
            for g, e in enumerate(bare)
        ]
        own = [played[row // 3][1][AGENTS[row % 3]] for row in range(6)]
        assert [info["reward_env"] for info in infos] == pytest.approx(own)
        assert dones.tolist() == [step == LIMIT - 1] * 6
    for row, info in enumerate(infos):
        observations, _, _, truncations, last = played[row // 3]
        name = AGENTS[row % 3]
        np.testing.assert_array_equal(info["terminal_observation"], observations[name])
        assert info["TimeLimit.truncated"]
        assert truncations[name]
        # The state reached, not the one that the games were reset to.
        assert (
            info["features"]["distance_to_landmark"]
            == last[name]["features"]["distance_to_landmark"]
        )
        assert list(info["reward_episode"]["sum"].values()) == pytest.approx(sums[row])


class _Cut(BaseCallback):
    """Compares what SB3 stores where games are cut off with r + gamma*V(s_T)."""

    def __init__(self) -> None:
        super().__init__()
        self.paid: list[Any] = []
        self.final: list[Any] = []
        self.gaps: list[float] = []

    def _on_step(self) -> bool:
        self.paid.append(self.locals["rewards"].copy())
        infos = self.locals["infos"]
        self.final.append([i.get("terminal_observation") for i in infos])
        return True

    def _on_rollout_end(self) -> None:
        cut = [t for t, seen in enumerate(self.final) if seen[0] is not None]
        assert cut == [LIMIT - 1, 2 * LIMIT - 1]
        for t in cut:
            with torch.no_grad():
                values = self.model.policy.predict_values(torch.tensor(np.stack(self.final[t])))
            expected = self.paid[t] + self.model.gamma * values.numpy()[:, 0]
            stored = self.model.rollout_buffer.rewards[t]
            self.gaps += np.abs(stored - expected).tolist()
            assert np.abs(stored - self.paid[t]).min() > 1e-6


def test_sb3_bootstraps_where_a_game_is_cut_off(venv: Any) -> None:
    seen = _Cut()
    settings = {"n_steps": 2 * LIMIT, "batch_size": 48, "n_epochs": 1, "gamma": 0.9}
    PPO("MlpPolicy", venv, seed=0, device="cpu", **settings).learn(48, callback=seen)
    assert len(seen.gaps) == 12
    assert max(seen.gaps) < 1e-5
