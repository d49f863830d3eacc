"""The whole `audit`, end to end: our own mutants, the path without a table, and its speed."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium import spaces

from rewardsmith.benchmarks.audit.mutants import FAULTY, SOUND, audited
from rewardsmith.envs.fixtures import cases
from rewardsmith.rewards.audit import AuditResult, Verdict, audit

DOORKEY = "rewardsmith/DoorKey-6x6-v0"
#: CPU seconds that an audit may take
BUDGET = {"DoorKey-6x6": 60.0, "10,000 states": 10.0, "10,000 states in a wrapper": 60.0}


Outcomes = list[tuple[float, int, float, bool]]


@cache
def _plain(n: int) -> dict[int, dict[int, Outcomes]]:
    return {s: {a: _outcomes(n, s, a) for a in range(4)} for s in range(n * n)}


def _outcomes(n: int, s: int, a: int) -> Outcomes:
    ends = {n**2 - 1: 1.0, n - 1: 0.0}
    if s in ends:
        return [(1.0, s, 0.0, True)]
    found = []
    for turn, p in ((0, 0.8), (1, 0.1), (3, 0.1)):
        right, down = ((1, 0), (0, 1), (-1, 0), (0, -1))[(a + turn) % 4]
        x, y = min(max(s % n + right, 0), n - 1), min(max(s // n + down, 0), n - 1)
        after = y * n + x
        found.append((p, after, ends.get(after, 0.0), after in ends))
    return found


class SlipperyPlain(gym.Env[Any, Any]):
    """A plain of n by n cells in toy-text form: each move slips aside with chance .2.

    The goal in the far corner pays 1 and ends the episode, so does a pit in another one, for 0.
    """

    def __init__(self, n: int = 100) -> None:
        self.n = n
        self.observation_space = spaces.Discrete(n * n)
        self.action_space = spaces.Discrete(4)
        self.P = _plain(n)
        self.s = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Begin in the first corner."""
        super().reset(seed=seed)
        self.s = 0
        return 0, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Draw an outcome of the table."""
        outcomes = self.P[self.s][int(action)]
        drawn = int(self.np_random.choice(len(outcomes), p=[o[0] for o in outcomes]))
        _, self.s, paid, ended = outcomes[drawn]
        return self.s, paid, ended, False, {}


class Guided(gym.Wrapper[Any, Any, Any, Any]):
    """A potential over the cells, with a discount of its own."""

    gamma = 0.99

    def reset(self, **options: Any) -> tuple[int, dict[str, Any]]:
        """Keep the state."""
        self.last, info = self.env.reset(**options)
        return self.last, info

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Pay the difference."""
        before = np.sin(int(self.env.unwrapped.s))  # type: ignore[attr-defined]
        self.last, paid, ended, cut, info = self.env.step(action)
        after = 0.0 if ended else np.sin(self.last)
        return self.last, float(paid) + self.gamma * after - before, ended, cut, info


class GuidedOtherwise(Guided):
    """With the wrong discount: the causes are tried, which takes longest."""

    gamma = 0.937


def mutants() -> dict[str, Any]:
    """Verdict and cause of each mutant, as a formula and as a wrapper."""
    found = {}
    for mutant in SOUND + FAULTY:
        for wrapped in (False, True):
            result = audited(mutant, wrapped=wrapped)
            proved = result.verdict == Verdict.INVARIANT
            found[f"{mutant.__name__} {'wrapper' if wrapped else 'formula'}"] = {
                "faulty": mutant in FAULTY,
                "verdict": result.verdict.value,
                "regret": result.regret,
                "hazards": [h.name for h in result.hazards],
                "wrong": proved == (mutant in FAULTY),
            }
    return found


def without_table() -> dict[str, Any]:
    """Verdicts of every fixture where no table may be made."""
    verdicts = {}
    for case in cases():
        result = audit(
            case.env_id, reward=case.reward, gamma=case.gamma, episodes=8, max_states=1,
            bootstraps_on_truncation=case.bootstraps,
        )  # fmt: skip
        verdicts[case.name] = result.verdict.value
    wrong = [name for name, verdict in verdicts.items() if verdict != Verdict.INCONCLUSIVE]
    return {"cases": len(verdicts), "wrong": wrong}


def _timed(env: Any, reward: Any) -> dict[str, Any]:
    begin = time.process_time()
    result: AuditResult = audit(env, reward=reward, gamma=0.99)
    seconds = time.process_time() - begin
    values = result.check("exact").values
    return {
        "cpu_seconds": round(seconds, 2),
        "states": values.get("states"),
        "verdict": result.verdict.value,
        "cause": result.hazards[0].name if result.cause else "",
    }


def speed() -> dict[str, Any]:
    """CPU seconds of whole audits, a sound and a faulty reward each."""
    shaped, approach = "env - 0.1*potential(plan_length)", "env + 0.1*progress(-plan_length)"
    return {
        "DoorKey-6x6, sound": _timed(DOORKEY, shaped),
        "DoorKey-6x6, one-sided": _timed(DOORKEY, approach),
        "10,000 states, sound": _timed(SlipperyPlain, "env + 0.001*potential(obs)"),
        "10,000 states, arrival": _timed(SlipperyPlain, "env + 0.00001*obs"),
        "10,000 states in a wrapper, sound": _timed(SlipperyPlain, Guided),
        "10,000 states in a wrapper, other gamma": _timed(SlipperyPlain, GuidedOtherwise),
    }


def over_budget(found: dict[str, Any]) -> list[str]:
    """Which audits took too long."""
    return [
        name for name, row in found.items()
        if row["cpu_seconds"] > BUDGET[name.rpartition(", ")[0]]
    ]  # fmt: skip
