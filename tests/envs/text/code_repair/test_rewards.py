"""The named rewards, on episodes whose terms are worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from rewardsmith import Binding, Scope, Transition
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import find_entry


def paid(name: str, env: Any, lines: list[str]) -> tuple[list[float], list[dict[str, Any]]]:
    _, info = env.reset(options={"task": 0})
    states, rewards, ends = [info["features"]], [], []
    for line in lines:
        _, reward, end, _, info = env.step(env.expert_line() if line == "expert" else line)
        states.append(info["features"])
        rewards.append(reward)
        ends.append(end)
    columns = {k: np.array([s[k] for s in states]) for k in states[0]}
    count = len(lines)
    episode = Transition(
        None,
        np.array(lines),
        None,
        np.array(rewards),
        np.array(ends),
        np.zeros(count, dtype=bool),
        {k: v[:-1] for k, v in columns.items()},
        {k: v[1:] for k, v in columns.items()},
        env_index=np.zeros(count, dtype=np.int64),
        t=np.arange(count),
    )
    entry = find_entry("rewardsmith/CodeRepair-v0")
    assert entry is not None
    stack = named_rewards(entry)[name].stack()
    stack.bind(Binding(env.feature_schema, serves=frozenset({Scope.STEP, Scope.EPISODE})))
    return list(stack.finish(episode).total), states


SOLVED, AT_ONCE = ["expert"] * 3, ["submit"]
EMPTY_PATCH = ["insert shop/rates.py 5: |", "submit"]


@pytest.mark.parametrize(
    ("name", "lines", "expected"),
    [
        ("sparse", SOLVED, [0, 0, 1]),
        ("sparse", AT_ONCE, [0]),
        # handing in 0.2, a patch 0.3, all tests 0.5, and half of that
        ("gated", SOLVED, [0, 0, 1.5]),
        # without a patch the tests do not count, though 15 of 16 pass
        ("gated", AT_ONCE, [0.1]),
        ("gated", EMPTY_PATCH, [0, 0.1 + 0.15 + 0.25 * 15 / 16]),
        ("weighted", SOLVED, [0, 0, 1.5]),
        # Phi is -1/18 until the tests have run, then 0
        ("potential", SOLVED, [1 / 16 - 0.99 / 16, 1 / 16, 1]),
        ("biased", SOLVED, [0, 0.5 / 16, 1]),
    ],
)
def test_by_hand(build: Any, name: str, lines: list[str], expected: list[float]) -> None:
    total, states = paid(name, build(), lines)
    assert states[0]["tests_passed"] == 15
    assert states[0]["tests_total"] == 16
    assert total == pytest.approx(expected)


def test_weights_favour_the_hard_test(build: Any) -> None:
    total, states = paid("weighted", build(), AT_ONCE)
    assert total == pytest.approx([0.5 * states[-1]["tests_weighted"]])
    assert states[-1]["tests_weighted"] < 15 / 16  # the one that fails is harder than the mean


def test_breaking_and_mending_farms_the_biased_one(build: Any) -> None:
    lines = ["replace shop/rates.py 6: X", "run tests", "replace shop/rates.py 6: SHIPPING = 490"]
    total, _ = paid("biased", build(), [*lines, "run tests"])
    assert total[1] == 0
    assert total[3] > 0
    assert sum(total) > 0
