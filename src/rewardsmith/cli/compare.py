"""`rewardsmith compare`: several rewards, several seeds, one report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rewardsmith.cli import options


def compare(  # noqa: PLR0913, PLR0917  # one argument per option
    env: options.Env,
    out: Annotated[Path, typer.Option(help="Folder for runs and report; created.")],
    reward: Annotated[
        list[str],
        typer.Option(help="A name, a formula, or a .yaml or .py path; give it several times."),
    ],
    seeds: Annotated[int, typer.Option(help="Number of seeds: 0 to K-1.")] = 3,
    steps: options.Steps = None,
    jobs: Annotated[int | None, typer.Option(help="Parallel processes.  [CPU cores]")] = None,
    agent: options.Agent = None,
    algo: options.Algo = None,
    model: options.Model = None,
    credit: options.Credit = None,
    gamma: options.Gamma = None,
    on_nan: options.OnNan = None,
    threshold: Annotated[float, typer.Option(help="Success rate that counts as solved.")] = 0.9,
    audit: Annotated[bool, typer.Option(help="Audit each reward first, a minute at most.")] = True,
    config: options.Config = None,
) -> None:
    """Audit every reward, train it on every seed; the last line printed is the report's path.

    Run the same command again after an interruption: finished runs are kept, the others
    continue from their last checkpoint.
    """
    import shlex
    import sys

    from rewardsmith.agents.llm.processes import check_alone

    check_alone("compare, which starts processes of its own,")
    from rewardsmith.agents.compare.sweep import sweep

    swept = sweep(
        env,
        reward,
        seeds=range(seeds),
        out=out,
        jobs=jobs,
        threshold=threshold,
        audit=audit,
        command=shlex.join(["rewardsmith", *sys.argv[1:]]),
        config=config,
        steps=steps,
        **options.language(agent, algo, model, credit),
        gamma=gamma,
        on_nan=on_nan,
    )
    print(swept.report)
    swept.check()
