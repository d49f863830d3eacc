"""What a method's gradient is on average, over every group that can be drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from rewardsmith.agents.llm.credit import credit
from rewardsmith.agents.llm.credit.rollouts import (
    Rollouts,
    label_moments,
    make_rollouts,
    returns_to_go,
)
from rewardsmith.agents.llm.credit.turn import BASELINES
from rewardsmith.agents.llm.record import Episode
from rewardsmith.transition import Floats

from .tasks import Listed, Task, listed

Method = Callable[[Sequence[Episode]], list[Floats]]
Row = dict[str, float | None]


def ours(method: str, **options: Any) -> Method:
    """A method of the package, on one group."""
    return lambda episodes: credit(episodes, [0] * len(episodes), method=method, **options)


def _padded(values: Callable[[Rollouts], Floats]) -> Method:
    def method(episodes: Sequence[Episode]) -> list[Floats]:
        rollouts = make_rollouts(episodes, [0] * len(episodes))
        return rollouts.split(values(rollouts))

    return method


def _less_mean_of_survivors(rollouts: Rollouts, values: Floats) -> Floats:
    """Values minus the mean over the episodes that have such a turn, its own included."""
    turns = np.nonzero(rollouts.alive)[1]
    means, _ = label_moments(values[rollouts.alive], turns)
    return rollouts.pad(values[rollouts.alive] - means)


def _centred_then_accumulated(rollouts: Rollouts) -> Floats:
    return returns_to_go(_less_mean_of_survivors(rollouts, rollouts.rewards), 1.0)


def _accumulated_then_centred(rollouts: Rollouts) -> Floats:
    returns = returns_to_go(rollouts.rewards, 1.0)
    return np.asarray(returns - returns.mean(axis=0))


def _accumulated_then_survivors(rollouts: Rollouts) -> Floats:
    return _less_mean_of_survivors(rollouts, returns_to_go(rollouts.rewards, 1.0))


#: name -> (method, whether the rewards are shaped by the task's potential)
METHODS: dict[str, tuple[Method, bool]] = {
    "turn (leave-one-out, ended = 0)": (ours("turn"), False),
    "turn, baseline=alive": (ours("turn", baseline="alive"), False),
    "turn, baseline=start": (ours("turn", baseline="start"), False),
    "turn, baseline=none": (ours("turn", baseline="none"), False),
    "turn + potential": (ours("turn"), True),
    "turn, baseline=alive + potential": (ours("turn", baseline="alive"), True),
    "turn, scale=batch": (ours("turn", scale="batch"), False),
    "trajectory, scale=none": (ours("trajectory", scale="none"), False),
    "trajectory, scale=none + potential": (ours("trajectory", scale="none"), True),
    "trajectory (GRPO)": (ours("trajectory"), False),
    "gdpo": (ours("gdpo"), False),
    "gigpo": (ours("gigpo"), False),
    "gigpo, omega=0": (ours("gigpo", omega=0.0), False),
    "empg": (ours("empg"), False),
    "igpo": (ours("igpo"), False),
    "rewards centred per turn, then accumulated": (_padded(_centred_then_accumulated), False),
    "accumulated, then centred by the group's mean": (_padded(_accumulated_then_centred), False),
    "accumulated, then centred by the survivors' mean": (
        _padded(_accumulated_then_survivors),
        False,
    ),
}


def true_gradient(task: Task) -> Floats:
    """E[R sum_t grad log pi(a_t | s_t)] over all episodes, shape (P,)."""
    terms = [e.probability * e.episode.total * e.scores.sum(axis=0) for e in listed(task)]
    return np.asarray(np.sum(terms, axis=0))


def moments(method: Method, episodes: Sequence[Listed], n: int) -> tuple[Floats, float]:
    """Mean of the gradient estimate from a group of n, and the trace of its covariance.

    The estimate is (1/n) sum_i sum_t A_{i,t} grad log pi(a_{i,t} | s_{i,t}). Groups are listed
    without order, each with its multinomial probability.
    """
    mean = np.zeros(episodes[0].scores.shape[1])
    square = 0.0
    for drawn in combinations_with_replacement(range(len(episodes)), n):
        group = [episodes[i] for i in drawn]
        advantages = method([e.episode for e in group])
        pairs = zip(advantages, group, strict=True)
        estimate = np.sum([a @ e.scores for a, e in pairs], axis=0) / n
        probability = _probability(drawn, episodes)
        mean += probability * estimate
        square += probability * float(estimate @ estimate)
    return mean, float(square - mean @ mean)


def _probability(drawn: tuple[int, ...], episodes: Sequence[Listed]) -> float:
    orders = math.factorial(len(drawn))
    for i in set(drawn):
        orders //= math.factorial(drawn.count(i))
    return orders * math.prod(episodes[i].probability for i in drawn)


def row(method: Method, episodes: Sequence[Listed], truth: Floats, n: int) -> Row:
    """How a method's expected gradient compares with the true one.

    Returns:
        size: its projection on the true gradient over the true gradient's length; 1 is unbiased.
        cosine: with the true gradient; 1 is the right direction, 0 no signal.
        noise: trace of the covariance over the squared projection, for one group: the number
            of groups whose average has a noise as large as the signal. None without signal.
        expected: the expected gradient, if the policy has one parameter.
    """
    mean, variance = moments(method, episodes, n)
    along, length = float(mean @ truth), float(np.linalg.norm(mean))
    size = float(along / (truth @ truth))
    cosine = along / (length * float(np.linalg.norm(truth))) if length > 1e-12 else 0.0
    signal = size**2 * float(truth @ truth)
    found: Row = {
        "size": round(size, 6),
        "cosine": round(cosine, 6),
        "noise": round(variance / signal, 4) if abs(size) > 1e-9 else None,
    }
    return {**found, "expected": round(float(mean[0]), 6)} if len(mean) == 1 else found


def bias_table(task: Task, n: int) -> dict[str, Row]:
    """A row per method."""
    truth = true_gradient(task)
    plain, shaped = listed(task), listed(task, shaped=True)
    return {
        name: row(method, shaped if with_potential else plain, truth, n)
        for name, (method, with_potential) in METHODS.items()
    }


def noise_table(task: Task, n: int) -> Row:
    """The noise of each baseline of `turn`, and of `trajectory` without a scale."""
    truth, episodes = true_gradient(task), listed(task)
    methods = {name: ours("turn", baseline=name) for name in BASELINES}
    methods["trajectory"] = ours("trajectory", scale="none")
    return {name: row(method, episodes, truth, n)["noise"] for name, method in methods.items()}
