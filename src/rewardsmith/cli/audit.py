"""`rewardsmith audit`: what a reward will do to the optimal policy, before training."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rewardsmith.cli import options


def audit(
    env: options.Env,
    reward: Annotated[str, typer.Option(help="A name, a formula, or a file.")],
    gamma: Annotated[float, typer.Option(help="The learner's discount.")] = 0.99,
    episodes: Annotated[int, typer.Option(help="Random episodes for the sampled checks.")] = 64,
    seeds: Annotated[int, typer.Option(help="First states (seeds 0 to K-1) in the table.")] = 1,
    max_states: Annotated[int, typer.Option(help="Give up the exact path beyond.")] = 50_000,
    preferences: Annotated[Path | None, typer.Option(help="JSON file of ranked pairs.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for report.html and audit.json; created.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Audit a reward; exit status 0 kept, 1 changed, 2 inconclusive.

    With --out, the last line printed is the path of the report (on stderr with --json).
    """
    from rewardsmith.rewards.audit.printing import print_result, read_preferences
    from rewardsmith.rewards.audit.run import audit as run

    result = run(
        env,
        reward=reward,
        gamma=gamma,
        episodes=episodes,
        seeds=seeds,
        max_states=max_states,
        preferences=read_preferences(preferences) if preferences else None,
    )
    print_result(result, as_json=json)
    if out is not None:
        from rewardsmith.rewards.audit.report import write_report

        sys.stdout.flush()  # the verdict comes first, whatever the folder is like
        print(write_report(result, out), file=sys.stderr if json else sys.stdout)
    raise typer.Exit(result.exit_status)
