"""What is audited: an env, and a reward as a stack of ours or as a stranger's wrapper class."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gymnasium as gym
import numpy as np

from rewardsmith.errors import ConfigError
from rewardsmith.features import FeatureSchema
from rewardsmith.rewards.audit.given import name_of
from rewardsmith.rewards.audit.guard import Guard, called
from rewardsmith.rewards.audit.probe import Probe
from rewardsmith.rewards.audit.states import has_table, layers
from rewardsmith.stack import RewardStack
from rewardsmith.term import Guarantee
from rewardsmith.wrappers.gather import FeatureReader, find_schema
from rewardsmith.wrappers.gymnasium_env import RewardWrapper

Env = gym.Env[Any, Any]
#: attributes of envs and wrappers that a step never changes; copying them is most of the work
_CONSTANT = (
    "P", "observation_space", "action_space", "_observation_space", "_action_space", "spec",
    "_cached_spec", "feature_schema", "initial_state_distrib", "desc", "metadata", "_metadata",
    "_saved_kwargs",
)  # fmt: skip
#: types whose values a copy may share
_ATOMS = frozenset({int, float, bool, str, bytes, type(None), np.float64, np.int64, np.bool_})


@dataclass
class Pair:
    """One env twice: `outer` pays the audited reward, `probe` inside it sees the env's own."""

    outer: Any
    probe: Probe

    def copied(self) -> Pair:
        """A copy in the same state; what never changes (spaces, transition table) is shared."""
        memo = {id(part): part for part in self._constant_parts()}
        outer = _copied(self.outer, memo)
        try:
            probe = find_probe(outer)
            bare = probe.unwrapped
        except AttributeError as error:
            raise TypeError("its __deepcopy__ gives something else than an env") from error
        if type(bare) is not type(self.probe.unwrapped):
            raise TypeError(f"its __deepcopy__ gives {type(bare).__name__}")
        return Pair(outer, probe)

    def _constant_parts(self) -> Iterator[Any]:
        env = self.outer
        if self.probe.seen is not None:
            yield self.probe.seen
        if has_table(self.probe) and (dice := vars(self.probe.unwrapped).get("_np_random")):
            yield dice  # its outcomes are forced, whatever is drawn
        while True:
            for name in _CONSTANT:
                if (part := vars(env).get(name)) is not None:
                    yield part
            if not isinstance(env, gym.Wrapper):
                return
            env = env.env


def _copied(outer: Any, memo: dict[int, Any]) -> Any:
    """A deep copy of an env with its wrappers; plain layers attribute by attribute.

    The same as `copy.deepcopy`, at a fraction of its time: most attributes are numbers.
    """
    plain = [layer for layer in layers(outer) if _is_plain(type(layer))]
    for layer in plain:
        memo[id(layer)] = object.__new__(type(layer))
    for layer in plain:
        attributes = vars(memo[id(layer)])
        for name, value in vars(layer).items():
            atom = type(value) in _ATOMS
            attributes[name] = value if atom else copy.deepcopy(value, memo)
    return copy.deepcopy(outer, memo)


def _is_plain(cls: type) -> bool:
    """Whether instances are their `__dict__`, copied as any object is."""
    if cls not in _PLAIN:
        own = any(getattr(cls, n, None) is not getattr(object, n, None) for n in _CUSTOM)
        _PLAIN[cls] = not own and not any(vars(c).get("__slots__") for c in cls.__mro__)
    return _PLAIN[cls]


_CUSTOM = ("__deepcopy__", "__getstate__", "__setstate__", "__reduce__", "__reduce_ex__")
_PLAIN: dict[type, bool] = {}


