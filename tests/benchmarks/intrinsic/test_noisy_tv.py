"""The television's figures at a tiny size, and the page's table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from rewardsmith.benchmarks.intrinsic.noisy_tv import (
    BEGIN,
    END,
    LIMIT,
    NAMES,
    WATCHERS,
    interval,
    late,
    measure,
    pays,
    table,
    verdict,
)

ROOT = Path(__file__).parents[3]


def test_a_watcher_sees_two_cells_and_then_the_pictures() -> None:
    # One episode of 100 steps, which counts from s_0 = (2, 0) on: two new cells, then at the
    # television three more pictures at the most, and each of the 99 others for n^-1/2.
    rows = pays("episodic_count", 0, 8 * LIMIT)[:, :WATCHERS]
    assert (rows[:2] == 1).all()
    assert ((rows == 1).sum(axis=0) == 5).all()
    # Four pictures share 99 visits: their n^-1/2 sum to 4 * sum over 1..25, when even.
    even = 4 * (1 / np.sqrt(np.arange(1, 26))).sum() + 1
    assert rows.sum(axis=0) == pytest.approx(np.full(WATCHERS, even), abs=1.5)


def test_late_is_the_last_quarter_and_watchers_come_first() -> None:
    rows = np.zeros((8, 8))
    rows[:6], rows[6:, :WATCHERS], rows[6:, WATCHERS:] = 100, 3, 1
    assert late(rows) == (3, 1)


def test_a_term_is_trapped_where_watching_is_paid_more_beyond_doubt() -> None:
    assert interval([2.0, 2.0]) == [2.0, 2.0]
    assert (verdict(0.1, 2), verdict(-0.1, 2), verdict(-2, -0.1)) == ("trapped", "unclear", "free")


def test_the_surprise_of_icm_is_the_textbook_trap() -> None:
    assert measure("icm", 2, 4000)["verdict"] == "trapped"


def test_the_page_holds_the_committed_figures() -> None:
    stored = json.loads((ROOT / "benchmarks/intrinsic/noisy_tv.json").read_text())
    assert tuple(stored["terms"]) == NAMES
    page = (ROOT / "docs/intrinsic.md").read_text(encoding="utf-8")
    assert page.partition(BEGIN)[2].partition(END)[0].strip() == table(stored["terms"])
