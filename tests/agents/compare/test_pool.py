import os
import sys
import time

import pytest

from rewardsmith.agents.compare.pool import Job, run_jobs

TALK = """
import json, os, sys, time
print("chatter of a library")
print(json.dumps({"env_steps": 1, "threads": os.environ["OMP_NUM_THREADS"]}), flush=True)
time.sleep(float(sys.argv[1]))
"""
FAIL = "raise ValueError('boom')"
CRASH = "import os; os.kill(os.getpid(), 9)"


@pytest.fixture
def job(tmp_path, monkeypatch):
    """Make a job that runs some code as a module."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def make(name, code, *arguments):
        (tmp_path / f"{name}_module.py").write_text(code)
        return Job(name, [f"{name}_module", *arguments], tmp_path / "logs" / f"{name}.txt")

    return make


def test_news_come_in_and_failures_leave_a_traceback(job):
    heard = {}
    jobs = [job("good", TALK, "0"), job("bad", FAIL), job("dead", CRASH)]
    failed = run_jobs(jobs, 2, lambda j, news: heard.setdefault(j.name, []).append(news))
    assert heard["good"] == [{"env_steps": 1, "threads": "1"}, 0]
    assert heard["bad"] == [1]
    assert heard["dead"] == [-9]
    assert {j.name for j in failed} == {"bad", "dead"}
    assert "ValueError: boom" in jobs[1].log.read_text()
    assert "ended from outside by SIGKILL" in jobs[2].log.read_text()


def test_no_more_run_at_a_time_than_asked(job):
    running, most = set(), []

    def listen(j, news):
        running.discard(j.name) if isinstance(news, int) else running.add(j.name)
        most.append(len(running))

    assert run_jobs([job(f"j{i}", TALK, "0.2") for i in range(4)], 2, listen) == []
    assert max(most) <= 2


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_interruption_ends_every_worker(job):
    jobs = [job(f"j{i}", TALK, "60") for i in range(3)]
    started = []

    def listen(j, news):
        started.append(j)
        if len(started) == 2:
            raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_jobs(jobs, 2, listen)
    assert time.monotonic() - begun < 30
    assert [j.name for j in jobs if j.process is not None] == ["j0", "j1"]
    assert not any(alive(j.process.pid) for j in started)
    assert sys.executable in jobs[0].process.args
