"""compare: every reward on every seed, then the report."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rewardsmith.agents.classic.algorithms import steps_taken
from rewardsmith.agents.classic.folder import Result, RunFolder, hold
from rewardsmith.agents.compare.audits import audit_all
from rewardsmith.agents.compare.failures import forget_failure, last_words, write_failure
from rewardsmith.agents.compare.plan import Plan, make_plan
from rewardsmith.agents.compare.pool import Job, run_jobs
from rewardsmith.agents.compare.progress import Display
from rewardsmith.errors import ConfigError, RewardsmithError

_WORKER = "rewardsmith.agents.compare.worker"
_RECORDER = "rewardsmith.agents.compare.record"


@dataclass(frozen=True)
class Swept:
    """What a sweep left: its report, and a line for every run that failed."""

    report: Path
    failures: tuple[str, ...]

    def check(self) -> None:
        """Raise `ConfigError` if a run failed."""
        if self.failures:
            raise ConfigError(
                "Every run of a comparison should reach its last step. These failed: "
                f"{'; '.join(self.failures)}. The report of the others is {self.report}. Mend the "
                "cause and run the same command again: finished runs are kept."
            )


def compare(
    env_id: str,
    rewards: Sequence[str],
    *,
    seeds: Iterable[int],
    out: str | Path,
    jobs: int | None = None,
    threshold: float = 0.9,
    command: str = "",
    labels: Sequence[str] | None = None,
    audit: bool = True,
    **settings: Any,
) -> Path:
    """As `sweep`, but a run that failed is an error once the report is written.

    Raises:
        ConfigError: as `sweep`, or a run failed; the message names the report.
    """
    swept = sweep(
        env_id,
        rewards,
        seeds=seeds,
        out=out,
        jobs=jobs,
        threshold=threshold,
        command=command,
        labels=labels,
        audit=audit,
        **settings,
    )
    swept.check()
    return swept.report


def sweep(
    env_id: str,
    rewards: Sequence[str],
    *,
    seeds: Iterable[int],
    out: str | Path,
    jobs: int | None = None,
    threshold: float = 0.9,
    command: str = "",
    labels: Sequence[str] | None = None,
    audit: bool = True,
    **settings: Any,
) -> Swept:
    """Train every reward on every seed and write the report.

    Called again with the same arguments, it keeps the finished runs, continues the others
    from their checkpoints, and writes the report anew. More rewards or seeds may be added.

    Args:
        env_id: a registered environment.
        rewards: names, formulas or YAML paths.
        seeds: of the runs, e.g. `range(5)`.
        out: folder for compare.json, runs/ and report.html.
        jobs: worker processes at a time; the number of CPU cores if None.
        threshold: success rate in (0, 1] that the report counts steps to.
        command: shown in the report, to run it again.
        labels: a name for each reward, in folders and report.
        audit: whether to audit each reward before training, for at most a minute each; the
            verdicts stand in the report.
        settings: as for `make_spec`: steps, algo, gamma, on_nan, config, ...

    Raises:
        ConfigError: `out` holds another comparison or is in use, a reward cannot run here, or
            no run at all finished.
    """
    if not 0.0 < threshold <= 1.0:
        raise ConfigError(f"threshold is a success rate in (0, 1]. Received {threshold!r}.")
    if jobs is not None and jobs < 1:
        raise ConfigError(f"jobs is at least 1. Received {jobs!r}.")
    plan = make_plan(env_id, rewards, seeds, Path(out), labels=labels, **settings)
    plan.check(command, threshold)
    _check_runs(plan)
    with hold(plan.out):
        plan.check(command, threshold)  # another process may have been faster
        for (label, seed), spec in plan.runs.items():
            folder = RunFolder(plan.folder(label, seed))
            with folder.locked():
                folder.claim(spec, resume=True)
        plan.write(command, threshold)
        parallel = jobs or os.cpu_count() or 1
        if audit:
            audit_all(plan, parallel)
        return _sweep(plan, parallel)


def _sweep(plan: Plan, parallel: int) -> Swept:
    spec = plan.first
    if (steps := steps_taken(spec)) != spec.steps:
        told = f"{spec.algo} takes whole rollouts: {steps} env steps instead of {spec.steps}"
        print(told, file=sys.stderr)
    failed = _train_all(plan, parallel)
    _check_any(plan)
    failures = tuple(f"{job.name} (see {job.log})" for job in failed)
    _tell_failures(failed + _record_all(plan, parallel))
    from rewardsmith.agents.compare.report import write_report

    return Swept(write_report(plan.out), failures)


def _check_runs(plan: Plan) -> None:
    """Build each reward's learner once, so that what cannot run is told before anything trains."""
    from rewardsmith.agents.classic.train import check_runs

    for candidate in plan.candidates:
        if RunFolder(plan.folder(candidate.label, plan.seeds[0])).progressed:
            continue
        try:
            check_runs(plan.runs[candidate.label, plan.seeds[0]])
        except RewardsmithError as error:
            raise ConfigError(
                f"The reward {candidate.text!r} cannot be compared: {error}"
            ) from error


