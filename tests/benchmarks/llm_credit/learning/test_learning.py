"""The frozen experiments are runs that can be built, and finished runs are read as they are."""

import json

import pytest

from rewardsmith.benchmarks.llm_credit.learning.__main__ import analyse, experiments, specs
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import find_entry


@pytest.mark.parametrize("name", experiments())
def test_every_arm_is_a_run(name, tmp_path):
    experiment = experiments()[name]
    (tmp_path / "config.json").write_text("{}")  # what tells a model by its looks
    made = specs(experiment, tmp_path, seeds=2)
    assert len({spec.hash for spec in made.values()}) == 2 * len(experiment["arms"])
    assert {arm for arm, _ in made} == {"trajectory", "turn", "gated", "potential"}
    known = named_rewards(find_entry(experiment["env_id"]))
    for arm, own in experiment["arms"].items():
        assert own.get("reward", "sparse") in known, arm


def test_tokens_are_summed_between_evaluations(tmp_path):
    run = tmp_path / "turn" / "seed-0"
    run.mkdir(parents=True)
    (run / "eval.csv").write_text("env_steps,success\n0,0.25\n100,0.5\n300,0.75\n")
    # 3 tokens a turn until turn 100, then 2
    (run / "terms.csv").write_text("env_steps,turns,tokens\n100,10,30\n300,5,10\n")
    result = {
        "final_success": 0.75,
        "final_return": 0.7,
        "env_steps": 300,
        "seconds": 1.0,
        "status": "finished",
        "warned": [],
    }
    (run / "result.json").write_text(json.dumps(result))
    found = analyse({"arms": {"turn": {}, "gated": {}}, "seeds": 3}, tmp_path)
    assert (found["gated"]["finished"], found["gated"]["planned"]) == (0, 3)
    assert found["turn"]["success at the start"] == [0.25]
    assert found["turn"]["success at the end"] == [0.75]
    assert [point["tokens"] for point in found["turn"]["curves"][0]] == [0, 300, 700]
