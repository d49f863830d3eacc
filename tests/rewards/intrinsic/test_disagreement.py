"""Disagreement: variance over models by hand, in float64 and in vector envs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import rewardsmith
from rewardsmith.errors import ConfigError
from rewardsmith.rewards.intrinsic.ensemble import Ensemble

SMALL = "hidden=(8,), latent=4, update_every=16, batch_size=8, models=3"
BARE = "warmup=0, normalize='none', normalize_obs=False"


def lived(term: Any, steps: Any) -> list[list[float]]:
    paid = []
    for step in steps:
        paid.append(term.step(step).tolist())
        term.update(step)
    return paid


def arrays(parameters: Any) -> list[Any]:
    return [p.detach().double().numpy() for p in parameters]


def test_variance_by_hand(place: Any, step_of: Any) -> None:
    """x = s; models tell (x_1, 0), (3 x_1, 0) and (5 x_1, 6 if the action is 2)."""
    term = place(f"disagreement(hidden=(), latent=2, models=3, {BARE})", num_envs=1, size=2)
    with torch.no_grad():
        term.nets["encoder"].linear[0].weight[:] = torch.eye(2)
        weight = term.nets["dynamics"].weights[0]
        weight.zero_()
        weight[:, 0, 0] = torch.tensor([1.0, 3.0, 5.0])
        weight[2, 4, 1] = 6.0  # rows of 2 features and 3 actions
    # of 1, 3, 5: 8/3, and of 0, 0, 6: 8; the mean over both numbers
    assert term.step(step_of([[1.0, 7.0]], [[0.0, 0.0]], 2))[0] == pytest.approx(16 / 3)
    assert term.step(step_of([[1.0, 7.0]], [[0.0, 0.0]], 1))[0] == pytest.approx(4 / 3)
    assert term.step(step_of([[0.0, 7.0]], [[5.0, 5.0]], 0))[0] == 0


def test_it_is_the_published_formula(place: Any, walk: Any) -> None:
    """Equation 1 in float64 NumPy, model by model, after learning; per number of the vector."""
    term, steps = place(f"disagreement({SMALL}, normalize='none')"), walk(40)
    lived(term, steps)
    mean, deviation = term.obs_moments.mean, np.sqrt(term.obs_moments.variance + 1e-6)
    layers = [m for m in term.nets["encoder"].linear if hasattr(m, "weight")]
    (w, b), (v, c) = (arrays([m.weight, m.bias]) for m in layers)
    nets = term.nets["dynamics"]
    weights, biases = arrays(nets.weights), arrays(nets.biases)
    for step in steps[:5]:
        x = np.clip((step.obs - mean) / deviation, -5, 5)
        given = np.hstack([np.maximum(x @ w.T + b, 0) @ v.T + c, np.eye(3)[step.action]])
        told = []
        for m in range(3):
            hidden = np.maximum(given @ weights[0][m] + biases[0][m], 0)
            told.append(hidden @ weights[1][m] + biases[1][m])
        away = np.array(told) - np.mean(told, axis=0)
        expected = (away**2).sum(axis=2).mean(axis=0) / 4
        np.testing.assert_allclose(term.step(step), expected, rtol=1e-4)


def test_each_network_is_its_own() -> None:
    """Rows for all, rows for each, and one network alone by matrix products."""
    torch.manual_seed(0)
    nets, rows = Ensemble(3, 5, (7,), 2), torch.randn(3, 4, 5)
    with torch.no_grad():
        apart, shared = nets(rows).double().numpy(), nets(rows[0]).double().numpy()
    np.testing.assert_allclose(shared[0], apart[0], rtol=1e-5, atol=1e-6)
    w, b = arrays([nets.weights[0][1], nets.biases[0][1]])
    v, c = arrays([nets.weights[1][1], nets.biases[1][1]])
    expected = np.maximum(rows[1].double().numpy() @ w + b, 0) @ v + c
    np.testing.assert_allclose(apart[1], expected, rtol=1e-5, atol=1e-6)
    assert not np.allclose(shared[0], shared[1])
    # 5 of 7 columns, orthogonal with gain sqrt 2
    np.testing.assert_allclose(w @ w.T, 2 * np.eye(5), atol=1e-6)


@pytest.mark.parametrize("rows", [2, 6, 7])
def test_batches_are_dealt_out_among_the_models(place: Any, walk: Any, rows: int) -> None:
    """The loss beside NumPy: model m learns from its third of the rows, or all from too few."""
    term = place(f"disagreement({SMALL}, {BARE})", num_envs=rows)
    batch = term._tensors(term._columns(walk(1, num_envs=rows)[0]))
    with torch.no_grad():
        found = float(term.loss(batch))
        given = torch.cat([term.nets["encoder"](batch.now), batch.action], dim=1)
        told = term.nets["dynamics"](given).double().numpy()
        after = term.nets["encoder"](batch.next).double().numpy()
    error = 0.5 * ((told - after) ** 2).sum(axis=2)
    shares = [[0, 1], [0, 1], [0, 1]] if rows == 2 else [[0, 1], [2, 3], [4, 5]]
    expected = sum(error[m, share].mean() for m, share in enumerate(shares))
    assert found == pytest.approx(expected, rel=1e-5)


def trained(place: Any, step_of: Any, name: str, chance: float) -> Any:
    """A model of x' = x + action - 1, y' = noise of deviation `chance`."""
    term = place(
        f"{name}(hidden=(32,), latent=8, lr=0.005, update_every=128, batch_size=64, epochs=4, "
        "normalize='none')",
        num_envs=4, size=2,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    for _ in range(600):
        obs = rng.normal(size=(4, 2))
        action = rng.integers(3, size=4)
        after = np.column_stack([obs[:, 0] + action - 1, chance * rng.normal(size=4)])
        step = step_of(obs, after, action)
        term.step(step)
        term.update(step)
    return term


def test_what_is_seen_often_is_paid_less_than_what_is_not(place: Any, step_of: Any) -> None:
    term = trained(place, step_of, "disagreement", 1.0)
    seen = np.random.default_rng(1).normal(size=(64, 2))
    familiar = term.relabel(step_of(seen, seen, 1)).mean()
    novel = term.relabel(step_of(4 + 3 * seen, seen, 1)).mean()
    assert novel > 3 * familiar


def test_noise_is_hardly_paid_once_known(place: Any, step_of: Any) -> None:
    """The error of icm cannot fall below the noise; the models agree on its mean."""
    paid = {}
    seen = np.random.default_rng(1).normal(size=(200, 2))
    noise = np.random.default_rng(2).normal(size=(200, 2))
    for name in ("disagreement", "icm"):
        term = trained(place, step_of, name, 1.0)
        untrained = place(f"{name}(hidden=(32,), latent=8, {BARE})", num_envs=4, size=2)
        step = step_of(seen, np.column_stack([seen[:, 0], noise[:, 1]]), 1)
        paid[name] = term.relabel(step).mean() / untrained.relabel(step).mean()
    assert paid["disagreement"] < 0.1
    assert paid["disagreement"] < 0.3 * paid["icm"]


def test_relabelled_is_online_and_only_update_learns(place: Any, walk: Any) -> None:
    term, steps = place(f"disagreement({SMALL})"), walk(40)
    lived(term, steps[:20])
    first = [term.step(s).tolist() for s in steps]
    assert min(map(min, first)) > 0
    assert [term.step(s).tolist() for s in steps] == first
    assert [term.relabel(s).tolist() for s in steps] == first
    together = term.relabel(rewardsmith.transition.stack(steps))
    np.testing.assert_allclose(together, np.concatenate(first), rtol=1e-4, atol=1e-7)


def test_learned_features_keep_what_the_action_changes(place: Any, step_of: Any) -> None:
    """x goes where the action says, y is drawn anew: f comes to follow x more than y."""
    term = place(
        "disagreement(features='inverse', hidden=(32,), latent=8, lr=0.005, update_every=64, "
        "batch_size=32, epochs=4)",
        num_envs=4,
        size=2,
    )
    rng = np.random.default_rng(0)

    def moved(column: int) -> float:
        rows = torch.zeros(2, 2)
        rows[1, column] = 1.0
        with torch.no_grad():
            now, after = term.nets["encoder"](rows)
        return float((now - after).norm())

    before = moved(0) / moved(1)
    dynamics = [p.clone() for p in term.nets["dynamics"].parameters()]
    for _ in range(300):
        obs, action = rng.normal(size=(4, 2)), rng.integers(3, size=4)
        step = step_of(obs, np.column_stack([obs[:, 0] + action - 1, rng.normal(size=4)]), action)
        term.step(step)
        term.update(step)
    assert moved(0) / moved(1) > 2 * before
    pairs = zip(dynamics, term.nets["dynamics"].parameters(), strict=True)
    assert not any(torch.equal(a, b) for a, b in pairs)
    assert "now_features" not in term.pending.state_dict()


def test_what_is_refused(place: Any) -> None:
    with pytest.raises(ConfigError, match="models of disagreement is a whole number >= 2"):
        place("disagreement(models=1)")
    with pytest.raises(ConfigError, match=r"one of random, inverse\. Received 'inverce'.*Did you"):
        place("disagreement(features='inverce')")
    state = place(f"disagreement({SMALL})").state_dict()
    with pytest.raises(ConfigError, match="same options and observations"):
        place(f"disagreement({SMALL.replace('=3', '=4')})").load_state_dict(state)
