"""Play one episode with a trained language model, as pictures and pay by turn."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np

from rewardsmith.agents.classic.evaluate import FIRST_SEED, own_randomness
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.compare.episode import Episode
from rewardsmith.agents.llm.processes import saved_count
from rewardsmith.agents.llm.run import LanguageLearner


def play(spec: RunSpec, checkpoint: Path, *, seed: int = FIRST_SEED) -> Episode:
    """One episode of the model in `checkpoint`, on a task that was not trained on.

    Args:
        spec: of the run.
        checkpoint: a folder that a run wrote.
        seed: of the task.
    """
    held_out = RunSpec.from_dict({**spec.to_dict(), "env_kwargs": _pictured(spec)})
    learner = LanguageLearner(held_out, processes=saved_count(checkpoint))
    with contextlib.closing(learner):
        learner.load_policy(checkpoint)
        return _play(learner, seed, spec.deterministic_eval)


def _play(learner: LanguageLearner, seed: int, greedy: bool) -> Episode:
    trainer, place = learner.trainer, learner.place
    frames: list[Any] = []
    place.watch = lambda: frames.append(place.picture())
    with own_randomness(FIRST_SEED), trainer.greedily(greedy):
        rollout = trainer.play(place, [seed], training=False)[0]
    frames.append(place.picture())
    turns = rollout.episode.turns
    terms = {n: rollout.episode.component(n).tolist() for n in place.stack.names}
    own = [float(r) for r in place.last_rewards]
    assert len(own) == len(turns)
    seen = [np.asarray(f, dtype=np.uint8) for f in frames if f is not None]
    return Episode(seen, terms, own, float(rollout.episode.success), seed, wide=True)


def _pictured(spec: RunSpec) -> dict[str, Any]:
    from rewardsmith.wrappers import building

    env = building.make_bare(spec.env_id, dict(spec.env_kwargs))
    modes = env.metadata.get("render_modes", [])
    splits = env.get_wrapper_attr("splits") if env.has_wrapper_attr("splits") else ()
    env.close()
    return {
        **({"render_mode": "rgb_array"} if "rgb_array" in modes else {}),
        **({"split": "test"} if "test" in splits else {}),
        **spec.env_kwargs,
    }
