"""`rewardsmith train`: one reward, one seed."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rewardsmith.cli import options

if TYPE_CHECKING:
    from rewardsmith.agents.classic.folder import Result
    from rewardsmith.agents.classic.spec import RunSpec


def train(  # noqa: PLR0913, PLR0917  # one argument per option
    env: options.Env,
    out: Annotated[Path, typer.Option(help="Folder for the run; created.")],
    reward: Annotated[
        str | None,
        typer.Option(help="A ready-made reward's name, a formula, or a .yaml or .py path."),
    ] = None,
    agent: options.Agent = None,
    algo: options.Algo = None,
    model: options.Model = None,
    credit: options.Credit = None,
    steps: options.Steps = None,
    seed: Annotated[int | None, typer.Option(help="Seed of everything random.  [0]")] = None,
    gamma: options.Gamma = None,
    on_nan: options.OnNan = None,
    config: options.Config = None,
    resume: Annotated[
        bool, typer.Option(help="Continue from the last checkpoint, with the same --steps.")
    ] = False,
) -> None:
    """Train one reward on one seed; the last line printed is the run's folder."""
    from rewardsmith.agents.classic.settings import make_spec
    from rewardsmith.agents.llm.processes import is_main

    spec = make_spec(
        env,
        config=config,
        reward=reward,
        **options.language(agent, algo, model, credit),
        steps=steps,
        seed=seed,
        gamma=gamma,
        on_nan=on_nan,
    )
    if resume and is_main():
        _tell_anew(spec, out)
    # PyTorch takes seconds to load: what is wrong with the settings was said before.
    from rewardsmith.agents.classic.train import train as run

    with _stages(), _Bar(_steps(spec)) as bar:
        result = run(spec, out, resume=resume, progress=bar if is_main() else None)
    if is_main():
        _print_result(result, spec.steps)
        print(out)


def _tell_anew(spec: RunSpec, out: Path) -> None:
    """Say on stderr if there is nothing to continue: the folder's name may be misspelt."""
    from rewardsmith.agents.classic.folder import RunFolder

    folder = RunFolder(out)
    folder.check(spec, resume=True)
    if not folder.progressed:
        print(f"nothing to resume in {out}: begun anew", file=sys.stderr)


def _print_result(result: Result, asked: int) -> None:
    success = "" if result.final_success is None else f"success {result.final_success:.2f}, "
    more = f" ({asked} asked for; rollouts are not cut)" if result.env_steps != asked else ""
    print(
        f"{success}return {result.final_return:.3f} after {result.env_steps} env steps{more}, "
        f"{result.seconds:.0f} s"
    )


@contextmanager
def _stages() -> Iterator[None]:
    """Meanwhile what the run is doing is said on stderr, a line each."""
    logger = logging.getLogger("rewardsmith.stages")
    level, handler = logger.level, _Lines()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _Lines(logging.Handler):
    """Prints to what is stderr at the time: a bar puts itself in its place."""

    def emit(self, record: logging.LogRecord) -> None:
        print(f"{record.getMessage()} ...", file=sys.stderr, flush=True)


def _steps(spec: RunSpec) -> int:
    """The env steps that the run takes; said on stderr if they are more than was asked for."""
    from rewardsmith.agents.classic.algorithms import steps_taken

    steps = steps_taken(spec)
    if steps != spec.steps:
        print(
            f"{spec.algo} takes whole rollouts: {steps} env steps instead of {spec.steps}",
            file=sys.stderr,
        )
    return steps


class _Bar:
    """A progress bar on stderr, from the first rollout on: an error before it stands alone."""

    def __init__(self, steps: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.progress import TimeRemainingColumn as Remaining

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._bar = Progress(*columns, Remaining(), console=Console(stderr=True))
        self._task = self._bar.add_task("training", total=steps)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar.live.is_started:
            self._bar.stop()

    def __call__(self, env_steps: int, known: Mapping[str, float | None]) -> None:
        self._bar.start()
        text = ", ".join(f"{k} {v:.2f}" for k, v in known.items() if v is not None)
        self._bar.update(self._task, completed=env_steps, description=text or "training")
