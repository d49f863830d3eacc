"""Small faults are seen, and a larger dose of a linear fault never costs less."""

from __future__ import annotations

import pytest

from rewardsmith.benchmarks.audit.confusion import REGRET
from rewardsmith.benchmarks.audit.dose import FAULTS, response


@pytest.mark.parametrize("fault", FAULTS)
def test_dose_and_regret(fault: str) -> None:
    found = response(fault, 2)
    assert found["largest_regret_error"] <= REGRET
    assert found["largest_true_regret_called_invariant"] <= REGRET
    assert found["largest_dose_called_invariant"] <= 1e-5
    assert found["doses"][-1]["INVARIANT"] == 0
    if found["linear"]:
        assert found["worlds_where_regret_falls"] == 0
