from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from rewardsmith.envs.text.sql.domains import DOMAINS, SPLIT_DOMAINS
from rewardsmith.envs.text.sql.questions import LEVELS
from rewardsmith.envs.text.sql.sql_env import EasyTextToSQL, TextToSQL
from rewardsmith.envs.text.sql.tasks import draw
from rewardsmith.errors import ConfigError
from rewardsmith.testing import check_env


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("easy", [False, True])
def test_the_expert_answers_every_question(split: str, easy: bool) -> None:
    env = (EasyTextToSQL if easy else TextToSQL)(split=split)
    for task in range(25):
        text, info = env.reset(options={"task": task})
        assert "CREATE TABLE" in text
        assert env.observation_space.contains(text)
        _, paid, done, _, info = env.step(env.expert_line())
        assert (paid, done, info["is_success"]) == (0.0, False, False)
        _, paid, done, _, info = env.step(env.expert_line())
        assert (paid, done, info["is_success"]) == (1.0, True, True)
        features = info["features"]
        env.feature_schema.validate(features)
        signals = ("schema_linking", "ngram_similarity", "result_overlap", "execution_match")
        assert [features[name] for name in signals] == [1.0, 1.0, 1.0, True]


def test_a_wrong_answer_ends_it_and_pays_nothing() -> None:
    env = TextToSQL()
    env.reset(options={"task": 0})
    text, paid, done, _, info = env.step("answer: SELECT 1")
    assert (paid, done, info["is_success"]) == (0.0, True, False)
    assert "not what was asked" in text
    features = info["features"]
    assert features["syntax_valid"]
    assert not features["execution_match"]
    assert features["schema_linking"] == 0.0


@pytest.mark.parametrize(
    ("line", "said", "cost"),
    [
        ("DROP TABLE doctors", "Error: only reading is allowed", 0.01),
        ("PRAGMA writable_schema = 1", "Error: only reading is allowed", 0.01),
        ("what now", "Write a query", 0.01),
        ("answer:", "The answer is empty", 0.01),
        ("", "You said nothing", 0.01),
        ("SELECT " + "x" * 1200, "at most 1000", 0.01),
        ("SELECT absent", "Error: no such column: absent", 0.0),
        ("SELEC 1", "Write a query", 0.01),
        (
            "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT SUM(x) FROM c",
            "Error: the query takes more than",
            0.0,
        ),
    ],
)
def test_bad_lines_get_an_answer(line: str, said: str, cost: float) -> None:
    env = TextToSQL()
    env.reset(options={"task": 0})
    text, paid, done, _, info = env.step(line)
    assert said in text
    assert (paid, done) == (-cost, False)
    env.feature_schema.validate(info["features"])
    assert env.step(f"answer: {info['features']['gold']}")[1] == 1.0  # nothing has changed


def test_results_are_cut() -> None:
    env = TextToSQL()
    env.reset(options={"task": 0})
    text = env.step("SELECT p.name, q.name FROM patients AS p, patients AS q")[0]
    rows = len(env._job.databases[0].rows["patients"])
    assert text.splitlines()[-1] == f"... and {rows**2 - 10} more rows"
    assert env.step("SELECT name FROM patients WHERE 0")[0] == "name\n(no rows)"
    assert env.step("SELECT NULL, '" + "a" * 50 + "' AS x")[0].endswith(
        "NULL | " + "a" * 27 + "..."
    )


def test_train_and_test_share_no_table_and_tasks_stay_the_same() -> None:
    seen = [{t.name for d in SPLIT_DOMAINS[s] for t in DOMAINS[d]} for s in ("train", "test")]
    assert not seen[0] & seen[1]
    assert TextToSQL().reset(options={"task": 5})[0] == TextToSQL().reset(options={"task": 5})[0]
    first, second = draw(8, "train", LEVELS), draw(8, "train", LEVELS)
    assert first.question == second.question
    assert first.gold == second.gold


def test_copies_go_on_alone() -> None:
    env = TextToSQL()
    env.reset(options={"task": 0})
    env.step("SELECT 1")
    for other in (copy.deepcopy(env), pickle.loads(pickle.dumps(env))):
        other.step("SELECT 2")
        assert other.features()["sql"] == "SELECT 2"
        assert env.features()["sql"] == "SELECT 1"


def test_the_easy_one_lists_four_queries_of_which_one_is_right() -> None:
    env = EasyTextToSQL(actions="index", obs="hash")
    for task in range(10):
        env.reset(options={"task": task})
        answers = [line for line in env.admissible_commands if line.startswith("answer: ")]
        assert len(env.admissible_commands) == 8
        right = [env._job.solved_by(line.removeprefix("answer: ")) for line in answers]
        assert right.count(True) == 1
    env.step(env.expert_action())
    assert env.step(env.expert_action())[1] == 1.0


@pytest.mark.parametrize("levels", [(), ("select", "joyn")])
def test_levels_are_checked(levels: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="levels"):
        TextToSQL(levels=levels)


@pytest.mark.parametrize("build", [TextToSQL, EasyTextToSQL])
def test_it_keeps_the_contract(build: Any) -> None:
    assert not check_env(build(), episodes=2, steps=5).failed


GOLD = "SELECT COUNT(*) FROM products"
# Of SELECT name FROM products: linking {products} of {products, products.name} is 1/2; bigrams
# select-name name-from from-products against select-count count-( (-* *-) )-from from-products:
# 1 of 8; no value in common, and it compiles.
NEAR = "SELECT name FROM products"


@pytest.mark.parametrize(
    ("name", "lines", "expected"),
    [
        ("sparse", [GOLD, f"answer: {GOLD}"], [0, 1]),
        ("partial", [GOLD, f"answer: {GOLD}"], [0, 1.4]),
        ("partial", [f"answer: {NEAR}"], [0.1 * (1 + 1 / 2 + 1 / 8)]),
        ("potential", [NEAR, f"answer: {GOLD}"], [1 - 0.99 * (1 - 1.625 / 4), 1 - 1.625 / 4 + 1]),
        ("gated", [NEAR, f"answer: {GOLD}"], [0.5 * 0.625 / 3, 1 + 0.5 * (3 - 0.625) / 3]),
        ("gated", [GOLD, f"answer: {NEAR}"], [0, 0]),
        ("biased", [GOLD, "SELECT 1", GOLD], [0.5, 0, 0.5]),
    ],
)
def test_rewards_by_hand(pay: Any, name: str, lines: list[str], expected: list[float]) -> None:
    env = TextToSQL(levels=("select",))
    total, episode = pay("TextToSQL-v0", name, env, lines, options={"task": 14})
    assert episode.features["gold"][0] == GOLD
    if name == "biased":  # SELECT 1 has a little in common, so that less is earned again
        assert total[0] == pytest.approx(expected[0])
        assert total[1] == 0
        assert 0.3 < total[2] <= 0.5
    else:
        assert total == pytest.approx(expected)
