"""Ranked episodes as a person gives them, with all that may be wrong with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.audit.correlation import alignment
from rewardsmith.rewards.audit.printing import read_preferences
from rewardsmith.rewards.audit.run import audit
from rewardsmith.rewards.audit.subject import Subject
from rewardsmith.stack import RewardStack
from rewardsmith.wrappers.make import make

SOUND = {"seed": 0, "actions": [0, 1]}


def aligned(preferences: Any) -> Any:
    subject = Subject(lambda: make("CliffWalking-v1"), RewardStack.parse("env"), 0.99)
    return alignment(subject, preferences)


@pytest.mark.parametrize("given", [5, "abc", {"better": SOUND}, object()])
def test_preferences_that_are_no_list_are_refused(given: Any) -> None:
    with pytest.raises(ConfigError, match=r"Preferences are a list of pairs.* Received"):
        audit("CliffWalking-v1", reward="env", episodes=2, preferences=given)


@pytest.mark.parametrize("seed", ["a", None, float("nan"), -1, 1.5, True])
def test_a_seed_that_is_none_is_refused(seed: Any) -> None:
    pair = {"better": SOUND, "worse": {**SOUND, "seed": seed}}
    with pytest.raises(ConfigError, match=r"seed of a ranked episode.*'worse' of number 0"):
        aligned([pair] * 100)


@pytest.mark.parametrize("actions", [5, None, "0101", [], {"a": 1}])
def test_actions_that_are_no_list_are_refused(actions: Any) -> None:
    pair = {"better": {**SOUND, "actions": actions}, "worse": SOUND}
    with pytest.raises(ConfigError, match=r"actions of a ranked episode.*'better' of number 0"):
        aligned([pair] * 100)


def test_an_action_that_the_env_does_not_know_is_told_by_its_step() -> None:
    pair = {"better": {**SOUND, "actions": [0, 77]}, "worse": SOUND}
    with pytest.raises(ConfigError, match=r"Step 1 of .* \(seed 0, action 77\) raised"):
        aligned([pair] * 100)


@pytest.mark.parametrize(
    ("text", "said"),
    [("[" * 100_000, "recursion"), ("{", "Expecting"), ("5", "Received 5"), ("[NaN", "Expecting")],
)
def test_a_file_that_is_no_list_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=f"A file of preferences .*{said}"):
        read_preferences(path)
