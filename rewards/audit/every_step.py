"""A constant that is paid on every step, and what to say of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rewardsmith.rewards.audit.exact import Exact


@dataclass(frozen=True)
class EveryStep:
    """A constant beside a multiple of the env's own reward.

    Args:
        paid: the constant.
        scale: what the env's own reward is multiplied by.
        ends: whether the step that ends an episode is paid it too.
    """

    paid: float
    scale: float
    ends: bool


def every_step(exact: Exact, zero: float) -> EveryStep | None:
    """The constant that is paid beside the env's own reward; None if it is anything else.

    Args:
        exact: the solved table.
        zero: amounts up to this are rounding.
    """
    table = exact.table
    ending = table.terminal[table.after]
    extra = table.proxy - table.reward
    if not ending.all() and np.ptp(extra[~ending]) <= zero:
        paid = float(extra[~ending][0])
        ends = not ending.any() or bool(np.abs(extra[ending] - paid).max() <= zero)
        return EveryStep(paid, 1.0, ends) if abs(paid) > zero else None
    columns = np.stack([table.reward, np.ones(len(table.reward))], axis=1)
    (scale, paid), *_ = np.linalg.lstsq(columns, table.proxy, rcond=None)
    rest = np.abs(columns @ [scale, paid] - table.proxy).max()
    if rest > zero or scale <= 0 or abs(paid) <= zero:
        return None
    return EveryStep(float(paid), float(scale), True)


def sentence(found: EveryStep) -> str:
    """What is paid, and what that does."""
    who = "Every step" if found.ends else "Every step that does not end the episode"
    what = f"{abs(found.paid):.4g} {'more' if found.paid > 0 else 'less'}"
    if found.scale != 1.0:
        what = f"{found.paid:.4g} beside {found.scale:.4g} times the env's own reward"
    sign = "longer" if found.paid > 0 else "shorter"
    return f"{who} is paid {what}, which favours {sign} episodes, whether or not the task is done."


def remedy(exact: Exact, found: EveryStep) -> str:
    """What to change, by what the env itself pays."""
    table = exact.table
    ending = table.terminal[table.after]
    if table.reward[ending].max(initial=-np.inf) > 0:
        size = found.scale * (1 - exact.gamma)
        return f"Leave it out, or keep it far below {size:.3g} times the value of success."
    if table.reward.max() > 0:
        return "Leave it out, or keep it far below what the env itself pays for the task."
    if found.paid < 0:
        return "Leave it out: a quick bad end may earn more than a slow good one."
    cost = -found.scale * float(table.reward[~ending].max(initial=-np.inf))
    if not 0 < cost < np.inf:
        return "Leave it out: nothing that the env itself pays is above 0 and could outweigh it."
    return (
        f"Leave it out, or keep it far below {cost:.4g}, the least that a step costs: nothing that "
        "the env itself pays is above 0, so only that cost makes an end worth reaching."
    )
