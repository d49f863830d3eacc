from __future__ import annotations

import copy
import random
import re
from typing import Any

import pytest
from gymnasium.utils.env_checker import check_env

pytest.importorskip("reasoning_gym")

from rewardsmith.envs.text.reasoning.reasoning_env import ReasoningEnv, make_env
from rewardsmith.errors import ConfigError, UnknownNameError
from rewardsmith.testing import check_env as check_contract


def started(task: int = 0, **kwargs: Any) -> ReasoningEnv:
    env = make_env(**kwargs)
    env.reset(options={"task": task})
    return env


def worked_out(question: str) -> int:
    """The sum in a question of chain_sum, added up by hand."""
    terms = re.findall(r"([+-]?)\s*(\d+)", question.rpartition(":")[2])
    return sum(int(n) * (-1 if sign == "-" else 1) for sign, n in terms)


@pytest.mark.parametrize("task", [0, 1, 12345])
def test_the_right_sum_scores_one_and_ends_the_episode(task: int) -> None:
    env = make_env()
    question, _ = env.reset(options={"task": task})
    text, reward, terminated, truncated, info = env.step(str(worked_out(question)))
    assert (text, reward, terminated, truncated) == ("Correct.", 1.0, True, False)
    assert info["is_success"]
    env.feature_schema.validate(info["features"])


def test_a_wrong_sum_scores_below_one() -> None:
    env = make_env()
    question, _ = env.reset(seed=0)
    _, reward, terminated, _, info = env.step(str(worked_out(question) + 1))
    assert reward < 0.1
    assert terminated
    assert not info["is_success"]


def test_attempts_pay_the_rise_of_the_best_score() -> None:
    env = make_env(attempts=3)
    question, _ = env.reset(seed=0)
    right = worked_out(question)
    text, first, ended, _, info = env.step("no idea")
    assert (ended, info["features"]["attempts_left"]) == (False, 2)
    assert question in text
    _, second, ended, _, info = env.step(f"thinking 1 + 1 <answer> {right} </answer>.")
    assert (first + second, ended) == (pytest.approx(1.0), True)
    assert info["features"]["answer"] == str(right)


def test_train_and_test_questions_differ() -> None:
    texts = {
        split: {make_env(split=split).reset(options={"task": k})[0] for k in range(20)}
        for split in ("train", "test")
    }
    assert not texts["train"] & texts["test"]


def test_a_task_is_the_same_for_ever() -> None:
    assert started(7)._item == started(7)._item
    assert started(7, dataset="acre")._item == started(7, dataset="acre")._item  # keeps a list


@pytest.mark.parametrize(
    "dataset",
    [
        "countdown",
        "mini_sudoku",
        "graph_color",
        "propositional_logic",
        "prime_factorization",
        "quantum_lock",
        "gsm_symbolic",
        "family_relationships",
        "n_queens",
        "word_sorting",
    ],
)
def test_the_expert_is_right(dataset: str) -> None:
    env = started(3, dataset=dataset)
    _, reward, _, _, info = env.step(env.expert_action())
    assert (reward, info["is_success"]) == (1.0, True)


def test_signs_beyond_latin_reach_the_agent() -> None:
    env = started(dataset="quantum_lock")
    assert "\u2192" in env._text
    assert env.observation_space.contains(env._text)


def test_no_expert_where_no_solution_is_kept() -> None:
    with pytest.raises(ConfigError, match="boxnet"):
        started(dataset="boxnet").expert_line()


@pytest.mark.parametrize("answer", ["exit()", "9**9**9**9", "((((", "\u2603", "[" * 500])
@pytest.mark.parametrize("dataset", ["countdown", "spiral_matrix", "mini_sudoku", "word_ladder"])
def test_hostile_answers_score_low_and_harm_nothing(dataset: str, answer: str) -> None:
    _, reward, terminated, _, _ = started(dataset=dataset).step(answer)
    assert reward <= 0.1
    assert terminated


def test_blank_and_overlong_lines_are_no_answers() -> None:
    env = started()
    for line in (" ", "9" * 5000):
        _, reward, terminated, _, info = env.step(line)
        assert (reward, terminated) == (-0.01, False)
        assert info["features"]["attempts_left"] == 1


def test_difficulty_by_config_and_level() -> None:
    easy, _ = make_env(level=0).reset(seed=0)
    hard, _ = make_env(config={"min_terms": 9, "max_terms": 9}).reset(seed=0)
    count = [len(re.findall(r"\d+", q)) for q in (easy, hard)]
    assert count == [2, 9]


def test_bad_settings_say_what_would_do() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'chain_sum'"):
        make_env(dataset="chainsum")
    with pytest.raises(ConfigError, match="Did you mean 'max_terms'"):
        make_env(config={"max_term": 3})
    with pytest.raises(ConfigError, match="no curriculum"):
        make_env(dataset="acre", level=1)


def test_the_global_generator_is_left_alone() -> None:
    random.seed(5)
    expected = random.Random(5).random()
    env = started(dataset="countdown")
    env.step("1")
    assert random.random() == expected


def test_it_keeps_the_contract() -> None:
    check_env(make_env(), skip_render_check=True)
    check_env(make_env(obs="hash"), skip_render_check=True)
    report = check_contract(make_env(attempts=3), episodes=2, steps=3)
    assert report.ok
    twin = copy.deepcopy(env := started(attempts=2))
    assert twin.step("1")[:4] == env.step("1")[:4]
