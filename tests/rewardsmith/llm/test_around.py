"""What stands around a client: recording, cache, budget, retries."""

import json
import subprocess
import sys

import pytest

from rewardsmith.errors import BudgetError, ClientError, ConfigError, TransientClientError
from rewardsmith.llm import Budgeted, Cached, Recorded, Reply, Retrying, chat
from rewardsmith.llm.lines import append_lines, read_lines


class Echo:
    """Answers with the question; counts; fails the first `failures` times."""

    model = "echo"

    def __init__(self, failures=0, error=TransientClientError):
        self.asked, self.failures, self.error = [], failures, error

    def complete(self, requests):
        if self.failures:
            self.failures -= 1
            raise self.error("busy")
        self.asked += requests
        return [Reply((r.messages[-1].content,), None, 10, 2) for r in requests]


def test_recordings_replay_without_the_client(tmp_path):
    echo = Echo()
    path = tmp_path / "replies.jsonl"
    asked = [chat("a"), chat("b"), chat("a")]
    first = Recorded(path, echo).complete(asked)
    assert [r.texts[0] for r in first] == ["a", "b", "a"]
    assert len(echo.asked) == 2
    assert Recorded(path).complete(asked) == first
    with pytest.raises(ClientError, match="holds no reply to 1 of the requests"):
        Recorded(path).complete([chat("new")])


def test_a_recording_that_is_not_there_says_how_to_make_one(tmp_path):
    with pytest.raises(ClientError, match=r"Record one: recorded:.*\|openai"):
        Recorded(tmp_path / "none.jsonl")


def test_a_torn_line_is_cut_off_and_whole_garbage_is_an_error(tmp_path):
    path = tmp_path / "x.jsonl"
    append_lines(path, [{"a": 1}])
    with path.open("ab") as file:
        file.write(b'{"a": 2')  # what a killed process leaves
    assert read_lines(path) == [{"a": 1}]
    append_lines(path, [{"a": 3}])
    assert read_lines(path) == [{"a": 1}, {"a": 3}]
    path.write_text('{"a": 1}\nnonsense\n')
    with pytest.raises(ConfigError, match="Line 2 is none"):
        read_lines(path)


def test_processes_append_to_one_file_without_mixing(tmp_path):
    path = tmp_path / "x.jsonl"
    code = (
        "import sys\nfrom pathlib import Path\nfrom rewardsmith.llm.lines import append_lines\n"
        "for i in range(20): append_lines(Path(sys.argv[1]), [{'who': sys.argv[2], 'i': i}])"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), who]) for who in "ab"]
    assert [process.wait(60) for process in running] == [0, 0]
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert sorted((r["who"], r["i"]) for r in rows) == [(w, i) for w in "ab" for i in range(20)]


def test_the_cache_asks_once_and_lasts(tmp_path):
    echo = Echo()
    cache = Cached(tmp_path / "c.sqlite", echo)
    cache.complete([chat("a"), chat("a"), chat("b")])
    again = Cached(tmp_path / "c.sqlite", echo)
    assert again.complete([chat("b"), chat("a")])[0].texts == ("b",)
    assert len(echo.asked) == 2
    assert (again.hits, again.misses) == (2, 0)
    echo.model = "another"  # another model's replies are others
    again.complete([chat("a")])
    assert len(echo.asked) == 3


def test_a_failure_leaves_nothing_in_the_cache(tmp_path):
    echo = Echo(failures=1)
    cache = Cached(tmp_path / "c.sqlite", echo)
    with pytest.raises(TransientClientError):
        cache.complete([chat("a")])
    assert cache.complete([chat("a")])[0].texts == ("a",)


def test_the_budget_counts_and_says_what_was_spent():
    echo = Echo()
    budget = Budgeted(echo, requests=3, prompt_price=1e6, completion_price=2e6)
    budget.complete([chat("a"), chat("b")])
    assert budget.spent.tokens == 24
    assert budget.spent.cost == 2 * 10 * 1 + 2 * 2 * 2
    with pytest.raises(BudgetError, match=r"budget of 3 requests .* 2 requests, 20 prompt and 4"):
        budget.complete([chat("c"), chat("d")])
    assert len(echo.asked) == 2
    budget.complete([chat("c")])


@pytest.mark.parametrize("limit", [{"tokens": 12}, {"cost": 1.0, "prompt_price": 1e6}])
def test_tokens_and_cost_stop_the_next_call(limit):
    budget = Budgeted(Echo(), **limit)
    budget.complete([chat("a")])
    with pytest.raises(BudgetError, match="does not allow 1 more"):
        budget.complete([chat("b")])


def test_retries_wait_longer_and_give_up():
    waits = []
    client = Retrying(Echo(failures=2), attempts=3, base=1.0, longest=1.5, sleep=waits.append)
    assert client.complete([chat("a")])[0].texts == ("a",)
    assert len(waits) == 2
    assert 0 <= waits[0] <= 1.0
    assert 0 <= waits[1] <= 1.5
    with pytest.raises(TransientClientError):
        Retrying(Echo(failures=3), attempts=3, sleep=waits.append).complete([chat("a")])


def test_what_cannot_pass_is_not_tried_again():
    echo = Echo(failures=1, error=ClientError)
    with pytest.raises(ClientError, match="busy"):
        Retrying(echo, attempts=3, sleep=lambda _: None).complete([chat("a")])
    assert echo.failures == 0
    assert echo.asked == []