@dataclass(frozen=True)
class Subject:
    """An env and its reward under audit.

    Args:
        build: gives a fresh env without the reward.
        reward: a `RewardStack`, or a callable (a `gym.Wrapper` class) from env to env.
        gamma: the learner's discount.
        bootstraps: whether the learner values the state at a time limit.
        name: what the report calls the env.
        env_id: its id, if it was given by one.
    """

    build: Callable[[], Env]
    reward: Any
    gamma: float
    bootstraps: bool = True
    name: str = ""
    env_id: str = ""

    @property
    def stack(self) -> RewardStack | None:
        """A fresh stack, or None if the reward is a stranger's wrapper."""
        if isinstance(self.reward, RewardStack):
            return RewardStack.parse(self.reward.tree)
        return None

    @property
    def claim(self) -> str:
        """What its formula claims without any env; empty if that is not invariance."""
        stack = self.stack
        if stack is None or stack.guarantee != Guarantee.INVARIANT:
            return ""
        return "the formula itself claims: invariant (a claim of its terms' form, not a proof)"

    @property
    def reward_name(self) -> str:
        """The formula, or the wrapper's name."""
        if isinstance(self.reward, RewardStack):
            return self.reward.formula
        return str(getattr(self.reward, "__name__", repr(self.reward)))

    def bare(self) -> Probe:
        """A fresh env under a probe, without the reward.

        Raises:
            ConfigError: what was built is no Gymnasium env.
        """
        return Probe(Guard(_built(self.build)))

    def pair(self, *, training: bool = False) -> Pair:
        """A fresh env with the reward around it.

        Raises:
            RewardsmithError: the reward cannot run in this env.
        """
        probe = self.bare()
        stack = self.stack
        if stack is not None:
            outer = RewardWrapper(
                probe,
                stack,
                gamma=self.gamma,
                bootstraps_on_truncation=self.bootstraps,
                training=training,
            )
            return Pair(outer, probe)
        return Pair(_applied(self.reward, probe), probe)

    def reader(self, env: Env) -> FeatureReader:
        """Reads the features that the stack needs."""
        return FeatureReader(schema_of(env), env.observation_space)


def schema_of(env: Env) -> FeatureSchema | None:
    """The env's `feature_schema`, or None if it declares none."""
    return find_schema(lambda: env.get_wrapper_attr("feature_schema"))


def find_probe(env: Any) -> Probe:
    """The probe inside a wrapped env."""
    inside = env
    while not isinstance(inside, Probe):
        inside = inside.env
    return inside


def reward_of(reward: Any, env_id: str = "") -> Any:
    """A stack from a formula, file, mapping or term; a wrapper class as it is.

    Raises:
        RewardsmithError: it is neither.
    """
    if isinstance(reward, RewardStack):
        return reward
    if inspect.isclass(reward) and not issubclass(reward, gym.Wrapper):
        raise ConfigError(
            "A reward is a formula, a file, a RewardStack, a term, or a gymnasium.Wrapper class "
            f"(or a function from env to env). Received the class {reward.__name__}."
        )
    if callable(reward):
        return reward
    if env_id:
        from rewardsmith.named_rewards import resolve_reward

        return resolve_reward(reward, env_id)
    return RewardStack.parse(reward)


def _applied(reward: Callable[[Any], Any], probe: Probe) -> Any:
    """The wrapper around the probe.

    Raises:
        ConfigError: what it gives is no env around the one it was given.
    """
    rule = "A reward wrapper takes an env and gives a gymnasium.Wrapper around it. "
    hint = "Give one that needs nothing but the env, such as lambda env: Mine(env, 0.5)."
    name = getattr(reward, "__name__", type(reward).__name__)
    outer = called(lambda: reward(probe), f"Calling {name} failed: it", rule, hint)
    try:
        found = find_probe(outer)
    except AttributeError:
        found = None
    if found is not probe:
        raise ConfigError(
            f"{rule}Received one of type {type(outer).__name__}, which does not hold the env it "
            "was given; call super().__init__(env) in its constructor, and return it."
        )
    return outer


def _built(build: Callable[[], Any]) -> Env:
    """A fresh env of the user's.

    Raises:
        ConfigError: building fails, or gives no Gymnasium env with an action space.
    """
    rule = "An audit takes a function that builds a fresh gymnasium.Env at each call. "
    env: Any = called(build, "It", rule, "Give one without arguments: lambda: MyEnv(8).")
    if not isinstance(env, gym.Env):
        several = hasattr(env, "possible_agents")
        raise ConfigError(
            f"{rule}Received {type(env).__name__}; "
            + ("a game of several agents cannot be audited." if several else "return the env.")
        )
    try:
        space = env.action_space
    except AttributeError:
        space = None
    if not isinstance(space, gym.spaces.Space):
        raise ConfigError(
            "An env has an action_space, a gymnasium.spaces.Space. Received "
            f"{type(space).__name__} from {name_of(env)}; set it in the env's __init__, such as "
            "self.action_space = gymnasium.spaces.Discrete(2)."
        )
    return env
