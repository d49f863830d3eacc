from __future__ import annotations

import copy
import random
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

pytest.importorskip("textarena")

from rewardsmith.envs.text.arena.arena_env import TextArenaEnv, game_ids, make_env
from rewardsmith.envs.text.arena.games import MOVES, SINGLE
from rewardsmith.errors import ConfigError, UnknownNameError
from rewardsmith.testing import check_env as check_contract


def started(game: str, task: int = 0, **kwargs: Any) -> TextArenaEnv:
    env = make_env(game=game, **kwargs)
    env.reset(options={"task": task})
    return env


@pytest.mark.parametrize("game", ["GuessTheNumber-v0", "FrozenLake-v0", "FrozenLake-v0-hardcore"])
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


@pytest.mark.parametrize("folder", sorted(MOVES))
def test_the_opponent_always_finds_a_move(folder: str) -> None:
    game = next(i for i in game_ids() if make_env(game=i)._folder == folder)
    env, rng, done = started(game), random.Random(0), False
    for _ in range(60):
        done = done or env.step(rng.choice(MOVES[folder]()))[2]
    assert env.features()["game_turns"] > 1


def test_a_task_and_its_chance_are_the_same_for_ever() -> None:
    texts = []
    for noise in (1, 2):
        env = started("PigDice-v0", 3)
        random.seed(noise)  # the global generator plays no part
        texts.append([env.step("[roll]")[0] for _ in range(4)])
    assert texts[0] == texts[1]
    assert random.random() == random.Random(2).random()


def test_games_that_cannot_be_played_are_refused_with_the_reason() -> None:
    assert {make_env(game=i)._folder for i in game_ids()} == {*SINGLE, *MOVES}
    with pytest.raises(UnknownNameError, match="Did you mean 'FrozenLake-v0'"):
        make_env(game="FrozenLak-v0")
    with pytest.raises(ConfigError, match="from the net"):
        make_env(game="Wordle-v0")
    with pytest.raises(ConfigError, match="settings"):
        started("FrozenLake-v0", settings={"holes": 2})
    with pytest.raises(ConfigError, match="GuessTheNumber"):
        started("TicTacToe-v0").expert_line()


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
