"""Our own mutants end to end, the audit without a table, and the committed result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.benchmarks.audit.__main__ import wrong_in
from rewardsmith.benchmarks.audit.kinds import KINDS
from rewardsmith.benchmarks.audit.mutants import FAULTY, SOUND, audited
from rewardsmith.benchmarks.audit.whole import without_table
from rewardsmith.registry import term_names
from rewardsmith.rewards.audit import Verdict

RESULT = Path(__file__).resolve().parents[3] / "benchmarks" / "audit" / "result.json"


@pytest.mark.parametrize("wrapped", [False, True], ids=["formula", "wrapper"])
@pytest.mark.parametrize("mutant", SOUND + FAULTY, ids=lambda m: m.__name__)
def test_every_mutant_is_caught(mutant: Any, wrapped: bool) -> None:
    result = audited(mutant, wrapped=wrapped)
    assert (result.verdict == Verdict.INVARIANT) is (mutant in SOUND)
    assert not [name for name in term_names() if name.startswith("mutant")]


def test_no_verdict_without_a_table() -> None:
    assert without_table()["wrong"] == []


def test_the_committed_result_is_as_it_must_be() -> None:
    found = json.loads(RESULT.read_text())
    assert found["kinds"].keys() == KINDS.keys()
    assert min(row["cases"] for row in found["kinds"].values()) >= 300
    assert wrong_in(found) == found["wrong"] == []
