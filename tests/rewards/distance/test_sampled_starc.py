"""Sampled STARC against the exact one, and on a continuous space."""

from dataclasses import replace

import numpy as np
import pytest

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.distance import Sampling, starc, starc_sampled
from rewardsmith.transition import Transition

NONE = Sampling(resamples=0)


@pytest.mark.parametrize("form", ["val", "val_potential"])
def test_comes_to_the_exact_figure(grid, drawn, model, looked_up, form):
    # Every other state and action equally often, as in the exact figure's weights.
    other = np.where(grid.reward > 0.5, 0.4, grid.reward) + 0.02 * np.arange(25)
    exact = starc(
        grid.reward, other, dynamics=grid.dynamics, gamma=0.95, terminal=grid.terminal,
        canonical=form,
    ).distance  # fmt: skip
    assert 0.2 < exact < 1.8
    found = starc_sampled(
        looked_up(grid.reward), looked_up(other), drawn(20000, possible=True), gamma=0.95,
        canonical=form, model=model, sampling=Sampling(resamples=20, model_samples=50),
    )  # fmt: skip
    assert 0.0 < found.standard_error < 0.05
    assert abs(found.distance - exact) < 4 * found.standard_error + 0.01
    assert "LSTD on 23 basis functions" in found.notes[0]


@pytest.mark.parametrize("form", ["val_potential", "minimal"])
def test_known_distances_hold_at_any_sample_size(grid, drawn, looked_up, form):
    r = looked_up(grid.reward)
    given = {"transitions": drawn(60, possible=True), "gamma": 0.95, "sampling": NONE}
    given["canonical"] = form
    shaped = looked_up(2 * grid.reward + 50 * grid.shaping())
    assert starc_sampled(r, shaped, **given).distance < 1e-6
    assert starc_sampled(r, looked_up(-grid.reward), **given).distance == pytest.approx(2)
    wrong = looked_up(grid.reward + grid.shaping(np.where(grid.terminal, 0.9, grid.phi)))
    big = given | {"transitions": drawn(2000, possible=True)}
    assert starc_sampled(r, wrong, **big).distance > 0.1


def test_a_reward_moved_between_successors(grid, drawn, model, looked_up):
    pair = looked_up(grid.reward), looked_up(grid.redistributed())
    given = {"transitions": drawn(4000, possible=True), "gamma": 0.95}
    many = Sampling(resamples=0, model_samples=400)
    # 400 draws leave noise of 1/20 of the moved reward's own size in the mean.
    near = starc_sampled(*pair, canonical="val", model=model, sampling=many, **given)
    far = starc_sampled(*pair, sampling=NONE, **given)
    assert near.distance < 0.5 * far.distance
    assert far.distance > 0.3


def _drift(n=3000, seed=0):
    """A walk on [-1, 1] in episodes of 30 steps that never terminates."""
    rng = np.random.default_rng(seed)
    x, rows = rng.uniform(-1, 1, size=(n // 30, 1)), []
    for _ in range(30):
        action = rng.uniform(-0.3, 0.3, size=x.shape)
        after = np.clip(x + action, -1, 1)
        rows.append((x, action, after))
        x = after
    s, a, t = (np.concatenate(part) for part in zip(*rows, strict=True))
    false = np.zeros(len(s), dtype=bool)
    episode = np.tile(np.arange(n // 30), 30)
    return Transition(s, a, t, np.zeros(len(s)), false, false, episode=episode)


def test_a_continuous_space():
    batch, given = _drift(), {"gamma": 0.9, "sampling": Sampling(resamples=20)}

    def near_zero(batch):
        return -(batch.next_obs[:, 0] ** 2)

    def shaped(batch):
        phi = np.sin(3 * batch.obs[:, 0]), np.sin(3 * batch.next_obs[:, 0])
        return 2 * near_zero(batch) + 0.9 * phi[1] - phi[0]

    def to_the_right(batch):
        return batch.next_obs[:, 0]

    near = starc_sampled(near_zero, shaped, batch, **given)
    far = starc_sampled(near_zero, to_the_right, batch, **given)
    assert near.distance < 0.01  # the basis follows sin(3x) closely, not exactly
    assert abs(far.distance - np.sqrt(2)) < 0.2  # even and odd rewards do not correlate
    assert 0.0 < far.standard_error < 0.2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gamma": 1.0}, r"lies in \[0, 1\)"),
        ({"canonical": "val"}, "Received no model"),
        ({"canonical": "epic"}, "canonical is one of val_potential, val, minimal"),
        ({"basis": lambda states: np.zeros(3)}, r"shape \(N, K\)"),
    ],
)
def test_bad_input_is_refused(drawn, changes, message):
    given = {"transitions": drawn(20, possible=True), "gamma": 0.9} | changes
    with pytest.raises(ConfigError, match=message):
        starc_sampled(lambda batch: batch.obs, lambda batch: batch.obs, **given)


def test_text_observations_need_a_basis(drawn):
    batch = replace(drawn(20), obs=np.full(20, "a"), next_obs=np.full(20, "b"))
    with pytest.raises(ConfigError, match="Give basis="):
        starc_sampled(lambda b: b.action, lambda b: b.action, batch, gamma=0.9)
