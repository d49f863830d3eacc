"""check_env: the environment contract, tried on an env with features."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from rewardsmith.testing import env_rules
from rewardsmith.testing.driver import drive
from rewardsmith.testing.env_rules import Trial
from rewardsmith.testing.report import Report

_RULES: dict[str, Callable[[Trial], str]] = {
    "features": env_rules.features,
    "is_success": env_rules.success,
    "signals": env_rules.signals,
    "determinism": env_rules.determinism,
    "state reached": env_rules.reached,
    "deep copy": env_rules.copies,
    "library's own check": env_rules.libraries_own,
}


def check_env(
    env: Any,
    *,
    episodes: int = 5,
    steps: int = 200,
    seed: int = 0,
    raise_on_failure: bool = True,
) -> Report:
    """Play random episodes in `env` and try the contract of an env with features.

    The env is reset and stepped, never closed.

    Args:
        env: a Gymnasium env or a PettingZoo parallel env.
        episodes: number of random episodes, with seeds `seed`, `seed + 1`, ...
        steps: an episode is broken off after so many steps.
        seed: of the first episode, and of the actions.
        raise_on_failure: whether to raise; else read `report.failed`.

    Raises:
        ContractError: lists every broken rule with cause and remedy.

    >>> import gymnasium
    >>> report = check_env(gymnasium.make("CartPole-v1"), episodes=2)
    >>> report.ok, [finding.name for finding in report.unchecked][:2]
    (True, ['features', 'is_success'])
    """
    trial = Trial(drive(env), episodes, steps, seed)
    report = Report(f"check_env({env})")
    for name, rule in _RULES.items():
        report.run(name, partial(rule, trial))
    report.skip("rendering", "No frame was drawn. Look at one: render_mode='rgb_array'.")
    report.skip(
        "task reward",
        "Whether the reward is the task's own, unshaped, cannot be told from outside.",
    )
    if raise_on_failure:
        report.raise_if_failed()
    return report
