"""The keeper: starts the program, listens, ends it."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any

from .kernel import MIB, PDEATHSIG, SUBREAPER, call
from .program import Pipes, first_process
from .root import unshare


def descendants(pid: int) -> dict[int, int]:
    """Every process under `pid` (itself left out) with its resident memory in bytes."""
    parents, pages = {}, {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
                parents[int(name)], pages[int(name)] = int(fields[1]), int(fields[21])
    found, new = set[int](), {pid}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return {child: pages[child] * resource.getpagesize() for child in found}


def end(child: int, level: str) -> None:
    """Kill the child and all that it started, and wait for it."""
    os.kill(child, signal.SIGKILL)
    while level == "weaker" and (left := descendants(os.getpid())):
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
    with contextlib.suppress(ChildProcessError):
        os.waitpid(child, 0)  # namespaces: returns once the kernel has killed all in there


class Ear:
    """Listens to the program's outputs, up to a limit each."""

    def __init__(self, pipes: Pipes, limit: int) -> None:
        self.heard = {read: bytearray() for read, _ in pipes.outputs.values()}
        self.open, self.limit, self.too_much = set(self.heard), limit, False

    def hear(self, ends: list[int]) -> None:
        """Take what is there now."""
        for pipe in self.open.intersection(ends):
            data = os.read(pipe, 65536)
            if not data:
                self.open.discard(pipe)
            self.heard[pipe] += data[: self.limit - len(self.heard[pipe])]
            self.too_much |= len(self.heard[pipe]) >= self.limit

    def rest(self) -> None:
        """Take what was written before the end."""
        while self.open and not self.too_much:
            ready, _, _ = select.select([*self.open], [], [], 0)
            if not ready:
                break
            self.hear(ready)

    def texts(self) -> list[str]:
        """What was said on 1, 2 and 3."""
        return [data.decode("utf-8", "replace") for data in self.heard.values()]


def keep(plan: dict[str, Any], pipes: Pipes, ear: Ear) -> str:
    """Listen until the program ends ("") or a limit is reached: output, time, memory."""
    limits, begun = plan["limits"], time.monotonic()
    looked = begun
    while True:
        ready, _, _ = select.select([*ear.open, pipes.status[0]], [], [], 0.05)
        ear.hear(ready)
        now = time.monotonic()
        if pipes.status[0] in ready:
            return ""
        if ear.too_much:
            return "output"
        if now - begun > limits["wall_s"]:
            return "time"
        if now - looked > 0.05:
            looked = now
            if sum(descendants(os.getpid()).values()) > limits["memory_mb"] * MIB:
                return "memory"


def run(plan: dict[str, Any]) -> dict[str, Any]:
    """Run the plan's program, and say what became of it."""
    call("prctl", SUBREAPER, 1, 0, 0, 0)
    if plan["level"] == "namespaces":
        unshare()
    pipes, begun = Pipes(plan["input"].encode()), time.monotonic()
    child = os.fork()
    if child == 0:
        first_process(plan, pipes)
    pipes.close_ends_of_program()
    ear = Ear(pipes, plan["limits"]["output_bytes"])
    stopped = keep(plan, pipes, ear)
    end(child, plan["level"])
    ear.rest()
    status = os.read(pipes.status[0], 4096).decode("utf-8", "replace") if not stopped else ""
    if status.startswith("fault"):
        return {"fault": status}
    return {
        "returncode": int(status) if status else None,
        "said": ear.texts(),
        "stopped": "output" if ear.too_much else stopped,
        "seconds": time.monotonic() - begun,
    }


def main() -> None:
    """Read the plan, run it, print the report."""
    call("prctl", PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    try:
        told = run(json.load(sys.stdin))
    except OSError as error:
        told = {"fault": f"fault: {error}"}
    print(json.dumps(told))
