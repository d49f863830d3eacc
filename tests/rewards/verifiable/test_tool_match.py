import json

import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.verifiable.tool_match import CALLS, calls_of, correctness, jaccard


def call(name, **parameters):
    return json.dumps({"name": name, "parameters": parameters})


def said(*calls):
    body = "\n".join(calls)
    return f"<think>hm</think>\n<tool_call>\n{body}\n</tool_call>"


def test_the_equation_of_the_paper_by_hand():
    # names {a, b} and {a, c}: 1/3; keys of a: {x, y} and {x}: 1/2; one equal value.
    # S = 1/3 + 1/2 + 1; S_max = 1 + (1 + 1) + (1 + 2) = 6.
    truth = [("a", {"x": 1}), ("c", {"u": 0, "v": 0})]
    given = [("a", {"x": 1, "y": 2}), ("b", {})]
    assert correctness(given, truth) == pytest.approx(6 * (1 / 3 + 1 / 2 + 1) / 6 - 3)


def test_the_best_unused_partner_counts():
    truth = [("a", {"x": 1}), ("a", {"x": 2})]
    # names 1; both calls of the truth: one pairs with x=2 (keys 1, value 0), the other with
    # nothing left over: S = 1/2 (bags {a} and {a, a}) + 1, S_max = 5
    assert correctness([("a", {"x": 2})], truth) == pytest.approx(6 * (0.5 + 1) / 5 - 3)
    assert correctness([("a", {"x": 2}), ("a", {"x": 1})], truth) == pytest.approx(
        6 * (1 + 2 + 2) / 5 - 3
    )


def test_format_plus_correctness(read, turns):
    right = call("find", city="Rome")
    stack = read("tool_match(action, answer)")
    lines = [said(right), f"<tool_call>{right}</tool_call>", said(call("go")), said("{"), "", "[]"]
    paid = stack.step(turns(*lines, answer=right)).total
    # a call of another name: S = 0, so -3, and the format's 1
    np.testing.assert_allclose(paid, [4, 3, -2, -2, -3, -3])
    bare = read("tool_match(action, answer, tags=())").step(turns(said(right), answer=right))
    assert bare.total.tolist() == [3.0]


def test_a_reference_without_calls_pays_the_format_alone(read, turns):
    paid = read("tool_match(action, answer, tags=('think',))").step(turns("<think>a</think>", "a"))
    assert paid.total.tolist() == [1, 0]


@pytest.mark.parametrize(
    "line",
    ["[" * 100_000, '{"name": 1}', '{"name": "a", "parameters": NaN}', "9" * 10_000, "null",
     "\ud800", '{"name": "a", "parameters": [1]}'],
)  # fmt: skip
def test_what_is_no_call_cannot_be_read(line):
    assert calls_of(f"<tool_call>{line}</tool_call>") is None


def test_too_many_calls_are_not_read():
    assert calls_of(said(*[call("a")] * (CALLS + 1))) is None
    assert len(calls_of(said(*[call("a")] * CALLS))) == CALLS


def test_bags_overlap():
    assert jaccard("aab", "abc") == pytest.approx(2 / 4)
    assert jaccard("", "") == 1.0
    assert jaccard("a", "") == 0.0


def test_a_reference_that_is_no_call_is_an_error(read, turns):
    with pytest.raises(ConfigError, match=r"(?s)tool_match.*Received 'find Rome'"):
        read("tool_match(action, answer)").step(turns("a", answer="find Rome"))
