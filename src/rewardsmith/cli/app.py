"""The commands, one module each; what they need is imported when they run."""

from __future__ import annotations

import typer

from rewardsmith.cli.audit import audit
from rewardsmith.cli.compare import compare
from rewardsmith.cli.envs import envs
from rewardsmith.cli.rewards import rewards
from rewardsmith.cli.show import show
from rewardsmith.cli.tiny_model import tiny_model
from rewardsmith.cli.train import train

app = typer.Typer(
    name="rewardsmith",
    help="Write a reward once, run it in every learner, and know whether it is safe to optimise.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
for command in (train, compare, audit, envs, rewards, show):
    app.command()(command)
app.command("tiny-model")(tiny_model)
