"""`rewardsmith show`: what one reward is, what it promises and what it can pay."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rewardsmith.cli import options

if TYPE_CHECKING:
    from rewardsmith.bounds import Analysis
    from rewardsmith.stack import RewardStack


def show(
    reward: Annotated[
        str, typer.Argument(help="A formula, a .yaml or .py path, or a name with --env.")
    ],
    env: Annotated[str | None, typer.Option(help="Whose ready-made rewards and features.")] = None,
    gamma: Annotated[float, typer.Option(help="Discount that potentials are bounded with.")] = 0.99,
    as_json: options.Json = False,
) -> None:
    """Print a reward's formula, hash, guarantee and features, and with --env what it can pay."""
    from rewardsmith.bounds import analyse, analyse_without_env
    from rewardsmith.named_rewards import resolve_reward
    from rewardsmith.schemas import givens_of
    from rewardsmith.stack import RewardStack
    from rewardsmith.term import Learner

    learner = Learner(gamma)
    if env:
        _check(stack := resolve_reward(reward, env), reward, env)
        analysis = analyse(stack, givens_of(env, stack), learner)
    else:
        stack = RewardStack.parse(reward)
        analysis = analyse_without_env(stack, learner)
    data = _data(stack, analysis, env, gamma)
    print(json.dumps(data, indent=2)) if as_json else _print(data, analysis)


def _check(stack: RewardStack, reward: str, env: str) -> None:
    from rewardsmith.registration import check_known, find_entry
    from rewardsmith.schemas import check_features, check_schema, stranger_schema

    check_known(env)
    if entry := find_entry(env):
        check_features(stack, entry, reward)
    else:
        check_schema(stack, stranger_schema(env))


def _data(stack: RewardStack, analysis: Analysis, env: str | None, gamma: float) -> dict[str, Any]:
    from rewardsmith.term import MEANING

    return {
        "formula": stack.formula,
        "hash": stack.hash,
        "scope": stack.scope.value,
        "guarantee": stack.guarantee.value,
        "meaning": MEANING[stack.guarantee],
        "features": sorted(stack.needs),
        "env": env,
        "gamma": gamma,
        "components": [
            {
                "name": name,
                "known": paid is not None,
                "low": None if paid is None else _finite(paid.low),
                "high": None if paid is None else _finite(paid.high),
                "note": analysis.notes.get(name, ""),
            }
            for name, paid in analysis.components.items()
        ],
        "findings": [finding.as_data() for finding in analysis.findings],
        "yaml": stack.to_yaml(),
    }


def _finite(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None


def _print(data: dict[str, Any], analysis: Analysis) -> None:
    print(f"formula    {data['formula']}")
    print(f"hash       {data['hash']}")
    print(f"scope      {data['scope']}")
    print(f"guarantee  {data['guarantee']}: {data['meaning']}")
    print(f"features   {', '.join(data['features']) or 'none'}")
    print("pays")
    width = max(map(len, analysis.components))
    for name, paid in analysis.components.items():
        print(f"  {name:{width}}  {analysis.notes.get(name) or paid}")
    for finding in analysis.findings:
        print(finding)
    print("yaml")
    print("\n".join(f"  {line}" for line in data["yaml"].rstrip().splitlines()))
