"""Process 1 of the namespace, and how the program becomes what it is."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
from typing import Any, NoReturn

from .kernel import DUMPABLE, MIB, NO_NEW_PRIVS, PDEATHSIG, SECCOMP, call
from .root import build_root


class Pipes:
    """The program's input (sealed), its outputs (1, 2, and 3 for answers), its exit status."""

    def __init__(self, given: bytes) -> None:
        self.input = os.memfd_create("input", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.write(self.input, given)
        os.lseek(self.input, 0, os.SEEK_SET)
        sealed = fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL
        fcntl.fcntl(self.input, fcntl.F_ADD_SEALS, sealed)
        self.outputs = {number: os.pipe() for number in (1, 2, 3)}
        self.status = os.pipe()

    def close_ends_of_program(self) -> None:
        """Close what only the program needs, so that its end can be seen."""
        os.close(self.input)
        for _, write in self.outputs.values():
            os.close(write)


def write_files(plan: dict[str, Any], home: str) -> None:
    """Write the program's files and give them, with the folder, to its user."""
    for name, text in plan["files"].items():
        path = os.path.join(home, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    if os.geteuid() == 0:
        for folder, _, names in os.walk(home):
            for path in [folder, *(os.path.join(folder, n) for n in names)]:
                os.chown(path, plan["uid"], plan["uid"])


def launch(plan: dict[str, Any], pipes: Pipes) -> NoReturn:
    """Become the program: pipes, limits, user, filter, in this order."""
    try:
        call("prctl", DUMPABLE, 1, 0, 0, 0)
        os.setsid()
        os.chdir(plan["home"])
        connect(pipes)
        set_limits(plan["limits"])
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(plan["uid"], plan["uid"], plan["uid"])
            os.setresuid(plan["uid"], plan["uid"], plan["uid"])
        os.umask(0o077)
        call("prctl", NO_NEW_PRIVS, 1, 0, 0, 0)
        filter_calls(bytes.fromhex(plan["filter"]))
        os.execve(plan["argv"][0], plan["argv"], plan["environment"])
    except BaseException as error:  # nothing of the keeper may run on in this process
        os.write(2, f"could not start: {error}".encode())
    os._exit(127)


def connect(pipes: Pipes) -> None:
    """Put the pipes on file descriptors 0 to 3, and let no other one through."""
    ends = [os.dup(pipes.input), *(os.dup(w) for _, w in pipes.outputs.values())]
    high = [os.dup2(end, 100 + i, inheritable=False) for i, end in enumerate(ends)]
    for number, end in enumerate(high):
        os.dup2(end, number)
    os.closerange(4, 1024)


def set_limits(limits: dict[str, Any]) -> None:
    """Limits of the kernel that each process of the program has."""
    wanted = {
        resource.RLIMIT_CPU: limits["cpu_s"],
        resource.RLIMIT_AS: limits["memory_mb"] * MIB,
        resource.RLIMIT_FSIZE: limits["file_mb"] * MIB,
        resource.RLIMIT_NPROC: limits["processes"],
        resource.RLIMIT_NOFILE: limits["open_files"],
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        number = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (number, number))


def filter_calls(program: bytes) -> None:
    """Install a seccomp filter, if there is one for this machine."""
    if program:
        code = ctypes.create_string_buffer(program, len(program))

        class Program(ctypes.Structure):
            _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

        block = Program(len(program) // 8, ctypes.addressof(code))
        call("prctl", SECCOMP, 2, ctypes.byref(block), 0, 0)


def first_process(plan: dict[str, Any], pipes: Pipes) -> NoReturn:
    """Process 1 of the namespace: its end is everybody's end."""
    try:
        call("prctl", PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        call("prctl", DUMPABLE, 0, 0, 0, 0)
        os.setsid()
        if plan["level"] == "namespaces":
            build_root(plan)
        write_files(plan, plan["home"])
        program = os.fork()
        if program == 0:
            launch(plan, pipes)
        pipes.close_ends_of_program()
        said = str(exit_code(program))
    except BaseException as error:  # the keeper's own code must not run on in this process
        said = f"fault: {error}"
    os.write(pipes.status[1], said.encode())
    os._exit(0)


def exit_code(program: int) -> int:
    """Wait for the program, and for orphans meanwhile."""
    while True:
        pid, status = os.wait()
        if pid == program:
            return os.waitstatus_to_exitcode(status)
