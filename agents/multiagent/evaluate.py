"""Evaluation of a shared policy: the game's own rewards, on games never put into a reward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rewardsmith.agents.classic.evaluate import FIRST_SEED, Evaluator, Score


class GameEvaluator(Evaluator):
    """Plays a shared policy on the same games every time.

    A game's return is the mean over its agents; it is solved if all agents' infos say so at
    the last step.
    """

    @property
    def env_spec(self) -> None:
        """Gymnasium's registry knows no games."""
        return

    def _play(self, model: Any, normalize: Callable[[Any], Any]) -> list[Score]:
        seeds = [FIRST_SEED + i for i in range(self.spec.eval_episodes)]
        scores: list[Score] = []
        for first in range(0, len(seeds), len(self.envs)):
            some = seeds[first : first + len(self.envs)]
            games = [Game(e, s) for e, s in zip(self.envs, some, strict=False)]
            self._finish(games, model, normalize)
            scores += [game.score() for game in games]
        return scores

    def _finish(self, games: list[Game], model: Any, normalize: Callable[[Any], Any]) -> None:
        """Play games to their ends, side by side."""
        while running := [g for g in games if not g.over]:
            obs = normalize(np.concatenate([g.obs for g in running]))
            actions, _ = model.predict(obs, deterministic=self.spec.deterministic_eval)
            for game, own in zip(running, np.split(actions, len(running)), strict=True):
                game.step(own)


class Game:
    """One episode of a PettingZoo parallel env; agents that have left it act no more."""

    def __init__(self, env: Any, seed: int) -> None:
        self.env, self.agents = env, list(env.possible_agents)
        observations, _ = env.reset(seed=seed)
        self._last = observations
        self.returns = dict.fromkeys(self.agents, 0.0)
        self.solved: dict[str, bool] = {}
        self.length = 0

    @property
    def over(self) -> bool:
        """Whether all agents have left."""
        return not self.env.agents

    @property
    def obs(self) -> Any:
        """Shape (agents, ...): the latest observation of each."""
        return np.stack([self._last[agent] for agent in self.agents])

    def step(self, actions: Any) -> dict[str, dict[str, Any]]:
        """One step with the actions of all agents; returns their infos."""
        chosen = dict(zip(self.agents, actions, strict=True))
        playing = {agent: chosen[agent] for agent in self.env.agents}
        observations, rewards, _, _, infos = self.env.step(playing)
        self._last = {**self._last, **observations}
        for agent, reward in rewards.items():
            self.returns[agent] += float(reward)
        self.solved.update({a: i["is_success"] for a, i in infos.items() if "is_success" in i})
        self.length += 1
        return dict(infos)

    def score(self) -> Score:
        """Solved, mean return over the agents, length."""
        won = float(all(self.solved.values())) if self.solved else None
        return won, float(np.mean(list(self.returns.values()))), self.length
