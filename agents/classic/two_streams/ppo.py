"""PPO whose task reward and curiosity have a value head and a discount each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch as th
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback, ConvertCallback
from stable_baselines3.common.utils import explained_variance

from rewardsmith.agents.classic.two_streams.buffers import (
    TwoStreamRolloutBuffer,
    with_second_stream,
)
from rewardsmith.agents.classic.two_streams.policies import (
    TwoHeadCnnPolicy,
    TwoHeadMultiInputPolicy,
    TwoHeadPolicy,
)
from rewardsmith.agents.classic.two_streams.streams import (
    StreamCallback,
    intrinsic_terms,
    reward_place,
)
from rewardsmith.errors import ConfigError
from rewardsmith.wrappers.sb3_learner import check_learner

#: setting, upper end of its range, whether it may be None
_RANGES = (
    ("gamma_intrinsic", 1.0, False),
    ("gae_lambda_intrinsic", 1.0, True),
    ("advantage_coef", math.inf, False),
    ("advantage_coef_intrinsic", math.inf, False),
    ("vf_coef_intrinsic", math.inf, True),
)


class TwoStreamPPO(PPO):
    """PPO with an extrinsic and an intrinsic stream (Burda et al. 2018, section 2.3).

    arXiv 1810.12894: V = V_E + V_I, fitted apart, and A = c_E A_E + c_I A_I. The extrinsic
    stream is PPO's own; the intrinsic one sums those terms of the reward in its env that are
    intrinsic. Its return may flow on from one episode to the next (`episodic_intrinsic=False`),
    so that an agent does not fear the end of an episode that taught it something. Under a
    reward without intrinsic terms it is PPO, number for number but for rounding. With
    them `train/value_loss` is the mean of both streams' losses.

    Args:
        policy: `MlpPolicy`, `CnnPolicy` or `MultiInputPolicy`, with a second value head, or a
            class derived from `TwoHeadPolicy`.
        env: holds a `RewardVecEnv`, whose discount is this learner's `gamma`.
        gamma_intrinsic: discount of the intrinsic stream, in [0, 1]; `gamma` is the task's.
        gae_lambda_intrinsic: GAE's lambda of the intrinsic stream, in [0, 1]; None: `gae_lambda`.
        episodic_intrinsic: whether the intrinsic stream ends where episodes end.
        advantage_coef: c_E; the paper has 2 to 1 for c_E to c_I, as here.
        advantage_coef_intrinsic: c_I.
        vf_coef_intrinsic: coefficient of the intrinsic value loss; None: `vf_coef`.
        streams: `{"intrinsic": names of terms}`; None: the terms that call themselves intrinsic.
        ppo: everything else that PPO takes.

    Attributes:
        intrinsic_terms: names of the intrinsic stream's terms.

    Raises:
        ConfigError: a setting out of its range, or `streams` of another form.
        PlaceError: no reward in `env`, or running normalisation of its sum around it.
        BindingError: another discount than the reward's, or a term that cannot be intrinsic.
    """

    policy: TwoHeadPolicy
    rollout_buffer: TwoStreamRolloutBuffer
    policy_aliases: ClassVar[dict[str, Any]] = {
        "MlpPolicy": TwoHeadPolicy,
        "CnnPolicy": TwoHeadCnnPolicy,
        "MultiInputPolicy": TwoHeadMultiInputPolicy,
    }

    def __init__(
        self,
        policy: Any,
        env: Any,
        *,
        gamma_intrinsic: float = 0.99,
        gae_lambda_intrinsic: float | None = None,
        episodic_intrinsic: bool = False,
        advantage_coef: float = 1.0,
        advantage_coef_intrinsic: float = 0.5,
        vf_coef_intrinsic: float | None = None,
        streams: Mapping[str, Sequence[str]] | None = None,
        **ppo: Any,
    ) -> None:
        self.gamma_intrinsic, self.gae_lambda_intrinsic = gamma_intrinsic, gae_lambda_intrinsic
        self.episodic_intrinsic = episodic_intrinsic
        self.advantage_coef = advantage_coef
        self.advantage_coef_intrinsic = advantage_coef_intrinsic
        self.vf_coef_intrinsic = vf_coef_intrinsic
        self.streams = streams
        self.intrinsic_terms: tuple[str, ...] = ()
        super().__init__(policy, env, **ppo)

    def set_env(self, env: Any, force_reset: bool = True) -> None:
        """Train on in another env, whose reward is asked for its streams anew."""
        super().set_env(env, force_reset)
        self._find_streams()

    def train(self) -> None:
        """Update the policy and both value heads from the current rollout."""
        self.policy.value_weights = self._value_weights()
        super().train()
        if self.intrinsic_terms:
            stream = self.rollout_buffer.intrinsic
            explained = explained_variance(stream.values.flatten(), stream.returns.flatten())
            self.logger.record("train/explained_variance_intrinsic", explained)

    def _setup_model(self) -> None:
        self._check_settings()
        self.rollout_buffer_class = with_second_stream(
            self.rollout_buffer_class, self.observation_space
        )
        same = self.gae_lambda_intrinsic is None
        self.rollout_buffer_kwargs = {
            **self.rollout_buffer_kwargs,
            "gamma_intrinsic": self.gamma_intrinsic,
            "gae_lambda_intrinsic": self.gae_lambda if same else self.gae_lambda_intrinsic,
            "episodic_intrinsic": self.episodic_intrinsic,
        }
        super()._setup_model()
        if not isinstance(self.policy, TwoHeadPolicy):
            raise ConfigError(
                "Two streams need a policy with two value heads. Received "
                f"{type(self.policy).__name__}; name one of {', '.join(self.policy_aliases)}, or "
                "derive yours from TwoHeadPolicy."
            )
        self.intrinsic_terms = tuple(self.intrinsic_terms)  # a list, if it comes from a file
        if self.env is not None:
            self._find_streams()

    def _init_callback(self, callback: Any, progress_bar: bool = False) -> BaseCallback:
        # Ours is first: the others see a whole rollout.
        if not isinstance(callback, BaseCallback | list | None):
            callback = ConvertCallback(callback)
        given = callback if isinstance(callback, list) else [callback] if callback else []
        return super()._init_callback([StreamCallback(), *given], progress_bar)

    def _find_streams(self) -> None:
        self.intrinsic_terms = intrinsic_terms(reward_place(self.env).stack, self.streams)
        check_learner(self)
        buffer = self.rollout_buffer
        buffer.is_paired = bool(self.intrinsic_terms)
        intrinsic = self.advantage_coef_intrinsic if buffer.is_paired else 0.0
        buffer.advantage_coefs = self.advantage_coef, intrinsic

    def _value_weights(self) -> th.Tensor | None:
        """Factors on the gradients of PPO's value loss, `vf_coef` times the mean over both heads.

        They make it vf_coef times the extrinsic loss and vf_coef_intrinsic times the intrinsic.
        """
        if not self.intrinsic_terms:
            return None
        own = self.vf_coef_intrinsic
        share = 1.0 if own is None else own / self.vf_coef
        return th.tensor([2.0, 2.0 * share], device=self.device)

    def _check_settings(self) -> None:
        for name, high, optional in _RANGES:
            value: Any = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not ((number and 0.0 <= value <= high) or (optional and value is None)):
                raise ConfigError(
                    f"{name} of two streams is a number from 0 to {high:g}. Received {value!r}."
                )
        if self.vf_coef_intrinsic and not self.vf_coef:
            raise ConfigError(
                "Both value losses are weighed against vf_coef, which must then be positive. "
                f"Received vf_coef={self.vf_coef!r} and vf_coef_intrinsic="
                f"{self.vf_coef_intrinsic!r}; freeze neither head, or both."
            )
