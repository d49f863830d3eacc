"""Whether two texts state the same formula, asked of a worker that is ended if it is slow."""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from rewardsmith.errors import RewardsmithError, require

from .stated import LONGEST

#: seconds for the worker to load SymPy
LOADING = 60.0
_WORKER = Path(__file__).with_name("math_worker.py")


class Died(Exception):
    """The worker ended, or answered another question, before its time was over."""


class Formulas:
    """Compares formulas in a worker, which starts with the first pair and serves all terms.

    A worker that has not answered in time is killed; the pair then counts as different, and the
    next one starts another. One that something else has ended (such as the kernel, for want of
    memory) is started again and asked once more; if that one ends too, the pair counts as
    different. A process that was forked starts its own. An exception that comes in between, such
    as KeyboardInterrupt, ends the worker, so that no later pair gets its answer.
    """

    def __init__(self) -> None:
        self._lock, self._number = threading.Lock(), 0
        self._process: subprocess.Popen[bytes] | None = None
        self._others: list[subprocess.Popen[bytes]] = []

    def same(self, answer: str, reference: str, seconds: float) -> bool | None:
        """Whether both state the same; None if the reference is no formula.

        Args:
            answer, reference: formulas; one that is empty or longer than `LONGEST` is none.
            seconds: for the comparison, once the worker has started.
        """
        if not reference or len(reference) > LONGEST:
            return None
        if not answer or len(answer) > LONGEST:
            return False
        with self._lock:
            for _ in range(2):
                try:
                    return self._asked(answer, reference, seconds)
                except Died:
                    self._end()
                except BaseException:  # the worker may still answer, which nobody would read
                    self._end()
                    raise
            return False

    def _asked(self, answer: str, reference: str, seconds: float) -> bool | None:
        process = self._started()
        self._number += 1
        line = json.dumps([self._number, seconds, answer, reference]) + "\n"
        try:
            number, same, full = json.loads(_told(process, line, seconds))
        except TimeoutError:
            self._end()
            return False
        except ValueError:  # two lines, of which one answers another question
            raise Died from None
        if number != self._number:
            raise Died
        if full:
            self._end()
        found: bool | None = same
        return found

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process = _start()
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            _kill(process)

    def _forked(self) -> None:
        """In a process just forked: the lock and the worker are another's, which goes on."""
        self._lock = threading.Lock()
        process, self._process = self._process, None
        if process is not None:
            self._others.append(process)  # else Python would say that it still runs
            for pipe in (process.stdin, process.stdout):
                assert pipe is not None
                pipe.close()  # so that the worker ends with the other process


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


def _start() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-I", str(_WORKER)],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        _told(process, "", LOADING)
    except (Died, TimeoutError):
        _kill(process)
        raise RewardsmithError(
            f"math-verify did not start within {LOADING:.0f} s. Try `python -c 'import "
            "math_verify'`, or use verifier='numbers'."
        ) from None
    except BaseException:
        _kill(process)
        raise
    return process


def _told(process: subprocess.Popen[bytes], line: str, seconds: float) -> str:
    """The answer to a line.

    Raises:
        TimeoutError: it did not come in time.
        Died: the worker ended.
    """
    assert process.stdin is not None
    assert process.stdout is not None
    end, told, left = time.monotonic() + seconds, b"", line.encode()
    try:
        while left:
            left = left[os.write(process.stdin.fileno(), left) :]
    except BrokenPipeError:
        raise Died from None
    while not told.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(end - time.monotonic(), 0.0))
        if not ready:
            raise TimeoutError
        more = os.read(process.stdout.fileno(), 4096)
        if not more:
            _kill(process)
            raise TimeoutError if process.returncode == -signal.SIGALRM else Died
        told += more
    return told.decode()


def needs_math_verify() -> None:
    """Raise `MissingExtraError` unless math-verify is installed; it is not loaded here."""
    if importlib.util.find_spec("math_verify") is None:
        require("math_verify", extra="math")


FORMULAS = Formulas()
atexit.register(FORMULAS._end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=FORMULAS._forked)
