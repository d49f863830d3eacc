import json
from pathlib import Path

import torch

from rewardsmith.benchmarks.llm_credit.identities import TOLERANCE, against_trl, sums

RESULT = Path(__file__).parents[3] / "benchmarks/llm_credit/result.json"


def test_the_same_advantages_as_the_trainer_of_trl():
    torch.set_num_threads(1)
    found = against_trl(prompts=2, generations=4, seed=1)
    assert set(found) >= {"trajectory, scale=group", "trajectory, scale=batch", "gdpo"}
    assert max(found.values()) < TOLERANCE


def test_turns_are_paid_what_the_episode_gets():
    assert max(sums().values()) < 1e-12


def test_the_committed_result_is_within_its_tolerance():
    kept = json.loads(RESULT.read_text())
    differences = {**kept["identities"]["against TRL"], **kept["identities"]["sums"]}
    assert max(differences.values()) < kept["identities"]["tolerance"] == 1e-6
    stay = kept["bias"]["stay"]
    assert stay["true gradient"] == [0.6875]
    assert stay["methods"]["turn (leave-one-out, ended = 0)"]["expected"] == 0.6875
