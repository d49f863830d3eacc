"""What every place shares: features into arrays, sums over episodes, a stack bound to a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from rewardsmith.errors import ContractError, PlaceError
from rewardsmith.features import FeatureSchema
from rewardsmith.stack import RewardStack
from rewardsmith.term import Binding, Learner, Scope
from rewardsmith.transition import Bools, Floats, Ints

Arrays = dict[str, NDArray[Any]]
STEP_ONLY = frozenset({Scope.STEP})

# Text stays objects: a fixed-width NumPy string would cut longer text that comes later.
_DTYPES: dict[str, Any] = {"float": np.float64, "int": np.int64, "bool": np.bool_, "text": object}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}
# Kinds of array that cannot hold every value of the declared type.
_NARROWER: dict[Any, str] = {np.float64: "biu", np.int64: "b"}


class FeatureReader:
    """Reads the features that a stack needs, from infos or, without a schema, observations.

    Args:
        schema: the env's own `feature_schema`, or None if it has none.
        space: observation space of one env.
    """

    def __init__(self, schema: FeatureSchema | None, space: spaces.Space[Any]) -> None:
        self.from_obs = schema is None
        self.schema = FeatureSchema.from_space(space) if schema is None else schema
        self.space = space
        self._dict_obs = isinstance(space, spaces.Dict)
        self._dtypes: list[tuple[str, Any]] = []

    def need(self, names: frozenset[str]) -> None:
        """Read only these from now on."""
        self._dtypes = [(name, _DTYPES[self.schema[name].dtype]) for name in sorted(names)]

    def batch(self, infos: Sequence[Mapping[str, Any]], obs: Any) -> Arrays:
        """Features of N states, name -> (N, ...), from one info each (or batched `obs`)."""
        if not self._dtypes:
            return {}
        if self.from_obs:
            return self.of_obs(obs)
        try:
            return {n: np.array([i["features"][n] for i in infos], d) for n, d in self._dtypes}
        except KeyError as error:
            raise self.missing(error) from None

    def of_obs(self, obs: Any) -> Arrays:
        """Features of batched observations: each key of a dict, or `obs`."""
        return {n: np.array(obs[n] if self._dict_obs else obs, d) for n, d in self._dtypes}

    def of_vector(self, infos: Mapping[str, Any]) -> Arrays:
        """Features from the batched infos of a Gymnasium vector env; rows without stay 0."""
        try:
            return {n: _widened(n, infos["features"][n], d) for n, d in self._dtypes}
        except KeyError as error:
            raise self.missing(error) from None

    def storage(self, size: tuple[int, ...]) -> Arrays:
        """Room for `size` states' needed features."""
        return {n: np.zeros((*size, *self.schema[n].shape), d) for n, d in self._dtypes}

    def missing(self, error: KeyError) -> ContractError:
        """The error for an info without a feature that the schema promises."""
        return ContractError(
            'An env with a feature_schema writes info["features"] at reset and at step, with '
            f"every name of the schema. Received an info without {error.args[0]!r}; "
            "rewardsmith.testing.check_env(env) finds the place."
        )


def _widened(name: str, values: Any, dtype: Any) -> NDArray[Any]:
    """A vector env's values as declared; refuses a type that may have cut them.

    Gymnasium gives a batch the type of its first env's value: an int 3 there makes 2 of the
    second env's 2.5.
    """
    given = np.asarray(values)
    if given.dtype.kind in _NARROWER.get(dtype, ""):
        raise ContractError(
            "A vector env keeps each feature in the type of its first env's value, so values "
            f"have the type that the feature_schema declares. Received {given.dtype} for "
            f"{name!r}, which is declared {_NAMES[dtype]!r}; write {_NAMES[dtype]}(...) in the "
            "env, or declare the feature as what it is."
        )
    return np.array(given, dtype)


def put_rows(into: Mapping[str, NDArray[Any]], rows: Any, values: Arrays) -> Arrays:
    """Copies of `into` whose `rows` hold `values` (as many rows as `rows` names)."""
    merged = {}
    for name, array in into.items():
        merged[name] = array.copy()
        merged[name][rows] = values[name]
    return merged


def take_rows(arrays: Arrays, rows: Any) -> Arrays:
    """The same arrays at `rows`."""
    return {name: array[rows] for name, array in arrays.items()}


def put_obs(obs: Any, index: int, value: Any) -> None:
    """Write one env's observation into a batch, in place."""
    if isinstance(obs, dict):
        for key, part in obs.items():
            put_obs(part, index, value[key])
    else:
        obs[index] = value


def one_row(obs: Any) -> Any:
    """A batch of one observation, copied; text and tuples as objects."""
    if isinstance(obs, Mapping):
        return {key: one_row(value) for key, value in obs.items()}
    return np.array(obs)[None] if not isinstance(obs, str | tuple | list) else objects([obs])


def objects(values: Sequence[Any]) -> NDArray[Any]:
    """One object per row, whatever their shapes."""
    batch = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        batch[i] = value
    return batch


def copy_obs(obs: Any) -> Any:
    """A copy of a batch of observations, one level deep; text becomes objects; None stays."""
    if obs is None:
        return None
    if isinstance(obs, dict):
        return {key: copy_obs(value) for key, value in obs.items()}
    array = np.array(obs)
    return array.astype(object) if array.dtype.kind == "U" else array


