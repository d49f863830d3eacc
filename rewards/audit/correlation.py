"""Checks 8 and 10: do returns under the audited reward go with true returns and preferences?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.audit.result import Check
from rewardsmith.rewards.audit.rollouts import Episode, play
from rewardsmith.rewards.audit.subject import Subject

ORPO = "proxy correlated with the true return under a reference policy (arXiv 2403.03185)"
TAU = "Kendall's tau-b between returns and preferences, at least 100 pairs"
LEAST_PAIRS = 100


def proxy_correlation(episodes: list[Episode]) -> Check:
    """Check 8: Pearson and Spearman correlation of returns over random episodes."""
    name = "proxy correlation"
    own = np.array([sum(e.own) for e in episodes])
    paid = np.array([sum(e.proxy) for e in episodes])
    if len(episodes) < 3 or np.ptp(own) == 0 or np.ptp(paid) == 0:
        which = "true" if len(own) and np.ptp(own) == 0 else "audited"
        reason = f"{which} returns of random episodes do not vary"
        return Check(name, ORPO, "unchecked", f"Not checked: {reason}.")
    pearson = stats.pearsonr(own, paid)
    spearman = float(stats.spearmanr(own, paid).statistic)
    low, high = pearson.confidence_interval() if len(own) > 3 else (-1.0, 1.0)
    values = {
        "pearson": float(pearson.statistic), "spearman": spearman,
        "low": float(low), "high": float(high), "policy": "random",
    }  # fmt: skip
    sentence = (
        f"Over {len(own)} random episodes the returns correlate with r = {values['pearson']:.2f} "
        f"(95% interval {low:.2f} to {high:.2f}), rank correlation {spearman:.2f}. It says "
        "nothing about policies that were optimised."
    )
    return Check(name, ORPO, "info", sentence, values)


def alignment(subject: Subject, preferences: Sequence[Mapping[str, Any]] | None) -> Check:
    """Check 10: pairs of episodes that a person ranked, replayed under the audited reward.

    Args:
        subject: env and reward.
        preferences: one mapping per pair: `{"better": {"seed": 0, "actions": [...]},
            "worse": {...}}`.

    Raises:
        ConfigError: a pair is not of that form.
    """
    name = "trajectory alignment"
    if preferences is None:
        return Check(name, TAU, "unchecked", "Not checked: no preferences were given.")
    if len(preferences) < LEAST_PAIRS:
        reason = f"{len(preferences)} pairs were given, and it takes at least {LEAST_PAIRS}"
        return Check(name, TAU, "unchecked", f"Not checked: {reason}.")
    gaps = [_gap(subject, pair, number) for number, pair in enumerate(preferences)]
    # Each pair once as ranked and once turned round, so that a constant answer scores 0.
    signs = np.sign(gaps)
    tau = float(stats.kendalltau(np.r_[signs, -signs], np.repeat([1, -1], len(signs))).statistic)
    right = float((signs > 0).mean())
    values = {"tau_b": tau, "agree": right, "pairs": len(gaps)}
    sentence = f"Agrees with {right:.0%} of {len(gaps)} preferences (tau-b {tau:.2f})."
    return Check(name, TAU, "info", sentence, values)


def _gap(subject: Subject, pair: Mapping[str, Any], number: int) -> float:
    returns = []
    for side in ("better", "worse"):
        spec = pair.get(side) if isinstance(pair, Mapping) else None
        if not isinstance(spec, Mapping) or not {"seed", "actions"} <= set(spec):
            raise ConfigError(
                "A preference is a mapping {better: {seed, actions}, worse: {seed, actions}}. "
                f"Received {pair!r} as number {number}."
            )
        both, actions = subject.pair(), list(spec["actions"])
        rng = np.random.default_rng(0)
        episode = play(both, int(spec["seed"]), rng, actions=actions, longest=len(actions))
        both.outer.close()
        returns.append(float(np.array(episode.proxy) @ subject.gamma ** np.arange(len(episode))))
    return returns[0] - returns[1]
