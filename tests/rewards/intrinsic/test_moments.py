"""Running statistics against NumPy's over all rows at once."""

from __future__ import annotations

import numpy as np
import pytest

from rewardsmith.rewards.intrinsic.moments import Moments


@pytest.mark.parametrize("kind", ["uint8", "float32"])
def test_they_are_those_of_all_rows_at_once(kind: str) -> None:
    rng = np.random.default_rng(0)
    rows = rng.integers(0, 256, (700, 5)).astype(kind)
    rows[:, 0], rows[:, 1] = 255, rows[:, 1] // 200 + 254
    moments = Moments(5)
    for part in (rows[:3], rows[3:600], rows[600:]):  # 597 rows go in three pieces
        moments.add(part, unit=255.0)
    expected = rows.astype(np.float64) / 255
    np.testing.assert_allclose(moments.mean, expected.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moments.variance, expected.var(axis=0), rtol=1e-9, atol=1e-15)
    assert moments.variance[0] == pytest.approx(0, abs=1e-15)
    assert moments.count == 700


@pytest.mark.parametrize("rows", [1, 2, 7, 8, 16, 129, 1000])
def test_values_one_by_one_are_merged_to_the_bit_as_rows_are(rows: int) -> None:
    rng, one, other = np.random.default_rng(rows), Moments(), Moments()
    for _ in range(50):
        values = rng.normal(rng.normal() * 100, rng.exponential(), size=rows)
        one.add(values[:, None])
        other.add_values(values)
    assert (one.count, one.mean[0], one.squares[0]) == (
        other.count, other.mean[0], other.squares[0],
    )  # fmt: skip
