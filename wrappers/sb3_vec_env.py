"""The Stable-Baselines3 place: a VecEnv whose reward is the stack's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper, VecNormalize

from rewardsmith.errors import ConfigError, PlaceError
from rewardsmith.stack import RewardStack
from rewardsmith.term import Scope
from rewardsmith.transition import Floats, Transition
from rewardsmith.wrappers.checks import check_kind, learner, refuse_second
from rewardsmith.wrappers.gather import (
    EpisodeLog,
    FeatureReader,
    bound_stack,
    copy_obs,
    final_obs,
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
    A Monitor inside keeps recording the env's own return. SB3 does not tell its envs the
    learner's discount: `rewardsmith.wrappers.check_learner(model)` compares it with the reward's.

    Args:
        venv: the envs; VecNormalize goes around this wrapper, never inside.
        reward: a stack, a formula, a YAML path, a mapping or a term.
        gamma: the learner's discount.
        bootstraps_on_truncation: whether the learner values the state at a time limit; SB3 does.
        on_nan: `raise`, `zero` or `last`.
        episode_terms: `refuse` terms of episode scope, or leave them to a `buffer`
            (RewardRolloutBuffer), which pays them when the episode is known. A buffer says by
            `claim_episode_terms` that it does; training without one is refused at its first step.
        training: whether terms learn and the env-step clock runs; False for evaluation.

    Attributes:
        reward_learner: the learner that the reward was told of.
        last_transition: the latest step of all envs; None before the first.
        last_total: what that step was paid, float32 of shape (N,).
        last_finished: for each episode that this step ended, its slot and what the terms of
            episode scope pay its T steps, shape (T,); empty unless `episode_terms="buffer"`.

    Raises:
        PlaceError: no VecEnv, one whose observations are a Tuple, or one with VecNormalize or a
            reward already inside.
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
        check_kind(venv, "SB3 VecEnv", "RewardVecEnv")
        _refuse_tuples(venv)
        _refuse_normalize_inside(venv)
        inside = find_reward_env(venv) is not None or venv.has_attr("reward_learner")
        refuse_second(inside, "RewardVecEnv")
        if episode_terms not in _SERVES:
            raise ConfigError(
                f"episode_terms is one of {sorted(_SERVES)}. Received {episode_terms!r}."
            )
        super().__init__(venv)
        self.reward_learner = learner(gamma, bootstraps_on_truncation)
        # Wrappers between keep reset_infos of their own that are never filled.
        self._base: Any = venv.unwrapped
        # Asked softly: a SubprocVecEnv's worker dies of an unknown attribute.
        known = venv.has_attr("feature_schema")
        schema = find_schema(lambda: venv.get_attr("feature_schema")[0]) if known else None
        self.reader = FeatureReader(schema, venv.observation_space)
        self.stack: RewardStack = bound_stack(
            reward,
            self.reader,
            self.reward_learner,
            num_envs=venv.num_envs,
            place="SB3 VecEnv wrapper",
            action_space=venv.action_space,
            serves=_SERVES[episode_terms],
            on_nan=on_nan,
        )
        self.episode_terms, self.training = episode_terms, training
        self.last_transition: Transition | None = None
        self.last_total: NDArray[np.float32] = np.zeros(venv.num_envs, dtype=np.float32)
        self.last_finished: list[tuple[int, Floats]] = []
        #: whether episodes must be finished by a buffer
        self.deferred = self.stack.scope is not Scope.STEP
        self._claimed = False
        self._history = EpisodeHistory(venv.num_envs) if self.deferred else None
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
        """Send the actions.

        Raises:
            PlaceError: no episode has begun, or nobody pays the terms of episode scope.
        """
        if self._obs is None:
            raise PlaceError("A reward follows episodes from their start. Call reset() first.")
        if self.deferred and self.training and not self._claimed:
            self._refuse_unclaimed()
        self._actions = actions
        self.venv.step_async(actions)

    def step_wait(self) -> tuple[Any, NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        """Receive the step and pay it."""
        obs, rewards, dones, infos = self.venv.step_wait()
        infos = [dict(info) for info in infos]  # an env may keep its dict
        ended = np.flatnonzero(dones).tolist()
        transition = self._transition(obs, rewards.astype(np.float64), ended, infos)
        paid = self.stack.step(transition)
        transition.remembered = paid.remembered
        if self.training:
            self.stack.update(transition)
        self._annotate(infos, paid.terms, transition, ended)
        self.last_transition, self.last_total = transition, paid.total.astype(np.float32)
        self._t = self._t + 1
        self._obs, self._features = obs, transition.next_features
        if ended:
            self._after_end(dones)
        return obs, self.last_total.copy(), dones, infos

    def claim_episode_terms(self) -> None:
        """Say that you pay `last_finished` after every step; RewardRolloutBuffer does."""
        self._claimed = True

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
        self._log.load_state_dict(state["log"])  # first: it refuses other envs and terms
        self._obs, self._features = copy_obs(state["obs"]), dict(state["features"])
        self._t, self._episode = state["t"].copy(), state["episode"].copy()
        self._next_episode = int(state["next_episode"])
        if self._history is not None:
            self._history.load_state_dict(state["history"])

    def _refuse_unclaimed(self) -> None:
        late = ", ".join(entry.name for entry in self.stack.entries if entry.deferred)
        raise PlaceError(
            'Under episode_terms="buffer" a buffer pays the terms of episode scope, and none was '
            f"built for this env, so the learner would never see them. Received {late}; write "
            "PPO(..., rollout_buffer_class=RewardRolloutBuffer, rollout_buffer_kwargs={'env': "
            "venv}), or for evaluation RewardVecEnv(..., training=False). A learner of your own "
            "pays env.last_finished after each step, and says so by env.claim_episode_terms()."
        )

    def _transition(
        self, obs: Any, rewards: Floats, ended: list[int], infos: list[Any]
    ) -> Transition:
        next_obs, terminated, truncated = obs, self._none, self._none
        if ended:
            next_obs = copy_obs(obs)
            terminated, truncated = self._none.copy(), self._none.copy()
            for i in ended:
                put_obs(next_obs, i, final_obs(infos[i], "terminal_observation", "infos[i]"))
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


def find_reward_env(env: Any) -> RewardVecEnv | None:
    """The RewardVecEnv in a chain of VecEnv wrappers, or None."""
    while isinstance(env, VecEnvWrapper):
        if isinstance(env, RewardVecEnv):
            return env
        env = env.venv
    return None


def _refuse_tuples(venv: VecEnv) -> None:
    if isinstance(venv.observation_space, spaces.Tuple):
        raise PlaceError(
            "SB3's observations are arrays, or dictionaries of arrays. Received "
            f"{venv.observation_space}; flatten it inside (gymnasium.wrappers.FlattenObservation), "
            "or give the env a Dict space."
        )


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
