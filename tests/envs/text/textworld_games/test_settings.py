from __future__ import annotations

import pytest

from rewardsmith.envs.text.textworld_games.settings import (
    CoinSettings,
    CookingSettings,
    CustomSettings,
    GameSettings,
    TreasureSettings,
)
from rewardsmith.errors import ConfigError


def test_key_depends_on_every_setting_and_the_version() -> None:
    settings: list[GameSettings] = [
        CoinSettings(),
        CoinSettings(level=6),
        CoinSettings(seed=1),
        CoinSettings(objective="walkthrough"),
        TreasureSettings(),
        CookingSettings(),
        CookingSettings(foods="test"),
        CustomSettings(),
        CustomSettings(theme="basic"),
    ]
    keys = {s.key("1.7.0") for s in settings} | {CoinSettings().key("1.8.0")}
    assert len(keys) == 10


@pytest.mark.parametrize("level", [0, 301, 200, 300])
def test_coin_levels_that_have_no_game_are_refused(level: int) -> None:
    with pytest.raises(ConfigError, match=f"Received {level}"):
        CoinSettings(level=level)


@pytest.mark.parametrize("level", [0, 31])
def test_treasure_levels_that_have_no_game_are_refused(level: int) -> None:
    with pytest.raises(ConfigError, match=f"Received {level}"):
        TreasureSettings(level=level)


@pytest.mark.parametrize(
    "bad", [{"go": 2}, {"recipe": 6}, {"recipe": 1, "take": 2}, {"foods": "x"}]
)
def test_recipes_that_have_no_game_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="Received"):
        CookingSettings(**bad)


BAD = [
    {"world_size": 0},
    {"world_size": 101},
    {"quest_length": 0},
    {"theme": "space"},
    {"seed": -1},
]


@pytest.mark.parametrize("bad", BAD)
def test_worlds_that_cannot_be_made_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="Received"):
        CustomSettings(**bad)


def test_themes_and_options_reach_the_generator() -> None:
    pytest.importorskip("textworld")
    wanted = CustomSettings(world_size=4, nb_objects=9, quest_length=2, theme="basic", blended=True)
    game, options = wanted.generate(3)
    assert len(game.world.rooms) == 4
    assert len([e for e in game.world.entities if e.type not in "rdIP"]) >= 9
    assert len(game.quests[0].win_events[0].actions) == 2
    assert (options.grammar.theme, options.grammar.blend_descriptions) == ("basic", True)


def _ingredients(foods: str) -> set[str]:
    # Only with `drop` is no game compiled on the way.
    game, _ = CookingSettings(foods=foods, recipe=2, take=2, drop=True).generate(1)
    return {name for name, *_ in game.metadata["ingredients"]}


def test_test_recipes_have_foods_that_training_recipes_have_not() -> None:
    cooking = pytest.importorskip("textworld.challenges.tw_cooking.cooking")
    names = {foods: _ingredients(foods) for foods in ("train", "test")}
    assert names["train"] <= set(cooking.FOODS_SPLITS["train"])
    assert names["test"] - set(cooking.FOODS_SPLITS["train"])
