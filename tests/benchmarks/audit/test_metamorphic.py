"""What is done to both rewards alike changes no verdict."""

from __future__ import annotations

import pytest

from rewardsmith.benchmarks.audit.kinds import KINDS
from rewardsmith.benchmarks.audit.metamorphic import RELATIONS, broken


@pytest.mark.parametrize("relation", RELATIONS)
def test_verdict_and_regret_stay(relation: str) -> None:
    found = [broken(relation, kind, case) for kind in KINDS for case in (0, 1)]
    assert [f for f in found if f] == []
