from __future__ import annotations

import copy
import random
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

pytest.importorskip("textarena")

from rewardsmith.envs.text.arena.arena_env import (
    TextArenaEnv,
    _folder_of,
    _registry,
    game_ids,
    make_env,
)
from rewardsmith.envs.text.arena.experts import EXPERTS
from rewardsmith.envs.text.arena.games import REFUSED, SINGLE, players
from rewardsmith.envs.text.arena.moves import MOVES
from rewardsmith.errors import ConfigError, UnknownNameError
from rewardsmith.testing import check_env as check_contract


def started(game: str, task: int = 0, **kwargs: Any) -> TextArenaEnv:
    env = make_env(game=game, **kwargs)
    env.reset(options={"task": task})
    return env


@pytest.mark.parametrize(
    "game",
    [
        *("GuessTheNumber-v0", "FrozenLake-v0", "FrozenLake-v0-hardcore", "Nim-v0", "PegJump-v0"),
        *("Sudoku-v0-very-easy", "TowerOfHanoi-v0"),
    ],
)
@pytest.mark.parametrize("task", [0, 1, 2])
def test_the_expert_wins(game: str, task: int) -> None:
    env = started(game, task)
    total, done, info = 0.0, False, {}
    for _ in range(20):
        _, reward, done, _, info = env.step(env.expert_action())
        env.feature_schema.validate(info["features"])
        total += reward
        if done:
            break
    assert (total, done, info["is_success"]) == (1.0, True, True)
    assert info["features"]["completion"] == 1.0


def test_the_towers_are_moved_in_the_fewest_steps_from_anywhere() -> None:
    env, turns, done = started("TowerOfHanoi-v0"), 0, False
    env.step("[A B]")  # the wrong way: 7 steps from the start, 7 from here too
    while not done:
        _, _, done, _, _ = env.step(env.expert_line())
        turns += 1
    assert turns == 7


def test_bisection_needs_at_most_five_guesses_of_twenty() -> None:
    for task in range(10):
        env, turns, done = started("GuessTheNumber-v0", task), 0, False
        while not done:
            done, turns = env.step(env.expert_line())[2], turns + 1
        assert turns <= 5


def test_rules_come_first_and_the_board_after() -> None:
    text, _ = make_env(game="TicTacToe-v0").reset(seed=0)
    assert "Tic" in text
    assert "[" in text


@pytest.mark.parametrize("line", ["hello", "[99]", "[]", "9" * 500, "[[[", "\xa9"])
@pytest.mark.parametrize("game", ["TicTacToe-v0", "FrozenLake-v0", "Mastermind-v0", "Sudoku-v0"])
def test_forbidden_moves_cost_and_never_end_the_game(game: str, line: str) -> None:
    env = started(game, invalid_cost=0.25)
    for count in (1, 2, 3):
        text, reward, done, _, info = env.step(line)
        assert (reward, done) == (-0.25, False)
        assert "square brackets" in text
        assert info["features"]["invalid_moves"] == count
    assert info["features"]["game_turns"] == 0


def test_a_taken_cell_is_forbidden() -> None:
    env = started("TicTacToe-v0")
    env.step("[4]")
    assert not env.step("[4]")[4]["features"]["understood"]


@pytest.mark.parametrize("seat", [0, 1])
def test_a_game_for_two_ends_with_a_winner(seat: int) -> None:
    outcomes = set()
    for task in range(8):
        env, done, rng = started("ConnectFour-v0", task, seat=seat), False, random.Random(task)
        assert env.features()["game_turns"] == seat  # the opponent has moved if it is first
        while not done:
            _, reward, done, _, info = env.step(f"[col {rng.randrange(7)}]")
        assert info["features"]["outcome"] in (-1, 0, 1)
        assert info["is_success"] == (info["features"]["outcome"] == 1)
        outcomes.add(reward)
    assert {-1.0, 1.0} <= outcomes


#: a legal first move of task 0, in games for one that take no direction
FIRST = {
    **{"Bandit": "[red]", "Blackjack": "[hit]", "Countdown": "[0 1 +]", "Crosswords": "[3 2 r]"},
    **{"Cryptarithm": "[S 5]", "FifteenPuzzle": "[down]", "GuessTheNumber": "[7]"},
    **{"LightsOut": "[0 0]", "LogicPuzzle": "[pizza charlie X]", "Mastermind": "[1 2 3 4]"},
    **{"Minesweeper": "[0 0]", "PegJump": "[4 1]", "RushHour": "[F-]", "Secretary": "[continue]"},
    **{"Set": "[1, 2, 3]", "Sokoban": "[up]", "Slitherlink": "[h 0 0]", "ThreeCardMonte": "[1]"},
}


def first_game(folder: str) -> str:
    return next(i for i in game_ids() if _folder_of(i) == folder)


@pytest.mark.parametrize("folder", SINGLE)
def test_every_game_for_one_takes_a_legal_move(folder: str) -> None:
    env = started(first_game(folder))
    line = env.expert_line() if folder in EXPERTS else FIRST.get(folder, "[right]")
    told = env.step(line)[4]["features"]
    env.feature_schema.validate(told)
    assert (told["understood"], told["game_turns"]) == (True, 1), told["caption"]
    assert told["caption"].startswith(f"{first_game(folder)}, 1 moves made.")


