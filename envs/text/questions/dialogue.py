"""A dialogue that finds out which thing is meant, with the exact posterior at every turn."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from rewardsmith.envs.text.base import COMMON, Reply, TextGame
from rewardsmith.errors import ConfigError
from rewardsmith.features import Feature, FeatureSchema

from .posterior import Array, entropy, expected_gain, updated
from .things import Size, Things, draw

_MOST = math.log2(48)
SCHEMA = FeatureSchema(
    [
        *COMMON,
        Feature("entropy_bits", "entropy of what is meant", low=0, high=_MOST, unit="bit"),
        Feature("most_bits", "log2 of the number of things", low=1, high=_MOST, unit="bit"),
        Feature("truth_probability", "posterior probability of what is meant", low=0, high=1),
        Feature("best_probability", "posterior probability of the likeliest", low=0, high=1),
        Feature(
            "expected_gain",
            "what the last question was expected to tell, before its answer; 0 before",
            low=0,
            high=_MOST,
            unit="bit",
        ),
        Feature(
            "best_gain",
            "what the best question would then have been expected to tell",
            low=0,
            high=_MOST,
            unit="bit",
        ),
        Feature(
            "information_gain",
            "entropy before minus after the last answer; below 0 if noise misled",
            low=-_MOST,
            high=_MOST,
            unit="bit",
        ),
        Feature("questions", "questions asked", low=0, dtype="int"),
        Feature("candidates", "things that are still possible", low=1, high=48, dtype="int"),
        Feature("things", "things in the list", low=2, high=48, dtype="int"),
        Feature("guessed", "a guess was made", dtype="bool"),
        Feature("question", "the last question, empty before", dtype="text"),
        Feature("reply", "the last answer, empty before", dtype="text"),
        Feature("truth", "what is meant", dtype="text"),
        Feature("guess", "what was guessed, empty before", dtype="text"),
    ]
)


@dataclass(frozen=True)
class Question:
    """What may be asked.

    Args:
        answers: what may be heard.
        likelihoods: P(answer | thing), shape (answers, things).
    """

    answers: tuple[str, ...]
    likelihoods: Array


class Dialogue(TextGame):
    """Base of the dialogues: questions with answers, then one guess, which ends the episode.

    The posterior is exact by Bayes' rule: the things are equally likely at first, answers are
    independent given the thing, and noise has the known rate `noise`.

    Args:
        n_things, n_slots, n_values: see `Size`.
        noise: probability that an answer is false, 0 to below 0.5.
        question_cost: subtracted from the task's own reward for each question, at least 0.
        **common: as `TextGame`; `max_commands` is as many as can be needed by default.
    """

    feature_schema = SCHEMA
    max_text = 8192

    def __init__(
        self,
        *,
        n_things: int = 16,
        n_slots: int = 4,
        n_values: int = 3,
        noise: float = 0.0,
        question_cost: float = 0.0,
        **common: Any,
    ) -> None:
        if not 0 <= noise < 0.5:
            raise ConfigError(f"noise is a probability of 0 to below 0.5. Received {noise!r}.")
        if not 0 <= question_cost < math.inf:
            raise ConfigError(f"question_cost is at least 0. Received {question_cost!r}.")
        self._size = Size(n_things, n_slots, n_values)
        self._noise, self._question_cost = noise, question_cost
        common.setdefault("max_commands", n_slots * n_values + n_things)
        super().__init__(**common)

    # --- what a subclass writes ---------------------------------------------------------

    def _ask(self) -> dict[str, Question]:
        """What may be asked, by its line."""
        raise NotImplementedError

    def _open(self, rng: np.random.Generator) -> str:
        """The first text, beside the list; may narrow `self._p` down."""
        raise NotImplementedError

    # --- the game -----------------------------------------------------------------------

    def _begin(self, task_seed: int) -> str:
        rng = np.random.default_rng(task_seed)
        self._dice = np.random.default_rng([task_seed, 1])
        self._things: Things = draw(self._size, rng)
        count = len(self._things.names)
        self._truth = int(rng.integers(count))
        self._p: Array = np.full(count, 1.0 / count)
        self._may_ask = self._ask()
        self._log: list[tuple[str, str]] = []
        self._gains = (0.0, 0.0, 0.0)
        self._guess: int | None = None
        opening = self._open(rng)
        return "\n".join([opening, *map(self._things.told, range(count))])

    def _play(self, line: str) -> Reply:
        line = normalised(line)
        if line in self._may_ask:
            return self._answered(line, self._may_ask[line])
        name = line.removeprefix("guess: ")
        if line.startswith("guess: ") and name in self._things.names:
            return self._guessed(self._things.names.index(name))
        return Reply("", understood=False)

    def _answered(self, line: str, question: Question) -> Reply:
        p = self._p
        gain = expected_gain(p, question.likelihoods)
        best = max(expected_gain(p, q.likelihoods) for q in self._may_ask.values())
        heard = self._drawn(question.likelihoods[:, self._truth])
        self._p = updated(p, question.likelihoods[heard])
        self._gains = (gain, best, entropy(p) - entropy(self._p))
        self._log.append((line, question.answers[heard]))
        return Reply(f"{question.answers[heard].capitalize()}.", -self._question_cost)

    def _drawn(self, chances: Array) -> int:
        """The first index whose cumulated chance exceeds a draw; impossible ones never."""
        place = float(self._dice.random()) * float(chances.sum())
        index = int(np.searchsorted(np.cumsum(chances), place, side="right"))
        return min(index, int(np.flatnonzero(chances)[-1]))

    def _guessed(self, guess: int) -> Reply:
        self._guess = guess
        won = guess == self._truth
        said = "Right" if won else "Wrong"
        return Reply(f"{said}: it is the {self._name(self._truth)}.", float(won), terminated=True)

    def _name(self, index: int | None) -> str:
        return "" if index is None else self._things.names[index]

    def _success(self) -> bool:
        return self._guess == self._truth

    def _admissible(self) -> list[str]:
        return [*self._may_ask, *(f"guess: {name}" for name in self._things.names)]

    def _caption(self) -> str:
        said = "; ".join(f"{q.removeprefix('ask: ')}: {a}" for q, a in self._log) or "nothing"
        order = [int(i) for i in np.argsort(-self._p, kind="stable") if self._p[i] > 0]
        likely = "; ".join(f"{self._things.told(i)} ({self._p[i]:.3g})" for i in order)
        end = f" Guessed: {self._name(self._guess)}." if self._guess is not None else ""
        return f"Learned: {said}. Possible: {likely}.{end}"

    def _features(self) -> dict[str, Any]:
        gain, best, told = self._gains
        question, reply = self._log[-1] if self._log else ("", "")
        return {
            "entropy_bits": entropy(self._p),
            "most_bits": math.log2(len(self._p)),
            "truth_probability": float(self._p[self._truth]),
            "best_probability": float(self._p.max()),
            "expected_gain": gain,
            "best_gain": best,
            "information_gain": told,
            "questions": len(self._log),
            "candidates": int((self._p > 0).sum()),
            "things": len(self._p),
            "guessed": self._guess is not None,
            "question": question,
            "reply": reply,
            "truth": self._name(self._truth),
            "guess": self._name(self._guess),
        }

    def expert_line(self) -> str:
        """The most informative question; a guess at 99.9 % or where no question tells anything."""
        gains = {line: expected_gain(self._p, q.likelihoods) for line, q in self._may_ask.items()}
        line = max(gains, key=lambda key: round(gains[key], 9))  # the first of equals
        if self._p.max() >= 0.999 or gains[line] < 1e-9:
            return f"guess: {self._name(int(self._p.argmax()))}"
        return line


def normalised(line: str) -> str:
    """Lower case, with single spaces, one after `:` and one on either side of `=`.

    >>> normalised(" Ask:Color=RED ")
    'ask: color = red'
    """
    line = re.sub(r"\s*=\s*", " = ", re.sub(r"\s*:\s*", ": ", line.lower()))
    return " ".join(line.split())
