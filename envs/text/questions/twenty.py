"""Twenty questions: which thing is meant, asked with yes and no."""

from __future__ import annotations

from typing import Any

import numpy as np

from .dialogue import Dialogue, Question


class TwentyQuestionsEnv(Dialogue):
    """Ask `ask: color = red` and hear yes or no, then `guess: cup`; 1 for the right guess.

    Keywords as `Dialogue`. An answer is false with probability `noise`, drawn anew each time.
    """

    instructions = (
        "One thing of the list is meant. Each turn, write one line: a question about one of its "
        "attributes, such as `ask: color = red`, which is answered with yes or no, or your guess, "
        "such as `guess: cup`. You can guess once."
    )

    def _ask(self) -> dict[str, Question]:
        questions = {}
        for slot in self._things.slots:
            of = np.array(self._things.of(slot))
            for value in sorted(set(of.tolist())):
                yes = np.where(of == value, 1 - self._noise, self._noise)
                questions[f"ask: {slot} = {value}"] = Question(
                    ("yes", "no"), np.stack([yes, 1 - yes])
                )
        return questions

    def _open(self, rng: np.random.Generator) -> str:
        lies = f" About {self._noise:.0%} of the answers are false." if self._noise else ""
        return f"One of {len(self._p)} things is meant. Which?{lies}"


def make_env(render_mode: str | None = None, **kwargs: Any) -> TwentyQuestionsEnv:
    """Build the env; keywords as `Dialogue`.

    Raises:
        ConfigError: for a setting out of range.
    """
    return TwentyQuestionsEnv(render_mode=render_mode, **kwargs)
