"""What happens to a NaN or infinite reward: raise, zero, or the last finite value."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rewardsmith.errors import ConfigError, NonFiniteRewardError, near_misses
from rewardsmith.language import format_reward
from rewardsmith.language.nodes import Sum
from rewardsmith.transition import Bools, Floats, Transition

logger = logging.getLogger("rewardsmith")
POLICIES = ("raise", "zero", "last")
#: the sum of the terms, beside their names (which are never empty)
_TOTAL = ""
#: how many numbers of a vector an error shows
_SHOWN = 8


class Repair:
    """Finds the term that gave NaN or infinity and applies the user's policy to it.

    A row whose terms are finite and whose total overflows has no term to blame: `zero` and
    `last` then replace every term of that row, so that the terms still add up to the total.

    Args:
        policy: one of `POLICIES`.
        num_envs: number of slots with a last value.
        formulas: name of each term -> how it is written, for errors.
    """

    def __init__(
        self, policy: str = "raise", num_envs: int = 1, formulas: Mapping[str, str] | None = None
    ) -> None:
        if policy not in POLICIES:
            raise ConfigError(
                f"on_nan is one of {POLICIES}. "
                f"Received {policy!r}.{near_misses(str(policy), POLICIES)}"
            )
        self.policy, self.num_envs = policy, num_envs
        self.formulas = formulas or {}
        self.remembers = policy == "last"
        self._last: dict[str, Floats] = {}
        self._told: set[str] = set()

    def __call__(
        self, terms: dict[str, Floats], transition: Transition, clock: int, online: bool
    ) -> dict[str, Floats]:
        """Return the terms with every value and total finite, or raise `NonFiniteRewardError`."""
        repaired = {}
        for name, values in terms.items():
            bad = ~np.isfinite(values)
            if bad.any():
                gave = f"Term {name!r}{self._written(name)} gave {values[np.argmax(bad)]}"
                self._tell(name, gave, bad, transition, clock)
                values = np.where(bad, self._fallback(name, transition), values)  # noqa: PLW2901
            repaired[name] = values
        repaired = self._bound_total(repaired, transition, clock)
        if online and self.remembers:
            self.remember(repaired, transition)
        return repaired

    def remember(self, terms: dict[str, Floats], transition: Transition) -> None:
        """Keep each term's value per slot, for the policy `last`."""
        rows = _rows(transition)
        for name, values in terms.items():
            self._last.setdefault(name, np.zeros(self.num_envs))[rows] = values

    def _bound_total(
        self, terms: dict[str, Floats], transition: Transition, clock: int
    ) -> dict[str, Floats]:
        with np.errstate(over="ignore"):
            bad = ~np.isfinite(np.sum(list(terms.values()), axis=0))
        if not bad.any():
            return terms
        row = int(np.argmax(bad))
        parts = ", ".join(f"{name} {values[row]:g}" for name, values in terms.items())
        self._tell(_TOTAL, f"The total of finite terms overflows ({parts})", bad, transition, clock)
        return {n: np.where(bad, self._fallback(n, transition), v) for n, v in terms.items()}

    def _written(self, name: str) -> str:
        formula = self.formulas.get(name, name)
        return "" if formula == name else f", `{formula}`,"

    def _tell(self, name: str, gave: str, bad: Bools, transition: Transition, clock: int) -> None:
        message = f"Every reward must be finite. {gave} {_where(bad, transition, clock)}."
        if self.policy == "raise":
            remedy = "Mend the expression (e.g. clip or where)"
            if name == _TOTAL:
                remedy = "Make the weights smaller"
            raise NonFiniteRewardError(
                f"{message} {remedy}, or choose on_nan='zero' or 'last' (--on-nan on the command "
                "line)."
            )
        if name not in self._told:
            self._told.add(name)
            what = "Every term of that row" if name == _TOTAL else "It"
            logger.warning("%s %s is replaced (on_nan=%r); told once.", message, what, self.policy)

    def _fallback(self, name: str, transition: Transition) -> Any:
        last = self._last.get(name)
        rows = _rows(transition)
        # Stored transitions have no slot, hence no last value.
        if self.policy == "zero" or last is None or np.size(last[rows]) != len(transition):
            return 0.0
        return last[rows]


def formulas(names: Sequence[str], tree: Sum) -> dict[str, str]:
    """How each term of a sum is written, weight and schedule included."""
    return {n: format_reward(Sum((item,))) for n, item in zip(names, tree.items, strict=True)}


def _rows(transition: Transition) -> Any:
    return slice(None) if transition.env_index is None else transition.env_index


def _where(bad: Bools, tr: Transition, clock: int) -> str:
    """The step and what was known in it: features, or the observation if there are none."""
    row = int(np.flatnonzero(bad)[0])
    when = f"at env step {clock}, row {row}"
    if tr.t is not None:
        when += f", step {int(tr.t[row])} of its episode"
    what, before, after = "features", tr.features, tr.next_features
    if not before:
        what, before, after = "observation", tr.obs, tr.next_obs
    seen = f"{what} {_show(before, row)} -> {_show(after, row)}"
    return f"{when}; {seen}, env reward {float(tr.env_reward[row]):g}"


def _show(values: Any, row: int) -> str:
    if isinstance(values, Mapping):
        return "{" + ", ".join(f"{k}: {_show(v, row)}" for k, v in values.items()) + "}"
    if values is None:
        return "unknown"
    value = np.asarray(values)[row]
    if np.ndim(value) == 0:
        return str(value)
    first = ", ".join(str(v) for v in np.ravel(value)[:_SHOWN])
    return f"[{first}{', ...' if np.size(value) > _SHOWN else ''}]"
