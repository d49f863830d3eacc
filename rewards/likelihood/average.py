"""A model that follows the policy slowly: an exponential moving average of its weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from rewardsmith.errors import ConfigError
from rewardsmith.term import State

from .models import POLICY
from .scorer import Scorer, version_of


class SlowModel:
    """The policy's weights averaged over updates, or a frozen model as it is.

    w <- decay * w + (1 - decay) * w_policy at each `follow` before which the policy learned. Only
    weights that are trained are averaged. The copy costs the policy's memory once more; it begins
    as the policy is when first asked.

    Args:
        of: the scorer whose model is followed.
        decay: in [0, 1).
        who: the term's formula, for errors.
    """

    def __init__(self, of: Scorer, decay: float, who: str) -> None:
        self.of, self.decay, self.who = of, decay, who
        self._own = Scorer()
        self._followed: tuple[int, int] | None = None
        self._waiting: dict[str, Any] = {}

    @property
    def scorer(self) -> Scorer:
        """What scores with the averaged weights."""
        if self.of is not POLICY:
            return self.of
        if self._own.model is None and self.of.model is not None:
            self._own.model = copy.deepcopy(self.of.model).eval()
            self._own.tokenizer = self.of.tokenizer
            self._followed = version_of(self.of.model)
            self._take(self._waiting)
        return self._own

    def follow(self) -> None:
        """Move a step towards the policy."""
        own = self.scorer
        if own is self.of or own.model is None:
            return
        version = version_of(self.of.model)
        if version == self._followed:
            return
        self._followed = version
        slow = dict(own.model.named_parameters())
        with torch.no_grad():
            for name, fast in self.of.model.named_parameters():
                if fast.requires_grad:
                    slow[name].lerp_(fast.to(slow[name]), 1 - self.decay)
        own.changed()

    def state_dict(self) -> State:
        """Averaged weights by name; in float32 where NumPy has no such type."""
        if self._own.model is None:
            return dict(self._waiting)
        return {
            name: (p.float() if p.dtype == torch.bfloat16 else p).detach().cpu().numpy().copy()
            for name, p in self._own.model.named_parameters()
            if p.requires_grad
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over what `state_dict` gave, at once or when there is a policy."""
        self._waiting = dict(state)
        if self._own.model is not None:
            self._take(self._waiting)

    def _take(self, state: Mapping[str, Any]) -> None:
        weights = dict(self._own.model.named_parameters())
        for name, value in state.items():
            if name not in weights or tuple(weights[name].shape) != np.shape(value):
                raise ConfigError(
                    f"The state of {self.who} holds averaged weights of another model ({name!r} "
                    "does not fit). Bind the policy that it was saved with, or begin anew."
                )
            with torch.no_grad():
                weights[name].copy_(torch.as_tensor(np.asarray(value)))
        self._waiting = {}
        self._own.changed()
