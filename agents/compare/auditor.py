"""Audit one reward: `python -m rewardsmith.agents.compare.auditor LABEL_DIR SPEC_JSON`.

Audits the reward of the run in SPEC_JSON, in that run's environment and at its discount, and writes
LABEL_DIR/audit.json.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.compare.audits import key_of, write_audit
from rewardsmith.errors import RewardsmithError

#: smaller than `rewardsmith audit` takes, so that a comparison does not wait for its audits
EPISODES, MAX_STATES = 16, 5_000
#: seconds of CPU and of wall time (a browser's time is not ours) after which to give up
CPU, WALL = 60.0, 180.0
_NEARLY_ONE = 0.999


class _TimeUp(BaseException):
    """Not an `Exception`: nothing that an env or a check catches."""


def examine(spec: RunSpec, *, cpu: float = CPU, wall: float = WALL) -> dict[str, Any]:
    """What audit.json holds: a verdict, or `not_audited` with the reason.

    Args:
        spec: the run whose reward is audited.
        cpu, wall: seconds after which to give up.
    """
    try:
        with _within(cpu, wall):
            return {**key_of(spec), **_audited(spec)}
    except _TimeUp:
        reason = (
            f"It took longer than {cpu:g} s of CPU or {wall:g} s in all. `rewardsmith audit` takes "
            "as long as it needs."
        )
    except RewardsmithError as error:
        reason = " ".join(str(error).split())
    return {**key_of(spec), "not_audited": reason}


def _audited(spec: RunSpec) -> dict[str, Any]:
    from rewardsmith.agents.classic.algorithms import is_language
    from rewardsmith.agents.classic.evaluate import make_bare
    from rewardsmith.rewards.audit.printing import plain
    from rewardsmith.rewards.audit.report import why_open
    from rewardsmith.rewards.audit.run import audit

    # Episodes of text end by themselves and are rarely discounted; an audit needs a little.
    gamma = _NEARLY_ONE if is_language(spec) and spec.gamma == 1.0 else spec.gamma
    result = audit(
        lambda: make_bare(spec),
        reward=spec.reward,
        gamma=gamma,
        episodes=EPISODES,
        max_states=MAX_STATES,
    )
    told = result.to_json()
    kept = {k: told[k] for k in ("verdict", "meaning", "regret", "cause", "remedy", "hazards")}
    reason = why_open(result).removeprefix("Not checked: ")
    scaled = spec.normalize == "obs+reward"
    reason = reason[:1].upper() + reason[1:]
    if gamma != spec.gamma:
        below = f"The run's gamma is 1; an audit needs one below, so this one used {gamma}."
        reason = f"{reason} {below}".strip()
    kept = {**kept, "open": reason, "scaled": scaled}
    plainly: dict[str, Any] = plain(kept)
    return plainly


@contextmanager
def _within(cpu: float, wall: float) -> Iterator[None]:
    """Raise `_TimeUp` inside after so many seconds of CPU, or of wall time."""

    def stop(*_: object) -> None:
        raise _TimeUp

    clocks = [
        (signal.SIGPROF, signal.ITIMER_PROF, cpu),
        (signal.SIGALRM, signal.ITIMER_REAL, wall),
    ]
    before = [signal.signal(number, stop) for number, _, _ in clocks]
    try:
        for _, clock, seconds in clocks:
            # Again every second: a destructor swallows what is raised in it.
            signal.setitimer(clock, seconds, 1.0)
        yield
    finally:
        for (number, clock, _), handler in zip(clocks, before, strict=True):
            signal.setitimer(clock, 0.0)
            signal.signal(number, handler)


if __name__ == "__main__":
    write_audit(Path(sys.argv[1]), examine(RunSpec.read(Path(sys.argv[2]))))
