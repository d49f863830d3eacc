"""Evaluation: success and the environment's own return, on tasks that are never trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rewardsmith.agents.classic.evaluate import FIRST_SEED, Evaluation, own_randomness
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.llm import stages
from rewardsmith.agents.llm.place import LanguagePlace
from rewardsmith.agents.llm.processes import count, rank, together
from rewardsmith.agents.llm.settings import LanguageSettings
from rewardsmith.agents.llm.slot import Rollout


class LanguageEvaluator:
    """Plays a model on the same tasks every time, without any reward of ours.

    Where the environment splits its tasks they are of the test split.
    """

    def __init__(self, spec: RunSpec, settings: LanguageSettings, splits: Sequence[str]) -> None:
        held_out = {"split": "test"} if "test" in splits else {}
        kwargs = {**held_out, **spec.env_kwargs}
        #: this process's; the others play the rest
        self.tasks = range(FIRST_SEED, FIRST_SEED + spec.eval_episodes)[rank() :: count()]
        self.spec = spec
        self.slots = max(min(spec.n_envs // count(), len(self.tasks)), 1)
        self.place = LanguagePlace(
            spec.env_id,
            "env",
            env_kwargs=kwargs,
            max_tokens=settings.max_tokens,
            max_line_tokens=settings.max_line_tokens,
            slots=self.slots,
        )

    def run(self, trainer: Any) -> Evaluation:
        """Evaluate the trainer's model; training goes on as if no evaluation had been.

        Several processes share the tasks, and each gets the figures of all.
        """
        stages.pulse(f"evaluating on {self.spec.eval_episodes} tasks")
        randomness = own_randomness(FIRST_SEED + rank())
        with randomness, trainer.greedily(self.spec.deterministic_eval):
            episodes = together([r.episode for r in self._play(trainer)])
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
        played: list[Rollout] = []
        while len(played) < len(self.tasks):
            chunk = self.tasks[len(played) :][: self.slots]
            played += trainer.play(self.place, list(chunk), training=False)
            stages.pulse(f"evaluating: {len(played)} of {len(self.tasks)} tasks done")
        return played
