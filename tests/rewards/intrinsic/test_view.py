"""What every term says of observations that are not what their space declares."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from gymnasium import spaces

from rewardsmith.errors import BindingError, ContractError
from rewardsmith.rewards.intrinsic import TERMS

AROUND = ("adops", "annealed", "grm", "pbim", "pies")
CLASSES = spaces.Discrete(2)
ALONE = [name for name in TERMS if name not in AROUND]


def lived(term: Any, step: Any) -> None:
    term.step(step)
    term.update(step)


def ended(step: Any) -> Any:
    """The last step of its episodes, which `novelty` looks at."""
    step.terminated[:] = True
    return step


@pytest.mark.parametrize("name", ALONE)
def test_rows_of_another_length_are_refused_by_name(name: str, place: Any, step_of: Any) -> None:
    term, good, bad = place(f"{name}()"), np.zeros((2, 4)), np.ones((2, 5))
    lived(term, ended(step_of(good, good + 1)))
    told = rf"{name}\(\): .*shape \(4,\) in each row.*Received one of \(5,\)\. Mend .*{name}\(on="
    with pytest.raises(ContractError, match=told):
        lived(term, ended(step_of(good, bad)))


PAIR = spaces.Dict({"a": spaces.Box(-1, 1, (2,)), "b": spaces.Discrete(3)})


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"a": np.zeros((2, 2))}, "Received one without 'b'"),
        (np.zeros((2, 2)), "a dictionary with the keys .*Received ndarray"),
        ({"a": np.zeros((2, 2)), "b": np.array([None, None])}, "Received NoneType None"),
        ({"a": np.zeros((2, 2)), "b": np.array([0.7, 1])}, r"a whole number.*Received \[0\.7\]"),
        ({"a": np.array([["a", "b"]] * 2), "b": np.array([0, 1])}, "Received str 'a'"),
        ({"a": {"c": np.zeros((2, 2))}, "b": np.array([0, 1])}, r"with the keys \['c'\]"),
    ],
)
def test_observations_of_another_kind_are_refused_by_name(
    name: str, bad: Any, told: str, place: Any, step_of: Any
) -> None:
    term = place(f"{name}()", observation_space=PAIR)
    step = ended(step_of(np.zeros((2, 4)), np.zeros((2, 4))))
    step.obs = step.next_obs = {"a": np.zeros((2, 2)), "b": np.array([0, 2])}
    lived(term, step)
    step.next_obs = bad
    with pytest.raises(ContractError, match=rf"{name}\(\): .*{told}.*Mend .*{name}\(on="):
        lived(term, step)


@pytest.mark.parametrize("name", ["icm", "deir", "disagreement"])
@pytest.mark.parametrize("space", [spaces.Dict(a=CLASSES), spaces.Tuple([CLASSES])])
def test_actions_in_several_arrays_are_refused_at_once(name: str, space: Any, place: Any) -> None:
    told = rf"{name}\(\) learns from actions of a Discrete.*Received {type(space).__name__}.*rnd"
    with pytest.raises(BindingError, match=told):
        place(f"{name}()", action_space=space)


@pytest.mark.parametrize("action", [[None, None], ["up", "up"], [0.7, 1.0]])
def test_actions_of_another_kind_are_refused_by_name(action: Any, place: Any, step_of: Any) -> None:
    step = step_of(np.zeros((2, 4)), np.ones((2, 4)))
    step.action = np.array(action)
    with pytest.raises(ContractError, match=r"icm\(\) reads actions: .*action_space declare"):
        place("icm()").step(step)


@pytest.mark.parametrize("name", ["icm", "empowerment"])
def test_actions_of_another_shape_are_refused_by_name(name: str, place: Any, step_of: Any) -> None:
    term, step = place(f"{name}()"), step_of(np.zeros((2, 4)), np.ones((2, 4)))
    step.action = np.zeros((2, 2))
    with pytest.raises(ContractError, match=rf"{name}\(\) reads actions.*action_space declare"):
        term.step(step)


@pytest.mark.parametrize("name", ALONE)
def test_pictures_beyond_their_bounds_are_warned_of_once(
    name: str, place: Any, step_of: Any
) -> None:
    space = spaces.Box(0, 1, (24, 24, 1), np.float32)
    term = place(f"{name}(encoder='image')", observation_space=space)
    pixels = np.random.default_rng(0).integers(256, size=(2, 24, 24, 1)).astype(np.float32)
    step = ended(step_of(np.zeros((2, 4)), np.zeros((2, 4))))
    step.obs, step.next_obs = pixels / 255, pixels
    told = rf"{name}\(.*where its space ends at 1.*scale the observation in a wrapper"
    with pytest.warns(UserWarning, match=told):
        lived(term, step)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lived(term, step)
    step.next_obs = pixels / 255
    lived(place(f"{name}(encoder='image')", observation_space=space), step)


def test_only_the_first_thousand_rows_are_held_against_their_space(
    place: Any, step_of: Any
) -> None:
    term = place("count()", observation_space=spaces.Box(0, 1, (4,)))
    within, beyond = np.zeros((2, 4)), np.full((2, 4), 9.0)
    for _ in range(500):
        lived(term, step_of(within, within))
    lived(term, step_of(within, beyond))  # a warning would be an error here
