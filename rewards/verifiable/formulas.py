"""Whether two texts state the same formula, asked of a worker that is ended if it is slow."""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import re
import select
import subprocess
import sys
import threading
import time
from pathlib import Path

from rewardsmith.errors import RewardsmithError, require

from .answers import last_line
from .numbers import MOST, marked

#: longest formula that is compared, in characters
LONGEST = 1000
#: seconds for the worker to load SymPy
LOADING = 60.0
_WORKER = Path(__file__).with_name("math_worker.py")
_INLINE = re.compile(r"\$([^$]{1,1000}+)\$|\\\((.{1,1000}?)\\\)|\\\[(.{1,1000}?)\\\]", re.DOTALL)


def formula(text: str) -> str:
    r"""The formula that a text ends with.

    What stands in the last \boxed{...} or after the last `####`; else the last formula between
    dollars, \(...\) or \[...\]; else the last line, without a full stop.

    >>> formula("It is $x + 1$, that is, $2x$."), formula("so\n1/2.")
    ('2x', '1/2')
    """
    text = text[-MOST:]
    if found := marked(text):
        return found.strip()
    inline: list[tuple[str, ...]] = _INLINE.findall(text[-4 * LONGEST :])
    if inline:
        return "".join(inline[-1]).strip()
    return last_line(text).rstrip(".")


class Formulas:
    """Compares formulas in a worker, which starts with the first pair and serves all terms.

    A worker that has not answered in time is killed; the pair then counts as different, and the
    next one starts another. A process that was forked starts its own.
    """

    def __init__(self) -> None:
        self._lock, self._owner = threading.Lock(), 0
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
            process = self._started()
            told = _told(process, json.dumps([answer, reference]) + "\n", seconds)
            if told is None:
                self._end()
                return False
            found: bool | None = json.loads(told)
            return found

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner != os.getpid():
            self._others.append(self._process)  # of the process that was forked, which goes on
            self._process = None
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None:
            self._process, self._owner = _start(), os.getpid()
        return self._process

    def _end(self) -> None:
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.communicate()
            self._process = None


def _start() -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-I", str(_WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )
    if _told(process, "", LOADING) is None:
        process.kill()
        process.communicate()
        raise RewardsmithError(
            f"math-verify did not start within {LOADING:.0f} s. Try `python -c 'import "
            "math_verify'`, or use verifier='numbers'."
        )
    return process


def _told(process: subprocess.Popen[bytes], line: str, seconds: float) -> str | None:
    """The answer to a line; None if it did not come in time, or the worker has died."""
    assert process.stdin is not None
    assert process.stdout is not None
    end, told = time.monotonic() + seconds, b""
    try:
        process.stdin.write(line.encode())
        process.stdin.flush()
    except BrokenPipeError:
        return None
    while not told.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], max(end - time.monotonic(), 0.0))
        more = os.read(process.stdout.fileno(), 4096) if ready else b""
        if not more:
            return None
        told += more
    return told.decode()


def needs_math_verify() -> None:
    """Raise `MissingExtraError` unless math-verify is installed; it is not loaded here."""
    if importlib.util.find_spec("math_verify") is None:
        require("math_verify", extra="math")


FORMULAS = Formulas()
atexit.register(FORMULAS._end)
