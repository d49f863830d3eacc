"""Pay that comes late, and episodes as records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.stack import RewardStack
from rewardsmith.transition import Floats, Transition, stack


def late_pay(
    rewards: RewardStack, group: Sequence[Sequence[Transition]]
) -> list[dict[str, Floats]]:
    """What terms of episode and group scope pay rollouts of one task: name -> (T_i,)."""
    names = [e.name for e in rewards.entries if e.deferred]
    if not names:
        return [{} for _ in group]
    found = rewards.finish_group([stack(list(rows)) for rows in group], deferred_only=True)
    return [{name: output.terms[name] for name in names} for output in found]


def with_late_pay(episode: Episode, late: Mapping[str, Floats]) -> Episode:
    """The episode with what a group paid, on its turns."""
    turns = []
    for i, turn in enumerate(episode.turns):
        components = {**turn.components, **{n: float(v[i]) for n, v in late.items()}}
        turns.append(replace(turn, components=components, reward=sum(components.values())))
    return replace(episode, turns=tuple(turns))


def recorded(
    rows: Sequence[Transition],
    components: Sequence[Mapping[str, float]],
    *,
    task: int,
    info: Mapping[str, Any],
) -> Episode:
    """Rows and their pay as a record; tokens are the trainer's to know."""
    turns = tuple(
        Turn(
            turn_id=i,
            text=str(row.action[0]),
            start=0,
            stop=0,
            reward=sum(paid.values()),
            components=dict(paid),
            anchor=str(row.obs[0]),
            terminated=bool(row.terminated[0]),
            truncated=bool(row.truncated[0]),
        )
        for i, (row, paid) in enumerate(zip(rows, components, strict=True))
    )
    own = float(sum(row.env_reward[0] for row in rows))
    return Episode(turns, task, bool(info.get("is_success", False)), own)
