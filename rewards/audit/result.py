"""What an audit says: a verdict, hazards beside it, and the checks that it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What the audited reward does to the optimal policy."""

    INVARIANT = "INVARIANT"
    OPTIMUM_KEPT = "OPTIMUM KEPT"
    CHANGED = "CHANGED"
    INCONCLUSIVE = "INCONCLUSIVE"


MEANING = {
    Verdict.INVARIANT: "it ranks every two policies as the env's own reward does (proved)",
    Verdict.OPTIMUM_KEPT: "it ranks policies anew, but its optimal ones are optimal in this MDP",
    Verdict.CHANGED: "what is optimal under it is not optimal under the env's own reward",
    Verdict.INCONCLUSIVE: "no proof either way",
}
#: exit status of `rewardsmith audit`
EXIT = {
    Verdict.INVARIANT: 0,
    Verdict.OPTIMUM_KEPT: 0,
    Verdict.CHANGED: 1,
    Verdict.INCONCLUSIVE: 2,
}


@dataclass(frozen=True)
class Hazard:
    """One thing that can go wrong, why, and what to change.

    Args:
        name: a short name in capitals, such as `FARMING`.
        sentence: what was found.
        remedy: what to change.
    """

    name: str
    sentence: str
    remedy: str


@dataclass(frozen=True)
class Check:
    """One check of the audit.

    Args:
        name: such as `telescoping`.
        source: the paper or rule that it rests on.
        status: `passed`, `failed`, `info` (a figure, never a verdict) or `unchecked`.
        sentence: what was found, or why it could not be checked.
        values: the figures, plain numbers and lists.
    """

    name: str
    source: str
    status: str
    sentence: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Loop:
    """A cycle that the audited reward's best policy walks for ever.

    Args:
        states: states of the table, in order; the first follows the last.
        actions: the action taken in each.
        path: actions from the start state to the first of them.
        seed: seed of the start state.
        paid, own: audited and env reward of one round.
    """

    states: list[int]
    actions: list[int]
    path: list[int]
    seed: int
    paid: float
    own: float


@dataclass(frozen=True)
class AuditResult:
    """The outcome of `audit`.

    Args:
        env, reward: what was audited, as text.
        gamma: the learner's discount.
        verdict: what the reward does to the optimal policy.
        regret: share of the return between the worst and the best policy that the audited
            reward's optimal policy loses, the worst of equals; None if unknown.
        cause: one sentence on why, empty if nothing is wrong.
        remedy: what to change, empty if nothing.
        hazards: what else can go wrong.
        checks: every check, in order.
        loop: the farming cycle, if there is one.
        exact: table, fit and values, for maps; None if the env could not be laid out.
        claim: what the formula claims by its terms' form where nothing was proved, else empty.
        subject: env and reward, for the report's replay.
        settings: what `audit` was called with, for the command that runs it again.
    """

    env: str
    reward: str
    gamma: float
    verdict: Verdict
    regret: float | None
    cause: str
    remedy: str
    hazards: tuple[Hazard, ...]
    checks: tuple[Check, ...]
    loop: Loop | None = None
    exact: Any = None
    claim: str = ""
    subject: Any = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        """0 invariant or optimum kept, 1 changed, 2 inconclusive."""
        return EXIT[self.verdict]

    def check(self, name: str) -> Check:
        """The check of that name; raises KeyError."""
        return {c.name: c for c in self.checks}[name]

    def to_json(self) -> dict[str, Any]:
        """Plain data: what `--json` prints."""
        return {
            "env": self.env,
            "reward": self.reward,
            "gamma": self.gamma,
            "verdict": self.verdict.value,
            "meaning": MEANING[self.verdict],
            "claim": self.claim,
            "regret": self.regret,
            "cause": self.cause,
            "remedy": self.remedy,
            "hazards": [vars(h) for h in self.hazards],
            "checks": [vars(c) for c in self.checks],
            "loop": None if self.loop is None else vars(self.loop),
            "exit_status": self.exit_status,
        }
