"""What a stranger's reward wrapper remembers, and whether its pay depends on it."""

from __future__ import annotations

import types
from collections.abc import Hashable, Iterator
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.wrappers import TimeLimit

from rewardsmith.rewards.audit.states import Unhashable, layers, own_attributes, pickled
from rewardsmith.rewards.audit.subject import Pair

#: (layer counted from the outermost, attribute)
Place = tuple[int, str]
#: attributes of a wrapper that no reward is kept in
_FRAME = frozenset(
    {
        "env", "_action_space", "_observation_space", "_metadata", "_cached_spec", "_saved_kwargs",
        "spec", "observation_space", "action_space",
    }
)  # fmt: skip
#: how far parts of parts are looked into
_DEEPEST = 6
#: how far a remembered number is moved, to see whether that changes what is paid
MOVES = (1, 10, 100, 1e4, 1e7, -1, -1000)


def attributes(pair: Pair) -> dict[Place, Any]:
    """Everything that the wrappers around the probe keep."""
    return {
        (depth, name): value
        for depth, layer in enumerate(layers(pair.outer, pair.probe))
        for name, value in sorted(own_attributes(layer).items())
        if name not in _FRAME
    }


def prints(pair: Pair) -> dict[Place, Hashable]:
    """Each attribute as something that is equal for equal values.

    What has no parts to look at (a function, a generator, an open file) counts as always the
    same; a function's own memory is looked at by `outside`.
    """
    return {place: _print(value) for place, value in attributes(pair).items()}


def kept_key(pair: Pair, keep: frozenset[Place]) -> Hashable:
    """The values of some attributes, as part of a state's key."""
    found = attributes(pair)
    return tuple((place, _print(found.get(place))) for place in sorted(keep))


def _print(value: Any, depth: int = 0) -> Hashable:
    """Bytes; of what cannot be pickled as a whole, its parts; of functions and the like, a name."""
    try:
        return pickled(value)
    except Unhashable:
        pass
    if depth > _DEEPEST or callable(value):
        return type(value).__qualname__
    if isinstance(value, dict):
        return tuple((repr(k), _print(v, depth + 1)) for k, v in value.items())
    if isinstance(value, list | tuple):
        return tuple(_print(v, depth + 1) for v in value)
    return tuple((k, _print(v, depth + 1)) for k, v in sorted(own_attributes(value).items()))


# --- what is not an attribute at all -----------------------------------------------------


def outside(pair: Pair) -> dict[str, Hashable]:
    """Memory that copies share: of classes, and of the wrappers' functions and modules."""
    found: dict[str, Hashable] = {}
    for layer in layers(pair.outer):
        for cls in _own_classes(layer):
            for name, value in vars(cls).items():
                if isinstance(value, list | dict | set | np.ndarray | int | float | str):
                    found[f"{cls.__name__}.{name}"] = _print(value)
    for layer in layers(pair.outer, pair.probe):
        for function in _functions(layer):
            for name, value in _read_by(function):
                if not isinstance(value, gym.Env | types.ModuleType | type | types.FunctionType):
                    found[f"{name} of {function.__qualname__}"] = _print(value)
    return found


def captured_env(pair: Pair) -> str:
    """The name of a function that holds an env of its own, which no copy would replace."""
    for layer in layers(pair.outer, pair.probe):
        for function in _functions(layer):
            for name, value in _read_by(function):
                if isinstance(value, gym.Env):
                    return f"{name} in {function.__qualname__}"
    return ""


def _own_classes(layer: Any) -> Iterator[type]:
    for cls in type(layer).__mro__:
        if cls.__module__.split(".")[0] not in ("gymnasium", "builtins", "rewardsmith", "typing"):
            yield cls


def _functions(layer: Any) -> Iterator[types.FunctionType]:
    """Methods of a stranger's class, and functions among the attributes."""
    candidates = [v for cls in _own_classes(layer) for v in vars(cls).values()]
    for value in (*candidates, *own_attributes(layer).values()):
        inner = getattr(value, "__func__", value)
        if isinstance(inner, types.FunctionType):
            yield inner


def _read_by(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """Names and values that a function takes from around it."""
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not filled yet
            continue
    for name in code.co_names:
        if name in function.__globals__:
            yield name, function.__globals__[name]


# --- does it matter? ---------------------------------------------------------------------


def moved(pair: Pair, places: frozenset[Place]) -> Iterator[Pair]:
    """Copies late in their episode, whose numbers at `places` are moved, one move after another."""
    for move in MOVES if places else MOVES[:1]:
        other = pair.copied()
        found, chain = attributes(other), list(layers(other.outer, other.probe))
        for place in places & found.keys():
            object.__setattr__(chain[place[0]], place[1], _moved(found[place], move))
        for layer in layers(other.probe.env):
            if isinstance(layer, TimeLimit):
                inside: Any = layer
                inside._elapsed_steps = max(int(inside._max_episode_steps) - 2, 0)
        yield other


def _moved(value: Any, by: float) -> Any:
    """A number, or the numbers in a container, moved; anything else as it is."""
    match value:
        case bool() | np.bool_():
            return not value if by > 0 else value
        case int() | np.integer():
            return type(value)(value + int(by))
        case float() | np.floating():
            return type(value)(value + by)
        case np.ndarray() if value.dtype.kind in "if":
            return (value + by).astype(value.dtype)
        case dict():
            return {k: _moved(v, by) for k, v in value.items()}
        case list() | tuple():
            return type(value)(_moved(v, by) for v in value)
    return value
