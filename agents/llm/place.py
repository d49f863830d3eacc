"""Where a reward reaches a language model: rollouts, played side by side, paid by turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from rewardsmith import checks
from rewardsmith.agents.llm import stages
from rewardsmith.agents.llm.dialogue import Dialogue, Ids
from rewardsmith.agents.llm.slot import Rollout, Said, Slot
from rewardsmith.errors import ConfigError, PlaceError
from rewardsmith.term import Learner, Scope
from rewardsmith.transition import Floats, Transition, stack
from rewardsmith.wrappers import building
from rewardsmith.wrappers.gather import FeatureReader, bound_stack, find_schema, objects

ALL_SCOPES = frozenset(Scope)
#: prompts (token ids) -> what the model says after each, at most `limit` tokens a line
Speak = Callable[[list[Ids], int], list[Ids]]


class LanguagePlace:
    """Plays episodes of text with a language model and pays every turn.

    The rows of a `Transition` are turns, or calls where a turn makes several of them. Terms of
    scope `step` are paid as the turns happen, all running episodes in one batch; terms of scope
    `episode` and `group` when the rollouts of a task have ended, on the turns that they say.

    Args:
        env_id: an environment of text.
        reward: as for `RewardStack.parse`.
        gamma: the learner's discount over turns.
        credit: `turn` or `trajectory`, for terms to check themselves against.
        env_kwargs: keywords of the environment.
        max_tokens: of a completion, environment's words included.
        max_line_tokens: of one line.
        slots: episodes that may be played at once, at least 1.
        on_nan: as for `RewardStack.bind`.

    Raises:
        PlaceError: the environment does not take and give text.
        ConfigError: no room for a line, or no slots.
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
        slots = checks.whole("slots of LanguagePlace", slots, least=1, write="slots=8")
        self.max_tokens, self.max_line_tokens = max_tokens, max_line_tokens
        self._envs = [self._make()]
        first = self._envs[0]
        _check_text(first, env_id)
        self.instructions = str(_attribute(first, "instructions", ""))
        #: JSON schemas of tools, where lines are calls, and what is told beside them
        self.tool_schemas = tuple(_attribute(first, "tool_schemas", ()))
        self.tool_instructions = str(_attribute(first, "tool_instructions", ""))
        self.splits = tuple(_attribute(first, "splits", ()))
        #: the environment's own rewards in the first episode of the last `play`
        self.last_rewards: list[float] = []
        #: called before each turn of each episode
        self.watch: Callable[[], None] | None = None
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
        self.check_room(len(tasks))
        slots = [self.begin(i, task) for i, task in enumerate(tasks)]
        for slot in slots:
            slot.prompt = dialogue.opening(slot.obs)
        self.stack.reset(None)
        while running := [s for s in slots if not s.over]:
            self._turn(running, speak, dialogue)
            self._pay(running, len(running[0].steps) - 1, training)
            over, turn = sum(s.over for s in slots), len(running[0].steps)
            stages.pulse(f"playing: {over} of {len(slots)} rollouts over, turn {turn}")
        return self._finish(slots)

    def begin(self, index: int, task: int) -> Slot:
        """Start an episode of a task in the slot of this number."""
        while index >= len(self._envs):
            self._envs.append(self._make())
        env = self._envs[index]
        obs, info = env.reset(seed=int(task))
        return Slot(index, int(task), env, str(obs), info, watch=self.watch)

    def settle(self, slots: Sequence[Slot], *, training: bool = True) -> list[Rollout]:
        """Pay episodes that were played by others and have ended, step by step side by side.

        Args:
            slots: episodes that `begin` started, their tokens and turns filled in.
            training: whether terms learn.
        """
        self.stack.reset(None)
        for number in range(max(len(slot.steps) for slot in slots)):
            running = [slot for slot in slots if number < len(slot.steps)]
            self._pay(running, number, training)
        return self._finish(slots)

    def check_room(self, count: int) -> None:
        """Refuse more episodes at once than there are slots.

        Raises:
            PlaceError: there are fewer slots.
        """
        if count > self.stack.num_envs:
            raise PlaceError(
                f"A place plays at most as many episodes at once as it has slots "
                f"({self.stack.num_envs}). Received {count}."
            )

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

    def _turn(self, slots: Sequence[Slot], speak: Speak, dialogue: Dialogue) -> None:
        said = speak([slot.prompt + slot.completion for slot in slots], self.max_line_tokens)
        for slot, ids in zip(slots, said, strict=True):
            self._say(slot, ids, dialogue)

    def _say(self, slot: Slot, ids: Ids, dialogue: Dialogue) -> None:
        """Say a line to the env; the turn is on record whatever comes of it."""
        start, line = len(slot.completion), dialogue.line(ids)
        slot.extend(ids, 1)
        step = slot.step(line, len(slot.said))
        slot.said.append(Said(line, start, len(slot.completion)))
        reply = dialogue.reply(step.after, ids)
        # Cut now, and not when a line does not fit: what is paid for this turn depends on it.
        room = self.max_tokens - len(slot.completion) - len(reply)
        step.truncated |= not step.terminated and room < self.max_line_tokens
        if not slot.over:
            slot.extend(reply, 0)

    def _pay(self, slots: Sequence[Slot], number: int, training: bool) -> None:
        """Pay the steps of this number, of all slots in one batch."""
        rows = self._rows(slots, number)
        paid = self.stack.step(rows)
        if training:
            self.stack.update(rows)
        for i, slot in enumerate(slots):
            slot.rows.append(rows.select([i]))
            slot.paid.append({n: float(v[i]) for n, v in paid.terms.items()})

    def _rows(self, slots: Sequence[Slot], number: int) -> Transition:
        steps = [slot.steps[number] for slot in slots]
        obs, next_obs = objects([s.before for s in steps]), objects([s.after for s in steps])
        return Transition(
            obs=obs,
            action=objects([s.line for s in steps]),
            next_obs=next_obs,
            env_reward=np.array([s.reward for s in steps], dtype=np.float64),
            terminated=np.array([s.terminated for s in steps], dtype=bool),
            truncated=np.array([s.truncated for s in steps], dtype=bool),
            features=self.reader.batch([s.info_before for s in steps], obs),
            next_features=self.reader.batch([s.info_after for s in steps], next_obs),
            env_index=np.array([slot.index for slot in slots], dtype=np.int64),
            t=np.full(len(slots), number, dtype=np.int64),
        )

    def _finish(self, slots: Sequence[Slot]) -> list[Rollout]:
        late = self._late(slots)
        self.last_rewards = slots[0].env_rewards() if slots else []
        return [slot.rollout(paid) for slot, paid in zip(slots, late, strict=True)]

    def _late(self, slots: Sequence[Slot]) -> list[dict[str, Floats]]:
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
