"""What determines a TextWorld game: one class for each kind that can be generated.

Each is a frozen dataclass with a `seed`, a `key` that names its compiled game in the cache, and
`generate`, which makes the game (not yet compiled) from a seed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any, ClassVar

from rewardsmith.envs.text_space import one_of
from rewardsmith.errors import ConfigError, require

OBJECTIVES = ("brief", "walkthrough")
THEMES = ("house", "basic")
#: rooms that a map of TextWorld's generator may have
MOST_ROOMS = 100


@dataclass(frozen=True)
class GameSettings:
    """What every kind of game has.

    Args:
        seed: of the game's generator, at least 0.
        objective: `brief` names the goal alone, `walkthrough` spells out every command.
    """

    kind: ClassVar[str] = ""
    seed: int = 0
    objective: str = "brief"

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ConfigError(f"A game's seed must be at least 0. Received {self.seed}.")
        one_of("objective", self.objective, OBJECTIVES)
        self._check()

    def key(self, version: str) -> str:
        """A name that changes with every setting and with TextWorld's `version`."""
        text = json.dumps([dataclasses.asdict(self), version], sort_keys=True)
        return f"{self.kind}-" + hashlib.sha256(text.encode()).hexdigest()[:16]

    def generate(self, seed: int) -> tuple[Any, Any]:
        """TextWorld's game and the options that it was made with."""
        options = require("textworld", extra="text").GameOptions()
        options.seeds = seed
        options.grammar.only_last_action = self.objective == "brief"
        return self._make(options), options

    def _check(self) -> None:
        """Raise ConfigError for settings that have no game."""

    def _make(self, options: Any) -> Any:
        raise NotImplementedError


@dataclass(frozen=True)
class CoinSettings(GameSettings):
    """A chain of rooms with a coin at its end (TextWorld's coin collector).

    Args:
        level: 1 to 300; the quest has (level - 1) % 100 + 1 commands, and above level 100 the
            map has dead ends beside the chain of rooms (at most 100 rooms in all).
    """

    kind: ClassVar[str] = "coin"
    level: int = 5

    def _check(self) -> None:
        if not 1 <= self.level <= 300 or self._rooms() > MOST_ROOMS:
            raise ConfigError(
                f"A coin game's level is 1..300 and gives at most {MOST_ROOMS} rooms. "
                f"Received {self.level} ({self._rooms()} rooms). Choose 1..150 or 201..233."
            )

    def _rooms(self) -> int:
        return ((self.level - 1) // 100 + 1) * ((self.level - 1) % 100 + 1)

    def _make(self, options: Any) -> Any:
        coin = require("textworld.challenges.tw_coin_collector.coin_collector", extra="text")
        return coin.make({"level": self.level}, options)


@dataclass(frozen=True)
class TreasureSettings(GameSettings):
    """Two things lie in the rooms: taking the one wins, taking the other loses.

    Args:
        level: 1 to 30 (TextWorld's treasure hunter). 1..10: 5 empty rooms, 1 to 5 commands;
            11..20: 10 rooms with closed doors and containers, 2 to 10 commands; 21..30: 20
            rooms with locks, 3 to 20 commands.
    """

    kind: ClassVar[str] = "treasure"
    level: int = 5

    def _check(self) -> None:
        if not 1 <= self.level <= 30:
            raise ConfigError(f"A treasure game's level is 1..30. Received {self.level}.")

    def _make(self, options: Any) -> Any:
        hunter = require("textworld.challenges.tw_treasure_hunter.treasure_hunter", extra="text")
        return hunter.make({"level": self.level}, options)


@dataclass(frozen=True)
class CookingSettings(GameSettings):
    """Read a recipe, gather and prepare its ingredients, eat the meal (TextWorld's cooking).

    Args:
        recipe: ingredients, 1 to 5; the score counts them and what is done to them.
        take: how many of them must be fetched, 0 to `recipe`; the others are carried.
        go: rooms: 1, 6, 9 or 12.
        opening: whether doors and containers are closed at first.
        cook, cut: whether ingredients must be cooked, cut.
        drop: whether the player can carry only a few things.
        foods: `train` or `test`: which foods and preparations the recipes draw from.
    """

    kind: ClassVar[str] = "cooking"
    recipe: int = 1
    take: int = 1
    go: int = 1
    opening: bool = False
    cook: bool = False
    cut: bool = False
    drop: bool = False
    foods: str = "train"

    def _check(self) -> None:
        one_of("go", self.go, (1, 6, 9, 12))
        one_of("foods", self.foods, ("train", "test"))
        if not (1 <= self.recipe <= 5 and 0 <= self.take <= self.recipe):
            raise ConfigError(
                "A recipe has 1 to 5 ingredients, of which 0 to all must be fetched. "
                f"Received recipe={self.recipe}, take={self.take}."
            )

    def _make(self, options: Any) -> Any:
        cooking = require("textworld.challenges.tw_cooking.cooking", extra="text")
        names = ("recipe", "take", "go", "cook", "cut", "drop")
        settings = {name: getattr(self, name) for name in names}
        more = {"open": self.opening, "split": self.foods, "recipe_seed": 0}
        return cooking.make({**settings, **more}, options)


@dataclass(frozen=True)
class CustomSettings(GameSettings):
    """A game with a random map, random things and a random quest among them.

    Args:
        world_size: rooms, 1 to 100.
        nb_objects: things in the rooms, at least 1; the quest's own are among them.
        quest_length: commands of the quest, at least 1.
        quest_breadth: parts that the quest's last command needs, at least 1 (1: a chain).
        theme: `house` or `basic`, the words that rooms and things are named with.
        adjectives: names such as `red key` instead of `key`.
        blended: descriptions that tell of several things in one sentence.
        ambiguous: objectives that name things by their kind, where the theme knows how.
    """

    kind: ClassVar[str] = "custom"
    world_size: int = 3
    nb_objects: int = 5
    quest_length: int = 3
    quest_breadth: int = 1
    theme: str = "house"
    adjectives: bool = False
    blended: bool = False
    ambiguous: bool = False

    def _check(self) -> None:
        one_of("theme", self.theme, THEMES)
        numbers = (self.world_size, self.nb_objects, self.quest_length, self.quest_breadth)
        if min(numbers) < 1 or self.world_size > MOST_ROOMS:
            raise ConfigError(
                f"world_size is 1..{MOST_ROOMS}; nb_objects, quest_length and quest_breadth are "
                f"at least 1. Received {numbers}."
            )

    def _make(self, options: Any) -> Any:
        options.nb_rooms, options.nb_objects = self.world_size, self.nb_objects
        options.quest_length, options.quest_breadth = self.quest_length, self.quest_breadth
        grammar = options.grammar
        grammar.theme, grammar.include_adj = self.theme, self.adjectives
        grammar.blend_descriptions = self.blended
        grammar.ambiguous_instructions = self.ambiguous
        grammar.allowed_variables_numbering = True  # else many things run out of names
        return require("textworld.generator", extra="text").make_game(options)
