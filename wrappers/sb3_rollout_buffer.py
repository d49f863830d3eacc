"""Rollout buffers for PPO and A2C that pay terms of episode scope."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.buffers import DictRolloutBuffer, RolloutBuffer
from stable_baselines3.common.vec_env import VecEnvWrapper, VecNormalize

from rewardsmith.errors import PlaceError
from rewardsmith.wrappers.checks import check_buffer_space, check_gamma
from rewardsmith.wrappers.sb3_vec_env import RewardVecEnv, find_reward_env


class EpisodePay:
    """Adds what deferred terms pay an episode, when it ends, to its rows of this rollout.

    A mixin before SB3's buffers, whose own reward handling (the value added at a time limit,
    advantages) stays as it is: pay is added to rows, before advantages are computed.
    """

    #: whether observations are dictionaries, and the buffer for those of the other kind
    takes_dict, other = False, "RewardDictRolloutBuffer"
    rewards: NDArray[np.float32]
    pos: int

    def __init__(self, *args: Any, env: Any = None, gamma: float = 0.99, **kwargs: Any) -> None:
        self.env = _reward_env(env)
        space = self.env.observation_space
        check_buffer_space(space, self.takes_dict, type(self).__name__, self.other)
        self._normalize = _normalize_between(env)
        check_gamma(self.env.reward_learner, gamma, type(self).__name__)
        super().__init__(*args, gamma=gamma, **kwargs)  # type: ignore[call-arg]
        self.env.claim_episode_terms()

    def add(self, obs: Any, action: Any, reward: Any, *rest: Any, **named: Any) -> None:
        """Store one step of all envs; episodes that it ended are paid."""
        self._check_reward(reward)
        row = self.pos
        super().add(obs, action, reward, *rest, **named)  # type: ignore[misc]
        for slot, pay in self.env.last_finished:
            here = pay[-(row + 1) :]
            self.rewards[row + 1 - len(here) : row + 1, slot] += self._scaled(here)

    def _scaled(self, pay: Any) -> Any:
        """As VecNormalize scales rewards, but never cut: the rest of the row is already there."""
        norm = self._normalize
        if norm is None or not norm.norm_reward:
            return pay
        return pay / np.sqrt(norm.ret_rms.var + norm.epsilon)

    def _check_reward(self, reward: Any) -> None:
        tr = self.env.last_transition
        if self._normalize is not None or tr is None:
            return
        # SB3 has added the value of the final state where a time limit was hit.
        rows = ~tr.truncated
        if not np.array_equal(np.asarray(reward)[rows], self.env.last_total[rows]):
            raise PlaceError(
                f"{type(self).__name__} adds to the rewards that its env paid. Received others; "
                "if something outside changes rewards (VecNormalize), pass the outermost env: "
                "rollout_buffer_kwargs={'env': venv}."
            )


class RewardRolloutBuffer(EpisodePay, RolloutBuffer):
    """SB3's RolloutBuffer that serves terms of episode scope.

    When an episode ends, its deferred terms are worked out over the whole episode, and added to
    the rewards of its steps in this rollout before advantages are computed. Steps that an
    earlier rollout held have been learnt from and can no longer be paid: their share is lost,
    so choose n_steps well above the episode's length. Rewards of an episode that has not
    ended yet are withheld.

    Use it as `PPO(..., env=venv, rollout_buffer_class=RewardRolloutBuffer,
    rollout_buffer_kwargs={"env": venv})`, where `venv` is, or wraps, a
    `RewardVecEnv(..., episode_terms="buffer")`. VecNormalize outside it scales what is paid.
    Save with `model.save(path, exclude=["rollout_buffer_class", "rollout_buffer_kwargs"])`, which
    leaves the envs out; to train on, give both to `load` again.

    Args:
        args, kwargs: as SB3 passes them.
        env: the learner's env, which has no default: SB3 does not pass it.
        gamma: the learner's discount.

    Raises:
        PlaceError: the env holds no `RewardVecEnv` with `episode_terms="buffer"`, or its
            observations are dictionaries.
        BindingError: its discount is not the learner's.
    """


class RewardDictRolloutBuffer(EpisodePay, DictRolloutBuffer):
    """`RewardRolloutBuffer` for dictionary observations."""

    takes_dict, other = True, "RewardRolloutBuffer"


def _reward_env(env: Any) -> RewardVecEnv:
    found = find_reward_env(env)
    if found is None or found.episode_terms != "buffer":
        what = "no env" if env is None else f"{type(env).__name__} without one"
        if found is not None:
            what = f"one with episode_terms={found.episode_terms!r}"
        raise PlaceError(
            "A buffer that pays terms of episode scope needs "
            'RewardVecEnv(venv, reward, episode_terms="buffer") as its env. '
            f"Received {what}; pass it as "
            "rollout_buffer_kwargs={'env': venv}."
        )
    return found


def _normalize_between(env: Any) -> VecNormalize | None:
    while isinstance(env, VecEnvWrapper) and not isinstance(env, RewardVecEnv):
        if isinstance(env, VecNormalize):
            return env
        env = env.venv
    return None
