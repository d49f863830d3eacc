"""DARD against loops and its known distances."""

import itertools

import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance import dard


def _by_loops(reward, p, gamma, over_a):
    """Equation 3, term by term."""
    states, actions = range(reward.shape[0]), range(reward.shape[1])
    canonical = np.zeros_like(reward)
    for s, a, t in itertools.product(states, actions, states):
        total = reward[s, a, t]
        for b, x, y in itertools.product(actions, states, states):
            chance = over_a[b] * p[s, b, x] * p[t, b, y]
            total += chance * (gamma * reward[t, b, y] - reward[s, b, x] - gamma * reward[x, b, y])
        canonical[s, a, t] = total
    return canonical


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_loops(random_mdp, seed):
    p, a, b, _ = random_mdp(seed)
    over_a = np.random.default_rng(seed).dirichlet(np.ones(3))
    found = dard(a, b, dynamics=p, gamma=0.9, action_distribution=over_a)
    x, y = (_by_loops(r, p, 0.9, over_a) for r in (a, b))
    assert found.canonical[0] == pytest.approx(x)
    weights = (p * over_a[:, None] / 5).ravel()
    cov = np.cov(np.stack([x.ravel(), y.ravel()]), aweights=weights)
    rho = cov[0, 1] / np.sqrt(cov[0, 0] * cov[1, 1])
    assert found.distance == pytest.approx(np.sqrt((1 - rho) / 2))


@pytest.mark.parametrize("gamma", [0.0, 0.9, 1.0])
def test_known_distances(random_mdp, gamma):
    p, r, _, phi = random_mdp(3)
    shaping = np.broadcast_to(gamma * phi - phi[:, None, None], r.shape)
    shaped = dard(r, 2 * r + shaping, dynamics=p, gamma=gamma)
    assert shaped.distance == pytest.approx(0, abs=1e-7)
    assert dard(r, -r, dynamics=p, gamma=gamma).distance == pytest.approx(1)
    assert dard(0 * r, shaping, dynamics=p, gamma=gamma).distance == 0.0
    assert dard(0 * r, r, dynamics=p, gamma=gamma).distance == 0.5


def test_shaping_with_terminal_states_if_written_in_their_rows_too(grid):
    given = {"dynamics": grid.dynamics, "gamma": 0.95, "terminal": grid.terminal}
    r = np.where(grid.terminal[:, None, None], 0.0, grid.reward)
    shaped = 2 * r + grid.shaping()
    assert dard(r, shaped, **given).distance == pytest.approx(0, abs=1e-7)
    forgetful = r + np.where(grid.terminal[:, None, None], 0.0, grid.shaping())
    assert dard(r, forgetful, **given).distance > 0.01


def test_the_potential_left_at_terminals_shows_where_they_are_named(grid):
    phi = np.where(grid.terminal, 0.9, grid.phi)
    wrong = grid.reward + grid.shaping(phi)
    given = {"dynamics": grid.dynamics, "gamma": 0.95}
    assert dard(grid.reward, wrong, **given).distance < 1e-7
    assert dard(grid.reward, wrong, terminal=grid.terminal, **given).distance > 0.01


@pytest.mark.parametrize(
    ("dynamics", "message"),
    [
        (np.full((5, 3, 5), 0.3), "sum of 1.5"),
        (np.full((5, 3), 1.0), r"shape \(5, 3\)"),
        (np.full((5, 3, 5), np.inf), "finite everywhere"),
    ],
)
def test_bad_dynamics_are_refused(random_mdp, dynamics, message):
    _, a, b, _ = random_mdp(0)
    with pytest.raises(ConfigError, match=message):
        dard(a, b, dynamics=dynamics, gamma=0.9)


def test_negative_probabilities_are_refused(random_mdp):
    p, a, b, _ = random_mdp(0)
    p[0, 0, 0], p[0, 0, 1] = -0.5, p[0, 0, 1] + p[0, 0, 0] + 0.5
    with pytest.raises(ConfigError, match=r"smallest probability of -0\.5"):
        dard(a, b, dynamics=p, gamma=0.9)
