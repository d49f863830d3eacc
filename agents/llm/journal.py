"""What happens between two steps of training: tables, evaluation, checkpoints."""

from __future__ import annotations

import functools
import logging
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from transformers import TrainerCallback

from rewardsmith.agents.classic.callback import EVAL_COLUMNS, Progress, next_multiple
from rewardsmith.agents.classic.checkpoints import set_random_state, write_checkpoint
from rewardsmith.agents.classic.evaluate import Evaluation
from rewardsmith.agents.classic.folder import Result, RunFolder
from rewardsmith.agents.classic.tables import Table
from rewardsmith.agents.classic.watch import EpisodeWindow, sentence
from rewardsmith.agents.llm import processes, stages
from rewardsmith.agents.llm.lines import JsonLines
from rewardsmith.agents.llm.record import Episode
from rewardsmith.agents.llm.run_audit import RunAudit, notes_on
from rewardsmith.agents.llm.slot import Rollout

logger = logging.getLogger("rewardsmith")
_RECENT, _WATCHED, _LOOK_EVERY = 100, 200, 50


class Journal:
    """Keeps a run's records, and stops it at its env steps; a turn is an env step.

    Args:
        learner: a `LanguageLearner`.
        evaluator: a `LanguageEvaluator`.
        folder: of the run; only the main process writes to it.
        checkpoint_every: env steps between checkpoints.
        progress: called after every training step.
        state: of a checkpoint, to go on from.
    """

    def __init__(
        self,
        learner: Any,
        evaluator: Any,
        folder: RunFolder,
        checkpoint_every: int,
        progress: Progress | None,
        state: Mapping[str, Any] | None,
    ) -> None:
        self.learner, self.evaluator, self.folder = learner, evaluator, folder
        self.checkpoint_every, self.progress = checkpoint_every, progress
        self.env_steps, self.next_eval, self.next_checkpoint = 0, 0, checkpoint_every
        self.recent: deque[dict[str, float]] = deque(maxlen=_RECENT)
        self.window, self.audit = EpisodeWindow(_WATCHED), RunAudit(notes_on(learner.stack))
        self.last: Evaluation | None = None
        self.last_step, self.before, self.unseen = -1, 0.0, 0
        self.warned: list[int] = []
        self.alarm = False
        #: of a checkpoint; put back when training goes on, after what the trainer draws to begin
        self.random: Mapping[str, Any] | None = state["random"] if state else None
        if state is not None:
            self._restore(state)
        offsets = state["offsets"] if state else dict.fromkeys(("eval", "terms", "turns", "log"))
        self.columns = [*learner.stack.names, "env_return", "success", "turns", "tokens"]
        table: Any = Table if processes.is_main() else _Nowhere
        lines: Any = JsonLines if processes.is_main() else _Nowhere
        self.eval_table = table(folder.eval_csv, EVAL_COLUMNS, offsets["eval"])
        self.term_table = table(folder.terms_csv, ["env_steps", *self.columns], offsets["terms"])
        self.turns = lines(folder.logs / "turns.jsonl", offsets["turns"])
        self.log = lines(folder.logs / "trainer.jsonl", offsets["log"])
        self.started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Wall time of training, earlier parts of a resumed run included."""
        return self.before + time.perf_counter() - self.started

    def callback(self) -> TrainerCallback:
        """What the trainer calls."""
        return _Callback(self)

    def note(self, rollouts: list[Rollout]) -> None:
        """Take in this process's rollouts of a training batch, and those of the others."""
        rollouts = processes.together(rollouts)
        episodes = [rollout.episode for rollout in rollouts]
        self.env_steps += sum(len(e.turns) for e in episodes)
        for rollout in rollouts:
            self._note(rollout)
        # One group a batch is kept in full: enough to read what the model says.
        kept = [e for e in episodes if e.task == episodes[0].task]
        self.turns.write({"env_steps": self.env_steps, "episodes": [_told(e) for e in kept]})
        if self.unseen >= _LOOK_EVERY:
            self._look()

    def before_training(self) -> None:
        """Evaluate the model as it came."""
        if self.env_steps >= self.next_eval:
            stages.tell(
                f"evaluating the model as it came, on {self.evaluator.spec.eval_episodes} tasks"
            )
            self._evaluate()

    def after_step(self) -> tuple[bool, bool]:
        """Evaluate where it is due; whether the run is over, and whether it is to be saved."""
        over = bool(self.env_steps >= self.learner.spec.steps)
        if self.env_steps >= self.next_eval and not over:
            self._evaluate()
        due = self.env_steps >= self.next_checkpoint and not over and self._between_generations()
        self._tell()
        return over, due

    def save(self) -> None:
        """Keep what the trainer has just written, with the rest of a checkpoint."""
        self.learner.written = self.learner.trainer.state.global_step
        self._checkpoint()

    def finish(self, *, saved: bool = False) -> Result:
        """Evaluate the trained model, save it unless it is `saved`, and write the result."""
        if self.last is None or self.last_step != self.env_steps:
            self._evaluate()
        if not saved:
            self._checkpoint()
        self._tell()
        assert self.last is not None
        result = Result(
            self.last.success,
            self.last.env_return,
            self.env_steps,
            self.seconds,
            warned=self.warned,
        )
        if processes.is_main():
            self.audit.write(self.folder.path / "audit.json")
            self.folder.write_result(result)
        return result

    def close(self) -> None:
        """Close the files."""
        for file in (self.eval_table, self.term_table, self.turns, self.log):
            file.close()

    def _between_generations(self) -> bool:
        # In the middle of a batch that is learned from twice, a checkpoint would lose the batch.
        trainer = self.learner.trainer
        every = trainer.args.steps_per_generation * trainer.num_iterations
        return bool(trainer._step % every == 0)

    def _note(self, rollout: Rollout) -> None:
        episode = rollout.episode
        sums = {n: float(episode.component(n).sum()) for n in self.learner.stack.names}
        tokens = sum(rollout.mask)
        self.recent.append(
            {
                **sums,
                "env_return": episode.env_return,
                "success": float(episode.success),
                "turns": float(len(episode.turns)),
                "tokens": float(tokens),
            }
        )
        self.window.add(sums, episode.env_return)
        self.audit.add(sums, episode.success, len(episode.turns), tokens)
        self.unseen += 1

    def _look(self) -> None:
        self.unseen = 0
        look = self.window.look()
        if look.hacking and not self.alarm:
            if not self.warned and processes.is_main():
                logger.warning("%s", sentence(look, self.env_steps))
            self.warned.append(self.env_steps)
        self.alarm = look.hacking

    def _evaluate(self) -> None:
        found = self.evaluator.run(self.learner.trainer)
        self.last, self.last_step = found, self.env_steps
        self.next_eval = next_multiple(self.env_steps, self.learner.spec.eval_every)
        self.eval_table.write(
            {
                "env_steps": self.env_steps,
                "success": found.success,
                "return": found.env_return,
                "length": found.length,
                "episodes": found.episodes,
            }
        )
        if self.recent:
            means = {c: float(np.mean([row[c] for row in self.recent])) for c in self.columns}
            self.term_table.write({"env_steps": self.env_steps, **means})

    def _checkpoint(self) -> None:
        self.next_checkpoint = next_multiple(self.env_steps, self.checkpoint_every)
        others = self.learner.other_states()
        if processes.is_main():
            save = functools.partial(self.learner.save, others=others)
            write_checkpoint(self.folder.checkpoints, self.env_steps, save, self._state())
        else:
            self.learner.write_trainer()

    def _tell(self) -> None:
        if self.progress is not None and self.last is not None:
            known = {"success": self.last.success, "return": self.last.env_return}
            self.progress(self.env_steps, known)

    def _state(self) -> dict[str, Any]:
        return {
            "env_steps": self.env_steps,
            "generations": self.learner.trainer.generations,
            "next_eval": self.next_eval,
            "next_checkpoint": self.next_checkpoint,
            "last_step": self.last_step,
            "last": vars(self.last) if self.last else None,
            "seconds": self.seconds,
            "recent": list(self.recent),
            "window": [{"terms": terms, "true": true} for terms, true in self.window.rows],
            "unseen": self.unseen,
            "alarm": self.alarm,
            "warned": self.warned,
            "audit": self.audit.state_dict(),
            "offsets": {
                "eval": self.eval_table.offset(),
                "terms": self.term_table.offset(),
                "turns": self.turns.offset(),
                "log": self.log.offset(),
            },
        }

    def _restore(self, state: Mapping[str, Any]) -> None:
        self.env_steps, self.before = int(state["env_steps"]), float(state["seconds"])
        self.next_eval, self.next_checkpoint = state["next_eval"], state["next_checkpoint"]
        self.last_step = state["last_step"]
        self.last = Evaluation(**state["last"]) if state["last"] else None
        self.recent.extend(state["recent"])
        for row in state["window"]:
            self.window.add(row["terms"], row["true"])
        self.unseen, self.alarm = int(state["unseen"]), bool(state["alarm"])
        self.warned = [int(step) for step in state["warned"]]
        self.audit.load_state_dict(state["audit"])


