from __future__ import annotations

import copy
import pickle
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import rewardsmith
from rewardsmith.envs.text.search.documents import Document, Task, World, draw
from rewardsmith.envs.text.search.index import Index
from rewardsmith.envs.text.search.search_env import SearchEnv, f1, make_env, words_of
from rewardsmith.errors import ConfigError

DOCUMENTS = (
    Document("Zoro Band", "Zoro Band is a person. Zoro Band was born in Kaville."),
    Document("Lemosk", "Lemosk is a river. The Lemosk rises near Kaville."),
    Document("Kaville", "Kaville is a town. Kaville lies on the Lemosk."),
    Document("Zoro Dann", "Zoro Dann is a person. Zoro Dann works for Padoco."),
)
TASK = Task(DOCUMENTS, "What is the name of the river of the birthplace of Zoro Band?",
            ("Zoro Band", "Kaville"), "Lemosk")  # fmt: skip


@pytest.fixture
def env() -> SearchEnv:
    """An env whose task is `TASK`."""
    made = make_env(results=1)
    made.reset(options={"task": 0})
    made._goal, made._index = TASK, Index(DOCUMENTS)
    return made


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize(
    "kwargs",
    [{}, {"n_documents": 300, "min_hops": 8, "max_hops": 8, "results": 1}, {"n_documents": 10}],
)
def test_the_expert_always_solves(split: str, kwargs: dict[str, Any]) -> None:
    env = make_env(split=split, **kwargs)
    for task in range(20):
        env.reset(options={"task": task})
        over = False
        while not over:
            _, reward, over, _, info = env.step(env.expert_action())
            env.feature_schema.validate(info["features"])
        assert info["is_success"]
        assert reward == 1.0
        assert info["features"]["searches"] <= info["features"]["hops"]


def test_two_hops_by_hand(env: SearchEnv) -> None:
    text, reward, over, _, info = env.step("Search:  zoro band")
    told = info["features"]
    assert text == "[Zoro Band] Zoro Band is a person. Zoro Band was born in Kaville."
    assert (reward, over, told["hops"]) == (0.0, False, 2)
    assert (told["hops_found"], told["chain_found"], told["gold_seen"]) == (1, 1, False)
    told = env.step("search: kaville")[4]["features"]
    assert (told["hops_found"], told["gold_seen"], told["documents_seen"]) == (2, True, 2)
    assert (told["new_documents"], told["results"], told["searches"]) == (1, 1, 2)
    assert env.step("search: kaville")[4]["features"]["new_documents"] == 0
    assert env.step("answer: the LEMOSK.")[1:3] == (1.0, True)


def test_a_hop_found_out_of_order_leaves_a_gap(env: SearchEnv) -> None:
    told = env.step("search: kaville")[4]["features"]
    assert (told["hops_found"], told["chain_found"], told["gold_seen"]) == (1, 0, True)


def test_a_wrong_answer_ends_with_its_overlap(env: SearchEnv) -> None:
    _, reward, over, _, info = env.step("answer: Lemosk river")
    assert (reward, over, info["is_success"]) == (0.0, True, False)
    assert info["features"]["answer_f1"] == pytest.approx(2 / 3)  # precision 1/2, recall 1


@pytest.mark.parametrize(
    "words",
    [
        *(
            '" OR "',
            "title:kaville",
            "NEAR(a b, 5)",
            "kaville AND",
            "NOT",
            "kav*",
            "(((",
            '"',
            "^x",
        ),
        *("'; DROP TABLE documents; --", "{title text}: x", "a + b", "-kaville", "\u00e9\u00df"),
    ],
)
def test_syntax_of_the_index_is_only_words(env: SearchEnv, words: str) -> None:
    _, reward, over, _, info = env.step(f"search: {words}")
    assert reward == (0.0 if info["features"]["understood"] else -0.01)
    assert not over
    assert env.step("search: kaville")[4]["features"]["results"] == 1  # the table is still there


@pytest.mark.parametrize("line", ["search:", "search: ...", "answer: !", "kaville", "find: x", ":"])
def test_what_is_no_line_costs_and_changes_nothing(env: SearchEnv, line: str) -> None:
    text, reward, over, _, info = env.step(line)
    assert (reward, over, info["features"]["understood"]) == (-0.01, False, False)
    assert "`search: words`" in text
    assert info["features"]["searches"] == 0


def test_a_search_without_hits_says_so(env: SearchEnv) -> None:
    assert env.step("search: xyzzy")[0] == "Nothing found."


def test_the_index_ranks_an_exact_title_first() -> None:
    assert Index(DOCUMENTS).search("Zoro Dann", 4)[0].title == "Zoro Dann"
    assert {d.title for d in Index(DOCUMENTS).search("zoro", 4)} == {"Zoro Band", "Zoro Dann"}


@pytest.mark.parametrize("again", [copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))])
def test_a_copy_goes_on_from_the_same_state(env: SearchEnv, again: Any) -> None:
    env.step("search: zoro band")
    twin = again(env)
    assert twin.step("search: kaville")[0] == env.step("search: kaville")[0]
    env.close()
    assert twin.step("search: zoro")[4]["features"]["searches"] == 3


def test_the_answer_follows_from_the_documents() -> None:
    for seed in range(100):
        task = draw(World(30, 1, 4), np.random.default_rng(seed))
        texts = {d.title: d.text for d in task.documents}
        assert len(texts) == 30
        names = [*task.gold, task.answer]
        assert len(set(names)) == len(names)
        assert all(b in texts[a] for a, b in pairwise(names))
        assert task.gold[0] in task.question
        assert not any(name in task.question for name in names[1:])


def test_words_are_compared_without_case_and_punctuation() -> None:
    assert words_of("  The  Kaville!") == ["kaville"] == words_of("kaville")
    assert words_of("the") == ["the"]
    assert f1("", "x") == 0.0
    assert f1("a b", "a b") == 1.0


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"n_documents": 4, "max_hops": 1}, r"1 hops need 5\.\.1000"),
        ({"n_documents": 9, "max_hops": 3}, r"3 hops need 10\.\.1000"),
        ({"min_hops": 4}, r"Received 4\.\.3"),
        ({"max_hops": 9}, "max_hops <= 8"),
        ({"results": 0}, r"1\.\.10"),
    ],
)
def test_bad_settings_are_refused(kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_env(**kwargs)


def test_potential_telescopes_to_the_hops_at_the_start() -> None:
    env = rewardsmith.make("Search-v0", reward="potential", gamma=1.0)
    env.reset(seed=3)
    total, over = 0.0, False
    while not over:
        _, reward, over, _, _ = env.step(env.unwrapped.expert_action())
        total += reward
    assert total == pytest.approx(2.0)  # 1 for the answer, and -(-1) of the first state
