"""The registered environments of this folder; imports nothing heavy."""

from __future__ import annotations

from typing import Any

from rewardsmith.catalog import EnvEntry

_MODULE = "rewardsmith.envs.text.textworld_games.textworld_env"


def _entry(name: str, make: str, rewards: str, limit: int, summary: str, **kwargs: Any) -> EnvEntry:
    return EnvEntry(
        id=f"rewardsmith/TextWorld-{name}-v0",
        family="text",
        factory=f"{_MODULE}:{make}",
        kwargs=kwargs,
        rewards=f"textworld_games/{rewards}.yaml",
        max_episode_steps=limit,
        summary=summary,
        extra="text",
    )


ENVS: tuple[EnvEntry, ...] = (
    _entry(
        *("Coin", "make_env", "coin", 50),
        "Walk through a chain of rooms and take the coin (TextWorld coin collector)",
        level=5,
    ),
    _entry(
        *("Coin-Easy", "make_env", "coin", 20),
        "The coin lies two rooms away: three commands win (TextWorld coin collector, level 3)",
        level=3,
    ),
    _entry(
        *("Treasure", "make_treasure", "quest", 50),
        "Find and take one thing, and not the other (TextWorld treasure hunter, level 13)",
        level=13,
        max_commands=32,
    ),
    _entry(
        *("Cooking", "make_cooking", "cooking", 80),
        "Fetch, cook and cut the ingredients of a recipe, in six rooms (TextWorld cooking)",
        recipe=2,
        take=2,
        go=6,
        opening=True,
        cook=True,
        cut=True,
        max_commands=96,
    ),
    _entry(
        *("Cooking-Easy", "make_cooking", "cooking", 20),
        "Take one ingredient, prepare the meal, eat it: three commands win (TextWorld cooking)",
        max_commands=48,
    ),
    _entry(
        *("Custom", "make_custom", "quest", 50),
        "A random quest of five commands in five rooms (TextWorld)",
        world_size=5,
        nb_objects=10,
        quest_length=5,
        max_commands=32,
    ),
)
