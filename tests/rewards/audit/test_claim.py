"""What is said of rewards whose env is no table, but whose form claims invariance."""

from __future__ import annotations

import pytest

from rewardsmith.rewards.audit import Verdict, audit
from rewardsmith.rewards.audit.printing import as_text

CLAIM = "the formula itself claims: invariant"


@pytest.mark.parametrize(
    ("reward", "scale"),
    [
        ("env", 1),
        ("2*env", 2),
        ("env + potential(obs[0])", 1),
        ("0.5*env - potential(obs[0])", 0.5),
    ],
)
def test_claim_stands_beside_the_verdict(reward: str, scale: float) -> None:
    result = audit("CartPole-v1", reward=reward, episodes=4)
    assert (result.verdict, result.exit_status) == (Verdict.INCONCLUSIVE, 2)
    assert CLAIM in as_text(result).splitlines()[1]
    assert CLAIM in result.to_json()["claim"]
    check = result.check("declared potential")
    assert check.status == "passed"
    assert check.values["scale"] == scale


@pytest.mark.parametrize("reward", ["env + 0.1*obs[0]", "env + 1", "-env"])
def test_no_claim_no_words(reward: str) -> None:
    result = audit("CartPole-v1", reward=reward, episodes=4)
    assert result.verdict == Verdict.INCONCLUSIVE
    assert result.claim == ""
    assert result.check("declared potential").status != "passed"


def test_a_proof_needs_no_claim() -> None:
    assert audit("FrozenLake-v1", reward="2*env", episodes=4).claim == ""
