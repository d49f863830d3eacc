"""Check 1: the reward is finite, repeatable, clean after a reset, and leaves the env alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rewardsmith.rewards.audit.result import Check, Hazard
from rewardsmith.rewards.audit.rollouts import Episode, play
from rewardsmith.rewards.audit.subject import Subject

SOURCE = "Gymnasium's step contract; rule of three for the bound (Hanley and Lippman-Hand 1983)"
_TRIALS = 4


def contract(subject: Subject, episodes: list[Episode]) -> tuple[Check, list[Hazard]]:
    """Look at random episodes, then replay some of them.

    Args:
        subject: env and reward.
        episodes: random episodes on one instance.
    """
    rules: tuple[Callable[[Subject, list[Episode]], Hazard | None], ...] = (
        _steps_once, _ends, _finite, _flags, _repeatable, _clean_reset,
    )  # fmt: skip
    found = [hazard for rule in rules if (hazard := rule(subject, episodes)) is not None]
    steps = sum(map(len, episodes))
    values = {"episodes": len(episodes), "steps": steps, "violations": [h.name for h in found]}
    if found:
        return Check("contract", SOURCE, "failed", found[0].sentence, values), found
    bound = 1 - 0.05 ** (1 / max(len(episodes), 1))
    values["rate_below"] = bound
    sentence = (
        f"No violation in {len(episodes)} episodes ({steps:,} steps): with 95% confidence fewer "
        f"than {bound:.2%} of episodes have one."
    )
    return Check("contract", SOURCE, "passed", sentence, values), []


def _steps_once(subject: Subject, episodes: list[Episode]) -> Hazard | None:
    for episode in episodes:
        if episode.extra_steps:
            return Hazard(
                "STEPS TWICE",
                f"The reward wrapper stepped the env {len(episode) + episode.extra_steps} times "
                f"in an episode of {len(episode)} steps.",
                "Call self.env.step(action) once in step(), and never in reset().",
            )
    return None


def _ends(subject: Subject, episodes: list[Episode]) -> Hazard | None:
    endless = [e for e in episodes if not (e.terminated or e.truncated or any(e.told))]
    if not endless:
        return None
    return Hazard(
        "NEVER ENDS",
        f"{len(endless)} of {len(episodes)} random episodes had not ended after "
        f"{max(map(len, endless)):,} steps.",
        "Give the env a time limit: gymnasium.wrappers.TimeLimit(env, max_episode_steps=...).",
    )


def _finite(subject: Subject, episodes: list[Episode]) -> Hazard | None:
    for episode in episodes:
        bad = np.flatnonzero(~np.isfinite(episode.proxy))
        if len(bad):
            step = int(bad[0])
            return Hazard(
                "NOT FINITE",
                f"Step {step} of the episode with seed {episode.seed} was paid "
                f"{episode.proxy[step]}.",
                "Keep divisors and logarithms away from 0; `rewardsmith show` finds such places.",
            )
    return None


def _flags(subject: Subject, episodes: list[Episode]) -> Hazard | None:
    for episode in episodes:
        if episode.told != (episode.terminated, episode.truncated):
            return Hazard(
                "ENDS CHANGED",
                "The env ended with (terminated, truncated) = "
                f"{(episode.terminated, episode.truncated)}, the reward wrapper passed on "
                f"{episode.told}.",
                "Return both flags as the env gave them.",
            )
    return None


def _repeatable(subject: Subject, episodes: list[Episode]) -> Hazard | None:
    """The same seed and actions on a fresh instance, twice."""
    for episode in _short(episodes):
        first, second = (_fresh(subject, episode) for _ in range(2))
        if first.own != second.own:
            return Hazard(
                "ENV NOT SEEDED",
                f"The env itself gave other rewards for the same seed {episode.seed} and actions.",
                "Draw all randomness from self.np_random.",
            )
        if not np.array_equal(first.proxy, second.proxy, equal_nan=True):
            step = _first_difference(first, second)
            return Hazard(
                "STOCHASTIC REWARD",
                f"Step {step} was paid {first.proxy[step]:.6g}, and {second.proxy[step]:.6g} in a "
                f"second run with the same seed {episode.seed} and actions.",
                "Make the reward a function of the transition, or draw from the env's np_random.",
            )
    return None


def _clean_reset(subject: Subject, episodes: list[Episode]) -> Hazard | None:
    """An episode after another must be paid as on a fresh instance."""
    stack = subject.stack
    if stack is not None and any(e.term.learns for e in stack.entries):
        return None  # a term that learns remembers on purpose
    pair, rng = subject.pair(), np.random.default_rng(1)
    try:
        play(pair, 12345, rng, longest=200)
        for episode in _short(episodes):
            again = play(pair, episode.seed, rng, actions=episode.actions, longest=len(episode))
            alone = _fresh(subject, episode)
            same = np.allclose(again.proxy, alone.proxy, 1e-9, 1e-12, equal_nan=True)
            if again.own == alone.own and not same:
                step = _first_difference(again, alone)
                return Hazard(
                    "STATE LEFT OVER",
                    f"Step {step} was paid {again.proxy[step]:.6g} after another episode and "
                    f"{alone.proxy[step]:.6g} on a fresh env, seed and actions being the same: "
                    "reset() leaves something behind.",
                    "Clear in reset() all that step() remembers.",
                )
    finally:
        pair.outer.close()
    return None


def _short(episodes: list[Episode]) -> list[Episode]:
    return sorted(episodes, key=len)[:_TRIALS]


def _fresh(subject: Subject, episode: Episode) -> Episode:
    pair = subject.pair()
    try:
        rng = np.random.default_rng(2)
        return play(pair, episode.seed, rng, actions=episode.actions, longest=len(episode))
    finally:
        pair.outer.close()


def _first_difference(a: Episode, b: Episode) -> int:
    size = min(len(a), len(b))
    gap = ~np.isclose(a.proxy[:size], b.proxy[:size], 1e-9, 1e-12, equal_nan=True)
    return int(np.argmax(gap))
