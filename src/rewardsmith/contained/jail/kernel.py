"""Calls of the kernel that Python 3.11 has no function for, and their constants."""

from __future__ import annotations

import ctypes
import os
from typing import Any

NEWNS, NEWUTS, NEWIPC, NEWUSER = 0x20000, 0x4000000, 0x8000000, 0x10000000
NEWPID, NEWNET = 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
#: flags of statvfs that a remount must repeat in a user namespace, and their names for mount
LOCKED = {2: NOSUID, 4: NODEV, 8: NOEXEC, 1024: 1024, 2048: 2048, 4096: 1 << 21}
PDEATHSIG, DUMPABLE, SUBREAPER, NO_NEW_PRIVS, SECCOMP = 1, 4, 36, 38, 22
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
#: the user id inside a user namespace: not root, so that the program has no capabilities
INSIDE = 65534
MIB = 1 << 20
LIBC = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: Any) -> None:
    """Call libc; raise OSError if it fails."""
    if getattr(LIBC, name)(*arguments) < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """mount(2)."""
    texts = [os.fsencode(text) for text in (source, target, kind)]
    call("mount", *texts, ctypes.c_ulong(flags), os.fsencode(data) if data else None)
