"""Actions: what the learner did, as rows of numbers."""

from __future__ import annotations

from typing import Any

from gymnasium import spaces

from rewardsmith.errors import BindingError, ContractError
from rewardsmith.rewards.intrinsic.encoders.base import Rows
from rewardsmith.rewards.intrinsic.encoders.choose import of_space
from rewardsmith.term import Binding

#: spaces whose actions come as one array
_READ = (spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary, spaces.Box, spaces.Text)


class Actions:
    """Classes as ones and zeros, numbers as they are.

    Args:
        binding: the place.
        who: the term's formula, for errors.

    Raises:
        BindingError: the place does not tell its action space, or nothing fits it.
    """

    def __init__(self, binding: Binding, who: str) -> None:
        if binding.action_space is None:
            raise BindingError(
                f"{who} learns from actions, and the place ({binding.place}) does not "
                "tell their space, or has several. Take a term that reads states alone, as rnd."
            )
        if not isinstance(binding.action_space, _READ):
            raise BindingError(
                f"{who} learns from actions of a Discrete, MultiDiscrete, MultiBinary, Box or Text "
                f"space. Received {binding.action_space}; let a wrapper of the env take actions of "
                "one of these, or take a term that reads states alone, as rnd."
            )
        self._who, self._encoder = who, of_space(binding.action_space, "flat")
        self.size = self._encoder.size

    def __call__(self, actions: Any) -> Rows:
        """Float32 rows of shape (N, size).

        Raises:
            ContractError: they are no actions of the space.
        """
        try:
            return self._encoder(actions)
        except ContractError as error:
            raise ContractError(
                f"{self._who} reads actions: {error} Let the env's action_space declare the "
                "actions that it takes."
            ) from None