@pytest.mark.parametrize(
    ("folder", "seat"), [(f, seat) for f in sorted(MOVES) for seat in range(players(f))]
)
def test_every_game_for_more_is_played_from_every_seat(folder: str, seat: int) -> None:
    env, rng = started(first_game(folder), seat=seat), random.Random(0)
    start = before = env.features()["game_turns"]
    for _ in range(60):
        line = rng.choice(MOVES[folder](env._game))
        _, reward, done, _, info = env.step(line)
        env.feature_schema.validate(told := info["features"])
        assert told["understood"] == (told["game_turns"] > before or done)
        before = told["game_turns"]
        if done:
            assert told["outcome"] == reward
            assert told["reason"]
            assert -1 <= reward <= 1
            break
    assert before > start


@pytest.mark.parametrize("game", ["Snake-v0", "Surround-v0"])
def test_a_line_that_is_no_move_kills_no_snake(game: str) -> None:
    env = started(game)
    text, reward, done, _, info = env.step("north")
    assert (reward, done, info["features"]["understood"]) == (-0.01, False, False)
    assert text == "Write [up], [down], [left] or [right]."
    assert env.features()["game_turns"] == 0


def test_a_task_and_its_chance_are_the_same_for_ever() -> None:
    texts = []
    for noise in (1, 2):
        env = started("PigDice-v0", 3)
        random.seed(noise)  # the global generator plays no part
        texts.append([env.step("[roll]")[0] for _ in range(4)])
    assert texts[0] == texts[1]
    assert random.random() == random.Random(2).random()


def test_games_that_cannot_be_played_are_refused_with_the_reason() -> None:
    playable = {*SINGLE, *MOVES}
    assert {make_env(game=i)._folder for i in game_ids()} == playable
    assert not playable & set(REFUSED)
    assert {_folder_of(i) for i in _registry()} == playable | set(REFUSED)  # each has its reason
    with pytest.raises(UnknownNameError, match="Did you mean 'FrozenLake-v0'"):
        make_env(game="FrozenLak-v0")
    for game, why in {
        "Wordle-v0": "word list of NLTK",
        "TwentyQuestions-v0": "paid service",
        "Chess-v0": r"Python 3\.12",
        "Taboo-v0": "understands no clue",
        "Nim-v0-raw": "leave its ending out",
    }.items():
        with pytest.raises(ConfigError, match=why) as caught:
            make_env(game=game)
        assert len(str(caught.value)) < 400
    with pytest.raises(ConfigError, match="seat is one of"):
        make_env(game="TicTacToe-v0", seat=2)
    with pytest.raises(ConfigError, match="settings"):
        started("FrozenLake-v0", settings={"holes": 2})
    with pytest.raises(ConfigError, match="GuessTheNumber"):
        started("TicTacToe-v0").expert_line()


@pytest.mark.parametrize("game", [None, 5, ["FrozenLake-v0"], {}])
def test_a_game_that_is_no_text(game: Any) -> None:
    with pytest.raises(ConfigError, match="game is an id of TextArena"):
        make_env(game=game)


@pytest.mark.parametrize("settings", ["x", [1], [], 3])
def test_settings_that_are_no_mapping(settings: Any) -> None:
    with pytest.raises(ConfigError, match="settings is a mapping of a game's keywords"):
        make_env(game="FrozenLake-v0", settings=settings)


@pytest.mark.parametrize(
    ("game", "settings", "words"),
    [
        ("FrozenLake-v0", {"size": 0}, r"Received \{'size': 0\}: ValueError.*those of its id"),
        ("Mastermind-v0", {"code_length": 50}, "ValueError.*'code_length': 4"),
        ("Battleship-v0", {"grid_size": 1}, "ValueError.*'grid_size': 5"),
        ("Nim-v0", {"piles": "abc"}, "AttributeError"),
        ("FrozenLake-v0", {1: 2}, "keywords must be strings"),
    ],
)
def test_settings_that_a_game_cannot_be_set_up_with(
    game: str, settings: dict[Any, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        started(game, settings=settings)


def test_it_keeps_the_contract() -> None:
    check_env(make_env(), skip_render_check=True)
    assert check_contract(make_env(game="Nim-v0"), episodes=2, steps=5).ok
    twin = copy.deepcopy(env := started("PigDice-v0"))
    assert twin.step("[roll]")[0] == env.step("[roll]")[0]


@pytest.fixture
def paid(pay: Any) -> Any:
    """Pay along lines in a lake without holes."""
    return lambda name, lines: pay(
        "TextArena-v0", name, make_env(game="FrozenLake-v0", settings={"num_holes": 0}), lines
    )


def test_rewards_on_the_way_over_a_lake_of_four_by_four(paid: Any) -> None:
    way = ["[right]"] * 3 + ["[down]"] * 3
    sparse, episode = paid("sparse", way)
    np.testing.assert_allclose(sparse, [0, 0, 0, 0, 0, 1])
    done = episode.next_features["completion"]
    np.testing.assert_allclose(done, np.arange(1, 7) / 6)  # 6 steps lead to the goal
    phi = np.append(np.arange(6) / 6 - 1, 0.0)
    np.testing.assert_allclose(paid("potential", way)[0], sparse + 0.99 * phi[1:] - phi[:-1])
    np.testing.assert_allclose(paid("gated", way)[0], sparse + 0.5 / 6)
    np.testing.assert_allclose(paid("gated", way[:4])[0], 0)
    to_and_fro = ["[right]", "[left]"] * 2
    np.testing.assert_allclose(paid("biased", to_and_fro)[0], [0.5 / 6, 0, 0.5 / 6, 0])
