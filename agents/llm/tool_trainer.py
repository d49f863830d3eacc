"""TRL's GRPOTrainer on an environment whose moves are tools, with credit by turn.

Written against TRL 1.16. Its own loop renders the tools, parses the model's messages and calls
(`_tool_call_loop`); entered are that loop's ends and `_generate_single_turn` in between.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from datasets import Dataset
from trl.chat_template_utils import parse_response

from rewardsmith.agents.llm import stages
from rewardsmith.agents.llm.dialogue import Ids, opening_messages
from rewardsmith.agents.llm.place import LanguagePlace
from rewardsmith.agents.llm.quiet import quiet
from rewardsmith.agents.llm.slot import Rollout, Said
from rewardsmith.agents.llm.tools import (
    Calls,
    ToolEnvironment,
    check_template,
    tool_environment,
    tool_instructions,
)
from rewardsmith.agents.llm.trainer import TurnGRPOTrainer
from rewardsmith.errors import PlaceError


class ToolGRPOTrainer(TurnGRPOTrainer):
    """GRPO for a model that calls tools, through TRL's `environment_factory`.

    A turn is a message of the model: its tokens get one advantage, whatever number of calls it
    makes. Each call is a step of the environment that the stack pays; a turn's pay is the sum of
    its calls'. A message that calls nothing is an empty line, and ends the episode: TRL goes on
    only after calls. Nothing is generated after an episode's end, or where `max_tokens` leaves no
    room for a whole message.

    Arguments are those of `TurnGRPOTrainer`; the tokenizer's chat template is one that shows
    tools, and that TRL can read calls from.
    """

    def _interface(self, tokenizer: Any) -> dict[str, Any]:
        check_template(tokenizer)
        self.stop = int(tokenizer.eos_token_id)
        self._kind = tool_environment(self.place)
        self._prompt = opening_messages(tokenizer, tool_instructions(self.place), "")
        self._talk: _Talk | None = None
        self._playing = (self.place, True)
        slots = itertools.count()  # TRL pools environments, and hands them out in order
        return {
            "environment_factory": lambda: self._kind(self.place, next(slots)),
            "train_dataset": Dataset.from_dict({"prompt": [self._prompt]}),
        }

    def play(
        self, place: LanguagePlace, tasks: Sequence[int], *, training: bool = True
    ) -> list[Rollout]:
        """One episode of each task in `place`, and nothing learned by the model."""
        place.check_room(len(tasks))
        before, self._playing = (self.rollouts, self._playing), (place, training)
        self.environments = [self._kind(place, i) for i in range(len(tasks))]
        self._batch_environments = [None] * len(tasks)
        try:
            with self._lines_of(place.max_line_tokens), quiet():
                pairs = zip(self.environments, tasks, strict=True)
                self._talk_through([environment.reset(task) for environment, task in pairs])
            return self.rollouts
        finally:
            self.rollouts, self._playing = before

    def _talk_through(self, observations: Sequence[str]) -> None:
        *first, last = self._prompt
        prompts = [[*first, {**last, "content": last["content"] + obs}] for obs in observations]
        prompt_ids, _, _ = self._tokenize_prompts(prompts)
        ids, logprobs = self._generate_single_turn(prompt_ids, None, {}, 1)
        said = [
            [parse_response(self._tokenizer, i, prefix=p, tools=self.tools)]
            for i, p in zip(ids, prompt_ids, strict=True)
        ]
        self._tool_call_loop(prompts, prompt_ids, ids, said, logprobs, None, {})

    def _generate_and_score_completions(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        tasks = self.tasks(self.generations)
        self.generations += 1
        rows = [{**row, "task": task} for row, task in zip(inputs, tasks, strict=True)]
        with self._lines_of(self.place.max_line_tokens):
            out = super()._generate_and_score_completions(rows)
        if self.listen is not None:
            self.listen(self.rollouts)
        stages.pulse(f"learning from {len(self.rollouts)} rollouts")
        return out

    def _tool_call_loop(
        self, prompts: Any, prompt_ids: Any, completion_ids: Any, *rest: Any
    ) -> tuple[Any, ...]:
        place, training = self._playing
        self._async_tool_dicts: list[dict[str, Any]] = [{} for _ in self.environments]
        with self._talking(_Talk(self.environments, prompt_ids, completion_ids)) as talk:
            self._sync_tool_dicts = talk.tools
            mask, said, ids, logprobs, *counts = super()._tool_call_loop(
                prompts, prompt_ids, completion_ids, *rest
            )
        for i, environment in enumerate(self.environments):
            end = talk.finish(i, mask[i], bool(said[i][-1].get("tool_calls")), self._said)
            # What follows the last turn was the loop's: an answer to nobody.
            for row in (mask, ids, *([] if logprobs is None else [logprobs])):
                row[i] = row[i][:end]
            slot = environment.slot
            slot.prompt, slot.completion, slot.mask = list(prompt_ids[i]), list(ids[i]), mask[i]
        self.rollouts = place.settle([e.slot for e in self.environments], training=training)
        return (mask, said, ids, logprobs, *counts)

    def _get_tool_suffix_ids(self, tool_messages: Any) -> Any:
        found = super()._get_tool_suffix_ids(tool_messages)
        if self._talk is not None:
            self._talk.answers.append(list(found))
        return found

    def _generate_single_turn(
        self, prompt_ids: list[Ids], *rest: Any, **options: Any
    ) -> tuple[list[Ids], Any]:
        if self._talk is None:
            said: tuple[list[Ids], Any] = super()._generate_single_turn(
                prompt_ids, *rest, **options
            )
            return said
        numbers = self._talk.answered(prompt_ids)
        stages.pulse(f"playing: {len(numbers)} of {len(self.environments)} rollouts go on")
        going = [k for k, i in enumerate(numbers) if self._talk.goes_on(i, len(prompt_ids[k]))]
        ids: list[Ids] = [[] for _ in prompt_ids]
        logprobs: list[Any] = [[] for _ in prompt_ids]
        if going:
            found, likely = super()._generate_single_turn(
                [prompt_ids[k] for k in going], *rest, **options
            )
            for j, k in enumerate(going):
                ids[k], logprobs[k] = found[j], likely[j] if likely is not None else []
                self.environments[numbers[k]].turn += bool(found[j])
        return ids, logprobs

    @contextmanager
    def _talking(self, talk: _Talk) -> Iterator[_Talk]:
        self._talk = talk
        try:
            yield talk
        finally:
            self._talk = None

    def _said(self, ids: Ids) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True)).strip()


class _Tools(list[Calls]):
    """The tools of each rollout; notes whose are looked up."""

    def __init__(self, environments: Sequence[ToolEnvironment]) -> None:
        super().__init__(Calls(environment) for environment in environments)
        self.asked: list[int] = []

    def __getitem__(self, number: Any) -> Any:
        self.asked.append(number)
        return super().__getitem__(number)


class _Talk:
    """Whose turn it is while TRL's loop runs; the loop keeps `completion_ids` up to date.

    In each round the loop looks up the tools of every rollout that has called some, makes the
    tokens of every answer, in the same order, and goes on with those that have room for theirs.
    """

    def __init__(
        self,
        environments: Sequence[ToolEnvironment],
        prompt_ids: Sequence[Ids],
        completion_ids: Sequence[Ids],
    ) -> None:
        self.environments = environments
        self.prompt_ids, self.completion_ids = prompt_ids, completion_ids
        self.tools = _Tools(environments)
        self.answers: list[Ids] = []

    def answered(self, prompts: Sequence[Ids]) -> list[int]:
        """The rollouts that these prompts go on with: in order, but TRL leaves some out.

        Those with the same prompt and answer are left out together, so order tells them apart.

        Raises:
            PlaceError: a prompt goes on with none of them.
        """
        waiting = zip(self.tools.asked, self.answers, strict=True)
        found = [self._continued(prompt, waiting) for prompt in prompts]
        self.tools.asked.clear()
        self.answers.clear()
        return found

    def goes_on(self, number: int, length: int) -> bool:
        """Whether a rollout whose prompt has this length goes on; its last message is played."""
        environment = self.environments[number]
        slot, place = environment.slot, environment.place
        if not slot.over and all(step.turn != environment.turn for step in slot.steps):
            slot.step("", environment.turn)  # no call of this message came through
        room = place.max_tokens - (length - len(self.prompt_ids[number]))
        return not slot.over and room >= place.max_line_tokens

    def finish(self, number: int, mask: Sequence[int], unheard: bool, say: Any) -> int:
        """End an episode: its last step, its turns and their tokens; gives the last turn's end.

        Args:
            number: of the rollout.
            mask: 1 on the model's tokens.
            unheard: whether the last message makes calls that TRL did not carry out any more.
            say: tokens -> text.
        """
        environment, ids = self.environments[number], self.completion_ids[number]
        slot, turn = environment.slot, environment.turn
        played = any(step.turn == turn for step in slot.steps)
        if not (slot.over or played or (unheard and slot.steps)):
            slot.step("", turn)
        last = slot.steps[-1]
        last.truncated |= not last.terminated
        found = spans(mask)[: last.turn + 1]
        slot.said = [Said(say(ids[start:stop]), start, stop) for start, stop in found]
        return slot.said[-1].stop

    def _continued(self, prompt: Ids, waiting: Iterator[tuple[int, Ids]]) -> int:
        for i, answer in waiting:
            if prompt == [*self.prompt_ids[i], *self.completion_ids[i], *answer]:
                return i
        raise PlaceError(
            "TRL's loop of tools goes on with what a rollout has said so far. It has asked for "
            "something else; the trainer is written against trl 1.16."
        )


def spans(mask: Sequence[int]) -> list[tuple[int, int]]:
    """Where the ones are, as [start, stop): the tokens of each message of the model.

    >>> spans([1, 1, 0, 0, 1])
    [(0, 2), (4, 5)]
    """
    edges = np.flatnonzero(np.diff([0, *mask, 0])).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))
