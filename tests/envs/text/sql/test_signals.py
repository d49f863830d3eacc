from __future__ import annotations

import pytest

from rewardsmith.envs.text.sql.database import Database, Result
from rewardsmith.envs.text.sql.questions import LEVELS
from rewardsmith.envs.text.sql.signals import (
    ngram_similarity,
    result_overlap,
    same_result,
    schema_linking,
    tokens,
)
from rewardsmith.envs.text.sql.tasks import draw


def rows(*values: tuple[object, ...], items: tuple[str, ...] = ()) -> Result:
    return Result(("x",), values, items=frozenset(items))  # type: ignore[arg-type]


def test_bigrams_by_hand() -> None:
    # select-a a-from from-t | select-b b-from from-t: one of five in common.
    assert ngram_similarity("select a from t", "SELECT b FROM t;") == pytest.approx(1 / 5)
    assert ngram_similarity("SELECT 'A'", "select 'a'") == 0.0
    assert ngram_similarity("x", "select a") == 0.0
    assert tokens("a>=1.5 and \"B\"='it''s'") == ["a", ">=", "1.5", "and", '"b"', "=", "'it''s'"]


def test_schema_linking_by_hand() -> None:
    gold = rows(items=("t", "t.a", "t.b"))
    assert schema_linking(rows(items=("t", "t.a", "u")), gold) == pytest.approx(2 / 4)
    assert schema_linking(gold, gold) == 1.0
    assert schema_linking(Result(problem="syntax", items=gold.items), gold) == 0.0


def test_rows_are_a_multiset_unless_ordered() -> None:
    one, two = rows((1, "a"), (2, "b"), (2, "b")), rows((2, "b"), (1, "a"), (2, "b"))
    assert same_result(one, two, ordered=False)
    assert not same_result(one, two, ordered=True)
    assert not same_result(one, rows((1, "a"), (2, "b")), ordered=False)
    assert not same_result(rows(("a", 1)), rows((1, "a")), ordered=False)
    assert same_result(rows((1 / 3,)), rows((0.33333334,)), ordered=True)
    assert not same_result(Result(problem="limit"), Result(), ordered=False)


def test_overlap_by_hand() -> None:
    # values 1 a 2 b 2 b against 1 a 2 c: minima 1+1+1 = 3, maxima 1+1+2+2+1 = 7
    found = result_overlap(rows((1, "a"), (2, "b"), (2, "b")), rows((1, "a"), (2, "c")))
    assert found == pytest.approx(3 / 7)
    assert result_overlap(Result(problem="syntax"), rows((1,))) == 0.0
    assert result_overlap(Result(), Result()) == 1.0


@pytest.mark.parametrize("level", LEVELS)
def test_gold_answers_and_guesses_do_not(level: str) -> None:
    for seed in range(12):
        task = draw(seed, "train", (level,))
        assert task.question.level == level
        assert task.solved_by(task.question.sql)
        assert task.gold[0].rows
        assert not task.solved_by("SELECT 1")
        # the rows of the shown database, written out, are no answer on the others
        shown = " UNION ALL ".join(
            "SELECT " + ", ".join(repr(v) for v in row) for row in task.gold[0].rows[:10]
        )
        if len({r.rows for r in task.gold}) > 1:
            assert not task.solved_by(shown)


def test_other_words_for_the_same_are_right() -> None:
    task = draw(0, "train", ("select",))
    other = task.question.sql.replace("SELECT", "select distinct").replace("name", "name AS n")
    assert task.solved_by(other) == (task.gold[0].rows == task.databases[0].query(other).rows)
    assert isinstance(task.databases[0], Database)
