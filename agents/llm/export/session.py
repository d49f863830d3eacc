"""One episode of text at a time, paid by a reward: what every export is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewardsmith.agents.llm.export.checks import check_terms, check_text, read_reward, seed_of
from rewardsmith.agents.llm.export.pay import late_pay, recorded
from rewardsmith.agents.llm.record import Episode
from rewardsmith.errors import ConfigError, PlaceError
from rewardsmith.term import Learner, Scope
from rewardsmith.transition import Transition
from rewardsmith.wrappers import building
from rewardsmith.wrappers.gather import FeatureReader, bound_stack, find_schema, objects

#: what one environment alone can serve
ONE_EPISODE = frozenset({Scope.STEP, Scope.EPISODE})
GROUPS = frozenset(Scope)


@dataclass(frozen=True)
class Paid:
    """What a line brought.

    Args:
        text: what the agent reads next.
        reward: pay of this line; on the episode's last also what terms of episode scope pay for
            earlier lines, so that the rewards of an episode sum to its total.
        components: name -> share of `reward`.
        terminated, truncated: whether the episode is over, and how.
        info: of the environment.
    """

    text: str
    reward: float
    components: Mapping[str, float]
    terminated: bool
    truncated: bool
    info: Mapping[str, Any]


class TextSession:
    """Plays an environment of text line by line and pays each line.

    >>> session = TextSession("rewardsmith/Calculation-Easy-v0", "potential")
    >>> session.begin(3)
    'Compute 7 - 4 - 2'
    >>> session.say("step: 7 - 4 = 3").reward
    0.5

    Args:
        env_id: an environment of text.
        reward: the name of one of its ready-made rewards, or as for `RewardStack.parse`.
        gamma: the trainer's discount over turns, in [0, 1].
        credit: `turn` if the trainer sees the reward of each turn, `trajectory` if it sees sums.
        env_kwargs: keywords of the environment.
        training: whether terms learn; without it those that learn are refused.
        place: name, for errors.
        serves: scopes of terms that it takes.
        on_nan: as for `RewardStack.bind`.

    Raises:
        PlaceError: the environment does not take and give text.
        BindingError: a term that cannot be served here.
    """

    def __init__(
        self,
        env_id: str,
        reward: Any = "env",
        *,
        gamma: float = 1.0,
        credit: str = "turn",
        env_kwargs: Mapping[str, Any] | None = None,
        training: bool = True,
        place: str = "text session",
        serves: frozenset[Scope] = ONE_EPISODE,
        on_nan: str = "raise",
    ) -> None:
        self.env_id, self.training = env_id, training
        self.env: Any = building.make_bare(env_id, dict(env_kwargs or {}))
        check_text(self.env, env_id)
        self.instructions = str(_attribute(self.env, "instructions", ""))
        space = self.env.observation_space
        self.reader = FeatureReader(
            find_schema(lambda: self.env.get_wrapper_attr("feature_schema")), space
        )
        found = read_reward(env_id, reward)
        check_terms(found, place, serves, training)
        # An end is final for all these trainers: nothing bootstraps after it.
        self.stack = bound_stack(
            found,
            self.reader,
            Learner(gamma=gamma, bootstraps_on_truncation=False, credit=credit),
            num_envs=1,
            place=place,
            serves=serves,
            action_space=self.env.action_space,
            on_nan=on_nan,
        )
        self.rows: list[Transition] = []
        self._components: list[dict[str, float]] = []
        self._waiting: Transition | None = None
        self._info: Mapping[str, Any] = {}
        self._text, self._task, self.over = "", 0, True

    def begin(self, task: int | None = None) -> str:
        """Start the task of this seed, or any, and give its first text."""
        task = None if task is None else seed_of(task)
        text, self._info = self.env.reset(seed=task)
        self._text, self._task, self.over = str(text), -1 if task is None else task, False
        self.rows, self._components, self._waiting = [], [], None
        self.stack.reset(None)
        return self._text

    def say(self, line: str, *, last: bool = False) -> Paid:
        """Say a line and be paid for it at once.

        Args:
            line: of the agent.
            last: the trainer ends the episode here, whatever the environment says.

        Raises:
            PlaceError: no episode is running, or the line is no text.
        """
        self.play(line)
        return self.settle(cut=last)

    def play(self, line: str) -> str:
        """Say a line, to be paid by the next `settle` or `play`; gives what the agent reads next.

        For trainers that cut an episode after they have read the answer.
        """
        self._check(line)
        if self._waiting is not None:
            self.settle()
        text, reward, terminated, truncated, info = self.env.step(line)
        self._waiting = self._row(line, str(text), float(reward), terminated, truncated, info)
        self._text, self._info = str(text), info
        self.over = bool(terminated or truncated)
        return self._text

    def settle(self, *, cut: bool = False) -> Paid:
        """Pay the line that waits; `cut` ends the episode with it."""
        row = self.waiting
        if cut and not self.over:
            row.truncated[:] = True
            self.over = True
        paid = self.stack.step(row)
        if self.training:
            self.stack.update(row)
        self._waiting = None
        self.rows.append(row)
        self._components.append({n: float(v[0]) for n, v in paid.terms.items()})
        shown = self._settle_late() if self.over else self._components[-1]
        return Paid(
            self._text,
            sum(shown.values()),
            shown,
            bool(row.terminated[0]),
            bool(row.truncated[0]),
            self._info,
        )

    def finish(self) -> None:
        """End the episode, as cut if the environment has not ended it; may be called twice."""
        if self._waiting is not None:
            self.settle(cut=True)
        self.over = True

    def episode(self) -> Episode:
        """The lines said so far with their pay; of an ended one, late pay on its own turns."""
        return recorded(self.rows, self._components, task=self._task, info=self._info)

    @property
    def waiting(self) -> Transition:
        """The row of the line that waits for its pay."""
        if self._waiting is None:
            raise PlaceError("No line waits for its pay. Say one with play(line) first.")
        return self._waiting

    @property
    def success(self) -> bool:
        """Whether the task is solved, as it is scored."""
        return bool(self._info.get("is_success", False))

    @property
    def turn_rewards(self) -> list[float]:
        """Pay of each line, on the line that it is for."""
        return [sum(c.values()) for c in self._components]

    @property
    def turn_components(self) -> list[dict[str, float]]:
        """Pay of each line, name -> value."""
        return [dict(c) for c in self._components]

    def close(self) -> None:
        """Close the environment."""
        self.env.close()

    def _settle_late(self) -> dict[str, float]:
        """Book what terms of episode scope pay, and give the last line's pay with all of it."""
        last = dict(self._components[-1])
        if Scope.GROUP in {e.term.scope for e in self.stack.entries}:
            return last  # the group decides, when all its rollouts are in
        late = late_pay(self.stack, [self.rows])[0]
        for name, values in late.items():
            last[name] = float(values.sum())
            for components, value in zip(self._components, values, strict=True):
                components[name] = float(value)
        return last

    def _check(self, line: Any) -> None:
        if self.over:
            raise PlaceError("The episode is over or was never begun. Call begin() first.")
        if not isinstance(line, str):
            raise PlaceError(f"A line is a str. Received {type(line).__name__}: {line!r}.")

    def _row(
        self, line: str, text: str, reward: float, terminated: bool, truncated: bool, info: Any
    ) -> Transition:
        before, after = objects([self._text]), objects([text])
        return Transition(
            obs=before,
            action=objects([line]),
            next_obs=after,
            env_reward=np.array([reward]),
            terminated=np.array([terminated], dtype=bool),
            truncated=np.array([truncated], dtype=bool),
            features=self.reader.batch([self._info], before),
            next_features=self.reader.batch([info], after),
            env_index=np.zeros(1, dtype=np.int64),
            t=np.array([len(self.rows)], dtype=np.int64),
        )


def replay(session: TextSession, task: int, lines: Sequence[str]) -> Episode:
    """Pay an episode that was played elsewhere, by playing its lines again.

    Exact, because a task's seed decides everything but the lines. An episode that the lines do
    not end was cut by its trainer.

    Raises:
        ConfigError: no lines, or lines beyond the episode's end.
    """
    if not lines:
        raise ConfigError("An episode has at least one line. Received none.")
    session.begin(task)
    for i, line in enumerate(lines):
        if session.over:
            raise ConfigError(
                f"Lines end with their episode. Received {len(lines)} lines of task {task}, "
                f"which was over after {i}; is it another task, or are its env_kwargs others?"
            )
        session.play(line)
    session.finish()
    return session.episode()


def _attribute(env: Any, name: str, default: Any) -> Any:
    return env.get_wrapper_attr(name) if env.has_wrapper_attr(name) else default
