"""STARC against hand-worked numbers, independent formulas and its known distances."""

import math
import time

import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance import Edges, epic, starc

FORMS = ("val", "val_potential", "minimal")


def _three_actions(pays):
    """State 0: action 0 stays, actions 1 and 2 end the episode in state 1."""
    dynamics = np.zeros((2, 3, 2))
    dynamics[0, 0, 0] = dynamics[0, 1, 1] = dynamics[0, 2, 1] = 1.0
    reward = np.zeros((2, 3, 2))
    reward[0, pays] = 1.0
    return dynamics, reward


def test_three_actions_by_hand():
    # gamma .5, uniform policy, reward 1 for action 1: V = (V/2 + 1 + 0) / 3 = .4, so
    # c = (.2 - .4, 1 - .4, -.4). Reward for action 2: c' = (-.2, -.4, .6). Both have squared
    # norm .56 and their product is -.44: D^2 = 2 + 2 * .44 / .56 = 25/7.
    dynamics, a = _three_actions(1)
    _, b = _three_actions(2)
    found = starc(a, b, dynamics=dynamics, gamma=0.5, terminal=[False, True])
    assert found.canonical[0][0] == pytest.approx([-0.2, 0.6, -0.4])
    assert found.canonical[1][0] == pytest.approx([-0.2, -0.4, 0.6])
    assert found.distance == pytest.approx(math.sqrt(25 / 7))
    assert (found.upper, found.n) == (2.0, 3)


@pytest.mark.parametrize(
    ("norm", "distance"),
    # c and c' as above have mean absolute value .4 and largest .6; c - c' = (0, 1, -1).
    [("l1", 2 / 3 / 0.4), ("linf", 1 / 0.6)],
)
def test_norms_by_hand(norm, distance):
    dynamics, a = _three_actions(1)
    _, b = _three_actions(2)
    found = starc(a, b, dynamics=dynamics, gamma=0.5, terminal=[False, True], norm=norm)
    assert found.distance == pytest.approx(distance)


def test_minimal_by_hand():
    # Shaping at state 0 adds (gamma - 1, -1, -1) * phi = (-.5, -1, -1) phi. The part of
    # (0, 1, 0) at right angles to (1, 2, 2) is (0, 1, 0) - 2/9 (1, 2, 2).
    dynamics, a = _three_actions(1)
    found = starc(a, a, dynamics=dynamics, gamma=0.5, terminal=[False, True], canonical="minimal")
    assert found.canonical[0][0] == pytest.approx([-2 / 9, 5 / 9, -4 / 9])


@pytest.mark.parametrize("seed", range(3))
def test_val_agrees_with_iteration(random_mdp, seed):
    p, a, b, _ = random_mdp(seed)
    forms = []
    for r in (a, b):
        v = np.zeros(5)
        for _ in range(2000):
            v = (p * (r + 0.9 * v)).sum(axis=2).mean(axis=1)
        forms.append((p * (r + 0.9 * v - v[:, None, None])).sum(axis=2))
    x, y = (c / np.linalg.norm(c) for c in forms)
    found = starc(a, b, dynamics=p, gamma=0.9)
    assert found.canonical[0] == pytest.approx(forms[0])
    assert found.distance == pytest.approx(np.linalg.norm(x - y))


@pytest.mark.parametrize("form", [*FORMS, "epic", "dard"])
@pytest.mark.parametrize("gamma", [0.0, 0.9, 0.999])
def test_known_distances(random_mdp, form, gamma):
    p, r, _, phi = random_mdp(5)
    shaping = np.broadcast_to(gamma * phi - phi[:, None, None], r.shape)
    given = {"dynamics": p, "gamma": gamma, "canonical": form}
    assert starc(r, 2 * r + shaping, **given).distance == pytest.approx(0, abs=1e-7)
    assert starc(r, -r, **given).distance == pytest.approx(2)
    assert starc(0 * r, 50 * shaping, **given).distance == 0.0
    assert starc(0 * r, r, **given).distance == pytest.approx(1)


@pytest.mark.parametrize("form", FORMS)
def test_known_distances_with_terminal_states(grid, form):
    given = {"dynamics": grid.dynamics, "gamma": 0.95, "canonical": form}
    shaped = 2 * grid.reward + 100 * grid.shaping()
    near = starc(grid.reward, shaped, terminal=grid.terminal, **given)
    assert near.distance == pytest.approx(0, abs=1e-7)
    wrong = grid.reward + grid.shaping(np.where(grid.terminal, 0.9, grid.phi))
    assert starc(grid.reward, wrong, terminal=grid.terminal, **given).distance > 0.1


def test_constants_weigh_nothing_only_where_episodes_never_end(grid):
    given = {"dynamics": grid.dynamics, "gamma": 0.95}
    assert starc(grid.reward, grid.reward + 0.1, **given).distance < 1e-7
    far = starc(grid.reward, grid.reward + 0.1, terminal=grid.terminal, **given)
    assert far.distance > 0.1


