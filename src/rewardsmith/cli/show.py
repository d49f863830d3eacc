"""`rewardsmith show`: what one reward is, and what it promises."""

from __future__ import annotations

from typing import Annotated

import typer


def show(
    reward: Annotated[str, typer.Argument(help="A formula, a YAML path, or a name with --env.")],
    env: Annotated[str | None, typer.Option(help="Whose ready-made rewards and features.")] = None,
) -> None:
    """Print a reward's formula, YAML, hash, scope, guarantee and the features it needs."""
    from rewardsmith.named_rewards import resolve_reward
    from rewardsmith.registration import check_known, find_entry
    from rewardsmith.schemas import check_features, check_schema, stranger_schema
    from rewardsmith.stack import RewardStack
    from rewardsmith.term import MEANING

    if env:
        check_known(env)
    stack = resolve_reward(reward, env) if env else RewardStack.parse(reward)
    if env and (entry := find_entry(env)):
        check_features(stack, entry, reward)
    elif env:
        check_schema(stack, stranger_schema(env))
    print(f"formula    {stack.formula}")
    print(f"hash       {stack.hash}")
    print(f"scope      {stack.scope.value}")
    print(f"guarantee  {stack.guarantee.value}: {MEANING[stack.guarantee]}")
    print(f"features   {', '.join(sorted(stack.needs)) or 'none'}")
    print("yaml")
    print("\n".join(f"  {line}" for line in stack.to_yaml().rstrip().splitlines()))
