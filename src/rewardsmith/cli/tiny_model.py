"""`rewardsmith tiny-model`: a small language model that has seen an environment's expert."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rewardsmith.cli import options


def tiny_model(  # one argument per option
    env: options.Env,
    out: Annotated[Path, typer.Option(help="Folder for model and tokenizer; created.")],
    size: Annotated[str, typer.Option(help="small, medium or large.")] = "medium",
    episodes: Annotated[int, typer.Option(help="Of the expert.")] = 300,
    epochs: Annotated[int, typer.Option(help="Over these episodes.")] = 3,
    slips: Annotated[
        float, typer.Option(help="Chance that a turn is any admissible command instead.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Of weights and order.")] = 0,
    config: Annotated[
        Path | None, typer.Option(help="YAML file whose env_kwargs are the environment's.")
    ] = None,
) -> None:
    """Build a tokenizer and a small model, and warm it up; the last line printed is the folder."""
    from rewardsmith.agents.classic.settings import read_config
    from rewardsmith.agents.llm.tiny import WarmUp, make_tiny_model

    warm_up = WarmUp(size=size, episodes=episodes, epochs=epochs, slips=slips, seed=seed)
    kwargs = read_config(config).get("env_kwargs", {})
    made = make_tiny_model(env, out, warm_up, env_kwargs=kwargs)
    print(
        f"{made.parameters / 1e6:.1f} M parameters, {made.episodes} episodes of the expert, "
        f"cross-entropy {made.loss:.3f} nats"
    )
    print(made.path)
