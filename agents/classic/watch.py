"""A watch during training: does the reward rise while the true return falls?"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats
from stable_baselines3.common.callbacks import BaseCallback

from rewardsmith.errors import ConfigError, PlaceError
from rewardsmith.transition import Floats


class RewardHackingWarning(UserWarning):
    """The reward that is optimised rises while the environment's own return falls."""


@dataclass(frozen=True)
class Look:
    """What a window of episodes says.

    Args:
        episodes: how many it holds.
        proxy, true: mean return under the optimised reward and under the environment's own.
        correlation: Pearson's r of the two over the window; NaN if one of them does not vary.
        shares: term -> share of the mean absolute pay per episode.
        proxy_tau, true_tau: Kendall's tau of each return against time, in [-1, 1].
        hacking: whether the proxy rises and the true return falls, each significantly.
    """

    episodes: int
    proxy: float
    true: float
    correlation: float
    shares: Mapping[str, float]
    proxy_tau: float
    true_tau: float
    hacking: bool


class EpisodeWindow:
    """The last episodes, and the test for both trends.

    The trend test is Mann and Kendall's (Mann 1945; Kendall 1975), one-sided at level `alpha` for
    each series, and both must hold. Under returns that do not change (independent episodes)
    a look raises a false alarm with a chance of at most `alpha`.

    Args:
        size: episodes in the window, at least 20.
        alpha: level of each test, in (0, 0.5).

    >>> window = EpisodeWindow(20)
    >>> for i in range(20):
    ...     window.add({"env": -float(i), "bonus": 3.0 * i}, -float(i))
    >>> window.look().hacking
    True
    """

    def __init__(self, size: int = 100, alpha: float = 0.001) -> None:
        if isinstance(size, bool) or not isinstance(size, int) or size < 20:
            raise ConfigError(f"A window holds at least 20 episodes. Received {size!r}.")
        if not _is_number(alpha) or not 0.0 < alpha < 0.5:
            raise ConfigError(f"alpha is a level between 0 and 0.5. Received {alpha!r}.")
        self.size, self.alpha = size, alpha
        self.rows: deque[tuple[dict[str, float], float]] = deque(maxlen=size)

    @property
    def full(self) -> bool:
        """Whether it holds `size` episodes."""
        return len(self.rows) == self.size

    def add(self, terms: Mapping[str, float], true: float) -> None:
        """Add an episode: each term's sum, and the environment's own return.

        Raises:
            ConfigError: no mapping from names to numbers, or a return that is no number.
        """
        known = isinstance(terms, Mapping) and all(map(_is_number, terms.values()))
        if not known or not _is_number(true):
            raise ConfigError(
                "An episode is a mapping from each term's name to its sum, and the environment's "
                f"own return, all numbers. Received {terms!r:.100} and {true!r:.40}."
            )
        self.rows.append(({k: float(v) for k, v in terms.items()}, float(true)))

    def look(self) -> Look:
        """What the window says now; raises ConfigError if it is empty."""
        if not self.rows:
            raise ConfigError("A window is looked at once it holds an episode. Received none.")
        proxy = np.array([sum(terms.values()) for terms, _ in self.rows])
        true = np.array([value for _, value in self.rows])
        rising, up = self._trend(proxy, "greater")
        falling, down = self._trend(true, "less")
        sizes = {k: float(np.mean([abs(t.get(k, 0.0)) for t, _ in self.rows])) for k in self._names}
        total = sum(sizes.values()) or 1.0
        return Look(
            len(self.rows),
            float(proxy.mean()),
            float(true.mean()),
            _correlation(proxy, true),
            {k: v / total for k, v in sizes.items()},
            up,
            down,
            self.full and rising and falling,
        )

    @property
    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for terms, _ in self.rows for name in terms))

    def _trend(self, values: Floats, side: Literal["greater", "less"]) -> tuple[bool, float]:
        if len(values) < 3 or np.ptp(values) == 0:
            return False, 0.0
        found = stats.kendalltau(np.arange(len(values)), values, alternative=side)
        return bool(found.pvalue < self.alpha), float(found.statistic)


