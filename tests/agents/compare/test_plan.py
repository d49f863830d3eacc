import json

import pytest

from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.compare.plan import label_all, make_plan
from rewardsmith.errors import ConfigError, RewardsmithError

CARTPOLE = "rewardsmith/CartPole-v0"


@pytest.mark.parametrize(
    ("rewards", "labels"),
    [
        (["sparse", "potential"], ["sparse", "potential"]),
        (["env + 0.5*pole_upright"], ["env-0-5-pole_upright"]),
        (["2*env", "2 * env + 0.0*t"], ["2-env", "2-env-0-0-t"]),
        (["env + t/2", "env + t*2"], ["env-t-2", "env-t-2-2"]),
        (
            ["sparse", "2*env + " + "+".join(["t"] * 30)],
            ["sparse", "2-env-t-t-t-t-t-t-t-t-t-t-t-t-t"],
        ),
    ],
)
def test_labels_are_names_or_texts_fit_for_folders(rewards, labels):
    assert [c.label for c in label_all(rewards, CARTPOLE)] == labels


def test_a_file_gives_its_name_or_the_name_inside_it(tmp_path):
    one, many = tmp_path / "My-Reward.yaml", tmp_path / "many.yaml"
    one.write_text("terms:\n  env: 2*env\n")
    many.write_text("fast:\n  formula: env - 0.01\n")
    labels = [c.label for c in label_all([str(one), f"{many}#fast"], CARTPOLE)]
    assert labels == ["my-reward", "fast"]


def test_one_reward_twice_is_refused_in_any_spelling():
    with pytest.raises(ConfigError, match=r"Received 'env', which is the same as 'sparse'"):
        label_all(["sparse", "env"], CARTPOLE)


def test_runs_differ_in_reward_and_seed_alone(tmp_path):
    plan = make_plan(CARTPOLE, ["sparse", "2*env"], range(2), tmp_path, steps=500)
    assert set(plan.runs) == {("sparse", 0), ("sparse", 1), ("2-env", 0), ("2-env", 1)}
    spec = plan.runs["2-env", 1]
    assert (spec.reward, spec.seed, spec.steps) == ("2*env", 1, 500)
    same = {**spec.to_dict(), "reward": "env", "seed": 0}
    assert RunSpec.from_dict(same) == plan.runs["sparse", 0]


@pytest.mark.parametrize(("rewards", "seeds"), [([], [0]), (["env"], [])])
def test_nothing_to_compare(tmp_path, rewards, seeds):
    with pytest.raises(ConfigError, match="at least one reward and one seed"):
        make_plan(CARTPOLE, rewards, seeds, tmp_path)


def test_a_misspelt_reward_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(RewardsmithError, match="Did you mean 'sparse'"):
        make_plan(CARTPOLE, ["potential", "spars"], [0], tmp_path)
    assert not list(tmp_path.iterdir())


def test_compare_json_and_what_may_change(tmp_path):
    make_plan(CARTPOLE, ["sparse"], [0], tmp_path, steps=500).write("the command", 0.9)
    data = json.loads((tmp_path / "compare.json").read_text())
    reward = data.pop("rewards")[0]
    assert data == {
        "command": "the command",
        "env_id": CARTPOLE,
        "env_kwargs": {},
        "algo": "ppo",
        "steps": 500,
        "seeds": [0],
        "threshold": 0.9,
        "version": "0.1.0",
    }
    assert (reward["label"], reward["formula"], reward["guarantee"]) == (
        "sparse",
        "env",
        "invariant",
    )
    assert len(reward["hash"]) == 64
    # more rewards and seeds may be added; another length is another comparison
    make_plan(CARTPOLE, ["sparse", "2*env"], [0, 1], tmp_path, steps=500).write("more", 0.8)
    other = make_plan(CARTPOLE, ["sparse"], [0], tmp_path, steps=600)
    with pytest.raises(ConfigError, match="steps is 500 there, 600 here"):
        other.write("again", 0.9)


def test_a_strange_compare_json_is_refused(tmp_path):
    (tmp_path / "compare.json").write_text("[]")
    with pytest.raises(ConfigError, match="a comparison's own file"):
        make_plan(CARTPOLE, ["sparse"], [0], tmp_path, steps=500).write("c", 0.9)
