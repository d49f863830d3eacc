"""Shared-parameter PPO: one policy acts for every agent of every game (Gupta et al. 2017)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stable_baselines3.common.vec_env import VecNormalize

from rewardsmith.agents.classic.algorithms import ALGORITHMS, check_spaces, find_algorithm
from rewardsmith.agents.classic.evaluate import make_bare
from rewardsmith.agents.classic.folder import Result
from rewardsmith.agents.classic.learner import Learner, build_model, resume_seed
from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.multiagent.games import GameVecEnv
from rewardsmith.errors import ConfigError
from rewardsmith.stack import RewardStack
from rewardsmith.storage import load_state, save_state
from rewardsmith.wrappers.pettingzoo_parallel import RewardParallelWrapper


def train_shared_ppo(
    env_id: str, reward: Any, steps: int, seed: int, out: str | Path, **settings: Any
) -> Result:
    """Train one policy for all agents of a game, as `rewardsmith train` does.

    Args:
        env_id: a multi-agent id, e.g. `rewardsmith/SimpleSpread-v0`.
        reward: a ready-made reward's name, a formula or a YAML path.
        steps: steps to train for, counted per agent: one step of three agents counts three.
        seed: seeds everything random.
        out: the run's folder; see `rewardsmith.agents.classic.train`.
        settings: more settings of the run, see `make_spec`.

    Raises:
        RewardsmithError: an unknown environment, reward or setting; `out` is in use.
    """
    from rewardsmith.agents.classic.train import train

    given = {"reward": reward, "steps": steps, "seed": seed, **settings}
    return train(make_spec(env_id, algo="ppo", **given), out)


class SharedLearner(Learner):
    """The parts of one training run on a PettingZoo game.

    Every game has its own reward, which pays each agent by its own features; the rewards of all
    games read one training clock, which counts the steps of all agents, as SB3 does.

    Args:
        spec: what to build; `n_envs` is the number of games.
        games: the games, each with its reward around it.
    """

    def __init__(self, spec: RunSpec) -> None:
        self.spec = spec
        self.algorithm = find_algorithm(spec.algo)
        _check_on_policy(spec)
        self.stacks = [RewardStack.parse(spec.reward) for _ in range(spec.n_envs)]
        for stack in self.stacks[1:]:
            stack.clock = self.stacks[0].clock
        self.games = GameVecEnv([_builder(spec, stack) for stack in self.stacks])
        check_spaces(self.algorithm, self.games, spec.env_id)
        self.venv = self._normalized(self.games)
        space = self.games.observation_space
        self.model = build_model(spec, space, self.venv, self._settings())

    @property
    def stack(self) -> RewardStack:
        """The first game's reward."""
        return self.stacks[0]

    def save(self, folder: Path) -> None:
        """Write model, rewards and running normalisation into `folder`."""
        self.model.save(folder / "model.zip")
        save_state(folder / "stack.npz", {"games": [s.state_dict() for s in self.stacks]})
        if isinstance(self.venv, VecNormalize):
            self.venv.save(str(folder / "normalize.pkl"))

    def load(self, folder: Path) -> None:
        """Take over what `save` wrote; games begin new episodes."""
        if isinstance(self.venv, VecNormalize):
            self.venv = VecNormalize.load(str(folder / "normalize.pkl"), self.games)
        load = self.algorithm.load_class().load
        self.model = load(folder / "model.zip", env=self.venv, device="cpu", force_reset=True)
        states = load_state(folder / "stack.npz")["games"]
        for stack, state in zip(self.stacks, states, strict=True):
            stack.load_state_dict(state)
        self.venv.seed(resume_seed(self.spec, self.model.num_timesteps))


def _check_on_policy(spec: RunSpec) -> None:
    able = [a.name for a in ALGORITHMS.values() if a.on_policy and a.shared]
    if spec.algo in able:
        return
    raise ConfigError(
        "A policy shared by the agents of a game is trained on-policy, in one stream of rewards. "
        f"Received {spec.algo} for {spec.env_id}. Use --algo {' or '.join(able)}."
    )


def _builder(spec: RunSpec, stack: RewardStack) -> Callable[[], Any]:
    def build() -> Any:
        game = make_bare(spec)
        with contextlib.ExitStack() as refused:
            refused.callback(game.close)
            place = RewardParallelWrapper(
                game,
                stack,
                gamma=spec.gamma,
                bootstraps_on_truncation=True,
                on_nan=spec.on_nan,
            )
            refused.pop_all()
        return place

    return build