def _train_all(plan: Plan, parallel: int) -> list[Job]:
    todo = {
        f"{label} seed {seed}": RunFolder(plan.folder(label, seed)) for label, seed in plan.runs
    }
    with Display(len(todo), plan.first.steps) as display:
        jobs = []
        for name, folder in todo.items():
            if (result := folder.finished()) is not None:
                display.finish(name, f"{_note(result)} (kept)")
            else:
                forget_failure(folder.path)
                jobs.append(_job(name, folder))

        def listen(job: Job, news: dict[str, Any] | int) -> None:
            if isinstance(news, dict):
                display.step(job.name, news)
            else:
                result = todo[job.name].finished()
                if result is None:
                    write_failure(todo[job.name].path)
                display.finish(job.name, _note(result) if result else f"failed, see {job.log}")

        return run_jobs(jobs, parallel, listen)


def _job(name: str, folder: RunFolder) -> Job:
    return Job(name, [_WORKER, str(folder.path)], folder.path / "log.txt")


def _note(result: Result) -> str:
    success = "" if result.final_success is None else f"success {result.final_success:.2f}, "
    return f"{success}return {result.final_return:.3f}, {result.seconds:.0f} s"


def _record_all(plan: Plan, parallel: int) -> list[Job]:
    """Record one episode per reward with its best seed; a failure costs only the animation."""
    jobs = []
    for candidate in plan.candidates:
        folder = plan.label_folder(candidate.label)
        if (best := _best(plan, candidate.label)) is None:
            continue
        arguments = [_RECORDER, str(folder), str(best.path)]
        jobs.append(Job(f"episode of {candidate.label}", arguments, folder / "record-log.txt"))
    return run_jobs(jobs, parallel, lambda job, news: None)


def _best(plan: Plan, label: str) -> RunFolder | None:
    folders = [RunFolder(plan.folder(label, seed)) for seed in plan.seeds]
    finished = [(f, r) for f in folders if (r := f.finished()) is not None]
    if not finished:
        return None
    return max(finished, key=lambda pair: (pair[1].final_success or 0.0, pair[1].final_return))[0]


def _check_any(plan: Plan) -> None:
    if any(_best(plan, c.label) is not None for c in plan.candidates):
        return
    log = plan.folder(plan.candidates[0].label, plan.seeds[0]) / "log.txt"
    raise ConfigError(
        f"A report needs at least one finished run. None finished; a traceback is in {log}"
        f"{_last_line(log)}. Mend the cause and run the same command again."
    )


def _tell_failures(failed: Sequence[Job]) -> None:
    from rich.console import Console

    console = Console(stderr=True)
    for job in failed:
        console.print(
            f"failed: {job.name}, traceback in {job.log}{_last_line(job.log)}",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )


def _last_line(log: Path) -> str:
    told = last_words(log)
    return f" ({told})" if told else ""
