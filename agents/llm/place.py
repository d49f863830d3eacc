"""Where a reward reaches a language model: rollouts, played side by side, paid by turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rewardsmith.agents.llm.dialogue import Dialogue, Ids
from rewardsmith.agents.llm.record import Episode, Turn
from rewardsmith.errors import ConfigError, PlaceError
from rewardsmith.term import Learner, Scope
from rewardsmith.transition import Floats, Transition, stack
from rewardsmith.wrappers import building
from rewardsmith.wrappers.gather import FeatureReader, bound_stack, find_schema, objects

ALL_SCOPES = frozenset(Scope)
#: prompts (token ids) -> what the model says after each, at most `limit` tokens a line
Speak = Callable[[list[Ids], int], list[Ids]]


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
class _Slot:
    """An episode that is being played."""

    index: int
    task: int
    env: Any
    obs: str
    info: Mapping[str, Any]
    prompt: Ids
    completion: Ids = field(default_factory=list)
    mask: list[int] = field(default_factory=list)
    rows: list[Transition] = field(default_factory=list)
    turns: list[dict[str, Any]] = field(default_factory=list)
    over: bool = False

    def extend(self, ids: Ids, mine: int) -> None:
        self.completion += ids
        self.mask += [mine] * len(ids)


class LanguagePlace:
    """Plays episodes of text with a language model and pays every turn.

    The rows of a `Transition` are turns. Terms of scope `step` are paid as the turns happen, all
    running episodes in one batch; terms of scope `episode` and `group` when the rollouts of a
    task have ended, on the turns that they say.

    Args:
        env_id: an environment of text.
        reward: as for `RewardStack.parse`.
        gamma: the learner's discount over turns.
        credit: `turn` or `trajectory`, for terms to check themselves against.
        env_kwargs: keywords of the environment.
        max_tokens: of a completion, environment's words included.
        max_line_tokens: of one line.
        on_nan: as for `RewardStack.bind`.

    Raises:
        PlaceError: the environment does not take and give text.
    """

    def __init__(
        self,
        env_id: str,
        reward: Any,
        *,
        gamma: float = 1.0,
        credit: str = "turn",
        env_kwargs: Mapping[str, Any] | None = None,
        max_tokens: int = 1024,
        max_line_tokens: int = 32,
        slots: int = 1,
        on_nan: str = "raise",
    ) -> None:
        self.env_id, self.env_kwargs = env_id, dict(env_kwargs or {})
        if not 1 <= max_line_tokens <= max_tokens:
            raise ConfigError(
                "A completion holds at least one line: 1 <= max_line_tokens <= max_tokens. "
                f"Received {max_line_tokens} and {max_tokens}."
            )
        self.max_tokens, self.max_line_tokens = max_tokens, max_line_tokens
        self._envs = [self._make()]
        first = self._envs[0]
        _check_text(first, env_id)
        self.instructions = str(_attribute(first, "instructions", ""))
        self.splits = tuple(_attribute(first, "splits", ()))
        #: the environment's own rewards in the first episode of the last `play`
        self.last_rewards: list[float] = []
        self.reader = FeatureReader(
            find_schema(lambda: first.get_wrapper_attr("feature_schema")), first.observation_space
        )
        # A rollout's end is final: nothing bootstraps after it.
        self.learner = Learner(gamma=gamma, bootstraps_on_truncation=False, credit=credit)
        self.stack = bound_stack(
            reward,
            self.reader,
            self.learner,
            num_envs=slots,
            place="language model",
            serves=ALL_SCOPES,
            action_space=first.action_space,
            on_nan=on_nan,
        )

    def play(
        self, tasks: Sequence[int], speak: Speak, dialogue: Dialogue, *, training: bool = True
    ) -> list[Rollout]:
        """One episode of each task, in order; equal tasks form a group.

        Args:
            tasks: seeds of the tasks; at most `slots` of them.
            speak: the model.
            dialogue: how texts become tokens.
            training: whether terms learn.

        Raises:
            PlaceError: more tasks than slots.
        """
        if len(tasks) > self.stack.num_envs:
            raise PlaceError(
                f"A place plays at most as many episodes at once as it has slots "
                f"({self.stack.num_envs}). Received {len(tasks)}."
            )
        slots = [self._begin(i, task, dialogue) for i, task in enumerate(tasks)]
        self.stack.reset(None)
        while running := [s for s in slots if not s.over]:
            self._turn(running, speak, dialogue, training)
        paid = self._late(slots)
        self.last_rewards = [float(row.env_reward[0]) for row in slots[0].rows] if slots else []
        return [_rollout(slot, late) for slot, late in zip(slots, paid, strict=True)]

    def picture(self) -> Any:
        """What the first environment shows now, (height, width, 3), or None if it draws nothing."""
        env = self._envs[0]
        return env.render() if env.render_mode == "rgb_array" else None

    def close(self) -> None:
        """Close the environments."""
        for env in self._envs:
            env.close()

    def _make(self) -> Any:
        return building.make_bare(self.env_id, self.env_kwargs)

    def _begin(self, index: int, task: int, dialogue: Dialogue) -> _Slot:
        while index >= len(self._envs):
            self._envs.append(self._make())
        env = self._envs[index]
        obs, info = env.reset(seed=int(task))
        return _Slot(index, int(task), env, str(obs), info, dialogue.opening(str(obs)))

    def _turn(self, slots: list[_Slot], speak: Speak, dialogue: Dialogue, training: bool) -> None:
        limit = self.max_line_tokens
        said = speak([slot.prompt + slot.completion for slot in slots], limit)
        steps = [self._step(s, ids, dialogue) for s, ids in zip(slots, said, strict=True)]
        rows = self._rows(slots, steps)
        paid = self.stack.step(rows)
        if training:
            self.stack.update(rows)
        for i, (slot, step) in enumerate(zip(slots, steps, strict=True)):
            slot.rows.append(rows.select([i]))
            slot.turns[-1]["components"] = {n: float(v[i]) for n, v in paid.terms.items()}
            slot.obs, slot.info = step["obs"], step["info"]
            slot.over = step["terminated"] or step["truncated"]
            if not slot.over:
                slot.extend(step["reply"], 0)

    def _step(self, slot: _Slot, ids: Ids, dialogue: Dialogue) -> dict[str, Any]:
        """Say a line to the env; the turn is on record whatever comes of it."""
        start = len(slot.completion)
        slot.extend(ids, 1)
        line = dialogue.line(ids)
        obs, reward, terminated, truncated, info = slot.env.step(line)
        reply = dialogue.reply(str(obs), ids)
        # Cut now, and not when a line does not fit: what is paid for this turn depends on it.
        room = self.max_tokens - len(slot.completion) - len(reply)
        truncated = bool(truncated) or (not terminated and room < self.max_line_tokens)
        slot.turns.append(
            {
                "turn_id": len(slot.turns),
                "text": line,
                "start": start,
                "stop": len(slot.completion),
                "anchor": slot.obs,
                "terminated": bool(terminated),
                "truncated": truncated,
            }
        )
        return {
            "line": line,
            "obs": str(obs),
            "reward": float(reward),
            "terminated": bool(terminated),
            "truncated": truncated,
            "info": info,
            "reply": reply,
        }

    def _rows(self, slots: list[_Slot], steps: list[dict[str, Any]]) -> Transition:
        obs, next_obs = objects([s.obs for s in slots]), objects([s["obs"] for s in steps])
        return Transition(
            obs=obs,
            action=objects([s["line"] for s in steps]),
            next_obs=next_obs,
            env_reward=np.array([s["reward"] for s in steps], dtype=np.float64),
            terminated=np.array([s["terminated"] for s in steps], dtype=bool),
            truncated=np.array([s["truncated"] for s in steps], dtype=bool),
            features=self.reader.batch([s.info for s in slots], obs),
            next_features=self.reader.batch([s["info"] for s in steps], next_obs),
            env_index=np.array([s.index for s in slots], dtype=np.int64),
            t=np.array([len(s.turns) - 1 for s in slots], dtype=np.int64),
        )

    def _late(self, slots: list[_Slot]) -> list[dict[str, Floats]]:
        """What terms of episode and group scope pay: name -> (T,), slot by slot."""
        names = [e.name for e in self.stack.entries if e.deferred]
        paid: list[dict[str, Floats]] = [{} for _ in slots]
        for task in dict.fromkeys(s.task for s in slots) if names else ():
            group = [i for i, s in enumerate(slots) if s.task == task]
            found = self.stack.finish_group(
                [stack(slots[i].rows) for i in group], deferred_only=True
            )
            for i, output in zip(group, found, strict=True):
                paid[i] = {name: output.terms[name] for name in names}
        return paid


def _rollout(slot: _Slot, late: Mapping[str, Floats]) -> Rollout:
    turns = []
    for i, turn in enumerate(slot.turns):
        components = {**turn.pop("components"), **{n: float(v[i]) for n, v in late.items()}}
        turns.append(Turn(**turn, components=components, reward=sum(components.values())))
    env_return = float(sum(row.env_reward[0] for row in slot.rows))
    won = bool(slot.info.get("is_success", False))
    episode = Episode(tuple(turns), slot.task, won, env_return)
    return Rollout(slot.prompt, slot.completion, slot.mask, episode)


def _attribute(env: Any, name: str, default: Any) -> Any:
    return env.get_wrapper_attr(name) if env.has_wrapper_attr(name) else default


def _check_text(env: Any, env_id: str) -> None:
    from gymnasium import spaces

    spaces_ = (env.observation_space, env.action_space)
    if all(isinstance(space, spaces.Text) for space in spaces_):
        return
    raise PlaceError(
        f"A language model reads text and acts by text. Received {env_id} with the observations "
        f"{env.observation_space} and the actions {env.action_space}. Choose an environment of "
        "text (rewardsmith envs), without actions='index' or obs='hash'."
    )
