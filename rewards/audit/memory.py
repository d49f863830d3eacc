"""Does the audited reward depend on more than the transition? The table against real episodes."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np

from rewardsmith.rewards.audit.attributes import Place
from rewardsmith.rewards.audit.keys import key_of
from rewardsmith.rewards.audit.result import Hazard
from rewardsmith.rewards.audit.rollouts import play
from rewardsmith.rewards.audit.subject import Pair, Subject
from rewardsmith.rewards.audit.tabularise import Tabled
from rewardsmith.rewards.audit.trust import NotTabular

_EPISODES = 20
#: share of steps that a time limit or a rare start may keep out of the table
_STRANGE = 0.05


def hidden_state(
    subject: Subject, tabled: Tabled, seeds: int, *, keep: frozenset[Place] = frozenset()
) -> tuple[Hazard | None, bool]:
    """Play random episodes and compare each step with its edge of the table.

    A reward that pays one transition differently on two occasions remembers something, or reads
    the time. Steps that a time limit ends are left out: they have a check of their own. So are
    steps whose own reward is not the table's: there it is the env that reads the time.

    Args:
        subject: env and reward.
        tabled: its table.
        seeds: how many first states the table knows, 0 to seeds-1.
        keep: attributes of the wrapper that the keys hold.

    Raises:
        NotTabular: steps that the table does not hold.

    Returns:
        The hazard, and whether the env's own reward depends on the time of the episode.
    """
    timed, met, strange = False, 0, 0
    paid = _paid(tabled)
    pair, rng = subject.pair(), np.random.default_rng(5)
    stack = subject.stack
    try:
        for number in range(_EPISODES):
            episode = play(
                pair, number % seeds, rng, longest=300,
                key=lambda p: _key(p, stack, keep, tabled),
            )  # fmt: skip
            last = len(episode) - 1
            for i, action in enumerate(episode.actions):
                if i == last and episode.truncated:
                    continue
                known = paid.get((episode.keys[i], _number(pair, action), episode.keys[i + 1]))
                met, strange = met + 1, strange + (known is None)
                if known is None or _same(known[1] - known[0], episode.extra[i]):
                    continue
                if not _same(known[0], episode.own[i]):
                    timed = True
                    continue
                hazard = Hazard(
                    "HIDDEN STATE",
                    f"One transition is paid two amounts: {known[1] - known[0]:.6g} and "
                    f"{episode.extra[i]:.6g} beyond the env's own reward (step {i} of a random "
                    f"episode with seed {number % seeds}). The reward remembers something, or "
                    "reads the time.",
                    "Put what it remembers into the observation, or make the reward a function "
                    "of (s, a, s').",
                )
                return hazard, timed
    finally:
        pair.outer.close()
    if strange > _STRANGE * met:
        raise NotTabular(
            f"{strange} of {met} steps of random episodes are not in the table that was found"
        )
    return None, timed


def _key(pair: Pair, stack: Any, keep: frozenset[Place], tabled: Tabled) -> Hashable:
    key = key_of(pair, stack, keep=keep, by_obs=tabled.graph.by_obs)
    assert pair.probe.seen is not None
    ended = pair.probe.seen.terminated
    return tabled.graph.index.get((ended, key), -1)


def _paid(tabled: Tabled) -> dict[tuple[Hashable, int, Hashable], tuple[float, float]]:
    table = tabled.table
    proxy = table.proxy if tabled.early is None else tabled.early
    columns = (table.s, table.a, table.after, table.reward, proxy)
    return {
        (int(s), int(a), int(n)): (float(r), float(q))
        for s, a, n, r, q in zip(*columns, strict=True)
    }


def _number(pair: Pair, action: Any) -> int:
    space: Any = pair.probe.action_space
    return int(action) - int(space.start)


def _same(a: float, b: float) -> bool:
    return bool(np.isclose(a, b, rtol=1e-6, atol=1e-8))
