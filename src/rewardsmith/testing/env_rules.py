"""The rules of the environment contract, each returning what holds or raising."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewardsmith.errors import ContractError
from rewardsmith.features import FeatureSchema
from rewardsmith.testing.driver import Driver, Moment
from rewardsmith.testing.report import Broken, Unchecked
from rewardsmith.testing.subject import nearly_same, same


@dataclass(frozen=True)
class Trial:
    """How long and with which seeds an env is played."""

    driver: Driver
    episodes: int
    steps: int
    seed: int

    def play(self, seed: int, steps: int | None = None) -> Iterator[tuple[str, Moment]]:
        """One random episode from `seed`: where it is ("reset", "step 1", ...) and what it says."""
        self.driver.seed_actions(seed)
        moment = self.driver.reset(seed)
        yield "reset", moment
        for i in range(self.steps if steps is None else steps):
            if moment.over:
                return
            moment = self.driver.step(self.driver.sample())
            yield f"step {i + 1}", moment

    def moments(self) -> Iterator[tuple[str, Moment]]:
        """All episodes, one after the other; from the second on the env was used before."""
        for i in range(self.episodes):
            for where, moment in self.play(self.seed + i):
                yield f"episode {i + 1}, {where}", moment


def _schema(trial: Trial) -> FeatureSchema:
    schema = trial.driver.attribute("feature_schema")
    if schema is None:
        raise Unchecked(
            "It has no `feature_schema`, as a stranger's env may; rewards then read the "
            "observation's components. To offer features, wrap it in a FeatureEnv."
        )
    if not isinstance(schema, FeatureSchema):
        raise Broken(f"feature_schema must be a FeatureSchema. Received {type(schema).__name__}.")
    return schema


def features(trial: Trial) -> str:
    """`info["features"]` obeys the schema at every reset and step."""
    schema = _schema(trial)
    for where, moment in trial.moments():
        for agent, info in moment.info.items():
            if "features" not in info:
                raise Broken(
                    f'info["features"] is missing at {where}{_of(agent)}. Write it at reset and '
                    "at every step, computed inside the env."
                )
            try:
                schema.validate(info["features"])
            except ContractError as error:
                raise Broken(
                    f"At {where}{_of(agent)}: {error} Widen the bounds if the value is right, "
                    "else mend the value."
                ) from error
    return f"{len(schema)} features obey their schema at every reset and step."


def _of(agent: str) -> str:
    return f" of agent {agent!r}" if agent else ""


def success(trial: Trial) -> str:
    """`info["is_success"]` is a bool at every step."""
    for where, moment in trial.moments():
        if moment.reward is None:
            continue
        for agent, info in moment.info.items():
            if "is_success" not in info and trial.driver.attribute("feature_schema") is None:
                raise Unchecked(
                    "It says no is_success, as a stranger's env may not; evaluation then knows "
                    "returns alone."
                )
            if not isinstance(info.get("is_success"), bool | np.bool_):
                raise Broken(
                    f'info["is_success"] must be a bool at every step. Received '
                    f"{info.get('is_success')!r} at {where}{_of(agent)}. Write whether the task "
                    "is solved in the state reached."
                )
    return 'info["is_success"] is a bool at every step.'


def signals(trial: Trial) -> str:
    """Flags are bools, rewards are finite numbers, observations lie in their space."""
    spaces = trial.driver.spaces()
    for where, moment in trial.moments():
        for agent, obs in moment.obs.items():
            if not spaces[agent][0].contains(obs):
                raise Broken(
                    f"The observation at {where}{_of(agent)} is not in the observation space. "
                    "Check dtype, shape and bounds."
                )
        for name in ("terminated", "truncated"):
            for agent, flag in (getattr(moment, name) or {}).items():
                if not isinstance(flag, bool | np.bool_):
                    raise Broken(
                        f"{name} must be a bool. Received {flag!r} at {where}{_of(agent)}."
                    )
        for agent, reward in (moment.reward or {}).items():
            if np.shape(reward) != () or not math.isfinite(reward):
                raise Broken(
                    f"The reward must be a finite number. Received {reward!r} at "
                    f"{where}{_of(agent)}."
                )
    return "Observations lie in their space, flags are bools, rewards are finite."


def determinism(trial: Trial) -> str:
    """Equal seeds and actions give equal episodes."""
    first = list(trial.play(trial.seed))
    second = list(trial.play(trial.seed))
    if len(first) != len(second):
        raise Broken(
            f"With one seed and the same actions an episode took {len(first) - 1} steps, then "
            f"{len(second) - 1}. Draw all chance from self.np_random, seeded by reset(seed=...)."
        )
    _compare(first, second, "With one seed and the same actions, twice,")
    return "Equal seeds and actions give equal episodes."


def _compare(
    first: list[tuple[str, Moment]], second: list[tuple[str, Moment]], circumstance: str
) -> None:
    for (where, a), (_, b) in zip(first, second, strict=True):
        if differing := _difference(a, b, same):
            raise Broken(
                f"{circumstance} {differing} differed at {where}. Draw all chance from "
                "self.np_random, seeded by reset(seed=...), and keep no state outside the env."
            )


def _difference(a: Moment, b: Moment, equal: Callable[[Any, Any], bool]) -> str:
    for name in ("obs", "reward", "terminated", "truncated"):
        if not equal(getattr(a, name), getattr(b, name)):
            return name
    for agent, info in a.info.items():
        left, right = info.get("features", {}), b.info[agent].get("features", {})
        if not equal(left, right):
            changed = [n for n in left if n not in right or not equal(left[n], right[n])]
            return f"the features {changed}"
    return ""


def reached(trial: Trial) -> str:
    """`info["features"]` describes the state reached: recomputed there, it is the same."""
    recompute: Callable[[], dict[str, Any]] | None = trial.driver.attribute("features")
    if trial.driver.parallel or not callable(recompute):
        raise Unchecked(
            "Only an env with a method features(), as FeatureEnv has, can be asked again in the "
            "state reached."
        )
    for where, moment in trial.moments():
        (info,) = moment.info.values()
        told, now = info.get("features", {}), recompute()
        if not same(told, now):
            changed = [n for n in now if n not in told or not same(told[n], now[n])]
            raise Broken(
                f"At {where} the info's {changed} were not those of the state reached. Compute "
                "the features after the state has changed, not before."
            )
    return "The features describe the state reached."


def copies(trial: Trial) -> str:
    """A deep copy continues as the original does."""
    for seed in range(trial.seed, trial.seed + trial.episodes):
        moments = [moment for _, moment in trial.play(seed, steps=min(3, trial.steps))]
        if not moments[-1].over:
            _continue_both(trial)
    return "A deep copy continues as the original does."


def _continue_both(trial: Trial) -> None:
    try:
        twin = trial.driver.copied()
    except Exception as error:  # foreign code: any refusal to be copied is an answer
        raise Unchecked(f"copy.deepcopy raised {type(error).__name__}: {error}") from error
    for i in range(min(10, trial.steps)):
        action = trial.driver.sample()
        mine, other = trial.driver.step(action), _step_twin(twin, action)
        if differing := _difference(mine, other, nearly_same):
            raise Broken(
                f"{i + 1} steps after a deep copy, {differing} differed between copy and "
                "original. State is shared or left out: define __deepcopy__, or set "
                "`uncopyable` to the reason why it cannot be copied."
            )
        if mine.over:
            return


def _step_twin(twin: Driver, action: Any) -> Moment:
    try:
        return twin.step(action)
    except Exception as error:  # foreign code, as above
        raise Unchecked(
            f"Its deep copy cannot be stepped: it raised {type(error).__name__}: {error}"
        ) from error


def libraries_own(trial: Trial) -> str:
    """The library's own checker passes."""
    with warnings.catch_warnings():
        # Its warnings are advice on style (bounds, normalisation); its errors are the contract.
        warnings.simplefilter("ignore")
        if trial.driver.parallel:
            from pettingzoo.test import parallel_api_test

            parallel_api_test(trial.driver.env, num_cycles=min(trial.steps, 100))
            return "PettingZoo's parallel_api_test passes."
        from gymnasium.utils.env_checker import check_env

        check_env(trial.driver.env, skip_render_check=True)
    return "Gymnasium's check_env passes."
