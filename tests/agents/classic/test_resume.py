"""A run that is killed, or whose disk fills up, goes on from its last checkpoint."""

import signal
import subprocess
import sys
import textwrap
import time

import pytest

from rewardsmith.agents.classic.checkpoints import list_checkpoints
from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.classic.train import train

SPECS = {
    "ppo": {
        "env_id": "rewardsmith/CartPole-v0",
        "reward": "env + normalize(pole_angle) + potential(pole_angle)",
        "steps": 3072,
        "eval_every": 512,
        "eval_episodes": 3,
        "normalize": "obs+reward",
        "hyperparameters": {"n_epochs": 2},
    },
    "dqn": {
        "env_id": "rewardsmith/CartPole-v0",
        "reward": "potential",
        "algo": "dqn",
        "steps": 1500,
        "eval_every": 300,
        "eval_episodes": 3,
        "hyperparameters": {"learning_starts": 100, "gradient_steps": 1, "train_freq": 4},
    },
}


def start(folder, extra=""):
    code = f"""
        import sys, warnings
        from pathlib import Path
        from rewardsmith.agents.classic.checkpoints import list_checkpoints
        from rewardsmith.agents.classic.spec import RunSpec
        from rewardsmith.agents.classic.train import train
        folder = Path(sys.argv[1])
        spec = RunSpec.read(folder / "spec.json")
        {extra or "progress = None"}
        train(spec, folder, resume=True, progress=progress)
    """
    code = textwrap.dedent(code)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stderr=subprocess.PIPE, text=True
    )


def kill_after_a_checkpoint(folder):
    process = start(folder)
    try:
        deadline = time.monotonic() + 60
        while not list_checkpoints(folder / "checkpoints"):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stderr.close()


@pytest.mark.parametrize("name", SPECS)
def test_a_killed_run_ends_as_if_it_had_never_been_killed(tmp_path, name):
    spec = make_spec(**SPECS[name])
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    spec.write(killed / "spec.json")
    kill_after_a_checkpoint(killed)
    assert not (killed / "result.json").exists()
    resumed, uninterrupted = train(spec, killed, resume=True), train(spec, whole)
    assert resumed.env_steps == uninterrupted.env_steps
    assert (killed / "eval.csv").read_text() == (whole / "eval.csv").read_text()
    assert (killed / "terms.csv").read_text() == (whole / "terms.csv").read_text()


FULL_DISK = """\
import resource
        def progress(step, known):
            # From the first checkpoint on, no file may grow beyond 2 kB: the next one fails.
            if list_checkpoints(folder / "checkpoints"):
                resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
"""


def test_a_full_disk_leaves_the_last_checkpoint_and_says_so(tmp_path):
    spec = make_spec(**SPECS["ppo"])
    spec.write(tmp_path / "spec.json")
    process = start(tmp_path, FULL_DISK)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Free some space and run the same command with --resume" in told.replace("\n", " ")
    assert list_checkpoints(tmp_path / "checkpoints")
    assert not list((tmp_path / "checkpoints").glob(".part-*"))
    assert train(spec, tmp_path, resume=True).env_steps == 3072


class Stopped(Exception):
    pass


def test_envs_that_cannot_be_saved_begin_new_episodes(tmp_path):
    # Box2D's world cannot be pickled.
    spec = make_spec(
        "rewardsmith/LunarLander-v0",
        reward="potential",
        steps=512,
        n_envs=2,
        eval_every=256,
        eval_episodes=1,
        hyperparameters={"n_steps": 64, "n_epochs": 1},
    )

    def stop(step, known):
        if list_checkpoints(tmp_path / "checkpoints"):
            raise Stopped

    with pytest.raises(Stopped):
        train(spec, tmp_path, progress=stop, checkpoint_every=128)
    assert not list(tmp_path.rglob("envs.pkl"))
    assert train(spec, tmp_path, resume=True).env_steps == 512
    steps = [line.split(",")[0] for line in (tmp_path / "eval.csv").read_text().splitlines()]
    assert steps == ["env_steps", "0", "256", "512"]


def test_a_half_readable_checkpoint_leaves_no_trace(tmp_path):
    spec = make_spec(**{**SPECS["ppo"], "steps": 256})
    for name in ("whole", "torn"):
        train(spec, tmp_path / name)
    (tmp_path / "torn" / "result.json").unlink()
    for stack in tmp_path.glob("torn/checkpoints/*/stack.npz"):
        stack.write_bytes(b"")  # the model beside it loads well
    train(spec, tmp_path / "torn", resume=True)
    assert (tmp_path / "torn" / "eval.csv").read_text() == (
        tmp_path / "whole" / "eval.csv"
    ).read_text()


def test_a_run_without_a_readable_checkpoint_begins_anew(tmp_path):
    spec = make_spec(**{**SPECS["ppo"], "steps": 256})
    train(spec, tmp_path / "whole")
    spec.write(tmp_path / "torn" / "spec.json")
    torn = tmp_path / "torn" / "checkpoints" / "step-000000000256"
    torn.mkdir(parents=True)
    (torn / "state.npz").write_bytes(b"PK")
    train(spec, tmp_path / "torn", resume=True)
    for name in ("eval.csv", "terms.csv"):
        assert (tmp_path / "torn" / name).read_text() == (tmp_path / "whole" / name).read_text()


def test_hindsight_replay_resumes(tmp_path):
    spec = make_spec(
        "rewardsmith/FetchReach-v0",
        reward="potential",
        algo="sac",
        steps=260,
        eval_every=130,
        eval_episodes=1,
        hyperparameters={"learning_starts": 100, "batch_size": 16, "train_freq": 10},
    )

    def stop(step, known):
        # In the middle of an episode of 50 steps.
        if list_checkpoints(tmp_path / "checkpoints"):
            raise Stopped

    with pytest.raises(Stopped):
        train(spec, tmp_path, progress=stop, checkpoint_every=120)
    assert train(spec, tmp_path, resume=True).env_steps == 260