class RewardWatch(BaseCallback):
    """SB3 callback that follows the optimised reward beside the environment's own.

    It reads `info["reward_episode"]`, which `RewardVecEnv`, `RewardWrapper` and
    `rewardsmith.make` write at the end of every episode, in any number of envs and in
    subprocesses. It logs `watch/proxy`, `watch/true`, `watch/correlation` and
    `watch/share_TERM`, and raises a `RewardHackingWarning` once each time the trouble begins.

    Args:
        window: episodes to look at, at least 20.
        alpha: level of each of the two trend tests.
        every: episodes between two looks; a quarter of the window if None.
        on_warning: called with the `Look` in place of the Python warning.

    Raises:
        ConfigError: a window below 20, a level, a count or a function that is none.
        PlaceError: an episode ended whose info holds no `reward_episode`.
    """

    def __init__(
        self,
        window: int = 100,
        *,
        alpha: float = 0.001,
        every: int | None = None,
        on_warning: Callable[[Look], None] | None = None,
    ) -> None:
        super().__init__()
        self.window = EpisodeWindow(window, alpha)
        _check_every(every)
        if on_warning is not None and not callable(on_warning):
            raise ConfigError(
                f"on_warning is a function that takes a Look. Received {on_warning!r}; leave it "
                "out for a Python warning."
            )
        self.every = max(1, window // 4) if every is None else every
        self.on_warning = on_warning
        self.warned = 0
        self._alarm, self._since = False, 0

    def _on_step(self) -> bool:
        for done, info in zip(self.locals["dones"], self.locals["infos"], strict=True):
            if done:
                self.note(info)
        return True

    def state_dict(self) -> dict[str, Any]:
        """The window and what was said of it, as plain data."""
        rows = [{"terms": terms, "true": true} for terms, true in self.window.rows]
        return {"rows": rows, "alarm": self._alarm, "since": self._since, "warned": self.warned}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict` gave."""
        self.window.rows.clear()
        for row in state["rows"]:
            self.window.add(row["terms"], row["true"])
        self._alarm, self._since = bool(state["alarm"]), int(state["since"])
        self.warned = int(state["warned"])

    def note(self, info: Mapping[str, Any]) -> None:
        """Take in an episode from the info of its last step.

        Raises:
            PlaceError: no reward of ours has written it.
        """
        episode = info.get("reward_episode")
        if not isinstance(episode, Mapping) or not {"sum", "env"} <= set(episode):
            raise PlaceError(
                "A watch reads info['reward_episode'] where an episode ends. Received an info "
                f"with {sorted(map(str, info))}; put the reward around the env with "
                "rewardsmith.make, RewardWrapper or RewardVecEnv."
            )
        self.window.add(episode["sum"], episode["env"])
        self._since += 1
        if self._since >= self.every:
            self._since = 0
            self._report(self.window.look())

    def _report(self, look: Look) -> None:
        self.logger.record("watch/proxy", look.proxy)
        self.logger.record("watch/true", look.true)
        if np.isfinite(look.correlation):
            self.logger.record("watch/correlation", look.correlation)
        for name, share in look.shares.items():
            self.logger.record(f"watch/share_{name}", share)
        if look.hacking and not self._alarm:
            self._warn(look)
        self._alarm = look.hacking

    def _warn(self, look: Look) -> None:
        self.warned += 1
        if self.on_warning is not None:
            self.on_warning(look)
            return
        warnings.warn(sentence(look, self.num_timesteps), RewardHackingWarning, stacklevel=2)


def sentence(look: Look, env_steps: int) -> str:
    """The warning in words."""
    ruling = max(look.shares, key=lambda name: look.shares[name])
    return (
        f"Over the last {look.episodes} episodes (env step {env_steps:,}) the reward rises (tau "
        f"{look.proxy_tau:.2f}) while the environment's own return falls (tau "
        f"{look.true_tau:.2f}): it may be hacked. {look.shares[ruling]:.0%} of it comes from "
        f"{ruling!r}. Run `rewardsmith audit` on it."
    )


def _correlation(proxy: Floats, true: Floats) -> float:
    if len(proxy) < 3 or np.ptp(proxy) == 0 or np.ptp(true) == 0:
        return float("nan")
    return float(np.corrcoef(proxy, true)[0, 1])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def _check_every(every: Any) -> None:
    whole = isinstance(every, int | np.integer) and not isinstance(every, bool)
    if every is not None and (not whole or every < 1):
        raise ConfigError(
            "every is the whole number of episodes between two looks, at least 1. Received "
            f"{every!r}; leave it out for a quarter of the window."
        )
