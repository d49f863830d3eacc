"""What all replay buffers of ours share: stored steps are paid as of now."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rewardsmith.errors import ConfigError, PlaceError
from rewardsmith.term import Scope
from rewardsmith.transition import Transition
from rewardsmith.wrappers.checks import check_buffer_space, check_gamma, check_timeouts
from rewardsmith.wrappers.gather import Arrays
from rewardsmith.wrappers.sb3_vec_env import RewardVecEnv, find_reward_env


class Relabelled:
    """Keeps what the stack needs of every step, and asks it again when a step is sampled.

    A mixin before SB3's buffers: fresh rewards are written into `self.rewards` just before
    SB3 reads them there, so that its own sampling and normalisation stay as they are.
    """

    #: whether SB3's own buffer has an argument `env`
    sb3_takes_env = False
    #: whether observations are dictionaries, and the buffer for those of the other kind
    takes_dict, other = False, "RewardDictReplayBuffer"
    #: whether it has n-step returns
    sb3_takes_n_steps = False
    n_steps: int = 1
    #: the discount that it was built with, if any
    told_gamma: float | None = None
    env: Any = None
    rewards: NDArray[np.float32]
    observations: Any
    next_observations: Any
    observation_space: Any
    action_space: Any
    buffer_size: int
    n_envs: int
    pos: int
    full: bool
    handle_timeout_termination: bool
    #: observations before and after each step as the env gave them, where SB3 stores others
    _own: tuple[Any, Any] | None = None

    def __init__(
        self,
        *args: Any,
        env: Any = None,
        handle_timeout_termination: bool = True,
        optimize_memory_usage: bool = False,
        n_steps: int = 1,
        gamma: float | None = None,
        **kwargs: Any,
    ) -> None:
        who = type(self).__name__
        if optimize_memory_usage:
            raise PlaceError(
                f"{who} needs the final states of episodes, which optimize_memory_usage=True "
                "does not keep. Set it to False."
            )
        _check_n_steps(n_steps, gamma, self.sb3_takes_n_steps, who)
        fitting = _fitting_env(env, gamma, handle_timeout_termination, who)
        check_buffer_space(fitting.observation_space, self.takes_dict, who, self.other)
        self.reward_env: RewardVecEnv | None = fitting
        if self.sb3_takes_env:
            kwargs["env"] = env
        if n_steps > 1:
            kwargs.update(n_steps=n_steps, gamma=gamma)
        kwargs["handle_timeout_termination"] = handle_timeout_termination
        super().__init__(*args, **kwargs)
        self.n_steps, self.told_gamma = n_steps, gamma
        self._allocate(fitting)

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
        if self._own is not None:
            _write(self._own[0], row, transition.obs)
            _write(self._own[1], row, transition.next_obs)
        for name in self._before:
            self._before[name][row] = transition.features[name]
            self._after[name][row] = transition.next_features[name]
        for name, paid in (transition.remembered or {}).items():
            self._remembered[name][row] = paid

    def set_env(self, env: Any) -> None:
        """Give a buffer that was loaded from a file its env; checks it as at construction."""
        who = type(self).__name__
        self.reward_env = _fitting_env(env, self.told_gamma, self.handle_timeout_termination, who)
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
        times = self._read_with(batch_inds)
        rows = np.repeat(times, self.n_envs)
        self._refresh(rows, np.tile(np.arange(self.n_envs), len(times)))
        return super()._get_samples(batch_inds, env=env)  # type: ignore[misc]

    def _read_with(self, batch_inds: Any) -> Any:
        """The rows whose rewards SB3 reads for a batch: with n-step returns, those ahead too."""
        if self.n_steps == 1:
            return batch_inds
        ahead = np.unique((batch_inds[:, None] + np.arange(self.n_steps)) % self.buffer_size)
        return ahead if self.full else ahead[ahead < self.pos]

    def _refresh(self, rows: Any, slots: Any) -> None:
        paid = self._place().stack.relabel(self._stored(rows, slots))
        self.rewards[rows, slots] = paid.total

    def _stored(self, rows: Any, slots: Any) -> Transition:
        kept = {name: array[rows, slots] for name, array in self._kept.items()}
        obs, after = self._own or (self.observations, self.next_observations)
        return Transition(
            self._observed(obs, rows, slots),
            kept["action"],
            self._observed(after, rows, slots),
            kept["env_reward"],
            kept["terminated"],
            kept["truncated"],
            {name: array[rows, slots] for name, array in self._before.items()},
            {name: array[rows, slots] for name, array in self._after.items()},
            t=kept["t"],
            env_steps=kept["env_steps"],
            remembered={name: a[rows, slots] for name, a in self._remembered.items()},
        )

    def _observed(self, store: Any, rows: Any, slots: Any) -> Any:
        own: Any = self._place().observation_space
        kept: Any = self.observation_space if self._own is None else own
        if isinstance(store, dict):
            return {k: _as_space(v[rows, slots], kept[k], own[k]) for k, v in store.items()}
        return _as_space(store[rows, slots], kept, own)

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
        if not _alike(self.observation_space, env.observation_space):  # frames stacked outside it
            own = env.observation_space
            self._own = _room(own, size), _room(own, size)
        self._before = env.reader.storage(size)
        self._after = env.reader.storage(size)
        # What depends on the episode so far cannot be worked out from a step: 8 bytes a step.
        remembering = [e.name for e in env.stack.entries if e.term.remembers]
        self._remembered: Arrays = {name: np.zeros(size) for name in remembering}

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


def _fitting_env(env: Any, gamma: float | None, handled: bool, who: str) -> RewardVecEnv:
    found = _reward_env(env, who)
    told = found.reward_learner
    check_timeouts(told, handled, f"handle_timeout_termination={handled} in {who}")
    if gamma is not None:
        check_gamma(told, gamma, who)
    return found


def _check_n_steps(n_steps: Any, gamma: float | None, served: bool, who: str) -> None:
    if not isinstance(n_steps, int) or isinstance(n_steps, bool) or n_steps < 1:
        raise ConfigError(f"n_steps is a whole number from 1. Received {n_steps!r} in {who}.")
    if n_steps > 1 and not served:
        raise PlaceError(
            f"{who} samples single steps: SB3 has no n-step returns for dictionary observations. "
            f"Received n_steps={n_steps}; leave it out, or flatten the observation and use "
            "RewardReplayBuffer."
        )
    if n_steps > 1 and gamma is None:
        raise PlaceError(
            "n-step returns are discounted in the buffer, with the learner's own gamma. Received "
            f"n_steps={n_steps} without; pass replay_buffer_kwargs={{'env': venv, 'n_steps': "
            f"{n_steps}, 'gamma': ...}}."
        )


def _as_space(values: Any, kept: Any, own: Any) -> Any:
    """Stored observations as the env gives them.

    SB3 keeps a Discrete's as (1,), and pictures channels first, whatever the env's are.
    """
    values = values.reshape(len(values), *(kept.shape or ()))
    return np.moveaxis(values, 1, -1) if _transposed(kept, own) else values


def _transposed(kept: Any, own: Any) -> bool:
    shape: tuple[int, ...] = own.shape or ()
    return len(shape) == 3 and kept.shape == (*shape[2:], *shape[:2]) != shape


def _alike(kept: Any, own: Any) -> bool:
    """Whether what SB3 stores tells what the env gave."""
    if isinstance(own, spaces.Dict):
        return all(k in kept.spaces and _alike(kept[k], s) for k, s in own.spaces.items())
    return kept.shape == own.shape or _transposed(kept, own)


def _room(space: Any, size: tuple[int, int]) -> Any:
    if isinstance(space, spaces.Dict):
        return {k: _room(s, size) for k, s in space.spaces.items()}
    return np.zeros((*size, *(space.shape or ())), dtype=space.dtype)


def _write(store: Any, row: int, values: Any) -> None:
    if isinstance(store, dict):
        for key, part in store.items():
            part[row] = values[key]
    else:
        store[row] = values


def _reward_env(env: Any, who: str) -> RewardVecEnv:
    found = find_reward_env(env)
    if found is None:
        raise PlaceError(
            f"{who} asks a RewardVecEnv for the rewards of its steps. Received "
            f"{'no env' if env is None else type(env).__name__ + ' without one inside'}; pass "
            "the learner's env as "
            "replay_buffer_kwargs={'env': venv} with venv = RewardVecEnv(..., reward)."
        )
    if found.stack.scope is not Scope.STEP:
        raise PlaceError(
            f"{who} samples single steps, so every term must have scope 'step'. Received scope "
            f"{found.stack.scope.value!r} ({found.stack.formula}); use an on-policy learner with "
            "rewardsmith.wrappers.RewardRolloutBuffer."
        )
    return found
