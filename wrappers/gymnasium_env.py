"""The Gymnasium place: one env whose reward is the stack's."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from rewardsmith.errors import PlaceError
from rewardsmith.stack import RewardStack
from rewardsmith.transition import Transition
from rewardsmith.wrappers.checks import check_kind, learner, one_number, refuse_second
from rewardsmith.wrappers.gather import (
    Arrays,
    EpisodeLog,
    FeatureReader,
    bound_stack,
    find_schema,
    one_row,
)

_ALL = np.ones(1, dtype=bool)
_RAGGED = (spaces.Tuple, spaces.Sequence, spaces.Graph, spaces.OneOf)


class RewardWrapper(gym.Wrapper[Any, Any, Any, Any], gym.utils.RecordConstructorArgs):
    """Replace the reward of an env by a stack's.

    Put it outside TimeLimit, so that it sees truncation. Every info gets `reward_env` (the env's
    own reward) and `reward_terms` (name -> weighted value); at an episode's end also
    `reward_episode`: `{"sum", "mean", "env", "length"}`.

    Args:
        env: the env.
        reward: a stack, a formula, a YAML path, a mapping or a term.
        gamma: the learner's discount.
        bootstraps_on_truncation: whether the learner values the state at a time limit.
        on_nan: `raise`, `zero` or `last`.
        training: whether terms learn and the env-step clock runs; False for evaluation.

    Attributes:
        reward_learner: the learner that the reward was told of.
        last_transition: the latest step; None before the first.

    Raises:
        PlaceError: no Gymnasium env, or one with a reward already inside.
        BindingError, UnknownNameError: the reward cannot run here.
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        reward: Any,
        *,
        gamma: float = 0.99,
        bootstraps_on_truncation: bool = True,
        on_nan: str = "raise",
        training: bool = True,
    ) -> None:
        gym.utils.RecordConstructorArgs.__init__(
            self,
            reward=reward.formula if isinstance(reward, RewardStack) else reward,
            gamma=gamma,
            bootstraps_on_truncation=bootstraps_on_truncation,
            on_nan=on_nan,
            training=training,
        )
        check_kind(env, "Gymnasium env", "RewardWrapper")
        refuse_second(env.has_wrapper_attr("reward_learner"), "RewardWrapper")
        super().__init__(env)
        self.reward_learner = learner(gamma, bootstraps_on_truncation)
        schema = find_schema(lambda: env.get_wrapper_attr("feature_schema"))
        self.reader = FeatureReader(schema, env.observation_space)
        self.stack: RewardStack = bound_stack(
            reward,
            self.reader,
            self.reward_learner,
            num_envs=1,
            place="Gymnasium wrapper",
            action_space=env.action_space,
            on_nan=on_nan,
        )
        self.training = training
        self.last_transition: Transition | None = None
        self._log = EpisodeLog(self.stack.names, 1)
        self._obs: Any = None
        self._features: Arrays | None = None
        # Parts that may differ in shape: no array holds them.
        self._ragged_actions = isinstance(env.action_space, _RAGGED)
        self._t, self._episode, self._over = 0, -1, True

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        obs, info = self.env.reset(seed=seed, options=options)
        self._obs = one_row(obs)
        self._features = self.reader.batch([info], self._obs)
        self._t, self._episode, self._over = 0, self._episode + 1, False
        self.stack.reset(_ALL)
        self._log.reset(_ALL)
        return obs, info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Step the env and pay what the stack says.

        Raises:
            PlaceError: no episode is running.
            ContractError: the env paid something else than one number.
        """
        if self._over:
            self._refuse_step()
        obs, reward, terminated, truncated, info = self.env.step(action)
        own, info = one_number(reward), dict(info)  # the env may keep its dict
        transition = self._transition(action, obs, own, terminated, truncated, info)
        paid = self.stack.step(transition)
        if self.training:
            self.stack.update(transition)
        columns = self._log.add(paid.terms, transition.env_reward)
        info["reward_env"] = own
        info["reward_terms"] = dict(zip(self._log.names, columns[0].tolist(), strict=True))
        if terminated or truncated:
            info["reward_episode"] = self._log.summary(0)
        self.last_transition = transition
        self._obs, self._features = transition.next_obs, dict(transition.next_features)
        self._t, self._over = self._t + 1, bool(terminated or truncated)
        return obs, float(paid.total[0]), bool(terminated), bool(truncated), info

    def compute_reward(self, achieved_goal: Any, desired_goal: Any, info: Any) -> Any:
        """The goal env's own reward, which hindsight replay and checkers ask for.

        Raises:
            AttributeError: the env is no goal env.
        """
        return self.env.get_wrapper_attr("compute_reward")(achieved_goal, desired_goal, info)

    def _transition(
        self, action: Any, obs: Any, reward: float, terminated: bool, truncated: bool, info: Any
    ) -> Transition:
        next_obs = one_row(obs)
        return Transition(
            self._obs,
            one_row(action) if self._ragged_actions else np.asarray(action)[None],
            next_obs,
            np.array([reward]),
            np.array([terminated], dtype=bool),
            np.array([truncated], dtype=bool),
            self._features or {},
            self.reader.batch([info], next_obs),
            episode=np.array([self._episode]),
            t=np.array([self._t]),
        )

    def _refuse_step(self) -> None:
        if self._episode < 0:
            raise PlaceError("A reward follows episodes from their start. Call reset() first.")
        raise PlaceError(
            "An episode that has ended takes no more steps. Call reset() first; an env that "
            "resets itself (gymnasium.wrappers.Autoreset) goes around the reward, not inside."
        )
