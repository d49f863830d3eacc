import time

import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.verifiable.sql import names, tokens

RIGHT = "SELECT name FROM users WHERE age > 3"


def test_tokens_and_names_of_a_query():
    query = "select u.name, \"Full Name\" FROM users u -- a note\nWHERE note = 'it''s' /* x */"
    assert tokens(query)[-4:] == ["where", "note", "=", "'it''s'"]
    assert names(query) == {"u", "name", "full name", "users", "note"}


def test_a_fenced_query_is_found():
    assert tokens("I say\n```sql\nSELECT 1\n```\nthere") == ["select", "1"]


def test_shared_ngrams_over_all(read, turns):
    # right: 7 pairs of 8 tokens; the other shares select-name, name-from, from-users of its 3
    stack = read("sql_ngrams(action, answer)")
    lines = [RIGHT, RIGHT.lower() + ";", "SELECT name FROM users", "", "nonsense"]
    paid = stack.step(turns(*lines, answer=RIGHT)).total
    np.testing.assert_allclose(paid, [1, 1, 3 / 7, 0, 0])


def test_shared_names_over_all(read, turns):
    # {name, users, age}; {name, users}; {age, people}
    lines = [RIGHT, "SELECT name FROM users", "SELECT age FROM people", "SELECT 1", ""]
    paid = read("sql_schema(action, answer)").step(turns(*lines, answer=RIGHT)).total
    np.testing.assert_allclose(paid, [1, 2 / 3, 1 / 4, 0, 0])


def test_only_names_of_the_schema_count_if_there_is_one(read, turns):
    schema = "CREATE TABLE users (name TEXT, age INTEGER)"
    episode = turns("SELECT u.name FROM users u", answer=RIGHT, question=schema)
    paid = read("sql_schema(action, answer, question)").step(episode).total
    np.testing.assert_allclose(paid, [2 / 3])


@pytest.mark.parametrize("piece", ["/*", "[", "'", '"', "`a", "-", "[a", "1.", "--\n", "```sql"])
def test_hostile_queries_take_linear_time(piece):
    start = time.perf_counter()
    tokens(piece * 100_000)
    assert time.perf_counter() - start < 2.0


def test_the_length_of_ngrams_is_checked(read):
    with pytest.raises(ConfigError, match="n of sql_ngrams"):
        read("sql_ngrams(action, answer, n=0)")
