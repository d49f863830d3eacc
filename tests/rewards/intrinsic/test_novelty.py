from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rewardsmith
from rewardsmith.errors import ConfigError, ContractError
from rewardsmith.rewards.intrinsic.archive import Archive
from rewardsmith.storage import load_state, save_state


def lived(term: Any, steps: Any) -> list[list[float]]:
    paid = []
    for step in steps:
        paid.append(term.step(step).tolist())
        term.update(step)
    return paid


@pytest.fixture
def ends(step_of: Any) -> Any:
    """A step of slots that arrive at these places; the slots of `over` end there."""

    def make(*places: float, over: Any = True, how: str = "terminated") -> Any:
        step = step_of(np.zeros((len(places), 1)), np.array(places)[:, None])
        getattr(step, how)[:] = over
        return step

    return make


def test_outcomes_by_hand(place: Any, ends: Any) -> None:
    term = place("novelty(x, k=2, generation=2, added=1)", num_envs=1, size=1)
    assert lived(term, [ends(0.0), ends(7.0, over=False), ends(4.0, how="truncated")]) == [
        [0.0],  # nothing to compare with
        [0.0],  # no end
        [4.0],  # from 0
    ]
    # The generation {0, 4} is full: both lie 4 from their only neighbour, and the first joins.
    assert term.archive.kept[: len(term.archive), 0].tolist() == [0.0]
    assert lived(term, [ends(1.0), ends(-2.0), ends(5.0)]) == [
        [1.0],  # from 0
        [2.5],  # from 0 and 1
        [6.0],  # {1, -2} was full and -2 (2 + 3) / 2 beats 1 (1 + 3) / 2; from 0 and -2
    ]


def test_only_the_most_novel_of_a_generation_join_and_the_oldest_leave() -> None:
    archive = Archive(1, k=1, capacity=3, generation=4, added=2)
    archive.add([[0.0], [1.0], [2.5], [9.0]])  # nearest: 1, 1, 1.5, 6.5
    assert archive.kept[: len(archive), 0].tolist() == [9.0, 2.5]
    archive.add([[9.5], [3.0], [30.0]])
    assert archive.novelty([[30.5], [9.0]]).tolist() == [0.5, 0.0]
    archive.add([[20.0]])  # nearest: .5, .5, 10, 10 (of 30 and 20: the first comes first)
    assert sorted(archive.kept[: len(archive), 0].tolist()) == [2.5, 20.0, 30.0]


def test_it_is_the_published_novelty(place: Any, ends: Any) -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(30, 3)).astype(np.float32)
    archive = Archive(3, k=15, capacity=100, generation=50, added=5)
    archive.add(rows)
    asked = rng.normal(size=(6, 3)).astype(np.float32)
    apart = np.linalg.norm(asked[:, None].astype(float) - rows[None], axis=2)
    expected = np.sort(apart, axis=1)[:, :15].mean(axis=1)
    np.testing.assert_allclose(archive.novelty(asked), expected, rtol=1e-6)


def test_new_outcomes_are_paid_more_and_evaluation_gathers_none(place: Any, ends: Any) -> None:
    term, rng = place("novelty(x, generation=20)", num_envs=1, size=1), np.random.default_rng(0)
    lived(term, [ends(float(x)) for x in rng.normal(size=200)])
    known, new = term.step(ends(0.0))[0], term.step(ends(8.0))[0]
    assert new > 3 * known
    assert [term.step(ends(0.0))[0], term.relabel(ends(0.0))[0]] == [known, known]
    assert len(term.archive) == 50


def test_every_step_can_be_an_outcome(place: Any, ends: Any) -> None:
    term = place("novelty(x, per='step', k=1)", num_envs=2, size=1)
    assert lived(term, [ends(0.0, 5.0, over=False), ends(1.0, 9.0, over=False)]) == [
        [0.0, 0.0],
        [1.0, 4.0],
    ]


@pytest.mark.parametrize("options", ["", "projection=2"])
def test_a_resumed_term_goes_on_bit_by_bit(
    place: Any, walk: Any, tmp_path: Any, options: str
) -> None:
    formula = f"novelty(k=3, archive=4, generation=5, added=2, {options})"
    steps, rng = walk(60), np.random.default_rng(0)
    for step in steps:
        step.terminated[:] = rng.random(2) < 0.4
    whole, half, rest = place(formula), place(formula), place(formula)
    expected = lived(whole, steps)
    found = lived(half, steps[:29])
    save_state(tmp_path / "state.npz", half.state_dict())
    rest.load_state_dict(load_state(tmp_path / "state.npz"))
    assert found + lived(rest, steps[29:]) == expected
    for other in ("novelty()", "novelty(x, archive=4, generation=5, added=2)"):
        with pytest.raises(ConfigError, match=r"novelty.*build it with the"):
            place(other).load_state_dict(half.state_dict())


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
def test_in_a_vector_env_the_true_final_state_is_the_outcome(mode: str) -> None:
    env = rewardsmith.make(
        "rewardsmith/Empty-5x5-v0",
        reward="env + novelty(on=[agent_x, agent_y])",
        num_envs=2,
        autoreset_mode=mode,
        max_episode_steps=2,
    )
    env.reset(seed=0)
    paid = []
    for _ in range(3):
        forward = np.array([2, 0])  # slot 0 goes (1, 1) -> (3, 1); slot 1 turns on the spot
        rewards = [env.step(forward)[4]["reward_terms"]["novelty"] for _ in range(2)]
        paid.append([r.tolist() for r in rewards])
        if mode == "NextStep":
            env.step(forward)
    young = env.stack.entries[1].term.archive.young[:6]
    assert young.tolist() == [[3, 1], [1, 1]] * 3
    # Outcomes known so far: none, then (3, 1) and (1, 1), at distances 0 and 2 from either.
    assert paid == [[[0, 0], [0, 0]], [[0, 0], [1, 1]], [[0, 0], [1, 1]]]
    env.close()


def test_what_is_refused(place: Any, ends: Any) -> None:
    for wrong, words in {
        "per='stp'": r"per of novelty is one of episode, step. Received 'stp'. Did you mean",
        "added=200": r"added of novelty is at most its generation, 100",
        "k=0": r"k of novelty is a whole number >= 1",
    }.items():
        with pytest.raises(ConfigError, match=words):
            place(f"novelty(x, {wrong})")
    term = place("novelty()", num_envs=1, size=1)
    with pytest.raises(ContractError, match=r"novelty\(\).*Received nan"):
        term.step(ends(np.nan))


def test_distances_whose_squares_leave_float32_are_told() -> None:
    archive = Archive(2, k=2, capacity=9, generation=2, added=1)
    archive.add([[0.0, 0.0], [3e30, 4e30], [3e30, 4e30]])  # the first joins the archive
    assert len(archive) == 1
    assert archive.novelty([[6e30, 8e30]])[0] == pytest.approx((1e31 + 5e30) / 2)
