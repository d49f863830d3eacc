"""Which terms of a reward are the intrinsic stream, and what each step pays either stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch as th
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.utils import obs_as_tensor
from stable_baselines3.common.vec_env import VecEnvWrapper, VecNormalize

from rewardsmith.build import Entry
from rewardsmith.errors import BindingError, ConfigError, PlaceError, unknown_name
from rewardsmith.language.nodes import Term
from rewardsmith.rewards.intrinsic.adops import ADOPS
from rewardsmith.stack import RewardStack
from rewardsmith.term import Guarantee
from rewardsmith.wrappers.sb3_vec_env import RewardVecEnv, find_reward_env


def reward_place(env: Any) -> RewardVecEnv:
    """The reward in a model's env.

    Raises:
        PlaceError: none that names its terms' pay, or running normalisation of the sum.
    """
    place = find_reward_env(env)
    if place is None:
        raise PlaceError(
            "Two streams are told apart by the terms of a reward around the model's env. "
            f"Received {type(env).__name__} without one; build it with RewardVecEnv(venv, reward)."
        )
    layer = env
    while isinstance(layer, VecEnvWrapper):
        if isinstance(layer, VecNormalize) and layer.norm_reward:
            raise PlaceError(
                "Each of two streams keeps its own scale, which VecNormalize's running scale of "
                "their sum would mix. Received VecNormalize(norm_reward=True); set "
                "norm_reward=False (in a run's settings, normalize: obs), and normalise single "
                "terms in the formula: normalize(T)."
            )
        layer = layer.venv
    return place


def intrinsic_terms(
    stack: RewardStack, streams: Mapping[str, Iterable[str]] | None
) -> tuple[str, ...]:
    """Names of the terms that the intrinsic stream sums; the extrinsic one is all the rest.

    Args:
        stack: the reward.
        streams: `{"intrinsic": names}`; None takes the terms that call themselves intrinsic,
            but for those whose claim to keep the optimal policies holds in the other stream.

    Raises:
        ConfigError, UnknownNameError: `streams` of another form, or no such term.
        BindingError: a term that keeps optimal policies only under the task's own discount and
            ends of episodes, one of episode scope, or one that mixes env with intrinsic pay.
    """
    chosen = _intrinsic(stack) if streams is None else _named(stack, streams)
    entries = [e for e in stack.entries if e.name in chosen]
    for entry in entries:
        _check_entry(entry)
    return tuple(e.name for e in entries)


def _intrinsic(stack: RewardStack) -> set[str]:
    chosen = set()
    for item, entry in zip(stack.tree.items, stack.entries, strict=True):
        if not entry.term.intrinsic or _keeps_optima(entry):
            continue
        if any(isinstance(node, Term) and node.term == "env" for node in item.walk()):
            raise BindingError(
                "A term goes into one stream as a whole, and the env's own reward is extrinsic. "
                f"Received {entry.name!r}, which pays env together with an intrinsic term; write "
                "both as terms of their own, or say by streams={'intrinsic': [...]} which terms "
                "are intrinsic."
            )
        chosen.add(entry.name)
    return chosen


def _named(stack: RewardStack, streams: Any) -> set[str]:
    names = streams.get("intrinsic") if isinstance(streams, Mapping) else None
    if not isinstance(names, list | tuple) or set(streams) != {"intrinsic"}:
        raise ConfigError(
            "streams names the terms of the intrinsic stream, all others are extrinsic: "
            f"{{'intrinsic': ['rnd']}}. Received {streams!r}."
        )
    for name in names:
        if name not in stack.names:
            raise unknown_name("term", str(name), stack.names)
    return set(names)


def _keeps_optima(entry: Entry) -> bool:
    return entry.term.guarantee is Guarantee.INVARIANT


def _check_entry(entry: Entry) -> None:
    if _keeps_optima(entry):
        raise BindingError(
            "The env's own reward and potentials keep the optimal policies under the learner's "
            "gamma and where episodes end: they are extrinsic. Received "
            f"{entry.name!r} as intrinsic; leave it out of streams['intrinsic']."
        )
    if entry.deferred:
        raise BindingError(
            "A term of episode scope is paid when its episode is known, which only the extrinsic "
            f"stream waits for. Received {entry.name!r} as intrinsic; leave it to the extrinsic "
            "stream, or use a term of step scope."
        )


class StreamCallback(BaseCallback):
    """Tells a model's buffer what each step pays either stream; works before other callbacks."""

    model: Any

    def _on_training_start(self) -> None:
        self.place = reward_place(self.training_env)
        for entry in self.place.stack.entries:
            if isinstance(entry.term, ADOPS):
                self._attach(entry, entry.term)

    def _attach(self, entry: Entry, term: ADOPS) -> None:
        """Let a term ask both heads; its weight is the one without a schedule."""

        normalize = _normalizer(self.training_env)

        def critic(obs: Any) -> tuple[Any, Any]:
            with th.no_grad():
                seen, _ = self.model.policy.obs_to_tensor(normalize(obs))
                both = self.model.policy.predict_both_values(seen).cpu().numpy()
            return both[:, 0].astype(np.float64), both[:, 1].astype(np.float64)

        term.attach(critic, gamma=self.model.gamma_intrinsic, weight=entry.weight)

    def _on_step(self) -> bool:
        if names := self.model.intrinsic_terms:
            rewards, infos = self.locals["rewards"], self.locals["infos"]
            self._check(rewards)
            paid = [info["reward_terms"] for info in infos]
            intrinsic = np.array([sum(terms[n] for n in names) for terms in paid])
            # In float64, term by term: the sum less the intrinsic part would not be exact.
            extrinsic = [sum(v for n, v in terms.items() if n not in names) for terms in paid]
            self._add_final_values(intrinsic, infos)
            self.model.rollout_buffer.split(rewards, extrinsic, intrinsic)
        return True

    def _on_rollout_end(self) -> None:
        with th.no_grad():
            seen = obs_as_tensor(self.locals["new_obs"], self.model.device)
            values = self.model.policy.predict_intrinsic_values(seen)
        self.model.rollout_buffer.finish(values, self.locals["dones"])

    def _check(self, rewards: Any) -> None:
        if not np.array_equal(rewards, self.place.last_total):
            raise PlaceError(
                "Two streams add up to what the reward paid. The model received other rewards; "
                f"remove what changes them outside {type(self.place).__name__}."
            )

    def _add_final_values(self, intrinsic: Any, infos: list[Any]) -> None:
        """As SB3 does for the extrinsic stream, with the second head and discount.

        A stream that is not episodic never asks for the value of a final state.
        """
        buffer, policy = self.model.rollout_buffer, self.model.policy
        if not buffer.episodic_intrinsic:
            return
        for i in np.flatnonzero(self.locals["dones"]):
            if infos[i].get("TimeLimit.truncated", False):
                final = policy.obs_to_tensor(infos[i]["terminal_observation"])[0]
                with th.no_grad():
                    value = policy.predict_intrinsic_values(final).item()
                intrinsic[i] += buffer.intrinsic.gamma * value


def _normalizer(env: Any) -> Callable[[Any], Any]:
    """Maps the reward's observations to those that the policy sees."""
    while isinstance(env, VecEnvWrapper):
        if isinstance(env, VecNormalize):
            return env.normalize_obs
        env = env.venv
    return lambda obs: obs
