"""What terms that remember their episode paid for stored steps."""

from __future__ import annotations

from rewardsmith.errors import BindingError
from rewardsmith.transition import Floats, Transition


def kept_pay(name: str, formula: str, transition: Transition) -> Floats:
    """What the term `name` paid when these stored steps happened, before its weight.

    Raises:
        BindingError: whoever stored them did not keep it.
    """
    if transition.remembered is not None and name in transition.remembered:
        return transition.remembered[name]
    raise BindingError(
        f"{formula} pays by what came earlier in the episode, so single stored steps cannot be "
        f"paid anew and keep the pay that they got. Received steps without that of {name!r}; use "
        "a replay buffer of rewardsmith.wrappers, which stores it, or give the transition "
        "remembered=paid.remembered, with what stack.step paid."
    )
