"""What a finished run says of its reward: did what it paid go with success, and who paid it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from rewardsmith.rewards.potential import Potential
from rewardsmith.stack import RewardStack
from rewardsmith.storage import write_json

#: a tenth of the run at either end tells how lengths drifted
_TENTH = 10
_LEAST = 20


class RunAudit:
    """Collects episodes: reward against success, each term's share, drift of lengths.

    Args:
        notes: on how to read the figures, see `notes_on`.
    """

    def __init__(self, notes: Sequence[str] = ()) -> None:
        self.rows: list[dict[str, Any]] = []
        self.notes = list(notes)

    def add(self, sums: Mapping[str, float], success: bool, turns: int, tokens: int) -> None:
        """An episode: what each term paid in all, whether it succeeded, and its length."""
        self.rows.append(
            {"terms": dict(sums), "success": bool(success), "turns": turns, "tokens": tokens}
        )

    def figures(self) -> dict[str, Any]:
        """Point-biserial correlations with success, shares, and the drift of turns and tokens.

        `correlation` is None where either does not vary; `drift` compares the means of the first
        and the last tenth, with Kendall's tau of the length against time. `notes` is there where
        something reads wrong and is right.
        """
        notes = {"notes": self.notes} if self.notes else {}
        if len(self.rows) < _LEAST:
            few = f"fewer than {_LEAST} episodes"
            return {"episodes": len(self.rows), "note": few, **notes}
        names = list(self.rows[0]["terms"])
        paid = {n: np.array([r["terms"][n] for r in self.rows]) for n in names}
        success = np.array([r["success"] for r in self.rows], dtype=float)
        total = np.sum(list(paid.values()), axis=0)
        size = {n: float(np.abs(v).mean()) for n, v in paid.items()}
        whole = sum(size.values()) or 1.0
        return {
            "episodes": len(self.rows),
            "correlation": {
                "reward": _correlation(total, success),
                **{n: _correlation(v, success) for n, v in paid.items()},
            },
            "share": {n: s / whole for n, s in size.items()},
            "drift": {k: self._drift(k) for k in ("turns", "tokens")},
            **notes,
        }

    def write(self, path: Path) -> None:
        """Write the figures as JSON."""
        write_json(path, self.figures())

    def state_dict(self) -> dict[str, Any]:
        """All episodes, as columns."""
        names = list(self.rows[0]["terms"]) if self.rows else []
        return {
            "terms": {n: np.array([r["terms"][n] for r in self.rows]) for n in names},
            "success": np.array([r["success"] for r in self.rows], dtype=bool),
            "turns": np.array([r["turns"] for r in self.rows], dtype=np.int64),
            "tokens": np.array([r["tokens"] for r in self.rows], dtype=np.int64),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        terms = state["terms"]
        self.rows = [
            {
                "terms": {n: float(v[i]) for n, v in terms.items()},
                "success": bool(state["success"][i]),
                "turns": int(state["turns"][i]),
                "tokens": int(state["tokens"][i]),
            }
            for i in range(len(state["success"]))
        ]

    def _drift(self, key: str) -> dict[str, float]:
        values = np.array([r[key] for r in self.rows], dtype=float)
        part = max(len(values) // _TENTH, 1)
        tau = stats.kendalltau(np.arange(len(values)), values).statistic
        return {
            "first": float(values[:part].mean()),
            "last": float(values[-part:].mean()),
            "tau": 0.0 if np.isnan(tau) else float(tau),
        }


def notes_on(stack: RewardStack) -> list[str]:
    """What reads wrong in what the terms of a stack pay, and is right."""
    return [
        f"{entry.name!r} pays gamma * Phi(s') - Phi(s), and Phi is 0 once an episode is over: its "
        "last turn gives back -Phi(s). Where Phi(s) = -0.99, a lost episode shows +0.99 there. It "
        "is no pay for losing: discounted and summed over an episode the term pays -Phi(s_0), the "
        "same for every rollout of a task."
        for entry in stack.entries
        if entry.weight != 0.0 and isinstance(entry.term, Potential)
    ]


def _correlation(paid: Any, success: Any) -> float | None:
    if np.ptp(paid) == 0 or np.ptp(success) == 0:
        return None
    return float(np.corrcoef(paid, success)[0, 1])
