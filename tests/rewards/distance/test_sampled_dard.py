"""Sampled DARD against the exact one."""

import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance import Sampling, States, dard, dard_sampled


def test_comes_to_the_exact_figure(grid, drawn, model, looked_up):
    other = np.random.default_rng(0).normal(size=grid.reward.shape)
    exact = dard(
        grid.reward, other, dynamics=grid.dynamics, gamma=0.95, terminal=grid.terminal
    ).distance
    found = dard_sampled(
        looked_up(grid.reward), looked_up(other), drawn(2000, possible=True), model=model,
        gamma=0.95, actions=np.arange(4), sampling=Sampling(model_samples=100),
    )  # fmt: skip
    assert 0.002 < found.standard_error < 0.02
    assert abs(found.distance - exact) < 4 * found.standard_error


@pytest.mark.parametrize("ends", ["zero", "ignore"])
def test_known_distances_hold_at_any_sample_size(grid, drawn, model, looked_up, ends):
    r = looked_up(grid.reward)
    shaped = looked_up(2 * grid.reward + 50 * grid.shaping())
    given = {"transitions": drawn(20, possible=True), "model": model, "gamma": 0.95}
    given |= {"ends": ends, "sampling": Sampling(resamples=0, model_samples=2)}
    assert dard_sampled(r, shaped, **given).distance < 1e-7
    assert dard_sampled(r, looked_up(-grid.reward), **given).distance == pytest.approx(1)
    zero = looked_up(0 * grid.reward)
    assert dard_sampled(zero, looked_up(grid.shaping()), **given).distance == 0.0


def test_a_model_that_gives_something_else_is_refused(grid, drawn, looked_up):
    r = looked_up(grid.reward)
    given = {"transitions": drawn(20, possible=True), "gamma": 0.95}
    with pytest.raises(ConfigError, match="Received 1 states for 20"):
        dard_sampled(
            r, r, model=lambda s, a, rng: States(np.zeros(1), {}, np.zeros(1, dtype=bool)), **given
        )
    with pytest.raises(ConfigError, match="Received ndarray"):
        dard_sampled(r, r, model=lambda s, a, rng: np.zeros(20), **given)
