from __future__ import annotations

import copy
from typing import Any

import pytest

import rewardsmith
from rewardsmith.envs.text.calculation.calculation_env import CalculationEnv, log_distance, make_env
from rewardsmith.errors import ConfigError

EASY = {"operators": "+-", "high": 9, "max_length": 3, "max_depth": 2}


def begun() -> CalculationEnv:
    """An env that asks `1 + 2 - 3`, among all sums of three numbers from 1 to 3."""
    small = {"operators": "+-", "low": 1, "high": 3, "min_length": 3, "max_length": 3}
    for task in range(4000):
        env = make_env(split=("train", "test")[task % 2], max_depth=2, **small)
        env.reset(options={"task": task // 2})
        if env.features()["expression"] == "1 + 2 - 3":
            return env
    raise AssertionError("no task asks it")


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("kwargs", [{}, EASY, {"operators": "/-", "whole": False, "low": -9}])
def test_the_expert_always_solves(split: str, kwargs: dict[str, Any]) -> None:
    env = make_env(split=split, **kwargs)
    for task in range(40):
        env.reset(options={"task": task})
        needed, total, over = env.features()["steps_needed"], 0.0, False
        while not over:
            _, reward, over, _, info = env.step(env.expert_action())
            env.feature_schema.validate(info["features"])
            total += reward
        assert info["is_success"]
        assert total == 1.0
        assert info["features"]["turns"] == needed + 1
        assert info["features"]["steps_wrong"] == 0


def test_long_and_deep_expressions_are_solved_too() -> None:
    env = make_env(operators="*", low=90, high=99, min_length=200, max_length=200, max_depth=200)
    env.reset(options={"task": 0})
    assert env.features()["digits"] > 390  # 90^200 has 391 digits
    for _ in range(199):
        env.step(env.expert_action())
    assert env.step(env.expert_action())[1] == 1.0


def test_a_correct_step_shrinks_the_expression() -> None:
    env = begun()
    text, reward, over, _, info = env.step("step: 1+2 = 3")
    assert (text, reward, over) == ("Right. Left: 3 - 3", 0.0, False)
    assert info["features"]["steps_correct"] == info["features"]["steps_left"] == 1
    assert env.step("answer: 0")[1:3] == (1.0, True)


@pytest.mark.parametrize("line", ["STEP: 2 + 1 = 3", " step : 1 + 2=3.0", "step:(1)+(4/2)=6/2"])
def test_steps_may_be_written_in_several_ways(line: str) -> None:
    env = begun()
    assert env.step(line)[4]["features"]["steps_correct"] == 1


@pytest.mark.parametrize(
    ("line", "said"), [("step: 1+2=4", "1 + 2 is not 4."), ("step: 2-3=-1", "2 - 3 does not stand")]
)
def test_a_false_step_is_told_and_counted(line: str, said: str) -> None:
    env = begun()
    text, reward, over, _, info = env.step(line)
    assert text.startswith(said)
    assert (reward, over, info["features"]["understood"]) == (0.0, False, True)
    assert info["features"]["steps_wrong"] == 1
    assert info["features"]["steps_left"] == 2


@pytest.mark.parametrize(
    "line",
    [
        "answer:",
        "answer: ten",
        "answer: 1/0",
        "answer: 1e9",
        "answer: __import__('os')",
        "step:",
        "step: 1+2",
        "step: 1+2=3=3",
        "step: 1/0 = x",
        "9",
        "answer: 0x10",
        "step: 2**3 = 8",
    ],
)
def test_what_is_no_line_costs_and_changes_nothing(line: str) -> None:
    env = begun()
    text, reward, over, _, info = env.step(line)
    assert (reward, over) == (-0.01, False)
    assert "answer: 40" in text
    assert not info["features"]["understood"]
    assert info["features"]["remaining"] == "1 + 2 - 3"


@pytest.mark.parametrize("answer", ["0", "-0", " 0.00", "(0)", "0/7"])
def test_an_answer_is_compared_exactly(answer: str) -> None:
    assert begun().step(f"answer: {answer}")[1] == 1.0


def test_a_wrong_answer_ends_with_its_distance() -> None:
    env = begun()
    _, reward, over, _, info = env.step("answer: 99")
    assert (reward, over, info["is_success"]) == (0.0, True, False)
    assert info["features"]["distance"] == pytest.approx(2.0)  # log10(1 + 99)
    assert info["features"]["answer"] == "99"


def test_distance_of_huge_numbers_is_finite() -> None:
    from fractions import Fraction

    assert log_distance(Fraction(10**4000), Fraction(0)) == pytest.approx(4000)
    assert log_distance(Fraction(1, 3), Fraction(1, 3)) == 0.0


def test_a_copy_goes_on_from_the_same_state() -> None:
    env = begun()
    twin = copy.deepcopy(env)
    env.step("step: 1 + 2 = 3")
    assert twin.features()["remaining"] == "1 + 2 - 3"
    assert twin.step("step: 1 + 2 = 3")[0] == "Right. Left: 3 - 3"


def test_index_actions_are_refused() -> None:
    with pytest.raises(ConfigError, match="takes free text"):
        make_env(actions="index")


def test_potential_telescopes_to_the_way_still_to_go() -> None:
    env = rewardsmith.make("Calculation-Easy-v0", reward="potential", gamma=1.0)
    env.reset(seed=3)
    shaped, over = 0.0, False
    while not over:
        _, reward, over, _, _ = env.step(env.unwrapped.expert_action())
        shaped += reward
    assert shaped == pytest.approx(1.0 + 1.0)  # 1 for the answer, and -(-1) of the first state


def test_what_easy_test_tasks_need_is_seen_in_training() -> None:
    """A small model has no other way to know a sum than to have met it in another expression."""

    def steps(split: str, count: int) -> list[str]:
        env, lines = make_env(split=split, **EASY), []
        for task in range(count):
            env.reset(options={"task": task})
            while (line := env.expert_line()).startswith("step"):
                lines.append(line)
                env.step(line)
        return lines

    seen, needed = set(steps("train", 3000)), steps("test", 300)
    assert sum(line in seen for line in needed) / len(needed) > 0.9
