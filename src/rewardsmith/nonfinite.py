"""What happens to a NaN or infinite reward: raise, zero, or the last finite value."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from rewardsmith.errors import ConfigError, NonFiniteRewardError, near_misses
from rewardsmith.transition import Bools, Floats, Transition

logger = logging.getLogger("rewardsmith")
POLICIES = ("raise", "zero", "last")


class Repair:
    """Finds the term that gave NaN or infinity and applies the user's policy to it."""

    def __init__(self, policy: str = "raise", num_envs: int = 1) -> None:
        if policy not in POLICIES:
            raise ConfigError(
                f"on_nan is one of {POLICIES}. Received {policy!r}.{near_misses(policy, POLICIES)}"
            )
        self.policy, self.num_envs = policy, num_envs
        self.remembers = policy == "last"
        self._last: dict[str, Floats] = {}
        self._told: set[str] = set()

    def __call__(
        self, terms: dict[str, Floats], transition: Transition, clock: int, online: bool
    ) -> dict[str, Floats]:
        """Return the terms with every value finite, or raise `NonFiniteRewardError`."""
        repaired = {}
        for name, values in terms.items():
            bad = ~np.isfinite(values)
            if bad.any():
                values = self._mend(name, values, bad, transition, clock)  # noqa: PLW2901
            repaired[name] = values
        if online and self.remembers:
            self.remember(repaired, transition)
        return repaired

    def remember(self, terms: dict[str, Floats], transition: Transition) -> None:
        """Keep each term's value per slot, for the policy `last`."""
        rows = _rows(transition)
        for name, values in terms.items():
            self._last.setdefault(name, np.zeros(self.num_envs))[rows] = values

    def _mend(
        self, name: str, values: Floats, bad: Bools, transition: Transition, clock: int
    ) -> Floats:
        message = _describe(name, values, bad, transition, clock)
        if self.policy == "raise":
            raise NonFiniteRewardError(
                message + " Mend the expression (e.g. clip or where), or choose on_nan='zero' "
                "or 'last' (--on-nan on the command line)."
            )
        if name not in self._told:
            self._told.add(name)
            logger.warning("%s It is replaced (on_nan=%r); told once.", message, self.policy)
        return np.where(bad, self._fallback(name, transition), values)

    def _fallback(self, name: str, transition: Transition) -> Any:
        last = self._last.get(name)
        rows = _rows(transition)
        # Stored transitions have no slot, hence no last value.
        if self.policy == "zero" or last is None or np.size(last[rows]) != len(transition):
            return 0.0
        return last[rows]


def _rows(transition: Transition) -> Any:
    return slice(None) if transition.env_index is None else transition.env_index


def _describe(name: str, values: Floats, bad: Bools, tr: Transition, clock: int) -> str:
    row = int(np.flatnonzero(bad)[0])
    when = f"env step {clock}, row {row}"
    if tr.t is not None:
        when += f", step {int(tr.t[row])} of its episode"
    before = {k: np.asarray(v)[row] for k, v in tr.features.items()}
    after = {k: np.asarray(v)[row] for k, v in tr.next_features.items()}
    return (
        f"Every reward must be finite. Term {name!r} gave {values[row]} at {when}; "
        f"features {_show(before)} -> {_show(after)}, env reward {float(tr.env_reward[row]):g}."
    )


def _show(values: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{k}: {v}" for k, v in values.items()) + "}"
