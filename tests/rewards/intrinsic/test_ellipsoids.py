"""The rank-one update beside a direct inverse."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rewardsmith.errors import ConfigError
from rewardsmith.rewards.intrinsic.ellipsoids import Ellipsoids


def test_by_hand() -> None:
    """C = 2 I; (1, 1) is paid 1/2 + 1/2, then C = [[3, 1], [1, 3]], C^-1 = [[3, -1], [-1, 3]]/8."""
    ellipsoids = Ellipsoids(1, size=2, ridge=2.0)
    slot = np.arange(1)
    assert ellipsoids.add(torch.tensor([[1.0, 1.0]]), slot).item() == 1.0
    np.testing.assert_allclose(ellipsoids.inverse[0], [[3 / 8, -1 / 8], [-1 / 8, 3 / 8]])
    assert ellipsoids.add(torch.tensor([[2.0, 0.0]]), slot).item() == pytest.approx(4 * 3 / 8)


@pytest.mark.parametrize("scale", [1e-2, 1.0, 30.0])
def test_it_is_the_direct_inverse_to_1e_8(scale: float) -> None:
    """After 500 rows, a few slots at a time, with resets in between."""
    slots, size, ridge = 4, 16, 0.1
    ellipsoids, rng = Ellipsoids(slots, size, ridge), np.random.default_rng(0)
    covariance = np.tile(ridge * np.eye(size), (slots, 1, 1))
    for i in range(500):
        slot = rng.permutation(slots)[: rng.integers(1, slots + 1)]
        phi = rng.normal(size=(len(slot), size)) * scale
        direct = np.linalg.inv(covariance)
        expected = np.einsum("ni,nij,nj->n", phi, direct[slot], phi)
        found = ellipsoids.add(torch.from_numpy(phi), slot).numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-8)
        covariance[slot] += phi[:, :, None] * phi[:, None, :]
        if i % 170 == 169:
            mask = np.array([False, True, False, i > 200])
            ellipsoids.reset(mask)
            covariance[mask] = ridge * np.eye(size)
    direct = np.linalg.inv(covariance)
    assert np.abs(ellipsoids.inverse.numpy() - direct).max() < 1e-8 * max(1, np.abs(direct).max())


def test_bytes_are_what_is_said() -> None:
    ellipsoids = Ellipsoids(3, size=5, ridge=1.0)
    assert ellipsoids.inverse.element_size() * ellipsoids.inverse.nelement() == 3 * 200
    assert ellipsoids.bytes_per_slot == 200


def test_another_shape_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"e3b\(\) takes the ellipsoids.*Received \(3, 5, 5\)"):
        Ellipsoids(2, 5, 1.0).load_state_dict(Ellipsoids(3, 5, 1.0).state_dict(), "e3b()")
