"""Several processes: really launched, on the CPU, and compared with one."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from typer.testing import CliRunner

from rewardsmith.agents.classic.checkpoints import list_checkpoints
from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.classic.train import train
from rewardsmith.agents.llm import processes
from rewardsmith.agents.llm.playback import play
from rewardsmith.cli.app import app
from rewardsmith.errors import ConfigError

FORM = "format_match(action, pattern='.*[a-m].*')"
WORKER = Path(__file__).with_name("launched.py")


def launch(base, *names):
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"]
    command += ["--num_processes", "2", "--num_machines", "1", "--main_process_port", "0"]
    command += ["--mixed_precision", "no", "--dynamo_backend", "no", str(WORKER), str(base)]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.Popen([*command, *names], stderr=subprocess.PIPE, env=env, text=True)


def spec_of(model_folder, **changes):
    small = {"model": str(model_folder), "num_generations": 4, "max_line_tokens": 6}
    return make_spec(
        "rewardsmith/Calculation-Easy-v0",
        reward=changes.pop("reward", f"env + 0.1*rnd(on=[turns, understood], warmup=0) + {FORM}"),
        algo="grpo",
        n_envs=8,
        eval_every=48,
        eval_episodes=5,
        env_kwargs={"max_episode_steps": 2},
        steps=changes.pop("steps", 128),
        hyperparameters={**small, "learning_rate": 1e-2, **changes},
    )


@pytest.fixture(scope="module")
def launched(tmp_path_factory, model_folder):
    """Two launches: one that is killed, and one that resumes it and runs everything else."""
    base = tmp_path_factory.mktemp("processes")
    spec = spec_of(model_folder)
    for name in ("killed", "whole"):
        spec.write(base / name / "spec.json")
    plain = {"trl": {"optim": "sgd"}, "learning_rate": 1.0, "steps": 32}
    spec_of(model_folder, reward=FORM, **plain).write(base / "scripted" / "spec.json")
    with launch(base, "killed") as first:
        deadline = time.monotonic() + 120
        while not list_checkpoints(base / "killed" / "checkpoints"):
            assert first.poll() is None, first.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.005)
        os.kill(int((base / "pid-0").read_text()), signal.SIGKILL)
        assert first.communicate()
    assert first.returncode != 0
    assert not (base / "killed" / "result.json").exists()
    with launch(base, "killed", "whole", "scripted") as second:
        _, told = second.communicate(timeout=200)
    assert second.returncode == 0, told
    return base, spec


def imported(path):
    found = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def weights(folder):
    (file,) = list_checkpoints(folder / "checkpoints")[0].glob("trainer/*.safetensors")
    return load_file(file)


def test_a_killed_launch_goes_on_where_it_was(launched):
    base, _ = launched
    for name in ("eval.csv", "terms.csv", "audit.json", "logs/turns.jsonl"):
        assert (base / "killed" / name).read_text() == (base / "whole" / name).read_text()
    killed, whole = weights(base / "killed"), weights(base / "whole")
    assert all(np.array_equal(killed[name], whole[name]) for name in whole)


def test_turns_of_all_processes_count(launched):
    base, _ = launched
    # 8 batches of 8 rollouts, of whom each process plays 4, of 2 turns each: nobody solves any
    result = json.loads((base / "whole" / "result.json").read_text())
    assert result["env_steps"] == 128
    assert json.loads((base / "whole" / "audit.json").read_text())["episodes"] == 64
    lines = (base / "whole" / "logs" / "turns.jsonl").read_text().splitlines()
    assert [json.loads(line)["env_steps"] for line in lines] == list(range(16, 129, 16))
    evaluated = (base / "whole" / "eval.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in evaluated] == ["env_steps", "0", "48", "96", "128"]
    assert all(row.endswith(",5") for row in evaluated[1:])


def test_two_processes_learn_what_one_does_from_the_same_rollouts(launched, tmp_path):
    base, _ = launched
    two = [np.load(base / f"weights-{rank}.npz") for rank in (0, 1)]
    assert all(np.array_equal(two[0][name], two[1][name]) for name in two[0])
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "spec.json").write_text((base / "scripted" / "spec.json").read_text())
    one = imported(WORKER).scripted_run(tmp_path / "one")
    model = json.loads((base / "scripted" / "spec.json").read_text())["hyperparameters"]["model"]
    before = load_file(Path(model) / "model.safetensors")
    moved = max(float(np.abs(one[name] - before[name]).max()) for name in before)
    apart = max(float(np.abs(one[name] - two[0][name]).max()) for name in two[0])
    assert moved > 1e-3
    assert apart < 1e-3 * moved


def test_the_other_process_has_a_state_of_its_own(launched):
    base, _ = launched
    from rewardsmith.storage import load_state

    (newest, *_) = list_checkpoints(base / "whole" / "checkpoints")
    other = load_state(newest / "process-1.npz")
    main = load_state(newest / "state.npz")["random"]
    assert not np.array_equal(other["random"]["torch"], main["torch"])
    assert set(other["stack"]) == set(load_state(newest / "stack.npz"))
    assert {p.name for p in (newest / "trainer").glob("rng*")} == {
        "rng_state_0.pth",
        "rng_state_1.pth",
    }


def test_another_number_of_processes_is_refused(launched):
    base, spec = launched
    (base / "whole" / "result.json").rename(base / "kept.json")
    with pytest.raises(ConfigError, match=r"as many processes as it began in.* 1 for a run of 2"):
        train(spec, base / "whole", resume=True)
    (base / "kept.json").rename(base / "whole" / "result.json")


def test_one_process_plays_the_model_of_two(launched):
    base, spec = launched
    film = play(spec, list_checkpoints(base / "whole" / "checkpoints")[0])
    assert len(film.env_rewards) == 2


@pytest.mark.parametrize(
    ("variables", "changes", "words"),
    [
        ({"WORLD_SIZE": "3"}, {}, r"num_generations \(4\) times the number of processes \(3\)"),
        ({}, {"micro_batch": 8}, r"micro_batch divides rollouts of a process \(4\)"),
        ({"LOCAL_WORLD_SIZE": "1"}, {}, "on one machine.* 2 processes, of which 1 are here"),
        ({"ACCELERATE_USE_FSDP": "true"}, {}, "holds the whole model.* FSDP"),
        ({}, {"trl": {"use_vllm": True}}, "holds the whole model.* use_vllm"),
        ({"MASTER_ADDR": ""}, {}, "where they meet.* MASTER_ADDR=,.*unset WORLD_SIZE"),
        ({"RANK": "2"}, {}, "RANK below WORLD_SIZE.* WORLD_SIZE=2, RANK=2"),
    ],
)
def test_what_several_processes_cannot_do(monkeypatch, model_folder, variables, changes, words):
    launched = {"WORLD_SIZE": "2", "RANK": "0", "LOCAL_RANK": "0"}
    launched |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}
    for name, value in {**launched, **variables}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=words):
        spec_of(model_folder, **changes)


def test_others_are_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match=r"--algo ppo runs in one process\. Received WORLD_SIZE"):
        make_spec("rewardsmith/CartPole-v0", algo="ppo")
    given = ["compare", "rewardsmith/CartPole-v0", "--reward", "env", "--out", str(tmp_path / "a")]
    told = CliRunner().invoke(app, given)
    assert "compare, which starts processes of its own, runs in one process" in str(told.exception)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize("variables", [{}, {"WORLD_SIZE": "0"}, {"WORLD_SIZE": "1", "RANK": "1"}])
def test_without_a_launcher_there_is_one_process(monkeypatch, variables):
    for name in ("WORLD_SIZE", "RANK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (processes.count(), processes.rank(), processes.is_main()) == (1, 0, True)
    assert processes.together([1, 2]) == [1, 2]
