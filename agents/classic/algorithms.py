"""The learners: which there are, what actions they serve, and what settings they take."""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gymnasium import spaces

from rewardsmith.agents.classic.spec import RunSpec, check_keys
from rewardsmith.errors import BindingError, ConfigError, unknown_name
from rewardsmith.registration import find_entry
from rewardsmith.stack import RewardStack
from rewardsmith.term import Scope

#: settings of ours beside the learner's own: the standard deviation of TD3's action noise
EXTRA_SETTINGS = ("action_noise_std",)
#: what the run itself decides, not the user's hyperparameters
_RESERVED = {
    "self",
    "policy",
    "env",
    "gamma",
    "seed",
    "device",
    "verbose",
    "tensorboard_log",
    "_init_setup_model",
    "rollout_buffer_class",
    "rollout_buffer_kwargs",
    "replay_buffer_class",
    "action_noise",
}
#: settings of SB3's own replay buffers, which a reward that is worked out at sampling cannot serve
_NOT_IN_REPLAY = {"n_steps", "optimize_memory_usage"}


@dataclass(frozen=True)
class Algorithm:
    """One learner: where its class is, the action spaces it serves, and its kind.

    The class is called as the learner in capitals, unless it has a name of its own. `shared`:
    whether one learner can serve all agents of a game.
    """

    name: str
    package: str
    actions: tuple[type[spaces.Space[Any]], ...]
    on_policy: bool
    class_name: str = ""
    shared: bool = True

    def load_class(self) -> Any:
        """The Stable-Baselines3 class, or ours that is derived from one."""
        return getattr(importlib.import_module(self.package), self.class_name or self.name.upper())

    def parameters(self) -> dict[str, inspect.Parameter]:
        """What its constructor takes; one with `**more` takes what its parent's takes too."""
        found: dict[str, inspect.Parameter] = {}
        for kind in self.load_class().__mro__:
            own = inspect.signature(kind.__init__).parameters
            found = {**own, **found}
            if not (more := [k for k, p in own.items() if p.kind is p.VAR_KEYWORD]):
                return found
            del found[more[0]]
        return found

    def settings(self) -> list[str]:
        """Names of the hyperparameters that a config may set."""
        reserved = _RESERVED if self.on_policy else _RESERVED | _NOT_IN_REPLAY
        return [p for p in self.parameters() if p not in reserved] + list(EXTRA_SETTINGS)

    def check(self, spec: RunSpec) -> None:
        """Raise what can be said against a run before anything is loaded."""
        from rewardsmith.agents.llm.processes import check_alone

        check_alone(f"--algo {self.name}")
        _check_words("hyperparameters", spec.hyperparameters)


class LanguageAlgorithm(Algorithm):
    """A learner that is a language model: its settings are `agents.llm.settings`'s."""

    def settings(self) -> list[str]:
        """Names of the hyperparameters that a config may set."""
        from rewardsmith.agents.llm.settings import LanguageSettings

        return LanguageSettings.names()

    def check(self, spec: RunSpec) -> None:
        """Raise what can be said against a run before PyTorch and TRL are loaded."""
        from rewardsmith.agents.llm.beforehand import check_beforehand

        check_beforehand(spec)


_ANY = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)
_SB3, _CONTRIB = "stable_baselines3", "sb3_contrib"
_LLM = "rewardsmith.agents.llm.trainer"
_TWO_STREAMS = "rewardsmith.agents.classic.two_streams"
ALGORITHMS = {
    a.name: a
    for a in (
        Algorithm("ppo", _SB3, _ANY, on_policy=True),
        Algorithm("a2c", _SB3, _ANY, on_policy=True),
        Algorithm("dqn", _SB3, (spaces.Discrete,), on_policy=False),
        Algorithm("sac", _SB3, (spaces.Box,), on_policy=False),
        Algorithm("td3", _SB3, (spaces.Box,), on_policy=False),
        Algorithm("tqc", _CONTRIB, (spaces.Box,), on_policy=False),
        LanguageAlgorithm("grpo", _LLM, (spaces.Text,), True, "TurnGRPOTrainer", shared=False),
        Algorithm("two_streams", _TWO_STREAMS, _ANY, True, "TwoStreamPPO", shared=False),
    )
}
_OBSERVATIONS = (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)


