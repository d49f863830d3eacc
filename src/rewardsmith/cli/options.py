"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Env = Annotated[str, typer.Argument(metavar="ENV", help="Environment id, see `rewardsmith envs`.")]
Algo = Annotated[
    str | None, typer.Option(help="ppo, a2c, dqn, sac, td3, tqc or two_streams.  [ppo]")
]
Steps = Annotated[
    int | None,
    typer.Option(help="Env steps to train for, rounded up to whole rollouts.  [100000]"),
]
Gamma = Annotated[float | None, typer.Option(help="Discount of learner and reward.")]
OnNan = Annotated[
    str | None, typer.Option(help="A NaN or infinite term: raise, zero or last.  [raise]")
]
Config = Annotated[
    Path | None, typer.Option(help="YAML file with settings; the command line overrides it.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
