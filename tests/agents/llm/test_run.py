"""Whole runs: from a spec to a result, through kills, damage and wrong folders."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock
from safetensors.numpy import load_file

from rewardsmith.agents.classic.checkpoints import list_checkpoints
from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.classic.train import train
from rewardsmith.agents.llm.run import LanguageLearner, check_readable
from rewardsmith.errors import BindingError, ConfigError, PlaceError
from rewardsmith.rewards.likelihood.models import POLICY

#: pays some of the lines of an untrained model
FORM = "format_match(action, pattern='.*[a-m].*')"
SAME = ("eval.csv", "terms.csv", "audit.json", "logs/turns.jsonl")
CODE = """
import sys
from pathlib import Path
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.classic.train import train
folder = Path(sys.argv[1])
train(RunSpec.read(folder / "spec.json"), folder, resume=True, checkpoint_every=32)
"""


@pytest.fixture
def spec(model_folder):
    def build(**changes):
        small = {"model": str(model_folder), "num_generations": 4, "max_line_tokens": 6}
        small |= {"learning_rate": 1e-2, **changes.pop("hyperparameters", {})}
        settings = {
            "env_id": "rewardsmith/Calculation-Easy-v0",
            "reward": "env + 0.1*rnd(on=[turns, understood], warmup=0) + " + FORM,
            "steps": 96,
            "n_envs": 8,
            "eval_every": 48,
            "eval_episodes": 4,
            "env_kwargs": {"max_episode_steps": 2},
        }
        return make_spec(**{**settings, **changes}, algo="grpo", hyperparameters=small)

    return build


def weights(folder):
    newest = list_checkpoints(Path(folder) / "checkpoints")[0] / "trainer"
    (file,) = newest.glob("*model.safetensors")
    return load_file(file)


def assert_same_run(one, other):
    a, b = weights(one), weights(other)
    assert set(a) == set(b)
    assert all(np.array_equal(a[name], b[name]) for name in a)
    for name in SAME:
        assert (one / name).read_text() == (other / name).read_text()
    assert logged(one) == logged(other)


def logged(folder):
    """TRL's own figures of every step, without clocks; a resumed run has another summary."""
    lines = (folder / "logs" / "trainer.jsonl").read_text().splitlines()
    return [(row["env_steps"], row["loss"]) for row in map(json.loads, lines) if "loss" in row]


def test_a_learner_that_is_closed_scores_nothing_any_more(spec):
    learner = LanguageLearner(spec())
    assert POLICY.model is learner.model is not None
    learner.close()
    assert POLICY.model is POLICY.tokenizer is None


class Stopped(Exception):
    pass


def stop_at(steps):
    def progress(env_steps, known):
        if env_steps >= steps:
            raise Stopped

    return progress


def interrupted(spec, folder, at=64, every=32):
    """Train, and stop as a power cut would, after the checkpoint before `at`."""
    with pytest.raises(Stopped):
        train(spec, folder, progress=stop_at(at), checkpoint_every=every)
    return folder


