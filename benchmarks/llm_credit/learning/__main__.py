"""Run: python -m rewardsmith.benchmarks.llm_credit.learning NAME [--seeds K]; again to go on.

NAME is an experiment of experiments.yaml. Runs are kept under runs/llm_credit/NAME and resume from
their checkpoints; the figures, in results/NAME.json, are over finished runs and say of each arm how
many of the planned ones those are.
"""

from __future__ import annotations

import argparse
import csv
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from rewardsmith.agents.classic.folder import RunFolder
from rewardsmith.agents.classic.settings import make_spec
from rewardsmith.agents.classic.spec import RunSpec
from rewardsmith.agents.classic.train import train
from rewardsmith.benchmarks.machine import write_result

PACKAGE = "rewardsmith.benchmarks.llm_credit.learning"


def experiments() -> dict[str, Any]:
    """Name -> frozen settings, the arms among them."""
    data = yaml.safe_load((resources.files(PACKAGE) / "experiments.yaml").read_text())
    return {name: {**spec, "arms": data["arms"]} for name, spec in data["experiments"].items()}


def specs(experiment: dict[str, Any], model: Path, seeds: int) -> dict[tuple[str, int], RunSpec]:
    """(arm, seed) -> the run, seed by seed."""
    found = {}
    for seed in range(seeds):
        for arm, own in experiment["arms"].items():
            learner = {**experiment["learner"], "model": str(model), "credit": own["credit"]}
            given = {**experiment["spec"], "seed": seed, "hyperparameters": learner}
            given["reward"] = own.get("reward", given["reward"])
            found[arm, seed] = make_spec(experiment["env_id"], algo="grpo", **given)
    return found


def analyse(experiment: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Of each arm: finished runs, success before and after, and success against tokens."""
    return {arm: _arm(folder / arm, experiment["seeds"]) for arm in experiment["arms"]}


def _arm(folder: Path, planned: int) -> dict[str, Any]:
    runs = [RunFolder(path) for path in sorted(folder.glob("seed-*"))]
    finished = [run for run in runs if run.finished() is not None]
    curves = [_curve(run) for run in finished]
    return {
        "planned": planned,
        "finished": len(finished),
        "success at the start": [c[0][2] for c in curves],
        "success at the end": [c[-1][2] for c in curves],
        "curves": [[{"turns": t, "tokens": n, "success": s} for t, n, s in c] for c in curves],
    }


def _curve(run: RunFolder) -> list[tuple[int, float, float]]:
    """(turns, the model's tokens, success) at each evaluation."""
    with run.terms_csv.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    tokens, before = {0: 0.0}, 0
    for row in rows:
        now, rate = int(row["env_steps"]), float(row["tokens"]) / float(row["turns"])
        tokens[now] = tokens[before] + (now - before) * rate
        before = now
    with run.eval_csv.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        (int(r["env_steps"]), round(tokens.get(int(r["env_steps"]), 0.0)), float(r["success"]))
        for r in rows
    ]


def main() -> None:
    """Train what is missing, then analyse what there is."""
    known = experiments()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(known))
    parser.add_argument("--seeds", type=int, help="the first so many alone; all if left out")
    parser.add_argument("--runs", type=Path, default=Path("runs/llm_credit"))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/llm_credit/learning/results"))
    parser.add_argument("--analyse-only", action="store_true", help="train nothing")
    options = parser.parse_args()
    experiment, folder = known[options.name], options.runs / options.name
    if not options.analyse_only:
        model = _model(experiment, folder / "model")
        seeds = options.seeds or experiment["seeds"]
        for (arm, seed), spec in specs(experiment, model, seeds).items():
            result = train(spec, folder / arm / f"seed-{seed}", resume=True)
            print(f"{arm} seed {seed}: success {result.final_success}", flush=True)
    figures = {"experiment": experiment, "arms": analyse(experiment, folder)}
    write_result(options.out / f"{options.name}.json", figures)


def _model(experiment: dict[str, Any], path: Path) -> Path:
    """The warmed-up model of an experiment, made once."""
    from rewardsmith.agents.llm.tiny import WarmUp, make_tiny_model

    if not path.exists():
        how = WarmUp(**experiment["warm_up"])
        make_tiny_model(experiment["env_id"], path, how, env_kwargs=experiment["warm_up_env"])
    return path


if __name__ == "__main__":
    main()
