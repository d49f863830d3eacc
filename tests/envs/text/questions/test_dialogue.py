from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np
import pytest

import rewardsmith
from rewardsmith.envs.text.questions import clarification, twenty
from rewardsmith.envs.text.questions.dialogue import Dialogue
from rewardsmith.envs.text.questions.things import Size, Things, draw
from rewardsmith.errors import ConfigError

CUPS = Things(
    ("color", "size"),
    ("cup", "jar", "mug", "pot"),
    (("red", "tiny"), ("red", "huge"), ("blue", "tiny"), ("blue", "huge")),
)


def begun(env: Dialogue, truth: int = 0) -> Dialogue:
    """The env at task 0, with `CUPS` in place of what it draws."""
    env.reset(options={"task": 0})
    env._things, env._truth, env._p = CUPS, truth, np.full(4, 0.25)
    env._may_ask = env._ask()
    return env


@pytest.mark.parametrize("make", [twenty.make_env, clarification.make_env])
@pytest.mark.parametrize("split", ["train", "test"])
def test_the_expert_always_solves(make: Any, split: str) -> None:
    for kwargs in ({}, {"n_things": 40, "n_slots": 3, "n_values": 4}):
        env = make(split=split, **kwargs)
        for task in range(25):
            env.reset(options={"task": task})
            over = False
            while not over:
                _, _, over, _, info = env.step(env.expert_action())
                env.feature_schema.validate(info["features"])
            assert info["is_success"]
            assert info["features"]["entropy_bits"] == 0.0


def test_the_expert_is_right_in_spite_of_noise() -> None:
    env, won, told = twenty.make_env(noise=0.2, n_things=8), 0, 0
    for task in range(100):
        env.reset(options={"task": task})
        over = False
        while not over:
            _, _, over, _, info = env.step(env.expert_action())
        won += info["is_success"]
        told += info["features"]["questions"]
    assert won >= 98  # it guesses at 99.9 %
    assert told > 500  # 3 bits at 1 - H(0.2) = 0.28 bits a question, at the very best


def test_noise_is_as_frequent_as_it_is_said_to_be() -> None:
    env = begun(twenty.make_env(noise=0.2))
    heard = [env.step("ask: color = red")[0] for _ in range(2000)]
    assert heard.count("No.") == pytest.approx(400, abs=4 * math.sqrt(2000 * 0.2 * 0.8))


def test_one_clear_question_by_hand() -> None:
    env = begun(twenty.make_env())
    text, reward, over, _, info = env.step("ASK:color=Red")
    told = info["features"]
    assert (text, reward, over) == ("Yes.", 0.0, False)
    assert (told["entropy_bits"], told["most_bits"]) == (1.0, 2.0)
    assert (told["truth_probability"], told["candidates"]) == (0.5, 2)
    assert told["expected_gain"] == told["best_gain"] == told["information_gain"] == 1.0
    again = env.step("ask: color = red")[4]["features"]
    assert (again["expected_gain"], again["best_gain"]) == (0.0, 1.0)


def test_one_noisy_answer_by_hand() -> None:
    env = begun(twenty.make_env(noise=0.25), truth=0)
    reply = env.step("ask: color = red")[0]
    red = 0.375 if reply == "Yes." else 0.125  # 0.25 * 0.75 / 0.5, 0.25 * 0.25 / 0.5
    assert env._p == pytest.approx([red, red, 0.5 - red, 0.5 - red])
    assert env.features()["candidates"] == 4


def test_an_open_question_by_hand() -> None:
    env = begun(clarification.make_env(question_cost=0.125), truth=2)
    text, reward, *_, info = env.step("ask: color")
    assert (text, reward) == ("Blue.", -0.125)
    assert info["features"]["entropy_bits"] == 1.0
    assert env.step("guess: mug")[1:3] == (1.0, True)


def test_a_request_may_leave_one_thing_or_many() -> None:
    env, bits = clarification.make_env(n_given=4), set()
    for task in range(60):
        text, info = env.reset(options={"task": task})
        assert text.startswith("Bring me one of these")
        bits.add(info["features"]["entropy_bits"])
    assert 0.0 in bits
    assert 4.0 in bits  # log2(16): nothing was said


@pytest.mark.parametrize("line", ["ask", "ask: taste = sweet", "guess: anything", "guess:", "cup"])
def test_what_is_no_line_costs_and_changes_nothing(line: str) -> None:
    env = begun(twenty.make_env())
    before = env._p.copy()
    text, reward, over, _, info = env.step(line)
    assert (reward, over, info["features"]["understood"]) == (-0.01, False, False)
    assert "ask: color = red" in text
    assert (env._p == before).all()


def test_a_wrong_guess_ends_without_success() -> None:
    text, reward, over, _, info = begun(twenty.make_env()).step("guess: pot")
    assert (text, reward, over) == ("Wrong: it is the cup.", 0.0, True)
    assert (info["is_success"], info["features"]["guess"]) == (False, "pot")


def test_every_admissible_command_is_understood() -> None:
    env = twenty.make_env(actions="index", obs="hash")
    _, info = env.reset(seed=1)
    for index, line in enumerate(info["admissible_commands"]):
        env.reset(seed=1)
        assert env.step(index)[4]["features"]["understood"], line


def test_copies_hear_the_same_answers() -> None:
    env = twenty.make_env(noise=0.4)
    env.reset(seed=0)
    twin, line = copy.deepcopy(env), env.expert_line()
    assert [env.step(line)[0] for _ in range(30)] == [twin.step(line)[0] for _ in range(30)]


def test_things_are_distinct() -> None:
    things = draw(Size(27, 3, 3), np.random.default_rng(0))
    assert len(set(things.values)) == len(set(things.names)) == 27


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"n_things": 17, "n_slots": 2, "n_values": 4}, "No two things may be alike"),
        ({"n_things": 1}, r"2\.\.48 things"),
        ({"n_slots": 7}, r"1\.\.6 slots"),
        ({"noise": 0.5}, "noise is a probability"),
        ({"question_cost": -1}, "question_cost"),
    ],
)
def test_bad_settings_are_refused(kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        twenty.make_env(**kwargs)


def test_more_given_than_there_is_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"n_given is one of 0\.\.4"):
        clarification.make_env(n_given=5)


def test_potential_telescopes_to_the_bits_at_the_start() -> None:
    env = rewardsmith.make("TwentyQuestions-v0", reward="potential", gamma=1.0)
    env.reset(seed=3)
    total, over = 0.0, False
    while not over:
        _, reward, over, _, _ = env.step(env.unwrapped.expert_action())
        total += reward
    assert total == pytest.approx(2.0)  # 1 for the guess, and -(-1) of the first state
