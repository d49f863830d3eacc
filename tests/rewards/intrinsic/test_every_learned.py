"""What every learned term must do, one by one: resume, stand still, keep slots apart, refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import rewardsmith
from rewardsmith.errors import BindingError, ConfigError, ContractError
from rewardsmith.registry import find_term
from rewardsmith.storage import load_state, save_state
from rewardsmith.testing.subject import same

SMALL = "hidden=(8,), latent=4, update_every=16, batch_size=8"
OPTIONS = {
    "deir": ["capacity=100", "memory='reservoir', capacity=9"],
    "disagreement": ["models=3", "features='inverse'"],
    "e3b": ["ridge=0.1"],
    "empowerment": ["reference='learned'"],
    "icm": ["beta=0.2"],
    "ngu": ["capacity=100", "memory='reservoir', capacity=9, normalize='return'"],
    "noveld": ["alpha=0.5"],
    "re3": ["capacity=30"],
    "ride": ["beta=0.2"],
    "rnd": ["deeper=True", "proportion=0.5, epochs=2"],
}
ALL = [f"{name}({SMALL}, {more})" for name, options in OPTIONS.items() for more in options]


def named(formula: str) -> str:
    return formula.partition("(")[0]


EACH = [f"{name}({SMALL}, {options[0]})" for name, options in OPTIONS.items()]
#: a reservoir's draws are other ones in every episode
EPISODIC = [f for f in EACH if find_term(named(f)).remembers]


def lived(term: Any, steps: Any) -> list[list[float]]:
    """Pay and learn, as a place does."""
    paid = []
    for step in steps:
        paid.append(term.step(step).tolist())
        term.update(step)
    return paid


@pytest.mark.parametrize("formula", ALL)
def test_a_resumed_term_goes_on_bit_by_bit(
    place: Any, walk: Any, tmp_path: Any, formula: str
) -> None:
    steps = walk(60)
    steps += steps[20:40]  # states that were visited before
    whole, half, rest = (place(formula) for _ in range(3))
    expected = lived(whole, steps)
    found = lived(half, steps[:37])  # in the middle of what is pending
    save_state(tmp_path / "state.npz", half.state_dict())
    rest.load_state_dict(load_state(tmp_path / "state.npz"))
    assert found + lived(rest, steps[37:]) == expected


@pytest.mark.parametrize("formula", EACH)
def test_evaluation_moves_nothing_but_the_episodes(place: Any, walk: Any, formula: str) -> None:
    term, steps, both = place(formula), walk(40), np.array([True, True])
    lived(term, steps[:20])
    term.reset(both)
    before = term.state_dict()
    first = [term.step(s).tolist() for s in steps]
    after = term.state_dict()
    assert all(same(before[k], after[k]) for k in before if k != "episodes")
    term.reset(both)
    assert [term.step(s).tolist() for s in steps] == first
    assert np.ptp(first) > 0


@pytest.mark.parametrize("formula", EPISODIC)
def test_slots_are_paid_alike_alone_and_together(place: Any, walk: Any, formula: str) -> None:
    together, apart = (place(f"{formula[:-1]}, warmup=0)", 3) for _ in range(2))
    for step in walk(20, num_envs=3):
        expected = together.step(step)
        for rows in ([2, 0], [1]):
            part = step.select(rows)
            part.env_index = np.array(rows)
            np.testing.assert_allclose(apart.step(part), expected[rows], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("formula", EPISODIC)
def test_whole_episodes_are_paid_aside(place: Any, walk: Any, formula: str) -> None:
    term, steps = place(f"{formula[:-1]}, warmup=0)", num_envs=1), walk(12, num_envs=1)
    with pytest.raises(BindingError, match="single stored steps cannot be paid anew"):
        term.relabel(steps[0])
    online = [term.step(s)[0] for s in steps]
    before = term.slot_state()
    paid = term.finish(rewardsmith.transition.stack(steps))
    np.testing.assert_allclose(paid, online, rtol=1e-4)
    assert max(online) > 0
    assert same(before, term.slot_state())


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize("name", sorted(OPTIONS))
def test_in_a_vector_env_it_learns_from_true_steps_alone(name: str, mode: str) -> None:
    env = rewardsmith.make(
        "rewardsmith/Empty-5x5-v0",
        reward=f"env + {name}(on=[agent_x, agent_y], {SMALL}, normalize_obs=False)",
        num_envs=2,
        autoreset_mode=mode,
        max_episode_steps=9,
    )
    env.reset(seed=0)
    env.action_space.seed(0)
    paid = [env.step(env.action_space.sample())[4]["reward_terms"][name] for _ in range(40)]
    env.close()
    # NEXT_STEP spends steps 10, 20, 30 and 40 on resets.
    assert env.stack.entries[1].term.rows == 2 * (40 if mode == "SameStep" else 36)
    assert np.isfinite(paid).all()
    assert np.ptp(paid[20:]) > 0


@pytest.mark.parametrize("formula", EACH)
def test_the_state_of_another_term_is_refused(place: Any, formula: str) -> None:
    state, name = place(formula).state_dict(), named(formula)
    with pytest.raises(ConfigError, match=rf"{name}.*as many envs as it runs in.*that of 2"):
        place(formula, num_envs=3).load_state_dict(state)
    with pytest.raises(ConfigError, match=rf"{name}.*same options and observations"):
        place(formula, size=5).load_state_dict(state)


@pytest.mark.parametrize("name", ["deir", "ngu"])
def test_the_memory_of_another_size_is_refused(place: Any, name: str) -> None:
    state = place(f"{name}({SMALL}, capacity=9)").state_dict()
    with pytest.raises(ConfigError, match=rf"{name}.*as many envs, rows.*build it with"):
        place(f"{name}({SMALL}, capacity=8)").load_state_dict(state)


@pytest.mark.parametrize("formula", EACH)
def test_bad_input_is_refused(place: Any, step_of: Any, formula: str) -> None:
    nan = step_of(np.full((2, 4), np.nan), np.full((2, 4), np.nan))
    with pytest.raises(ContractError, match=rf"{named(formula)}\(.*Received nan"):
        place(formula).step(nan)
    if "action" in find_term(named(formula)).looks:  # type: ignore[attr-defined]
        with pytest.raises(BindingError, match="learns from actions"):
            place(formula, action_space=None)
    if formula in EPISODIC:
        with pytest.raises(BindingError, match="without env_index"):
            place(formula, num_envs=3).step(step_of(np.zeros((2, 4)), np.ones((2, 4))))
