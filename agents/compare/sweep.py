"""compare: every reward on every seed, then the report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rewardsmith.agents.classic.folder import Result, RunFolder
from rewardsmith.agents.compare.plan import Plan, make_plan
from rewardsmith.agents.compare.pool import Job, run_jobs
from rewardsmith.agents.compare.progress import Display
from rewardsmith.errors import ConfigError

_WORKER = "rewardsmith.agents.compare.worker"
_RECORDER = "rewardsmith.agents.compare.record"


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
    **settings: Any,
) -> Path:
    """Train every reward on every seed and write the report; returns its path.

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
        settings: as for `make_spec`: steps, algo, gamma, on_nan, config, ...

    Raises:
        ConfigError: `out` holds another comparison, or no run of some reward finished.
    """
    if not 0.0 < threshold <= 1.0:
        raise ConfigError(f"threshold is a success rate in (0, 1]. Received {threshold!r}.")
    if jobs is not None and jobs < 1:
        raise ConfigError(f"jobs is at least 1. Received {jobs!r}.")
    plan = make_plan(env_id, rewards, seeds, Path(out), labels=labels, **settings)
    for (label, seed), spec in plan.runs.items():
        RunFolder(plan.folder(label, seed)).claim(spec, resume=True)
    plan.write(command, threshold)
    parallel = jobs or os.cpu_count() or 1
    failed = _train_all(plan, parallel)
    _check_enough(plan, failed)
    failed += _record_all(plan, parallel)
    _tell_failures(failed)
    from rewardsmith.agents.compare.report import write_report

    return write_report(plan.out)


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
                jobs.append(_job(name, folder))

        def listen(job: Job, news: dict[str, Any] | int) -> None:
            if isinstance(news, dict):
                display.step(job.name, news)
            else:
                result = todo[job.name].finished()
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
        arguments = [_RECORDER, str(folder), str(_best(plan, candidate.label).path)]
        jobs.append(Job(f"episode of {candidate.label}", arguments, folder / "record-log.txt"))
    return run_jobs(jobs, parallel, lambda job, news: None)


def _best(plan: Plan, label: str) -> RunFolder:
    folders = [RunFolder(plan.folder(label, seed)) for seed in plan.seeds]
    finished = [(f, r) for f in folders if (r := f.finished()) is not None]
    return max(finished, key=lambda pair: (pair[1].final_success or 0.0, pair[1].final_return))[0]


def _check_enough(plan: Plan, failed: Sequence[Job]) -> None:
    for candidate in plan.candidates:
        folders = [RunFolder(plan.folder(candidate.label, seed)) for seed in plan.seeds]
        if not any(f.finished() for f in folders):
            raise ConfigError(
                f"A report needs at least one finished run of each reward. No run of "
                f"{candidate.label!r} finished; its traceback is in {folders[0].path / 'log.txt'}"
                f"{_last_line(folders[0].path / 'log.txt')}. Mend the cause and run the same "
                "command again: finished runs are kept."
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
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f" ({lines[-1]})" if lines else ""
