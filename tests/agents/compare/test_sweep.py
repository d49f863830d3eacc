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
SETTINGS = {"steps": 512, "eval_every": 256, "eval_episodes": 2}


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


def test_a_failed_run_is_told_and_the_others_go_on(tmp_path, capsys):
    # The square root is of a negative number as soon as the cart is left of the centre.
    rewards = ["sparse", "env + sqrt(cart_position)"]
    with pytest.raises(ConfigError, match=r"No run of 'env-sqrt-cart_position' finished.*log\.txt"):
        compare(CARTPOLE, rewards, seeds=[0], out=tmp_path, jobs=2, **SETTINGS)
    assert RunFolder(tmp_path / "runs" / "sparse" / "seed-0").finished()
    log = tmp_path / "runs" / "env-sqrt-cart_position" / "seed-0" / "log.txt"
    assert "NonFiniteRewardError" in log.read_text()
    assert "failed, see" in capsys.readouterr().err


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


def test_ctrl_c_ends_the_workers_and_the_sweep_goes_on_later(tmp_path):
    arguments = [CARTPOLE, "--reward", "sparse", "--seeds", "1", "--steps", "20000"]
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from rewardsmith.cli import main; main()",
            "compare",
            *arguments,
            *["--out", str(tmp_path), "--jobs", "1"],
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    run = tmp_path / "runs" / "sparse" / "seed-0"
    deadline = time.monotonic() + 60
    while not list((run / "checkpoints").glob("step-*")):
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    workers = descendants(process.pid)
    assert workers
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "Traceback" not in told
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert not (run / "result.json").exists()
    assert json.loads((tmp_path / "compare.json").read_text())["seeds"] == [0]
