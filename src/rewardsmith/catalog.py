"""What a family folder says of its environments, light enough to read at import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class EnvEntry:
    """One registered environment.

    Args:
        id: `rewardsmith/Name-v0`.
        family: grid, control, text, gui, robotic, multiagent or fixtures.
        factory: `module:function`, called as `factory(render_mode=None, **kwargs)`; returns
            the bare env without a time limit (a PettingZoo parallel env for multiagent).
        rewards: file name of the named rewards, beside the family's `catalog.py`.
        summary: one line.
        kwargs: passed to the factory; a caller's own keywords override them.
        max_episode_steps: applied by us, inside the reward wrapper; None if the env ends itself.
        extra: the extra that installs what the env needs; None for a plain install.
    """

    id: str
    family: str
    factory: str
    rewards: str
    summary: str
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    max_episode_steps: int | None = None
    extra: str | None = None
