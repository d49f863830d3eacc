"""Expected gradients against closed forms and finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from rewardsmith.benchmarks.llm_credit.bias import METHODS, moments, ours, true_gradient
from rewardsmith.benchmarks.llm_credit.tasks import Task, errand, find, listed, quality, stay

TASKS = (stay(), errand(), quality(), quality(shared=True), find(), find(shared=True))
UNBIASED = [name for name in METHODS if name.startswith("turn") and "scale" not in name]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_the_true_gradient_is_that_of_the_value(task: Task) -> None:
    """The value comes by recursion over states, the gradient from the list of episodes."""
    assert sum(e.probability for e in listed(task)) == pytest.approx(1.0)
    step = 1e-5
    sides = [
        (task.value(task.theta + d) - task.value(task.theta - d)) / (2 * step)
        for d in step * np.eye(len(task.theta))
    ]
    assert true_gradient(task) == pytest.approx(np.array(sides), abs=1e-8)


def test_staying_in_closed_form() -> None:
    """p (1 - p) (1 + 2 p + 3 p^2) = 11/16; a mean with its own episode gives 7/8 of it."""
    expected = {
        "turn (leave-one-out, ended = 0)": 11 / 16,
        "accumulated, then centred by the group's mean": 11 / 16 * 7 / 8,
        "trajectory, scale=none": 11 / 16 * 7 / 8,
        "rewards centred per turn, then accumulated": 0.0,
        "igpo": 0.0,
    }
    episodes = listed(stay())
    found = {name: float(moments(METHODS[name][0], episodes, 8)[0][0]) for name in expected}
    assert found == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
@pytest.mark.parametrize("name", UNBIASED)
def test_leave_one_out_is_unbiased(task: Task, name: str) -> None:
    method, shaped = METHODS[name]
    mean, _ = moments(method, listed(task, shaped=shaped), 2)
    assert mean == pytest.approx(true_gradient(task), abs=1e-12)


def test_a_potential_changes_nothing_by_trajectory_and_the_noise_by_turn() -> None:
    task = errand()
    plain, shaped = listed(task), listed(task, shaped=True)
    by_trajectory = [moments(ours("trajectory"), e, 2) for e in (plain, shaped)]
    assert by_trajectory[0][0] == pytest.approx(by_trajectory[1][0], abs=1e-12)
    assert by_trajectory[0][1] == pytest.approx(by_trajectory[1][1], abs=1e-12)
    by_turn = [moments(ours("turn"), e, 2)[1] for e in (plain, shaped)]
    assert by_turn[1] < 0.95 * by_turn[0]


def test_variance_against_drawn_groups() -> None:
    task = stay()
    episodes = listed(task)
    mean, variance = moments(ours("turn"), episodes, 3)
    rng = np.random.default_rng(0)
    draws = rng.choice(len(episodes), size=(4000, 3), p=[e.probability for e in episodes])
    method = ours("turn")
    found = []
    for drawn in draws:
        group = [episodes[i] for i in drawn]
        pairs = zip(method([e.episode for e in group]), group, strict=True)
        found.append(sum(float(a @ e.scores[:, 0]) for a, e in pairs) / 3)
    assert np.mean(found) == pytest.approx(mean[0], abs=4 * (variance / 4000) ** 0.5)
    assert np.var(found) == pytest.approx(variance, rel=0.15)
