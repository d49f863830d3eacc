"""The commands as a user runs them: in a process, by their output and exit status."""

import json
import subprocess
import sys

import pytest


def rewardsmith(*arguments):
    code = "from rewardsmith.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


CARTPOLE = "rewardsmith/CartPole-v0"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["train", "CartPol-v0", "--out", "x"], "Unknown environment 'CartPol-v0'. Did you mean"),
        (["train", CARTPOLE, "--algo", "poo", "--out", "x"], "Did you mean 'ppo'"),
        (["train", CARTPOLE, "--reward", "potental(t)", "--out", "x"], "Did you mean 'potential'"),
        (["train", CARTPOLE, "--reward", "env + pole_angel", "--out", "x"], "'pole_angle'"),
        (["train", CARTPOLE, "--reward", "env +", "--out", "x"], "^"),
        (["train", CARTPOLE, "--on-nan", "zer", "--out", "x"], "Did you mean 'zero'"),
        (["train", CARTPOLE, "--steps", "0", "--out", "x"], "steps is a whole number"),
        (["train", CARTPOLE, "--config", "none.yaml", "--out", "x"], "none.yaml"),
        (["compare", CARTPOLE, "--reward", "a", "--seeds", "0", "--out", "x"], "one seed"),
        (["show", "tolerance(x, margn=1)"], "margin"),
        (["envs", "CartPol-v0"], "Did you mean 'rewardsmith/CartPole-v0'"),
        (["rewards", "nothing"], "Unknown environment 'nothing'"),
    ],
)
def test_an_error_is_one_block_on_stderr_and_status_2(arguments, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = rewardsmith(*arguments)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith("rewardsmith: ")
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.iterdir())


def test_a_reward_file_that_is_no_mapping(tmp_path):
    path = tmp_path / "reward.yaml"
    path.write_text("- env\n- potential\n")
    ended = rewardsmith("show", str(path))
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_train_prints_its_folder_last(tmp_path):
    out = tmp_path / "run"
    ended = rewardsmith(
        "train", "CartPole-v0", "--reward", "2*env", "--steps", "256", "--out", str(out)
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == str(out)
    assert json.loads((out / "result.json").read_text())["env_steps"] == 256
    again = rewardsmith(
        "train", "CartPole-v0", "--reward", "env", "--steps", "256", "--out", str(out), "--resume"
    )
    assert again.returncode == 2
    assert "Choose another --out" in again.stderr


def test_envs_as_json():
    rows = json.loads(rewardsmith("envs", "--json").stdout)
    row = next(r for r in rows if r["id"] == CARTPOLE)
    assert row["family"] == "control"
    assert "pole_angle" in row["features"]
    assert {"sparse", "potential", "gated", "biased"} <= set(row["rewards"])


def test_envs_explains_one():
    told = rewardsmith("envs", CARTPOLE).stdout
    assert "pole_angle" in told
    assert "rad" in told


def test_rewards_as_json():
    rows = json.loads(rewardsmith("rewards", "--json").stdout)
    assert {r["kind"] for r in rows} == {"term", "named"}
    terms = {r["name"]: r for r in rows if r["kind"] == "term"}
    assert terms["potential"]["guarantee"] == "invariant"
    assert terms["outcome"]["scope"] == "episode"
    row = next(r for r in rows if r["env"] == CARTPOLE and r["name"] == "sparse")
    assert (row["formula"], row["scope"], row["guarantee"]) == ("env", "step", "invariant")
    one = json.loads(rewardsmith("rewards", CARTPOLE, "--json").stdout)
    assert {r["env"] for r in one} == {CARTPOLE}


def test_show_says_what_a_reward_promises():
    told = rewardsmith("show", "env + clip(potential(pole_angle), -1, 1)", "--env", CARTPOLE).stdout
    assert "guarantee  biased: the optimal policy may differ" in told
    assert "features   pole_angle" in told
    assert "scope      step" in told


def test_help_lists_the_commands():
    told = rewardsmith("--help").stdout
    for command in ("train", "compare", "envs", "rewards", "show"):
        assert command in told
