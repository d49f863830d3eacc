"""Clarification: a request that may fit several things, and whether to ask back."""

from __future__ import annotations

from typing import Any

import numpy as np

from rewardsmith.errors import ConfigError

from .dialogue import Dialogue, Question
from .posterior import updated


class ClarificationEnv(Dialogue):
    """A user wants one thing and says a part of it; ask `ask: color`, then `guess: cup`.

    The request names up to `n_given` attributes and is true. It may leave one thing or many, so
    that asking is sometimes needed and sometimes only costs. The reward is 1 for the right thing,
    less `question_cost` for each question.

    Args:
        n_given: most attributes that the request names, 0 to n_slots; drawn from 0 to this.
        question_cost: 0.05 by default.
        **dialogue: as `Dialogue`; a false answer is one of the attribute's other values.
    """

    instructions = (
        "A user wants one thing of the list. Each turn, write one line: a question about an "
        "attribute, such as `ask: color`, or the thing that you bring, such as `guess: cup`. "
        "Questions annoy a little: ask only what you need. You can bring one thing."
    )

    def __init__(
        self, *, n_given: int = 2, question_cost: float = 0.05, n_slots: int = 4, **dialogue: Any
    ) -> None:
        if not 0 <= n_given <= n_slots:
            raise ConfigError(f"n_given is one of 0..{n_slots} (n_slots). Received {n_given}.")
        self._n_given = n_given
        super().__init__(question_cost=question_cost, n_slots=n_slots, **dialogue)

    def _ask(self) -> dict[str, Question]:
        return {f"ask: {slot}": self._about(slot) for slot in self._things.slots}

    def _about(self, slot: str) -> Question:
        of = np.array(self._things.of(slot))
        answers = tuple(sorted(set(of.tolist())))
        if len(answers) == 1:
            return Question(answers, np.ones((1, len(of))))
        own = np.array(answers)[:, None] == of[None, :]
        return Question(answers, np.where(own, 1 - self._noise, self._noise / (len(answers) - 1)))

    def _open(self, rng: np.random.Generator) -> str:
        things, count = self._things, int(rng.integers(self._n_given + 1))
        named = sorted(int(i) for i in rng.choice(len(things.slots), count, replace=False))
        for i in named:
            of = np.array(things.of(things.slots[i]))
            self._p = updated(self._p, (of == of[self._truth]).astype(np.float64))
        wish = [f"{things.slots[i]} {things.values[self._truth][i]}" for i in named]
        told = f", {' and '.join(wish)}" if wish else ""
        return f"Bring me one of these{told}, please."


def make_env(render_mode: str | None = None, **kwargs: Any) -> ClarificationEnv:
    """Build the env; keywords as `ClarificationEnv`.

    Raises:
        ConfigError: for a setting out of range.
    """
    return ClarificationEnv(render_mode=render_mode, **kwargs)
