"""Episodes of an environment's scripted expert, as texts and as tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewardsmith.agents.llm.dialogue import Dialogue, Ids
from rewardsmith.errors import ConfigError, RewardsmithError
from rewardsmith.wrappers import building

_LONGEST = 200


@dataclass(frozen=True)
class Played:
    """An expert's episode: what was read before each line, the lines, and whether it succeeded."""

    observations: tuple[str, ...]
    lines: tuple[str, ...]
    success: bool


def instructions_of(env_id: str, env_kwargs: Mapping[str, Any]) -> str:
    """What an agent of the environment is told once."""
    env = building.make_bare(env_id, dict(env_kwargs))
    try:
        found = env.has_wrapper_attr("instructions")
        return str(env.get_wrapper_attr("instructions")) if found else ""
    finally:
        env.close()


def expert_episodes(
    env_id: str,
    count: int,
    env_kwargs: Mapping[str, Any],
    *,
    first_seed: int = 0,
    slips: float = 0.0,
) -> Iterator[Played]:
    """`count` episodes of the expert, on the tasks of seeds `first_seed`, + 1, + 2, ...

    Args:
        env_id, env_kwargs: the environment.
        count: of episodes.
        first_seed: of the first task.
        slips: chance, in [0, 1], that a turn takes any admissible command in place of the
            expert's; the expert goes on from where that leads.

    Raises:
        ConfigError: the environment has no expert.
    """
    env = building.make_bare(env_id, dict(env_kwargs))
    try:
        if not env.has_wrapper_attr("expert_line"):
            raise ConfigError(
                f"A warm-up needs a scripted expert (a method expert_line). {env_id} has none; "
                "use a model that can follow instructions, such as --model smollm2."
            )
        for seed in range(first_seed, first_seed + count):
            yield _play(env, seed, slips)
    finally:
        env.close()


def _play(env: Any, seed: int, slips: float) -> Played:
    dice = np.random.default_rng(seed)
    observation, info = env.reset(seed=seed)
    observations, lines = [], []
    for _ in range(_LONGEST):
        line = str(env.get_wrapper_attr("expert_line")())
        others = info.get("admissible_commands") or [line]
        if dice.random() < slips:
            line = str(others[dice.integers(len(others))])
        observations.append(str(observation))
        lines.append(line)
        observation, _, terminated, truncated, info = env.step(line)
        if terminated or truncated:
            break
    return Played(tuple(observations), tuple(lines), bool(info.get("is_success", False)))


def as_tokens(played: Played, dialogue: Dialogue, max_tokens: int) -> tuple[Ids, list[int]]:
    """Tokens of an episode and a mask that is 1 on the expert's; cut after a whole line.

    Raises:
        RewardsmithError: not even the first line fits.
    """
    ids = dialogue.opening(played.observations[0])
    mask = [0] * len(ids)
    for i, line in enumerate(played.lines):
        before = dialogue.reply(played.observations[i]) if i else []
        said = dialogue.spoken(line)
        if len(ids) + len(before) + len(said) > max_tokens:
            break
        ids, mask = ids + before + said, mask + [0] * len(before) + [1] * len(said)
    if not any(mask):
        raise RewardsmithError(
            f"An episode's first line must fit into {max_tokens} tokens. Raise max_tokens."
        )
    return ids, mask
