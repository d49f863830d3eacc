"""An episode of text while it is played: what was said, what it brought, what it was paid."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rewardsmith.agents.llm.dialogue import Ids
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.transition import Floats, Transition


@dataclass
class Rollout:
    """One episode, as tokens and as a record.

    Args:
        prompt: tokens before the first line.
        completion: all that follows: lines, and what the environment answered.
        mask: 1 on the tokens of lines, 0 on the environment's.
        episode: turns with their pay.
    """

    prompt: Ids
    completion: Ids
    mask: list[int]
    episode: Episode


@dataclass
class Step:
    """A line, and what the environment made of it; `turn` is the turn in which it was said."""

    turn: int
    line: str
    before: str
    after: str
    reward: float
    terminated: bool
    truncated: bool
    info_before: Mapping[str, Any]
    info_after: Mapping[str, Any]


@dataclass
class Said:
    """What the agent said in a turn: the text, and its tokens [start, stop) of the completion."""

    text: str
    start: int
    stop: int


@dataclass
class Slot:
    """An episode that is being played.

    A turn holds one step or, where one message calls several tools, more; every step is a row.

    Args:
        index, task: number of the slot; seed of the task.
        env: the environment, reset.
        obs, info: what it said last.
        prompt, completion, mask: as in `Rollout`.
        steps, rows, paid: of each step: what it brought, its row, name -> pay.
        said: of each turn.
        watch: called before each turn.
    """

    index: int
    task: int
    env: Any
    obs: str
    info: Mapping[str, Any]
    prompt: Ids = field(default_factory=list)
    completion: Ids = field(default_factory=list)
    mask: list[int] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    rows: list[Transition] = field(default_factory=list)
    paid: list[dict[str, float]] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    watch: Callable[[], None] | None = None

    @property
    def over(self) -> bool:
        """Whether the episode has ended, or was cut."""
        return bool(self.steps) and (self.steps[-1].terminated or self.steps[-1].truncated)

    def extend(self, ids: Ids, mine: int) -> None:
        """Append tokens to the completion; `mine` is 1 for the agent's."""
        self.completion += ids
        self.mask += [mine] * len(ids)

    def step(self, line: str, turn: int) -> Step:
        """Say a line to the environment."""
        if self.watch is not None and turn not in {s.turn for s in self.steps[-1:]}:
            self.watch()
        obs, reward, terminated, truncated, info = self.env.step(line)
        step = Step(
            turn,
            line,
            self.obs,
            str(obs),
            float(reward),
            bool(terminated),
            bool(truncated),
            self.info,
            info,
        )
        self.steps.append(step)
        self.obs, self.info = step.after, info
        return step

    def rollout(self, late: Mapping[str, Floats]) -> Rollout:
        """The episode, with what is paid `late`, name -> (steps,), on the turns of its steps."""
        for i, paid in enumerate(self.paid):
            paid.update({name: float(values[i]) for name, values in late.items()})
        numbers = itertools.groupby(range(len(self.steps)), key=lambda i: self.steps[i].turn)
        turns = tuple(self._turn(turn, list(steps)) for turn, steps in numbers)
        env_return = float(sum(step.reward for step in self.steps))
        won = bool(self.info.get("is_success", False))
        episode = Episode(turns, self.task, won, env_return)
        return Rollout(self.prompt, self.completion, self.mask, episode)

    def env_rewards(self) -> list[float]:
        """The environment's own reward of each turn."""
        sums = [0.0] * len(self.said)
        for step in self.steps:
            sums[step.turn] += step.reward
        return sums

    def _turn(self, turn: int, steps: list[int]) -> Turn:
        said, last = self.said[turn], self.steps[steps[-1]]
        components = {name: sum(self.paid[i][name] for i in steps) for name in self.paid[steps[0]]}
        return Turn(
            turn,
            said.text,
            said.start,
            said.stop,
            sum(components.values()),
            components,
            self.steps[steps[0]].before,
            last.terminated,
            last.truncated,
        )