def test_a_killed_run_ends_as_if_it_had_never_been_killed(tmp_path, spec):
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    # long enough to be still at it when the first checkpoint is seen
    chosen = spec(steps=160, eval_every=80)
    chosen.write(killed / "spec.json")
    process = subprocess.Popen([sys.executable, "-c", CODE, str(killed)], stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 120
        while not list_checkpoints(killed / "checkpoints"):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()
    assert not (killed / "result.json").exists()
    resumed = train(chosen, killed, resume=True, checkpoint_every=32)
    uninterrupted = train(chosen, whole, checkpoint_every=32)
    assert resumed.env_steps == uninterrupted.env_steps >= 160
    assert_same_run(killed, whole)
    first = load_file(Path(chosen.hyperparameters["model"]) / "model.safetensors")
    assert any(not np.array_equal(first[n], v) for n, v in weights(whole).items())


@pytest.mark.parametrize(
    "changes",
    [
        {"lora": 2, "micro_batch": 4},
        {"micro_batch": 4, "trl": {"num_iterations": 2, "beta": 0.1}},
    ],
    ids=["lora", "twice from each batch, with a reference"],
)
def test_other_ways_to_learn_resume_too(tmp_path, spec, changes):
    chosen = spec(hyperparameters=changes)
    stopped = interrupted(chosen, tmp_path / "stopped")
    assert list_checkpoints(stopped / "checkpoints")
    train(chosen, stopped, resume=True, checkpoint_every=32)
    train(chosen, tmp_path / "whole", checkpoint_every=32)
    assert_same_run(stopped, tmp_path / "whole")


@pytest.mark.parametrize(
    "damage", ["trainer/model.safetensors", "trainer/optimizer.pt", "stack.npz", "state.npz"]
)
def test_a_damaged_checkpoint_is_passed_over(tmp_path, spec, damage, interrupted_run, caplog):
    chosen, folder, whole = interrupted_run
    copy = tmp_path / "damaged"
    shutil.copytree(folder, copy)
    newest, before = list_checkpoints(copy / "checkpoints")
    file = newest / damage
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    train(chosen, copy, resume=True, checkpoint_every=16)
    assert f"{newest} cannot be read" in caplog.text
    assert before.name not in caplog.text
    assert_same_run(copy, whole)


@pytest.mark.parametrize("missing", ["optimizer.pt", "scheduler.pt", "model.safetensors"])
def test_a_checkpoint_that_lacks_a_part_cannot_be_gone_on_from(tmp_path, interrupted_run, missing):
    _, folder, _ = interrupted_run
    newest = list_checkpoints(folder / "checkpoints")[0] / "trainer"
    check_readable(newest)
    copy = shutil.copytree(newest, tmp_path / "trainer")
    (copy / missing).unlink()
    with pytest.raises((ConfigError, FileNotFoundError), match=f"{missing}|has none"):
        check_readable(copy)


@pytest.fixture(scope="module")
def interrupted_run(tmp_path_factory, model_folder):
    """A run that stopped with two checkpoints, and the same one uninterrupted."""
    base = tmp_path_factory.mktemp("runs")
    chosen = make_spec(
        "rewardsmith/Calculation-Easy-v0",
        reward=f"env + 0.1*count(on=turns) + {FORM}",
        algo="grpo",
        steps=64,
        n_envs=8,
        eval_every=32,
        eval_episodes=4,
        env_kwargs={"max_episode_steps": 2},
        hyperparameters={
            "model": str(model_folder),
            "num_generations": 4,
            "max_line_tokens": 6,
            "learning_rate": 1e-2,
        },
    )
    interrupted(chosen, base / "stopped", at=48, every=16)
    train(chosen, base / "whole", checkpoint_every=16)
    return chosen, base / "stopped", base / "whole"


def test_a_run_killed_between_its_last_checkpoint_and_its_result(tmp_path, interrupted_run):
    chosen, _, whole = interrupted_run
    copy = tmp_path / "run"
    shutil.copytree(whole, copy)
    (copy / "result.json").unlink()
    again = train(chosen, copy, resume=True, checkpoint_every=16)
    told = json.loads((whole / "result.json").read_text())
    assert (again.final_success, again.env_steps) == (told["final_success"], told["env_steps"])
    assert_same_run(copy, whole)


def test_a_finished_run_gives_its_result_at_once(interrupted_run):
    chosen, _, whole = interrupted_run
    before = {p: p.stat().st_mtime_ns for p in whole.rglob("*") if p.is_file()}
    started = time.monotonic()
    result = train(chosen, whole, resume=True)
    assert time.monotonic() - started < 0.5
    assert vars(result) == json.loads((whole / "result.json").read_text())
    assert {p: p.stat().st_mtime_ns for p in whole.rglob("*") if p.is_file()} == before
    with pytest.raises(ConfigError, match="Add --resume"):
        train(chosen, whole)


def test_another_process_in_the_folder(interrupted_run):
    chosen, stopped, _ = interrupted_run
    with (
        FileLock(stopped / ".lock"),
        pytest.raises(ConfigError, match="another process trains now"),
    ):
        train(chosen, stopped, resume=True)


def test_a_folder_that_cannot_be_written(tmp_path, spec):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"is a folder\. Received the file"):
        train(spec(), tmp_path / "file")
    if os.geteuid():
        tmp_path.chmod(0o500)
        with pytest.raises(ConfigError, match="must be able to write to its folder"):
            train(spec(), tmp_path / "run")
    else:  # root may write anywhere but here
        with pytest.raises(ConfigError, match="must be able to write to its folder"):
            train(spec(), Path("/proc/run"))


def test_a_full_disk_says_what_to_do(tmp_path, spec, monkeypatch):
    from rewardsmith.agents.llm import lines

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(lines.JsonLines, "write", full)
    with pytest.raises(ConfigError, match="Free some space"):
        train(spec(), tmp_path / "run")


@pytest.mark.parametrize("name", ["no/such/folder", "/tmp/nowhere/at/all", "nowhere.gguf"])
def test_a_model_that_is_not_there_leaves_no_folder(tmp_path, spec, name):
    with pytest.raises(ConfigError, match=r"tiny-model.* makes one"):
        train(spec(hyperparameters={"model": name}), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_potential_under_trajectory_credit_leaves_no_folder(tmp_path, spec):
    chosen = spec(reward="potential", hyperparameters={"credit": "trajectory"})
    with pytest.raises(BindingError, match="does nothing under trajectory-level credit"):
        train(chosen, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_environment_without_text(tmp_path, spec):
    chosen = spec(env_id="rewardsmith/CartPole-v0", reward="env", env_kwargs={})
    with pytest.raises(PlaceError, match="A language model reads text and acts by text"):
        train(chosen, tmp_path / "run")


def rows(path):
    lines = path.read_text().splitlines()
    return [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]


def test_evaluation_moves_nothing_in_training(tmp_path, interrupted_run):
    chosen, _, whole = interrupted_run
    data = {**chosen.to_dict(), "eval_every": 16, "eval_episodes": 3, "deterministic_eval": True}
    often = type(chosen).from_dict(data)
    train(often, tmp_path / "often", checkpoint_every=16)
    a, b = weights(whole), weights(tmp_path / "often")
    assert all(np.array_equal(a[name], b[name]) for name in a)
    assert len(rows(tmp_path / "often" / "eval.csv")) > len(rows(whole / "eval.csv"))


def test_the_tables_of_a_run(interrupted_run):
    chosen, _, whole = interrupted_run
    evaluated = rows(whole / "eval.csv")
    assert evaluated[0]["env_steps"] == "0"
    assert int(evaluated[-1]["env_steps"]) >= chosen.steps
    assert all(float(row["episodes"]) == 4 for row in evaluated)
    terms = rows(whole / "terms.csv")[-1]
    batches = [json.loads(x) for x in (whole / "logs/turns.jsonl").read_text().splitlines()]
    assert len({e["task"] for e in batches[0]["episodes"]}) == 1
    turns = [t for e in batches[0]["episodes"] for t in e["turns"]]
    assert all(sum(t["terms"].values()) == pytest.approx(t["reward"]) for t in turns)
    assert {"env", "env_return", "success", "turns", "tokens"} <= set(terms)
    audit = json.loads((whole / "audit.json").read_text())
    assert audit["episodes"] == 8 * len(batches)
    assert sum(audit["share"].values()) == pytest.approx(1)
