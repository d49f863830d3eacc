import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rewardsmith.agents.classic.folder import RunFolder
from rewardsmith.agents.compare.sweep import compare
from rewardsmith.errors import ConfigError

CARTPOLE = "rewardsmith/CartPole-v0"
SETTINGS = {"steps": 512, "eval_every": 256, "eval_episodes": 2, "audit": False}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    out = tmp_path_factory.mktemp("sweep")
    return out, compare(CARTPOLE, ["sparse", "potential"], seeds=[0], out=out, jobs=2, **SETTINGS)


def test_every_run_is_finished_and_the_report_written(swept):
    out, report = swept
    assert report.exists()
    assert report.parent == out
    for label in ("sparse", "potential"):
        assert RunFolder(out / "runs" / label / "seed-0").finished().env_steps == 512


def test_without_audits_the_report_has_no_such_column(swept):
    out, report = swept
    assert not list(out.rglob("audit*"))
    assert 'data-head="audit"' not in report.read_text()
    assert "<b>Audit" not in report.read_text()


def test_the_terms_of_each_reward_have_their_columns(swept):
    with (swept[0] / "runs" / "potential" / "seed-0" / "terms.csv").open() as file:
        assert csv.DictReader(file).fieldnames == [
            "env_steps",
            "env",
            "potential",
            "env_return",
            "success",
        ]


def test_the_same_command_again_keeps_what_is_finished(swept, capsys):
    out, _ = swept
    result = out / "runs" / "sparse" / "seed-0" / "result.json"
    before = result.stat().st_mtime_ns
    compare(CARTPOLE, ["sparse", "potential"], seeds=[0], out=out, jobs=2, **SETTINGS)
    assert result.stat().st_mtime_ns == before
    assert capsys.readouterr().err.count("(kept)") == 2


def test_another_comparison_in_the_same_folder_is_refused(swept):
    settings = {**SETTINGS, "steps": 600}
    with pytest.raises(ConfigError, match="Choose another --out"):
        compare(CARTPOLE, ["sparse"], seeds=[0], out=swept[0], jobs=1, **settings)


def test_a_failed_run_is_told_and_the_others_are_reported(tmp_path, capsys):
    # The square root is of a negative number as soon as the cart is left of the centre.
    rewards = ["sparse", "env + sqrt(cart_position)"]
    failed = tmp_path / "runs" / "env-sqrt-cart_position" / "seed-0"
    with pytest.raises(ConfigError, match=r"failed: env-sqrt-cart_position seed 0 .*log\.txt"):
        compare(CARTPOLE, rewards, seeds=[0], out=tmp_path, jobs=2, **SETTINGS)
    assert RunFolder(tmp_path / "runs" / "sparse" / "seed-0").finished()
    assert "NonFiniteRewardError" in (failed / "log.txt").read_text()
    assert "failed, see" in capsys.readouterr().err
    page = (tmp_path / "report.html").read_text()
    assert "Failed: 1 of 2 runs" in page
    assert "<b>env-sqrt-cart_position seed 0</b>: NonFiniteRewardError: Every reward" in page
    assert "1 of 1" in page
    assert "Unfinished" not in page


@pytest.mark.parametrize(
    ("rewards", "algo", "told"),
    [
        (["env", "outcome"], "dqn", r"The reward 'outcome' cannot be.*Use --algo ppo or a2c"),
        (["env"], "sac", "Use --algo ppo or a2c or dqn"),
    ],
)
def test_what_cannot_run_is_refused_before_anything_trains(tmp_path, rewards, algo, told):
    out = tmp_path / "out"
    with pytest.raises(ConfigError, match=told):
        compare(CARTPOLE, rewards, seeds=[0], out=out, jobs=1, algo=algo, steps=100)
    assert not out.exists()


@pytest.mark.parametrize(("file", "told"), [("spec.json", "another run"), ("a.tex", "a.tex")])
def test_a_folder_of_something_else_is_refused(tmp_path, file, told):
    (tmp_path / file).write_text("{}")
    with pytest.raises(ConfigError, match=f"which holds {told}"):
        compare(CARTPOLE, ["env"], seeds=[0], out=tmp_path, jobs=1, **SETTINGS)
    assert [p.name for p in tmp_path.iterdir()] == [file]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"jobs": 0}, "jobs is at least 1"), ({"threshold": 0.0}, "threshold is a success rate")],
)
def test_a_wrong_setting_is_refused(tmp_path, wrong, message):
    with pytest.raises(ConfigError, match=message):
        compare(CARTPOLE, ["sparse"], seeds=[0], out=tmp_path, **wrong)


def descendants(pid):
    """Process ids below `pid`, from /proc."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    return [p for p, parent in parents.items() if parent == pid]


@pytest.fixture
def sweeping(tmp_path):
    """A sweep in a process of its own that has written its first checkpoint."""
    code = "from rewardsmith.cli import main; main()"
    arguments = [CARTPOLE, "--reward", "sparse", "--seeds", "1", "--steps", "20000"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, "compare", *arguments, "--out", str(tmp_path), "--jobs", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("runs/sparse/seed-0/checkpoints/step-*")):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_two_sweeps_in_one_folder_at_once_are_refused(tmp_path, sweeping):
    with pytest.raises(ConfigError, match="another process trains now"):
        compare(CARTPOLE, ["sparse"], seeds=[0], out=tmp_path, jobs=1, steps=20000)
    assert sweeping.poll() is None


def test_ctrl_c_ends_the_workers(tmp_path, sweeping):
    run = tmp_path / "runs" / "sparse" / "seed-0"
    workers = descendants(sweeping.pid)
    assert workers
    sweeping.send_signal(signal.SIGINT)
    told = sweeping.stderr.read()
    assert sweeping.wait(30) != 0
    assert "Traceback" not in told
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert not (run / "result.json").exists()
    assert json.loads((tmp_path / "compare.json").read_text())["seeds"] == [0]