def test_a_reward_moved_between_successors(grid):
    given = {"dynamics": grid.dynamics, "gamma": 0.95, "terminal": grid.terminal}
    moved = grid.redistributed()
    assert starc(grid.reward, moved, **given).distance < 1e-7
    assert starc(grid.reward, moved, canonical="minimal", **given).distance < 1e-7
    assert starc(grid.reward, moved, canonical="val_potential", **given).distance > 0.3
    assert epic(grid.reward, moved, gamma=0.95).distance > 0.3


def test_half_of_it_under_epics_form_is_epic(random_mdp):
    p, a, b, _ = random_mdp(2)
    found = starc(a, b, dynamics=p, gamma=0.9, canonical="epic")
    assert found.distance / 2 == pytest.approx(epic(a, b, gamma=0.9).distance)


@pytest.mark.parametrize("form", FORMS)
def test_edges_and_arrays_agree(grid, form):
    edges = Edges.dense(grid.dynamics)
    at = (edges.s, edges.a, edges.after)
    other = grid.reward**2 + grid.shaping()
    given = {"gamma": 0.95, "terminal": grid.terminal, "canonical": form}
    dense = starc(grid.reward, other, dynamics=grid.dynamics, **given)
    sparse = starc(grid.reward[at], other[at], dynamics=edges, **given)
    assert sparse.distance == pytest.approx(dense.distance)
    assert 0 < dense.distance < 2


def test_the_policy_and_the_weights_are_used(grid):
    given = {"dynamics": grid.dynamics, "gamma": 0.95, "terminal": grid.terminal}
    other = grid.reward**2
    even = starc(grid.reward, other, **given).distance
    policy = np.zeros((25, 4))
    policy[:, 0] = 1.0
    assert abs(starc(grid.reward, other, policy=policy, **given).distance - even) > 1e-3
    weights = np.zeros((25, 4))
    weights[3] = 0.25
    assert abs(starc(grid.reward, other, weights=weights, **given).distance - even) > 1e-3


@pytest.mark.parametrize("form", FORMS)
def test_ten_thousand_states_take_seconds(form):
    side = 100
    s = np.arange(side * side)
    row, column = s // side, s % side
    steps = [
        np.maximum(row - 1, 0) * side + column,
        np.minimum(row + 1, side - 1) * side + column,
        row * side + np.maximum(column - 1, 0),
        row * side + np.minimum(column + 1, side - 1),
    ]
    edges = Edges(
        np.tile(s, 4), np.repeat(np.arange(4), len(s)), np.concatenate(steps),
        np.ones(4 * len(s)), len(s), 4,
    )  # fmt: skip
    reward = (edges.after == len(s) - 1).astype(float)
    phi = np.random.default_rng(0).normal(size=len(s))
    phi[-1] = 0.0
    shaped = reward + 0.99 * phi[edges.after] - phi[edges.s]
    started = time.process_time()
    found = starc(
        reward, shaped, dynamics=edges, gamma=0.99, terminal=s == len(s) - 1, canonical=form
    )
    assert found.distance < 1e-6
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gamma": 1.0}, r"lies in \[0, 1\)"),
        ({"canonical": "vall"}, "Did you mean 'val'"),
        ({"norm": "l3"}, "norm is one of l2, l1, linf"),
        ({"canonical": "minimal", "norm": ("l1", "l2")}, "least squares"),
        ({"dynamics": np.full((2, 3, 2), 0.4)}, "sum of 0.8"),
        ({"policy": np.ones((2, 3))}, "policy"),
        ({"policy": np.ones(3)}, r"shape \(3,\)"),
        ({"weights": np.ones((2, 3))}, "sum of 6"),
        ({"terminal": [True]}, "one bool per state"),
    ],
)
def test_bad_input_is_refused(changes, message):
    dynamics, a = _three_actions(1)
    given = {"dynamics": dynamics, "gamma": 0.5, "terminal": [False, True]} | changes
    with pytest.raises(ConfigError, match=message):
        starc(a, -a, **given)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"after": np.array([0, 9])}, r"after must lie in 0\.\.1"),
        ({"p": np.array([1.0, 0.5])}, "sum of 0.5"),
        ({"p": np.ones(3)}, "lengths"),
        ({"s": np.array([0, 0]), "a": np.array([0, 1])}, "from state 1"),
    ],
)
def test_bad_edges_are_refused(changes, message):
    good = {"s": np.array([0, 1]), "a": np.array([0, 0]), "after": np.array([1, 0])}
    edges = Edges(**(good | {"p": np.ones(2), "states": 2, "actions": 2} | changes))
    with pytest.raises(ConfigError, match=message):
        starc(np.zeros(2), np.zeros(2), dynamics=edges, gamma=0.9)


def test_edges_cannot_serve_epics_form():
    edges = Edges(*(np.array([0]),) * 3, np.ones(1), 1, 1)
    with pytest.raises(ConfigError, match="cannot happen"):
        starc(np.zeros(1), np.zeros(1), dynamics=edges, gamma=0.9, canonical="epic")
    with pytest.raises(ConfigError, match="one number per edge"):
        starc(np.zeros((1, 1, 1)), np.zeros(1), dynamics=edges, gamma=0.9)
