"""Replay buffers for SAC, TD3, DQN and TQC that pay stored steps as of now."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.buffers import DictReplayBuffer, ReplayBuffer
from stable_baselines3.her.her_replay_buffer import HerReplayBuffer

from rewardsmith.errors import BindingError, PlaceError
from rewardsmith.term import Scope
from rewardsmith.transition import Transition
from rewardsmith.wrappers.gather import Arrays
from rewardsmith.wrappers.sb3_vec_env import RewardVecEnv, find_reward_env


class _Relabelled:
    """Keeps what the stack needs of every step, and asks it again when a step is sampled.

    A mixin before SB3's buffers: fresh rewards are written into `self.rewards` just before
    SB3 reads them there, so that its own sampling and normalisation stay as they are.
    """

    #: whether SB3's own buffer has an argument `env`
    sb3_takes_env = False
    env: Any = None
    rewards: NDArray[np.float32]
    observations: Any
    next_observations: Any
    observation_space: Any
    action_space: Any
    buffer_size: int
    n_envs: int
    pos: int

    def __init__(
        self,
        *args: Any,
        env: Any,
        handle_timeout_termination: bool = True,
        optimize_memory_usage: bool = False,
        **kwargs: Any,
    ) -> None:
        who = type(self).__name__
        if optimize_memory_usage:
            raise PlaceError(
                f"{who} needs the final states of episodes, which optimize_memory_usage=True "
                "does not keep. Set it to False."
            )
        self.reward_env: RewardVecEnv | None = _reward_env(env, who)
        _check_timeouts(self.reward_env, handle_timeout_termination, who)
        if self.sb3_takes_env:
            kwargs["env"] = env
        kwargs["handle_timeout_termination"] = handle_timeout_termination
        super().__init__(*args, **kwargs)
        self._allocate(self.reward_env)

    def add(self, obs: Any, next_obs: Any, action: Any, reward: Any, done: Any, infos: Any) -> None:
        """Store the step of all envs that the reward's env has just made."""
        env = self._place()
        transition = env.last_transition
        if transition is None or not np.array_equal(np.asarray(reward), env.last_total):
            raise PlaceError(
                f"{type(self).__name__} stores the steps that its env has just made. Received "
                "others; pass the learner's own env as replay_buffer_kwargs={'env': venv}."
            )
        row = self.pos
        super().add(obs, next_obs, action, reward, done, infos)  # type: ignore[misc]
        for name, array in self._columns(transition).items():
            self._kept[name][row] = array
        for name in self._before:
            self._before[name][row] = transition.features[name]
            self._after[name][row] = transition.next_features[name]

    def set_env(self, env: Any) -> None:
        """Give a buffer that was loaded from a file its env."""
        self.reward_env = _reward_env(env, type(self).__name__)
        self.env = env if self.sb3_takes_env else None

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the envs, which live on elsewhere."""
        return {k: v for k, v in self.__dict__.items() if k not in ("env", "reward_env")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Everything but the envs; call `set_env` before sampling."""
        self.__dict__.update(state)
        self.env = self.reward_env = None

    def _get_samples(self, batch_inds: Any, env: Any = None) -> Any:
        # SB3 draws the env of each row only now, so all envs of these rows are paid.
        rows = np.repeat(batch_inds, self.n_envs)
        self._refresh(rows, np.tile(np.arange(self.n_envs), len(batch_inds)))
        return super()._get_samples(batch_inds, env=env)  # type: ignore[misc]

    def _refresh(self, rows: Any, slots: Any) -> None:
        paid = self._place().stack.relabel(self._stored(rows, slots))
        self.rewards[rows, slots] = paid.total

    def _stored(self, rows: Any, slots: Any) -> Transition:
        kept = {name: array[rows, slots] for name, array in self._kept.items()}
        return Transition(
            self._observed(self.observations, rows, slots),
            kept["action"],
            self._observed(self.next_observations, rows, slots),
            kept["env_reward"],
            kept["terminated"],
            kept["truncated"],
            {name: array[rows, slots] for name, array in self._before.items()},
            {name: array[rows, slots] for name, array in self._after.items()},
            t=kept["t"],
            env_steps=kept["env_steps"],
        )

    def _observed(self, store: Any, rows: Any, slots: Any) -> Any:
        if isinstance(store, dict):
            return {
                k: _as_space(v[rows, slots], self.observation_space[k]) for k, v in store.items()
            }
        return _as_space(store[rows, slots], self.observation_space)

    def _allocate(self, env: RewardVecEnv) -> None:
        size = (self.buffer_size, self.n_envs)
        space = env.action_space
        self._kept: Arrays = {
            "action": np.zeros((*size, *(space.shape or ())), dtype=space.dtype),
            "env_reward": np.zeros(size),
            "terminated": np.zeros(size, dtype=bool),
            "truncated": np.zeros(size, dtype=bool),
            "t": np.zeros(size, dtype=np.int64),
            "env_steps": np.zeros(size, dtype=np.int64),
        }
        self._before = env.reader.storage(size)
        self._after = env.reader.storage(size)

    def _columns(self, transition: Transition) -> Arrays:
        columns = {name: getattr(transition, name) for name in self._kept if name != "env_steps"}
        return {**columns, "env_steps": np.full(self.n_envs, self._place().stack.clock.steps)}

    def _place(self) -> RewardVecEnv:
        if self.reward_env is None:
            raise PlaceError(
                "A replay buffer loaded from a file needs its env again. Call "
                "model.replay_buffer.set_env(venv)."
            )
        return self.reward_env


