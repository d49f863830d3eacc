"""Rollout buffers with a second stream of rewards, values, returns and advantages."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch as th
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.buffers import DictRolloutBuffer, RolloutBuffer

from rewardsmith.errors import PlaceError
from rewardsmith.wrappers.sb3_rollout_buffer import RewardDictRolloutBuffer, RewardRolloutBuffer

# The second stream needs no observations and actions of its own.
_NOTHING = spaces.Discrete(1)


class TwoStreamRolloutBuffer(RolloutBuffer):
    """SB3's RolloutBuffer with a second, intrinsic stream (Burda et al. 2018, section 2.3).

    Its own arrays are the extrinsic stream; `intrinsic` is a second RolloutBuffer, so that both
    advantages are SB3's GAE, each with its discount, and A = c_E A_E + c_I A_I. A stream that is
    not episodic has no ends: its return goes on with the value of the next episode's first
    state, and the true final state, which SB3 bootstraps from at a time limit, plays no part.

    Samples hold `old_values` and `returns` of both streams, shape (2B,), in pairs (E, I), as
    `policy.evaluate_actions(...)[0].flatten()` has them; where `is_paired` is False, those of
    the first stream alone, shape (B,).

    Args:
        buffer_size, observation_space, action_space, n_envs, kwargs: as SB3 passes them.
        gamma_intrinsic, gae_lambda_intrinsic: discount and GAE's lambda of the second stream.
        episodic_intrinsic: whether the second stream ends where episodes end.
        advantage_coefs: c_E and c_I.
    """

    def __init__(
        self,
        buffer_size: int,
        observation_space: Any,
        action_space: Any,
        *,
        gamma_intrinsic: float = 0.99,
        gae_lambda_intrinsic: float = 0.95,
        episodic_intrinsic: bool = False,
        advantage_coefs: tuple[float, float] = (1.0, 0.5),
        n_envs: int = 1,
        **kwargs: Any,
    ) -> None:
        self.episodic_intrinsic, self.advantage_coefs = episodic_intrinsic, advantage_coefs
        self.is_paired = True
        self.intrinsic = RolloutBuffer(
            buffer_size,
            _NOTHING,
            _NOTHING,
            device="cpu",
            gae_lambda=gae_lambda_intrinsic,
            gamma=gamma_intrinsic,
            n_envs=n_envs,
        )
        self._due: tuple[Any, Any] = (0.0, np.zeros(n_envs))
        super().__init__(buffer_size, observation_space, action_space, n_envs=n_envs, **kwargs)

    def reset(self) -> None:
        """Forget both streams."""
        super().reset()
        self.intrinsic.reset()

    def split(self, reward: Any, extrinsic: Any, intrinsic: Any) -> None:
        """Say what the step that is added next paid; without it, all of it is extrinsic.

        Args:
            reward: what the env paid, shape (N,), before SB3 adds a value at a time limit.
            extrinsic: the part that goes to the first stream.
            intrinsic: what the second stream is paid, its own value at a time limit included.
        """
        # In float64, so that a reward that is all intrinsic leaves exactly 0.
        change = np.asarray(extrinsic, dtype=np.float64) - np.asarray(reward, dtype=np.float64)
        self._due = change, np.asarray(intrinsic, dtype=np.float32)

    def add(
        self,
        obs: Any,
        action: Any,
        reward: Any,
        episode_start: Any,
        value: th.Tensor,
        log_prob: th.Tensor,
    ) -> None:
        """Store one step of all envs; `value` has shape (N, 2)."""
        row = self.pos
        super().add(obs, action, reward, episode_start, value[:, 0], log_prob)
        change, pay = self._due
        self.rewards[row] += change
        starts, nothing = self._ends(episode_start), np.zeros(self.n_envs)
        self.intrinsic.add(nothing, nothing, pay, starts, value[:, 1], log_prob)
        self._due = (0.0, np.zeros(self.n_envs))

    def finish(self, last_values: th.Tensor, dones: Any) -> None:
        """Work out the second stream and join the advantages; after the first stream's.

        Args:
            last_values: intrinsic values of the observations after the rollout, shape (N, 1).
            dones: whether the last step ended its episode, shape (N,).
        """
        self.intrinsic.compute_returns_and_advantage(last_values, self._ends(dones))
        extrinsic, intrinsic = self.advantage_coefs
        self.advantages = extrinsic * self.advantages
        if intrinsic:
            self.advantages += intrinsic * self.intrinsic.advantages

    def _ends(self, ends: Any) -> NDArray[Any]:
        ends = np.asarray(ends)
        return ends if self.episodic_intrinsic else np.zeros_like(ends)

    def _get_samples(self, batch_inds: Any, env: Any = None) -> Any:
        samples: Any = super()._get_samples(batch_inds, env)
        if not self.is_paired:
            return samples
        # The first stream is flattened env by env.
        rows = batch_inds % self.buffer_size, batch_inds // self.buffer_size
        return samples._replace(
            old_values=self._pairs(samples.old_values, self.intrinsic.values[rows]),
            returns=self._pairs(samples.returns, self.intrinsic.returns[rows]),
        )

    def _pairs(self, extrinsic: th.Tensor, intrinsic: NDArray[Any]) -> th.Tensor:
        return th.stack([extrinsic, self.to_torch(intrinsic)], dim=1).flatten()


class TwoStreamDictRolloutBuffer(TwoStreamRolloutBuffer, DictRolloutBuffer):
    """`TwoStreamRolloutBuffer` for dictionary observations."""


class TwoStreamRewardRolloutBuffer(TwoStreamRolloutBuffer, RewardRolloutBuffer):
    """Two streams, the first of which is paid terms of episode scope too."""


class TwoStreamRewardDictRolloutBuffer(TwoStreamRolloutBuffer, RewardDictRolloutBuffer):
    """`TwoStreamRewardRolloutBuffer` for dictionary observations."""


_WITH_A_SECOND: dict[Any, type[TwoStreamRolloutBuffer]] = {
    RolloutBuffer: TwoStreamRolloutBuffer,
    DictRolloutBuffer: TwoStreamDictRolloutBuffer,
    RewardRolloutBuffer: TwoStreamRewardRolloutBuffer,
    RewardDictRolloutBuffer: TwoStreamRewardDictRolloutBuffer,
}


def with_second_stream(given: Any, space: spaces.Space[Any]) -> type[TwoStreamRolloutBuffer]:
    """The buffer of two streams that stands for `given`; None: SB3's own for `space`.

    Raises:
        PlaceError: a buffer of another kind.
    """
    if given is None:
        given = DictRolloutBuffer if isinstance(space, spaces.Dict) else RolloutBuffer
    if isinstance(given, type) and issubclass(given, TwoStreamRolloutBuffer):
        return given
    if given not in _WITH_A_SECOND:
        able = ", ".join(kind.__name__ for kind in _WITH_A_SECOND)
        raise PlaceError(
            "Two streams are kept in a rollout buffer of their own, which stands for one of "
            f"{able}. Received {getattr(given, '__name__', given)!r}; leave rollout_buffer_class "
            "out, or derive it from TwoStreamRolloutBuffer."
        )
    return _WITH_A_SECOND[given]
