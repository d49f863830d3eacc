"""A folder of finished runs, and what may be said of it."""

import json

import pytest

from rewardsmith.benchmarks.shaping.analysis import analyse


@pytest.fixture
def folder(tmp_path):
    """Write a comparison: label -> one list of successes per seed, evaluated every 1000 steps."""

    def write(arms):
        seeds = len(next(iter(arms.values())))
        about = [{"label": k, "formula": "env", "guarantee": "invariant"} for k in arms]
        plan = {"seeds": list(range(seeds)), "rewards": about}
        (tmp_path / "compare.json").write_text(json.dumps(plan))
        for label, curves in arms.items():
            for seed, curve in enumerate(curves):
                home = tmp_path / "runs" / label / f"seed-{seed}"
                home.mkdir(parents=True)
                rows = [f"{1000 * i},{value}" for i, value in enumerate(curve)]
                (home / "eval.csv").write_text("\n".join(["env_steps,success", *rows]) + "\n")
                (home / "result.json").write_text("{}")
        return tmp_path

    return write


SOON, NEVER = [0, 1, 1], [0, 0, 0]


def test_p_values_are_corrected_for_the_number_of_rewards(folder):
    # All of four above all of four is 2 of C(8, 4) = 70 splits; Holm takes the least of three
    # p-values three times, and the next ones are no smaller.
    arms = {"a": [SOON] * 4, "b": [SOON] * 4, "c": [NEVER] * 4, "control": [NEVER] * 4}
    found = analyse(folder(arms))
    versus = [found["rewards"][k]["sooner_than_control"] for k in "abc"]
    assert [v["value"] for v in versus] == [1.0, 1.0, 0.5]
    assert [v["p"] for v in versus] == pytest.approx([2 / 70, 2 / 70, 1], abs=1e-4)
    assert [v["p_holm"] for v in versus] == pytest.approx([6 / 70, 6 / 70, 1], abs=1e-4)
    assert "not corrected" in found["intervals"]
    assert "sooner_than_control" not in found["rewards"]["control"]


def test_one_seed_has_no_p_value(folder):
    found = analyse(folder({"a": [SOON], "control": [NEVER]}))
    versus = found["rewards"]["a"]["sooner_than_control"]
    assert (versus["value"], versus["p"], versus["p_holm"]) == (1.0, None, None)


def test_runs_that_were_not_begun_yet_leave_a_reward_unfinished(folder):
    home = folder({"a": [SOON], "control": [NEVER]})
    found = analyse(home, 10)["rewards"]["a"]
    assert (found["seeds_finished"], found["seeds_planned"], found["unfinished"]) == (1, 10, True)
    assert not analyse(home)["rewards"]["a"]["unfinished"]
