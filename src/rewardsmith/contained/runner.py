"""Run a stranger's Python program where it can do no harm."""

from __future__ import annotations

import functools
import itertools
import json
import os
import platform
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from rewardsmith.errors import ConfigError, RewardsmithError

from .filter import MACHINES, filter_program

HOME = "/box"
#: the keeper imports the folder `jail` by itself: this package would take it half a second
_KEEPER = "import sys; sys.path.insert(0, sys.argv[1]); from jail.keeper import main; main()"
#: user ids that no account has, one for each run, so that a limit of processes is its own
_FIRST_USER, _USERS = 1_900_000_000, itertools.count()
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
}
_LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")
#: folders of which one is covered by the box while it is built
_COVERED = ("/tmp", "/mnt", "/media", "/srv", "/opt", "/home")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


class ContainmentError(RewardsmithError, RuntimeError):
    """This machine cannot contain a program as well as was asked for."""


@dataclass(frozen=True)
class Limits:
    """What a program may use; the defaults are plenty for unit tests.

    Args:
        wall_s: seconds until it is killed with all that it started.
        cpu_s: CPU seconds of each process.
        memory_mb: MiB of address space of each process, and of memory of all together.
        processes: processes and threads at a time.
        file_mb: MiB of one file.
        folder_mb: MiB of all files (in memory, so that no disk fills up).
        open_files: file descriptors of each process.
        output_bytes: bytes of each output; a program that says more is killed.
    """

    wall_s: float = 5.0
    cpu_s: int = 5
    memory_mb: int = 512
    processes: int = 16
    file_mb: int = 8
    folder_mb: int = 32
    open_files: int = 64
    output_bytes: int = 100_000

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not value > 0:
                raise ConfigError(f"Limits({name}=...) is above 0. Received {value!r}.")


@dataclass(frozen=True)
class Finished:
    """What became of a program.

    Args:
        returncode: as `subprocess` has it; None if it was killed at a limit of ours.
        stdout, stderr, answers: what it wrote to file descriptors 1, 2 and 3.
        stopped: the limit that it was killed at: `time`, `memory`, `output`, or nothing.
        seconds: wall time.
    """

    returncode: int | None
    stdout: str
    stderr: str
    answers: str
    stopped: str
    seconds: float


@functools.cache
def containment() -> str:
    """How well this machine can contain a program, tried once with a real one.

    `namespaces`: own processes, files, network, IPC; `weaker`: limits, a filter of system calls
    that keeps the network out, and, for root, a user of its own; `none`: not even that.
    """
    if not sys.platform.startswith("linux") or platform.machine() not in MACHINES:
        return "none"
    for level in ("namespaces", "weaker"):
        try:
            if _run(level, {}, ["-c", "print(1)"], "", Limits()).stdout == "1\n":
                return level
        except ContainmentError:
            continue
    return "none"


def require_containment(*, allow_weaker: bool = False) -> str:
    """The level that programs will run at; with `allow_weaker` a weak one only warns, once.

    Raises:
        ContainmentError: no namespaces and no leave to do without, or no containment at all.
    """
    level = containment()
    if level == "none" or (level == "weaker" and not allow_weaker):
        remedy = (
            "Run it on Linux as a user who may make user namespaces (sysctl "
            "kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0), "
            "or in a container started with --cap-add SYS_ADMIN --security-opt seccomp=unconfined"
        )
        weaker = ", or pass allow_weaker=True: limits and no network, but the program can read "
        raise ContainmentError(
            "A stranger's code runs only in namespaces of its own, and this machine lets nobody "
            f"make them (found: {level}). {remedy}"
            f"{weaker + 'what its user can.' if level == 'weaker' else '.'}"
        )
    if level == "weaker":
        _warn_once()
    return level


