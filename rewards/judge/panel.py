"""Asking a client for verdicts: samples, retries, and what to do without one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rewardsmith.llm import Client, Message, Request

from .layout import Exhibit, Prompt, lay_out
from .verdict import read_verdict

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """One thing to be judged.

    Args:
        exhibits: the material.
        instruction: what to judge.
        form: of the verdict, with `KEY` for the key.
        read: the value in a verdict, a number; None if it is not as asked for.
    """

    exhibits: tuple[Exhibit, ...]
    instruction: str
    form: str
    read: Callable[[Mapping[str, Any]], float | None]


@dataclass
class Tally:
    """How judging went: questions, replies that could not be read, questions left without."""

    questions: int = 0
    unread: int = 0
    fallbacks: int = 0


@dataclass
class Panel:
    """Samples verdicts until one can be read, at most `retries` times more.

    Args:
        client: who judges.
        votes: samples per question; the verdict is the mean of those that can be read.
        temperature, max_tokens, seed: of the replies.
        retries: further attempts for questions of which no sample could be read, each with new
            delimiters and another seed.
        fallback: the verdict of a question that has none after that; counted in `tally`, logged.
        limit: most characters shown of each text.
    """

    client: Client
    votes: int = 1
    temperature: float = 0.0
    max_tokens: int = 256
    seed: int = 0
    retries: int = 2
    fallback: float = 0.0
    limit: int = 20_000
    tally: Tally = field(default_factory=Tally)

    def judge(self, questions: Sequence[Question]) -> list[float]:
        """A number per question."""
        found: dict[int, float] = {}
        for attempt in range(self.retries + 1):
            left = [i for i in range(len(questions)) if i not in found]
            if left:
                found.update(self._attempt(questions, left, attempt))
        missing = len(questions) - len(found)
        self.tally.questions += len(questions)
        self.missed(missing)
        return [found.get(i, self.fallback) for i in range(len(questions))]

    def missed(self, count: int) -> None:
        """Count questions without a verdict, and say so."""
        if not count:
            return
        self.tally.fallbacks += count
        logger.warning(
            "%d of %d questions to the judge %s have had no verdict that could be read, and were "
            "given %g",
            self.tally.fallbacks,
            self.tally.questions,
            self.client.model,
            self.fallback,
        )

    def _attempt(
        self, questions: Sequence[Question], rows: list[int], attempt: int
    ) -> dict[int, float]:
        prompts = [self._prompt(questions[i], attempt) for i in rows]
        replies = self.client.complete([self._request(prompt, attempt) for prompt in prompts])
        found = {}
        for i, prompt, reply in zip(rows, prompts, replies, strict=True):
            read = [read_verdict(text, prompt.key, questions[i].read) for text in reply.texts]
            votes = [vote for vote in read if vote is not None]
            self.tally.unread += len(read) - len(votes)
            if votes:
                found[i] = float(np.mean(votes))
        return found

    def _prompt(self, question: Question, attempt: int) -> Prompt:
        exhibits, instruction = question.exhibits, question.instruction
        return lay_out(exhibits, instruction, question.form, limit=self.limit, attempt=attempt)

    def _request(self, prompt: Prompt, attempt: int) -> Request:
        messages = (Message("system", prompt.system), Message("user", prompt.user))
        return Request(messages, self.max_tokens, self.temperature, self.votes, self.seed + attempt)