class RewardReplayBuffer(_Relabelled, ReplayBuffer):
    """SB3's ReplayBuffer whose rewards are the stack's as of the moment of sampling.

    A reward that changes (annealed, scheduled or learned) is fresh in every batch. Use it as
    `SAC(..., env=venv, replay_buffer_class=RewardReplayBuffer,
    replay_buffer_kwargs={"env": venv})`, where `venv` is, or wraps, a `RewardVecEnv`. A buffer
    that was loaded from a file gets its env by `set_env(venv)`. Save with
    `model.save(path, exclude=["replay_buffer_class", "replay_buffer_kwargs"])`, which leaves the
    envs out; to train on, give both to `load` again. SB3 does not tell a buffer the
    learner's discount: `check_learner(model, stack)` compares them.

    Args:
        args, kwargs: as SB3 passes them.
        env: the learner's env.

    Raises:
        PlaceError: the env holds no `RewardVecEnv`, or the reward has terms of episode scope.
        BindingError: the reward and the buffer treat time limits differently.
    """


class RewardDictReplayBuffer(_Relabelled, DictReplayBuffer):
    """`RewardReplayBuffer` for dictionary observations."""


class RewardHerReplayBuffer(_Relabelled, HerReplayBuffer):
    """SB3's HerReplayBuffer (Andrychowicz et al. 2017) whose rewards are the stack's.

    For a goal put in hindsight, the env's own reward comes from its `compute_reward`, and the
    features that depend on the goal from its method
    `goal_features(achieved_goal, desired_goal) -> {name: (N, ...)}`, which must give all that do
    (for goals of shape (N, k), called on the first env). An env without `feature_schema` needs
    none: its features are its observation. SB3 passes `env` itself.

    Raises:
        PlaceError: as for `RewardReplayBuffer`, and if the reward reads features but the env
            cannot say which of them depend on the goal.
    """

    sb3_takes_env = True

    def __init__(self, *args: Any, env: Any, **kwargs: Any) -> None:
        super().__init__(*args, env=env, **kwargs)
        self._check_goals(self._place())

    def _get_real_samples(self, batch_indices: Any, env_indices: Any, env: Any = None) -> Any:
        self._refresh(batch_indices, env_indices)
        return super()._get_real_samples(batch_indices, env_indices, env)

    def _sample_goals(self, batch_indices: Any, env_indices: Any) -> Any:
        self._goals = super()._sample_goals(batch_indices, env_indices)
        return self._goals

    def _get_virtual_samples(self, batch_indices: Any, env_indices: Any, env: Any = None) -> Any:
        data = super()._get_virtual_samples(batch_indices, env_indices, env)
        moved = self._with_goals(self._stored(batch_indices, env_indices), self._goals)
        moved.env_reward = self._own_reward(moved, batch_indices, env_indices)
        paid = self._place().stack.relabel(moved).total.astype(np.float32)
        rewards = self.to_torch(self._normalize_reward(paid.reshape(-1, 1), env))
        return data._replace(rewards=rewards)

    def _with_goals(self, tr: Transition, goals: Any) -> Transition:
        tr.obs["desired_goal"] = tr.next_obs["desired_goal"] = goals
        place = self._place()
        if place.reader.from_obs:
            tr.features = place.reader.of_obs(tr.obs)
            tr.next_features = place.reader.of_obs(tr.next_obs)
        elif tr.features:
            tr.features = _moved(place, tr.features, tr.obs)
            tr.next_features = _moved(place, tr.next_features, tr.next_obs)
        return tr

    def _own_reward(self, tr: Transition, rows: Any, slots: Any) -> Any:
        infos = self.infos[rows, slots] if self.copy_info_dict else [{} for _ in rows]
        reached, goals = tr.next_obs["achieved_goal"], tr.next_obs["desired_goal"]
        own = self._place().env_method("compute_reward", reached, goals, infos, indices=[0])[0]
        return np.asarray(own, dtype=np.float64)

    def _check_goals(self, place: RewardVecEnv) -> None:
        needs = sorted(place.stack.needs)
        if place.reader.from_obs or not needs or place.has_attr("goal_features"):
            return
        raise PlaceError(
            "Hindsight replay changes goals, so features that depend on the goal must be worked "
            f"out anew. Received a reward that reads {needs} from an env that cannot; give the "
            "env a method goal_features(achieved_goal, desired_goal) that returns every feature "
            "that depends on the goal, as arrays over the rows, or use a reward without features."
        )


