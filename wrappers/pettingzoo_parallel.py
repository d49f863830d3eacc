"""The PettingZoo place: a parallel env in which every agent's reward is the stack's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from rewardsmith.errors import ContractError, PlaceError, require
from rewardsmith.language.validate import builtins_used
from rewardsmith.stack import RewardStack
from rewardsmith.transition import Transition
from rewardsmith.wrappers.checks import check_kind, learner, one_number, refuse_second
from rewardsmith.wrappers.gather import (
    EpisodeLog,
    FeatureReader,
    bound_stack,
    find_schema,
    objects,
)

# A base class is needed at import, so only those who use this place need the extra.
_pettingzoo: Any = require("pettingzoo.utils.wrappers", extra="multiagent")
Parallel = tuple[
    dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]
]


class RewardParallelWrapper(_pettingzoo.BaseParallelWrapper):  # type: ignore[misc]
    """Replace every agent's reward by a stack's; each possible agent has a slot of its own.

    Every agent's info gets `reward_env` and `reward_terms`; where its part of the episode ends,
    by termination, truncation or the game's end, also `reward_episode`. An agent that leaves
    early keeps its slot empty; others are not affected. One that joins late, or again, is paid
    from its first whole step on: its terms begin anew.

    Args:
        env: a PettingZoo parallel env. Where the reward reads features, its agents share one
            `feature_schema`, or without one an observation space.
        reward: a stack, a formula, a YAML path, a mapping or a term; the same for all agents.
        gamma: the learner's discount.
        bootstraps_on_truncation: whether the learner values the state at a time limit.
        on_nan: `raise`, `zero` or `last`.
        training: whether terms learn and the env-step clock runs (one step per agent).

    Raises:
        MissingExtraError: pettingzoo is not installed (raised on import).
        PlaceError: no parallel env, one without possible_agents or with a reward already inside,
            or one without a schema whose agents' observation spaces differ though the reward
            reads them.
        BindingError, UnknownNameError: the reward cannot run here.
    """

    def __init__(
        self,
        env: Any,
        reward: Any,
        *,
        gamma: float = 0.99,
        bootstraps_on_truncation: bool = True,
        on_nan: str = "raise",
        training: bool = True,
    ) -> None:
        check_kind(env, "PettingZoo parallel env", "RewardParallelWrapper")
        refuse_second(hasattr(env, "reward_learner"), "RewardParallelWrapper")
        _check_possible(env)
        super().__init__(env)
        self.reward_learner = learner(gamma, bootstraps_on_truncation)
        self._slots = {agent: i for i, agent in enumerate(env.possible_agents)}
        schema = find_schema(lambda: env.feature_schema)
        self.reader = FeatureReader(schema, env.observation_space(env.possible_agents[0]))
        self.stack: RewardStack = bound_stack(
            reward,
            self.reader,
            self.reward_learner,
            num_envs=len(self._slots),
            place="PettingZoo parallel wrapper",
            action_space=_shared_action_space(env),
            on_nan=on_nan,
        )
        _check_alike(env, self.stack, schema is None)
        self.training = training
        self.last_transition: Transition | None = None
        self._log = EpisodeLog(self.stack.names, len(self._slots))
        self._states: dict[str, tuple[Any, dict[str, Any]]] = {}
        self._t, self._episode = 0, -1

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """Begin an episode for all agents."""
        observations, infos = self.env.reset(seed=seed, options=options)
        everyone = np.ones(len(self._slots), dtype=bool)
        self.stack.reset(everyone)
        self._log.reset(everyone)
        self._t, self._episode = 0, self._episode + 1
        self._states = {a: (o, infos.get(a, {})) for a, o in observations.items()}
        return observations, infos

    def step(self, actions: dict[str, Any]) -> Parallel:
        """Step all agents and pay each what the stack says.

        Raises:
            PlaceError: no episode has begun, or a live agent does not act.
            ContractError: an agent was paid something else than one number, or is missing from
                a part of what the env returned.
        """
        if self._episode < 0:
            raise PlaceError("A reward follows episodes from their start. Call reset() first.")
        self._check_actions(actions)
        observations, rewards, terminations, truncations, infos = self.env.step(actions)
        ends = (terminations, truncations)
        acting = self._acting(actions, observations, rewards, ends)
        if not acting:
            self._arrive(observations, infos, ends)
            return observations, rewards, terminations, truncations, infos
        # Agents may share one dict, and the env may keep it.
        infos = {a: dict(infos.get(a, {})) for a in observations}
        arrived = {a: (observations[a], infos[a]) for a in acting}
        transition = self._transition(acting, actions, rewards, ends, arrived)
        paid = self.stack.step(transition)
        if self.training:
            self.stack.update(transition)
        self._annotate(acting, infos, paid.terms, transition)
        self.last_transition = transition
        self._arrive(observations, infos, ends)
        self._t += 1
        own = dict(zip(acting, paid.total.tolist(), strict=True))
        return observations, {**rewards, **own}, terminations, truncations, infos

    def _check_actions(self, actions: Any) -> None:
        """Refuse a step in which a live agent does not act: nobody could say what it earned."""
        live = [a for a in self._states if a in self.agents]
        if not isinstance(actions, Mapping):
            raise PlaceError(
                f"Actions are a dictionary, agent -> action. Received {actions!r}; live: {live}."
            )
        missing = [a for a in live if a not in actions]
        if missing:
            raise PlaceError(
                f"Every live agent acts at every step. Received no action of {missing}, only of "
                f"{list(actions)}; give each of env.agents its action."
            )

    def _acting(
        self, actions: Any, observations: Any, rewards: Any, ends: tuple[Any, Any]
    ) -> list[str]:
        """Agents that made a step; those in no part of what came back have left silently."""
        parts = {
            "observations": observations,
            "rewards": rewards,
            "terminations": ends[0],
            "truncations": ends[1],
        }
        stepped = [a for a in self._slots if a in self._states and a in actions]
        acting = [a for a in stepped if any(a in part for part in parts.values())]
        for agent in acting:
            without = [name for name, part in parts.items() if agent not in part]
            if without:
                raise ContractError(
                    "A parallel env returns observation, reward, termination and truncation of "
                    f"every agent that acted. Received none of {agent!r} in {', '.join(without)}; "
                    "pettingzoo.test.parallel_api_test(env) finds the place."
                )
        return acting

    def _arrive(self, observations: Any, infos: Any, ends: tuple[Any, Any]) -> None:
        """Keep the states that the next step starts from; begin those of agents that join."""
        running = [
            a
            for a in observations
            if a in self._slots and not (ends[0].get(a, False) or ends[1].get(a, False))
        ]
        joined = np.array([a in running and a not in self._states for a in self._slots])
        if joined.any():
            self.stack.reset(joined)
            self._log.reset(joined)
        self._states = {a: (observations[a], infos.get(a, {})) for a in running}

    def _transition(
        self,
        acting: list[str],
        actions: Mapping[str, Any],
        rewards: Mapping[str, float],
        ends: tuple[Mapping[str, bool], Mapping[str, bool]],
        arrived: Mapping[str, tuple[Any, dict[str, Any]]],
    ) -> Transition:
        before = [self._states[a] for a in acting]
        after = [arrived[a] for a in acting]
        obs, next_obs = _batch([o for o, _ in before]), _batch([o for o, _ in after])
        return Transition(
            obs,
            _rows([actions[a] for a in acting]),
            next_obs,
            np.array([one_number(rewards[a]) for a in acting]),
            np.array([ends[0][a] for a in acting], dtype=bool),
            np.array([ends[1][a] for a in acting], dtype=bool),
            self.reader.batch([i for _, i in before], obs),
            self.reader.batch([i for _, i in after], next_obs),
            env_index=np.array([self._slots[a] for a in acting]),
            agent=np.array(acting, dtype=object),
            episode=np.full(len(acting), self._episode),
            t=np.full(len(acting), self._t),
        )

    def _annotate(
        self, acting: list[str], infos: Any, terms: Mapping[str, Any], tr: Transition
    ) -> None:
        columns = self._log.add_slots(tr.env_index, terms, tr.env_reward)
        # The game may end for agents that neither terminated nor were truncated.
        over = tr.terminated | tr.truncated | (not self.agents)
        for i, agent in enumerate(acting):
            info = infos[agent]
            info["reward_env"] = float(tr.env_reward[i])
            info["reward_terms"] = dict(zip(self._log.names, columns[i].tolist(), strict=True))
            if over[i]:
                info["reward_episode"] = self._log.summary(self._slots[agent])


def _shared_action_space(env: Any) -> Any:
    """The agents' action space, or None if they have several."""
    first, *others = [env.action_space(agent) for agent in env.possible_agents]
    return first if all(space == first for space in others) else None


