"""Evaluation: the env's own return and success, on envs that no reward was ever put around."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np
import torch

from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.registration import find_entry
from rewardsmith.wrappers import building

#: evaluation episodes begin from these seeds, equal for all rewards and training seeds
FIRST_SEED = 1_000_000
_MOST_ENVS = 20
#: families whose envs are too heavy (a browser, a game process) to hold many at once
_HEAVY = ("text", "gui")
#: an episode of an env without any time limit is cut here; a policy may never end it
_LONGEST = 10_000


#: of one episode: solved (None if nobody says), return, length
Score = tuple[float | None, float, int]


@dataclass(frozen=True)
class Evaluation:
    """Means over evaluation episodes.

    Args:
        success: share of episodes solved, in [0, 1]; None if the env does not say.
        env_return: undiscounted return of the env's own reward.
        length: steps per episode.
        episodes: number of episodes.
    """

    success: float | None
    env_return: float
    length: float
    episodes: int


def make_bare(spec: RunSpec, **kwargs: Any) -> gym.Env[Any, Any]:
    """The environment of a run with its time limit and without any reward around it.

    Raises:
        ConfigError: a keyword that it does not know.
        MissingExtraError: a package that it needs is not installed.
    """
    return building.make_bare(spec.env_id, {**spec.env_kwargs, **kwargs})  # type: ignore[no-any-return]


class Evaluator:
    """Plays a policy on the same episodes every time."""

    def __init__(self, spec: RunSpec) -> None:
        entry = find_entry(spec.env_id)
        heavy = entry is not None and entry.family in _HEAVY
        count = 1 if heavy else min(_MOST_ENVS, spec.eval_episodes)
        self.spec = spec
        self.envs = [make_bare(spec) for _ in range(count)]

    @property
    def env_spec(self) -> Any:
        """What Gymnasium's registry says of the environment, or None."""
        return self.envs[0].spec

    def run(self, model: Any, normalize: Callable[[Any], Any] | None = None) -> Evaluation:
        """Evaluate `model`; `normalize` maps a batch of observations to what it was trained on.

        The random states of Python, NumPy and torch are put back afterwards: training goes on
        as if no evaluation had been.
        """
        with own_randomness(FIRST_SEED):
            scores = self._play(model, normalize or (lambda obs: obs))
        solved = [s[0] for s in scores if s[0] is not None]
        return Evaluation(
            success=float(np.mean(solved)) if solved else None,
            env_return=float(np.mean([s[1] for s in scores])),
            length=float(np.mean([s[2] for s in scores])),
            episodes=len(scores),
        )

    def close(self) -> None:
        """Close the environments."""
        for env in self.envs:
            env.close()

    def _play(self, model: Any, normalize: Callable[[Any], Any]) -> list[Score]:
        return _play(self.envs, self.spec, model, normalize)


def _play(
    envs: list[gym.Env[Any, Any]], spec: RunSpec, model: Any, normalize: Callable[[Any], Any]
) -> list[Score]:
    """One score per evaluation seed; each env plays its share, all step side by side."""
    shares = [list(range(i, spec.eval_episodes, len(envs))) for i in range(len(envs))]
    scores: dict[int, Score] = {}
    games = [_Game(env, share) for env, share in zip(envs, shares, strict=True)]
    while games:
        obs = normalize(_batch([g.obs for g in games]))
        actions, _ = model.predict(obs, deterministic=spec.deterministic_eval)
        for game, action in zip(games, actions, strict=True):
            game.step(action, scores)
        games = [g for g in games if not g.over]
    return [scores[i] for i in range(spec.eval_episodes)]


class _Game:
    """One env and the evaluation episodes that it still has to play."""

    def __init__(self, env: gym.Env[Any, Any], share: list[int]) -> None:
        self.env, self.share, self.over = env, share, False
        self._begin()

    def _begin(self) -> None:
        self.number = self.share.pop(0)
        self.obs, _ = self.env.reset(seed=FIRST_SEED + self.number)
        self.env.action_space.seed(FIRST_SEED + self.number)
        self.total, self.length = 0.0, 0

    def step(self, action: Any, scores: dict[int, Score]) -> None:
        self.obs, reward, terminated, truncated, info = self.env.step(action)
        self.total += float(reward)
        self.length += 1
        if terminated or truncated or self.length >= _LONGEST:
            scores[self.number] = (_success(self.env, info, self.total), self.total, self.length)
            self.over = not self.share
            if not self.over:
                self._begin()


def success_of(info: dict[str, Any], spec: Any, env_return: float) -> float | None:
    """Whether a finished episode solved its task, as 0 or 1; None if nobody says.

    The env's own word (`info["is_success"]`) counts; failing that, a stranger's env that
    registers a `reward_threshold` counts as solved at or above it.
    """
    if "is_success" in info:
        return float(info["is_success"])
    threshold = getattr(spec, "reward_threshold", None)
    return None if threshold is None else float(env_return >= threshold)


def _success(env: gym.Env[Any, Any], info: dict[str, Any], env_return: float) -> float | None:
    return success_of(info, env.spec, env_return)


def _batch(observations: list[Any]) -> Any:
    if isinstance(observations[0], dict):
        return {k: np.stack([o[k] for o in observations]) for k in observations[0]}
    return np.stack([np.asarray(o) for o in observations])


@contextmanager
def own_randomness(seed: int) -> Iterator[None]:
    """Draw from generators of its own meanwhile, begun with `seed`; the others stand still."""
    before = random.getstate(), np.random.get_state()
    gpu = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=gpu):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(before[0])
            np.random.set_state(before[1])
