"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Env = Annotated[str, typer.Argument(metavar="ENV", help="Environment id, see `rewardsmith envs`.")]
Algo = Annotated[
    str | None,
    typer.Option(
        help="ppo, a2c, dqn, sac, td3, tqc, two_streams, or grpo for a language model.  [ppo]"
    ),
]
Agent = Annotated[
    str | None, typer.Option(help="llm: a language model learns (--algo grpo). classic: any other.")
]
Model = Annotated[
    str | None,
    typer.Option(help="Language model: a folder, a .gguf file, smollm2, or a hub's id."),
]
Credit = Annotated[
    str | None,
    typer.Option(
        help="How rewards become advantages of turns: turn, trajectory, gigpo, ...  [turn]"
    ),
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


def language(
    agent: str | None, algo: str | None, model: str | None, credit: str | None
) -> dict[str, Any]:
    """The settings that --agent, --algo, --model and --credit mean together.

    Raises:
        ConfigError: they contradict each other.
    """
    from rewardsmith.errors import ConfigError

    if agent not in (None, "llm", "classic"):
        raise ConfigError(f"--agent is llm or classic. Received {agent!r}.")
    given = {k: v for k, v in (("model", model), ("credit", credit)) if v is not None}
    wanted = agent == "llm" or (agent is None and (bool(given) or algo == "grpo"))
    if not wanted:
        if given or algo == "grpo":
            told = ", ".join([*(f"--{k}" for k in given), *(["--algo grpo"] * (algo == "grpo"))])
            raise ConfigError(f"{told} is for a language model. Received it with --agent classic.")
        return {"algo": algo}
    if algo not in (None, "grpo"):
        raise ConfigError(f"A language model learns by --algo grpo. Received --algo {algo}.")
    return {"algo": "grpo", "hyperparameters": given}
