"""Two trainers of one process, step by step in turns, each step timed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from transformers import TrainerCallback

from rewardsmith.benchmarks.llm_speed.clock import now


class Lockstep:
    """Lets one trainer do a step, then the other, so that a busy machine disturbs both alike.

    A step lasts from its beginning to that of the next: rollouts, credit, loss, optimiser and
    logging. Only one thread runs at any time.

    Args:
        trainers: two, by name; both are to do equally many steps.
        device: of torch.
    """

    def __init__(self, trainers: Mapping[str, Any], device: str) -> None:
        self.trainers, self.device = dict(trainers), device
        self.seconds: dict[str, list[float]] = {name: [] for name in trainers}
        self._may = {name: threading.Semaphore(0) for name in trainers}
        self._gone: set[str] = set()

    def run(self) -> dict[str, list[float]]:
        """Train both; seconds of each step but the first, which warms up, and the last."""
        first = next(iter(self.trainers))
        with ThreadPoolExecutor(len(self.trainers)) as pool:
            running = [pool.submit(self._train, name) for name in self.trainers]
            self._may[first].release()
            for job in running:
                job.result()
        return {name: found[1:] for name, found in self.seconds.items()}

    def pass_on(self, name: str) -> None:
        """Let the other go on, and wait until it has done a step, if it is there to do one."""
        self._may[self._other(name)].release()
        if self._other(name) not in self._gone:
            self._may[name].acquire()

    def _train(self, name: str) -> None:
        trainer = self.trainers[name]
        trainer.add_callback(_Between(self, name))
        self._may[name].acquire()
        try:
            trainer.train()
        finally:
            self._gone.add(name)
            self._may[self._other(name)].release()

    def _other(self, name: str) -> str:
        return next(other for other in self.trainers if other != name)


class _Between(TrainerCallback):  # type: ignore[misc]
    def __init__(self, lockstep: Lockstep, name: str) -> None:
        self.lockstep, self.name = lockstep, name
        self.begun: float | None = None

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A step ends, and the next may begin when the other trainer has had its turn."""
        if self.begun is not None:
            self.lockstep.seconds[self.name].append(now(self.lockstep.device) - self.begun)
        self.lockstep.pass_on(self.name)
        self.begun = now(self.lockstep.device)
