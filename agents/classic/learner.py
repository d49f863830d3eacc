"""Build what a spec describes: training envs with their reward, and the learner on top."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv, VecNormalize

from rewardsmith.agents.classic.algorithms import (
    Algorithm,
    check_scope,
    check_spaces,
    find_algorithm,
)
from rewardsmith.agents.classic.env_state import load_envs, save_envs
from rewardsmith.agents.classic.evaluate import make_bare
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.errors import ConfigError, RewardsmithError
from rewardsmith.stack import RewardStack
from rewardsmith.term import Scope
from rewardsmith.wrappers.sb3_learner import check_learner
from rewardsmith.wrappers.sb3_replay_buffer import (
    RewardDictReplayBuffer,
    RewardHerReplayBuffer,
    RewardReplayBuffer,
)
from rewardsmith.wrappers.sb3_rollout_buffer import (
    RewardDictRolloutBuffer,
    RewardRolloutBuffer,
)
from rewardsmith.wrappers.sb3_vec_env import RewardVecEnv

#: attributes that hold the reward or the envs; they are rebuilt, never read from a file
NOT_SAVED = [
    "rollout_buffer_class",
    "rollout_buffer_kwargs",
    "replay_buffer_class",
    "replay_buffer_kwargs",
]


class Learner:
    """The parts of one training run.

    Args:
        spec: what to build.
        venv: training envs with the reward around them, and running normalisation outside it.
        reward: the reward's place, which holds the stack.
        model: the Stable-Baselines3 learner.
    """

    def __init__(self, spec: RunSpec) -> None:
        self.spec = spec
        self.algorithm: Algorithm = find_algorithm(spec.algo)
        stack = RewardStack.parse(spec.reward)
        check_scope(self.algorithm, stack)
        self.bare = DummyVecEnv([_maker(spec) for _ in range(spec.n_envs)])
        try:
            self._build(stack)
        except BaseException:
            self.bare.close()
            raise

    def _build(self, stack: RewardStack) -> None:
        spec = self.spec
        check_spaces(self.algorithm, self.bare, spec.env_id)
        self.reward = RewardVecEnv(
            self.bare,
            stack,
            gamma=spec.gamma,
            bootstraps_on_truncation=True,
            on_nan=spec.on_nan,
            episode_terms="buffer" if self._buffers(stack) else "refuse",
        )
        self.venv: VecEnv = self._normalized(self.reward)
        given = {**self._places(), **self._settings()}
        self.model: Any = build_model(spec, self.bare.observation_space, self.venv, given)
        check_learner(self.model)

    @property
    def stack(self) -> RewardStack:
        """The running reward."""
        return self.reward.stack

    @property
    def normalize(self) -> Callable[[Any], Any] | None:
        """Maps raw observations to those the policy sees; None if they are the same."""
        return self.venv.normalize_obs if isinstance(self.venv, VecNormalize) else None

    def save(self, folder: Path) -> None:
        """Write model, reward, buffers and, where they can be saved, the envs into `folder`."""
        self.model.save(folder / "model.zip", exclude=NOT_SAVED)
        self.stack.save(folder / "stack.npz")
        if isinstance(self.venv, VecNormalize):
            self.venv.save(str(folder / "normalize.pkl"))
        if not self.algorithm.on_policy:
            self.model.save_replay_buffer(folder / "replay.pkl")
        goes_on = save_envs(self.bare, folder / "envs.pkl")
        state = {
            "goes_on": goes_on,
            "place": self.reward.state_dict() if goes_on else None,
            "returns": self.venv.returns if isinstance(self.venv, VecNormalize) else None,
            "actions": self.model.action_space.np_random.bit_generator.state,
        }
        (folder / "learner.pkl").write_bytes(pickle.dumps(state))

    def load(self, folder: Path) -> None:
        """Take over what `save` wrote.

        Envs that could not be saved begin new episodes, from seeds that follow from the run's
        seed and the env steps taken.
        """
        state = pickle.loads((folder / "learner.pkl").read_bytes())
        goes_on = state["goes_on"]
        if isinstance(self.venv, VecNormalize):
            self.venv = VecNormalize.load(str(folder / "normalize.pkl"), self.reward)
        self.model = self.algorithm.load_class().load(
            folder / "model.zip",
            env=self.venv,
            device="cpu",
            force_reset=not goes_on,
            **self._places(),
        )
        check_learner(self.model)
        self.stack.load(folder / "stack.npz")
        if not self.algorithm.on_policy:
            self.model.load_replay_buffer(folder / "replay.pkl", truncate_last_traj=not goes_on)
            self.model.replay_buffer.set_env(self.venv)
        # Loading has seeded the action space anew.
        self.model.action_space.np_random.bit_generator.state = state["actions"]
        if goes_on:
            load_envs(self.bare, folder / "envs.pkl")
            self.reward.load_state_dict(state["place"])
            if isinstance(self.venv, VecNormalize):
                self.venv.returns = state["returns"]
        else:
            self.venv.seed(resume_seed(self.spec, self.model.num_timesteps))

    def close(self) -> None:
        """Close the training envs."""
        self.venv.close()

    def _buffers(self, stack: RewardStack) -> bool:
        return self.algorithm.on_policy and stack.scope is Scope.EPISODE

    def _normalized(self, venv: VecEnv) -> VecEnv:
        if self.spec.normalize == "none":
            return venv
        with_reward = self.spec.normalize == "obs+reward"
        return VecNormalize(venv, norm_reward=with_reward, gamma=self.spec.gamma)

    def _places(self) -> dict[str, Any]:
        """The buffers through which the reward reaches the learner."""
        space = self.bare.observation_space
        if not self.algorithm.on_policy:
            given = self.spec.hyperparameters.get("replay_buffer_kwargs", {})
            return {
                "replay_buffer_class": _replay_buffer(space),
                "replay_buffer_kwargs": {**given, "env": self.venv},
            }
        if self.reward.episode_terms != "buffer":
            return {}
        is_dict = isinstance(space, spaces.Dict)
        return {
            "rollout_buffer_class": RewardDictRolloutBuffer if is_dict else RewardRolloutBuffer,
            "rollout_buffer_kwargs": {"env": self.venv},
        }

    def _settings(self) -> dict[str, Any]:
        """Hyperparameters as the learner takes them."""
        # SB3 writes into nested dicts that it is given.
        given = copy.deepcopy(dict(self.spec.hyperparameters))
        values = {k: _value(v) for k, v in given.items() if k != "replay_buffer_kwargs"}
        if (deviation := values.pop("action_noise_std", None)) is not None:
            values["action_noise"] = _noise(self.reward.action_space, float(deviation))
        return values


def resume_seed(spec: RunSpec, env_steps: int) -> int:
    """Where envs that could not be saved begin when a run goes on after `env_steps`."""
    return int(np.random.SeedSequence([spec.seed, env_steps]).generate_state(1)[0])


def _maker(spec: RunSpec) -> Callable[[], gym.Env[Any, Any]]:
    return lambda: Monitor(make_bare(spec))


def _replay_buffer(space: spaces.Space[Any]) -> type[Any]:
    """Hindsight replay where the observation has a goal; else plain, for a Dict or an array."""
    if not isinstance(space, spaces.Dict):
        return RewardReplayBuffer
    return RewardHerReplayBuffer if "desired_goal" in space.spaces else RewardDictReplayBuffer


def build_model(spec: RunSpec, seen: spaces.Space[Any], venv: VecEnv, given: Any) -> Any:
    """The Stable-Baselines3 learner of a spec; `given` are more of its keywords.

    Raises:
        ConfigError: the learner refuses a hyperparameter's value.
    """
    kind = find_algorithm(spec.algo).load_class()
    try:
        return kind(policy_for(seen), venv, seed=spec.seed, gamma=spec.gamma, device="cpu", **given)
    # RuntimeError is PyTorch's, of a size that no layer can have
    except (TypeError, ValueError, AssertionError, KeyError, RuntimeError) as error:
        if isinstance(error, RewardsmithError):
            raise
        raise ConfigError(
            f"{spec.algo} must be able to use its hyperparameters. Received "
            f"{dict(spec.hyperparameters)}: {error}. Mend them in the config."
        ) from error


def policy_for(space: spaces.Space[Any]) -> str:
    """SB3's name of a policy that can read observations of `space`."""
    return "MultiInputPolicy" if isinstance(space, spaces.Dict) else "MlpPolicy"


def _noise(space: spaces.Space[Any], deviation: float) -> Any:
    from stable_baselines3.common.noise import NormalActionNoise

    shape = space.shape or ()
    return NormalActionNoise(np.zeros(shape), np.full(shape, deviation))


def _value(value: Any) -> Any:
    """`lin_X` as a schedule from X to 0 over the run; anything else as it is."""
    if not (isinstance(value, str) and value.startswith("lin_")):
        return value
    try:
        start = float(value.removeprefix("lin_"))
    except ValueError:
        raise ConfigError(
            f"A decaying hyperparameter is lin_X with a number X. Received {value!r}."
        ) from None
    return lambda remaining: remaining * start
