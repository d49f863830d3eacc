"""Check 9: which term rules, which never varies, which spikes. Warnings only."""

from __future__ import annotations

import numpy as np

from rewardsmith.rewards.audit.result import Check
from rewardsmith.rewards.audit.rollouts import Episode

SOURCE = "share of the mean absolute pay under a random policy; a warning, never a verdict"
_RULES, _SATURATED, _SPIKE = 0.9, 0.95, 20.0


def components(episodes: list[Episode]) -> Check:
    """Shares, saturation and spikes of each term, over all steps of random episodes."""
    name = "components"
    parts = _parts(episodes)
    if not all(np.isfinite(v).all() for v in parts.values()):
        return Check(name, SOURCE, "unchecked", "Not checked: what was paid is not finite.")
    sizes = {k: float(np.abs(v).mean()) for k, v in parts.items()}
    total = sum(sizes.values())
    if total == 0:
        return Check(name, SOURCE, "info", "Nothing was paid in any random episode.")
    shares = {k: v / total for k, v in sizes.items()}
    values = {
        "share": shares,
        "saturated": {k: _at_bounds(v) for k, v in parts.items()},
        "spike": {k: _spike(v) for k, v in parts.items()},
    }
    return Check(name, SOURCE, "info", " ".join(_sentences(values)), values)


def _parts(episodes: list[Episode]) -> dict[str, np.ndarray]:
    if episodes and episodes[0].terms:
        names = episodes[0].terms
        return {n: np.concatenate([e.terms[n] for e in episodes]) for n in names}
    return {
        "env": np.concatenate([e.own for e in episodes]),
        "added by the wrapper": np.concatenate([e.extra for e in episodes]),
    }


def _sentences(values: dict[str, dict[str, float]]) -> list[str]:
    share = values["share"]
    listed = ", ".join(f"{k} {v:.0%}" for k, v in sorted(share.items(), key=lambda i: -i[1]))
    found = [f"Shares of what is paid: {listed}."]
    for name, part in share.items():
        if part > _RULES and name != "env":
            found.append(f"{name} rules: the env's own reward hardly shows beside it.")
    for name, part in values["saturated"].items():
        if part > _SATURATED and share[name] > 0 and name != "env":
            found.append(f"{name} sits at one of its extremes on {part:.0%} of steps.")
    for name, ratio in values["spike"].items():
        if ratio > _SPIKE and share[name] > 0 and name != "env":
            found.append(f"{name} spikes: its largest pay is {ratio:.0f} times its usual one.")
    return found


def _at_bounds(values: np.ndarray) -> float:
    if np.ptp(values) == 0:
        return 1.0
    low, high = np.isclose(values, values.min()), np.isclose(values, values.max())
    return float(max(low.mean(), high.mean()))


def _spike(values: np.ndarray) -> float:
    """Largest absolute pay over the 90th percentile of those that are not 0."""
    paid = np.abs(values[values != 0])
    return float(paid.max() / np.quantile(paid, 0.9)) if len(paid) > 10 else 1.0
