"""EPIC against hand-worked numbers, loops and its known distances."""

import itertools
import math

import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance import epic


def _one(pays, amount=4.0):
    reward = np.zeros((2, 1, 2))
    reward[pays[0], 0, pays[1]] = amount
    return reward


def test_two_states_by_hand():
    # gamma .5. R pays 4 on 0 -> 1: mean rewards (2, 0), overall 1, so
    # C = [-1.5, 1.5; .5, -.5]. R' pays 4 on 1 -> 1: C' = [-.5, .5; -2.5, 2.5].
    # Both have mean 0; their product is -1, their norms sqrt(5) and sqrt(13).
    found = epic(_one((0, 1)), _one((1, 1)), gamma=0.5)
    assert found.canonical[0].ravel() == pytest.approx([-1.5, 1.5, 0.5, -0.5])
    assert found.canonical[1].ravel() == pytest.approx([-0.5, 0.5, -2.5, 2.5])
    assert found.distance == pytest.approx(math.sqrt((1 + 1 / math.sqrt(65)) / 2))
    assert (found.n, found.upper, found.standard_error) == (4, 1.0, None)


def test_a_terminal_state_by_hand():
    # State 1 ends the episode: V(0) = .5 * 4 + .5 * .5 * V(0), so V(0) = 8/3 and V(1) = 0.
    found = epic(_one((0, 1)), _one((0, 0)), gamma=0.5, terminal=np.array([False, True]))
    assert found.canonical[0].ravel() == pytest.approx([-4 / 3, 4 / 3, 0, 0])
    assert found.distance == pytest.approx(1.0)


def _by_loops(reward, gamma, over_s, over_a):
    """Definition 4.1, term by term."""
    states, actions = range(reward.shape[0]), range(reward.shape[1])
    canonical = np.zeros_like(reward)
    for s, a, t in itertools.product(states, actions, states):
        total = reward[s, a, t]
        for x, b, y in itertools.product(states, actions, states):
            p = over_s[x] * over_a[b] * over_s[y]
            total += p * gamma * reward[t, b, y]
            total -= p * reward[s, b, y]
            total -= p * gamma * reward[x, b, y]
        canonical[s, a, t] = total
    return canonical


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_loops(random_mdp, seed):
    _, a, b, _ = random_mdp(seed)
    rng = np.random.default_rng(seed + 100)
    over_s, over_a = rng.dirichlet(np.ones(5)), rng.dirichlet(np.ones(3))
    found = epic(
        a, b, gamma=0.9, state_distribution=over_s, action_distribution=over_a
    )  # fmt: skip
    x, y = (_by_loops(r, 0.9, over_s, over_a) for r in (a, b))
    assert found.canonical[0] == pytest.approx(x)
    weights = (over_s[:, None, None] * over_a[:, None] * over_s).ravel()
    cov = np.cov(np.stack([x.ravel(), y.ravel()]), aweights=weights)
    rho = cov[0, 1] / math.sqrt(cov[0, 0] * cov[1, 1])
    assert found.distance == pytest.approx(math.sqrt((1 - rho) / 2))


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.99, 1.0])
def test_known_distances(random_mdp, gamma):
    _, r, _, phi = random_mdp(7)
    shaping = np.broadcast_to(gamma * phi - phi[:, None, None], r.shape)
    assert epic(r, 3 * r + shaping + 5.0, gamma=gamma).distance == pytest.approx(0, abs=1e-7)
    assert epic(r, -r, gamma=gamma).distance == pytest.approx(1)
    zero = np.zeros_like(r)
    assert epic(zero, shaping, gamma=gamma).distance == 0.0
    assert epic(zero, zero + 3.0, gamma=gamma).distance == 0.0
    assert epic(zero, r, gamma=gamma).distance == 0.5


@pytest.mark.parametrize("gamma", [0.5, 0.95, 1.0])
def test_known_distances_with_terminal_states(grid, gamma):
    r, ends = grid.reward, grid.terminal
    shaped = 2 * r + 100 * grid.shaping(gamma=gamma)
    assert epic(r, shaped, gamma=gamma, terminal=ends).distance == pytest.approx(0, abs=1e-7)
    assert epic(r, -r, gamma=gamma, terminal=ends).distance == pytest.approx(1)


def test_the_potential_left_at_terminals_shows_only_where_they_are_named(grid):
    phi = grid.phi + np.where(grid.terminal, [[0.9]], 0.0).ravel()
    wrong = grid.reward + grid.shaping(phi)
    assert epic(grid.reward, wrong, gamma=0.95).distance < 1e-7
    assert epic(grid.reward, wrong, gamma=0.95, terminal=grid.terminal).distance > 0.05


def test_a_bonus_for_staying_alive_shows_only_where_terminals_are_named(grid):
    alive = grid.reward + 0.1
    assert epic(grid.reward, alive, gamma=0.95).distance < 1e-7
    assert epic(grid.reward, alive, gamma=0.95, terminal=grid.terminal).distance > 0.05


def test_a_reward_moved_between_successors_is_far_away(grid):
    assert epic(grid.reward, grid.redistributed(), gamma=0.95).distance > 0.3


def test_rows_from_terminal_states_do_not_count(grid):
    other = grid.reward.copy()
    other[grid.terminal] = 123.0
    found = epic(grid.reward, other, gamma=0.95, terminal=grid.terminal)
    assert found.distance == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gamma": 1.5}, r"lies in \[0, 1\]"),
        ({"gamma": float("nan")}, r"lies in \[0, 1\]"),
        ({"reward_b": np.zeros((3, 1, 3))}, "same states and actions"),
        ({"reward_b": np.zeros((2, 2))}, r"shape \(2, 2\)"),
        ({"reward_b": np.full((2, 1, 2), np.nan)}, r"finite everywhere.*\(0, 0, 0\)"),
        ({"reward_b": [["a"]]}, "array of numbers"),
        ({"state_distribution": [0.5, 0.6]}, "sum of 1.1"),
        ({"state_distribution": [1.5, -0.5]}, "minimum of -0.5"),
        ({"action_distribution": [0.5, 0.5]}, r"shape \(1,\)"),
        ({"terminal": [0, 1]}, "one bool per state"),
        ({"terminal": [True, True]}, "must not be terminal"),
        ({"coverage": np.ones((2, 1, 2))}, "sum of 4"),
    ],
)
def test_bad_input_is_refused(changes, message):
    given = {"reward_a": _one((0, 1)), "reward_b": _one((1, 1)), "gamma": 0.9} | changes
    with pytest.raises(ConfigError, match=message):
        epic(given.pop("reward_a"), given.pop("reward_b"), **given)


def test_gamma_1_needs_terminal_states_in_the_mean():
    with pytest.raises(ConfigError, match="gives them no weight"):
        epic(
            _one((0, 1)), _one((0, 0)), gamma=1.0, terminal=[False, True],
            state_distribution=[1.0, 0.0],
        )  # fmt: skip
