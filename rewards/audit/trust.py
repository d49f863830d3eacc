"""What a search must be able to trust: steps that are what they are said to be."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import numpy as np

from rewardsmith.rewards.audit.probe import Probe
from rewardsmith.rewards.audit.result import Hazard
from rewardsmith.rewards.audit.states import Unhashable, plain_table, state_key
from rewardsmith.rewards.audit.subject import Pair


class NotTabular(Exception):
    """The env cannot be laid out as a table; the message says why, as half a sentence.

    Args:
        message: why.
        hazard: a finding of its own that the search has made, or None.
    """

    def __init__(self, message: str, hazard: Hazard | None = None) -> None:
        super().__init__(message)
        self.hazard = hazard


DRAWS = Hazard(
    "STOCHASTIC REWARD",
    "A step draws from Python's or NumPy's global random generator, which no seed of the env "
    "fixes.",
    "Make the reward a function of the transition, or draw from the env's np_random.",
)


def stand(probe: Probe) -> Hashable:
    """The env's state as its own step left it."""
    try:
        return state_key(probe.env)
    except Unhashable as error:
        raise NotTabular(str(error)) from error


def check_outcome(probe: Probe, outcome: tuple[float, int, float, bool]) -> None:
    """A forced outcome of a toy-text table must be what the step then does."""
    seen, bare = probe.seen, probe.unwrapped
    assert seen is not None
    _, after, reward, ended = outcome
    stepped = int(bare.s) == after and seen.terminated == ended  # type: ignore[attr-defined]
    # Wrappers that are part of the env may pay otherwise: what they pay is its own reward then.
    paid = math.isclose(seen.reward, reward, rel_tol=1e-9, abs_tol=1e-12) or not plain_table(probe)
    if not stepped or not paid:
        raise NotTabular(
            f"its table P is not what its step does: P has (s'={after}, reward={reward:g}, "
            f"terminated={ended}), step gave (s'={int(bare.s)}, "  # type: ignore[attr-defined]
            f"reward={seen.reward:g}, terminated={seen.terminated})"
        )


def check_passed_on(pair: Pair, action: int, told: list[Any], made: int, cut: bool) -> None:
    """The wrapper must leave steps, actions, states and ends alone."""
    probe, seen = pair.probe, pair.probe.seen
    assert seen is not None
    if made != 1:
        raise NotTabular(f"the reward wrapper makes {made} steps of the env for each step")
    if pair.outer is probe:
        return
    ends = (seen.terminated, cut and not seen.terminated)
    if (bool(told[0]), bool(told[1])) != ends:
        raise NotTabular(
            "the reward wrapper changes where episodes end",
            Hazard(
                "ENDS CHANGED",
                f"The env said (terminated, truncated) = {ends}, the reward wrapper passed on "
                f"{(bool(told[0]), bool(told[1]))}.",
                "Return both flags as the env gave them.",
            ),
        )
    if not np.array_equal(probe.action, action):
        raise NotTabular(
            "the reward wrapper changes actions",
            Hazard(
                "ACTIONS CHANGED",
                f"The learner took action {action}, the reward wrapper gave the env "
                f"{probe.action}.",
                "Pass the action on as it is; what changes actions belongs to the env.",
            ),
        )
    check_state(probe)


def check_state(probe: Probe) -> None:
    """The env's state must be as its own reset or step left it."""
    if probe.note is not None and probe.noted != stand(probe):
        raise NotTabular(
            "the reward wrapper changes the env's state",
            Hazard(
                "STATE CHANGED",
                "After the env's own reset or step the reward wrapper has changed its state.",
                "Leave the env alone; what changes states belongs to the env.",
            ),
        )
