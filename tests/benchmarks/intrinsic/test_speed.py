"""The rollouts that both sides get, and our worker at a tiny size; the peer is not needed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from rewardsmith.benchmarks.intrinsic.ours import build, loader
from rewardsmith.benchmarks.intrinsic.speed import (
    FORMULAS,
    interval,
    line,
    measure,
    ours,
)
from rewardsmith.benchmarks.intrinsic.workload import Workload, generate, write
from rewardsmith.registry import term_names

TINY = Workload(
    (5,), "float32", 10, rollouts=2, warm_up=1, turns=2, num_envs=3, steps=40, episode=(4, 9)
)
OURS = [name for name in FORMULAS if name in term_names()]


def test_episodes_are_as_long_as_they_say() -> None:
    data = generate(TINY)
    ended = (data["terminated"] | data["truncated"]).reshape(-1, TINY.num_envs)
    t = data["t"].reshape(-1, TINY.num_envs)
    assert not (data["terminated"] & data["truncated"]).any()
    assert (t[0] == 0).all()
    # The clock goes on by one, or begins anew exactly where an episode ended.
    np.testing.assert_array_equal(t[1:], np.where(ended[:-1], 0, t[:-1] + 1))
    lengths = t[ended] + 1
    assert lengths.min() >= 4
    assert lengths.max() <= 9


def test_a_step_goes_where_the_next_one_begins_unless_an_episode_ended() -> None:
    data = generate(TINY)
    ended = (data["terminated"] | data["truncated"]).reshape(-1, TINY.num_envs)[:-1]
    shape = (-1, TINY.num_envs, *TINY.obs_shape)
    same = (data["next_obs"].reshape(shape)[:-1] == data["obs"].reshape(shape)[1:]).all(axis=-1)
    assert same[~ended].all()
    assert not same[ended].all()


def test_the_interval_holds_the_median_and_shrinks_to_it() -> None:
    low, high = interval([1.0, 2.0, 3.0, 4.0, 5.0])
    assert 1.0 <= low < 3.0 < high <= 5.0
    assert interval([2.0, 2.0, 2.0]) == [2.0, 2.0]


@pytest.mark.parametrize("term", OURS)
def test_our_side_runs_every_term_that_there_is(term: str) -> None:
    data = generate(TINY)
    run, facts = build(asdict(TINY), term, FORMULAS[term])
    load = loader(data)
    steps = load(1)
    run(steps)
    assert facts["formula"].startswith(term)
    # The second rollout is in the steps that were made before it was loaded.
    np.testing.assert_array_equal(steps[7].next_obs, data["next_obs"][1, 7])


def test_two_workers_take_turns(tmp_path: Path) -> None:
    write(tmp_path, TINY)
    found = measure(ours(OURS[0], tmp_path, TINY), ours(OURS[0], tmp_path, TINY))
    assert len(found["ratios"]) == TINY.turns
    assert found["ours"]["us_per_env_step"] > 0
    assert found["ours"]["peak_mib"] >= found["ours"]["peak_beyond_start_mib"]
    # The same term on the same rollouts does the same arithmetic.
    assert found["ours"]["kflop_per_env_step"] == found["peer"]["kflop_per_env_step"]
    assert line("tiny", OURS[0], found).count("|") == 8
