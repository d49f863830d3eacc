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
        (["train", CARTPOLE, "--seed", "4294967296", "--out", "x"], "from 0 to 4294967295"),
        (["train", CARTPOLE, "--steps", "256", "--out", "/proc/x"], "Received /proc/x"),
        (["compare", CARTPOLE, "--reward", "env", "--out", "/proc/x"], "Received /proc/x"),
        (["compare", CARTPOLE, "--reward", "potential(polo)", "--out", "x"], "^^^^"),
        (["compare", CARTPOLE, "--reward", "a", "--seeds", "0", "--out", "x"], "one seed"),
        (["show", "tolerance(x, margn=1)"], "margin"),
        (["envs", "CartPol-v0"], "Did you mean 'rewardsmith/CartPole-v0'"),
        (["rewards", "nothing"], "Unknown environment 'nothing'"),
        (["show", "/dev/zero.py"], "A reward file must be readable"),
        (["audit", CARTPOLE, "--reward", "env", "--preferences", "/dev/zero"], "no regular file"),
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


def test_preferences_that_nest_too_deep_are_no_verdict(tmp_path):
    path = tmp_path / "pairs.json"
    path.write_text("[" * 100_000)
    ended = rewardsmith("audit", CARTPOLE, "--reward", "env", "--preferences", str(path))
    assert ended.returncode == 2
    assert ended.stderr.startswith("rewardsmith: A file of preferences is JSON")
    assert "Traceback" not in ended.stderr


def test_a_fault_of_ours_is_no_verdict(tmp_path):
    code = (
        "import rewardsmith.cli as cli\n"
        "def broken():\n    raise ZeroDivisionError\n"
        "cli.app = broken\n"
        "cli.main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ended.returncode == 2  # 1 says CHANGED
    assert b"a fault of its own" in ended.stderr


def test_a_reward_file_that_is_no_mapping(tmp_path):
    path = tmp_path / "reward.yaml"
    path.write_text("- env\n- potential\n")
    ended = rewardsmith("show", str(path))
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "Received an empty file"),
        ("- env\n", "Received ['env']"),
        ("formula: env +\n", "ends too early"),
        ("formula: potential(next(x))\n", "function of one state"),
        ("terms: {p: {potential: x, wieght: 2}}\n", "Did you mean 'weight'"),
        ("terms: {env: {value: x}}\n", "belongs to the environment's own reward"),
    ],
)
def test_an_error_in_a_reward_file_names_the_file(text, told, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    ended = rewardsmith("show", str(path))
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"rewardsmith: In {path}")
    assert told in ended.stderr


def test_an_error_in_one_of_several_rewards_names_file_and_reward(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("good: {formula: env}\nbad: {formula: potential(next(x))}\n")
    ended = rewardsmith("show", f"{path}#bad", "--env", CARTPOLE)
    assert ended.stderr.startswith(f"rewardsmith: In {path}#bad: A potential is a function")


@pytest.mark.parametrize(
    ("reward", "env", "told"),
    [
        ("env + potential(next(pole_angle))", CARTPOLE, "function of one state"),
        ("env + pole_angel", CARTPOLE, "Did you mean 'pole_angle'"),
        ("env + potential(mission)", "DoorKey-5x5-v0", "'mission' is text"),
        ("env + potential(obs[4])", "CartPole-v1", "Index 4 is out of range for shape (4,)"),
        ("env + angle", "CartPole-v1", "Unknown feature 'angle'. Known: obs, action, reward, t."),
        ("env", "nope:X-v0", "cannot be built"),
    ],
)
def test_show_checks_a_reward_against_the_features_of_an_env(reward, env, told):
    ended = rewardsmith("show", reward, "--env", env)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert told in ended.stderr
    assert "Traceback" not in ended.stderr


def test_train_prints_its_folder_last(tmp_path):
    out = tmp_path / "run"
    ended = rewardsmith(
        "train", "CartPole-v0", "--reward", "2*env", "--steps", "256", "--out", str(out)
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == str(out)
    assert json.loads((out / "result.json").read_text())["env_steps"] == 256
    assert "whole rollouts" not in ended.stdout + ended.stderr
    again = rewardsmith(
        "train", "CartPole-v0", "--reward", "env", "--steps", "256", "--out", str(out), "--resume"
    )
    assert again.returncode == 2
    assert "Choose another --out" in again.stderr


def test_train_says_that_it_takes_whole_rollouts_and_begins_anew(tmp_path):
    config = tmp_path / "small.yaml"
    config.write_text(
        "{n_envs: 1, eval_episodes: 1, hyperparameters: {n_steps: 128, batch_size: 64}}"
    )
    out = tmp_path / "run"
    given = ["--steps", "100", "--config", str(config), "--out", str(out)]
    ended = rewardsmith("train", CARTPOLE, *given, "--resume")
    assert f"nothing to resume in {out}: begun anew\n" in ended.stderr
    assert "ppo takes whole rollouts: 128 env steps instead of 100" in ended.stderr
    assert "after 128 env steps (100 asked for; rollouts are not cut)" in ended.stdout
    assert json.loads((out / "result.json").read_text())["env_steps"] == 128
    assert "begun anew" not in rewardsmith("train", CARTPOLE, *given, "--resume").stderr


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
    assert terms["clip"]["formula"] == "clip(T, lo, hi)"
    assert terms["env"]["formula"] == "env"
    assert {terms[t]["guarantee"] for t in ("clip", "tanh", "normalize")} == {"biased"}
    assert (terms["scale"]["scope"], terms["scale"]["guarantee"]) == (None, None)
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
