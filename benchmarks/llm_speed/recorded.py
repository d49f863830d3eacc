"""Rollouts recorded once, which both trainers then learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from rewardsmith.agents.llm.dialogue import Dialogue, Ids
from rewardsmith.agents.llm.place import LanguagePlace
from rewardsmith.agents.llm.slot import Rollout
from rewardsmith.agents.llm.tiny.build import build_tokenizer
from rewardsmith.agents.llm.tiny.experts import Played, expert_episodes, instructions_of

ENV_ID = "rewardsmith/TwentyQuestions-v0"
REWARD = "env + potential(-entropy_bits / most_bits)"


def said_texts() -> list[str]:
    """What the environment and its expert say in 20 episodes."""
    played = expert_episodes(ENV_ID, 20, {})
    return [instructions_of(ENV_ID, {}), *(t for p in played for t in (*p.observations, *p.lines))]


def tokenizer_of() -> Any:
    """A tokenizer of the environment's words."""
    return build_tokenizer(said_texts())


def record(tokenizer: Any, rollouts: int, generations: int, max_tokens: int) -> list[Rollout]:
    """Rollouts in the real environment, paid by a real stack.

    What is said are lines of the expert of other tasks, drawn at random: they are understood, and
    so rewards differ, turn by turn and rollout by rollout.
    """
    place = LanguagePlace(ENV_ID, REWARD, slots=rollouts, max_tokens=max_tokens)
    lines = _lines(expert_episodes(ENV_ID, 50, {}))
    rng = np.random.default_rng(0)
    dialogue = Dialogue(tokenizer, place.instructions)

    def speak(prompts: Sequence[Ids], limit: int) -> list[Ids]:
        return [dialogue.spoken(str(rng.choice(lines)))[:limit] for _ in prompts]

    try:
        tasks = np.repeat(np.arange(rollouts // generations), generations)
        return place.play([int(t) for t in tasks], speak, dialogue, training=False)
    finally:
        place.close()


class Replay:
    """Stands where a trainer wants a place, and plays what was recorded, again and again."""

    instructions = ""

    def __init__(self, rollouts: list[Rollout]) -> None:
        self.rollouts = rollouts
        self.learner = SimpleNamespace(gamma=1.0)

    def play(self, *_: Any, **__: Any) -> list[Rollout]:
        """The recorded rollouts, whatever is asked."""
        return self.rollouts


def _lines(played: Iterator[Played]) -> list[str]:
    return sorted({line for p in played for line in p.lines})
