"""The Gymnasium vector place: N envs at once, in all three autoreset modes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv, VectorWrapper
from gymnasium.vector.utils import iterate

from rewardsmith.errors import PlaceError
from rewardsmith.features import FeatureSchema
from rewardsmith.stack import RewardStack
from rewardsmith.transition import Bools, Floats, Transition
from rewardsmith.wrappers.checks import check_kind, learner, refuse_second
from rewardsmith.wrappers.gather import (
    Arrays,
    EpisodeLog,
    FeatureReader,
    bound_stack,
    copy_obs,
    final_obs,
    find_schema,
    objects,
    put_obs,
    put_rows,
    take_rows,
)

Step = tuple[Any, Floats, Bools, Bools, dict[str, Any]]


class RewardVectorWrapper(VectorWrapper[Any, Any, Any, Any, Any], gym.utils.RecordConstructorArgs):
    """Replace the reward of a vector env (SyncVectorEnv, AsyncVectorEnv, ...) by a stack's.

    infos get `reward_env` of shape (N,), `reward_terms` (name -> (N,)) and, where an episode
    ended, `reward_episode` (`sum`, `mean`, `env`, `length`), with Gymnasium's masks beside them
    (`_reward_env`, ...). Under NEXT_STEP the step after an episode's end is no transition: it
    is paid 0 and masked.

    Args:
        env: the vector env; it says its `metadata["autoreset_mode"]`.
        reward: a stack, a formula, a YAML path, a mapping or a term.
        gamma: the learner's discount.
        bootstraps_on_truncation: whether the learner values the state at a time limit.
        on_nan: `raise`, `zero` or `last`.
        training: whether terms learn and the env-step clock runs; False for evaluation.

    Raises:
        PlaceError: no vector env, one that does not say how it resets, or one with a reward
            already inside.
        BindingError, UnknownNameError: the reward cannot run here.
    """

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
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
        check_kind(env, "Gymnasium vector env", "RewardVectorWrapper")
        refuse_second(_has_reward(env), "RewardVectorWrapper")
        super().__init__(env)
        self.reward_learner = learner(gamma, bootstraps_on_truncation)
        self.autoreset_mode = _autoreset_mode(env)
        self.reader = FeatureReader(_schema(env), env.single_observation_space)
        self.stack: RewardStack = bound_stack(
            reward,
            self.reader,
            self.reward_learner,
            num_envs=env.num_envs,
            place="Gymnasium vector wrapper",
            action_space=env.single_action_space,
            on_nan=on_nan,
        )
        self.training = training
        self.last_transition: Transition | None = None
        self._log = EpisodeLog(self.stack.names, env.num_envs)
        # A vector env that does not copy writes its next observations over these.
        self._copies = not getattr(env.unwrapped, "copy", False)
        self._obs: Any = None
        self._features: Arrays | None = None
        self._ended = np.zeros(env.num_envs, dtype=bool)
        self._t = np.zeros(env.num_envs, dtype=np.int64)
        self._episode = np.full(env.num_envs, -1, dtype=np.int64)

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin episodes in all envs, or in those of `options["reset_mask"]`.

        Raises:
            PlaceError: the first reset leaves envs out, or infos are no dictionary.
        """
        mask = (options or {}).get("reset_mask")
        mask = np.ones(self.num_envs, dtype=bool) if mask is None else np.array(mask, dtype=bool)
        if self._features is None and not mask.all():
            raise PlaceError(
                "The first reset begins episodes in all envs; later ones may leave some out. "
                f"Received reset_mask={mask.tolist()}; call reset() first."
            )
        # Sync and Async take a list of seeds; the base class says int alone.
        env: Any = self.env
        obs, infos = env.reset(seed=seed, options=options)
        if not isinstance(infos, dict):
            raise PlaceError(
                "The infos of a vector env are one dictionary of batches. Received a "
                f"{type(infos).__name__} from {env}; put what makes lists of them "
                "(gymnasium.wrappers.vector.DictInfoToList) around the reward, not inside."
            )
        self._obs = self._kept(obs)
        features = self._read(infos, self._obs)
        rows = np.flatnonzero(mask)
        self._features = (
            features
            if self._features is None
            else put_rows(self._features, rows, take_rows(features, rows))
        )
        self._ended = self._ended & ~mask
        self._begin(mask)
        return obs, infos

    def step(self, actions: Any) -> Step:
        """Step all envs and pay what the stack says; shape (N,)."""
        if self._features is None:
            raise PlaceError("A reward follows episodes from their start. Call reset() first.")
        if self.autoreset_mode is AutoresetMode.DISABLED and self._ended.any():
            raise PlaceError(
                "With autoreset disabled, ended episodes are reset before the next step. Envs "
                f"{np.flatnonzero(self._ended).tolist()} have ended; call "
                'reset(options={"reset_mask": terminated | truncated}).'
            )
        obs, rewards, terminated, truncated, infos = self.env.step(actions)
        done = terminated | truncated
        kept = self._kept(obs)
        arrived = self._read(infos, kept)
        transition = self._transition(
            _rows(self.env.action_space, actions, self.num_envs),
            kept,
            arrived,
            (rewards, terminated, truncated),
            infos,
        )
        paid = self.stack.step(transition)
        if self.training:
            self.stack.update(transition)
        self._annotate(infos, paid.terms, transition, done)
        self.last_transition = transition
        self._obs, self._features = kept, arrived
        self._t = np.where(self._dummy, 0, self._t + 1)
        self._ended = done if self.autoreset_mode is not AutoresetMode.SAME_STEP else self._ended
        if done.any():
            self._begin(done)
        return obs, paid.total, terminated, truncated, infos

    @property
    def _dummy(self) -> Bools:
        """Envs whose step only reset them."""
        if self.autoreset_mode is AutoresetMode.NEXT_STEP:
            return self._ended
        return np.zeros(self.num_envs, dtype=bool)

    def _transition(
        self, actions: Any, obs: Any, arrived: Arrays, outcome: Any, infos: dict[str, Any]
    ) -> Transition:
        rewards, terminated, truncated = outcome
        done = terminated | truncated
        if self.autoreset_mode is AutoresetMode.SAME_STEP and done.any():
            obs, arrived = self._final(obs, arrived, np.flatnonzero(done), infos)
        dummy = self._dummy
        return Transition(
            self._obs,
            actions,
            obs,
            np.asarray(rewards, dtype=np.float64),
            terminated,
            truncated,
            self._features or {},
            arrived,
            valid=~dummy if dummy.any() else None,
            episode=self._episode,
            t=self._t,
        )

    def _final(self, obs: Any, arrived: Arrays, rows: Any, infos: dict[str, Any]) -> Any:
        """Observations and features with the true final ones in `rows`."""
        final = copy_obs(obs)
        ends = final_obs(infos, "final_obs", "infos")
        for i in rows:
            put_obs(final, i, ends[i])
        if self.reader.from_obs:
            return final, self.reader.of_obs(final)
        features = self.reader.of_vector(infos.get("final_info", {}))
        return final, put_rows(arrived, rows, take_rows(features, rows))

    def _annotate(
        self, infos: dict[str, Any], terms: Mapping[str, Floats], tr: Transition, done: Bools
    ) -> None:
        valid = np.ones(self.num_envs, dtype=bool) if tr.valid is None else tr.valid
        self._log.add(terms, tr.env_reward, tr.valid)
        infos["reward_env"] = np.where(valid, tr.env_reward, 0.0)
        infos["_reward_env"] = valid
        infos["reward_terms"], infos["_reward_terms"] = _masked(terms, valid), valid
        if done.any():
            infos["reward_episode"], infos["_reward_episode"] = self._ends(done), done

    def _ends(self, done: Bools) -> dict[str, Any]:
        length = np.maximum(self._log.length, 1)
        sums = np.where(done[:, None], self._log.sums, 0.0)
        names = self._log.names
        parts = {
            "sum": _masked(dict(zip(names, sums.T, strict=True)), done),
            "mean": _masked(dict(zip(names, (sums / length[:, None]).T, strict=True)), done),
            "env": np.where(done, self._log.env, 0.0),
            "length": np.where(done, self._log.length, 0),
        }
        return _masked(parts, done)

    def _begin(self, mask: Bools) -> None:
        self.stack.reset(mask)
        self._log.reset(mask)
        self._t = np.where(mask, 0, self._t)
        self._episode = self._episode.copy()
        self._episode[mask] = self._episode.max() + 1 + np.arange(int(mask.sum()))

    def _read(self, infos: dict[str, Any], obs: Any) -> Arrays:
        return self.reader.of_obs(obs) if self.reader.from_obs else self.reader.of_vector(infos)

    def _kept(self, obs: Any) -> Any:
        """Observations that stay as they are."""
        rows = _rows(self.env.observation_space, obs, self.num_envs)
        return copy_obs(rows) if self._copies else rows


