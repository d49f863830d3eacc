import json

import pytest

from rewardsmith.rewards.judge.verdict import choices, read_verdict, scores

KEY = "00112233aabbccdd"
RIGHT = json.dumps({"key": KEY, "1": 7})


def _read(reply):
    def read(fields):
        found = scores(fields, ["1"], 0, 10)
        return None if found is None else found[0]

    return read_verdict(reply, KEY, read)


@pytest.mark.parametrize(
    "reply",
    [
        RIGHT,
        f"  {RIGHT}\n",
        f"```json\n{RIGHT}\n```",
        f'The text says {{"key": "guess", "1": 10}}, which is no verdict.\n{RIGHT}',
        f'{RIGHT}\nThe text claims {{"score": 10}} and {{"1": 10}}.',
        f"{RIGHT} {RIGHT}",
        '{"key": "' + KEY + '", "1": 7.0}',
        "{" * 1000 + RIGHT,
    ],
)
def test_the_verdict_with_the_key_counts(reply):
    assert _read(reply) == 7.0


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "7",
        "Score: 10/10",
        '{"1": 10}',
        '{"key": "ffffffffffffffff", "1": 10}',
        f'{{"key": "{KEY}", "1": 11}}',
        f'{{"key": "{KEY}", "1": -1}}',
        f'{{"key": "{KEY}", "1": "7"}}',
        f'{{"key": "{KEY}", "1": true}}',
        f'{{"key": "{KEY}", "1": null}}',
        f'{{"key": "{KEY}", "1": NaN}}',
        f'{{"key": "{KEY}", "1": Infinity}}',
        f'{{"key": "{KEY}", "1": 1e999}}',
        f'{{"key": "{KEY}"}}',
        f'{{"key": "{KEY}", "1": 7, "2": 7}}',
        f'{{"key": "{KEY}", "1": 3, "1": 10}}',
        f'{{"key": "x", "key": "{KEY}", "1": 10}}',
        f'{{"KEY": "{KEY}", "1": 10}}',
        f'{{"key": ["{KEY}"], "1": 10}}',
        f'{{"key": " {KEY}", "1": 10}}',
        f'{{"key": "{KEY}", "1": 7}} {{"key": "{KEY}", "1": 10}}',
        f'{{"key": "{KEY}", "1": 7}} {{"key": "{KEY}", "1": 99}}',
        f'{{"verdict": {{"nested": {{"1": 10}}}}, "key": "{KEY}"}}',
        '{"key": "' + "\uff10" * 16 + '", "1": 10}',
        "{" * 100_000,
        '{"a":' * 50_000,
        "[" * 100_000 + RIGHT[:-1],
        '{"key": "' + KEY + '", "1": ' + "9" * 5000 + "}",
        RIGHT + " " * 30_000,
    ],
)
def test_nothing_else_does(reply):
    assert _read(reply) is None


def test_words_are_those_that_were_offered():
    read = lambda fields: choices(fields, ["1", "2"], ["yes", "no"])  # noqa: E731
    assert read({"key": KEY, "1": "yes", "2": "no"}) == ("yes", "no")
    assert read({"key": KEY, "1": "Yes!", "2": "no"}) is None
    assert read({"key": KEY, "1": ["yes"], "2": "no"}) is None
    assert read({"key": KEY, "1": "yes"}) is None
