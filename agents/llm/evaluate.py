"""Evaluation: success and the environment's own return, on tasks that are never trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith.agents.classic.evaluate import FIRST_SEED, Evaluation, own_randomness
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.llm.place import LanguagePlace
from rewardsmith.agents.llm.settings import LanguageSettings
from rewardsmith.agents.llm.slot import Rollout


class LanguageEvaluator:
    """Plays a model on the same tasks every time, without any reward of ours.

    Where the environment splits its tasks they are of the test split.
    """

    def __init__(self, spec: RunSpec, settings: LanguageSettings, splits: Sequence[str]) -> None:
        held_out = {"split": "test"} if "test" in splits else {}
        kwargs = {**held_out, **spec.env_kwargs}
        self.spec, self.slots = spec, min(spec.n_envs, spec.eval_episodes)
        self.place = LanguagePlace(
            spec.env_id,
            "env",
            env_kwargs=kwargs,
            max_tokens=settings.max_tokens,
            max_line_tokens=settings.max_line_tokens,
            slots=self.slots,
        )

    def run(self, trainer: Any) -> Evaluation:
        """Evaluate the trainer's model; training goes on as if no evaluation had been."""
        with own_randomness(FIRST_SEED), trainer.greedily(self.spec.deterministic_eval):
            episodes = [r.episode for r in self._play(trainer)]
        return Evaluation(
            success=float(np.mean([e.success for e in episodes])),
            env_return=float(np.mean([e.env_return for e in episodes])),
            length=float(np.mean([len(e.turns) for e in episodes])),
            episodes=len(episodes),
        )

    def close(self) -> None:
        """Close the environments."""
        self.place.close()

    def _play(self, trainer: Any) -> list[Rollout]:
        tasks = list(range(FIRST_SEED, FIRST_SEED + self.spec.eval_episodes))
        chunks = [tasks[i : i + self.slots] for i in range(0, len(tasks), self.slots)]
        played = [trainer.play(self.place, chunk, training=False) for chunk in chunks]
        return [rollout for chunk in played for rollout in chunk]
