"""Worker processes: some at a time, each with its log file, all ended when we are."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_GRACE = 5.0


@dataclass
class Job:
    """One process to run.

    Args:
        name: shown to the user.
        arguments: after `python -m`.
        log: takes its stderr.
    """

    name: str
    arguments: Sequence[str]
    log: Path
    process: subprocess.Popen[str] | None = field(default=None, repr=False)


#: called with a job and its news: a dict from the worker, or its exit status at the end
Listener = Callable[[Job, dict[str, Any] | int], None]


def run_jobs(jobs: Sequence[Job], parallel: int, listen: Listener) -> list[Job]:
    """Run all jobs, `parallel` at a time, and return those that failed.

    When this is interrupted (Ctrl-C or an error in `listen`) every worker is ended.
    """
    waiting, running, failed = deque(jobs), set[str](), list[Job]()
    news: queue.Queue[tuple[Job, dict[str, Any] | int]] = queue.Queue()
    try:
        while waiting or running:
            while waiting and len(running) < parallel:
                job = waiting.popleft()
                _start(job, news)
                running.add(job.name)
            job, message = news.get()
            if isinstance(message, int):
                running.discard(job.name)
                if message != 0:
                    failed.append(job)
            listen(job, message)
    finally:
        _end([j for j in jobs if j.process is not None])
    return failed


def _start(job: Job, news: queue.Queue[tuple[Job, dict[str, Any] | int]]) -> None:
    job.log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    with job.log.open("a", encoding="utf-8") as log:
        job.process = subprocess.Popen(
            [sys.executable, "-m", *job.arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            stdin=subprocess.DEVNULL,
            text=True,
            env=environment,
            # Ctrl-C reaches us alone; we end the workers.
            start_new_session=True,
        )
    threading.Thread(target=_read, args=(job, news), daemon=True).start()


def _read(job: Job, news: queue.Queue[tuple[Job, dict[str, Any] | int]]) -> None:
    process = job.process
    assert process is not None
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                continue  # an environment's own chatter
            if isinstance(message, dict):
                news.put((job, message))
    status = process.wait()
    if status < 0:
        _note_signal(job, -status)
    news.put((job, status))


def _note_signal(job: Job, number: int) -> None:
    # A killed process leaves no traceback.
    name = signal.Signals(number).name
    with job.log.open("a", encoding="utf-8") as log:
        log.write(f"ended from outside by {name}; run the same command again to continue\n")


def _end(jobs: Sequence[Job]) -> None:
    alive = [j.process for j in jobs if j.process and j.process.poll() is None]
    for process in alive:
        process.send_signal(signal.SIGTERM)
    for process in alive:
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
