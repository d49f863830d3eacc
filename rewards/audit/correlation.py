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
    if not isinstance(preferences, list | tuple):
        raise ConfigError(
            "Preferences are a list of pairs, {better: {seed, actions}, worse: {seed, actions}} "
            f"each. Received {preferences!r:.80}."
        )
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
        seed, actions = _side(pair, side, number)
        both = subject.pair()
        rng = np.random.default_rng(0)
        episode = play(both, seed, rng, actions=actions, longest=len(actions))
        both.outer.close()
        returns.append(float(np.array(episode.proxy) @ subject.gamma ** np.arange(len(episode))))
    return returns[0] - returns[1]


def _side(pair: Any, side: str, number: int) -> tuple[int, list[Any]]:
    """Seed and actions of one episode of a pair."""
    spec = pair.get(side) if isinstance(pair, Mapping) else None
    if not isinstance(spec, Mapping) or not {"seed", "actions"} <= set(spec):
        raise ConfigError(
            "A preference is a mapping {better: {seed, actions}, worse: {seed, actions}}. "
            f"Received {pair!r:.200} as number {number}."
        )
    seed, actions = spec["seed"], spec["actions"]
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ConfigError(
            "The seed of a ranked episode is a whole number of at least 0, which its reset took. "
            f"Received {seed!r:.80} as {side!r} of number {number}."
        )
    if not isinstance(actions, list | tuple | np.ndarray) or len(actions) == 0:
        raise ConfigError(
            "The actions of a ranked episode are a list, one for each step, and at least one. "
            f"Received {actions!r:.80} as {side!r} of number {number}."
        )
    return int(seed), list(actions)
