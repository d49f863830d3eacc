"""Environments whose state lies outside Python."""

from __future__ import annotations

from typing import Any, ClassVar

from rewardsmith.errors import ContractError


class Uncopyable:
    """Refuses `copy.deepcopy`, which would give a second handle on the same game."""

    #: why it cannot be copied
    uncopyable: ClassVar[str] = "its state lies outside Python"

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        raise ContractError(
            f"A copy of {type(self).__name__} must continue from the same state, but "
            f"{self.uncopyable}. Make a second env and replay the task and the lines instead."
        )
