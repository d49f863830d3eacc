"""One Java virtual machine for all ScienceWorld games of a process.

The machine starts with the first game and ends with the last one. It also ends when the process
does, however that happens: Java exits when the pipe to its standard input closes.
"""

from __future__ import annotations

import atexit
import os
import subprocess
from typing import Any

from rewardsmith.errors import MissingExtraError, RewardsmithError, require

OPTIONS = (
    # a bound on what is otherwise a quarter of the machine's memory, and the fastest start
    *("-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"),
    # One hash for every object: ScienceWorld lists things in the order of their hashes, which Java
    # draws at random, so that one task would read differently each time.
    *("-XX:+UnlockExperimentalVMOptions", "-XX:hashCode=2"),
)
PATIENCE = 10.0  # seconds until a machine that does not end is killed


class Machine:
    """A running Java process and the connection to it."""

    def __init__(self) -> None:
        gateway = require("py4j.java_gateway", extra="science")
        constants = require("scienceworld.constants", extra="science")
        self.owner, self.games = os.getpid(), 0
        try:
            port, token, self._process = gateway.launch_gateway(
                classpath=constants.JAR_PATH,
                die_on_exit=True,
                enable_auth=True,  # else every user of this computer could command it
                cwd=constants.BASEPATH,
                javaopts=list(OPTIONS),
                return_proc=True,
            )
        except (OSError, ValueError) as error:
            raise MissingExtraError(
                f"ScienceWorld needs Java 11 or later, and `java` did not start ({error}). "
                "On Debian or Ubuntu: sudo apt-get install default-jre-headless"
            ) from error
        parameters = gateway.GatewayParameters(
            auto_field=True,
            port=port,
            auth_token=token,
            # What Java holds for us is let go by hand: py4j would do it in finalizers, which talk
            # to Java whenever Python happens to collect garbage, even in the middle of a parse.
            enable_memory_management=False,
        )
        self._gateway = gateway.JavaGateway(
            gateway_parameters=parameters, java_process=self._process
        )

    @property
    def pid(self) -> int:
        """Process id of the Java process."""
        return int(self._process.pid)

    def game(self) -> Any:
        """A new game in this machine (the jar's `PythonInterface`)."""
        return self._gateway.jvm.scienceworld.runtime.pythonapi.PythonInterface()

    def release(self, thing: Any) -> None:
        """Let Java collect an object that it holds for this process."""
        self._gateway.detach(thing)

    def alive(self) -> bool:
        """Whether it runs and belongs to this process, not to the one that this was forked from."""
        return self.owner == os.getpid() and self._process.poll() is None

    def let_go(self) -> None:
        """Close this process' end of the pipe: Java ends once nobody holds one."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()

    def stop(self) -> None:
        """End Java and wait for it, so that no zombie is left."""
        self.let_go()
        if self.owner != os.getpid():
            return
        self._gateway.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


#: the machine of this process, if there is one
_running: list[Machine] = []


def open_game() -> Any:
    """A new game; starts Java if there is none (seconds)."""
    if _running and not _running[0].alive():
        close_all()
    if not _running:
        _running.append(Machine())
    _running[0].games += 1
    return _running[0].game()


def close_game(game: Any) -> None:
    """Let go of a game that is not needed any more; Java ends with the last one."""
    if not _running or _running[0].owner != os.getpid():
        return
    _running[0].release(game)
    _running[0].games -= 1
    if _running[0].games <= 0:
        close_all()


def strings(given: Any) -> list[str]:
    """A list or array of Java as a list of str; Java may then forget it."""
    found = [str(item) for item in given]
    machine().release(given)
    return found


@atexit.register
def close_all() -> None:
    """End Java if it runs."""
    while _running:
        _running.pop().stop()


def machine() -> Machine:
    """The machine of this process.

    Raises:
        RewardsmithError: no game is open.
    """
    if not _running or not _running[0].alive():
        raise RewardsmithError("Java is not running: open a game first, with reset().")
    return _running[0]