class _Callback(TrainerCallback):  # type: ignore[misc]
    """The trainer's hooks."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Before the first step of a resumed run: its random numbers go on where they were.

        The trainer puts them back too, but then begins its data set, which draws one.
        """
        if self.journal.random is not None:
            set_random_state(self.journal.random)
            self.journal.random = None

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """After each optimiser step.

        The trainer logs the step, then saves: a checkpoint from here would lack the line.
        """
        over, control.should_save = self.journal.after_step()
        control.should_training_stop = control.should_training_stop or over
        return control

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After the trainer has written its part of a checkpoint."""
        self.journal.save()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """TRL's own figures, every term among them."""
        plain = {k: v for k, v in (logs or {}).items() if isinstance(v, int | float | str)}
        self.journal.log.write({"env_steps": self.journal.env_steps, **plain})


class _Nowhere:
    """A table of a process that is not the main one."""

    def __init__(self, *_: Any) -> None:
        pass

    def write(self, row: Mapping[str, Any]) -> None:
        """Forget it."""

    def offset(self) -> int:
        """Nothing was written."""
        return 0

    def close(self) -> None:
        """Nothing is open."""


def _told(episode: Episode) -> dict[str, Any]:
    turns = [
        {"says": t.text, "reward": t.reward, "terms": dict(t.components)} for t in episode.turns
    ]
    return {"task": episode.task, "success": episode.success, "turns": turns}