class EpisodeLog:
    """Sums of every term, the env's return and the length of each slot's running episode."""

    def __init__(self, names: Sequence[str], num_envs: int) -> None:
        self.names = tuple(names)
        self.sums = np.zeros((num_envs, len(self.names)))
        self.env: Floats = np.zeros(num_envs)
        self.length: Ints = np.zeros(num_envs, dtype=np.int64)

    def add(
        self, terms: Mapping[str, Floats], env_reward: Floats, valid: Bools | None = None
    ) -> Floats:
        """Count one step of all slots (those in `valid`); gives the terms as (N, terms)."""
        columns: Floats = np.array([terms[name] for name in self.names]).T
        if valid is None:
            self.sums += columns
            self.env += env_reward
            self.length += 1
        else:
            self._add_rows(valid, columns[valid], env_reward[valid])
        return columns

    def add_slots(self, rows: Any, terms: Mapping[str, Floats], env_reward: Floats) -> Floats:
        """Count one step of the slots `rows`, which the arrays' rows belong to."""
        columns: Floats = np.array([terms[name] for name in self.names]).T
        self._add_rows(rows, columns, env_reward)
        return columns

    def _add_rows(self, rows: Any, columns: Floats, env_reward: Floats) -> None:
        self.sums[rows] += columns
        self.env[rows] += env_reward
        self.length[rows] += 1

    def add_late(self, slot: int, terms: Mapping[str, Floats]) -> None:
        """Count terms that paid the slot's whole episode, shape (T,) each, at its end."""
        for name, values in terms.items():
            self.sums[slot, self.names.index(name)] += float(values.sum())

    def summary(self, slot: int) -> dict[str, Any]:
        """`{"sum", "mean", "env", "length"}` of the slot's episode so far."""
        length = int(self.length[slot])
        sums = dict(zip(self.names, self.sums[slot].tolist(), strict=True))
        mean = {name: value / max(length, 1) for name, value in sums.items()}
        return {"sum": sums, "mean": mean, "env": float(self.env[slot]), "length": length}

    def reset(self, mask: Any) -> None:
        """Begin new episodes in the slots of `mask`."""
        self.sums[mask] = 0.0
        self.env[mask] = 0.0
        self.length[mask] = 0

    def state_dict(self) -> dict[str, Any]:
        """The running sums."""
        return {"sums": self.sums.copy(), "env": self.env.copy(), "length": self.length.copy()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over running sums of as many slots and terms.

        Raises:
            PlaceError: sums of other slots or terms.
        """
        if np.shape(state["sums"]) != self.sums.shape:
            raise PlaceError(
                "Running episodes go on in as many envs, under as many terms, as they began in. "
                f"Received envs and terms {np.shape(state['sums'])} for {self.sums.shape}; build "
                "the same envs and reward, or call reset() to begin anew."
            )
        self.sums[:] = state["sums"]
        self.env[:] = state["env"]
        self.length[:] = state["length"]


def final_obs(info: Mapping[str, Any], key: str, where: str) -> Any:
    """The true final observation, without which an end cannot be paid.

    Raises:
        ContractError: the vector env keeps none.
    """
    try:
        return info[key]
    except KeyError:
        raise ContractError(
            "A vector env that resets itself keeps the final observation of an ended episode, or "
            f'its last step cannot be paid. Received an end without {where}["{key}"]; let the '
            "env put it there."
        ) from None


def find_schema(get: Callable[[], Any]) -> FeatureSchema | None:
    """The `feature_schema` that `get` finds, or None if the env has none."""
    try:
        schema = get()
    except AttributeError:
        return None
    return schema if isinstance(schema, FeatureSchema) else None


def bound_stack(
    reward: Any,
    reader: FeatureReader,
    learner: Learner,
    *,
    num_envs: int,
    place: str,
    action_space: spaces.Space[Any] | None = None,
    serves: frozenset[Scope] = STEP_ONLY,
    on_nan: str = "raise",
) -> RewardStack:
    """Read a reward, bind it to a place and tell the reader what it needs.

    Args:
        reward: a stack, or what `RewardStack.parse` reads.
        reader: of the env's features and observations.
        learner: who learns.
        num_envs: number of slots.
        place: its name, for errors.
        action_space: of one slot; None if it differs between slots.
        serves: the scopes that the place can serve.
        on_nan: as for `RewardStack.bind`.

    Raises:
        PlaceError: the stack already runs elsewhere.
        BindingError, UnknownNameError: it cannot run here.
    """
    stack = reward if isinstance(reward, RewardStack) else RewardStack.parse(reward)
    if stack.binding is not None:
        raise PlaceError(
            "A stack keeps the state of one place's episodes, so it runs in one place. Received "
            f"one that runs in {stack.binding.place!r}; use RewardStack.parse(stack.formula) for "
            "another."
        )
    try:
        binding = Binding(
            reader.schema, learner, num_envs, place, serves,
            observation_space=reader.space, action_space=action_space,
        )  # fmt: skip
        stack.bind(binding, on_nan=on_nan)
    except BaseException:
        stack.binding = None  # it runs nowhere: another place may still take it
        raise
    reader.need(stack.needs)
    return stack
