"""Replay buffers for SAC, TD3, DQN and TQC that pay stored steps as of now."""

from __future__ import annotations

from typing import Any

import numpy as np
from stable_baselines3.common.buffers import DictReplayBuffer, NStepReplayBuffer, ReplayBuffer
from stable_baselines3.her.her_replay_buffer import HerReplayBuffer

from rewardsmith.errors import PlaceError
from rewardsmith.transition import Transition
from rewardsmith.wrappers.sb3_relabelled import Relabelled
from rewardsmith.wrappers.sb3_vec_env import RewardVecEnv


class _OneOrMoreSteps(NStepReplayBuffer):
    """SB3's n-step buffer, and its plain one where n is 1.

    The plain one leaves the discount to the learner; the other puts its own into every batch.
    """

    def _get_samples(self, batch_inds: Any, env: Any = None) -> Any:
        kind = ReplayBuffer if self.n_steps == 1 else NStepReplayBuffer
        return kind._get_samples(self, batch_inds, env)


class RewardReplayBuffer(Relabelled, _OneOrMoreSteps):
    """SB3's ReplayBuffer whose rewards are the stack's as of the moment of sampling.

    A reward that changes (annealed, scheduled or learned) is fresh in every batch. Use it as
    `SAC(..., env=venv, replay_buffer_class=RewardReplayBuffer,
    replay_buffer_kwargs={"env": venv})`, where `venv` is, or wraps, a `RewardVecEnv`. A buffer
    that was loaded from a file gets its env by `set_env(venv)`. Save with
    `model.save(path, exclude=["replay_buffer_class", "replay_buffer_kwargs"])`, which leaves the
    envs out; to train on, give both to `load` again. SB3 does not tell a buffer the
    learner's discount: `check_learner(model)` compares them, as does the buffer if you pass
    `"gamma"` too. SB3 ignores a learner's n_steps beside a buffer class; for n-step returns pass
    `replay_buffer_kwargs={"env": venv, "n_steps": 3, "gamma": 0.99}`.

    Args:
        args, kwargs: as SB3 passes them.
        env: the learner's env, which has no default: SB3 does not pass it.
        n_steps: steps whose rewards are added up before the learner bootstraps.
        gamma: the learner's discount; needed if n_steps > 1.

    Raises:
        PlaceError: the env holds no `RewardVecEnv`, its observations are dictionaries, or the
            reward has terms of episode scope.
        BindingError: the reward and the buffer treat time limits differently, or discount by
            another gamma.
    """

    sb3_takes_n_steps = True


class RewardDictReplayBuffer(Relabelled, DictReplayBuffer):
    """`RewardReplayBuffer` for dictionary observations."""

    takes_dict, other = True, "RewardReplayBuffer"


class RewardHerReplayBuffer(Relabelled, HerReplayBuffer):
    """SB3's HerReplayBuffer (Andrychowicz et al. 2017) whose rewards are the stack's.

    For a goal put in hindsight, the env's own reward comes from its `compute_reward`, and the
    features that depend on the goal from its method
    `goal_features(achieved_goal, desired_goal) -> {name: (N, ...)}`, which must give all that do
    (for goals of shape (N, k), called on the first env). An env without `feature_schema` needs
    none: its features are its observation. SB3 passes `env` itself.

    Raises:
        PlaceError: as for `RewardReplayBuffer`, and if the reward reads features but the env
            cannot say which of them depend on the goal.
    """

    sb3_takes_env = True
    takes_dict, other = True, "RewardReplayBuffer"

    def __init__(self, *args: Any, env: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, env=env, **kwargs)
        self._check_goals(self._place())

    def _get_real_samples(self, batch_indices: Any, env_indices: Any, env: Any = None) -> Any:
        self._refresh(batch_indices, env_indices)
        return super()._get_real_samples(batch_indices, env_indices, env)

    def _sample_goals(self, batch_indices: Any, env_indices: Any) -> Any:
        self._goals = super()._sample_goals(batch_indices, env_indices)
        return self._goals

    def _get_virtual_samples(self, batch_indices: Any, env_indices: Any, env: Any = None) -> Any:
        data = super()._get_virtual_samples(batch_indices, env_indices, env)
        moved = self._with_goals(self._stored(batch_indices, env_indices), self._goals)
        moved.env_reward = self._own_reward(moved, batch_indices, env_indices)
        paid = self._place().stack.relabel(moved).total.astype(np.float32)
        rewards = self.to_torch(self._normalize_reward(paid.reshape(-1, 1), env))
        return data._replace(rewards=rewards)

    def _with_goals(self, tr: Transition, goals: Any) -> Transition:
        tr.obs["desired_goal"] = tr.next_obs["desired_goal"] = goals
        place = self._place()
        if place.reader.from_obs:
            tr.features = place.reader.of_obs(tr.obs)
            tr.next_features = place.reader.of_obs(tr.next_obs)
        elif tr.features:
            tr.features = _moved(place, tr.features, tr.obs)
            tr.next_features = _moved(place, tr.next_features, tr.next_obs)
        return tr

    def _own_reward(self, tr: Transition, rows: Any, slots: Any) -> Any:
        infos = self.infos[rows, slots] if self.copy_info_dict else [{} for _ in rows]
        reached, goals = tr.next_obs["achieved_goal"], tr.next_obs["desired_goal"]
        own = self._place().env_method("compute_reward", reached, goals, infos, indices=[0])[0]
        return np.asarray(own, dtype=np.float64)

    def _check_goals(self, place: RewardVecEnv) -> None:
        needs = sorted(place.stack.needs)
        if place.reader.from_obs or not needs or place.has_attr("goal_features"):
            return
        raise PlaceError(
            "Hindsight replay changes goals, so features that depend on the goal must be worked "
            f"out anew. Received a reward that reads {needs} from an env that cannot; give the "
            "env a method goal_features(achieved_goal, desired_goal) that returns every feature "
            "that depends on the goal, as arrays over the rows, or use a reward without features."
        )


def _moved(place: RewardVecEnv, features: Any, obs: Any) -> Any:
    """Features with those that depend on the goal taken from the env."""
    fresh = place.env_method(
        "goal_features", obs["achieved_goal"], obs["desired_goal"], indices=[0]
    )[0]
    return {name: fresh.get(name, value) for name, value in features.items()}