def find_algorithm(name: str) -> Algorithm:
    """The learner of this name; raises `UnknownNameError` with the near misses."""
    if name not in ALGORITHMS:
        raise unknown_name("algorithm", name, ALGORITHMS)
    return ALGORITHMS[name]


def check_spaces(algorithm: Algorithm, env: Any, env_id: str) -> None:
    """Raise `ConfigError` unless the learner can act and see in `env`; names who can."""
    action = env.action_space
    if not isinstance(action, algorithm.actions):
        able = [a.name for a in ALGORITHMS.values() if isinstance(action, a.actions)]
        remedy = f"Use --algo {' or '.join(able)}." if able else "No classic learner can."
        raise ConfigError(
            f"{algorithm.name} acts in {_names(algorithm.actions)} action spaces. Received "
            f"{env_id} with {action}. {remedy}"
        )
    seen = env.observation_space
    parts = seen.spaces.values() if isinstance(seen, spaces.Dict) else [seen]
    if wrong := [s for s in parts if not isinstance(s, _OBSERVATIONS)]:
        raise ConfigError(
            f"A classic learner sees arrays ({_names(_OBSERVATIONS)}, or a Dict of them). "
            f"Received {env_id}, whose observation holds {wrong[0]}. Choose an environment with "
            "numeric observations, or wrap this one."
        )


def check_scope(algorithm: Algorithm, stack: RewardStack) -> None:
    """Raise `BindingError` for a term of episode scope under an off-policy learner."""
    late = [e.name for e in stack.entries if e.term.scope is Scope.EPISODE]
    if algorithm.on_policy or not late:
        return
    able = [a.name for a in ALGORITHMS.values() if a.on_policy and spaces.Box in a.actions]
    raise BindingError(
        f"Terms of scope 'episode' are paid at an episode's end, for which {algorithm.name}, an "
        f"off-policy learner, does not wait. Received the reward {stack.formula!r} with "
        f"{', '.join(map(repr, late))}. Use --algo {' or '.join(able)}, or leave the term out."
    )


def rollout_steps(algorithm: Algorithm, n_envs: int, hyperparameters: Mapping[str, Any]) -> int:
    """Env steps that the learner takes between two looks at how many are left.

    1 where that is not known before training, as with whole episodes.
    """
    name = "n_steps" if algorithm.on_policy else "train_freq"
    default = algorithm.parameters()[name].default
    each = hyperparameters.get(name, default)
    if isinstance(each, list | tuple) and len(each) == 2 and each[1] == "step":
        each = each[0]
    return each * n_envs if isinstance(each, int) and each > 0 else 1


def steps_taken(spec: RunSpec) -> int:
    """Env steps that a run of `spec` takes: its steps, rounded up to whole rollouts.

    As it is for a game of several agents, whose number is not known before it is built.
    """
    entry = find_entry(spec.env_id)
    if entry is not None and entry.family == "multiagent":
        return spec.steps
    algorithm = find_algorithm(spec.algo)
    if is_language(spec):
        return spec.steps  # rollouts are whole episodes, of any length
    rollout = rollout_steps(algorithm, spec.n_envs, spec.hyperparameters)
    return math.ceil(spec.steps / rollout) * rollout


def is_language(spec: RunSpec) -> bool:
    """Whether a language model learns in this run."""
    return isinstance(ALGORITHMS.get(spec.algo), LanguageAlgorithm)


def check_settings(algorithm: Algorithm, hyperparameters: Any) -> None:
    """Raise `ConfigError` for a hyperparameter that the learner does not take."""
    check_keys(f"{algorithm.name}'s hyperparameters", hyperparameters, algorithm.settings())


def _check_words(what: str, value: Any) -> None:
    """Refuse texts that mean numbers: a learner may take one and stop at its first update."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            _check_words(str(name), part)
    elif isinstance(value, list | tuple):
        for part in value:
            _check_words(what, part)
    elif isinstance(value, str) and _reads_as_number(value):
        raise ConfigError(
            f"{what} is a number. Received the text {value!r}. YAML reads 1e-4 as a word; write "
            "1.0e-4, without quotes."
        )


def _reads_as_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _names(kinds: tuple[type[Any], ...]) -> str:
    return ", ".join(k.__name__ for k in kinds)
