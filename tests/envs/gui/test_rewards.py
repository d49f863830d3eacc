"""The named rewards, on steps whose terms are worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from rewardsmith import Binding, RewardStack, Transition
from rewardsmith.envs.gui.miniwob_env import MiniWoBEnv
from rewardsmith.named_rewards import named_rewards
from rewardsmith.registration import find_entry


def reward(name: str) -> RewardStack:
    entry = find_entry("rewardsmith/miniwob-click-test-2-v0")
    assert entry is not None
    return named_rewards(entry)[name].stack()


def paid(name: str, env: MiniWoBEnv, lines: list[str]) -> list[float]:
    """What the reward pays online for each line of an episode on seed 3's page."""
    stack = reward(name).bind(Binding(env.feature_schema))
    _, info = env.reset(seed=3)
    stack.reset()
    totals = []
    for t, line in enumerate(lines):
        before = info["features"]
        _, own, end, _, info = env.step(env.expert_action() if line == "expert" else line)
        row = Transition(
            None,
            np.array([line]),
            None,
            np.array([own]),
            np.array([end]),
            np.array([False]),
            {k: np.array([v]) for k, v in before.items()},
            {k: np.array([v]) for k, v in info["features"].items()},
            t=np.array([t]),
        )
        out = stack.step(row)
        assert sum(v[0] for v in out.terms.values()) == pytest.approx(out.total[0])
        totals.append(float(out.total[0]))
    return totals


def distance(env: MiniWoBEnv, x: float, y: float) -> float:
    env.reset(seed=3)
    one: Any = next(e for e in env.elements if e.text == "ONE")
    return math.dist((x, y), one.centre)


def test_sparse_is_the_raw_reward(text_env: MiniWoBEnv) -> None:
    assert paid("sparse", text_env, ["wait", "expert"]) == [0.0, 1.0]


def test_potential_is_worked_out_from_the_distances(text_env: MiniWoBEnv) -> None:
    # Phi = -0.5 * distance / 264 at the corner and at (0, 209), and 0 at the end; gamma .99.
    first, second = (-0.5 * distance(text_env, 0, y) / 264 for y in (0, 209))
    expected = [0.99 * second - first, 1.0 - second]
    assert paid("potential", text_env, ["click 0 209", "expert"]) == pytest.approx(expected)


def test_gated_charges_what_the_page_cannot_do(text_env: MiniWoBEnv) -> None:
    totals = paid("gated", text_env, ["wait", "foo", "expert"])
    assert totals == pytest.approx([0.0, -0.05, 1.0])


def test_biased_pays_for_every_click(text_env: MiniWoBEnv) -> None:
    beside = ["click 0 209"] * 3
    assert paid("biased", text_env, [*beside, "wait"]) == pytest.approx([0.2, 0.2, 0.2, 0.0])


@pytest.mark.parametrize(
    ("name", "guarantee"),
    [
        ("sparse", "invariant"),
        ("potential", "invariant"),
        ("gated", "biased"),
        ("biased", "biased"),
    ],
)
def test_guarantee(name: str, guarantee: str) -> None:
    assert reward(name).guarantee.value == guarantee
