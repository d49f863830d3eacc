"""The Stable-Baselines3 place: a VecEnv whose reward is the stack's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper, VecNormalize

from rewardsmith.errors import BindingError, ConfigError, PlaceError
from rewardsmith.stack import RewardStack
from rewardsmith.term import Learner, Scope
from rewardsmith.transition import Floats, Transition
from rewardsmith.wrappers.gather import (
    EpisodeLog,
    FeatureReader,
    bound_stack,
    copy_obs,
    find_schema,
    put_obs,
    put_rows,
)
from rewardsmith.wrappers.history import EpisodeHistory, deferred_terms

_SERVES = {
    "refuse": frozenset({Scope.STEP}),
    "buffer": frozenset({Scope.STEP, Scope.EPISODE}),
}


class RewardVecEnv(VecEnvWrapper):
    """Replace the reward of a VecEnv (DummyVecEnv, SubprocVecEnv, ...) by a stack's.

    Every info gets `reward_env` (the env's own reward) and `reward_terms` (name -> weighted
    value); at an episode's end also `reward_episode`: `{"sum", "mean", "env", "length"}`.
    A Monitor inside keeps recording the env's own return.

    Args:
        venv: the envs; VecNormalize goes around this wrapper, never inside.
        reward: a stack, a formula, a YAML path, a mapping or a term.
        gamma: the learner's discount.
        bootstraps_on_truncation: whether the learner values the state at a time limit; SB3 does.
        on_nan: `raise`, `zero` or `last`.
        episode_terms: `refuse` terms of episode scope, or leave them to a `buffer`
            (RewardRolloutBuffer), which pays them when the episode is known.
        training: whether terms learn and the env-step clock runs; False for evaluation.

    Attributes:
        last_transition: the latest step of all envs; None before the first.
        last_total: what that step was paid, float32 of shape (N,).
        last_finished: for each episode that this step ended, its slot and what the terms of
            episode scope pay its T steps, shape (T,); empty unless `episode_terms="buffer"`.

    Raises:
        PlaceError: VecNormalize is inside.
        BindingError, UnknownNameError: the reward cannot run here.
    """

    def __init__(
        self,
        venv: VecEnv,
        reward: Any,
        *,
        gamma: float = 0.99,
        bootstraps_on_truncation: bool = True,
        on_nan: str = "raise",
        episode_terms: str = "refuse",
        training: bool = True,
    ) -> None:
        _refuse_normalize_inside(venv)
        if episode_terms not in _SERVES:
            raise ConfigError(
                f"episode_terms is one of {sorted(_SERVES)}. Received {episode_terms!r}."
            )
        super().__init__(venv)
        # Wrappers between keep reset_infos of their own that are never filled.
        self._base: Any = venv.unwrapped
        # Asked softly: a SubprocVecEnv's worker dies of an unknown attribute.
        known = venv.has_attr("feature_schema")
        schema = find_schema(lambda: venv.get_attr("feature_schema")[0]) if known else None
        self.reader = FeatureReader(schema, venv.observation_space)
        self.stack: RewardStack = bound_stack(
            reward,
            self.reader,
            Learner(gamma, bootstraps_on_truncation),
            num_envs=venv.num_envs,
            place="SB3 VecEnv wrapper",
            serves=_SERVES[episode_terms],
            on_nan=on_nan,
        )
        self.episode_terms, self.training = episode_terms, training
        self.last_transition: Transition | None = None
        self.last_total: NDArray[np.float32] = np.zeros(venv.num_envs, dtype=np.float32)
        self.last_finished: list[tuple[int, Floats]] = []
        deferred = self.stack.scope is not Scope.STEP
        self._history = EpisodeHistory(venv.num_envs) if deferred else None
        self._log = EpisodeLog(self.stack.names, venv.num_envs)
        self._obs: Any = None
        self._features: Mapping[str, NDArray[Any]] = {}
        # Shared by every step on which no episode ends; nobody may write to it.
        self._none = np.zeros(venv.num_envs, dtype=bool)
        self._none.flags.writeable = False
        self._actions: Any = None
        self._t = np.zeros(venv.num_envs, dtype=np.int64)
        self._episode = np.arange(venv.num_envs, dtype=np.int64)
        self._next_episode = venv.num_envs

    def reset(self) -> Any:
        """Begin new episodes in all envs."""
        self._obs = self.venv.reset()
        self.reset_infos = list(self._base.reset_infos)
        self._features = self.reader.batch(self.reset_infos, self._obs)
        self._begin(np.ones(self.num_envs, dtype=bool))
        return self._obs

    def step_async(self, actions: NDArray[Any]) -> None:
        """Send the actions."""
        self._actions = actions
        self.venv.step_async(actions)

    def step_wait(self) -> tuple[Any, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Receive the step and pay it."""
        obs, rewards, dones, infos = self.venv.step_wait()
        infos = list(infos)
        ended = np.flatnonzero(dones).tolist()
        transition = self._transition(obs, rewards.astype(np.float64), ended, infos)
        paid = self.stack.step(transition)
        if self.training:
            self.stack.update(transition)
        self._annotate(infos, paid.terms, transition, ended)
        self.last_transition, self.last_total = transition, paid.total.astype(np.float32)
        self._t = self._t + 1
        self._obs, self._features = obs, transition.next_features
        if ended:
            self._after_end(dones)
        return obs, self.last_total.copy(), dones, infos

    def state_dict(self) -> dict[str, Any]:
        """The running episodes (not the stack's own state), to go on with the very same envs."""
        return {
            "obs": copy_obs(self._obs),
            "features": {k: v.copy() for k, v in self._features.items()},
            "t": self._t.copy(),
            "episode": self._episode.copy(),
            "next_episode": self._next_episode,
            "log": self._log.state_dict(),
            "history": None if self._history is None else self._history.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the running episodes; the next call is `step`, not `reset`."""
        self._obs, self._features = copy_obs(state["obs"]), dict(state["features"])
        self._t, self._episode = state["t"].copy(), state["episode"].copy()
        self._next_episode = int(state["next_episode"])
        self._log.load_state_dict(state["log"])
        if self._history is not None:
            self._history.load_state_dict(state["history"])

    def _transition(
        self, obs: Any, rewards: Floats, ended: list[int], infos: list[Any]
    ) -> Transition:
        next_obs, terminated, truncated = obs, self._none, self._none
        if ended:
            next_obs = copy_obs(obs)
            terminated, truncated = self._none.copy(), self._none.copy()
            for i in ended:
                put_obs(next_obs, i, infos[i]["terminal_observation"])
                truncated[i] = infos[i].get("TimeLimit.truncated", False)
                terminated[i] = not truncated[i]
        return Transition(
            self._obs,
            self._actions,
            next_obs,
            rewards,
            terminated,
            truncated,
            self._features,
            self.reader.batch(infos, next_obs),
            episode=self._episode,
            t=self._t,
        )

    def _annotate(
        self, infos: list[Any], terms: Any, transition: Transition, ended: list[int]
    ) -> None:
        names = self._log.names
        columns = self._log.add(terms, transition.env_reward).tolist()
        # The hottest loop of a step; checking lengths that must agree would cost a third of it.
        for info, own, row in zip(infos, transition.env_reward.tolist(), columns, strict=False):
            info["reward_env"] = own
            info["reward_terms"] = dict(zip(names, row, strict=False))
        self.last_finished = []
        if self._history is not None:
            self._history.add(transition)
        for i in ended:
            self._finish(i)
            infos[i]["reward_episode"] = self._log.summary(i)

    def _finish(self, slot: int) -> None:
        """Work out what an ended episode's deferred terms pay, for the buffer and the sums."""
        if self._history is None:
            return
        late = deferred_terms(self.stack, self._history.episode(slot))
        self._log.add_late(slot, late)
        self.last_finished.append((slot, np.sum(list(late.values()), axis=0)))

    def _after_end(self, dones: NDArray[np.bool_]) -> None:
        self.reset_infos = list(self._base.reset_infos)
        rows = np.flatnonzero(dones)
        first = [self.reset_infos[i] for i in rows]
        begun = self.reader.batch(first, _first_rows(self._obs, rows))
        self._features = put_rows(self._features, rows, begun)
        self._begin(dones)

    def _begin(self, mask: NDArray[np.bool_]) -> None:
        count = int(mask.sum())
        self.stack.reset(mask)
        self._log.reset(mask)
        if self._history is not None:
            self._history.reset(mask)
        self._t = np.where(mask, 0, self._t)
        self._episode = self._episode.copy()
        self._episode[mask] = self._next_episode + np.arange(count)
        self._next_episode += count


def check_learner(model: Any, stack: RewardStack) -> None:
    """Refuse a Stable-Baselines3 model whose discount is not the stack's.

    Raises:
        BindingError: with both numbers.
    """
    gamma = None if stack.binding is None else stack.binding.learner.gamma
    if gamma is None or gamma == model.gamma:
        return
    raise BindingError(
        "A reward and its learner share one discount gamma, or shaping changes the optimal "
        f"policy. Received gamma={gamma:g} in the reward's place and gamma={model.gamma:g} in "
        f"{type(model).__name__}; give both the same, e.g. "
        f"RewardVecEnv(venv, reward, gamma={model.gamma:g})."
    )


def find_reward_env(env: Any) -> RewardVecEnv | None:
    """The RewardVecEnv in a chain of VecEnv wrappers, or None."""
    while isinstance(env, VecEnvWrapper):
        if isinstance(env, RewardVecEnv):
            return env
        env = env.venv
    return None


def _refuse_normalize_inside(venv: VecEnv) -> None:
    layer: Any = venv
    while isinstance(layer, VecEnvWrapper):
        if isinstance(layer, VecNormalize):
            raise PlaceError(
                "VecNormalize goes around the reward, never inside it: SB3's off-policy "
                "algorithms store VecNormalize's original reward, so shaping outside it is "
                "silently dropped. Received RewardVecEnv(VecNormalize(...)); write "
                "VecNormalize(RewardVecEnv(DummyVecEnv([...]), reward))."
            )
        layer = layer.venv


def _first_rows(obs: Any, rows: Any) -> Any:
    if isinstance(obs, dict):
        return {key: value[rows] for key, value in obs.items()}
    return obs[rows]
