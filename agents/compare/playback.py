"""Play one episode with a trained policy, and say what each term pays at every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from rewardsmith.agents.classic.evaluate import FIRST_SEED, make_bare, success_of
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.compare.episode import Episode
from rewardsmith.features import FeatureSchema
from rewardsmith.stack import RewardStack
from rewardsmith.term import Binding, Learner, Scope
from rewardsmith.transition import Transition

LONGEST = 1000


@dataclass
class _Steps:
    observations: list[Any] = field(default_factory=list)
    features: list[dict[str, Any]] = field(default_factory=list)
    actions: list[Any] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    ends: list[tuple[bool, bool]] = field(default_factory=list)
    frames: list[NDArray[np.uint8]] = field(default_factory=list)


def play(
    spec: RunSpec,
    model: Any,
    normalize: Callable[[Any], Any] | None = None,
    *,
    state: Mapping[str, Any] | None = None,
    seed: int = FIRST_SEED,
) -> Episode:
    """Play `model` for one episode (at most `LONGEST` steps) in the env of `spec`.

    The reward is computed afterwards, over the whole episode, so that terms of every scope
    but group have their say; the policy never sees it.

    Args:
        spec: of the run that trained the policy.
        model: a Stable-Baselines3 model, or anything with its `predict`.
        normalize: maps a batch of observations to what the policy was trained on.
        state: of the trained reward (`stack.state_dict()`); None for a fresh one.
        seed: of the episode.
    """
    env = _rendered(spec)
    try:
        stack = _stack(spec, env, state)
        steps, info = _play(env, spec, model, normalize or (lambda obs: obs), seed)
        paid = stack.finish(_transition(steps)).terms
    finally:
        env.close()
    won = success_of(info, env.spec, float(np.sum(steps.rewards)))
    terms = {name: values.tolist() for name, values in paid.items()}
    return Episode(steps.frames, terms, steps.rewards, won, seed)


def _stack(spec: RunSpec, env: Any, state: Mapping[str, Any] | None) -> RewardStack:
    binding = Binding(
        _schema(env),
        Learner(gamma=spec.gamma),
        spec.n_envs,  # a state is taken by as many slots as saved it; the episode is in the first
        place="playback of one episode",
        serves=frozenset({Scope.STEP, Scope.EPISODE}),
        observation_space=env.observation_space,
        action_space=env.action_space,
    )
    stack = RewardStack.parse(spec.reward).bind(binding, on_nan="zero")
    if state is not None:
        stack.load_state_dict(state)
    return stack


def _rendered(spec: RunSpec) -> Any:
    if "render_mode" in spec.env_kwargs:
        return make_bare(spec)
    env = make_bare(spec, render_mode=None)
    if "rgb_array" not in env.metadata.get("render_modes", []):
        return env
    env.close()
    return make_bare(spec, render_mode="rgb_array")


def _schema(env: Any) -> FeatureSchema:
    try:
        return env.get_wrapper_attr("feature_schema")  # type: ignore[no-any-return]
    except AttributeError:
        return FeatureSchema.from_space(env.observation_space)


def _play(
    env: Any, spec: RunSpec, model: Any, normalize: Callable[[Any], Any], seed: int
) -> tuple[_Steps, dict[str, Any]]:
    torch.manual_seed(seed)
    steps = _Steps()
    obs, info = env.reset(seed=seed)
    _see(steps, env, obs, info)
    over = False
    while not over and len(steps.actions) < LONGEST:
        batch = normalize(_one(obs))
        action = model.predict(batch, deterministic=spec.deterministic_eval)[0][0]
        obs, reward, terminated, truncated, info = env.step(action)
        over = terminated or truncated
        steps.actions.append(action)
        steps.rewards.append(float(reward))
        steps.ends.append((bool(terminated), bool(truncated)))
        _see(steps, env, obs, info)
    return steps, info


def _see(steps: _Steps, env: Any, obs: Any, info: dict[str, Any]) -> None:
    steps.observations.append(obs)
    steps.features.append(info.get("features") or (obs if isinstance(obs, dict) else {"obs": obs}))
    if env.render_mode == "rgb_array":
        steps.frames.append(np.asarray(env.render(), dtype=np.uint8))


def _transition(steps: _Steps) -> Transition:
    length = len(steps.actions)
    ends = np.asarray(steps.ends, dtype=bool)
    return Transition(
        obs=_stacked(steps.observations[:-1]),
        action=np.asarray(steps.actions),
        next_obs=_stacked(steps.observations[1:]),
        env_reward=np.asarray(steps.rewards, dtype=np.float64),
        terminated=ends[:, 0],
        truncated=ends[:, 1],
        features=_stacked(steps.features[:-1]),
        next_features=_stacked(steps.features[1:]),
        env_index=np.zeros(length, dtype=np.int64),
        t=np.arange(length),
    )


def _stacked(items: list[Any]) -> Any:
    if isinstance(items[0], dict):
        return {k: np.stack([np.asarray(item[k]) for item in items]) for k in items[0]}
    return np.stack([np.asarray(item) for item in items])


def _one(obs: Any) -> Any:
    return _stacked([obs])
