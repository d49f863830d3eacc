"""Variational empowerment of one action."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor, nn

from rewardsmith.errors import BindingError, ConfigError, near_misses
from rewardsmith.registry import register_term
from rewardsmith.rewards.intrinsic.learned import Batch, LearnedTerm
from rewardsmith.rewards.intrinsic.nets import mlp
from rewardsmith.term import Binding

REFERENCES = ("learned", "uniform")
#: limits of the logarithm of a Gaussian's deviation
_LOG_DEVIATION = (-5.0, 2.0)


@register_term("empowerment")
class Empowerment(LearnedTerm):
    """Pays how much of the action can be read off the state that it led to, in nats.

    Mohamed and Rezende 2015 (arXiv 1509.08731), section 3, and Gregor et al. 2016 (arXiv
    1611.07507), section 2, for a single action: r = log q(a_t | s_t, s_{t+1}) - log w(a_t | s_t).
    If w is the policy, the mean of r is a lower bound of I(a_t; s_{t+1} | s_t) (Barber and Agakov
    2003), equal to it where q is the true posterior. q is learned by maximum likelihood:
    categorical for `Discrete` actions, a Gaussian with a diagonal covariance for `Box`. Single
    rewards may be negative; with a uniform w over n classes they are at most log n.

    - `reference='learned'`: w is learned from the actions taken. Where it is not the policy,
      the mean is the bound plus KL(policy || w) >= 0: a policy that changes faster than w is
      overpaid.
    - `reference='uniform'`: w is uniform over the actions. The mean is the bound while the
      policy is uniform, and else the bound plus log n minus the policy's entropy: it also
      pays for being predictable.

    Differs from the papers: one action in place of a sequence or an option; and w is not
    driven towards the capacity, the maximum over w: the learner, paid r, moves the policy.

    Args:
        on, training: what it looks at, and options, as for `Trained`; `normalize` is `none`
            by default, so that rewards are in nats.
        reference: `learned` or `uniform`; an unbounded `Box` has no uniform distribution.
    """

    source = "Mohamed and Rezende 2015 (arXiv 1509.08731), section 3"
    looks = ("now", "next", "action")

    def __init__(
        self, *on: Any, reference: str = "learned", normalize: str = "none", **training: Any
    ) -> None:
        super().__init__(*on, normalize=normalize, **training)
        if reference not in REFERENCES:
            raise ConfigError(
                f"reference of empowerment is one of {', '.join(REFERENCES)}. Received "
                f"{reference!r}.{near_misses(str(reference), REFERENCES)}"
            )
        self.reference = reference

    def bind(self, binding: Binding) -> None:
        """Networks, and the unit of a Box's actions."""
        space = binding.action_space
        if space is not None and not isinstance(space, spaces.Discrete | spaces.Box):
            raise BindingError(
                f"{self.who} is for Discrete and Box actions. Received {space}; flatten them in a "
                "wrapper, or take a term that reads states alone, as rnd."
            )
        self._middle, self._half = self._unit(space)
        super().bind(binding)
        self._middle, self._half = (x.to(self.device) for x in (self._middle, self._half))

    def _unit(self, space: Any) -> tuple[Tensor, Tensor]:
        """Middle and half of the width of each number of a bounded Box; else 0 and 1."""
        if not isinstance(space, spaces.Box):
            return torch.zeros(1), torch.ones(1)
        low, high = np.ravel(space.low).astype(float), np.ravel(space.high).astype(float)
        bounded = bool(np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all())
        if self.reference == "uniform" and not bounded:
            raise BindingError(
                f"{self.who}: only actions between finite bounds have a uniform distribution. "
                f"Received {space}; write reference='learned'."
            )
        if not bounded:
            return torch.zeros(len(low)), torch.ones(len(low))
        middle, half = (high + low) / 2, (high - low) / 2
        return torch.from_numpy(middle).float(), torch.from_numpy(half).float()

    def build(self) -> Mapping[str, nn.Module]:
        """The features; q of both states, and w of s_t alone if it is learned."""
        told = self.action_size if self.discrete else 2 * self.action_size
        found: dict[str, nn.Module] = {
            "features": self.trunk(),
            "posterior": mlp(2 * self.latent, self.hidden, told),
        }
        if self.reference == "learned":
            found["reference_features"] = self.trunk()
            found["reference"] = mlp(self.latent, self.hidden, told)
        return found

    def novelty(self, batch: Batch) -> Tensor:
        """log q - log w of each row, in nats."""
        return self.posterior(batch) - self.prior(batch)

    def loss(self, batch: Batch) -> Tensor:
        """Minus the likelihoods of q and of w, which share no weights."""
        likelihood = self.posterior(batch)
        if self.reference == "learned":
            likelihood = likelihood + self.prior(batch)
        return -likelihood.mean()

    def posterior(self, batch: Batch) -> Tensor:
        """log q(a_t | s_t, s_{t+1}), shape (N,)."""
        now, after = self.nets["features"](batch.now), self.nets["features"](batch.next)
        return self._likelihood(self.nets["posterior"](torch.cat([now, after], dim=1)), batch)

    def prior(self, batch: Batch) -> Tensor:
        """log w(a_t | s_t), shape (N,)."""
        if self.reference == "learned":
            told = self.nets["reference"](self.nets["reference_features"](batch.now))
            return self._likelihood(told, batch)
        choices = np.log(self.action_size) if self.discrete else self.action_size * np.log(2.0)
        return torch.full((len(batch),), -float(choices), device=self.device)

    def _likelihood(self, told: Tensor, batch: Batch) -> Tensor:
        """Of classes; or of numbers in units of half the Box, so that the Box is [-1, 1]."""
        assert batch.action is not None
        if self.discrete:
            return (told.log_softmax(dim=1) * batch.action).sum(dim=1)
        mean, log_deviation = told.chunk(2, dim=1)
        log_deviation = log_deviation.clamp(*_LOG_DEVIATION)
        away = ((batch.action - self._middle) / self._half - mean) / log_deviation.exp()
        density: Tensor = -0.5 * (away.square() + float(np.log(2 * np.pi))) - log_deviation
        return density.sum(dim=1)
