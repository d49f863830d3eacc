"""Namespaces, and the root that a program sees instead of the machine's."""

from __future__ import annotations

import os
import platform
from typing import Any

from .kernel import (
    BIND,
    INSIDE,
    LOCKED,
    NEWIPC,
    NEWNET,
    NEWNS,
    NEWPID,
    NEWUSER,
    NEWUTS,
    NODEV,
    NOSUID,
    PIVOT_ROOT,
    PRIVATE,
    RDONLY,
    REC,
    REMOUNT,
    call,
    mount,
)


def unshare() -> None:
    """Leave the network, IPC and host name; the next child is process 1 of its own."""
    uid, gid = os.geteuid(), os.getegid()
    flags = NEWPID | NEWNET | NEWIPC | NEWUTS
    call("unshare", flags if uid == 0 else flags | NEWUSER)
    if uid:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{INSIDE} {uid} 1"),
            ("gid_map", f"{INSIDE} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)


def build_root(plan: dict[str, Any]) -> None:
    """Leave the machine's files for a root of our own: libraries to read, one folder to write."""
    call("unshare", NEWNS)
    mount("none", "/", "", REC | PRIVATE)
    root = plan["over"]  # covered by a file system that only this namespace sees
    mount("box", root, "tmpfs", NOSUID | NODEV, "size=1m,mode=755")
    for path, target in plan["links"]:
        os.makedirs(root + os.path.dirname(path), exist_ok=True)
        os.symlink(target, root + path)
    for path in plan["binds"]:
        bind(path, root + path)
    os.makedirs(root + plan["home"])
    size = f"size={plan['limits']['folder_mb']}m,nr_inodes=4096,mode=700"
    mount("home", root + plan["home"], "tmpfs", NOSUID | NODEV, size)
    os.chdir(root)
    call("syscall", PIVOT_ROOT[platform.machine()], b".", b".")
    call("umount2", b".", 2)  # detach the old root, which pivot_root has put on top
    os.chdir("/")
    mount("none", "/", "", REMOUNT | BIND | RDONLY | NOSUID | NODEV)


def bind(source: str, target: str) -> None:
    """Show a file or folder of the machine, to be read only."""
    folder = os.path.isdir(source)
    os.makedirs(target if folder else os.path.dirname(target), exist_ok=True)
    if not folder:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
    mount(source, target, "", BIND)
    kept = sum(flag for bit, flag in LOCKED.items() if os.statvfs(target).f_flag & bit)
    device = 0 if source.startswith("/dev/") else NODEV
    mount("none", target, "", REMOUNT | BIND | RDONLY | NOSUID | kept | device)
