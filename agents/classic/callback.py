"""What happens between rollouts: evaluation, one row per table, checkpoints, progress."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from rewardsmith.agents.classic.checkpoints import write_checkpoint
from rewardsmith.agents.classic.evaluate import Evaluation, Evaluator, success_of
from rewardsmith.agents.classic.folder import RunFolder
from rewardsmith.agents.classic.learner import Learner
from rewardsmith.agents.classic.tables import Table
from rewardsmith.agents.classic.watch import Look, RewardWatch, sentence

logger = logging.getLogger("rewardsmith")
#: called with the env steps taken and what is known so far (`success`, `return`)
Progress = Callable[[int, Mapping[str, float | None]], None]
EVAL_COLUMNS = ("env_steps", "success", "return", "length", "episodes")
_RECENT = 100
#: episodes that the watch looks at: a learner of long rollouts changes little over 100
_WATCHED = 200
#: seconds between two calls of `progress`; off-policy rollouts may be one step long
_PATIENCE = 0.2


class RunCallback(BaseCallback):
    """Watches one run.

    All of it happens at the start of a rollout, where the learner has just learned from
    everything it has collected: there a checkpoint is whole, and an evaluation is of the
    policy that acts next.
    """

    def __init__(
        self,
        learner: Learner,
        evaluator: Evaluator,
        folder: RunFolder,
        *,
        checkpoint_every: int,
        progress: Progress | None = None,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.learner, self.evaluator, self.folder = learner, evaluator, folder
        self.checkpoint_every, self.progress = checkpoint_every, progress
        self.recent: deque[dict[str, float]] = deque(maxlen=_RECENT)
        self.last: Evaluation | None = None
        self.last_step, self.next_eval, self.next_checkpoint = -1, 0, checkpoint_every
        self.before = self.told = 0.0
        self.watch = RewardWatch(_WATCHED, on_warning=self._warn)
        self.warned: list[int] = []
        if state is not None:
            self._restore(state)
        offsets = state["offsets"] if state else {"eval": None, "terms": None}
        self.columns = [*learner.stack.names, "env_return", "success"]
        self.eval_table = Table(folder.eval_csv, EVAL_COLUMNS, offsets["eval"])
        self.term_table = Table(folder.terms_csv, ["env_steps", *self.columns], offsets["terms"])
        self.started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Wall time of training, earlier parts of a resumed run included."""
        return self.before + time.perf_counter() - self.started

    def finish(self) -> Evaluation:
        """Evaluate and save the trained policy; returns its evaluation."""
        if self.last is None or self.last_step != self.num_timesteps:
            self._evaluate()
        self._checkpoint()
        self._tell(always=True)
        assert self.last is not None
        return self.last

    def close(self) -> None:
        """Close the tables."""
        self.eval_table.close()
        self.term_table.close()

    def _init_callback(self) -> None:
        self.watch.init_callback(self.model)

    def _on_step(self) -> bool:
        for done, info in zip(self.locals["dones"], self.locals["infos"], strict=True):
            if done:
                self._note(info)
        return True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps >= self.next_eval:
            self._evaluate()
        if self.num_timesteps >= self.next_checkpoint:
            self._checkpoint()
        self._tell()

    def _note(self, info: dict[str, Any]) -> None:
        episode = info["reward_episode"]
        env_return = float(episode["env"])
        won = success_of(info, self.evaluator.env_spec, env_return)
        row = {name: float(value) for name, value in episode["sum"].items()}
        row["env_return"], row["success"] = env_return, np.nan if won is None else won
        self.recent.append(row)
        self.watch.note(info)

    def _warn(self, look: Look) -> None:
        """Keep the step; say it once per run."""
        if not self.warned:
            logger.warning("%s", sentence(look, self.num_timesteps))
        self.warned.append(self.num_timesteps)

    def _evaluate(self) -> None:
        result = self.evaluator.run(self.model, self.learner.normalize)
        self.last, self.last_step = result, self.num_timesteps
        self.next_eval = next_multiple(self.num_timesteps, self.learner.spec.eval_every)
        row = {
            "env_steps": self.num_timesteps,
            "success": result.success,
            "return": result.env_return,
            "length": result.length,
            "episodes": result.episodes,
        }
        self.eval_table.write(row)
        self._log("eval", {k: row[k] for k in ("success", "return", "length")})
        self._write_terms()

    def _write_terms(self) -> None:
        """One row of means over the recent episodes' sums; none before the first episode."""
        if not self.recent:
            return
        means = {c: float(np.mean([row[c] for row in self.recent])) for c in self.columns}
        self.term_table.write({"env_steps": self.num_timesteps, **means})
        self._log("reward", means)

    def _log(self, group: str, values: Mapping[str, float | None]) -> None:
        for name, value in values.items():
            if value is not None and not np.isnan(value):
                self.logger.record(f"{group}/{name}", value)

    def _checkpoint(self) -> None:
        self.next_checkpoint = next_multiple(self.num_timesteps, self.checkpoint_every)
        write_checkpoint(
            self.folder.checkpoints, self.num_timesteps, self.learner.save, self._state()
        )

    def _tell(self, *, always: bool = False) -> None:
        now = time.perf_counter()
        if self.progress is not None and (always or now - self.told > _PATIENCE):
            self.told = now
            known = self.last
            success = known.success if known else None
            returned = known.env_return if known else None
            self.progress(self.num_timesteps, {"success": success, "return": returned})

    def _state(self) -> dict[str, Any]:
        return {
            "next_eval": self.next_eval,
            "next_checkpoint": self.next_checkpoint,
            "last_step": self.last_step,
            "seconds": self.seconds,
            "recent": list(self.recent),
            "last": vars(self.last) if self.last else None,
            "watch": self.watch.state_dict(),
            "warned": self.warned,
            "offsets": {"eval": self.eval_table.offset(), "terms": self.term_table.offset()},
        }

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.next_eval, self.next_checkpoint = state["next_eval"], state["next_checkpoint"]
        self.last_step, self.before = state["last_step"], state["seconds"]
        self.recent.extend(state["recent"])
        self.last = Evaluation(**state["last"]) if state["last"] else None
        if "watch" in state:  # earlier versions had none
            self.watch.load_state_dict(state["watch"])
            self.warned = [int(step) for step in state["warned"]]


def next_multiple(now: int, every: int) -> int:
    """The first multiple of `every` after `now`."""
    return (now // every + 1) * every