def run_contained(
    files: Mapping[str, str],
    arguments: Sequence[str],
    *,
    given: str = "",
    limits: Limits | None = None,
    allow_weaker: bool = False,
) -> Finished:
    """Run `python *arguments` in a new folder of `files`, with the standard library alone.

    The program starts in that folder, its only writable one, gone afterwards; there is no
    network. It sees Python, the system's libraries, and nothing else of the machine.

    Args:
        files: relative path -> text.
        arguments: for instance `["main.py"]` or `["-c", "print(1)"]`.
        given: what it can read on its standard input.

    Raises:
        ContainmentError: see `require_containment`.
        ConfigError: a path that leads out of the folder.
    """
    for name in files:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
            raise ConfigError(f"A file's path leads into the folder, with '/'. Received {name!r}.")
    level = require_containment(allow_weaker=allow_weaker)
    return _run(level, files, arguments, given, limits or Limits())


def _run(
    level: str, files: Mapping[str, str], arguments: Sequence[str], given: str, limits: Limits
) -> Finished:
    if level == "namespaces":
        return _told(_plan(level, files, arguments, given, limits, HOME), limits)
    with tempfile.TemporaryDirectory(prefix="rewardsmith-") as home:
        return _told(_plan(level, files, arguments, given, limits, home), limits)


def _plan(
    level: str,
    files: Mapping[str, str],
    arguments: Sequence[str],
    given: str,
    limits: Limits,
    home: str,
) -> dict[str, Any]:
    python = os.path.realpath(sys.executable)
    return {
        "level": level,
        "files": dict(files),
        "input": given,
        "limits": asdict(limits),
        "home": home,
        "uid": _FIRST_USER + (os.getpid() * 64 + next(_USERS) % 64) % 200_000_000,
        "argv": [python, "-E", "-s", "-S", "-B", *arguments],
        "environment": {**_ENVIRONMENT, "HOME": home, "TMPDIR": home},
        "filter": filter_program(platform.machine(), signals=level == "namespaces").hex(),
        **seen(python),
    }


@functools.cache
def seen(python: str) -> dict[str, Any]:
    """Which paths of the machine the program sees, and the symbolic links among them."""
    prefix = os.path.realpath(sys.base_prefix)
    wanted = [*_LIBRARIES, *_DEVICES, python]
    wanted += [] if prefix in ("/", "/usr") else [prefix]
    found = [path for path in wanted if os.path.exists(path)]
    links = [(path, os.readlink(path)) for path in found if os.path.islink(path)]
    real = sorted({path for path in found if not os.path.islink(path)})
    inner = {p for p in real for q in real if p.startswith(q + "/")}
    binds = [path for path in real if path not in inner]
    over = next(f for f in _COVERED if Path(f).is_dir() and not any(b.startswith(f) for b in binds))
    return {"binds": binds, "links": links, "over": over}


def _told(plan: dict[str, Any], limits: Limits) -> Finished:
    here = str(Path(__file__).parent)
    try:
        done = subprocess.run(
            [os.path.realpath(sys.executable), "-I", "-S", "-B", "-c", _KEEPER, here],
            input=json.dumps(plan),
            capture_output=True,
            encoding="utf-8",
            env=_ENVIRONMENT,
            start_new_session=True,
            timeout=limits.wall_s + 30,  # the keeper ends the program long before
            check=False,
        )
    except subprocess.TimeoutExpired:  # the keeper is killed, and the kernel kills its children
        raise ContainmentError(f"The keeper gave no report in {limits.wall_s + 30} s.") from None
    try:
        told = json.loads(done.stdout)
    except ValueError:
        raise ContainmentError(f"The keeper of the program broke: {done.stderr[-300:]}") from None
    if "fault" in told:
        raise ContainmentError(f"This machine refuses what containment needs: {told['fault']}.")
    said = told.pop("said")
    return Finished(stdout=said[0], stderr=said[1], answers=said[2], **told)


@functools.cache
def _warn_once() -> None:
    warnings.warn(
        "No namespaces here: programs run with limits and without network, but they can read "
        "what their user can.",
        RuntimeWarning,
        stacklevel=4,
    )
