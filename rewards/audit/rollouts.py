"""Episodes of a random policy, with what the env and the audited reward paid side by side."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rewardsmith.errors import RewardsmithError
from rewardsmith.rewards.audit.given import Step, name_of, read_reset, read_step, read_terms
from rewardsmith.rewards.audit.guard import raised
from rewardsmith.rewards.audit.subject import Pair, Subject
from rewardsmith.transition import Floats

#: an episode that is longer is taken not to end
LONGEST = 5_000


@dataclass
class Episode:
    """One episode of T steps.

    Args:
        seed: of its reset.
        actions: what was done.
        own, proxy: the env's own and the audited reward of each step, as floats.
        terms: term name -> paid per step, for a stack.
        terminated, truncated: how it ended, as the env said.
        told: how it ended, as the audited wrapper said: (terminated, truncated).
        success: whether the env called it solved; None if it does not say.
        keys: T+1 state keys, if asked for.
        obs: T+1 observations.
        infos: T+1 infos of the env.
        extra_steps: steps that the wrapper made beyond those it was asked for.
    """

    seed: int
    actions: list[Any] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    proxy: list[float] = field(default_factory=list)
    terms: dict[str, list[float]] = field(default_factory=dict)
    terminated: bool = False
    truncated: bool = False
    told: tuple[bool, bool] = (False, False)
    success: bool | None = None
    keys: list[Hashable] = field(default_factory=list)
    obs: list[Any] = field(default_factory=list)
    infos: list[dict[str, Any]] = field(default_factory=list)
    extra_steps: int = 0

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def extra(self) -> Floats:
        """What was paid beyond the env's own reward, shape (T,)."""
        extra: Floats = np.array(self.proxy) - np.array(self.own)
        return extra


def play(
    pair: Pair, seed: int | None, rng: np.random.Generator, *, actions: Sequence[Any] = (),
    key: Any = None, longest: int = LONGEST,
) -> Episode:  # fmt: skip
    """Play one episode.

    Args:
        pair: the env with the reward around it.
        seed: of the reset; None goes on without.
        rng: draws the actions that `actions` does not give.
        actions: what to do first.
        key: called with the pair after every step, for the states' keys.
        longest: steps after which to stop an episode that does not end.
    """
    episode = Episode(-1 if seed is None else seed)
    obs = _reset(pair, seed)
    space = pair.probe.action_space
    space.seed(int(rng.integers(2**31)))
    _note(episode, pair, obs, key)
    for step in range(longest):
        action = actions[step] if step < len(actions) else space.sample()
        obs, paid, terminated, truncated, info = _step(pair, action, step, seed)
        seen = pair.probe.seen
        assert seen is not None
        episode.actions.append(action)
        episode.own.append(seen.reward)
        episode.proxy.append(paid)
        for name, value in read_terms(info, _who(pair)).items():
            episode.terms.setdefault(name, []).append(value)
        _note(episode, pair, obs, key)
        if seen.terminated or seen.truncated or terminated or truncated:
            episode.terminated, episode.truncated = seen.terminated, seen.truncated
            episode.told = (terminated, truncated)
            solved = seen.info.get("is_success")
            episode.success = None if solved is None else bool(solved)
            break
    episode.extra_steps = pair.probe.steps - len(episode.actions)
    return episode


def _reset(pair: Pair, seed: int | None) -> Any:
    """The first observation; what a stranger's `reset` raises is told by name."""
    try:
        told = pair.outer.reset(seed=seed)
    except RewardsmithError:
        raise
    except Exception as error:
        raise raised(f"reset(seed={seed}) of {_who(pair)}", error) from error
    return read_reset(told, _who(pair))[0]


def _step(pair: Pair, action: Any, step: int, seed: int | None) -> Step:
    """One step; what a stranger's `step` raises is told by name."""
    try:
        told = pair.outer.step(action)
    except RewardsmithError:
        raise
    except Exception as error:
        call = f"Step {step} of {_who(pair)} (seed {seed}, action {action})"
        raise raised(call, error) from error
    return read_step(told, _who(pair))


def _who(pair: Pair) -> str:
    """The reward's class and the env's."""
    return f"{type(pair.outer).__name__} around {name_of(pair.probe)}"


def _note(episode: Episode, pair: Pair, obs: Any, key: Any) -> None:
    assert pair.probe.seen is not None
    episode.obs.append(obs)
    episode.infos.append(pair.probe.seen.info)
    if key is not None:
        episode.keys.append(key(pair))


def sample(subject: Subject, episodes: int, *, seeds: int | None = None) -> list[Episode]:
    """Random episodes on one env instance, as a learner would have them.

    Args:
        subject: env and reward.
        episodes: how many.
        seeds: take turns among so many seeds; None: a new one each.
    """
    pair, rng = subject.pair(training=True), np.random.default_rng(0)
    try:
        return play_all(
            pair, [i if seeds is None else i % seeds for i in range(episodes)], rng, LONGEST
        )
    finally:
        pair.outer.close()


def play_all(
    pair: Pair, seeds: Sequence[int], rng: np.random.Generator, longest: int
) -> list[Episode]:
    """An episode from each seed; `longest` holds for the first four.

    Where none of those ended, the others get a tenth of it, else half.
    """
    played: list[Episode] = []
    for i, seed in enumerate(seeds):
        ended = any(e.terminated or e.truncated or any(e.told) for e in played)
        most = longest if i < 4 else longest // (2 if ended else 10)
        played.append(play(pair, seed, rng, longest=most))
    return played
