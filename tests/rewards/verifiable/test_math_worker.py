"""The worker's life: interrupts, forks, kills from outside, parents that are gone, memory."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from rewardsmith.rewards.verifiable import formulas, math_worker
from rewardsmith.rewards.verifiable.formulas import FORMULAS, _told

pytest.importorskip("math_verify")
IMPORT = "from rewardsmith.rewards.verifiable.formulas import FORMULAS as F\n"
#: one product of Python's integers, amid which no code of ours runs
SLOW = "9^{9^{9}}"
SLOW_FOR_SYMPY = r"\int_0^1 e^{x^{x}}"


class Stop(Exception):
    pass


def _stop(*_):
    raise Stop


def _worker():
    """The process that compares, once it has started."""
    assert FORMULAS.same("1", "1", 20) is True
    return FORMULAS._process


@pytest.fixture
def alarm():
    """Raise `Stop` after so many seconds."""
    before = signal.signal(signal.SIGALRM, _stop)
    yield lambda seconds: signal.setitimer(signal.ITIMER_REAL, seconds)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


def test_an_exception_amid_a_pair_ends_the_worker_so_that_no_answer_is_left(alarm):
    first = _worker()
    alarm(0.1)
    with pytest.raises(Stop):
        FORMULAS.same(SLOW_FOR_SYMPY, "1", 20)
    assert first.returncode == -signal.SIGKILL
    assert [FORMULAS.same(f"{k}/2", str(k * 0.5 + k % 2), 20) for k in range(4)] == [
        True,
        False,
        True,
        False,
    ]


def test_an_exception_while_the_worker_starts_ends_it(alarm, monkeypatch):
    FORMULAS._end()
    begun = []
    told = formulas._told

    def seen(process, line, seconds):
        begun.append(process)
        return told(process, line, seconds)

    monkeypatch.setattr(formulas, "_told", seen)
    alarm(0.05)
    with pytest.raises(Stop):
        FORMULAS.same("1", "1", 20)
    assert begun[0].returncode == -signal.SIGKILL
    assert FORMULAS._process is None


def test_an_answer_to_another_question_is_not_taken():
    first = _worker()
    os.write(first.stdin.fileno(), b'[-1, 20, "1", "1"]\n')  # its answer, true, comes first
    assert FORMULAS.same("1", "2", 20) is False
    assert first.returncode is not None
    assert FORMULAS.same("2", "2", 20) is True


def test_a_worker_that_was_killed_between_pairs_is_replaced():
    first = _worker()
    first.kill()
    first.wait()
    assert FORMULAS.same("2", "2", 20) is True
    assert FORMULAS._process is not first


def test_a_pair_whose_worker_is_killed_from_outside_is_asked_again():
    first = _worker()
    os.kill(first.pid, signal.SIGSTOP)  # so that the pair is still open
    killer = threading.Timer(0.2, first.kill)
    killer.start()
    assert FORMULAS.same("x^2 - 1", "(x-1)(x+1)", 20) is True
    killer.join()
    assert first.returncode == -signal.SIGKILL


def test_a_pair_that_ends_every_worker_is_asked_twice(monkeypatch):
    asked = []

    def dies(process, line, seconds):
        if line:
            asked.append(process.pid)
            process.kill()
        return _told(process, line, seconds)

    monkeypatch.setattr(formulas, "_told", dies)
    assert FORMULAS.same("1", "1", 20) is False
    assert len(set(asked)) == 2


def test_the_timer_ends_a_worker_that_nobody_ends():
    worker = formulas._start()
    begun = time.monotonic()
    with pytest.raises(TimeoutError):  # our own timeout: it is not asked again
        _told(worker, f'[1, 0.2, "{SLOW}", "1"]\n', 20)
    assert worker.returncode == -signal.SIGALRM
    assert math_worker.GRACE < time.monotonic() - begun < 10


def test_a_worker_ends_soon_after_a_parent_that_was_killed():
    code = f'{IMPORT}F.same("1", "1", 20)\nprint(F._process.pid, flush=True)\n'
    code += f'print(F.same({SLOW!r}, "1", 1.5))'
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    worker = int(parent.stdout.readline())
    time.sleep(0.3)
    parent.kill()
    parent.communicate()
    assert _runs(worker)
    end = time.monotonic() + 10
    while _runs(worker):
        assert time.monotonic() < end
        time.sleep(0.1)


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_fork_while_another_thread_compares_starts_its_own_worker():
    code = f"""{IMPORT}import os, signal, threading, time
F.same("1", "1", 20)
first = F._process
thread = threading.Thread(target=F.same, args=("{SLOW}", "1", 3))
thread.start()
time.sleep(0.2)
pid = os.fork()
if pid == 0:
    signal.alarm(20)
    right = F.same("1", "1", 20) and F._process.pid != first.pid and first.stdin.closed
    F._end()
    os._exit(not right)
print(os.waitpid(pid, 0)[1])
thread.join()
print(F.same("2", "2", 20))
"""
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert told.stdout.split() == ["0", "True"], told.stderr


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="Linux tells the size")
def test_a_worker_that_grew_is_replaced_and_never_takes_much():
    first = _worker()
    with open(f"/proc/{first.pid}/limits") as file:
        most = next(int(line.split()[3]) for line in file if "address space" in line)
    assert math_worker.MEMORY < most < math_worker.MEMORY + 2**29
    for k in range(200):  # each power is a megabyte that SymPy remembers
        assert FORMULAS.same(f"2^{{{8 * 10**6 + k}}}", "1", 20) is False
        if FORMULAS._process is None:
            break
    assert first.returncode == -signal.SIGKILL
    assert FORMULAS.same("x^2 - 1", "(x-1)(x+1)", 20) is True