def _check_possible(env: Any) -> None:
    """Refuse an env that does not say which agents there can be: each has a slot."""
    if not getattr(env, "possible_agents", None):
        raise PlaceError(
            "Every possible agent has a slot of its own, so the env lists them all in "
            f"possible_agents, at least one. Received {type(env).__name__} without."
        )


def _batch(observations: list[Any]) -> Any:
    """Observations of several agents as arrays; as objects where their shapes differ."""
    first = observations[0]
    if isinstance(first, Mapping) and all(o.keys() == first.keys() for o in observations):
        return {key: _batch([o[key] for o in observations]) for key in first}
    return _rows(observations)


def _rows(values: list[Any]) -> Any:
    """One row per agent: an array where they are alike, else objects."""
    if any(isinstance(v, str | tuple | list | Mapping) for v in values):
        return objects(values)
    arrays = [np.asarray(v) for v in values]
    return np.array(arrays) if len({a.shape for a in arrays}) == 1 else objects(values)


def _check_alike(env: Any, stack: RewardStack, from_obs: bool) -> None:
    """Refuse agents that observe or act in different shapes, if the reward reads those."""
    read = builtins_used(stack.tree)
    if "obs" in read or (from_obs and stack.needs):
        _refuse_unlike("observation", env.observation_space, env)
    if "action" in read:
        _refuse_unlike("action", env.action_space, env)


def _refuse_unlike(what: str, space_of: Any, env: Any) -> None:
    spaces = [space_of(agent) for agent in env.possible_agents]
    # A Dict or Tuple has no shape; compare it whole.
    shapes = [space if space.shape is None else space.shape for space in spaces]
    if any(shape != shapes[0] for shape in shapes):
        raise PlaceError(
            f"A reward that reads the {what} needs agents whose {what}s are alike. Received "
            f"different {what} spaces for {list(env.possible_agents)}; read features instead: "
            "give the env a feature_schema and write features into every agent's info."
        )
