"""Texts of given lengths in tokens, new each time."""

from __future__ import annotations

from typing import Any

import numpy as np

from rewardsmith.benchmarks.llm_speed.recorded import said_texts
from rewardsmith.benchmarks.llm_speed.sizes import TextSizes
from rewardsmith.transition import Transition


class Texts:
    """Draws groups of episodes whose texts are pieces of what is said in an environment.

    Args:
        tokenizer: what counts tokens.
        sizes: of the texts.
    """

    def __init__(self, tokenizer: Any, sizes: TextSizes) -> None:
        self.tokenizer, self.sizes = tokenizer, sizes
        self.rng = np.random.default_rng(0)
        joined = " ".join(said_texts())
        self._ids = list(tokenizer(joined, add_special_tokens=False)["input_ids"])

    def draw(self, length: int) -> str:
        """A text of about `length` tokens: a cut may fall into a word, which splits otherwise."""
        ids: list[int] = []
        while len(ids) < length:
            # Short pieces at random places: no two texts begin alike.
            first = int(self.rng.integers(len(self._ids) - 8))
            ids += self._ids[first : first + 8]
        return str(self.tokenizer.decode(ids[:length]))

    def group(self, *, turns: bool) -> list[Transition]:
        """Episodes of one task: the first question and the answer are the same for all."""
        count = self.sizes.turns if turns else 1
        question, answer = self.draw(self.sizes.question // count), self.draw(self.sizes.answer)
        return [self._episode(count, question, answer) for _ in range(self.sizes.episodes)]

    def _episode(self, turns: int, question: str, answer: str) -> Transition:
        asked = [self.draw(self.sizes.question // turns) for _ in range(turns)]
        most = 2 * self.sizes.reasoning // turns
        said = [self.draw(int(self.rng.integers(most // 4, most - most // 4))) for _ in asked]
        obs, action = _column([question, *asked[1:]]), _column(said)
        features = {"question": obs, "reasoning": action, "answer": _column([answer] * turns)}
        ended = np.arange(turns) == turns - 1
        return Transition(
            obs, action, _column([*asked[1:], asked[0]]), self.rng.random(turns), ended,
            np.zeros(turns, bool), features, features,
        )  # fmt: skip


def _column(texts: list[str]) -> Any:
    array = np.empty(len(texts), dtype=object)
    array[:] = texts
    return array