def _moved(place: RewardVecEnv, features: Any, obs: Any) -> Any:
    """Features with those that depend on the goal taken from the env."""
    fresh = place.env_method(
        "goal_features", obs["achieved_goal"], obs["desired_goal"], indices=[0]
    )[0]
    return {name: fresh.get(name, value) for name, value in features.items()}


def _as_space(values: Any, space: Any) -> Any:
    """Stored observations in the shape that the env gives (SB3 keeps a Discrete's as (1,))."""
    return values.reshape(len(values), *(space.shape or ()))


def _reward_env(env: Any, who: str) -> RewardVecEnv:
    found = find_reward_env(env)
    if found is None:
        raise PlaceError(
            f"{who} asks a RewardVecEnv for the rewards of its steps. Received "
            f"{type(env).__name__} without one inside; pass the learner's env as "
            "replay_buffer_kwargs={'env': venv} with venv = RewardVecEnv(..., reward)."
        )
    if found.stack.scope is not Scope.STEP:
        raise PlaceError(
            f"{who} samples single steps, so every term must have scope 'step'. Received scope "
            f"{found.stack.scope.value!r} ({found.stack.formula}); use an on-policy learner with "
            "rewardsmith.wrappers.RewardRolloutBuffer."
        )
    return found


def _check_timeouts(env: RewardVecEnv, handled: bool, who: str) -> None:
    binding = env.stack.binding
    assert binding is not None
    if binding.learner.bootstraps_on_truncation != handled:
        raise BindingError(
            "A reward and its learner treat time limits alike, or shaping changes the optimal "
            "policy. Received bootstraps_on_truncation="
            f"{binding.learner.bootstraps_on_truncation} in RewardVecEnv and "
            f"handle_timeout_termination={handled} in {who}; give both the same."
        )
