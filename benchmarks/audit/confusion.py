"""Verdict and cause of every kind, beside the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rewardsmith.benchmarks.audit import truth
from rewardsmith.benchmarks.audit.kinds import KINDS, Injected, inject
from rewardsmith.rewards.audit.causes import find_cause
from rewardsmith.rewards.audit.exact import Exact, judge
from rewardsmith.rewards.audit.result import Verdict

#: steps to the time limit where one strikes
LIMIT = 50
#: deviation of the returns of sampled policies above which the order is another
DISORDER = 1e-8
#: how closely the audit's regret must agree with the true one
REGRET = 1e-6


@dataclass(frozen=True)
class Row:
    """One case: what the audit says and what is true."""

    kind: str
    case: int
    verdict: str
    cause: str
    regret: float
    true_regret: float
    disorder: float

    @property
    def sound(self) -> bool:
        """Whether the sampled policies keep their order."""
        return self.disorder <= DISORDER

    @property
    def wrong(self) -> str:
        """What is wrong with the verdict; empty if it is right."""
        if self.sound == KINDS[self.kind].faulty:
            return "the injected change is not what its kind says"
        if self.sound != (self.verdict == Verdict.INVARIANT):
            return f"called {self.verdict}"
        if abs(self.regret - self.true_regret) > REGRET:
            return f"regret {self.regret:.8g}, in truth {self.true_regret:.8g}"
        kept = self.true_regret <= REGRET and not self.sound
        return "" if kept == (self.verdict == Verdict.OPTIMUM_KEPT) else f"called {self.verdict}"


def judged(found: Injected) -> Exact:
    """The audit's exact path."""
    return judge(found.world.table(found.proxy, found.cut), found.world.gamma, limit=LIMIT)


def lived(found: Injected) -> Any:
    """Expected proxy (S, A), a time limit striking with chance 1/LIMIT on every step."""
    paid = truth.expected(found.world, found.proxy)
    if found.cut is None:
        return paid
    return paid + (truth.expected(found.world, found.cut) - paid) / LIMIT


def one(kind: str, case: int) -> Row:
    """Inject, audit, and find the truth."""
    found = inject(kind, case)
    exact, paid = judged(found), lived(found)
    cause = find_cause(exact) if exact.verdict != Verdict.INVARIANT else None
    return Row(
        kind, case, str(exact.verdict), "" if cause is None else cause.name, exact.regret,
        truth.regret(found.world, paid), truth.disorder(found.world, paid, case),
    )  # fmt: skip


def summary(rows: Iterable[Row]) -> dict[str, Any]:
    """Counts of one kind."""
    rows = list(rows)
    kind = KINDS[rows[0].kind]
    named = [r for r in rows if not r.sound]
    right = [r for r in named if (r.cause in kind.causes if kind.causes else not r.cause)]
    return {
        "cases": len(rows),
        "faulty": kind.faulty,
        "verdicts": dict(Counter(r.verdict for r in rows)),
        "causes": dict(Counter(r.cause or "none" for r in named).most_common()),
        "cause_share": round(len(right) / len(named), 4) if named else None,
        "largest_regret_error": max(abs(r.regret - r.true_regret) for r in rows),
        "least_disorder": min(r.disorder for r in rows),
        "largest_disorder": max(r.disorder for r in rows),
        "wrong": [{"case": r.case, "what": r.wrong} for r in rows if r.wrong],
    }
