"""Both levels, as root and as nobody, with a Python that everybody can start."""

from __future__ import annotations

import json
import os
import platform
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rewardsmith.contained import ContainmentError, Limits, runner
from rewardsmith.contained.filter import MACHINES, filter_program

PYTHON = "/usr/bin/python3"
NOBODY = 65534
Run = Callable[..., dict[str, Any]]


@pytest.fixture(params=["root", "nobody"])
def run(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a text at a level, with the keeper as root or as nobody."""
    if os.geteuid() != 0 or not os.path.exists(PYTHON):
        pytest.skip("needs root, to be nobody too, and a Python in /usr/bin")
    monkeypatch.setattr(sys, "executable", PYTHON)
    monkeypatch.setattr(sys, "base_prefix", "/usr")
    readable = Path("/tmp") / f"rewardsmith-levels-{os.getpid()}"
    shutil.rmtree(readable, ignore_errors=True)
    shutil.copytree(Path(runner.__file__).parent / "jail", readable / "jail")
    home = readable / "home"
    home.mkdir()
    who: dict[str, Any] = {}
    if request.param == "nobody":
        who = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        os.chown(home, NOBODY, NOBODY)

    def go(level: str, code: str, **limits: Any) -> dict[str, Any]:
        box = runner.HOME if level == "namespaces" else str(home)
        plan = runner._plan(level, {"a.py": "1"}, ["-c", code], "", Limits(**limits), box)
        keeper = [PYTHON, "-I", "-S", "-B", "-c", runner._KEEPER, str(readable)]
        done = subprocess.run(
            keeper,
            input=json.dumps(plan),
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            **who,
        )
        told: dict[str, Any] = json.loads(done.stdout)
        if "fault" in told:
            pytest.skip(told["fault"])
        return told

    yield go
    shutil.rmtree(readable, ignore_errors=True)


BOTH = pytest.mark.parametrize("level", ["namespaces", "weaker"])


@BOTH
def test_it_runs_as_somebody_else_than_root(run: Run, level: str) -> None:
    told = run(level, "import os; print(os.getuid() != 0, os.listdir('.'))")
    assert told["said"][0] == "True ['a.py']\n"


@BOTH
def test_a_fork_bomb_and_a_daemon_leave_nothing(run: Run, level: str, named: Any) -> None:
    word = f"marked_{os.getpid()}"
    forks = "while True:\n  try: os.fork()\n  except OSError: time.sleep(1)"
    bomb = f"{word} = 1\nimport os, time\n{forks}"
    assert run(level, bomb, wall_s=0.5, memory_mb=2000)["stopped"] == "time"
    daemon = f"{word} = 1\nimport os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(99)"
    assert run(level, daemon)["returncode"] == 0
    assert named(word) == []


@BOTH
def test_no_socket_no_signal_no_memory_no_file_outside(run: Run, level: str) -> None:
    code = """
import os, socket
for harm in (socket.socket, lambda: os.kill(os.getppid(), 9), lambda: bytearray(10 << 30),
             lambda: open("/usr/harm", "w"), lambda: os.setuid(0)):
    try:
        harm()
        print("done")
    except (OSError, MemoryError) as error:
        print(type(error).__name__)
"""
    said = run(level, code)["said"][0].split()
    # in a namespace, process 1 takes no signal from its children, which is no error
    assert said[1] == ("PermissionError" if level == "weaker" else said[1])
    assert [said[0], said[2]] == ["PermissionError", "MemoryError"]
    assert said[3] in ("PermissionError", "OSError")
    assert said[4] in ("PermissionError", "OSError")


@BOTH
def test_output_is_cut(run: Run, level: str) -> None:
    told = run(level, "while True: print('x' * 99)", output_bytes=500)
    assert (told["stopped"], len(told["said"][0])) == ("output", 500)


def test_other_machines_have_no_filter_and_contain_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert filter_program("riscv64", signals=True) == b""
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert runner.containment.__wrapped__() == "none"


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_answers_by_hand(machine: str) -> None:
    """A small interpreter of the four instructions that the filter is made of."""
    arch, numbers = MACHINES[machine]

    def answer(number: int, *, flags: int = 0, of: int = arch, signals: bool = False) -> int:
        code = list(struct.iter_unpack("=HBBI", filter_program(machine, signals=signals)))
        data, place, held = {0: number, 4: of, 16: flags}, 0, 0
        while True:
            kind, true, false, value = code[place]
            place += 1
            if kind == 0x06:
                return int(value)
            if kind == 0x20:
                held = data[value]
            else:
                holds = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[kind]
                place += true if holds else false

    allow, eperm, enosys, kill = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
    assert answer(0) == allow
    assert answer(numbers["socket"]) == answer(numbers["kill"]) == eperm
    assert answer(numbers["kill"], signals=True) == allow
    assert answer(numbers["clone3"]) == enosys
    assert answer(numbers["clone"], flags=0x11) == allow  # a fork
    assert answer(numbers["clone"], flags=0x10000011) == eperm  # into a new user namespace
    assert answer(0, of=1) == kill
    assert answer(0x40000000) == eperm


def test_a_keeper_that_cannot_do_its_work_says_so() -> None:
    with pytest.raises(ContainmentError, match=r"refuses|broke"):
        runner._told({"level": "namespaces", "input": ""}, Limits())