def _rows(space: spaces.Space[Any], batch: Any, count: int) -> Any:
    """A batch with one row per env; the parts of a Tuple stay together as one object."""
    if isinstance(space, spaces.Dict):
        return {key: _rows(part, batch[key], count) for key, part in space.spaces.items()}
    if not isinstance(space, spaces.Tuple):
        return batch
    return objects(list(iterate(space, batch)))


def _masked(values: Mapping[str, Any], mask: Bools) -> dict[str, Any]:
    """Values with a mask beside each, as Gymnasium's vector infos have them."""
    return dict(values) | {f"_{name}": mask for name in values}


def _autoreset_mode(env: VectorEnv[Any, Any, Any]) -> AutoresetMode:
    mode = env.metadata.get("autoreset_mode")
    if mode is None:
        raise PlaceError(
            'A vector env says in metadata["autoreset_mode"] how it resets, or its final states '
            f"cannot be told from first ones. Received {env} without; set it to NEXT_STEP, "
            "SAME_STEP or DISABLED of gymnasium.vector.AutoresetMode."
        )
    return AutoresetMode(mode)


def _has_reward(env: Any) -> bool:
    layer = env
    while isinstance(layer, VectorWrapper):
        if isinstance(layer, RewardVectorWrapper):
            return True
        layer = layer.env
    return hasattr(layer, "call") and any(layer.call("has_wrapper_attr", "reward_learner"))


def _schema(env: Any) -> FeatureSchema | None:
    inner = env.unwrapped
    if not hasattr(inner, "call"):
        return find_schema(lambda: inner.feature_schema)
    # Asked softly: AsyncVectorEnv shuts a worker down over an unknown attribute.
    if not inner.call("has_wrapper_attr", "feature_schema")[0]:
        return None
    return find_schema(lambda: inner.call("feature_schema")[0])
